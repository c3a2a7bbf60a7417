// Holding and moving money: transfers, and the life of an authorization.
#include <optional>

#include "engine/decide.h"

namespace holdfast {
namespace {

/// Judges the accounts of a posting in the order of decision.h. Null: the account is not known.
struct Sides {
  const AccountSlot* debit;
  const AccountSlot* credit;
  bool frozen_debit_may_pay = false;  // an obligation from before the freeze

  /// `currency` as the command states it; 0: it states none, the accounts' own is meant.
  [[nodiscard]] Decision judge(CurrencyCode currency) const {
    if (debit == nullptr || credit == nullptr) return Decision::unknown_account;
    if (debit->status == AccountStatus::frozen && !frozen_debit_may_pay) {
      return Decision::account_frozen;
    }
    if (debit->status == AccountStatus::closed || credit->status == AccountStatus::closed) {
      return Decision::account_closed;
    }
    if (debit->currency != credit->currency ||
        (currency.numeric != 0 && currency != debit->currency)) {
      return Decision::currency_mismatch;
    }
    return debit == credit ? Decision::not_allowed_in_state : Decision::approved;
  }

  [[nodiscard]] bool would_overflow(Money amount) const {
    return !checked_subtract(debit->ledger, amount) || !checked_add(credit->ledger, amount);
  }
};

Decision judge_card(const CardSlot& card, TimestampNs now) {
  switch (card.status) {
    case CardStatus::lost: return Decision::card_lost;
    case CardStatus::stolen: return Decision::card_stolen;
    case CardStatus::blocked: return Decision::card_blocked;
    case CardStatus::closed: return Decision::card_closed;
    case CardStatus::active: break;
  }
  return now >= card.expires_at ? Decision::card_expired : Decision::approved;
}

// The end of the hold, a whole second, so that all holds of a second are released together.
TimestampNs hold_end(TimestampNs now, std::uint32_t hold_period_s) {
  const std::uint64_t started_seconds = (now.ns + kNsPerSecond - 1) / kNsPerSecond;
  return {(started_seconds + hold_period_s) * kNsPerSecond};
}

}  // namespace

void Decider::post(AccountSlot& debit, AccountSlot& credit, Money amount) {
  debit.ledger.minor -= amount.minor;
  credit.ledger.minor += amount.minor;
  outcome_.amount = amount;
}

AccountSlot* Decider::settlement_of(AccountId named, const ProgramSlot& program) {
  return find_account(named.is_zero() ? program.settlement_account : named);
}

SlotNumber Decider::find_original(AuthorizationId id, RequestId original_request) {
  const SlotNumber number = t_.find_original(id, original_request);
  if (number != kNoSlot) {
    const AuthorizationSlot& hold = t_.authorizations[number];
    outcome_.authorization = hold.id;
    tell_balances(outcome_, t_.accounts[t_.cards[hold.card].account]);
  }
  return number;
}

// What is left of an open hold is released; the state says why it ended.
void Decider::close(SlotNumber number, AuthorizationState state) {
  AuthorizationSlot& hold = t_.authorizations[number];
  if (hold.state == AuthorizationState::open) {
    t_.accounts[t_.cards[hold.card].account].held.minor -= hold.left().minor;
    t_.calendar.remove(t_.authorizations, number);
    --t_.open_authorizations;
  }
  hold.state = state;
}

Decision Decider::transfer(const Transfer& c) {
  AccountSlot* debit = find_account(c.debit);
  AccountSlot* credit = find_account(c.credit);
  if (debit != nullptr) tell_balances(outcome_, *debit);
  const Sides sides{debit, credit};
  if (const Decision d = sides.judge(c.currency); d != Decision::approved) return d;
  if (!covers(*debit, c.amount)) return Decision::insufficient_funds;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  post(*debit, *credit, c.amount);
  tell_balances(outcome_, *debit);
  outcome_.counterparty_balance = credit->ledger;
  flag_if_overdrawn(outcome_, *debit);
  return Decision::approved;
}

Decision Decider::authorize(const Authorize& c) {
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  const CardSlot& card = t_.cards[card_number];
  AccountSlot& account = t_.accounts[card.account];
  tell_balances(outcome_, account);
  if (const Decision d = judge_card(card, context_.now); d != Decision::approved) return d;
  if (account.status == AccountStatus::frozen) return Decision::account_frozen;
  if (account.status == AccountStatus::closed) return Decision::account_closed;
  if (c.currency != account.currency) return Decision::currency_mismatch;
  if (!covers(account, c.amount)) return Decision::insufficient_funds;
  const std::optional<Money> held = checked_add(account.held, c.amount);
  if (!held) return Decision::balance_overflow;
  if (t_.authorization_index.size() >= t_.config.authorizations_max) return Decision::at_capacity;

  account.held = *held;
  t_.last_authorization = t_.last_authorization.next();
  const SlotNumber number = t_.authorizations.append();
  t_.authorizations[number] = AuthorizationSlot{
      .id = t_.last_authorization,
      .approved = c.amount,
      .captured = {},
      .reversed = {},
      .refunded = {},
      .expires_at = hold_end(context_.now, t_.programs[card.program].hold_period_s),
      .card = card_number,
      .channel = c.channel,
      .type = c.type,
      .request_id = context_.request_id,
      .merchant = c.merchant,
      .requested = c.amount,
      .created_at = context_.now,
      .currency = c.currency,
      .mcc = c.mcc,
      .country = c.country,
  };
  t_.authorization_index.insert(t_.last_authorization, number);
  t_.calendar.add(t_.authorizations, number);
  ++t_.open_authorizations;

  outcome_.authorization = t_.last_authorization;
  outcome_.amount = c.amount;
  tell_balances(outcome_, account);
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

Decision Decider::capture(const Capture& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) return Decision::no_original;
  AuthorizationSlot& hold = t_.authorizations[number];
  const CardSlot& card = t_.cards[hold.card];
  AccountSlot& account = t_.accounts[card.account];
  AccountSlot* settlement = settlement_of(c.settlement_account, t_.programs[card.program]);
  const Sides sides{&account, settlement, /*frozen_debit_may_pay=*/true};
  if (const Decision d = sides.judge(CurrencyCode{}); d != Decision::approved) return d;
  const bool late = hold.state == AuthorizationState::expired;
  if (hold.state != AuthorizationState::open && !late) return Decision::not_allowed_in_state;
  if (c.amount > hold.left()) return Decision::above_authorized;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  // No check of funds: the money was promised when it was held, and schemes allow late captures.
  if (!late) account.held.minor -= c.amount.minor;
  hold.captured.minor += c.amount.minor;
  post(account, *settlement, c.amount);
  if (c.final == 1 || hold.left().minor == 0) close(number, AuthorizationState::captured);
  if (late) outcome_.flags |= kOutcomeLate;
  tell_balances(outcome_, account);
  outcome_.counterparty_balance = settlement->ledger;
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

Decision Decider::reverse(const Reverse& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) return Decision::no_original;
  AuthorizationSlot& hold = t_.authorizations[number];
  const bool late = hold.state == AuthorizationState::expired;
  if (hold.state != AuthorizationState::open && !late) return Decision::not_allowed_in_state;
  if (c.amount > hold.left()) return Decision::above_authorized;

  const Money amount = c.amount.minor == 0 ? hold.left() : c.amount;
  AccountSlot& account = t_.accounts[t_.cards[hold.card].account];
  if (!late) account.held.minor -= amount.minor;
  hold.reversed.minor += amount.minor;
  if (hold.left().minor == 0) {
    close(number, hold.captured.minor > 0 ? AuthorizationState::captured
                                          : AuthorizationState::reversed);
  }
  // The hold is gone already, but what is taken back now can no longer be captured late.
  if (late) outcome_.flags |= kOutcomeLate;
  outcome_.amount = amount;
  tell_balances(outcome_, account);
  return Decision::approved;
}

Decision Decider::refund(const Refund& c) {
  return c.card.is_zero() ? refund_linked(c) : refund_unlinked(c);
}

Decision Decider::refund_linked(const Refund& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) return Decision::no_original;
  AuthorizationSlot& hold = t_.authorizations[number];
  const CardSlot& card = t_.cards[hold.card];
  AccountSlot& account = t_.accounts[card.account];
  AccountSlot* settlement = settlement_of(c.settlement_account, t_.programs[card.program]);
  const Sides sides{settlement, &account};
  if (const Decision d = sides.judge(c.currency); d != Decision::approved) return d;
  if (hold.captured.minor == 0) return Decision::not_allowed_in_state;
  if (c.amount.minor > hold.captured.minor - hold.refunded.minor) return Decision::above_authorized;
  if (!covers(*settlement, c.amount)) return Decision::insufficient_funds;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  hold.refunded.minor += c.amount.minor;
  return pay_refund(c, account, *settlement);
}

