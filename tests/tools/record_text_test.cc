// Which currency the amounts of a log record are told in: that of the payment, and the account's.
#include "tools/cli/record_text.h"

#include <gtest/gtest.h>

namespace holdfast::tools {
namespace {

constexpr CurrencyCode kGbp{826};
constexpr CurrencyCode kEur{978};
constexpr CardToken kCard{.low = 4001, .high = 0};

Command command_of(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.request_id = {.low = 9, .high = 0};
  return command;
}

/// A log in which a card of a GBP account has one hold, asked in EUR.
RecordLines lines_with_a_foreign_hold() {
  RecordLines lines;
  Command command = command_of(CommandKind::create_account);
  command.create_account = {
      .account = {.low = 1001, .high = 0}, .credit_limit = {}, .currency = kGbp};
  lines.observe(command, Outcome{});
  command = command_of(CommandKind::create_card);
  command.create_card = {.card = kCard, .account = {.low = 1001, .high = 0}};
  lines.observe(command, Outcome{});
  command = command_of(CommandKind::authorize);
  command.authorize = {.card = kCard, .amount = Money{10'000}, .currency = kEur};
  Outcome outcome;
  outcome.authorization = AuthorizationId{1};
  lines.observe(command, outcome);
  return lines;
}

TEST(RecordLines, TellBothCurrenciesOfAForeignAuthorization) {
  const RecordLines lines = lines_with_a_foreign_hold();
  Command command = command_of(CommandKind::authorize);
  command.authorize = {.card = kCard, .amount = Money{10'000}, .currency = kEur};
  Outcome outcome;
  outcome.authorization = AuthorizationId{1};
  outcome.amount = Money{8577};
  outcome.position = LogPosition{5};
  const std::string text = lines.human(command, outcome);
  EXPECT_NE(text.find("card=4001 amount=100.00 EUR"), text.npos) << text;
  EXPECT_NE(text.find("-> authorization=1 amount=85.77 GBP"), text.npos) << text;
}

TEST(RecordLines, TellLaterStepsInTheCurrencyThatTheyAreIn) {
  const RecordLines lines = lines_with_a_foreign_hold();
  Outcome outcome;
  outcome.authorization = AuthorizationId{1};
  outcome.amount = Money{858};
  Command command = command_of(CommandKind::increment);
  command.increment = {
      .authorization = AuthorizationId{1}, .original_request = {}, .amount = Money{1000}};
  std::string text = lines.human(command, outcome);
  EXPECT_NE(text.find("amount=10.00 EUR -> authorization=1 amount=8.58 GBP"), text.npos) << text;

  command = command_of(CommandKind::capture);
  command.capture.authorization = AuthorizationId{1};
  command.capture.amount = Money{858};
  text = lines.human(command, outcome);
  EXPECT_NE(text.find("amount=8.58 GBP -> authorization=1 amount=8.58 GBP"), text.npos) << text;
}

TEST(RecordLines, KnowTheCurrencyOfAForgottenHoldByItsCard) {
  const RecordLines lines = lines_with_a_foreign_hold();
  Outcome outcome;
  outcome.authorization = AuthorizationId{99};
  outcome.amount = Money{858};
  outcome.flags = kOutcomeOriginalForgotten;
  Command command = command_of(CommandKind::capture);
  command.capture.authorization = AuthorizationId{99};
  command.capture.amount = Money{858};
  std::string text = lines.human(command, outcome);
  EXPECT_NE(text.find("amount=858 minor units"), text.npos) << text;
  command.capture.card = kCard;
  text = lines.human(command, outcome);
  EXPECT_NE(text.find("amount=8.58 GBP"), text.npos) << text;
  EXPECT_NE(text.find("original_forgotten"), text.npos) << text;
}

}  // namespace
}  // namespace holdfast::tools
