#include "tools/cli/record_csv.h"

#include <fmt/core.h>

#include <optional>

#include "engine/decision.h"
#include "tools/cli/names.h"
#include "tools/text/currencies.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

/// What a command says of the payment itself.
struct Asked {
  std::optional<Money> amount;
  std::string_view merchant;
  Mcc mcc;
  CountryCode country;
  std::optional<Channel> channel;
  std::optional<TransactionType> type;
};

template <class Payment>
Asked asked_of_payment(const Payment& c) {
  return {c.amount, c.merchant.view(), c.mcc, c.country, c.channel, c.type};
}

Asked asked_of(const Command& command) {
  switch (command.kind) {
    case CommandKind::authorize: return asked_of_payment(command.authorize);
    case CommandKind::advise: return asked_of_payment(command.advise);
    case CommandKind::transfer: return {.amount = command.transfer.amount};
    case CommandKind::capture: return {.amount = command.capture.amount};
    case CommandKind::reverse: return {.amount = command.reverse.amount};
    case CommandKind::increment: return {.amount = command.increment.amount};
    case CommandKind::refund:
      return {.amount = command.refund.amount, .merchant = command.refund.merchant.view(),
              .mcc = command.refund.mcc};
    default: return {};
  }
}

template <class Id>
std::string id_or_empty(const Id& id) {
  return id.is_zero() ? std::string() : id_text(id);
}

std::string currency_or_empty(CurrencyCode currency) {
  return currency.numeric == 0 ? std::string() : currency_text(currency);
}

std::string padded_or_empty(unsigned number, int digits) {
  return number == 0 ? std::string() : fmt::format("{:0{}}", number, digits);
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string record_csv(const Command& command, const Outcome& outcome,
                       const RecordLinks::Linked& linked,
                       const RecordLines::Currencies& currencies) {
  const Asked asked = asked_of(command);
  const auto flag = [&](std::uint16_t bit) { return (outcome.flags & bit) != 0 ? "1" : "0"; };
  std::string row = fmt::format(
      "{},{},{},{},{},{},{},{},{},{},", outcome.position.value, time_text(outcome.time),
      command_name(command.kind), id_or_empty(command.request_id), decision_name(outcome.decision),
      decision_de39(outcome.decision), id_or_empty(outcome.authorization), id_or_empty(linked.card),
      id_or_empty(linked.account), id_or_empty(linked.counterparty));
  row +=
      fmt::format("{},{},{},{},{},{},{},", asked.amount ? std::to_string(asked.amount->minor) : "",
                  asked.amount ? currency_or_empty(currencies.body) : "", outcome.amount.minor,
                  outcome.ledger_balance.minor, outcome.available_balance.minor,
                  outcome.counterparty_balance.minor, currency_or_empty(currencies.account));
  row += fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_field(asked.merchant),
                     padded_or_empty(asked.mcc.code, 4), padded_or_empty(asked.country.numeric, 3),
                     asked.channel ? name_text(kChannelNames, *asked.channel) : "",
                     asked.type ? name_text(kTransactionTypeNames, *asked.type) : "",
                     flag(kOutcomeLate), flag(kOutcomeOverdrawn), flag(kOutcomeForced),
                     flag(kOutcomeOriginalForgotten));
  return row;
}

}  // namespace holdfast::tools
