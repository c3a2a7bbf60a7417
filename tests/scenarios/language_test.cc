// The scenario language itself: a wrong line is an error that names file and line, and a wrong
// expectation is found. Else a table that checks nothing would look like a table that holds.
#include <gtest/gtest.h>

#include "tests/scenarios/machine.h"
#include "tests/scenarios/runner.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/vocabulary.h"

namespace holdfast::scenarios {
namespace {

const std::string kGiven =
    "given\n"
    "  account shop GBP may_go_negative\n"
    "  account alice GBP limit=100.00\n"
    "  program default hold=7d settlement=shop\n"
    "  card visa alice\n";

/// Runs the steps behind `kGiven` (their first line is line 7); "7: …" for each finding.
std::vector<std::string> findings_of(const std::string& steps) {
  const auto scenarios = parse_scenarios("folder/t.txt", kGiven + "scenario s\n" + steps);
  const auto machine = make_model_machine();
  std::vector<std::string> texts;
  for (const Finding& finding : Runner(*machine).run(scenarios.at(0))) {
    texts.push_back(std::to_string(finding.line) + ": " + finding.text);
  }
  return texts;
}

std::string error_of(const std::string& steps) {
  try {
    (void)findings_of(steps);
  } catch (const ScenarioError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ScenarioLanguage, AScenarioThatHoldsHasNoFindings) {
  EXPECT_TRUE(findings_of("  authorize a1 25.00 GBP card=visa -> approved held=25.00\n").empty());
}

TEST(ScenarioLanguage, EveryKindOfWrongExpectationIsFound) {
  const std::string setup = "  authorize a1 25.00 GBP card=visa\n";
  const struct {
    const char* step;
    const char* finding;
  } kCases[] = {
      {"  capture c1 25.00 GBP of=a1 -> above_authorized\n", "8: above_authorized was expected"},
      {"  capture c1 26.00 GBP of=a1\n", "8: approved was expected"},
      {"  capture c1 25.00 GBP of=a1 -> approved late\n", "8: the answer's words differ"},
      {"  capture c1 25.00 GBP of=a1 -> approved ledger=0.00\n",
       "8: ledger=0.00 was expected, but is -25.00"},
      {"  capture c1 25.00 GBP of=a1 -> approved held=1.00\n",
       "8: held=1.00 was expected, but is 0.00"},
      {"  capture c1 25.00 GBP of=a1 -> approved amount=24.00\n",
       "8: amount=24.00 was expected, but is 25.00"},
      {"  capture c1 25.00 GBP of=a1 -> approved counterparty=24.00\n",
       "8: counterparty=24.00 was expected, but is 25.00"},
      {"  retry a1\n", "8: the answer's words differ"},
      {"  check account alice available=70.00\n", "8: available=70.00 was expected, but is 75.00"},
      {"  check authorization a1 state=captured\n",
       "8: state=captured was expected, but is open"},
      {"  check card visa unknown\n", "8: there is such a thing"},
      {"  check card ?ghost status=active\n", "8: there is no such thing"},
  };
  for (const auto& [step, finding] : kCases) {
    const auto findings = findings_of(setup + step);
    ASSERT_EQ(findings.size(), 1U) << step;
    EXPECT_TRUE(findings[0].starts_with(finding)) << step << findings[0];
  }
}

TEST(ScenarioLanguage, EveryWrongReportOfAShadowIsFound) {
  const std::string setup =
      "  rules default 1 controls=1\n"
      "  control default 1 1 cap_transaction max=20.00\n"
      "  shadow default 1 start\n"
      "  authorize a1 5.00 GBP card=visa\n"
      "  authorize a2 25.00 GBP card=visa\n";
  const struct {
    const char* check;
    const char* finding;  // empty: none
  } kCases[] = {
      {"judged=2 diverged=a2", ""},
      {"approved/approved=1:5.00 approved/over_amount_limit=1:25.00", ""},
      {"approved/approved=1:5.00 approved/over_amount_limit=1:25.00 verified/verified=0", ""},
      {"judged=1", "12: judged=1 was expected, but is 2"},
      {"diverged=none", "12: diverged=none was expected, but is a2"},
      {"diverged=a1", "12: diverged=a1 was expected, but is a2"},
      {"approved/approved=1:5.00",
       "12: approved/over_amount_limit=1:25.00 is told, and not written"},
      {"approved/approved=1:5.01 approved/over_amount_limit=1:25.00",
       "12: approved/approved=1:5.01 was expected, but is 1:5.00"},
      {"approved/approved=0 approved/over_amount_limit=1:25.00",
       "12: approved/approved=0 was expected, but is 1:5.00"},
      {"unknown", "12: there is such a thing"},
  };
  for (const auto& [check, finding] : kCases) {
    const auto findings = findings_of(setup + "  check shadow default 1 " + check + "\n");
    const std::string first = findings.empty() ? "" : findings[0];
    EXPECT_TRUE(*finding == '\0' ? findings.empty() : first.starts_with(finding))
        << check << " was told: " << first;
  }
}

TEST(ScenarioLanguage, ALineThatIsNotUnderstoodIsNamed) {
  const struct {
    const char* step;
    const char* error;
  } kCases[] = {
      {"  autorize a1 25.00 GBP card=visa\n", "t.txt:7: 'autorize' is no step; there are"},
      {"  authorize a1 25.00 GBP\n", "t.txt:7: 'authorize' needs card="},
      {"  authorize a1 25.00\n", "t.txt:7: 'authorize' needs a currency after the amount"},
      {"  authorize a1 25.0 GBP card=visa\n", "t.txt:7: '25.0' is no amount of GBP"},
      {"  authorize a1 25 GBP card=visa\n", "t.txt:7: '25' is no amount of GBP"},
      {"  authorize a1 25.00 GBX card=visa\n", "t.txt:7: 'GBX' is no currency; there are"},
      {"  authorize a1 25.00 GBP card=viza\n", "t.txt:7: no card 'viza' was introduced"},
      {"  authorize a1 25.00 GBP card=visa colour=red\n",
       "t.txt:7: 'authorize' does not take 'colour='; it takes:"},
      {"  authorize a1 25.00 GBP card=visa now\n", "t.txt:7: 'authorize' does not take 'now'"},
      {"  authorize a1 25.00 GBP card=visa card=visa\n", "t.txt:7: 'card' is given twice"},
      {"  authorize a1 25.00 GBP card=visa -> aproved\n", "t.txt:7: 'aproved' is no decision"},
      {"  authorize a1 25.00 GBP card=visa -> approved soon\n",
       "t.txt:7: 'soon' is no word for an answer"},
      {"  authorize a1 25.00 GBP card=visa -> approved colour=red\n",
       "t.txt:7: 'colour=' cannot be told here"},
      {"  authorize a1 25.00 GBP card=visa ->\n", "t.txt:7: after '->' comes a decision"},
      {"  authorize a1 25.00 GBP card=visa merchant=\"x\n",
       "t.txt:7: a quotation mark is not closed"},
      {"  +7 authorize a1 25.00 GBP card=visa\n", "t.txt:7: '7' is no duration"},
      {"  @2026-02-30 authorize a1 25.00 GBP card=visa\n", "t.txt:7: '2026-02-30' is no time"},
      {"  capture c1 25.00 GBP of=a1\n", "t.txt:7: no request 'a1' was answered"},
      {"  authorize a1 250.00 GBP card=visa partial -> approved_partially\n",
       "t.txt:7: an approval of less than was asked needs amount="},
      {"  rate USD GBP cheap\n", "t.txt:7: 'cheap' is no whole number"},
      {"  category default 1\n", "t.txt:7: 'category' needs an MCC, or a range"},
      {"  check account alice\n", "t.txt:7: 'check' needs something to check"},
      {"  shadow default 1\n", "t.txt:7: 'shadow' needs start or stop"},
      {"  shadow default 1 begin\n", "t.txt:7: 'shadow' takes start or stop, not 'begin'"},
      {"  rules default 1\n  shadow default 1 start\n  check shadow default 1 aproved/approved=0\n",
       "t.txt:9: 'aproved' is no decision"},
      {"  check tables colour=red\n", "t.txt:7: 'colour=' cannot be told here"},
      {"capture c1 25.00 GBP of=a1\n", "t.txt:7: 'capture' is neither 'given' nor 'scenario'"},
      {"scenario s\n", "t.txt:7: this file has a scenario of that name already"},
  };
  for (const auto& [step, error] : kCases) {
    EXPECT_TRUE(error_of(step).starts_with(error)) << step << "was told: " << error_of(step);
  }
  EXPECT_EQ(error_of(""), "t.txt:6: the scenario has no step");
  EXPECT_THROW((void)parse_scenarios("t.txt", "# nothing\n"), ScenarioError);
  EXPECT_THROW((void)parse_scenarios("t.txt", "  account a GBP\n"), ScenarioError);
}

TEST(ScenarioLanguage, AmountsHaveTheDecimalsOfTheirCurrency) {
  EXPECT_EQ(amount_of("25.00", currency_named("GBP")).minor, 2'500);
  EXPECT_EQ(amount_of("-0.05", currency_named("GBP")).minor, -5);
  EXPECT_EQ(amount_of("25", currency_named("JPY")).minor, 25);
  EXPECT_EQ(amount_of("1.234", currency_named("BHD")).minor, 1'234);
  EXPECT_EQ(amount_of("92233720368547758.07", currency_named("GBP")).minor, INT64_MAX);
  EXPECT_EQ(amount_of("-92233720368547758.08", currency_named("GBP")).minor, INT64_MIN);
  EXPECT_THROW((void)amount_of("92233720368547758.08", currency_named("GBP")), BadWord);
  EXPECT_THROW((void)amount_of("1.", currency_named("JPY")), BadWord);
  EXPECT_THROW((void)amount_of("x.00", currency_named("GBP")), BadWord);
  EXPECT_EQ(text_of(Money{-5}, currency_named("GBP")), "-0.05");
  EXPECT_EQ(text_of(Money{INT64_MIN}, currency_named("GBP")), "-92233720368547758.08");
  EXPECT_EQ(text_of(Money{1'234}, currency_named("BHD")), "1.234");
  EXPECT_EQ(text_of(Money{7}, currency_named("JPY")), "7");
}

// A rate is written between major units, whatever the decimals of the two currencies are.
TEST(ScenarioLanguage, RatesKnowTheDecimalsOfBothCurrencies) {
  EXPECT_TRUE(findings_of("  rate JPY GBP 0.0053\n"
                          "  authorize a1 1000 JPY card=visa -> approved amount=5.30\n"
                          "  rate BHD GBP 2.10\n"
                          "  authorize a2 10.000 BHD card=visa -> approved amount=21.00\n"
                          "  check authorization a1 rate=53 scale=2\n"
                          "  check authorization a2 rate=210 scale=3\n")
                  .empty());
  const auto findings = findings_of("  rate JPY GBP 0.0053\n"
                                    "  authorize a1 1000 JPY card=visa -> approved amount=5.31\n");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0], "8: amount=5.31 was expected, but is 5.30");
}

TEST(ScenarioLanguage, TimesAndDurations) {
  EXPECT_EQ(duration_ns_of("1h30m"), 5'400 * kNsPerSecond);
  EXPECT_EQ(duration_ns_of("7d1ns"), 604'800 * kNsPerSecond + 1);
  EXPECT_EQ(duration_ns_of("5ms"), 5'000'000U);
  EXPECT_EQ(time_of("1970-01-02").ns, 86'400 * kNsPerSecond);
  EXPECT_EQ(time_of("2026-01-15T12:00:00").ns, 1'768'478'400 * kNsPerSecond);
  EXPECT_EQ(text_of(time_of("2024-02-29T23:59:59")), "2024-02-29T23:59:59");
  EXPECT_EQ(expiry_of("2027-03").yymm, 2703);
  EXPECT_EQ(expiry_of("never").yymm, 0);
  EXPECT_EQ(text_of(expiry_of("2027-03")), "2027-03");
}

}  // namespace
}  // namespace holdfast::scenarios
