// The reference model's holds: how they begin (authorize, advise) and grow (increment).
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

/// The fields that an authorize and an advice have in common.
template <class Asked>
bool fields_ok(const Asked& c) {
  return !c.card.is_zero() && currency_ok(c.currency) && merchant_ok(c.merchant, c.mcc) &&
         text_ok(c.terminal.text, sizeof c.terminal.text) && c.country.numeric <= 999 &&
         static_cast<int>(c.channel) <= kChannelMax &&
         static_cast<int>(c.type) <= kTransactionTypeMax;
}

bool flags_ok(const Authorize& c) {
  if ((c.flags & ~kAuthorizeFlagsAll) != 0) return false;
  const bool is_cashback = c.type == TransactionType::purchase_cashback;
  if ((c.flags & kAuthorizeVerification) != 0) {
    return c.amount.minor == 0 && c.cashback.minor == 0 && !is_cashback &&
           c.type != TransactionType::cash &&
           (c.flags & (kAuthorizePartialAllowed | kAuthorizeEstimated)) == 0;
  }
  // An amount that is wrong by itself is told as such, not as a wrong cashback.
  if (is_cashback) return c.cashback.minor >= 0 && (c.amount.minor <= 0 || c.cashback <= c.amount);
  return c.cashback.minor == 0;
}

bool posting_ok(const Advise& c) {
  const bool is_said = c.post <= 1 && (c.post == 1 || c.settlement_account.is_zero());
  return is_said && std::all_of(std::begin(c.reserved), std::end(c.reserved),
                                [](auto byte) { return byte == 0; });
}

/// What an advice has in common with an authorize, but for its amount.
Authorize asked_by(const Advise& c) {
  Authorize asked;
  asked.card = c.card;
  asked.merchant = c.merchant;
  asked.currency = c.currency;
  asked.mcc = c.mcc;
  asked.country = c.country;
  asked.channel = c.channel;
  asked.type = c.type;
  return asked;
}

}  // namespace

Decision ReferenceModel::judge_card(const Card& card) const {
  switch (card.status) {
    case CardStatus::active: break;
    case CardStatus::lost: return Decision::card_lost;
    case CardStatus::stolen: return Decision::card_stolen;
    case CardStatus::blocked: return Decision::card_blocked;
    case CardStatus::closed: return Decision::card_closed;
  }
  return is_past(card.expiry, now_) ? Decision::card_expired : Decision::approved;
}

Outcome ReferenceModel::authorize(const Authorize& c, RequestId request) {
  if (!fields_ok(c) || !flags_ok(c) || c.reserved != 0) return declined(Decision::malformed);
  const bool verifies = (c.flags & kAuthorizeVerification) != 0;
  if (c.amount.minor <= 0 && !verifies) return declined(Decision::invalid_amount);
  if (reversed_before_) return declined(Decision::reversed_before);
  const Card* card = find_card(c.card);
  if (card == nullptr) return declined(Decision::unknown_card);
  const AccountId id = card->account;
  if (const Decision status = judge_card(*card); status != Decision::approved) {
    return tell(status, id);
  }
  const Account& account = accounts_[id];
  if (account.status == AccountStatus::frozen) return tell(Decision::account_frozen, id);
  if (account.status == AccountStatus::closed) return tell(Decision::account_closed, id);
  const Converted all = convert(c.amount.minor, c.currency, account.currency);
  if (all.decision == Decision::currency_mismatch) return tell(all.decision, id);
  if (all.is_stale) return tell(Decision::rate_too_old, id);
  if (all.decision != Decision::approved) return tell(all.decision, id);
  Payment payment;
  payment.asked = c;
  payment.account = id;
  payment.amount = all.amount;
  // A cashback of less than a minor unit of the account's currency is none.
  const Wide cashback = convert(c.cashback.minor, c.currency, account.currency).amount;
  if (cashback > 0) payment.purchase = all.amount - cashback;
  const Verdict verdict = judge_by_all(payment);
  if (!is_approval(verdict.decision) || verdict.decision == Decision::verified) {
    return tell(verdict.decision, id);
  }
  if (has_no_room_for_authorization()) return declined(Decision::at_capacity);

  Authorization made;
  made.asked = c;
  made.request_id = request;
  made.account = id;
  made.rate = all.rate;
  made.requested = c.amount.minor;
  made.approved = saturated(verdict.held).minor;
  made.created_at = now_;
  made.expires_at = hold_until(program_of(c.card), c.mcc,
                               (c.flags & kAuthorizeMerchantInitiated) != 0);
  const AuthorizationId number = keep(made);
  count_use(payment, verdict.held, active_judge(c.card), &authorizations_[number]);
  judgement_->hold = number;
  Outcome outcome = tell(verdict.decision, id, number);
  outcome.amount = Money{made.approved};
  flag_overdrawn(outcome, id);
  return outcome;
}

