#include "engine/validation.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/limits.h"

namespace holdfast {
namespace {

constexpr std::uint32_t kHoldPeriodMax_s = 366 * 86'400;

bool is_currency(CurrencyCode currency) { return currency.numeric >= 1 && currency.numeric <= 999; }

template <std::size_t N>
bool is_zero(const std::uint8_t (&bytes)[N]) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

// Printable ASCII, then zeroes to the end: ISO 8583 "ans". Eight characters at a time, each in its
// byte of a word: this is asked of every payment.
template <std::size_t N>
bool is_text(const char (&text)[N]) {
  static_assert(N % 8 == 0 && std::endian::native == std::endian::little);
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  constexpr std::uint64_t kTop = 0x80 * kEach;  // no sum below carries over into the next byte
  bool has_ended = false;
  for (std::size_t i = 0; i < N; i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text + i, sizeof word);
    if (word == 0) {
      has_ended = true;
      continue;
    }
    const std::uint64_t is_del_or_above = (word | (word + kEach)) & kTop;
    const std::uint64_t is_not_zero = (word + 0x7F * kEach) & kTop;
    const std::uint64_t is_printable = (word + (0x80 - ' ') * kEach) & kTop;
    // The zeroes stand behind all others, so these are bytes from the lowest on.
    const std::uint64_t given = is_not_zero | (is_not_zero - (is_not_zero >> 7));
    if (has_ended || is_del_or_above != 0 || is_printable != is_not_zero ||
        (given & (given + 1)) != 0) {
      return false;
    }
    has_ended = is_not_zero != kTop;
  }
  return true;
}

// At most one way to name the original.
bool names_at_most_one(AuthorizationId authorization, RequestId original_request) {
  return authorization.is_zero() || original_request.is_zero();
}
bool names_one(AuthorizationId authorization, RequestId original_request) {
  return authorization.is_zero() != original_request.is_zero();
}

bool has_only(std::uint8_t change, int allowed) { return change != 0 && (change & ~allowed) == 0; }

bool is_well_formed(const CreateAccount& c) {
  return !c.account.is_zero() && is_currency(c.currency) && c.credit_limit.minor >= 0 &&
         (c.flags & ~kAccountFlagsAll) == 0 && c.reserved == 0;
}

bool is_well_formed(const UpdateAccount& c) {
  if (c.account.is_zero() || !is_zero(c.reserved)) return false;
  if (!has_only(c.change, kChangeStatus | kChangeCreditLimit)) return false;
  if ((c.change & kChangeStatus) == 0 && c.status != AccountStatus::open) return false;
  if ((c.change & kChangeCreditLimit) == 0 && c.credit_limit.minor != 0) return false;
  return c.status <= AccountStatus::closed && c.credit_limit.minor >= 0;
}

bool is_well_formed(const CreateCard& c) {
  return !c.card.is_zero() && !c.account.is_zero() && c.expiry.is_valid() && c.reserved == 0;
}

bool is_well_formed(const UpdateCard& c) {
  if (c.card.is_zero()) return false;
  if (!has_only(c.change, kChangeStatus | kChangeProgram | kChangeExpiry)) return false;
  if ((c.change & kChangeStatus) == 0 && c.status != CardStatus::active) return false;
  if ((c.change & kChangeProgram) == 0 && c.program.value != 0) return false;
  if ((c.change & kChangeExpiry) == 0 && c.expiry.yymm != 0) return false;
  return c.status <= CardStatus::closed && c.expiry.is_valid();
}

bool is_well_formed(const PutProgram& c) {
  return c.hold_period_s >= 1 && c.hold_period_s <= kHoldPeriodMax_s;
}

bool is_well_formed(const Transfer& c) {
  return !c.debit.is_zero() && !c.credit.is_zero() && c.debit != c.credit &&
         is_currency(c.currency) && c.reserved == 0;
}

/// What an authorization and an advice have in common.
template <class Asked>
bool is_well_formed_acceptance(const Asked& c) {
  return !c.card.is_zero() && is_currency(c.currency) && c.mcc.code <= 9999 &&
         c.country.numeric <= 999 && static_cast<std::uint8_t>(c.channel) <= kChannelMax &&
         static_cast<std::uint8_t>(c.type) <= kTransactionTypeMax && is_text(c.merchant.text) &&
         is_text(c.terminal.text);
}

bool is_well_formed(const Authorize& c) {
  if (!is_well_formed_acceptance(c)) return false;
  if ((c.flags & ~kAuthorizeFlagsAll) != 0 || c.reserved != 0) return false;
  const bool with_cashback = c.type == TransactionType::purchase_cashback;
  if ((c.flags & kAuthorizeVerification) != 0) {
    return c.amount.minor == 0 && c.cashback.minor == 0 && !with_cashback &&
           c.type != TransactionType::cash &&
           (c.flags & (kAuthorizePartialAllowed | kAuthorizeEstimated)) == 0;
  }
  if (!with_cashback) return c.cashback.minor == 0;
  // An amount that is wrong by itself is told as such, not as a wrong cashback. A cashback of 0 is
  // a plain purchase: a gateway of protocol version 1 cannot say more.
  return c.cashback.minor >= 0 && (c.amount.minor <= 0 || c.cashback <= c.amount);
}

bool is_well_formed(const Advise& c) {
  return is_well_formed_acceptance(c) && c.post <= 1 && is_zero(c.reserved) &&
         (c.post == 1 || c.settlement_account.is_zero());
}

bool is_well_formed(const Capture& c) {
  return names_one(c.authorization, c.original_request) && c.final <= 1 && is_zero(c.reserved);
}

bool is_well_formed(const Reverse& c) {
  return names_one(c.authorization, c.original_request) && c.advice <= 1 && is_zero(c.reserved);
}

bool is_well_formed(const Increment& c) {
  return names_one(c.authorization, c.original_request);
}

bool is_well_formed(const Refund& c) {
  const bool linked = !c.authorization.is_zero() || !c.original_request.is_zero();
  if (!names_at_most_one(c.authorization, c.original_request)) return false;
  if (!linked && c.card.is_zero()) return false;
  if (c.currency.numeric > 999 || (!linked && c.currency.numeric == 0)) return false;
  return c.mcc.code <= 9999 && c.reserved == 0 && is_text(c.merchant.text);
}

bool is_well_formed(const SetRate& c) {
  return is_currency(c.from) && is_currency(c.to) && c.from != c.to && c.markup_bp <= 10'000 &&
         c.scale <= 18 && c.rate > 0 && c.life_s > 0 && c.reserved == 0 && c.reserved2 == 0;
}

bool is_well_formed(const BeginRuleSet& c) {
  return c.version > 0 && c.categories <= limits::categories_max &&
         c.controls <= limits::controls_max && c.list_items <= limits::list_items_max &&
         c.zone_offsets <= limits::zone_offsets_max;
}

bool is_well_formed(const AddCategory& c) {
  return c.version > 0 && c.mcc_first <= c.mcc_last && c.mcc_last.code <= 9999 &&
         c.hold_period_s <= kHoldPeriodMax_s && c.hold_period_merchant_s <= kHoldPeriodMax_s &&
         c.tolerance_bp <= 100'000 && c.tolerance.minor >= 0 && c.estimate.minor >= 0;
}

bool is_well_formed_window(const AddControl& c) {
  if (c.window > WindowKind::rolling) return false;
  if ((c.effect == ControlEffect::cap_window) != (c.window != WindowKind::none)) return false;
  const bool is_week = c.window == WindowKind::week;
  if (is_week ? c.week_start < 1 || c.week_start > 7 : c.week_start != 0) return false;
  const bool in_local_time = c.window >= WindowKind::day && c.window <= WindowKind::year;
  if (!in_local_time && c.zone != 0) return false;
  if (c.window != WindowKind::rolling) return c.window_s == 0 && c.granularity_s == 0;
  return c.granularity_s > 0 && c.window_s > 0 && c.window_s % c.granularity_s == 0 &&
         c.window_s / c.granularity_s <= limits::rolling_steps_max;
}

bool is_well_formed_effect(const AddControl& c) {
  const bool has_filter = c.mcc_list != 0 || c.country_list != 0 || c.merchant_list != 0 ||
                          c.channels != 0 || c.types != 0;
  switch (c.effect) {
    case ControlEffect::deny:
    case ControlEffect::allow_only:
      return has_filter && c.amount_max.minor == 0 && c.count_max == 0;
    case ControlEffect::cap_transaction: return c.amount_max.minor >= 0 && c.count_max == 0;
    case ControlEffect::cap_window:
      return c.amount_max.minor >= 0 &&
             (c.amount_max.minor != INT64_MAX || c.count_max != UINT32_MAX);
  }
  return false;
}

bool is_well_formed(const AddControl& c) {
  return c.version > 0 && c.control > 0 && c.scope <= ControlScope::card &&
         is_well_formed_window(c) && is_well_formed_effect(c) &&
         c.channels >> (kChannelMax + 1) == 0 && c.types >> (kTransactionTypeMax + 1) == 0 &&
         c.reserved[0] == 0 && c.reserved[1] == 0 && c.reserved[2] == 0 && c.reserved2 == 0;
}

bool is_well_formed(const AddListItem& c) {
  if (c.version == 0 || c.list == 0) return false;
  if (c.reserved != 0 || c.reserved2 != 0 || c.reserved3 != 0) return false;
  const bool has_codes = c.mcc_first.code != 0 || c.mcc_last.code != 0;
  const bool has_country = c.country.numeric != 0;
  const bool has_merchant = c.merchant != MerchantId{};
  switch (c.kind) {
    case ListKind::mcc:
      return c.mcc_first <= c.mcc_last && c.mcc_last.code <= 9999 && !has_country && !has_merchant;
    case ListKind::country:
      return has_country && c.country.numeric <= 999 && !has_codes && !has_merchant;
    case ListKind::merchant:
      return c.merchant.text[0] != '\0' && is_text(c.merchant.text) && !has_codes && !has_country;
  }
  return false;
}

bool is_well_formed(const AddZoneOffset& c) {
  constexpr std::int32_t kDay_s = 86'400;
  return c.version > 0 && c.zone > 0 && c.reserved == 0 && c.offset_s > -kDay_s &&
         c.offset_s < kDay_s;
}

bool is_well_formed(const ActivateRuleSet& c) { return c.version > 0; }

bool is_well_formed(const ShadowRuleSet& c) {
  return c.version > 0 && c.run <= 1 && is_zero(c.reserved);
}

bool is_well_formed(const Expire& c) { return !c.authorization.is_zero(); }

bool is_well_formed(const Configure& c) {
  const auto fits = [](std::uint64_t slots) {
    return slots >= 1 && slots <= limits::table_slots_max;
  };
  return fits(c.config.accounts_max) && fits(c.config.cards_max) &&
         fits(c.config.authorizations_max) && fits(c.config.request_ids_max) &&
         c.config.programs_max >= 1 && c.config.programs_max <= limits::programs_max &&
         c.config.request_retention_s >= 1 && c.config.reserved == 0;
}

Decision positive(Money amount) {
  return amount.minor > 0 ? Decision::approved : Decision::invalid_amount;
}

Decision judge_amount(const Command& command) {
  switch (command.kind) {
    case CommandKind::transfer: return positive(command.transfer.amount);
    case CommandKind::authorize:
      return (command.authorize.flags & kAuthorizeVerification) != 0
                 ? Decision::approved
                 : positive(command.authorize.amount);
    case CommandKind::advise: return positive(command.advise.amount);
    case CommandKind::increment: return positive(command.increment.amount);
    case CommandKind::capture: return positive(command.capture.amount);
    case CommandKind::refund: return positive(command.refund.amount);
    case CommandKind::reverse:
      return command.reverse.amount.minor >= 0 ? Decision::approved : Decision::invalid_amount;
    default: return Decision::approved;
  }
}

bool is_well_formed_body(const Command& command) {
  switch (command.kind) {
#define HOLDFAST_COMMAND_VALIDATE(name, number, type, member) \
  case CommandKind::name:                                     \
    return is_well_formed(command.member);
    HOLDFAST_COMMANDS(HOLDFAST_COMMAND_VALIDATE)
#undef HOLDFAST_COMMAND_VALIDATE
  }
  return false;
}

}  // namespace

Decision validate(const Command& command) {
  return is_well_formed_body(command) ? judge_amount(command) : Decision::malformed;
}

}  // namespace holdfast
