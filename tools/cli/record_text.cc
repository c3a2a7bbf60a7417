#include "tools/cli/record_text.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/decision.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"

namespace holdfast::tools {
namespace {

// A log of more authorizations than the engine's largest table can hold keeps only these in mind.
constexpr std::uint64_t kAuthorizationsMax = std::uint64_t{1} << 32;

/// "card=4001 amount=25.00 GBP"; a text with spaces is quoted unless it is an amount.
std::string in_line(const std::vector<Field>& fields) {
  std::string line;
  for (const Field& field : fields) {
    if (field.label.empty()) continue;
    if (!line.empty()) line += ' ';
    line += field.key;
    const bool flag = std::holds_alternative<bool>(field.value);
    if (flag) continue;
    line += '=';
    const bool text = std::holds_alternative<std::string>(field.value);
    line += text && field.text.find(' ') != std::string::npos ? '"' + field.text + '"' : field.text;
  }
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return line;
}

}  // namespace

void RecordLines::observe(const Command& command, const Outcome& outcome) {
  if (!is_approval(outcome.decision)) return;
  if (command.kind == CommandKind::create_account) {
    accounts_[command.create_account.account] = command.create_account.currency;
  } else if (command.kind == CommandKind::create_card) {
    const CurrencyCode currency = account_currency(command.create_card.account);
    if (currency.numeric != 0) cards_[command.create_card.card] = currency;
  } else if (command.kind == CommandKind::authorize || command.kind == CommandKind::advise) {
    const std::uint64_t id = outcome.authorization.value;
    if (id == 0 || id >= kAuthorizationsMax) return;
    if (id >= authorizations_.size()) authorizations_.resize(id + 1);
    authorizations_[id] = currencies_of(command, outcome);
  }
}

CurrencyCode RecordLines::account_currency(AccountId account) const {
  const auto found = accounts_.find(account);
  if (found != accounts_.end()) return found->second;
  return state_ == nullptr ? CurrencyCode{} : state_->show_account(account).currency;
}

CurrencyCode RecordLines::account_of_card(CardToken card) const {
  const auto found = cards_.find(card);
  if (found != cards_.end()) return found->second;
  if (state_ == nullptr) return {};
  return state_->show_account(state_->show_card(card).account).currency;
}

RecordLines::Currencies RecordLines::hold_currencies(AuthorizationId id) const {
  if (id.value < authorizations_.size() && authorizations_[id.value].body.numeric != 0) {
    return authorizations_[id.value];
  }
  if (state_ == nullptr || id.is_zero()) return {};
  const AuthorizationView hold = state_->show_authorization(id, {});
  return {hold.currency, state_->show_account(hold.account).currency};
}

RecordLines::Currencies RecordLines::currencies_of(const Command& command,
                                                   const Outcome& outcome) const {
  const CurrencyCode named = command_currency(command);
  const Currencies hold = hold_currencies(outcome.authorization);
  switch (command.kind) {
    case CommandKind::authorize:
      return {named, account_of_card(command.authorize.card)};
    case CommandKind::advise:
      return {named, account_of_card(command.advise.card)};
    case CommandKind::increment:
      return hold;
    case CommandKind::update_account: {
      const CurrencyCode currency = account_currency(command.update_account.account);
      return {currency, currency};
    }
    case CommandKind::capture:
      if (hold.account.numeric == 0 && !command.capture.card.is_zero()) {
        const CurrencyCode currency = account_of_card(command.capture.card);
        return {currency, currency};
      }
      break;
    case CommandKind::refund:
      if (named.numeric == 0 && hold.account.numeric == 0) {
        const CurrencyCode currency = account_of_card(command.refund.card);
        return {currency, currency};
      }
      break;
    default:
      break;
  }
  const CurrencyCode currency = named.numeric != 0 ? named : hold.account;
  return {currency, currency};
}

std::string RecordLines::human(const Command& command, const Outcome& outcome) const {
  const auto [asked, currency] = currencies_of(command, outcome);
  const std::string body = in_line(describe_command_body(command, asked));
  const std::string result = in_line(describe_logged_outcome(command, outcome, currency));
  return fmt::format("{:>9}  {}  {:<14}  {:<18}  {}{}{}\n", outcome.position.value,
                     time_text(outcome.time), command_name(command.kind),
                     decision_name(outcome.decision), body, result.empty() ? "" : " -> ", result);
}

std::string RecordLines::json(const Command& command, const Outcome& outcome) const {
  const auto [asked, currency] = currencies_of(command, outcome);
  Report report;
  report.add_json("position", outcome.position.value);
  report.add_json("time", time_text(outcome.time));
  report.add_json("command", std::string(command_name(command.kind)));
  report.fields.push_back(id_field("request_id", "", command.request_id));
  report.add_json("body", describe_command_body(command, asked));
  report.add_json("approved", is_approval(outcome.decision));
  report.add_json("decision", std::string(decision_name(outcome.decision)));
  report.add_json("de39", std::string(decision_de39(outcome.decision)));
  report.add_json("outcome", describe_logged_outcome(command, outcome, currency));
  return report.json();
}

}  // namespace holdfast::tools
