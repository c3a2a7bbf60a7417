// The reference model's payments: transfer, capture, reverse, refund.
#include <algorithm>

#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {

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

Outcome ReferenceModel::capture(const Capture& c) {
  if (!original_ok(c.authorization, c.original_request) || c.final > 1 ||
      std::any_of(std::begin(c.reserved), std::end(c.reserved),
                  [](auto byte) { return byte != 0; })) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  return with_original(c.authorization, c.original_request, c.card,
                       [&](bool gone) { return capture_of(c, gone); });
}

Outcome ReferenceModel::capture_of(const Capture& c, bool gone) {
  const auto number = find_original(c.authorization, c.original_request, gone);
  if (!number) {
    const bool is_forgotten = was_given(c.authorization) && !c.card.is_zero();
    return is_forgotten ? capture_forgotten(c) : declined(Decision::no_original);
  }
  Authorization& a = authorizations_[*number];
  if (!c.card.is_zero() && c.card != a.asked.card) return declined(Decision::no_original);
  Account& account = accounts_[a.account];
  const AccountId payee = !c.settlement_account.is_zero()
                              ? c.settlement_account
                              : program_of(a.asked.card).settlement_account;
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
  if (a.captured + amount > capture_ceiling(a)) return decline(Decision::above_authorized);
  const Wide ledger_after = account.ledger.minor - amount;
  const Wide settlement_after = settlement.ledger.minor + amount;
  if (!fits(ledger_after) || !fits(settlement_after) || !fits(a.captured + amount)) {
    return decline(Decision::balance_overflow);
  }

  const bool late = a.state == AuthorizationState::expired;
  account.ledger = saturated(ledger_after);
  settlement.ledger = saturated(settlement_after);
  a.captured += c.amount.minor;
  if (c.final == 1) {
    give_back(a, left(a));
    end(*number, a, AuthorizationState::captured);
  }
  close_if_done(*number, a);
  Outcome outcome = tell(Decision::approved, a.account, *number);
  outcome.amount = c.amount;
  outcome.counterparty_balance = settlement.ledger;
  if (late) outcome.flags |= kOutcomeLate;
  flag_overdrawn(outcome, a.account);
  return outcome;
}

// The hold is forgotten, and its merchant still gets the money that was promised then.
Outcome ReferenceModel::capture_forgotten(const Capture& c) {
  const Card* card = find_card(c.card);
  if (card == nullptr) return declined(Decision::unknown_card);
  const AccountId payer = card->account;
  const AccountId payee = !c.settlement_account.is_zero()
                              ? c.settlement_account
                              : program_of(c.card).settlement_account;
  const auto decline = [&](Decision decision) { return tell(decision, payer, c.authorization); };
  if (find_account(payee) == nullptr) return decline(Decision::unknown_account);
  Account& account = accounts_[payer];
  Account& settlement = accounts_[payee];
  if (account.status == AccountStatus::closed || settlement.status == AccountStatus::closed) {
    return decline(Decision::account_closed);
  }
  if (settlement.currency != account.currency) return decline(Decision::currency_mismatch);
  if (payee == payer) return decline(Decision::not_allowed_in_state);
  const Wide ledger_after = Wide{account.ledger.minor} - c.amount.minor;
  const Wide settlement_after = Wide{settlement.ledger.minor} + c.amount.minor;
  if (!fits(ledger_after) || !fits(settlement_after)) return decline(Decision::balance_overflow);
  account.ledger = saturated(ledger_after);
  settlement.ledger = saturated(settlement_after);
  Outcome outcome = tell(Decision::approved, payer, c.authorization);
  outcome.amount = c.amount;
  outcome.counterparty_balance = settlement.ledger;
  outcome.flags |= kOutcomeOriginalForgotten;
  flag_overdrawn(outcome, payer);
  return outcome;
}

Outcome ReferenceModel::reverse(const Reverse& c) {
  if (!original_ok(c.authorization, c.original_request) || c.advice > 1 ||
      std::any_of(std::begin(c.reserved), std::end(c.reserved),
                  [](auto byte) { return byte != 0; })) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor < 0) return declined(Decision::invalid_amount);
  return with_original(c.authorization, c.original_request, {},
                       [&](bool gone) { return reverse_of(c, gone); });
}