ReferenceModel::Verdict ReferenceModel::judge_hold(const Payment& payment, Judge by) const {
  const Authorize& c = payment.asked;
  const AccountId id = payment.account;
  Wide wanted = payment.amount;
  const AddCategory* row = category(by.rules, c.mcc);
  if ((c.flags & kAuthorizeEstimated) != 0 && row != nullptr && row->estimate.minor > 0) {
    wanted = row->estimate.minor;
  }
  if (const Decision refusal = judge_controls(payment, wanted, by);
      refusal != Decision::approved) {
    return {refusal, 0};
  }
  if ((c.flags & kAuthorizeVerification) != 0) return {Decision::verified, 0};
  Decision decision = Decision::approved;
  if (!covers(id, wanted)) {
    if (payment.purchase > 0 && covers(id, payment.purchase)) {
      decision = Decision::approved_purchase_only;
      wanted = payment.purchase;
    } else if ((c.flags & kAuthorizePartialAllowed) != 0 && available(id) > 0) {
      decision = Decision::approved_partially;
      wanted = available(id);
    } else {
      return {Decision::insufficient_funds, 0};
    }
  }
  if (!fits(held(id) + wanted) || !can_count(c, wanted, by)) {
    return {Decision::balance_overflow, 0};
  }
  return {decision, wanted};
}

Outcome ReferenceModel::advise(const Advise& c, RequestId request) {
  if (!fields_ok(c) || !posting_ok(c)) return declined(Decision::malformed);
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  if (reversed_before_) return declined(Decision::reversed_before);
  const Card* card = find_card(c.card);
  if (card == nullptr) return declined(Decision::unknown_card);
  const AccountId id = card->account;
  Account& account = accounts_[id];
  const Program& program = program_of(c.card);
  const AccountId payee =
      !c.settlement_account.is_zero() ? c.settlement_account : program.settlement_account;
  if (c.post == 1 && find_account(payee) == nullptr) return tell(Decision::unknown_account, id);
  Account* const settlement = c.post == 1 ? &accounts_[payee] : nullptr;
  if (account.status == AccountStatus::closed ||
      (settlement != nullptr && settlement->status == AccountStatus::closed)) {
    return tell(Decision::account_closed, id);
  }
  const Converted all = convert(c.amount.minor, c.currency, account.currency);
  if (all.decision == Decision::currency_mismatch ||
      (settlement != nullptr && settlement->currency != account.currency)) {
    return tell(Decision::currency_mismatch, id);
  }
  if (all.decision != Decision::approved) return tell(all.decision, id);
  if (settlement != nullptr && payee == id) return tell(Decision::not_allowed_in_state, id);
  const Wide ledger_after = Wide{account.ledger.minor} - all.amount;
  const bool overflows =
      settlement == nullptr
          ? !fits(held(id) + all.amount)
          : !fits(ledger_after) || !fits(Wide{settlement->ledger.minor} + all.amount);
  Payment payment;
  payment.asked = asked_by(c);
  if (overflows || !can_count(payment.asked, all.amount, active_judge(c.card))) {
    return tell(Decision::balance_overflow, id);
  }
  if (has_no_room_for_authorization()) return declined(Decision::at_capacity);

  payment.account = id;
  payment.amount = all.amount;
  payment.is_advice = true;
  const Verdict verdict = judge_by_all(payment);
  const bool is_forced = judge_card(*card) != Decision::approved || all.is_stale ||
                         account.status == AccountStatus::frozen || !covers(id, all.amount) ||
                         verdict.decision != Decision::approved;
  Authorization made;
  made.asked = payment.asked;
  made.request_id = request;
  made.account = id;
  made.rate = all.rate;
  made.requested = c.amount.minor;
  made.approved = all.amount;
  made.created_at = now_;
  made.expires_at = hold_until(program, c.mcc, false);
  if (settlement != nullptr) {
    account.ledger = saturated(ledger_after);
    settlement->ledger.minor += all.amount;
    made.captured = all.amount;
    made.state = AuthorizationState::captured;
    made.ended_at = now_;
  }
  const AuthorizationId number = keep(made);
  Authorization* const hold = settlement == nullptr ? &authorizations_[number] : nullptr;
  count_use(payment, verdict.held, active_judge(c.card), hold);
  if (hold != nullptr) judgement_->hold = number;
  Outcome outcome = tell(Decision::approved, id, number);
  outcome.amount = Money{all.amount};
  if (settlement != nullptr) outcome.counterparty_balance = settlement->ledger;
  if (is_forced) outcome.flags |= kOutcomeForced;
  flag_overdrawn(outcome, id);
  return outcome;
}

