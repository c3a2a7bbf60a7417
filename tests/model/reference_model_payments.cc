// The reference model's payments: transfer, authorize, capture, reverse, refund.
#include <algorithm>

#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {
namespace {

// The calendar, by counting: year and month of a time, as months since January 2000.
std::int64_t months_since_2000(TimestampNs at) {
  std::int64_t days = static_cast<std::int64_t>(at.ns / kNsPerSecond / 86400);
  for (int year = 1970;; ++year) {
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    const int lengths[12] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (int month = 0; month < 12; ++month) {
      if (days < lengths[month]) return (year - 2000) * 12 + month;
      days -= lengths[month];
    }
  }
}

bool is_past(ExpiryMonth expiry, TimestampNs now) {
  if (expiry.yymm == 0) return false;
  const std::int64_t last_month = (expiry.yymm / 100) * 12 + (expiry.yymm % 100 - 1);
  return months_since_2000(now) > last_month;
}

}  // namespace

Outcome ReferenceModel::transfer(const Transfer& c) {
  if (c.debit.is_zero() || c.credit.is_zero() || c.debit == c.credit || !currency_ok(c.currency) ||
      c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  const Account* from = find_account(c.debit);
  const Account* to = find_account(c.credit);
  if (from == nullptr) return declined(Decision::unknown_account);
  if (to == nullptr) return tell(Decision::unknown_account, c.debit);
  if (from->status == AccountStatus::frozen) return tell(Decision::account_frozen, c.debit);
  if (from->status == AccountStatus::closed || to->status == AccountStatus::closed) {
    return tell(Decision::account_closed, c.debit);
  }
  if (from->currency != c.currency || to->currency != c.currency) {
    return tell(Decision::currency_mismatch, c.debit);
  }
  const Wide amount = c.amount.minor;
  if ((from->flags & kAccountMayGoNegative) == 0 && available(c.debit) < amount) {
    return tell(Decision::insufficient_funds, c.debit);
  }
  const Wide from_after = from->ledger.minor - amount;
  const Wide to_after = to->ledger.minor + amount;
  if (!fits(from_after) || !fits(to_after)) return tell(Decision::balance_overflow, c.debit);
  accounts_[c.debit].ledger = saturated(from_after);
  accounts_[c.credit].ledger = saturated(to_after);
  Outcome outcome = tell(Decision::approved, c.debit);
  outcome.amount = c.amount;
  outcome.counterparty_balance = saturated(to_after);
  flag_overdrawn(outcome, c.debit);
  return outcome;
}

Outcome ReferenceModel::authorize(const Authorize& c, RequestId request) {
  if (c.card.is_zero() || !currency_ok(c.currency) || !merchant_ok(c.merchant, c.mcc) ||
      !text_ok(c.terminal.text, sizeof c.terminal.text) || c.country.numeric > 999 ||
      static_cast<int>(c.channel) > kChannelMax || static_cast<int>(c.type) > kTransactionTypeMax ||
      c.flags != 0 || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  const Card* card = find_card(c.card);
  if (card == nullptr) return declined(Decision::unknown_card);
  const AccountId id = card->account;
  if (card->status == CardStatus::lost) return tell(Decision::card_lost, id);
  if (card->status == CardStatus::stolen) return tell(Decision::card_stolen, id);
  if (card->status == CardStatus::blocked) return tell(Decision::card_blocked, id);
  if (card->status == CardStatus::closed) return tell(Decision::card_closed, id);
  if (is_past(card->expiry, now_)) return tell(Decision::card_expired, id);
  const Account& account = accounts_[id];
  if (account.status == AccountStatus::frozen) return tell(Decision::account_frozen, id);
  if (account.status == AccountStatus::closed) return tell(Decision::account_closed, id);
  if (account.currency != c.currency) return tell(Decision::currency_mismatch, id);
  if ((account.flags & kAccountMayGoNegative) == 0 && available(id) < c.amount.minor) {
    return tell(Decision::insufficient_funds, id);
  }
  if (!fits(held(id) + c.amount.minor)) return tell(Decision::balance_overflow, id);
  if (authorizations_.size() >= config_.authorizations_max) return declined(Decision::at_capacity);

  Authorization made;
  made.asked = c;
  made.request_id = request;
  made.account = id;
  made.program = card->program;
  made.created_at = now_;
  const std::uint64_t until = now_.ns + programs_[card->program].hold_period_s * kNsPerSecond;
  made.expires_at = TimestampNs{(until + kNsPerSecond - 1) / kNsPerSecond * kNsPerSecond};
  const AuthorizationId number{authorizations_.size() + 1};
  authorizations_[number] = made;
  open_.insert(number);
  Outcome outcome = tell(Decision::approved, id, number);
  outcome.amount = c.amount;
  flag_overdrawn(outcome, id);
  return outcome;
}

Outcome ReferenceModel::capture(const Capture& c) {
  if (!original_ok(c.authorization, c.original_request) || c.final > 1 ||
      std::any_of(std::begin(c.reserved), std::end(c.reserved),
                  [](auto byte) { return byte != 0; })) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  const auto number = find_original(c.authorization, c.original_request);
  if (!number) return declined(Decision::no_original);
  Authorization& a = authorizations_[*number];
  Account& account = accounts_[a.account];
  const AccountId payee = !c.settlement_account.is_zero()
                              ? c.settlement_account
                              : programs_[cards_[a.asked.card].program].settlement_account;
  const auto decline = [&](Decision decision) { return tell(decision, a.account, *number); };
  if (find_account(payee) == nullptr) return decline(Decision::unknown_account);
  Account& settlement = accounts_[payee];
  if (account.status == AccountStatus::closed || settlement.status == AccountStatus::closed) {
    return decline(Decision::account_closed);
  }
  if (settlement.currency != account.currency) return decline(Decision::currency_mismatch);
  if (payee == a.account || a.state == AuthorizationState::captured ||
      a.state == AuthorizationState::reversed) {
    return decline(Decision::not_allowed_in_state);
  }
  const Wide amount = c.amount.minor;
  if (amount > left(a)) return decline(Decision::above_authorized);
  const Wide ledger_after = account.ledger.minor - amount;
  const Wide settlement_after = settlement.ledger.minor + amount;
  if (!fits(ledger_after) || !fits(settlement_after)) return decline(Decision::balance_overflow);

  const bool late = a.state == AuthorizationState::expired;
  account.ledger = saturated(ledger_after);
  settlement.ledger = saturated(settlement_after);
  a.captured += c.amount.minor;
  if (c.final == 1) {
    a.state = AuthorizationState::captured;
    open_.erase(*number);
  }
  close_if_done(*number, a);
  Outcome outcome = tell(Decision::approved, a.account, *number);
  outcome.amount = c.amount;
  outcome.counterparty_balance = settlement.ledger;
  if (late) outcome.flags |= kOutcomeLate;
  flag_overdrawn(outcome, a.account);
  return outcome;
}

Outcome ReferenceModel::reverse(const Reverse& c) {
  if (!original_ok(c.authorization, c.original_request)) return declined(Decision::malformed);
  if (c.amount.minor < 0) return declined(Decision::invalid_amount);
  const auto number = find_original(c.authorization, c.original_request);
  if (!number) return declined(Decision::no_original);
  Authorization& a = authorizations_[*number];
  if (a.state == AuthorizationState::captured || a.state == AuthorizationState::reversed) {
    return tell(Decision::not_allowed_in_state, a.account, *number);
  }
  if (c.amount.minor > left(a)) return tell(Decision::above_authorized, a.account, *number);
  const std::int64_t released =
      c.amount.minor == 0 ? static_cast<std::int64_t>(left(a)) : c.amount.minor;
  const bool late = a.state == AuthorizationState::expired;
  a.reversed += released;
  close_if_done(*number, a);
  Outcome outcome = tell(Decision::approved, a.account, *number);
  outcome.amount = Money{released};
  if (late) outcome.flags |= kOutcomeLate;
  return outcome;
}

Outcome ReferenceModel::refund(const Refund& c) {
  const bool unlinked = c.authorization.is_zero() && c.original_request.is_zero();
  if ((unlinked ? c.card.is_zero() || c.currency.numeric == 0
                : !original_ok(c.authorization, c.original_request) || !c.card.is_zero()) ||
      c.currency.numeric > 999 || !merchant_ok(c.merchant, c.mcc) || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);

  AuthorizationId number;
  CardToken token = c.card;
  if (!unlinked) {
    const auto original = find_original(c.authorization, c.original_request);
    if (!original) return declined(Decision::no_original);
    number = *original;
    token = authorizations_[number].asked.card;
  }
  const Card* card = find_card(token);
  if (card == nullptr) return declined(Decision::unknown_card);
  const AccountId payee = card->account;
  const AccountId payer = !c.settlement_account.is_zero()
                              ? c.settlement_account
                              : programs_[card->program].settlement_account;
  const auto decline = [&](Decision decision) { return tell(decision, payee, number); };
  if (find_account(payer) == nullptr) return decline(Decision::unknown_account);
  Account& account = accounts_[payee];
  Account& settlement = accounts_[payer];
  if (settlement.status == AccountStatus::frozen) return decline(Decision::account_frozen);
  if (account.status == AccountStatus::closed || settlement.status == AccountStatus::closed) {
    return decline(Decision::account_closed);
  }
  if ((c.currency.numeric != 0 && c.currency != account.currency) ||
      settlement.currency != account.currency) {
    return decline(Decision::currency_mismatch);
  }
  if (payer == payee) return decline(Decision::not_allowed_in_state);
  const Wide amount = c.amount.minor;
  if (!unlinked) {
    const Authorization& a = authorizations_[number];
    if (a.captured == 0) return decline(Decision::not_allowed_in_state);
    if (amount > Wide{a.captured} - a.refunded) return decline(Decision::above_authorized);
  }
  if ((settlement.flags & kAccountMayGoNegative) == 0 && available(payer) < amount) {
    return decline(Decision::insufficient_funds);
  }
  const Wide settlement_after = settlement.ledger.minor - amount;
  const Wide ledger_after = account.ledger.minor + amount;
  if (!fits(settlement_after) || !fits(ledger_after)) return decline(Decision::balance_overflow);
  settlement.ledger = saturated(settlement_after);
  account.ledger = saturated(ledger_after);
  if (!unlinked) authorizations_[number].refunded += c.amount.minor;
  Outcome outcome = tell(Decision::approved, payee, number);
  outcome.amount = c.amount;
  outcome.counterparty_balance = settlement.ledger;
  flag_overdrawn(outcome, payee);
  return outcome;
}

}  // namespace holdfast::model
