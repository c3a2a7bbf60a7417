// Why money is held, raised or given back: authorizations, increments, advices, reversals, expiry.
#include <algorithm>

#include "engine/explainer.h"
#include "engine/limits.h"

namespace holdfast {

void Explainer::of(const Authorize& c) {
  const bool verification = (c.flags & kAuthorizeVerification) != 0;
  check(CheckName::reversed_before, !context_.was_reversed_before, Decision::reversed_before);
  const SlotNumber card_number = find_card(c.card);
  if (card_number == kNoSlot) return;
  const CardSlot& card = t_.cards[card_number];
  const AccountSlot& account = t_.accounts[card.account];
  card_state(card, /*overruled=*/false);
  account_state(account);
  exchange(c.amount, c.currency, account.currency);
  const AddCategory* category = decider_.category_of(card, c.mcc);
  const bool estimated = (c.flags & kAuthorizeEstimated) != 0;
  if (e_.judged && estimated && category != nullptr && category->estimate.minor > 0) {
    e_.judged = category->estimate;
  }
  controls(card_number, c, Money{}, /*counts=*/true, /*overruled=*/false);
  if (verification) {
    approval_ = Decision::verified;
    for (const CheckName name : {CheckName::cashback, CheckName::funds, CheckName::balance_range,
                                 CheckName::counter_range, CheckName::counter_capacity,
                                 CheckName::capacity}) {
      skip(name);
    }
    return;
  }
  tell_period(card, c.mcc, (c.flags & kAuthorizeMerchantInitiated) != 0);
  skip(CheckName::cashback);
  if (e_.judged) {
    amount_if_approved_ = *e_.judged;
    check_funds(account, *e_.judged);
    if (!covers(account, *e_.judged)) approve_in_part(c, account);
    check(CheckName::balance_range, checked_add(account.held, amount_if_approved_).has_value(),
          Decision::balance_overflow);
    counting(amount_if_approved_);
  }
  room_for_authorization();
}

void Explainer::room_for_authorization() {
  e_.capacities.push_back({CheckName::capacity, t_.holds.size(), t_.config.authorizations_max});
  check(CheckName::capacity, t_.holds.has_room(t_.config, now()), Decision::at_capacity);
}

// The available balance does not cover what is asked.
void Explainer::approve_in_part(const Authorize& c, const AccountSlot& account) {
  Money cashback;
  const SlotNumber rate = c.currency == account.currency
                              ? kNoSlot
                              : t_.exchange.find(c.currency, account.currency);
  const Decision told = decider_.convert_at(c.cashback, rate, cashback);
  if (c.cashback.minor > 0 && !check(CheckName::cashback, told)) return;
  const Money purchase{e_.converted->minor - cashback.minor};
  if (cashback.minor > 0 && purchase.minor > 0 && covers(account, purchase)) {
    approval_ = Decision::approved_purchase_only;
    amount_if_approved_ = purchase;
    pass(CheckName::funds);
  } else if ((c.flags & kAuthorizePartialAllowed) != 0 && available_of(account) > 0) {
    approval_ = Decision::approved_partially;
    amount_if_approved_ = available_told(account);
    pass(CheckName::funds);
  }
}

void Explainer::of(const Increment& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (!check(CheckName::original, number != kNoSlot, Decision::no_original)) return;
  const AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = t_.cards[hold.card];
  const AccountSlot& account = t_.accounts[card.account];
  card_state(card, /*overruled=*/false);
  account_state(account);
  tell_rate(hold.rate, /*of_the_original=*/true);
  exchange_at(c.amount, hold.rate);
  controls(hold.card, hold, hold.approved, /*counts=*/false, /*overruled=*/false);
  check(CheckName::state, hold.state == AuthorizationState::open, Decision::not_allowed_in_state);
  if (!e_.judged) return;
  amount_if_approved_ = *e_.judged;
  check_funds(account, *e_.judged);
  const bool fits = checked_add(account.held, *e_.judged) &&
                    checked_add(hold.approved, *e_.judged) && checked_add(hold.requested, c.amount);
  check(CheckName::balance_range, fits, Decision::balance_overflow);
  counting(*e_.judged);
}

void Explainer::of(const Advise& c) {
  check(CheckName::reversed_before, !context_.was_reversed_before, Decision::reversed_before);
  const SlotNumber card_number = find_card(c.card);
  if (card_number == kNoSlot) return;
  const CardSlot& card = t_.cards[card_number];
  const AccountSlot& account = t_.accounts[card.account];
  card_state(card, /*overruled=*/true);
  advised_accounts(c, card, account);
  exchange(c.amount, c.currency, account.currency);
  controls(card_number, c, Money{}, /*counts=*/true, /*overruled=*/true);
  tell_period(card, c.mcc, /*merchant_initiated=*/false);
  if (e_.judged) {
    const Money amount = amount_if_approved_ = *e_.judged;
    tell_funds(account, amount);
    check_overruled(CheckName::funds, covers(account, amount) ? Decision::approved
                                                              : Decision::insufficient_funds);
    const AccountSlot* settlement = settlement_of(c.settlement_account, card);
    if (c.post == 0) {
      check(CheckName::balance_range, checked_add(account.held, amount).has_value(),
            Decision::balance_overflow);
    } else if (settlement != nullptr) {
      check_ledgers(account, *settlement, amount);
    }
    counting(amount);
  }
  room_for_authorization();
}

void Explainer::advised_accounts(const Advise& c, const CardSlot& card,
                                 const AccountSlot& account) {
  if (c.post == 1) {
    sides(&account, settlement_of(c.settlement_account, card), CurrencyCode{},
          /*frozen_debit_may_pay=*/true);
  } else {
    skip(CheckName::accounts);
    skip(CheckName::currency);
    skip(CheckName::two_accounts);
    check(CheckName::account_status, account.status != AccountStatus::closed,
          Decision::account_closed);
  }
  const auto status =
      std::ranges::find(e_.checks, CheckName::account_status, &Check::name);
  if (account.status == AccountStatus::frozen && status->result == CheckResult::passed) {
    check_overruled(CheckName::account_status, Decision::account_frozen);
  }
}

void Explainer::of(const Reverse& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request);
  if (number == kNoSlot) {
    reverse_unknown(c);
    return;
  }
  const AuthorizationState state = t_.holds[number].state;
  check(CheckName::state,
        state == AuthorizationState::open || state == AuthorizationState::expired,
        Decision::not_allowed_in_state);
  const Money left = t_.holds[number].left();
  if (!has_amount_) return;
  check(CheckName::amount_left, c.amount <= left, Decision::above_authorized);
  amount_if_approved_ = c.amount.minor == 0 ? left : c.amount;
}