Outcome ReferenceModel::increment(const Increment& c) {
  if (!original_ok(c.authorization, c.original_request)) return declined(Decision::malformed);
  if (c.amount.minor <= 0) return declined(Decision::invalid_amount);
  return with_original(c.authorization, c.original_request, {},
                       [&](bool gone) { return increment_of(c, gone); });
}

Outcome ReferenceModel::increment_of(const Increment& c, bool gone) {
  judgement_.reset();  // what was said of an original that is gone after all
  const auto number = find_original(c.authorization, c.original_request, gone);
  if (!number) return declined(Decision::no_original);
  Authorization& a = authorizations_[*number];
  const Account& account = accounts_[a.account];
  const auto decline = [&](Decision decision) { return tell(decision, a.account, *number); };
  if (const Decision status = judge_card(cards_[a.asked.card]); status != Decision::approved) {
    return decline(status);
  }
  if (account.status == AccountStatus::frozen) return decline(Decision::account_frozen);
  if (account.status == AccountStatus::closed) return decline(Decision::account_closed);
  std::int64_t more = c.amount.minor;
  if (a.rate.rate != 0) {
    const auto converted = exchanged(c.amount.minor, a.rate);
    if (!converted) return decline(Decision::balance_overflow);
    if (*converted == 0) return decline(Decision::invalid_amount);
    more = *converted;
  }
  Payment payment;
  payment.asked = a.asked;
  payment.account = a.account;
  payment.amount = more;
  payment.raised = &a;
  payment.is_too_large =
      !fits(Wide{a.requested} + c.amount.minor) || !fits(Wide{a.approved} + more);
  const Verdict verdict = judge_by_all(payment);
  if (verdict.decision != Decision::approved) return decline(verdict.decision);
  a.requested += c.amount.minor;
  a.approved += more;
  count_use(payment, more, active_judge(a.asked.card), &a);
  judgement_->hold = *number;
  Outcome outcome = tell(Decision::approved, a.account, *number);
  outcome.amount = Money{more};
  flag_overdrawn(outcome, a.account);
  return outcome;
}

ReferenceModel::Verdict ReferenceModel::judge_raise(const Payment& payment, Judge by) const {
  const Decision refusal = judge_controls(payment, payment.amount, by);
  if (refusal != Decision::approved) return {refusal, 0};
  if (payment.raised->state != AuthorizationState::open) return {Decision::not_allowed_in_state, 0};
  if (!covers(payment.account, payment.amount)) return {Decision::insufficient_funds, 0};
  if (payment.is_too_large || !fits(held(payment.account) + payment.amount) ||
      !can_count(payment.asked, payment.amount, by)) {
    return {Decision::balance_overflow, 0};
  }
  return {Decision::approved, payment.amount};
}

}  // namespace holdfast::model
