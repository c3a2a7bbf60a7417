#include <fmt/core.h>

#include <algorithm>

#include "engine/decision.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"

namespace holdfast::tools {
namespace {

/// What an approved command did, and whose balances stand in its outcome.
struct Wording {
  std::string_view done;         // headline when approved
  std::string_view amount;       // label of Outcome::amount; empty: the kind moves nothing
  std::string_view ledger;       // label of Outcome::ledger_balance; empty: no account concerned
  std::string_view counterparty;  // label of Outcome::counterparty_balance; empty: no other side
};

Wording wording(const Command& command, const Outcome& outcome) {
  switch (command.kind) {
    case CommandKind::create_account:
      return {"account created", "", "ledger", ""};
    case CommandKind::update_account:
      return {"account changed", "", "ledger", ""};
    case CommandKind::create_card:
      return {"card created", "", "", ""};
    case CommandKind::update_card:
      return {"card changed", "", "", ""};
    case CommandKind::put_program:
      return {"program stored", "", "", ""};
    case CommandKind::transfer:
      return {"transferred", "moved", "payer ledger", "payee ledger"};
    case CommandKind::authorize:
      return {"approved", "approved", "ledger", ""};
    case CommandKind::capture:
      return {"captured", "captured", "ledger", "settlement ledger"};
    case CommandKind::reverse:
      // Approved without an authorization: an advice that overtook what it reverses.
      if (outcome.authorization.is_zero()) return {"noted for when it comes", "", "", ""};
      return {"reversed", "released", "ledger", ""};
    case CommandKind::refund:
      return {"refunded", "refunded", "ledger", "settlement ledger"};
    case CommandKind::increment:
      return {"raised", "held on top", "ledger", ""};
    case CommandKind::advise:
      return {command.advise.post != 0 ? "posted" : "recorded",
              command.advise.post != 0 ? "posted" : "held", "ledger",
              command.advise.post != 0 ? "settlement ledger" : ""};
    case CommandKind::set_rate:
      return {"rate set", "", "", ""};
    case CommandKind::begin_rule_set:
      return {"rule set begun", "", "", ""};
    case CommandKind::add_category:
      return {"category added", "", "", ""};
    case CommandKind::activate_rule_set:
      return {"rule set activated", "", "", ""};
    case CommandKind::shadow_rule_set:
      return {command.shadow_rule_set.run != 0 ? "shadow started" : "shadow stopped", "", "", ""};
    case CommandKind::add_control:
      return {"control added", "", "", ""};
    case CommandKind::add_list_item:
      return {"list item added", "", "", ""};
    case CommandKind::add_zone_offset:
      return {"zone offset added", "", "", ""};
    case CommandKind::expire:
      return {"expired", "released", "ledger", ""};
    case CommandKind::configure:
      return {"configured", "", "", ""};
  }
  return {"done", "amount", "ledger", "counterparty ledger"};
}

std::string headline(const Command& command, const Outcome& outcome) {
  const Decision decision = outcome.decision;
  const std::string_view de39 = decision_de39(decision);
  const auto info = decision_info(decision);
  const std::string_view sentence =
      info ? info->text : "a decision that this program does not know";
  if (!is_approval(decision)) return fmt::format("declined (DE39 {}): {}", de39, sentence);
  if (decision == Decision::approved) {
    return fmt::format("{} (DE39 {})", wording(command, outcome).done, de39);
  }
  return fmt::format("{} (DE39 {}): {}", wording(command, outcome).done, de39, sentence);
}

void add_flag(std::vector<Field>& fields, const Outcome& outcome, std::uint16_t flag,
              std::string key, std::string text) {
  const bool set = (outcome.flags & flag) != 0;
  std::string label = set ? key : std::string();
  std::ranges::replace(label, '_', ' ');
  fields.push_back({std::move(key), set, std::move(label), set ? std::move(text) : std::string()});
}

Field maybe_shown(Field field, bool shown, std::string_view label) {
  field.label = shown ? std::string(label) : std::string();
  return field;
}

}  // namespace

std::vector<Field> describe_logged_outcome(const Command& command, const Outcome& outcome,
                                           CurrencyCode currency) {
  const Wording words = wording(command, outcome);
  const bool approved = is_approval(outcome.decision);
  // A declined command tells balances only where an account was found to have some.
  const bool balances = !words.ledger.empty() && (approved || outcome.ledger_balance.minor != 0 ||
                                                  outcome.available_balance.minor != 0);
  std::vector<Field> fields;
  fields.push_back(id_field("authorization", "authorization", outcome.authorization));
  fields.push_back(maybe_shown(amount_field("amount", "", outcome.amount, currency),
                               approved && outcome.decision != Decision::verified &&
                                   !words.amount.empty(),
                               words.amount));
  fields.push_back(maybe_shown(amount_field("ledger_balance", "", outcome.ledger_balance, currency),
                               balances, words.ledger));
  fields.push_back(
      maybe_shown(amount_field("available_balance", "", outcome.available_balance, currency),
                  balances, "available"));
  fields.push_back(
      maybe_shown(amount_field("counterparty_balance", "", outcome.counterparty_balance, currency),
                  approved && !words.counterparty.empty(), words.counterparty));
  fields.push_back(currency_field("currency", "", currency));
  add_flag(fields, outcome, kOutcomeLate, "late", "this step came after the hold had expired");
  add_flag(fields, outcome, kOutcomeOverdrawn, "overdrawn",
           "the available balance is below zero after this step");
  add_flag(fields, outcome, kOutcomeForced, "forced",
           "recorded, though an authorize would have been declined");
  add_flag(fields, outcome, kOutcomeOriginalForgotten, "original_forgotten",
           "the authorization is no longer in memory; this stands by its card alone");
  return fields;
}

Report describe_outcome(const Command& command, const Outcome& outcome, CurrencyCode currency) {
  Report report;
  report.headline = headline(command, outcome);
  const bool approved = is_approval(outcome.decision);
  const auto info = decision_info(outcome.decision);
  const std::string name(decision_name(outcome.decision));
  report.add_json("command", std::string(command_name(command.kind)));
  report.add_json("approved", approved);
  report.add("decision", name, approved ? "" : "decision", name);
  report.add_json("de39", std::string(decision_de39(outcome.decision)));
  report.add_json("decision_text", info ? std::string(info->text) : std::string());
  for (Field& field : describe_logged_outcome(command, outcome, currency)) {
    report.fields.push_back(std::move(field));
  }
  add_flag(report.fields, outcome, kOutcomeRepeated, "repeated",
           "this request id was answered before; this is that answer, nothing was done again");
  report.fields.push_back(id_field("request_id", "request id", command.request_id));
  if (outcome.position.is_zero()) {
    report.add("position", std::monostate{}, "position", "none: nothing was changed or logged");
  } else {
    report.fields.push_back(count_field("position", "position", outcome.position.value));
  }
  report.fields.push_back(time_field("time", "time", outcome.time));
  return report;
}

}  // namespace holdfast::tools
