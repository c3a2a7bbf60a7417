#include <fmt/core.h>

#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/names.h"
#include "tools/text/rates_text.h"

namespace holdfast::tools {
namespace {

/// "3 of 16,000,000".
Field table_field(std::string key, std::string label, std::uint64_t count, std::uint64_t most) {
  return {std::move(key), count, std::move(label),
          fmt::format("{} of {}", count_text(count), count_text(most))};
}

template <class E, std::size_t N>
Field name_field(std::string key, const Name<E> (&names)[N], E value) {
  std::string text = name_text(names, value);
  std::string label = key;
  return {std::move(key), text, std::move(label), text};
}

/// JSON: as the engine keeps it, null when none was used. Person: a line as rates are written.
std::vector<Field> rate_fields(const AuthorizationView& view, CurrencyCode account_currency) {
  if (view.rate == 0) {
    return {{"rate", std::monostate{}, {}, {}},
            {"rate_scale", std::monostate{}, {}, {}},
            {"rate_markup_bp", std::monostate{}, {}, {}}};
  }
  std::string text = fmt::format(
      "{} {} for 1 {}",
      major_rate_text({.rate = view.rate, .scale = view.rate_scale}, view.currency,
                      account_currency),
      account_currency.numeric == 0 ? "units" : currency_text(account_currency),
      currency_text(view.currency));
  if (view.rate_markup_bp != 0) text += fmt::format(", and {} bp on top", view.rate_markup_bp);
  return {{"rate", view.rate, "rate", std::move(text)},
          {"rate_scale", std::uint64_t{view.rate_scale}, {}, {}},
          {"rate_markup_bp", std::uint64_t{view.rate_markup_bp}, {}, {}}};
}

std::string retention_text(std::uint32_t seconds) {
  return seconds == 0 ? "for ever" : seconds_text(seconds);
}

}  // namespace

Report describe_account(const AccountView& view) {
  Report report;
  report.headline = "account " + id_text(view.account);
  const bool negative = (view.flags & kAccountMayGoNegative) != 0;
  report.fields = {
      id_field("account", "", view.account),
      name_field("status", kAccountStatusNames, view.status),
      currency_field("currency", "", view.currency),
      amount_field("ledger_balance", "ledger", view.ledger_balance, view.currency),
      amount_field("held", "held", view.held, view.currency),
      amount_field("credit_limit", "credit limit", view.credit_limit, view.currency),
      amount_field("available_balance", "available", view.available_balance, view.currency),
      {"may_go_negative", negative, negative ? "may go negative" : "", "yes"},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

Report describe_card(const CardView& view) {
  Report report;
  report.headline = "card " + id_text(view.card);
  report.fields = {
      id_field("card", "", view.card),
      name_field("status", kCardStatusNames, view.status),
      id_field("account", "account", view.account),
      {"program", std::uint64_t{view.program.value}, "program", std::to_string(view.program.value)},
      {"expiry",
       view.expiry.yymm == 0 ? FieldValue{std::monostate{}} : FieldValue{expiry_text(view.expiry)},
       "expiry", expiry_text(view.expiry)},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

Report describe_authorization(const AuthorizationView& view, CurrencyCode account_currency) {
  Report report;
  report.headline = "authorization " + id_text(view.authorization);
  const CurrencyCode currency = account_currency;
  const auto padded = [](std::string key, unsigned number, int digits) {
    return text_field(key, key, number == 0 ? "" : fmt::format("{:0{}}", number, digits));
  };
  report.fields = {
      id_field("authorization", "", view.authorization),
      name_field("state", kAuthorizationStateNames, view.state),
      id_field("request_id", "request id", view.request_id),
      id_field("card", "card", view.card),
      id_field("account", "account", view.account),
      {"program", std::uint64_t{view.program.value}, "program", std::to_string(view.program.value)},
      currency_field("requested_currency", "", view.currency),
      amount_field("requested", "requested", view.requested, view.currency),
  };
  for (Field& field : rate_fields(view, account_currency)) report.fields.push_back(field);
  const std::vector<Field> rest = {
      currency_field("currency", "", currency),
      amount_field("approved", "approved", view.approved, currency),
      amount_field("captured", "captured", view.captured, currency),
      amount_field("reversed", "reversed", view.reversed, currency),
      amount_field("refunded", "refunded", view.refunded, currency),
      amount_field("held", "held now", view.held, currency),
      name_field("type", kTransactionTypeNames, view.type),
      name_field("channel", kChannelNames, view.channel),
      padded("mcc", view.mcc.code, 4),
      padded("country", view.country.numeric, 3),
      text_field("merchant", "merchant", std::string(view.merchant.view())),
      time_field("created_at", "created", view.created_at),
      time_field("expires_at", "expires", view.expires_at),
      count_field("position", "as of position", view.position.value),
  };
  report.fields.insert(report.fields.end(), rest.begin(), rest.end());
  return report;
}

Report describe_program(const ProgramView& view) {
  Report report;
  report.headline = fmt::format("program {}", view.program.value);
  const bool rules = view.rule_set_version != 0;
  report.fields = {
      {"program", std::uint64_t{view.program.value}, "", ""},
      {"hold_period_s", std::uint64_t{view.hold_period_s}, "hold period",
       seconds_text(view.hold_period_s)},
      id_field("settlement_account", "settlement account", view.settlement_account),
      {"rule_set_version",
       rules ? FieldValue{std::uint64_t{view.rule_set_version}} : FieldValue{std::monostate{}},
       rules ? "rule set" : "",
       fmt::format("version {}, {} categor{}", view.rule_set_version, view.rule_set_categories,
                   view.rule_set_categories == 1 ? "y" : "ies")},
      {"rule_set_categories", std::uint64_t{view.rule_set_categories}, "", ""},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

Report describe_status(const StatusView& view, std::string_view peer) {
  Report report;
  report.headline = fmt::format("holdfastd at {}", peer);
  const EngineConfig& config = view.config;
  report.fields = {
      {"peer", std::string(peer), "", ""},
      id_field("log_id", "log id", view.log_id),
      count_field("position", "position", view.position.value),
      count_field("durable_position", "durable through", view.durable_position.value),
      time_field("time", "time", view.now),
      {"uptime_ns", view.uptime_ns, "up", duration_text(view.uptime_ns)},
      table_field("accounts", "accounts", view.accounts, config.accounts_max),
      table_field("cards", "cards", view.cards, config.cards_max),
      table_field("programs", "programs", view.programs, config.programs_max),
      table_field("authorizations", "authorizations", view.authorizations,
                  config.authorizations_max),
      count_field("open_authorizations", "open of these", view.open_authorizations),
      {"authorization_retention_s", std::uint64_t{config.authorization_retention_s},
       "ended ones kept", retention_text(config.authorization_retention_s)},
      table_field("request_ids", "request ids", view.request_ids, config.request_ids_max),
      {"request_retention_s", std::uint64_t{config.request_retention_s}, "remembered for",
       seconds_text(config.request_retention_s)},
      count_field("commands_applied", "commands applied", view.commands_applied),
      count_field("commands_repeated", "commands repeated", view.commands_repeated),
      count_field("log_writes", "log writes", view.log_writes),
      {"log_bytes_written", view.log_bytes_written, "log written",
       bytes_text(view.log_bytes_written)},
      {"digest", view.has_digest ? FieldValue{digest_text(view.digest)} : std::monostate{},
       view.has_digest ? "state digest" : "", digest_text(view.digest)},
  };
  return report;
}

}  // namespace holdfast::tools
