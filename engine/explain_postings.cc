// Why money moves or does not: transfers, captures, refunds.
#include <algorithm>

#include "engine/explainer.h"
#include "engine/tolerance.h"

namespace holdfast {
namespace {

Money told(Wide amount) {
  return {static_cast<std::int64_t>(std::clamp<Wide>(amount, INT64_MIN, INT64_MAX))};
}

}  // namespace

bool Explainer::sides(const AccountSlot* debit, const AccountSlot* credit, CurrencyCode stated,
                      bool frozen_debit_may_pay) {
  const bool known = debit != nullptr && credit != nullptr;
  if (!check(CheckName::accounts, known, Decision::unknown_account)) return false;
  e_.counterparty = debit->id == e_.account ? credit->id : debit->id;
  Decision status = Decision::approved;
  if (debit->status == AccountStatus::frozen && !frozen_debit_may_pay) {
    status = Decision::account_frozen;
  } else if (debit->status == AccountStatus::closed || credit->status == AccountStatus::closed) {
    status = Decision::account_closed;
  }
  check(CheckName::account_status, status);
  check(CheckName::currency,
        debit->currency == credit->currency && (stated.numeric == 0 || stated == debit->currency),
        Decision::currency_mismatch);
  check(CheckName::two_accounts, debit != credit, Decision::not_allowed_in_state);
  return true;
}

void Explainer::check_ledgers(const AccountSlot& debit, const AccountSlot& credit, Money amount) {
  check(CheckName::balance_range,
        checked_subtract(debit.ledger, amount) && checked_add(credit.ledger, amount),
        Decision::balance_overflow);
}

void Explainer::of(const Transfer& c) {
  const AccountSlot* debit = find_account(c.debit);
  const AccountSlot* credit = find_account(c.credit);
  if (debit != nullptr) {
    e_.account = debit->id;
    e_.currency = debit->currency;
  }
  if (!sides(debit, credit, c.currency, /*frozen_debit_may_pay=*/false) || !has_amount_) return;
  check_funds(*debit, c.amount);
  check_ledgers(*debit, *credit, c.amount);
  amount_if_approved_ = c.amount;
}

bool Explainer::sides_of(const Capture&, const AccountSlot& account,
                         const AccountSlot* settlement) {
  return sides(&account, settlement, CurrencyCode{}, /*frozen_debit_may_pay=*/true);
}

bool Explainer::sides_of(const Refund& c, const AccountSlot& account,
                         const AccountSlot* settlement) {
  return sides(settlement, &account, c.currency, /*frozen_debit_may_pay=*/false);
}

// The money was promised when it was held: funds are told, not checked.
void Explainer::posting(const Capture& c, const AccountSlot& account,
                        const AccountSlot& settlement) {
  tell_funds(account, c.amount);
  check_ledgers(account, settlement, c.amount);
  amount_if_approved_ = c.amount;
}

void Explainer::posting(const Refund& c, const AccountSlot& account,
                        const AccountSlot& settlement) {
  check_funds(settlement, c.amount);
  check_ledgers(settlement, account, c.amount);
  amount_if_approved_ = c.amount;
}

// Without an authorization: unlinked, or linked to one that is no longer in memory.
template <class Step>
void Explainer::by_card(const Step& c) {
  skip(CheckName::original);
  skip(CheckName::state);
  skip(CheckName::amount_left);
  const SlotNumber card_number = find_card(c.card);
  if (card_number == kNoSlot) return;
  const CardSlot& card = t_.cards[card_number];
  const AccountSlot& account = t_.accounts[card.account];
  const AccountSlot* settlement = settlement_of(c.settlement_account, card);
  if (sides_of(c, account, settlement) && has_amount_) posting(c, account, *settlement);
}

template <class Step>
SlotNumber Explainer::original_or_card(const Step& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request, c.card);
  if (number != kNoSlot) {
    skip(CheckName::card);
  } else if (e_.original_forgotten && !c.card.is_zero()) {
    e_.authorization = c.authorization;
    by_card(c);
  } else {
    check(CheckName::original, Decision::no_original);
  }
  return number;
}

void Explainer::of(const Capture& c) {
  const SlotNumber number = original_or_card(c);
  if (number == kNoSlot) return;
  const AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = t_.cards[hold.card];
  const AccountSlot& account = t_.accounts[card.account];
  const AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const bool known = sides_of(c, account, settlement);
  check(CheckName::state,
        hold.state == AuthorizationState::open || hold.state == AuthorizationState::expired,
        Decision::not_allowed_in_state);
  const AddCategory* category = decider_.category_of(card, hold.mcc);
  const Wide most = capture_ceiling(hold, category);
  e_.original->tolerance = told(tolerance_of(hold, category));
  e_.original->most = told(most);
  if (!has_amount_) return;
  check(CheckName::amount_left, Wide{hold.captured.minor} + c.amount.minor <= most,
        Decision::above_authorized);
  if (known) posting(c, account, *settlement);
  if (!checked_add(hold.captured, c.amount)) {
    check(CheckName::balance_range, Decision::balance_overflow);
  }
}

void Explainer::of(const Refund& c) {
  const bool linked = !c.authorization.is_zero() || !c.original_request.is_zero();
  if (!linked) {
    by_card(c);
    return;
  }
  const SlotNumber number = original_or_card(c);
  if (number == kNoSlot) return;
  const AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = t_.cards[hold.card];
  const AccountSlot& account = t_.accounts[card.account];
  const AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const bool known = sides_of(c, account, settlement);
  check(CheckName::state, hold.captured.minor != 0, Decision::not_allowed_in_state);
  e_.original->most = hold.captured;
  if (!has_amount_) return;
  check(CheckName::amount_left, c.amount.minor <= hold.captured.minor - hold.refunded.minor,
        Decision::above_authorized);
  if (known) posting(c, account, *settlement);
}

}  // namespace holdfast
