#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/names.h"
#include "tools/text/countries.h"
#include "tools/text/merchant_categories.h"
#include "tools/text/rates_text.h"

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

/// JSON: a boolean. Person: a line only when it is set.
Field flag_field(std::string key, bool set) {
  std::string label = set ? key : std::string();
  std::ranges::replace(label, '_', ' ');
  return {std::move(key), set, std::move(label), "yes"};
}

/// As `amount_field`, but a person sees no line of an amount that was not given.
Field maybe_amount(std::string key, std::string label, Money amount, CurrencyCode currency) {
  if (amount.minor == 0) label.clear();
  return amount_field(std::move(key), std::move(label), amount, currency);
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

/// Whose card pays what where: the same of an authorize and an advice; `more` comes behind it.
template <class Asked>
Fields payment_fields(const Asked& body, CurrencyCode currency, Fields more) {
  Fields fields{id_field("card", "card", body.card),
                amount_field("amount", "amount", body.amount, currency),
                currency_field("currency", "", body.currency),
                text_field("type", "type", name_text(kTransactionTypeNames, body.type)),
                text_field("channel", body.channel == Channel::unknown ? "" : "channel",
                           name_text(kChannelNames, body.channel)),
                padded_field("mcc", "mcc", body.mcc.code, 4),
                padded_field("country", "country", body.country.numeric, 3),
                text_field("merchant", "merchant", std::string(body.merchant.view())),
                text_field("terminal", "terminal", std::string(body.terminal.view()))};
  std::ranges::move(more, std::back_inserter(fields));
  return fields;
}

Fields fields_of(const Authorize& body, CurrencyCode currency) {
  return payment_fields(
      body, currency,
      {maybe_amount("cashback", "cashback", body.cashback, currency),
       flag_field("partial", (body.flags & kAuthorizePartialAllowed) != 0),
       flag_field("verify", (body.flags & kAuthorizeVerification) != 0),
       flag_field("estimated", (body.flags & kAuthorizeEstimated) != 0),
       flag_field("merchant_initiated", (body.flags & kAuthorizeMerchantInitiated) != 0)});
}

Fields fields_of(const Capture& body, CurrencyCode currency) {
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          amount_field("amount", "amount", body.amount, currency),
          flag_field("final", body.final != 0),
          id_field("settlement_account", "settlement account", body.settlement_account),
          id_field("card", "card", body.card)};
}

Fields fields_of(const Reverse& body, CurrencyCode currency) {
  Field amount = amount_field("amount", "amount", body.amount, currency);
  if (body.amount.minor == 0) amount.text = "all that is left";
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          std::move(amount), flag_field("advice", body.advice != 0)};
}

Fields fields_of(const Increment& body, CurrencyCode currency) {
  return {id_field("authorization", "authorization", body.authorization),
          id_field("original_request", "original request", body.original_request),
          amount_field("amount", "amount", body.amount, currency)};
}

Fields fields_of(const Advise& body, CurrencyCode currency) {
  return payment_fields(
      body, currency,
      {flag_field("post", body.post != 0),
       id_field("settlement_account", "settlement account", body.settlement_account)});
}

Fields fields_of(const SetRate& body, CurrencyCode) {
  return {currency_field("from", "from", body.from),
          currency_field("to", "to", body.to),
          {"rate", body.rate, "rate",
           major_rate_text({.rate = body.rate, .scale = body.scale}, body.from, body.to)},
          {"scale", std::uint64_t{body.scale}, {}, {}},
          {"markup_bp", std::uint64_t{body.markup_bp}, body.markup_bp != 0 ? "markup bp" : "",
           std::to_string(body.markup_bp)},
          {"life_s", std::uint64_t{body.life_s}, "life", seconds_text(body.life_s)}};
}

Field version_field(std::uint32_t version) {
  return {"version", std::uint64_t{version}, "version", std::to_string(version)};
}

Field period_field(std::string key, std::string label, std::uint32_t period_s) {
  if (period_s == 0) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), std::uint64_t{period_s}, std::move(label), seconds_text(period_s)};
}

Fields fields_of(const BeginRuleSet& body, CurrencyCode) {
  return {program_field(body.program), version_field(body.version),
          count_field("categories", "categories", body.categories),
          count_field("controls", "controls", body.controls),
          count_field("list_items", "list items", body.list_items),
          count_field("zone_offsets", "zone offsets", body.zone_offsets)};
}

Fields fields_of(const AddCategory& body, CurrencyCode currency) {
  const std::string range = mcc_range_text(body.mcc_first, body.mcc_last);
  return {program_field(body.program),
          version_field(body.version),
          {"mcc", range, "mcc", range},
          period_field("hold_period_s", "hold period", body.hold_period_s),
          period_field("hold_period_merchant_s", "merchant's", body.hold_period_merchant_s),
          {"tolerance_bp", std::uint64_t{body.tolerance_bp},
           body.tolerance_bp != 0 ? "tolerance bp" : "", std::to_string(body.tolerance_bp)},
          maybe_amount("tolerance", "tolerance", body.tolerance, currency),
          maybe_amount("estimate", "estimate", body.estimate, currency)};
}

