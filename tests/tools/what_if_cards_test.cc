// `holdfast wal what-if` on the purchase card file: a log of the file decided under one policy,
// judged again under another, must flip exactly the decisions in which a fresh run under the other
// policy differs.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bench/trace_files.h"
#include "tests/purchase_cards_rules/engine_side.h"
#include "tests/tools/written_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;

const std::string kTests = HOLDFAST_SOURCE_DIR "/tests";
const std::string kRoom = kTests + "/purchase_cards_rules";
const std::string kSmallMcc = kTests + "/data/merchant-mcc-small.csv";

/// Decisions of all authorizations by request id.
using Decisions = std::map<std::string, std::string>;

Decisions decide(const test::PurchaseCardFiles& files, WrittenLog* log) {
  Decisions decisions;
  const auto answers =
      test::decide_by_engine(files, [&](const Command& command, const Outcome& outcome) {
        if (log != nullptr) log->append(command, outcome);
        if (command.kind != CommandKind::authorize) return;
        decisions[id_text(command.request_id)] = std::string(decision_name(outcome.decision));
      });
  EXPECT_TRUE(answers) << answers.error();
  return decisions;
}

class WhatIfCards : public bench::TempDirTest {
 protected:
  struct Change {
    std::string old;
    std::string text;
  };

  /// The policies with each change made; in `folder`.
  std::string altered_policies(const std::string& folder, const std::vector<Change>& changes) {
    std::filesystem::create_directory(path(folder));
    for (const std::string name : {"policy.json", "policy_INCLUSIVE_GROWTH.json"}) {
      std::string policy = bench::slurp(kRoom + "/" + name);
      for (const auto& [old, text] : changes) {
        for (std::size_t at = 0; (at = policy.find(old, at)) != std::string::npos;
             at += text.size()) {
          policy.replace(at, old.size(), text);
        }
      }
      write_plain(folder + "/" + name, policy);
    }
    return path(folder);
  }

  Json what_if(const WrittenLog& log, const std::string& policies) {
    const test::ProcessResult result = test::run_program(
        "holdfast", {"wal", "what-if", log.dir(), "--program", "1=" + policies + "/policy.json",
                     "--program", "2=" + policies + "/policy_INCLUSIVE_GROWTH.json", "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json::parse(result.out, nullptr, false);
  }

  /// Flips of `what-if` against what a fresh run answers otherwise; returns how many there are.
  std::size_t expect_fresh_run(const test::PurchaseCardFiles& files, const WrittenLog& log,
                               const Decisions& logged, const std::string& policies) {
    test::PurchaseCardFiles changed = files;
    changed.policies = policies;
    const Decisions fresh = decide(changed, nullptr);
    EXPECT_EQ(fresh.size(), logged.size());
    std::map<std::string, std::string> expected;
    for (const auto& [request, decision] : fresh) {
      if (logged.at(request) != decision) expected[request] = logged.at(request) + " " + decision;
    }
    const Json report = what_if(log, policies);
    std::map<std::string, std::string> flips;
    for (const Json& flip : report["flips"]) {
      flips[flip["request_id"].get<std::string>()] =
          flip["logged"].get<std::string>() + " " + flip["other"].get<std::string>();
    }
    EXPECT_EQ(flips.size(), report["flips"].size()) << "a payment is told twice";
    EXPECT_EQ(report["lone_gaps"], 0);
    EXPECT_TRUE(flips == expected)
        << flips.size() << " flips, a fresh run differs in " << expected.size();
    std::uint64_t by_rule = 0;
    for (const Json& rule : report["by_rule"]) by_rule += rule["flips"].get<std::uint64_t>();
    EXPECT_EQ(by_rule, flips.size());
    knock_on_ = 0;
    for (const Json& flip : report["flips"]) knock_on_ += flip["knock_on"].get<bool>() ? 1U : 0U;
    return flips.size();
  }

  /// The first `changes` of them, which flip at least so many decisions.
  void check(const test::PurchaseCardFiles& files, std::size_t changes, std::size_t least) {
    WrittenLog log;
    const Decisions logged = decide(files, &log);
    log.close();
    EXPECT_EQ(what_if(log, files.policies)["totals"]["flips"], 0) << "the same rules";
    const std::vector<std::vector<Change>> kChanges = {
        {{"\"1000.00\"", "\"600.00\""}},
        {{"\"1000.00\"", "\"5000.00\""}, {"\"2500.00\"", "\"9000.00\""}},
        {{"\"2500.00\"", "\"1200.00\""}},
        {{"\"count_max\": 10", "\"count_max\": 4"}},
        {{"5812-5814", "5812-5813"}, {"\"count_max\": 10", "\"count_max\": 20"}},
        {{"Europe/London", "America/New_York"}},
    };
    std::size_t all = 0;
    std::size_t knock_on = 0;
    for (std::size_t at = 0; at < std::min(changes, kChanges.size()); ++at) {
      SCOPED_TRACE(kChanges[at].front().text);
      const std::string policies = altered_policies("changed" + std::to_string(at), kChanges[at]);
      const std::size_t flips = expect_fresh_run(files, log, logged, policies);
      fmt::print("{:<24} {:>7} flips, {:>7} of them knock-on\n", kChanges[at].front().text, flips,
                 knock_on_);
      all += flips;
      knock_on += knock_on_;
    }
    EXPECT_GE(all, least);
    EXPECT_GT(knock_on, 0U);
    EXPECT_LT(knock_on, all);
  }

  std::size_t knock_on_ = 0;
};

TEST_F(WhatIfCards, EveryReasonFile) {
  check({kRoom + "/every_reason.csv", kSmallMcc, kRoom}, 6, 20);
}

TEST_F(WhatIfCards, RealFile) {
  const std::string folder = bench::real_data(kTests + "/data") + "/purchase_cards";
  const test::PurchaseCardFiles files{folder + "/transactions.csv.zst",
                                      folder + "/merchant_mcc.csv.gz", kRoom};
  if (!std::filesystem::exists(files.transactions)) {
    GTEST_SKIP() << "the purchase card file is not there; HOLDFAST_SHARED_DATA may name its place";
  }
  check(files, 2, 1000);
}

}  // namespace
}  // namespace holdfast::tools
