#include "bench/apply/apply_ratio.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/apply/bare_tables.h"
#include "bench/memory_ahead.h"
#include "bench/micro/piece.h"
#include "bench/micro/world.h"
#include "bench/report/progress.h"
#include "engine/check.h"

namespace holdfast::bench {
namespace {

/// This thread's processor time, so that other work on the machine does not count.
std::uint64_t thread_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

constexpr std::size_t kMemoryAheadBytes = std::size_t{256} << 20;

class Sides {
 public:
  // Filled together: on a virtual machine memory that is taken later may be slower.
  Sides(std::uint64_t accounts, bool grows)
      : grows_(grows),
        world_({.accounts = accounts, .memory = grows ? Memory::grows : Memory::by_hand},
               [this](std::uint64_t account) { add_bare_account(account); }) {}

  /// Nanoseconds an authorization.
  double apply(std::uint32_t batches) {
    return measure(
        batches, [this] { world_.apply(commands_, outcomes_); }, [this] { undo_applied(); });
  }
  double bare(std::uint32_t batches) {
    return measure(
        batches, [this] { sum_ += bare_.authorize(commands_); },
        [this] {
          if (!grows_) bare_.undo(commands_);
        });
  }
  [[nodiscard]] std::uint64_t sum() const { return sum_; }
  /// After so many batches no slot is new any more: those of ended holds are used again.
  [[nodiscard]] std::uint32_t batches_until_steady() const {
    return static_cast<std::uint32_t>(
        grows_ ? 0 : world_.commands_until_hold_is_forgotten() / kRoundItems);
  }

 private:
  void add_bare_account(std::uint64_t account) {
    std::array<RequestId, 3> requests;  // account, card, hold
    for (RequestId& request : requests) request = {.low = ++last_request_, .high = 0xBA5E};
    bare_.add_account(World::account_id(account), World::card_token(account), requests);
  }

  // The reversals forget as many ids as the authorizations and they themselves are.
  void undo_applied() {
    for (const Outcome& outcome : outcomes_) {
      HOLDFAST_CHECK(is_approval(outcome.decision), "a benchmark's payments are approved");
    }
    if (grows_) return;
    for (std::size_t i = 0; i < kRoundItems; ++i) {
      commands_[i] = world_.reverse(outcomes_[i].authorization);
    }
    world_.pass_time(2 * kRoundItems);
    world_.must_apply(commands_, outcomes_);
  }

  template <class Work, class Undo>
  double measure(std::uint32_t batches, const Work& work, const Undo& undo) {
    std::uint64_t took_ns = 0;
    for (std::uint32_t i = 0; i < batches; ++i) {
      for (Command& command : commands_) command = world_.authorize();
      const std::uint64_t start_ns = thread_ns();
      work();
      took_ns += thread_ns() - start_ns;
      undo();
    }
    return static_cast<double>(took_ns) / (static_cast<double>(batches) * kRoundItems);
  }

  bool grows_;
  std::uint64_t last_request_ = 0;
  BareTables bare_;
  World world_;  // behind what it fills beside itself
  std::array<Command, kRoundItems> commands_;
  std::array<Outcome, kRoundItems> outcomes_;
  std::uint64_t sum_ = 0;
};

ApplyRatio measure(std::uint64_t accounts, const ApplyRatioOptions& options) {
  ProgressLine line;
  line.show(fmt::format("{} accounts: filling both sides", with_thousands(accounts)));
  Sides sides(accounts, options.grows);
  // Tables still grow a little: the first touch of a huge page in one of a hundred batches would
  // count as much as all the rest.
  const MemoryAhead ahead(0);
  if (!options.grows) ahead.wait_for(kMemoryAheadBytes);
  // The first turns touch memory that was never touched, on either side, and have no old slots.
  (void)sides.apply(options.batches + sides.batches_until_steady());
  (void)sides.bare(options.batches);
  std::vector<double> apply_ns;
  std::vector<double> bare_ns;
  std::vector<double> ratio;
  for (std::uint32_t pair = 0; pair < options.pairs; ++pair) {
    line.show(fmt::format("{} accounts: pair {} of {}", with_thousands(accounts), pair + 1,
                          options.pairs));
    const bool is_apply_first = pair % 2 == 0;
    if (is_apply_first) apply_ns.push_back(sides.apply(options.batches));
    bare_ns.push_back(sides.bare(options.batches));
    if (!is_apply_first) apply_ns.push_back(sides.apply(options.batches));
    ratio.push_back(apply_ns.back() / bare_ns.back());
  }
  HOLDFAST_CHECK(sides.sum() != 0, "the bare side did its work");
  return {accounts, spread_of(apply_ns), spread_of(bare_ns), spread_of(ratio)};
}

}  // namespace

bool ApplyRatioReport::passed() const {
  return options.ratio_max <= 0 || std::all_of(rows.begin(), rows.end(), [this](const auto& row) {
           return row.ratio.median <= options.ratio_max;
         });
}

ApplyRatioReport measure_apply_ratio(const ApplyRatioOptions& options) {
  ApplyRatioReport report{options, {}};
  for (const std::uint64_t accounts : options.accounts) {
    report.rows.push_back(measure(accounts, options));
  }
  return report;
}

nlohmann::ordered_json to_json(const ApplyRatioReport& report) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ApplyRatio& row : report.rows) {
    rows.push_back({{"accounts", row.accounts},
                    {"ratio", to_json(row.ratio)},
                    {"apply_ns", to_json(row.apply_ns)},
                    {"bare_ns", to_json(row.bare_ns)}});
  }
  return {{"kind", "apply_ratio"},
          {"passed", report.passed()},
          {"apply_ratio", rows},
          {"settings",
           {{"pairs", report.options.pairs},
            {"batches", report.options.batches},
            {"batch_commands", kRoundItems},
            {"grows", report.options.grows},
            {"ratio_max", report.options.ratio_max}}}};
}

std::string to_table(const ApplyRatioReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(
      out,
      "apply of an authorization against its memory work alone{}: medians of {} pairs, {} "
      "commands a side\n{:>12} {:>12} {:>12} {:>8}   {}\n",
      report.options.grows ? ", growing tables" : "", report.options.pairs,
      report.options.batches * kRoundItems, "accounts", "apply ns", "bare ns", "ratio",
      "quarters of the ratio");
  for (const ApplyRatio& row : report.rows) {
    fmt::format_to(out, "{:>12} {:>12.1f} {:>12.1f} {:>8.2f}   {:.2f} .. {:.2f}\n",
                   with_thousands(row.accounts), row.apply_ns.median, row.bare_ns.median,
                   row.ratio.median, row.ratio.quarter_1, row.ratio.quarter_3);
  }
  if (!report.passed()) {
    fmt::format_to(out, "above the {} that --max allows\n", report.options.ratio_max);
  }
  return text;
}

}  // namespace holdfast::bench