// The reversal came before what it reverses, or what it reverses is forgotten.
Outcome ReferenceModel::reverse_unknown(const Reverse& c) {
  const Outcome refused = declined(Decision::no_original);
  const Outcome accepted = c.advice == 1 ? declined(Decision::approved) : refused;
  if (c.original_request.is_zero()) return refused;
  const auto known = requests_.find(c.original_request);
  Remembered tombstone;
  tombstone.tombstone = true;
  tombstone.outcome.time = now_;
  if (known == requests_.end() || (may_be_forgotten(known->second) && seen_ == nullptr)) {
    const std::size_t more = known == requests_.end() ? 2 : 1;
    if (has_no_room_for_requests(more)) return declined(Decision::at_capacity);
    requests_[c.original_request] = tombstone;
    return accepted;
  }
  Remembered& entry = known->second;
  if (entry.tombstone) return accepted;
  if (!may_be_forgotten(entry)) return refused;
  if (told(Decision::at_capacity)) return declined(Decision::at_capacity);
  if (c.advice == 1 && told(Decision::no_original)) return refused;  // so it is remembered still
  // Here a tombstone stands now, perhaps from an earlier reversal: then it is as old as that.
  if (c.advice == 0) {
    entry.maybe_tombstone = true;
  } else if (!entry.maybe_tombstone) {
    entry = tombstone;
  }
  return accepted;
}

Outcome ReferenceModel::reverse_of(const Reverse& c, bool gone) {
  const auto number = find_original(c.authorization, c.original_request, gone);
  if (!number) return reverse_unknown(c);
  Authorization& a = authorizations_[*number];
  if (a.state == AuthorizationState::captured || a.state == AuthorizationState::reversed) {
    return tell(Decision::not_allowed_in_state, a.account, *number);
  }
  if (c.amount.minor > left(a)) return tell(Decision::above_authorized, a.account, *number);
  const std::int64_t released =
      c.amount.minor == 0 ? static_cast<std::int64_t>(left(a)) : c.amount.minor;
  const bool late = a.state == AuthorizationState::expired;
  a.reversed += released;
  give_back(a, released);
  close_if_done(*number, a);
  Outcome outcome = tell(Decision::approved, a.account, *number);
  outcome.amount = Money{released};
  if (late) outcome.flags |= kOutcomeLate;
  flag_overdrawn(outcome, a.account);
  return outcome;
}

Outcome ReferenceModel::refund(const Refund& c) {
  const bool unlinked = c.authorization.is_zero() && c.original_request.is_zero();
  if ((unlinked ? c.card.is_zero() || c.currency.numeric == 0
                : !original_ok(c.authorization, c.original_request)) ||
      c.currency.numeric > 999 || !merchant_ok(c.merchant, c.mcc) || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  if (unlinked) return refund_of(c, true);
  return with_original(c.authorization, c.original_request, c.card,
                       [&](bool gone) { return refund_of(c, gone); });
}

Outcome ReferenceModel::refund_of(const Refund& c, bool gone) {
  AuthorizationId number = c.authorization;
  CardToken token = c.card;
  const bool names_one = !c.authorization.is_zero() || !c.original_request.is_zero();
  const auto original = find_original(c.authorization, c.original_request, gone);
  const bool is_forgotten = !original && was_given(c.authorization) && !c.card.is_zero();
  if (names_one && !original && !is_forgotten) return declined(Decision::no_original);
  const bool unlinked = !original;
  if (original) {
    number = *original;
    token = authorizations_[number].asked.card;
    if (!c.card.is_zero() && c.card != token) return declined(Decision::no_original);
  }
  const Card* card = find_card(token);
  if (card == nullptr) {
    Outcome outcome = declined(Decision::unknown_card);
    outcome.authorization = number;
    if (is_forgotten) outcome.flags |= kOutcomeOriginalForgotten;
    return outcome;
  }
  const AccountId payee = card->account;
  const AccountId payer = !c.settlement_account.is_zero()
                              ? c.settlement_account
                              : programs_[card->program].settlement_account;
  const auto decline = [&](Decision decision) {
    Outcome outcome = tell(decision, payee, number);
    if (is_forgotten) outcome.flags |= kOutcomeOriginalForgotten;
    return outcome;
  };
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
  if (is_forgotten) outcome.flags |= kOutcomeOriginalForgotten;
  flag_overdrawn(outcome, payee);
  return outcome;
}

}  // namespace holdfast::model
