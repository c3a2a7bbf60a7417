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
  } else if (command.kind == CommandKind::authorize) {
    const std::uint64_t id = outcome.authorization.value;
    if (id >= kAuthorizationsMax) return;
    if (id >= authorizations_.size()) authorizations_.resize(id + 1);
    authorizations_[id] = command.authorize.currency;
  }
}

CurrencyCode RecordLines::currency_of(const Command& command, const Outcome& outcome) const {
  if (const CurrencyCode named = command_currency(command); named.numeric != 0) return named;
  if (command.kind == CommandKind::update_account) {
    const auto found = accounts_.find(command.update_account.account);
    return found == accounts_.end() ? CurrencyCode{} : found->second;
  }
  const std::uint64_t id = outcome.authorization.value;
  return id < authorizations_.size() ? authorizations_[id] : CurrencyCode{};
}

std::string RecordLines::human(const Command& command, const Outcome& outcome) const {
  const CurrencyCode currency = currency_of(command, outcome);
  const std::string body = in_line(describe_command_body(command, currency));
  const std::string result = in_line(describe_logged_outcome(command, outcome, currency));
  return fmt::format("{:>9}  {}  {:<14}  {:<18}  {}{}{}\n", outcome.position.value,
                     time_text(outcome.time), command_name(command.kind),
                     decision_name(outcome.decision), body, result.empty() ? "" : " -> ", result);
}

std::string RecordLines::json(const Command& command, const Outcome& outcome) const {
  const CurrencyCode currency = currency_of(command, outcome);
  Report report;
  report.add_json("position", outcome.position.value);
  report.add_json("time", time_text(outcome.time));
  report.add_json("command", std::string(command_name(command.kind)));
  report.fields.push_back(id_field("request_id", "", command.request_id));
  report.add_json("body", describe_command_body(command, currency));
  report.add_json("approved", is_approval(outcome.decision));
  report.add_json("decision", std::string(decision_name(outcome.decision)));
  report.add_json("de39", std::string(decision_de39(outcome.decision)));
  report.add_json("outcome", describe_logged_outcome(command, outcome, currency));
  return report.json();
}

}  // namespace holdfast::tools