/// "+05:30", "-03:30"; seconds only where a zone has them.
std::string offset_text(std::int32_t offset_s) {
  const auto size = static_cast<std::uint32_t>(offset_s < 0 ? -std::int64_t{offset_s} : offset_s);
  std::string text = fmt::format("{}{:02}:{:02}", offset_s < 0 ? '-' : '+', size / 3600,
                                 size / 60 % 60);
  if (size % 60 != 0) text += fmt::format(":{:02}", size % 60);
  return text;
}

/// Seconds since 1970 as a time; what no timestamp can say (before 1970) as a number.
std::string zone_time_text(std::int64_t from_s) {
  constexpr std::int64_t kNs = 1'000'000'000;
  if (from_s <= 0 || from_s > std::numeric_limits<std::int64_t>::max() / kNs) {
    return fmt::format("{} s", from_s);
  }
  return time_text(TimestampNs{static_cast<std::uint64_t>(from_s * kNs)});
}

/// The words of the bits that are set; JSON: null for none, which stands for any.
template <class E, std::size_t N>
Field mask_field(std::string key, std::string label, const Name<E> (&names)[N], unsigned mask) {
  std::string text;
  for (const auto& entry : names) {
    if ((mask >> static_cast<unsigned>(entry.value) & 1U) == 0) continue;
    if (!text.empty()) text += '|';
    text += entry.name;
  }
  return text_field(std::move(key), std::move(label), std::move(text));
}

template <class E, std::size_t N>
Field word_field(std::string key, std::string label, const Name<E> (&names)[N], E value) {
  return text_field(std::move(key), std::move(label), name_text(names, value));
}

/// JSON: null, and no line, when there is no cap.
Field cap_field(const AddControl& body, CurrencyCode currency) {
  const bool caps = body.effect == ControlEffect::cap_transaction ||
                    (body.effect == ControlEffect::cap_window &&
                     body.amount_max.minor != std::numeric_limits<std::int64_t>::max());
  if (!caps) return {"amount_max", std::monostate{}, {}, {}};
  return amount_field("amount_max", "amount max", body.amount_max, currency);
}
Field cap_count_field(const AddControl& body) {
  const bool caps = body.effect == ControlEffect::cap_window &&
                    body.count_max != std::numeric_limits<std::uint32_t>::max();
  if (!caps) return {"count_max", std::monostate{}, {}, {}};
  return count_field("count_max", "count max", body.count_max);
}

Fields fields_of(const AddControl& body, CurrencyCode currency) {
  const bool windowed = body.window != WindowKind::none;
  return {program_field(body.program),
          version_field(body.version),
          {"control", std::uint64_t{body.control}, "control", std::to_string(body.control)},
          word_field("scope", "scope", kControlScopeNames, body.scope),
          word_field("effect", "effect", kControlEffectNames, body.effect),
          number_field("mcc_list", "mcc list", body.mcc_list),
          number_field("country_list", "country list", body.country_list),
          number_field("merchant_list", "merchant list", body.merchant_list),
          mask_field("channels", "channels", kChannelNames, body.channels),
          mask_field("types", "types", kTransactionTypeNames, body.types),
          cap_field(body, currency),
          cap_count_field(body),
          text_field("window", "window",
                     windowed ? name_text(kWindowKindNames, body.window) : std::string()),
          number_field("zone", "zone", body.zone),
          text_field("week_start", "week start",
                     body.week_start == 0 ? "" : name_text(kWeekdayNames, body.week_start)),
          period_field("window_s", "length", body.window_s),
          period_field("granularity_s", "steps of", body.granularity_s)};
}

Fields fields_of(const AddListItem& body, CurrencyCode) {
  const bool is_mcc = body.kind == ListKind::mcc;
  const bool is_country = body.kind == ListKind::country;
  return {program_field(body.program),
          version_field(body.version),
          {"list", std::uint64_t{body.list}, "list", std::to_string(body.list)},
          word_field("kind", "of", kListKindNames, body.kind),
          text_field("mcc", "mcc", is_mcc ? mcc_range_text(body.mcc_first, body.mcc_last) : ""),
          text_field("country", "country", is_country ? country_text(body.country) : ""),
          text_field("merchant", "merchant", std::string(body.merchant.view()))};
}

Fields fields_of(const AddZoneOffset& body, CurrencyCode) {
  const bool always = body.from_s == std::numeric_limits<std::int64_t>::min();
  const std::string from = always ? "always" : zone_time_text(body.from_s);
  return {program_field(body.program),
          version_field(body.version),
          {"zone", std::uint64_t{body.zone}, "zone", std::to_string(body.zone)},
          {"offset_s", std::int64_t{body.offset_s}, "offset", offset_text(body.offset_s)},
          {"from_s", always ? FieldValue{std::monostate{}} : FieldValue{body.from_s}, "from",
           from}};
}

Fields fields_of(const ActivateRuleSet& body, CurrencyCode) {
  return {program_field(body.program), version_field(body.version)};
}

Fields fields_of(const ShadowRuleSet& body, CurrencyCode) {
  return {program_field(body.program), version_field(body.version),
          text_field("run", "run", body.run != 0 ? "start" : "stop")};
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
           seconds_text(config.request_retention_s)},
          {"authorization_retention_s", std::uint64_t{config.authorization_retention_s},
           "authorization retention",
           config.authorization_retention_s == 0 ? "for ever"
                                                 : seconds_text(config.authorization_retention_s)}};
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
    case CommandKind::advise:
      return command.advise.currency;
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
