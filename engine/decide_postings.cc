// Moving money: transfers, captures, refunds, and advices of what was decided elsewhere.
#include <algorithm>
#include <optional>

#include "engine/decide.h"
#include "engine/tolerance.h"

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

}  // namespace

void Decider::tell_posting(const AccountSlot& account, const AccountSlot& other) {
  tell_balances(outcome_, account);
  outcome_.counterparty_balance = other.ledger;
  flag_if_overdrawn(outcome_, account);
}

void Decider::post(AccountSlot& debit, AccountSlot& credit, Money amount) {
  debit.ledger.minor -= amount.minor;
  credit.ledger.minor += amount.minor;
  outcome_.amount = amount;
}

AccountSlot* Decider::settlement_of(AccountId named, const CardSlot& card) {
  return find_account(named.is_zero() ? program_of(card).settlement_account : named);
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
  tell_posting(*debit, *credit);
  return Decision::approved;
}

Decision Decider::capture(const Capture& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request, c.card);
  if (number == kNoSlot) {
    return was_forgotten(c.authorization) && !c.card.is_zero() ? capture_forgotten(c)
                                                               : Decision::no_original;
  }
  AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = card_at(hold.card);
  AccountSlot& account = account_of(card);
  AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const Sides sides{&account, settlement, /*frozen_debit_may_pay=*/true};
  if (const Decision d = sides.judge(CurrencyCode{}); d != Decision::approved) return d;
  const bool late = hold.state == AuthorizationState::expired;
  if (hold.state != AuthorizationState::open && !late) return Decision::not_allowed_in_state;
  const Wide ceiling = capture_ceiling(hold, category_of(card, hold.mcc));
  if (Wide{hold.captured.minor} + c.amount.minor > ceiling) return Decision::above_authorized;
  const std::optional<Money> captured = checked_add(hold.captured, c.amount);
  if (!captured || sides.would_overflow(c.amount)) return Decision::balance_overflow;

  // No check of funds: the money was promised when it was held, and schemes allow late captures.
  if (!late) account.held.minor -= std::min(c.amount, hold.left()).minor;
  hold.captured = *captured;
  post(account, *settlement, c.amount);
  if (c.final == 1 || hold.left().minor == 0) close(number, AuthorizationState::captured);
  if (late) outcome_.flags |= kOutcomeLate;
  tell_posting(account, *settlement);
  return Decision::approved;
}

// A force post: schemes oblige the issuer to pay, however late, and the card says from where.
Decision Decider::capture_forgotten(const Capture& c) {
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  const CardSlot& card = card_at(card_number);
  AccountSlot& account = account_of(card);
  outcome_.authorization = c.authorization;
  tell_balances(outcome_, account);
  AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const Sides sides{&account, settlement, /*frozen_debit_may_pay=*/true};
  if (const Decision d = sides.judge(CurrencyCode{}); d != Decision::approved) return d;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  post(account, *settlement, c.amount);
  outcome_.flags |= kOutcomeOriginalForgotten;
  tell_posting(account, *settlement);
  return Decision::approved;
}

Decision Decider::refund(const Refund& c) {
  const bool linked = !c.authorization.is_zero() || !c.original_request.is_zero();
  return linked ? refund_linked(c) : refund_to_card(c);
}

Decision Decider::refund_linked(const Refund& c) {
  const SlotNumber number = find_original(c.authorization, c.original_request, c.card);
  if (number == kNoSlot) {
    if (!was_forgotten(c.authorization) || c.card.is_zero()) return Decision::no_original;
    outcome_.authorization = c.authorization;
    outcome_.flags |= kOutcomeOriginalForgotten;
    return refund_to_card(c);
  }
  AuthorizationSlot& hold = t_.holds[number];
  const CardSlot& card = card_at(hold.card);
  AccountSlot& account = account_of(card);
  AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const Sides sides{settlement, &account};
  if (const Decision d = sides.judge(c.currency); d != Decision::approved) return d;
  if (hold.captured.minor == 0) return Decision::not_allowed_in_state;
  if (c.amount.minor > hold.captured.minor - hold.refunded.minor) return Decision::above_authorized;
  if (!covers(*settlement, c.amount)) return Decision::insufficient_funds;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  hold.refunded.minor += c.amount.minor;
  post(*settlement, account, c.amount);
  tell_posting(account, *settlement);
  return Decision::approved;
}

