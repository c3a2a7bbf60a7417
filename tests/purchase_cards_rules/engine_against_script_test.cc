// The engine's controls against count_by_rules.py: every row of the purchase card file, by
// decision, held and posted money. The script shares no code with the engine and counts by calendar
// dates.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "bench/traces/csv.h"
#include "tests/bench/trace_files.h"
#include "tests/purchase_cards_rules/engine_side.h"

extern char** environ;

namespace holdfast::test {
namespace {

const std::string kTests = HOLDFAST_TESTS;
const std::string kRoom = kTests + "/purchase_cards_rules";
const std::string kSmallMcc = kTests + "/data/merchant-mcc-small.csv";
constexpr int kCannotRead = 77;  // the script's word for: nothing here unpacks the file
constexpr std::size_t kNamedMost = 10;

/// Exit status, or 128 when it ended otherwise.
int run(std::vector<std::string> arguments) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ);
  EXPECT_EQ(failed, 0) << arguments[0] << " cannot be started";
  int status = 0;
  while (failed == 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return failed == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bench::Result<std::vector<RowAnswer>> read_answers(const std::string& path) {
  using std::string_view_literals::operator""sv;
  constexpr std::array kColumns = {"row_id"sv, "decision"sv, "held_minor"sv, "posted_minor"sv};
  auto csv = bench::CsvReader::open(path, kColumns);
  if (!csv) return std::unexpected(csv.error());
  std::vector<RowAnswer> answers;
  for (;;) {
    const auto more = csv->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return answers;
    const auto held = bench::parse_number<std::int64_t>(csv->fields()[2]);
    const auto posted = bench::parse_number<std::int64_t>(csv->fields()[3]);
    if (!held || !posted) return std::unexpected(csv->at("an amount is not a number"));
    answers.push_back({csv->fields()[0], csv->fields()[1], *held, *posted});
  }
}

std::string text_of(const RowAnswer& answer) {
  return fmt::format("{} held {} posted {}", answer.decision, answer.held_minor,
                     answer.posted_minor);
}

/// The rows that differ, each in words.
std::vector<std::string> differences(const std::vector<RowAnswer>& engine,
                                     const std::vector<RowAnswer>& script) {
  std::vector<std::string> found;
  if (engine.size() != script.size()) {
    found.push_back(fmt::format("engine {} rows, script {}", engine.size(), script.size()));
  }
  for (std::size_t at = 0; at < std::min(engine.size(), script.size()); ++at) {
    if (engine[at] == script[at]) continue;
    found.push_back(fmt::format("row {}: engine {}, script {} (its row {})", engine[at].row_id,
                                text_of(engine[at]), text_of(script[at]), script[at].row_id));
  }
  return found;
}

struct Sum {
  std::uint64_t rows = 0;
  std::int64_t held_minor = 0;
  std::int64_t posted_minor = 0;
  friend bool operator==(const Sum&, const Sum&) = default;
};
void PrintTo(const Sum& sum, std::ostream* out) {
  *out << sum.rows << " rows, held " << sum.held_minor << ", posted " << sum.posted_minor;
}
using Sums = std::map<std::string, Sum>;  // by decision; refunds apart

Sums sums_of(const std::vector<RowAnswer>& answers) {
  Sums sums;
  for (const RowAnswer& answer : answers) {
    Sum& sum = sums[answer.posted_minor < 0 ? "refund" : answer.decision];
    ++sum.rows;
    sum.held_minor += answer.held_minor;
    sum.posted_minor += answer.posted_minor;
  }
  return sums;
}

class PurchaseCardsEngine : public bench::TempDirTest {
 protected:
  /// What the script says, or nothing when it says that it cannot read the file.
  std::optional<std::vector<RowAnswer>> script(const PurchaseCardFiles& files) {
    const std::string out = path("script.csv");
    const int status = run({HOLDFAST_PYTHON, kRoom + "/count_by_rules.py", "--transactions",
                            files.transactions, "--mcc", files.mcc, "--policy",
                            files.policies + "/policy.json", "--answers", out});
    if (status == kCannotRead) return std::nullopt;
    EXPECT_EQ(status, 0) << "count_by_rules.py";
    auto answers = read_answers(out);
    EXPECT_TRUE(answers) << answers.error();
    return answers ? std::move(*answers) : std::vector<RowAnswer>{};
  }

  static std::vector<RowAnswer> engine(const PurchaseCardFiles& files) {
    auto answers = decide_by_engine(files);
    EXPECT_TRUE(answers) << answers.error();
    return answers ? std::move(*answers) : std::vector<RowAnswer>{};
  }

  static void expect_equal(const std::vector<RowAnswer>& engine,
                           const std::vector<RowAnswer>& script) {
    ASSERT_FALSE(script.empty());
    const auto found = differences(engine, script);
    EXPECT_EQ(found.size(), 0u);
    for (std::size_t at = 0; at < std::min(found.size(), kNamedMost); ++at) {
      ADD_FAILURE() << found[at];
    }
    EXPECT_EQ(sums_of(engine), sums_of(script));
  }

  /// The policies with `text` in place of every `old`.
  std::string altered_policies(const std::string& old, const std::string& text) {
    std::filesystem::create_directory(path("altered"));
    bool is_found = false;
    for (const std::string name : {"policy.json", "policy_INCLUSIVE_GROWTH.json"}) {
      std::string policy = bench::slurp(kRoom + "/" + name);
      for (std::size_t at = 0; (at = policy.find(old, at)) != std::string::npos;) {
        policy.replace(at, old.size(), text);
        at += text.size();
        is_found = true;
      }
      write_plain("altered/" + name, policy);
    }
    EXPECT_TRUE(is_found) << old << " stands in neither";
    return path("altered");
  }
};

const PurchaseCardFiles kEveryReason{kRoom + "/every_reason.csv", kSmallMcc, kRoom};

TEST_F(PurchaseCardsEngine, SmallFileRowByRow) {
  const PurchaseCardFiles files{kTests + "/data/purchase-cards-small.csv", kSmallMcc, kRoom};
  const auto by_script = script(files);
  ASSERT_TRUE(by_script);
  expect_equal(engine(files), *by_script);
}

TEST_F(PurchaseCardsEngine, EveryReasonRowByRow) {
  const auto by_script = script(kEveryReason);
  ASSERT_TRUE(by_script);
  const auto by_engine = engine(kEveryReason);
  expect_equal(by_engine, *by_script);
  const Sums sums = sums_of(by_engine);
  for (const char* kind : {"approved", "merchant_denied", "denied_by_control", "over_amount_limit",
                           "over_count_limit", "refund"}) {
    EXPECT_TRUE(sums.contains(kind)) << kind;
  }
}

// The file is one that tells these apart; if it did not, equality would say little.
TEST_F(PurchaseCardsEngine, OtherPoliciesAreNoticed) {
  const auto by_script = script(kEveryReason);
  ASSERT_TRUE(by_script);
  const auto differ_with = [&](const std::string& old, const std::string& text) {
    PurchaseCardFiles files = kEveryReason;
    files.policies = altered_policies(old, text);
    return differences(engine(files), *by_script);
  };
  for (const auto& [old, text] : std::vector<std::pair<std::string, std::string>>{
           {"Europe/London", "Europe/Paris"},   // Sunday's last second would be Monday
           {"Europe/London", "UTC"},            // in summer Monday's first would be Sunday
           {"\"monday\"", "\"sunday\""},
           {"\"1000.00\"", "\"1000.01\""},
           {"\"2500.00\"", "\"2499.99\""},
           {"\"count_max\": 10", "\"count_max\": 11"},
           {"5812-5814", "5812-5813"},
           {"3501-3999", "3502-3999"},
           {"5960-5969", "5960-5970"},
           {"NPOWER081F4AECE", "NPOWER081F4AECF"}}) {
    const auto found = differ_with(old, text);
    EXPECT_GT(found.size(), 0u) << old << " and " << text << " are answered alike";
    EXPECT_LT(found.size(), by_script->size()) << found.front();
  }
}

TEST(LondonDay, IsTheDayOfItsClocks) {
  const auto ns = [](std::uint64_t seconds) { return TimestampNs{seconds * kNsPerSecond}; };
  // `date -u -d "2014-03-30" +%s` and so on.
  const auto begins = london_day("2014-03-30");
  const auto ends = london_day("2014-10-26");
  ASSERT_TRUE(begins && ends);
  EXPECT_EQ(begins->first, ns(1'396'137'600));
  EXPECT_EQ(begins->last, ns(1'396'137'600 + 23 * 3600 - 1));
  EXPECT_EQ(ends->first, ns(1'414'281'600 - 3600));
  EXPECT_EQ(ends->last, ns(1'414'281'600 + 24 * 3600 - 1));
  for (const char* wrong : {"", "2014", "2014-02-30", "2014-4-1", "2014-04-01x", "1995-01-01"}) {
    EXPECT_FALSE(london_day(wrong)) << wrong;
  }
}

TEST_F(PurchaseCardsEngine, RealFileRowByRow) {
  const std::string folder = bench::real_data(kTests + "/data") + "/purchase_cards";
  const PurchaseCardFiles files{folder + "/transactions.csv.zst", folder + "/merchant_mcc.csv.gz",
                                kRoom};
  if (!std::filesystem::exists(files.transactions)) {
    GTEST_SKIP() << "the purchase card file is not there; HOLDFAST_SHARED_DATA may name its place";
  }
  const auto by_script = script(files);
  if (!by_script) GTEST_SKIP() << "neither zstd nor the Python module zstandard is there";
  const auto by_engine = engine(files);
  expect_equal(by_engine, *by_script);
  for (const auto& [kind, sum] : sums_of(by_engine)) {
    fmt::print("{:<20} {:>7} rows, held {:>13}, posted {:>13}\n", kind, sum.rows, sum.held_minor,
               sum.posted_minor);
  }
}

}  // namespace
}  // namespace holdfast::test