Decision Decider::refund_unlinked(const Refund& c) {
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  const CardSlot& card = t_.cards[card_number];
  AccountSlot& account = t_.accounts[card.account];
  tell_balances(outcome_, account);
  AccountSlot* settlement = settlement_of(c.settlement_account, t_.programs[card.program]);
  const Sides sides{settlement, &account};
  if (const Decision d = sides.judge(c.currency); d != Decision::approved) return d;
  if (!covers(*settlement, c.amount)) return Decision::insufficient_funds;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;
  return pay_refund(c, account, *settlement);
}

// All checks are done; the settlement account pays.
Decision Decider::pay_refund(const Refund& c, AccountSlot& account, AccountSlot& settlement) {
  post(settlement, account, c.amount);
  tell_balances(outcome_, account);
  outcome_.counterparty_balance = settlement.ledger;
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

Decision Decider::expire(const Expire& c) {
  const SlotNumber number = find_original(c.authorization, RequestId{});
  if (number == kNoSlot) return Decision::no_original;
  const AuthorizationSlot& hold = t_.authorizations[number];
  if (hold.state != AuthorizationState::open || hold.expires_at > context_.now) {
    return Decision::not_allowed_in_state;
  }
  outcome_.amount = hold.left();
  close(number, AuthorizationState::expired);
  tell_balances(outcome_, t_.accounts[t_.cards[hold.card].account]);
  return Decision::approved;
}

}  // namespace holdfast
