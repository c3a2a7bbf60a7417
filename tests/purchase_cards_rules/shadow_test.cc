// A policy that runs as a shadow over the purchase card file answers each row as it does when it is
// the active one on a fresh run.
//
// As long as nothing has diverged that is promised for every shadow. Afterwards a shadow answers
// with the balances as they really are and its own counters of what it would have let pass; in this
// file no account runs short and every approved row is captured in full, so that its own counters
// are those of a fresh run, and the answers stay the same to the last row.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/trace_files.h"
#include "tests/purchase_cards_rules/engine_side.h"

namespace holdfast::test {
namespace {

const std::string kTests = HOLDFAST_TESTS;
const std::string kRoom = kTests + "/purchase_cards_rules";
const std::string kSmallMcc = kTests + "/data/merchant-mcc-small.csv";

/// What a run costs is spent once for all rows, however many tests look at it.
struct Runs {
  std::vector<RowAnswer> fresh;         // the policy is active
  std::vector<RowAnswer> without;       // none is
  ShadowedRun beside_itself;            // the policy is active and a shadow
  ShadowedRun beside_none;              // it is a shadow, nothing is active
  ShadowedRun permissive_beside_none;
};

class PurchaseCardsShadow : public bench::TempDirTest {
 protected:
  template <class T>
  static T value_of(bench::Result<T> result) {
    EXPECT_TRUE(result) << result.error();
    return result ? std::move(*result) : T{};
  }

  Runs run_all(PurchaseCardFiles files) {
    const std::string policies = kRoom;
    std::filesystem::create_directory(path("permissive"));
    write_plain("permissive/policy.json",
                R"({"version": 1, "currency": "GBP", "controls": [
                     {"id": 1, "effect": "cap_transaction", "amount_max": "90000000.00"},
                     {"id": 2, "scope": "card", "effect": "cap_window",
                      "amount_max": "90000000.00", "count_max": 1000000,
                      "window": {"kind": "month", "zone": "Europe/London"}}]})");
    Runs runs;
    files.policies = policies;
    runs.fresh = value_of(decide_by_engine(files));
    runs.beside_itself = value_of(decide_beside_shadows(files, policies));
    files.policies.clear();
    runs.without = value_of(decide_by_engine(files));
    runs.beside_none = value_of(decide_beside_shadows(files, policies));
    runs.permissive_beside_none = value_of(decide_beside_shadows(files, path("permissive")));
    return runs;
  }

  static std::optional<std::size_t> first_difference(const std::vector<RowAnswer>& a,
                                                     const std::vector<RowAnswer>& b) {
    for (std::size_t at = 0; at < std::min(a.size(), b.size()); ++at) {
      if (a[at] != b[at]) return at;
    }
    return std::nullopt;
  }

  /// Row by row the decisions of a run on which the policy is the active one.
  static void expect_answers(const ShadowedRun& run, const std::vector<RowAnswer>& fresh) {
    ASSERT_EQ(run.shadow_decisions.size(), fresh.size());
    std::size_t judged = 0;
    std::size_t differ = 0;
    for (std::size_t at = 0; at < fresh.size(); ++at) {
      if (run.shadow_decisions[at].empty()) continue;
      ++judged;
      if (run.shadow_decisions[at] == fresh[at].decision) continue;
      if (++differ > 10) continue;
      ADD_FAILURE() << fmt::format("row {}: the shadow says {}, as the active one it said {}",
                                   fresh[at].row_id, run.shadow_decisions[at], fresh[at].decision);
    }
    EXPECT_EQ(differ, 0U);
    EXPECT_GT(judged, 0U);
  }

  static void expect_equal_runs(const Runs& runs) {
    ASSERT_FALSE(runs.fresh.empty());
    ASSERT_EQ(runs.without.size(), runs.fresh.size());
    EXPECT_EQ(runs.beside_itself.answers, runs.fresh) << "a shadow changes nothing";
    expect_answers(runs.beside_itself, runs.fresh);
    EXPECT_EQ(runs.beside_itself.first_divergence, std::nullopt);

    EXPECT_EQ(runs.permissive_beside_none.answers, runs.without);
    expect_answers(runs.permissive_beside_none, runs.without);
    EXPECT_EQ(runs.permissive_beside_none.first_divergence, std::nullopt);

    EXPECT_EQ(runs.beside_none.answers, runs.without);
    EXPECT_EQ(runs.beside_none.first_divergence, first_difference(runs.fresh, runs.without));
    expect_answers(runs.beside_none, runs.fresh);
  }
};

TEST_F(PurchaseCardsShadow, SmallFile) {
  expect_equal_runs(run_all({kTests + "/data/purchase-cards-small.csv", kSmallMcc, {}}));
}

TEST_F(PurchaseCardsShadow, EveryReason) {
  const Runs runs = run_all({kRoom + "/every_reason.csv", kSmallMcc, {}});
  expect_equal_runs(runs);
  ASSERT_TRUE(runs.beside_none.first_divergence) << "some rows are declined";
  EXPECT_LT(*runs.beside_none.first_divergence + 10, runs.fresh.size()) << "and others follow";
}

TEST_F(PurchaseCardsShadow, RealFile) {
  const std::string folder = bench::real_data(kTests + "/data") + "/purchase_cards";
  const PurchaseCardFiles files{
      folder + "/transactions.csv.zst", folder + "/merchant_mcc.csv.gz", {}};
  if (!std::filesystem::exists(files.transactions)) {
    GTEST_SKIP() << "the purchase card file is not there; HOLDFAST_SHARED_DATA may name its place";
  }
  const Runs runs = run_all(files);
  expect_equal_runs(runs);
  ASSERT_TRUE(runs.beside_none.first_divergence);
  fmt::print("{} rows, the first divergence beside no policy is row {}\n", runs.fresh.size(),
             *runs.beside_none.first_divergence);
}

}  // namespace
}  // namespace holdfast::test
