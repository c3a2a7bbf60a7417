// Each lie that a single answer can tell, one row a lie.
#include "bench/load/answer_check.h"

#include <gtest/gtest.h>

#include <functional>

#include "bench/load/books.h"

namespace holdfast::bench {
namespace {

Step authorize_step() {
  Step step;
  step.kind = StepKind::authorize;
  step.amount = Money{500};
  step.account = 3;
  return step;
}

Outcome good_outcome() {
  Outcome outcome;
  outcome.decision = Decision::approved;
  outcome.amount = Money{500};
  outcome.authorization = AuthorizationId{77};
  outcome.position = LogPosition{10};
  return outcome;
}

TEST(AnswerCheck, AGoodAnswerPassesAndEachLieIsNamed) {
  AnswerCheck good;
  EXPECT_EQ(good.of_outcome(authorize_step(), good_outcome()), "");

  const struct {
    std::function<void(Step&, Outcome&, AnswerCheck&)> lie;
    std::string_view what;
  } lies[] = {
      {[](Step&, Outcome& o, AnswerCheck&) { o.decision = Decision{499}; },
       "none that Holdfast gives"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.amount = Money{501}; }, "not the amount asked"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.decision = Decision::approved_partially; },
       "otherwise"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.flags = kOutcomeRepeated; }, "never sent before"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.position = LogPosition{0}; },
       "without a log position"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.authorization = AuthorizationId{0}; },
       "authorization id"},
      {[](Step&, Outcome&, AnswerCheck& c) { c.last_position = LogPosition{10}; }, "does not rise"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.decision = Decision::insufficient_funds; },
       "with an amount"},
      {[](Step&, Outcome& o, AnswerCheck&) {
         o.decision = Decision::unknown_card, o.amount = Money{0};
       },
       "rules out"},
      {[](Step& s, Outcome& o, AnswerCheck&) {
         s.kind = StepKind::capture, o.decision = Decision::insufficient_funds, o.amount = Money{0};
       },
       "rules out"},
      {[](Step& s, Outcome&, AnswerCheck&) {
         s.kind = StepKind::capture, s.authorization = AuthorizationId{76};
       },
       "another authorization"},
      {[](Step&, Outcome& o, AnswerCheck&) { o.available_balance = Money{-1}; },
       "does not have the money"},
  };
  for (const auto& [lie, what] : lies) {
    Step step = authorize_step();
    Outcome outcome = good_outcome();
    AnswerCheck check;
    lie(step, outcome, check);
    EXPECT_NE(check.of_outcome(step, outcome).find(what), std::string_view::npos)
        << "wanted \"" << what << "\", got \"" << check.of_outcome(step, outcome) << "\"";
  }
}

TEST(AnswerCheck, HonestDeclinesAndExpectedRepeatsPass) {
  AnswerCheck check;
  Outcome declined;
  declined.decision = Decision::insufficient_funds;
  declined.position = LogPosition{4};
  EXPECT_EQ(check.of_outcome(authorize_step(), declined), "");
  Step resent = authorize_step();
  resent.resent = true;
  Outcome repeated = good_outcome();
  repeated.flags = kOutcomeRepeated;
  repeated.position = LogPosition{2};  // of its first time: need not rise
  EXPECT_EQ(check.of_outcome(resent, repeated), "");
}

TEST(AnswerCheck, AccountViews) {
  Step step = authorize_step();
  const Population population;
  AccountView view;
  view.found = true;
  view.account = population.account(3);
  view.currency = population.currency;
  view.ledger_balance = Money{100};
  view.held = Money{30};
  view.available_balance = Money{70};
  AnswerCheck check;
  EXPECT_EQ(check.of_account(step, population, view), "");
  view.available_balance = Money{71};
  EXPECT_NE(check.of_account(step, population, view), "");
  view.available_balance = Money{70};
  view.account = population.account(4);
  EXPECT_NE(check.of_account(step, population, view), "");
  view.found = false;
  EXPECT_NE(check.of_account(step, population, view), "");
}

TEST(Books, EveryAccountAndTheSumAreCompared) {
  Population population;
  population.accounts = 3;
  const std::vector<AccountBalance> before = {
      {{100}, {0}}, {{100}, {5}}, {{100}, {0}}, {{-300}, {}}, {{0}, {}}};
  ExpectedChange expected{.ledger = {-10, 0, 0}, .held = {0, 7, 0}, .settled = 10};
  std::vector<AccountBalance> after = {
      {{90}, {0}}, {{100}, {12}}, {{100}, {0}}, {{-300}, {}}, {{10}, {}}};
  EXPECT_TRUE(check_books(population, before, after, expected).empty());

  auto swapped = after;  // the sum is right, two accounts are not
  std::swap(swapped[0], swapped[2]);
  EXPECT_EQ(check_books(population, before, swapped, expected).size(), 2u);
  auto held = after;
  held[1].held = Money{11};
  EXPECT_EQ(check_books(population, before, held, expected).size(), 1u);
  auto minted = after;
  minted[4].ledger = Money{11};
  EXPECT_EQ(check_books(population, before, minted, expected).size(),
            2u);  // settlement, and the sum
}

TEST(Mix, ChoosesByWeight) {
  const Mix mix{.weights = {1, 0, 2, 1}};
  EXPECT_EQ(mix.total(), 4u);
  EXPECT_EQ(mix.choose(0), StepKind::authorize);
  EXPECT_EQ(mix.choose(1), StepKind::reverse);
  EXPECT_EQ(mix.choose(2), StepKind::reverse);
  EXPECT_EQ(mix.choose(3), StepKind::inquiry);
}

TEST(RunOptions, ContradictionsAreNamed) {
  const auto wrong = [](auto change) {
    RunOptions options;
    change(options);
    return options.check();
  };
  EXPECT_EQ(wrong([](RunOptions&) {}), "");
  EXPECT_NE(wrong([](RunOptions& o) { o.connections = 0; }), "");
  EXPECT_NE(wrong([](RunOptions& o) { o.in_flight = 4097; }).find("--in-flight"), std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.threads = 9; }).find("--threads 9"), std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.mix.weights = {}; }).find("--mix"), std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.mix.weights = {0, 1, 0, 0}; }).find("--mix"),
            std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.amount_min = 0; }).find("--amount-min"), std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.duration_s = 0; }).find("--duration"), std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.processors = {1'000'000}; }).find("and not 1000000"),
            std::string::npos);
  EXPECT_NE(wrong([](RunOptions& o) { o.repeats_expected = true; }).find("--run-id"),
            std::string::npos);
}

TEST(Endpoint, HostAndPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:7400")->port, 7400);
  EXPECT_EQ(parse_endpoint("[::1]:80")->host, "::1");
  for (const char* bad :
       {"", "localhost", ":80", "host:", "host:0", "host:65536", "host:8x", "::1:80"}) {
    EXPECT_FALSE(parse_endpoint(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace holdfast::bench
