#include <fmt/core.h>

#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/names.h"

namespace holdfast::tools {
namespace {

using Fields = std::vector<Field>;

Field number_field(std::string key, std::string label, std::uint64_t number) {
  if (number == 0) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), number, std::move(label), std::to_string(number)};
}

Field padded_field(std::string key, std::string label, unsigned number, int digits) {
  if (number == 0) return {std::move(key), std::monostate{}, {}, {}};
  std::string text = fmt::format("{:0{}}", number, digits);
  return {std::move(key), text, std::move(label), text};
}

Field program_field(ProgramId program) {
  return {"program", std::uint64_t{program.value}, "program", std::to_string(program.value)};
}

Field expiry_field(ExpiryMonth expiry) {
  if (expiry.yymm == 0) return {"expiry", std::monostate{}, "expiry", "none"};
  return {"expiry", expiry_text(expiry), "expiry", expiry_text(expiry)};
}

Fields fields_of(const CreateAccount& body, CurrencyCode currency) {
  const bool negative = (body.flags & kAccountMayGoNegative) != 0;
  return {id_field("account", "account", body.account),
          currency_field("currency", "currency", body.currency),
          amount_field("credit_limit", "credit limit", body.credit_limit, currency),
          {"may_go_negative", negative, negative ? "may go negative" : "", "yes"}};
}

Fields fields_of(const UpdateAccount& body, CurrencyCode currency) {
  Fields fields{id_field("account", "account", body.account)};
  if ((body.change & kChangeStatus) != 0) {
    fields.push_back(text_field("status", "status", name_text(kAccountStatusNames, body.status)));
  }
  if ((body.change & kChangeCreditLimit) != 0) {
    fields.push_back(amount_field("credit_limit", "credit limit", body.credit_limit, currency));
  }
  return fields;
}

Fields fields_of(const CreateCard& body, CurrencyCode) {
  return {id_field("card", "card", body.card), id_field("account", "account", body.account),
          program_field(body.program), expiry_field(body.expiry)};
}

Fields fields_of(const UpdateCard& body, CurrencyCode) {
  Fields fields{id_field("card", "card", body.card)};
  if ((body.change & kChangeStatus) != 0) {
    fields.push_back(text_field("status", "status", name_text(kCardStatusNames, body.status)));
  }
  if ((body.change & kChangeProgram) != 0) fields.push_back(program_field(body.program));
  if ((body.change & kChangeExpiry) != 0) fields.push_back(expiry_field(body.expiry));
  return fields;
}

Fields fields_of(const PutProgram& body, CurrencyCode) {
  return {program_field(body.program),
          {"hold_period_s", std::uint64_t{body.hold_period_s}, "hold period",
           seconds_text(body.hold_period_s)},
          id_field("settlement_account", "settlement account", body.settlement_account)};
}

Fields fields_of(const Transfer& body, CurrencyCode currency) {
  return {id_field("from", "from", body.debit), id_field("to", "to", body.credit),
          amount_field("amount", "amount", body.amount, currency),
          currency_field("currency", "", body.currency),
          number_field("reference", "reference", body.reference)};
}

Fields fields_of(const Authorize& body, CurrencyCode currency) {
  return {id_field("card", "card", body.card),
          amount_field("amount", "amount", body.amount, currency),
          currency_field("currency", "", body.currency),
          text_field("type", "type", name_text(kTransactionTypeNames, body.type)),
          text_field("channel", body.channel == Channel::unknown ? "" : "channel",
                     name_text(kChannelNames, body.channel)),
          padded_field("mcc", "mcc", body.mcc.code, 4),
          padded_field("country", "country", body.country.numeric, 3),
          text_field("merchant", "merchant", std::string(body.merchant.view())),
          text_field("terminal", "terminal", std::string(body.terminal.view()))};
}

Fields fields_of(const Capture& body, CurrencyCode currency) {
  const bool final = body.final != 0;
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          amount_field("amount", "amount", body.amount, currency),
          {"final", final, final ? "final" : "", "yes"},
          id_field("settlement_account", "settlement account", body.settlement_account)};
}

Fields fields_of(const Reverse& body, CurrencyCode currency) {
  Field amount = amount_field("amount", "amount", body.amount, currency);
  if (body.amount.minor == 0) amount.text = "all that is left";
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          std::move(amount)};
}

Fields fields_of(const Refund& body, CurrencyCode currency) {
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          id_field("card", "card", body.card),
          amount_field("amount", "amount", body.amount, currency),
          currency_field("currency", "", body.currency),
          id_field("settlement_account", "settlement account", body.settlement_account),
          padded_field("mcc", "mcc", body.mcc.code, 4),
          text_field("merchant", "merchant", std::string(body.merchant.view()))};
}

Fields fields_of(const Expire& body, CurrencyCode) {
  return {id_field("authorization", "authorization", body.authorization)};
}

Fields fields_of(const Configure& body, CurrencyCode) {
  const EngineConfig& config = body.config;
  return {count_field("accounts_max", "accounts max", config.accounts_max),
          count_field("cards_max", "cards max", config.cards_max),
          count_field("authorizations_max", "authorizations max", config.authorizations_max),
          count_field("request_ids_max", "request ids max", config.request_ids_max),
          count_field("programs_max", "programs max", config.programs_max),
          {"request_retention_s", std::uint64_t{config.request_retention_s}, "request retention",
           seconds_text(config.request_retention_s)}};
}

}  // namespace

std::vector<Field> describe_command_body(const Command& command, CurrencyCode currency) {
  switch (command.kind) {
#define HOLDFAST_DESCRIBE(name, number, type, member) \
  case CommandKind::name:                             \
    return fields_of(command.member, currency);
    HOLDFAST_COMMANDS(HOLDFAST_DESCRIBE)
#undef HOLDFAST_DESCRIBE
  }
  return {};
}

CurrencyCode command_currency(const Command& command) {
  switch (command.kind) {
    case CommandKind::create_account:
      return command.create_account.currency;
    case CommandKind::transfer:
      return command.transfer.currency;
    case CommandKind::authorize:
      return command.authorize.currency;
    case CommandKind::refund:
      return command.refund.currency;
    default:
      return {};
  }
}

std::string expiry_text(ExpiryMonth expiry) {
  if (expiry.yymm == 0) return "none";
  return fmt::format("20{:02}-{:02}", expiry.yymm / 100, expiry.yymm % 100);
}

}  // namespace holdfast::tools
