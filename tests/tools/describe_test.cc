// Golden tests of what the command line prints: the words are an interface, to people and scripts.
#include "tools/cli/describe.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <cstring>

#include "tools/cli/names.h"

namespace holdfast::tools {
namespace {

constexpr CurrencyCode kGbp{826};
constexpr std::uint64_t kNoon2026_11_22 = 1'795'348'800 * kNsPerSecond;

Command authorize_command() {
  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = {.low = 0x9a550c5a3ff0f6d1, .high = 0x0b8f6d8e7a394c0e};
  command.authorize = Authorize{};
  command.authorize.card = {.low = 4001, .high = 0};
  command.authorize.amount = Money{2500};
  command.authorize.currency = kGbp;
  command.authorize.mcc = Mcc{742};
  command.authorize.country = CountryCode{40};
  command.authorize.channel = Channel::chip;
  std::memcpy(command.authorize.merchant.text, "CORNERSHOP", 10);
  return command;
}

Outcome approved_outcome() {
  Outcome outcome;
  outcome.authorization = AuthorizationId{17};
  outcome.amount = Money{2500};
  outcome.ledger_balance = Money{100'000};
  outcome.available_balance = Money{97'500};
  outcome.position = LogPosition{1234};
  outcome.time = TimestampNs{kNoon2026_11_22 + 5};
  return outcome;
}

TEST(DescribeOutcome, ApprovedForAPerson) {
  EXPECT_EQ(describe_outcome(authorize_command(), approved_outcome(), kGbp).human(),
            "approved (DE39 00)\n"
            "  authorization  17\n"
            "  approved       25.00 GBP\n"
            "  ledger         1000.00 GBP\n"
            "  available      975.00 GBP\n"
            "  request id     0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1\n"
            "  position       1,234\n"
            "  time           2026-11-22T12:00:00.000000005Z\n");
}

TEST(DescribeOutcome, ApprovedAsJson) {
  EXPECT_EQ(describe_outcome(authorize_command(), approved_outcome(), kGbp).json(),
            R"({"command":"authorize","approved":true,"decision":"approved","de39":"00",)"
            R"("decision_text":"approved","authorization":"17","amount":2500,)"
            R"("ledger_balance":100000,"available_balance":97500,"counterparty_balance":0,)"
            R"("currency":"GBP","late":false,"overdrawn":false,"forced":false,)"
            R"("original_forgotten":false,"repeated":false,)"
            R"("request_id":"0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1","position":1234,)"
            R"("time":"2026-11-22T12:00:00.000000005Z"})"
            "\n");
}

TEST(DescribeOutcome, DeclinedSaysWhyAndWhatIsThere) {
  Outcome outcome;
  outcome.decision = Decision::insufficient_funds;
  outcome.ledger_balance = Money{100};
  outcome.available_balance = Money{-50};
  outcome.position = LogPosition{8};
  outcome.time = TimestampNs{kNoon2026_11_22};
  EXPECT_EQ(describe_outcome(authorize_command(), outcome, kGbp).human(),
            "declined (DE39 51): the available balance does not cover the amount\n"
            "  decision    insufficient_funds\n"
            "  ledger      1.00 GBP\n"
            "  available   -0.50 GBP\n"
            "  request id  0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1\n"
            "  position    8\n"
            "  time        2026-11-22T12:00:00.000000000Z\n");
}

TEST(DescribeOutcome, NotLoggedIsTold) {
  Outcome outcome;
  outcome.decision = Decision::request_id_reused;
  const std::string text = describe_outcome(authorize_command(), outcome, kGbp).human();
  EXPECT_EQ(text,
            "declined (DE39 94): this request id was used before with other content\n"
            "  decision    request_id_reused\n"
            "  request id  0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1\n"
            "  position    none: nothing was changed or logged\n");
}

TEST(DescribeOutcome, FlagsAreSentences) {
  Outcome outcome = approved_outcome();
  outcome.flags = kOutcomeRepeated | kOutcomeLate | kOutcomeOverdrawn | kOutcomeForced |
                  kOutcomeOriginalForgotten;
  const Report report = describe_outcome(authorize_command(), outcome, kGbp);
  const std::string text = report.human();
  EXPECT_NE(text.find("late                this step came after the hold had expired\n"), text.npos);
  EXPECT_NE(text.find("overdrawn           the available balance is below zero"), text.npos);
  EXPECT_NE(text.find("repeated            this request id was answered before"), text.npos);
  EXPECT_NE(text.find("forced              recorded, though"), text.npos);
  EXPECT_NE(text.find("original forgotten  the authorization is no longer"), text.npos);
  EXPECT_NE(report.json().find(R"("late":true,"overdrawn":true,"forced":true,)"
                               R"("original_forgotten":true,"repeated":true)"), text.npos);
}

TEST(DescribeOutcome, WithoutACurrencyAmountsAreMinorUnits) {
  const std::string text =
      describe_outcome(authorize_command(), approved_outcome(), CurrencyCode{}).human();
  EXPECT_NE(text.find("approved       2500 minor units\n"), text.npos);
}

TEST(DescribeOutcome, ADecisionFromTheFutureIsDeclined) {
  Outcome outcome;
  outcome.decision = static_cast<Decision>(999);
  const Report report = describe_outcome(authorize_command(), outcome, kGbp);
  EXPECT_EQ(report.headline, "declined (DE39 96): a decision that this program does not know");
  EXPECT_NE(report.json().find(R"("approved":false,"decision":"unknown_decision")"),
            std::string::npos);
}

TEST(DescribeOutcome, EveryKindAndDecisionHasItsWords) {
  for (const DecisionInfo& info : kDecisions) {
#define HOLDFAST_TEST_KIND(name, number, type, member)                                      \
  {                                                                                         \
    Command command;                                                                        \
    command.kind = CommandKind::name;                                                       \
    Outcome outcome;                                                                        \
    outcome.decision = info.decision;                                                       \
    const Report report = describe_outcome(command, outcome, kGbp);                         \
    EXPECT_NE(report.headline.find(fmt::format("(DE39 {})", info.de39)), std::string::npos); \
    EXPECT_FALSE(report.headline.starts_with("done")) << #name;                             \
    EXPECT_EQ(report.headline.starts_with("declined"), !is_approval(info.decision));        \
  }
    HOLDFAST_COMMANDS(HOLDFAST_TEST_KIND)
#undef HOLDFAST_TEST_KIND
  }
}

TEST(DescribeCommand, BodiesTellWhatWasGiven) {
  Report report;
  report.fields = describe_command_body(authorize_command(), kGbp);
  EXPECT_EQ(report.human(),
            "card      4001\n"
            "amount    25.00 GBP\n"
            "type      purchase\n"
            "channel   chip\n"
            "mcc       0742\n"
            "country   040\n"
            "merchant  CORNERSHOP\n");
  EXPECT_EQ(report.json(),
            R"({"card":"4001","amount":2500,"currency":"GBP","type":"purchase","channel":"chip",)"
            R"("mcc":"0742","country":"040","merchant":"CORNERSHOP","terminal":null,)"
            R"("cashback":0,"partial":false,"verify":false,"estimated":false,)"
            R"("merchant_initiated":false})"
            "\n");
}

TEST(DescribeCommand, FlagsOfAnAuthorizeAreTold) {
  Command command = authorize_command();
  command.authorize.flags = kAuthorizePartialAllowed | kAuthorizeMerchantInitiated;
  command.authorize.cashback = Money{500};
  Report report;
  report.fields = describe_command_body(command, kGbp);
  EXPECT_NE(report.human().find("cashback            5.00 GBP\n"
                                "partial             yes\n"
                                "merchant initiated  yes\n"),
            std::string::npos)
      << report.human();
}

TEST(DescribeCommand, RatesAndRulesAreToldAsPeopleWriteThem) {
  Command command;
  command.kind = CommandKind::set_rate;
  command.set_rate = {.from = CurrencyCode{392}, .to = kGbp, .markup_bp = 50, .scale = 2,
                      .reserved = 0, .rate = 52, .life_s = 86'400};
  Report report;
  report.fields = describe_command_body(command, {});
  EXPECT_EQ(report.human(),
            "from       JPY\nto         GBP\nrate       0.0052\nmarkup bp  50\nlife       1 d\n");
  command.kind = CommandKind::add_category;
  command.add_category = {.program = {}, .version = 3, .mcc_first = Mcc{742}, .mcc_last = Mcc{763},
                          .hold_period_s = 3 * 86'400, .tolerance_bp = 2000,
                          .tolerance = Money{0}, .estimate = Money{100}};
  report.fields = describe_command_body(command, {});
  EXPECT_EQ(report.human(),
            "program       0\nversion       3\nmcc           0742-0763\nhold period   3 d\n"
            "tolerance bp  2000\nestimate      100 minor units\n");
}

TEST(DescribeOutcome, AnAdviceSaysWhetherItPosted) {
  Command command;
  command.kind = CommandKind::advise;
  command.advise = Advise{};
  Outcome outcome = approved_outcome();
  outcome.flags = kOutcomeForced;
  EXPECT_EQ(describe_outcome(command, outcome, kGbp).human().find("recorded (DE39 00)"), 0U);
  EXPECT_EQ(describe_outcome(command, outcome, kGbp).human().find("settlement"), std::string::npos);
  command.advise.post = 1;
  const std::string text = describe_outcome(command, outcome, kGbp).human();
  EXPECT_EQ(text.find("posted (DE39 00)"), 0U) << text;
  EXPECT_NE(text.find("settlement ledger  0.00 GBP\n"), std::string::npos) << text;
}

TEST(DescribeOutcome, AReversalThatCameFirstMovedNothing) {
  Command command;
  command.kind = CommandKind::reverse;
  command.reverse = Reverse{};
  command.reverse.advice = 1;
  Outcome outcome;
  outcome.position = LogPosition{3};
  EXPECT_EQ(describe_outcome(command, outcome, {}).human(),
            "noted for when it comes (DE39 00)\n  position  3\n");
  outcome.authorization = AuthorizationId{1};
  EXPECT_EQ(describe_outcome(command, outcome, {}).human().find("reversed (DE39 00)\n"), 0U);
}

TEST(DescribeOutcome, AVerificationTellsNoAmount) {
  Outcome outcome = approved_outcome();
  outcome.decision = Decision::verified;
  outcome.amount = Money{0};
  const std::string text = describe_outcome(authorize_command(), outcome, kGbp).human();
  EXPECT_EQ(text.find("approved (DE39 85): card and account verified"), 0U) << text;
  EXPECT_EQ(text.find("\n  approved"), std::string::npos) << text;
}

TEST(DescribeCommand, ReverseOfZeroIsAllThatIsLeft) {
  Command command;
  command.kind = CommandKind::reverse;
  command.reverse = Reverse{};
  command.reverse.authorization = AuthorizationId{3};
  Report report;
  report.fields = describe_command_body(command, {});
  EXPECT_EQ(report.human(), "authorization  3\namount         all that is left\n");
}

TEST(DescribeCommand, UpdatesTellOnlyWhatChanges) {
  Command command;
  command.kind = CommandKind::update_card;
  command.update_card = UpdateCard{};
  command.update_card.card = {.low = 9, .high = 0};
  command.update_card.status = CardStatus::stolen;
  command.update_card.change = kChangeStatus;
  Report report;
  report.fields = describe_command_body(command, {});
  EXPECT_EQ(report.json(), R"({"card":"9","status":"stolen"})" "\n");
}

TEST(DescribeViews, Account) {
  AccountView view;
  view.found = true;
  view.account = {.low = 1001, .high = 0};
  view.currency = CurrencyCode{392};
  view.status = AccountStatus::frozen;
  view.ledger_balance = Money{-700};
  view.held = Money{300};
  view.credit_limit = Money{1000};
  view.position = LogPosition{77};
  EXPECT_EQ(describe_account(view).human(),
            "account 1001\n"
            "  status          frozen\n"
            "  ledger          -700 JPY\n"
            "  held            300 JPY\n"
            "  credit limit    1000 JPY\n"
            "  available       0 JPY\n"
            "  as of position  77\n");
  EXPECT_EQ(describe_account(view).json(),
            R"({"account":"1001","status":"frozen","currency":"JPY","ledger_balance":-700,)"
            R"("held":300,"credit_limit":1000,"available_balance":0,"may_go_negative":false,)"
            R"("position":77})"
            "\n");
}

TEST(DescribeViews, AForeignAuthorizationTellsBothAmountsAndTheRate) {
  AuthorizationView view;
  view.authorization = AuthorizationId{1};
  view.currency = CurrencyCode{978};
  view.requested = Money{10'000};
  view.approved = Money{8577};
  view.held = Money{8577};
  view.rate = 8534;
  view.rate_scale = 4;
  view.rate_markup_bp = 50;
  const Report report = describe_authorization(view, kGbp);
  EXPECT_NE(report.human().find("  requested       100.00 EUR\n"
                                "  rate            0.8534 GBP for 1 EUR, and 50 bp on top\n"
                                "  approved        85.77 GBP\n"),
            std::string::npos)
      << report.human();
  EXPECT_NE(report.json().find(R"("requested_currency":"EUR","requested":10000,"rate":8534,)"
                               R"("rate_scale":4,"rate_markup_bp":50,"currency":"GBP",)"
                               R"("approved":8577)"),
            std::string::npos)
      << report.json();
  view.rate = 0;
  view.currency = kGbp;
  EXPECT_EQ(describe_authorization(view, kGbp).human().find("rate"), std::string::npos);
  EXPECT_NE(describe_authorization(view, kGbp).json().find(R"("rate":null,"rate_scale":null)"),
            std::string::npos);
}

TEST(DescribeViews, CardAndProgram) {
  CardView card;
  card.card = {.low = 4001, .high = 0};
  card.account = {.low = 1001, .high = 0};
  card.expiry = ExpiryMonth{2809};
  card.status = static_cast<CardStatus>(77);
  card.position = LogPosition{1};
  EXPECT_EQ(describe_card(card).json(),
            R"({"card":"4001","status":"unknown_77","account":"1001","program":0,)"
            R"("expiry":"2028-09","position":1})"
            "\n");
  ProgramView program;
  program.hold_period_s = 604'800;
  program.position = LogPosition{1};
  EXPECT_EQ(describe_program(program).human(),
            "program 0\n  hold period     7 d\n  as of position  1\n");
  program.rule_set_version = 3;
  program.rule_set_categories = 1;
  program.rule_set_controls = 1;
  EXPECT_NE(describe_program(program).human().find("  rule set        version 3, 1 category, 1 control\n"),
            std::string::npos);
  EXPECT_NE(describe_program(program).json().find(R"("rule_set_version":3,"rule_set_categories":1,"rule_set_controls":1)"),
            std::string::npos);
}

TEST(DescribeViews, StatusTellsHowLongEndedAuthorizationsAreKept) {
  StatusView view;
  EXPECT_NE(describe_status(view, "h:1").human().find("ended ones kept    for ever\n"),
            std::string::npos);
  view.config.authorization_retention_s = 90 * 86'400;
  EXPECT_NE(describe_status(view, "h:1").human().find("ended ones kept    90 d\n"),
            std::string::npos);
}

TEST(DescribeViews, StatusTellsTheDigestOnlyWhenItWasComputed) {
  StatusView view;
  view.config.accounts_max = 1000;
  view.accounts = 3;
  EXPECT_NE(describe_status(view, "h:1").json().find(R"("digest":null)"), std::string::npos);
  EXPECT_EQ(describe_status(view, "h:1").human().find("digest"), std::string::npos);
  view.has_digest = true;
  view.digest = {.low = 1, .high = 2};
  EXPECT_NE(describe_status(view, "h:1").human().find(
                "state digest       00000000000000020000000000000001\n"),
            std::string::npos);
  EXPECT_NE(describe_status(view, "h:1").human().find("accounts           3 of 1,000\n"),
            std::string::npos);
}

TEST(Report, BytesThatAreNoTextDoNotBreakTheJson) {
  Report report;
  report.add_text_field("merchant", std::string("caf\xe9\n\"x\""));
  EXPECT_EQ(report.json(), "{\"merchant\":\"caf\xef\xbf\xbd\\n\\\"x\\\"\"}\n");
}

TEST(Report, ControlBytesDoNotReachATerminal) {
  Report report;
  report.headline = "card\x1b[2J";
  report.add_text_field("merchant", "a\x1b]0;b\x07\x7f\n");
  EXPECT_EQ(report.human(), "card?[2J\n  merchant  a?]0;b???\n");
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({{"name", false}, {"bytes", true}, {"note", false}});
  table.row({"a", "12345678", ""});
  table.row({"longer", "1", "x"});
  EXPECT_EQ(table.text(),
            "name       bytes  note\n"
            "a       12345678\n"
            "longer         1  x\n");
  EXPECT_EQ(table.text(22), table.text());
  EXPECT_EQ(table.text(21),
            "name   a\n"
            "bytes  12345678\n"
            "\n"
            "name   longer\n"
            "bytes  1\n"
            "note   x\n");
}

TEST(Table, ColumnsThatMayGoAreLeftOutFirst) {
  Table table({{"name", false}, {"bytes", true, 2}, {"note", false, 1}});
  table.row({"a", "12345678", "x"});
  EXPECT_EQ(table.text(15), "name     bytes\na     12345678\n");
  EXPECT_EQ(table.text(13), "name\na\n");
  EXPECT_EQ(table.text(3), "name   a\nbytes  12345678\nnote   x\n");
}

}  // namespace
}  // namespace holdfast::tools
