// Holding money: authorizations, what raises them, and what gives them back.
#include <algorithm>
#include <optional>

#include "engine/decide.h"

namespace holdfast {
namespace {

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

}  // namespace

Decision Decider::what_is_wrong(const CardSlot& card, const AccountSlot& account) const {
  if (const Decision d = judge_card(card, context_.now); d != Decision::approved) return d;
  if (account.status == AccountStatus::frozen) return Decision::account_frozen;
  if (account.status == AccountStatus::closed) return Decision::account_closed;
  return Decision::approved;
}

bool Decider::was_forgotten(AuthorizationId id) const {
  return !id.is_zero() && id <= t_.holds.last_id() && t_.holds.find(id) == kNoSlot;
}

// A whole second, so that all holds of a second are released together; rounded up: never early.
TimestampNs Decider::hold_end(const CardSlot& card, Mcc mcc, bool merchant_initiated) const {
  std::uint32_t period_s = program_of(card).hold_period_s;
  if (const AddCategory* category = category_of(card, mcc)) {
    if (category->hold_period_s != 0) period_s = category->hold_period_s;
    if (merchant_initiated && category->hold_period_merchant_s != 0) {
      period_s = category->hold_period_merchant_s;
    }
  }
  const std::uint64_t started_seconds = (context_.now.ns + kNsPerSecond - 1) / kNsPerSecond;
  return {(started_seconds + period_s) * kNsPerSecond};
}

Decision Decider::convert_by(const SetRate& rate, Money& amount) {
  const std::optional<Money> converted = convert(amount, rate);
  if (!converted) return Decision::balance_overflow;
  // Rounded away to nothing: there is no such amount in the account's currency.
  if (converted->minor == 0 && amount.minor > 0) return Decision::invalid_amount;
  amount = *converted;
  return Decision::approved;
}

Decision Decider::exchange_by_latest(CurrencyCode from, CurrencyCode to, Exchanged& result) const {
  result.rate = t_.exchange.find(from, to);
  if (result.rate == kNoSlot) return Decision::currency_mismatch;
  const RateSlot& latest = t_.exchange[result.rate];
  result.rate_is_old = latest.is_too_old(context_.now);
  return convert_by(latest.rate, result.amount);
}

SlotNumber Decider::find_original(AuthorizationId id, RequestId original_request, CardToken card) {
  const SlotNumber number = t_.find_original(id, original_request);
  if (number == kNoSlot) return kNoSlot;
  const AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card_slot = card_at(hold.card);
  if (!card.is_zero() && card_slot.token != card) return kNoSlot;
  outcome_.authorization = hold.id;
  tell_balances(outcome_, account_of(card_slot));
  return number;
}

void Decider::close(SlotNumber number, AuthorizationState state) {
  AuthorizationSlot& hold = t_.holds[number];
  if (hold.state == AuthorizationState::open) {
    account_of(card_at(hold.card)).held.minor -= hold.left().minor;
    end_charges(hold);
    t_.holds.end(number, context_.now);
  }
  hold.state = state;
}

// Without effect: shadows are asked by it, too.
Decision Decider::judge_shortage(const Authorize& c, const AccountSlot& account,
                                 const Exchanged& asked, Money& amount) const {
  Money cashback;
  const Decision converted = convert_at(c.cashback, asked.rate, cashback);
  if (converted == Decision::invalid_amount) {
    cashback = Money{};  // less than a minor unit of the account's currency: there is none
  } else if (converted != Decision::approved) {
    return converted;
  }
  const Money purchase{asked.amount.minor - cashback.minor};
  if (cashback.minor > 0 && purchase.minor > 0 && covers(account, purchase)) {
    amount = purchase;
    return Decision::approved_purchase_only;
  }
  if ((c.flags & kAuthorizePartialAllowed) != 0 && available_of(account) > 0) {
    amount = available_told(account);  // below what was asked, so it fits
    return Decision::approved_partially;
  }
  return Decision::insufficient_funds;
}

void Decider::judge_authorize(const Policy& policy, const Authorize& c, const Payer& payer,
                              const Exchanged& asked, Verdict& verdict) const {
  Money amount = asked.amount;
  if ((c.flags & kAuthorizeEstimated) != 0 && policy.rules != nullptr) {
    const AddCategory* category = policy.rules->find(c.mcc);
    if (category != nullptr && category->estimate.minor > 0) amount = category->estimate;
  }
  verdict.decision =
      judge_controls(policy, payer.card_number, c, amount, verdict.judgement);
  if (verdict.decision != Decision::approved) return;
  if ((c.flags & kAuthorizeVerification) != 0) {
    verdict.decision = Decision::verified;
    return;
  }
  verdict.decision = judge_funds(c, payer.account, asked, amount);
  if (!is_approval(verdict.decision)) return;
  if (!checked_add(payer.account.held, amount) || !verdict.judgement.fits(amount)) {
    verdict.decision = Decision::balance_overflow;
    return;
  }
  verdict.amount = amount;
  verdict.counts = true;
}

Decision Decider::authorize_on(AccountSlot& account, const Authorize& c, SlotNumber card_number) {
  const CardSlot& card = card_at(card_number);
  if (const Decision d = judge_card_and_account(card, account);
      d != Decision::approved) {
    return d;
  }
  Exchanged asked;
  const Decision exchanged = exchange(c.amount, c.currency, account.currency, asked);
  if (exchanged == Decision::currency_mismatch) return exchanged;
  if (asked.rate_is_old) return Decision::rate_too_old;
  if (exchanged != Decision::approved) return exchanged;

  const Payer payer{card_number, card, account};
  judge_by_all(card, [&](const Policy& policy, Verdict& verdict) {
    judge_authorize(policy, c, payer, asked, verdict);
  });
  if (!verdict_.counts) {
    count(card_number, asked.amount, /*hold=*/nullptr);
    return verdict_.decision;
  }
  if (!has_room_to_count() || !t_.holds.has_room(t_.config, context_.now)) {
    return Decision::at_capacity;
  }
  const bool merchant_initiated = (c.flags & kAuthorizeMerchantInitiated) != 0;
  const SlotNumber number = t_.holds.add(context_.now, [&] {
    return new_authorization(c, payer, verdict_.amount, asked.rate, merchant_initiated);
  });
  AuthorizationSlot& hold = t_.holds[number];
  account.held.minor += verdict_.amount.minor;
  count(card_number, asked.amount, &hold);
  outcome_.authorization = hold.id;
  outcome_.amount = verdict_.amount;
  flag_if_overdrawn(outcome_, account);
  return verdict_.decision;
}

Decision Decider::authorize(const Authorize& c) {
  if (context_.was_reversed_before) return Decision::reversed_before;
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  AccountSlot& account = account_of(card_at(card_number));
  const Decision decision = authorize_on(account, c, card_number);
  tell_balances(outcome_, account);
  return decision;
}

void Decider::judge_increment(const Policy& policy, const Increment& c,
                              const AuthorizationSlot& hold, const AccountSlot& account,
                              Money amount, Verdict& verdict) const {
  verdict.decision = judge_controls(policy, hold.card, hold, amount, verdict.judgement,
                                    hold.approved, /*counts=*/false);
  if (verdict.decision != Decision::approved) return;
  const bool fits = checked_add(account.held, amount) && checked_add(hold.approved, amount) &&
                    checked_add(hold.requested, c.amount) && verdict.judgement.fits(amount);
  if (hold.state != AuthorizationState::open) {
    verdict.decision = Decision::not_allowed_in_state;
  } else if (!covers(account, amount)) {
    verdict.decision = Decision::insufficient_funds;
  } else if (!fits) {
    verdict.decision = Decision::balance_overflow;
  } else {
    verdict.amount = amount;
    verdict.counts = true;
  }
}

Decision Decider::increment(const Increment& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) return Decision::no_original;
  AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = card_at(hold.card);
  AccountSlot& account = account_of(card);
  if (const Decision d = judge_card_and_account(card, account);
      d != Decision::approved) {
    return d;
  }
  // At the rate of the authorization, however old: the cardholder was told that one.
  Money amount;
  if (const Decision d = convert_at(c.amount, hold.rate, amount); d != Decision::approved) return d;
  judge_by_all(card, [&](const Policy& policy, Verdict& verdict) {
    judge_increment(policy, c, hold, account, amount, verdict);
  });
  if (!verdict_.counts) {
    count(hold.card, amount, /*hold=*/nullptr);
    return verdict_.decision;
  }
  if (!has_room_to_count()) return Decision::at_capacity;

