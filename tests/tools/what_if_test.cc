// `holdfast wal what-if` on small logs whose answers can be worked out by hand.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/limits.h"
#include "tests/tools/written_log.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

constexpr CurrencyCode kGbp{826};
constexpr AccountId kBank{.low = 1, .high = 0};
constexpr AccountId kCustomer{.low = 1001, .high = 0};
constexpr CardToken kCard{.low = 4001, .high = 0};
constexpr Mcc kGroceries{5411};
constexpr Mcc kBar{5813};

/// At most `day_max` a day, and no bars if `no_bars`.
std::string rules(const std::string& day_max, bool no_bars, const std::string& more = "") {
  const std::string bars =
      R"({"id": 2, "name": "no bars", "effect": "deny", "filter": {"mcc": ["5813"]}},)";
  return R"({"version": 1, "currency": "GBP", "categories": [)" + more + R"(], "controls": [)" +
         (no_bars ? bars : "") +
         R"({"id": 1, "name": "a day", "scope": "card", "effect": "cap_window", "amount_max": ")" +
         day_max + R"(", "window": {"kind": "day", "zone": "UTC"}}]})";
}

class WhatIf : public testing::Test {
 protected:
  WhatIf() {
    Command command = next(CommandKind::create_account);
    command.create_account = {.account = kBank, .currency = kGbp, .flags = kAccountMayGoNegative};
    apply(command);
    command = next(CommandKind::create_account);
    command.create_account = {.account = kCustomer, .currency = kGbp};
    apply(command);
    command = next(CommandKind::transfer);
    command.transfer = {
        .debit = kBank, .credit = kCustomer, .amount = Money{100'000}, .currency = kGbp};
    apply(command);
    command = next(CommandKind::put_program);
    command.put_program =
        {.program = ProgramId{0}, .hold_period_s = 86'400, .settlement_account = kBank};
    apply(command);
    command = next(CommandKind::create_card);
    command.create_card = {.card = kCard, .account = kCustomer};
    apply(command);
  }

  Command next(CommandKind kind) {
    Command command;
    command.kind = kind;
    command.request_id = {.low = ++requests_, .high = 7};
    return command;
  }
  Outcome apply(const Command& command) { return log.apply(command); }
  Outcome authorize(std::int64_t minor, Mcc mcc, std::uint32_t flags = 0) {
    Command command = next(CommandKind::authorize);
    command.authorize =
        {.card = kCard, .amount = Money{minor}, .currency = kGbp, .mcc = mcc, .flags = flags};
    return apply(command);
  }
  Outcome capture(AuthorizationId authorization, std::int64_t minor) {
    Command command = next(CommandKind::capture);
    command.capture = {.authorization = authorization, .amount = Money{minor}, .final = 1};
    return apply(command);
  }
  Outcome reverse(AuthorizationId authorization) {
    Command command = next(CommandKind::reverse);
    command.reverse = {.authorization = authorization};
    return apply(command);
  }

  /// Puts a document of `rules` in place, in the log.
  void put_rules(const std::string& document);

  std::string file(const std::string& name, const std::string& text) {
    const std::string path = scratch.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  ProcessResult run(const std::string& document, std::vector<std::string> more = {}) {
    log.close();
    std::vector<std::string> arguments{"wal", "what-if", log.dir(), "--program",
                                       "0=" + file("changed.json", document)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program("holdfast", arguments);
  }
  Json what_if(const std::string& document, std::vector<std::string> more = {}) {
    more.push_back("--json");
    const ProcessResult result = run(document, more);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return Json::parse(result.out, nullptr, false);
  }
  /// "now_declined control 2, now_approved control 1 knock-on"
  static std::string told(const Json& report) {
    std::string text;
    for (const Json& flip : report["flips"]) {
      if (!text.empty()) text += ", ";
      text += flip["kind"].get<std::string>();
      text += flip["control"].is_null() ? " " + flip["cause"].get<std::string>()
                                        : " control " + flip["control"].dump();
      if (flip["knock_on"].get<bool>()) text += " knock-on";
    }
    return text;
  }

  WrittenLog log;
  test::TemporaryDirectory scratch;

 private:
  std::uint64_t requests_ = 0;
};

void WhatIf::put_rules(const std::string& document) {
  const Json json = Json::parse(document);
  const std::uint32_t version = json["version"].get<std::uint32_t>();
  Command command = next(CommandKind::begin_rule_set);
  std::vector<Command> rows;
  std::uint32_t lists = 0;
  for (const Json& control : json["controls"]) {
    Command row = next(CommandKind::add_control);
    row.add_control = {.program = ProgramId{0},
                       .version = version,
                       .control = control["id"].get<std::uint16_t>()};
    if (control["effect"] == "deny") {
      row.add_control.effect = ControlEffect::deny;
      row.add_control.mcc_list = 1;
      Command item = next(CommandKind::add_list_item);
      item.add_list_item = {.program = ProgramId{0}, .version = version, .list = 1,
                            .kind = ListKind::mcc, .mcc_first = kBar, .mcc_last = kBar};
      rows.push_back(item);
      ++lists;
    } else {
      row.add_control.scope = ControlScope::card;
      row.add_control.effect = ControlEffect::cap_window;
      row.add_control.window = WindowKind::day;
      row.add_control.amount_max =
          Money{std::stoll(control["amount_max"].get<std::string>()) * 100};
      row.add_control.count_max = UINT32_MAX;
    }
    rows.push_back(row);
  }
  command.begin_rule_set = {.program = ProgramId{0},
                            .version = version,
                            .controls = static_cast<std::uint32_t>(json["controls"].size()),
                            .list_items = lists};
  ASSERT_EQ(apply(command).decision, Decision::approved);
  for (const Command& row : rows) ASSERT_EQ(apply(row).decision, Decision::approved);
  command = next(CommandKind::activate_rule_set);
  command.activate_rule_set = {.program = ProgramId{0}, .version = version};
  ASSERT_EQ(apply(command).decision, Decision::approved);
}

TEST_F(WhatIf, TheSameRulesFlipNothing) {
  put_rules(rules("100.00", true));
  const Outcome first = authorize(6'000, kGroceries);
  authorize(5'000, kGroceries);
  authorize(1'000, kBar);
  capture(first.authorization, 6'000);
  const Json report = what_if(rules("100.00", true));
  EXPECT_EQ(report["totals"]["flips"], 0) << report.dump(2);
  EXPECT_EQ(report["judged"]["count"], 3);
  EXPECT_EQ(report["approved_logged"], report["approved_other"]);
  EXPECT_EQ(report["lone_gaps"], 0);
  const ProcessResult told = run(rules("100.00", true));
  EXPECT_NE(told.out.find("no decision comes out otherwise"), std::string::npos) << told.out;
}

// 60.00 in a bar and 50.00 of groceries do not fit 100.00 a day. Without the bar they do: that is
// the work of the first flip, since 50.00 alone would still have been declined.
TEST_F(WhatIf, ADeclineLeavesRoomForALaterPayment) {
  put_rules(rules("100.00", false));
  const Outcome bar = authorize(6'000, kBar);
  ASSERT_EQ(bar.decision, Decision::approved);
  capture(bar.authorization, 6'000);
  ASSERT_EQ(authorize(5'000, kGroceries).decision, Decision::over_amount_limit);
  const Json report = what_if(rules("100.00", true));
  EXPECT_EQ(told(report), "now_declined control 2, now_approved control 1 knock-on")
      << report.dump(2);
  EXPECT_EQ(report["totals"]["cards"], 1);
  EXPECT_EQ(report["totals"]["direct"]["now_declined"]["money"][0]["amount"], 6'000);
  EXPECT_EQ(report["totals"]["knock_on"]["now_approved"]["money"][0]["amount"], 5'000);
  EXPECT_EQ(report["flips"][0]["control_name"], "no bars");
  EXPECT_EQ(report["flips"][1]["alone"], "over_amount_limit");
  // The capture of what was never approved has nothing to take.
  for (const Json& step : report["steps"]) {
    if (step["command"] != "capture") continue;
    EXPECT_EQ(step["not_applicable"], 1);
    EXPECT_EQ(step["money_not_applicable"][0]["amount"], 6'000);
  }
}

// A larger window approves the second payment by itself; then the third has no room any more.
TEST_F(WhatIf, AnApprovalTakesRoomFromALaterPayment) {
  put_rules(rules("100.00", false));
  authorize(6'000, kGroceries);
  authorize(5'000, kGroceries);
  authorize(4'000, kGroceries);
  const Json report = what_if(rules("110.00", false));
  EXPECT_EQ(told(report), "now_approved control 1, now_declined control 1 knock-on")
      << report.dump(2);
}

// A window that production never had counts what production approved, for the lone judgement.
TEST_F(WhatIf, ANewWindowIsDirect) {
  put_rules(R"({"version": 1, "controls": []})");
  authorize(6'000, kGroceries);
  authorize(5'000, kGroceries);
  authorize(4'000, kGroceries);
  const Json report = what_if(rules("100.00", false));
  EXPECT_EQ(told(report), "now_declined control 1") << report.dump(2);
  EXPECT_EQ(report["by_day"][0]["day"], "2026-11-22");
  EXPECT_EQ(report["by_rule"][0]["control_name"], "a day");
}

// Ids differ in the other world from the first flip on; the steps still reach their own holds.
TEST_F(WhatIf, StepsReachTheirOwnHolds) {
  put_rules(rules("1000.00", false));
  const Outcome bar = authorize(1'000, kBar);          // id 1, declined in the other world
  const Outcome shop = authorize(2'000, kGroceries);   // id 2, there 1
  const Outcome other = authorize(3'000, kGroceries);  // id 3, there 2
  reverse(bar.authorization);
  capture(shop.authorization, 2'000);
  reverse(other.authorization);
  Command refund = next(CommandKind::refund);
  refund.refund = {.authorization = shop.authorization, .amount = Money{500}};
  ASSERT_EQ(apply(refund).decision, Decision::approved);
  Command wrong = next(CommandKind::capture);
  wrong.capture = {.authorization = AuthorizationId{99}, .amount = Money{1}};
  ASSERT_EQ(apply(wrong).decision, Decision::no_original);
  const Json report = what_if(rules("1000.00", true));
  EXPECT_EQ(told(report), "now_declined control 2");
  std::uint64_t not_applicable = 0;
  for (const Json& step : report["steps"]) {
    EXPECT_EQ(step["otherwise"], 0) << step.dump();
    not_applicable += step["not_applicable"].get<std::uint64_t>();
  }
  EXPECT_EQ(not_applicable, 1U) << "the reversal of the bar's";
  EXPECT_EQ(report["lone_gaps"], 0);
}

// Spent for good, or given back when the hold ends: a day later the difference shows.
TEST_F(WhatIf, WhatIsNewlyApprovedIsSpentOrExpires) {
  put_rules(rules("100.00", true));
  ASSERT_EQ(authorize(10'000, kBar).decision, Decision::denied_by_control);
  log.set_time(WrittenLog::kStartNs + 3 * 86'400 * kNsPerSecond);
  // 1,000.00 in all on the account: it is covered only if the bar's 100.00 came back.
  put_rules(R"({"version": 2, "controls": []})");
  ASSERT_EQ(authorize(100'000, kGroceries).decision, Decision::approved);
  const std::string free = R"({"version": 9, "controls": [], "categories": []})";
  EXPECT_EQ(told(what_if(free)),
            "now_approved control 2, now_declined insufficient_funds knock-on");
  EXPECT_EQ(told(what_if(free, {"--newly-approved", "expire"})), "now_approved control 2");
}

TEST_F(WhatIf, APartOfTheAmount) {
  put_rules(R"({"version": 1, "controls": []})");
  authorize(90'000, kBar);
  const Outcome part = authorize(20'000, kGroceries, kAuthorizePartialAllowed);
  ASSERT_EQ(part.amount, Money{10'000});
  capture(part.authorization, 10'000);
  const Json report = what_if(rules("5000.00", true));
  EXPECT_EQ(told(report), "now_declined control 2, other_amount approved knock-on")
      << report.dump(2);
  EXPECT_EQ(report["flips"][1]["logged_amount"], 10'000);
  EXPECT_EQ(report["flips"][1]["other_amount"], 20'000);
  for (const Json& step : report["steps"]) {
    if (step["command"] != "capture") continue;
    EXPECT_EQ(step["other_amount"], 1) << step.dump();
  }
}

TEST_F(WhatIf, IncrementsAreJudgedAgain) {
  put_rules(rules("100.00", false));
  const Outcome hold = authorize(5'000, kGroceries);
  Command raise = next(CommandKind::increment);
  raise.increment = {.authorization = hold.authorization, .amount = Money{4'000}};
  ASSERT_EQ(apply(raise).decision, Decision::approved);
  const Json report = what_if(rules("80.00", false));
  EXPECT_EQ(told(report), "now_declined control 1") << report.dump(2);
  EXPECT_EQ(report["flips"][0]["command"], "increment");
}

TEST_F(WhatIf, FromAPointOn) {
  put_rules(rules("100.00", false));
  authorize(1'000, kBar);
  const Outcome second = authorize(1'000, kBar);
  const std::string from = std::to_string(second.position.value);
  const Json report = what_if(rules("100.00", true), {"--from", from});
  EXPECT_EQ(report["judged"]["count"], 1);
  EXPECT_EQ(report["flips"].size(), 1U);
  EXPECT_EQ(report["flips"][0]["position"], second.position.value);
  const ProcessResult late = run(rules("100.00", true), {"--from", "2030-01-01"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_NE(late.err.find("the log ends before 2030-01-01"), std::string::npos) << late.err;
}

TEST_F(WhatIf, ThePageStandsAlone) {
  put_rules(rules("100.00", false));
  authorize(6'000, kBar);
  authorize(5'000, kGroceries);
  const std::string page = scratch.path() + "/report.html";
  ASSERT_EQ(run(rules("100.00", true), {"--html", page}).exit_code, 0);
  std::ostringstream text;
  text << std::ifstream(page).rdbuf();
  const std::string html = text.str();
  EXPECT_EQ(html.find("http"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_NE(html.find("prefers-color-scheme: dark"), std::string::npos);
  EXPECT_NE(html.find("<rect class=\"d\""), std::string::npos);
  EXPECT_NE(html.find("<rect class=\"ak\""), std::string::npos);
  EXPECT_NE(html.find("no bars"), std::string::npos);
  EXPECT_TRUE(html.ends_with("</html>\n"));
}

TEST_F(WhatIf, WhatCannotBeDoneIsSaid) {
  log.close();
  const auto fails = [&](std::vector<std::string> arguments, int code) {
    arguments.insert(arguments.begin(), {"wal", "what-if", log.dir()});
    const ProcessResult result = run_program("holdfast", arguments);
    EXPECT_EQ(result.exit_code, code) << result.err;
    return result.err;
  };
  const std::string good = file("good.json", rules("100.00", false));
  EXPECT_NE(fails({}, 64).find("--program"), std::string::npos);
  EXPECT_NE(fails({"--program", good}, 64).find("is not PROGRAM=FILE"), std::string::npos);
  EXPECT_NE(fails({"--program", "1=" + scratch.path() + "/none.json"}, 64).find("cannot read"),
            std::string::npos);
  EXPECT_NE(fails({"--program", "1=" + file("bad.json", "{")}, 64).find("bad.json"),
            std::string::npos);
  EXPECT_NE(fails({"--program", "0=" + good, "--program", "0=" + good}, 64).find("given twice"),
            std::string::npos);
  EXPECT_NE(fails({"--program", "77=" + good}, 1).find("program 77 does not exist in this log"),
            std::string::npos);
  EXPECT_NE(
      fails({"--program", "0=" + good, "--html", "/nonexistent/x.html"}, 74).find("cannot write"),
      std::string::npos);
}

}  // namespace
}  // namespace holdfast::tools