// Unlinked, or linked to an authorization that is no longer in memory.
Decision Decider::refund_to_card(const Refund& c) {
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  const CardSlot& card = card_at(card_number);
  AccountSlot& account = account_of(card);
  tell_balances(outcome_, account);
  AccountSlot* settlement = settlement_of(c.settlement_account, card);
  const Sides sides{settlement, &account};
  if (const Decision d = sides.judge(c.currency); d != Decision::approved) return d;
  if (!covers(*settlement, c.amount)) return Decision::insufficient_funds;
  if (sides.would_overflow(c.amount)) return Decision::balance_overflow;

  post(*settlement, account, c.amount);
  tell_posting(account, *settlement);
  return Decision::approved;
}

// An advice is counted whatever the controls say, if only the sums fit.
void Decider::judge_advise(const Policy& policy, const Advise& c, SlotNumber card_number,
                           Money amount, Verdict& verdict) const {
  verdict.decision = judge_controls(policy, card_number, c, amount, verdict.judgement);
  verdict.counts = verdict.judgement.fits(amount);
  verdict.amount = verdict.counts ? amount : Money{};
  if (verdict.decision == Decision::approved && !verdict.counts) {
    verdict.decision = Decision::balance_overflow;
  }
}

Decision Decider::advise(const Advise& c) {
  if (context_.was_reversed_before) return Decision::reversed_before;
  const SlotNumber card_number = t_.card_index.find(c.card);
  if (card_number == kNoSlot) return Decision::unknown_card;
  const CardSlot& card = card_at(card_number);
  AccountSlot& account = account_of(card);
  tell_balances(outcome_, account);
  const bool posts = c.post == 1;
  AccountSlot* settlement = posts ? settlement_of(c.settlement_account, card) : nullptr;
  Decision accounts = Decision::approved;
  if (posts) {
    accounts = Sides{&account, settlement, /*frozen_debit_may_pay=*/true}.judge(CurrencyCode{});
  } else if (account.status == AccountStatus::closed) {
    accounts = Decision::account_closed;
  }
  // That both sides are the same account comes behind what the currency has to say.
  const bool same_account = accounts == Decision::not_allowed_in_state;
  if (accounts != Decision::approved && !same_account) return accounts;
  Exchanged asked;
  const Decision exchanged = exchange(c.amount, c.currency, account.currency, asked);
  if (exchanged != Decision::approved) return exchanged;
  if (same_account) return accounts;
  const Money amount = asked.amount;
  const std::optional<Money> held = checked_add(account.held, amount);
  const bool overflows =
      posts ? Sides{&account, settlement}.would_overflow(amount) : !held.has_value();
  if (overflows) return Decision::balance_overflow;
  const Payer payer{card_number, card, account};
  judge_by_all(card, [&](const Policy& policy, Verdict& verdict) {
    judge_advise(policy, c, card_number, amount, verdict);
  });
  if (!verdict_.counts) return Decision::balance_overflow;
  if (!has_room_to_count() || !t_.holds.has_room(t_.config, context_.now)) {
    return Decision::at_capacity;
  }

  // Recorded all the same: somebody else approved it already. But it is told.
  const bool forced = judge_card_and_account(card, account) != Decision::approved ||
                      asked.rate_is_old || verdict_.decision != Decision::approved ||
                      !covers(account, amount);
  if (forced) outcome_.flags |= kOutcomeForced;
  const SlotNumber number = t_.holds.add(context_.now, [&] {
    AuthorizationSlot advised =
        new_authorization(c, payer, amount, asked.rate, /*merchant_initiated=*/false);
    if (posts) {
      advised.captured = amount;
      advised.state = AuthorizationState::captured;
    }
    return advised;
  });
  // What was posted at once is spent: nothing of it comes back.
  count(card_number, amount, posts ? nullptr : &t_.holds[number]);
  outcome_.authorization = t_.holds[number].id;
  outcome_.amount = amount;
  if (posts) {
    post(account, *settlement, amount);
    tell_posting(account, *settlement);
  } else {
    account.held = *held;
    tell_balances(outcome_, account);
    flag_if_overdrawn(outcome_, account);
  }
  return Decision::approved;
}

}  // namespace holdfast