  account.held.minor += amount.minor;
  hold.approved.minor += amount.minor;
  hold.requested.minor += c.amount.minor;
  count(hold.card, amount, &hold);
  outcome_.amount = amount;
  tell_balances(outcome_, account);
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

Decision Decider::reverse(const Reverse& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) return reverse_unknown(c);
  AuthorizationSlot& hold = t_.holds[number];
  const bool late = hold.state == AuthorizationState::expired;
  if (hold.state != AuthorizationState::open && !late) return Decision::not_allowed_in_state;
  if (c.amount > hold.left()) return Decision::above_authorized;

  const Money amount = c.amount.minor == 0 ? hold.left() : c.amount;
  AccountSlot& account = account_of(card_at(hold.card));
  if (!late) {
    account.held.minor -= amount.minor;
    give_back(hold, amount);
  }
  hold.reversed.minor += amount.minor;
  if (hold.left().minor == 0) {
    close(number, hold.captured.minor > 0 ? AuthorizationState::captured
                                          : AuthorizationState::reversed);
  }
  // The hold is gone already, but what is taken back now can no longer be captured late.
  if (late) outcome_.flags |= kOutcomeLate;
  outcome_.amount = amount;
  tell_balances(outcome_, account);
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

// A reversal may overtake its authorization on the way. The tombstone sees to it that the late one
// is declined: nobody would ever capture or reverse it.
Decision Decider::reverse_unknown(const Reverse& c) {
  if (c.original_request.is_zero()) return Decision::no_original;
  const RequestSlot* request = t_.requests.find(c.original_request);
  if (request != nullptr && request->kind != kTombstone) return Decision::no_original;
  if (request == nullptr) {
    const std::size_t both = 2;  // the tombstone and this command's own id
    if (!t_.requests.has_room(both, t_.config, context_.now, t_.still_needed())) {
      return Decision::at_capacity;
    }
    t_.requests.remember_tombstone(c.original_request, context_.now);
  }
  return c.advice == 1 ? Decision::approved : Decision::no_original;
}

Decision Decider::expire(const Expire& c) {
  const SlotNumber number = find_original(c.authorization, RequestId{});
  if (number == kNoSlot) return Decision::no_original;
  const AuthorizationSlot& hold = t_.holds[number];
  if (hold.state != AuthorizationState::open || hold.expires_at > context_.now) {
    return Decision::not_allowed_in_state;
  }
  outcome_.amount = hold.left();
  close(number, AuthorizationState::expired);
  const AccountSlot& account = account_of(card_at(hold.card));
  tell_balances(outcome_, account);
  flag_if_overdrawn(outcome_, account);
  return Decision::approved;
}

}  // namespace holdfast