// It may have overtaken its authorization; then it is noted, for which there must be room.
void Explainer::reverse_unknown(const Reverse& c) {
  skip(CheckName::state);
  skip(CheckName::amount_left);
  const RequestSlot* request = t_.requests.find(c.original_request);
  const bool answered = request != nullptr && request->kind != kTombstone;
  const bool may_come = !c.original_request.is_zero() && !answered;
  if (may_come && request == nullptr && has_amount_) {
    const auto still_needed = [this](const RequestSlot& other) {
      return t_.is_still_needed(other);
    };
    check(CheckName::request_memory, t_.requests.has_room(2, t_.config, now(), still_needed),
          Decision::at_capacity);
  }
  if (may_come && c.advice == 1) {
    check_overruled(CheckName::original, Decision::no_original);
  } else {
    check(CheckName::original, Decision::no_original);
  }
}

void Explainer::of(const Expire& c) {
  const SlotNumber number = find_original(c.authorization, RequestId{});
  if (!check(CheckName::original, number != kNoSlot, Decision::no_original)) return;
  const AuthorizationSlot& hold = t_.holds[number];
  check(CheckName::state, hold.state == AuthorizationState::open && hold.expires_at <= now(),
        Decision::not_allowed_in_state);
  amount_if_approved_ = hold.left();
}

}  // namespace holdfast
