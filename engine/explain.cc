#include "engine/explain.h"

#include <algorithm>

#include "engine/explainer.h"
#include "engine/limits.h"
#include "engine/validation.h"

namespace holdfast {

Explanation StateMachine::explain(const Command& command, TimestampNs asked_at) const {
  return Explainer(*tables_, command, std::max(asked_at, tables_->time)).explain();
}

Explainer::Explainer(Tables& tables, const Command& command, TimestampNs now)
    : t_(tables),
      command_(command),
      context_{now, command.request_id, tables.requests.has_tombstone(command.request_id)},
      decider_(tables, context_, undecided_) {
  e_.kind = command.kind;
  e_.now = now;
  for (const CheckName name : checks_of(command.kind)) e_.checks.push_back({.name = name});
  if (e_.checks.empty()) e_.checks.push_back({.name = CheckName::fields});  // no such kind
}

Explanation Explainer::explain() {
  const bool known = command_body_bytes(command_.kind) != 0;
  if (!known || is_gateway_command(command_.kind) == command_.request_id.is_zero()) {
    set(CheckName::fields, CheckResult::failed, Decision::malformed);
    e_.decision = Decision::malformed;
    return e_;
  }
  if (request() && form()) {
    switch (command_.kind) {
#define HOLDFAST_COMMAND_EXPLAIN(name, number, type, member) \
  case CommandKind::name:                                    \
    of(command_.member);                                     \
    break;
      HOLDFAST_COMMANDS(HOLDFAST_COMMAND_EXPLAIN)
#undef HOLDFAST_COMMAND_EXPLAIN
    }
  }
  if (!e_.repeated) settle();
  return e_;
}

void Explainer::settle() {
  e_.decision = approval_;
  const auto failed = std::ranges::find(e_.checks, CheckResult::failed, &Check::result);
  if (failed != e_.checks.end()) e_.decision = failed->decision;
  if (!is_approval(e_.decision)) return;
  e_.done = amount_if_approved_;
  count_done();
}

void Explainer::set(CheckName name, CheckResult result, Decision decision) {
  const auto at = std::ranges::find(e_.checks, name, &Check::name);
  if (at != e_.checks.end()) *at = {name, result, decision};
}

bool Explainer::check(CheckName name, bool ok, Decision decision) {
  ok ? pass(name) : set(name, CheckResult::failed, decision);
  return ok;
}

bool Explainer::check(CheckName name, Decision decision) {
  return check(name, decision == Decision::approved, decision);
}

void Explainer::check_overruled(CheckName name, Decision decision) {
  decision == Decision::approved ? pass(name) : set(name, CheckResult::overruled, decision);
}

void Explainer::check_capacity(CheckName name, std::uint64_t used, std::uint64_t most,
                               std::uint64_t wanted) {
  e_.capacities.push_back({name, used, most});
  check(name, used + wanted <= most, Decision::at_capacity);
}

bool Explainer::request() {
  if (!is_gateway_command(command_.kind)) return true;
  const RequestSlot* slot = t_.requests.find(command_.request_id);
  if (slot != nullptr && slot->kind != kTombstone) {
    const bool same = slot->fingerprint == RequestMemory::fingerprint(command_) &&
                      slot->kind == command_.kind;
    if (!same) return check(CheckName::request_id, Decision::request_id_reused);
    e_.repeated = slot->outcome;
    e_.repeated->flags |= kOutcomeRepeated;
    e_.decision = slot->outcome.decision;
    e_.authorization = slot->outcome.authorization;
    return false;
  }
  pass(CheckName::request_id);
  const auto still_needed = [this](const RequestSlot& other) { return t_.is_still_needed(other); };
  e_.capacities.push_back(
      {CheckName::request_memory, t_.requests.size(), t_.config.request_ids_max});
  check(CheckName::request_memory, t_.requests.has_room(1, t_.config, now(), still_needed),
        Decision::at_capacity);
  return true;
}

bool Explainer::form() {
  const Decision decision = validate(command_);
  if (!check(CheckName::fields, decision != Decision::malformed, Decision::malformed)) return false;
  has_amount_ = check(CheckName::amount, decision);
  return true;
}

const AccountSlot* Explainer::find_account(AccountId id) const {
  const SlotNumber number = t_.account_index.find(id);
  return number == kNoSlot ? nullptr : &t_.accounts[number];
}

const AccountSlot* Explainer::settlement_of(AccountId named, const CardSlot& card) const {
  return find_account(named.is_zero() ? t_.programs[card.program].settlement_account : named);
}

void Explainer::tell_card(SlotNumber number) {
  const CardSlot& card = t_.cards[number];
  const AccountSlot& account = t_.accounts[card.account];
  const ProgramSlot& program = t_.programs[card.program];
  e_.card = card.token;
  e_.card_status = card.status;
  e_.card_expires_at = card.expires_at;
  e_.account = account.id;
  e_.currency = account.currency;
  e_.program = program.id;
  e_.rule_set_version = program.rule_set_version;
}

SlotNumber Explainer::find_card(CardToken token) {
  const SlotNumber number = t_.card_index.find(token);
  if (check(CheckName::card, number != kNoSlot, Decision::unknown_card)) tell_card(number);
  return number;
}

SlotNumber Explainer::find_original(AuthorizationId id, RequestId original_request,
                                    CardToken card) {
  e_.original_forgotten = decider_.was_forgotten(id);
  const SlotNumber number = t_.find_original(id, original_request);
  if (number == kNoSlot) return kNoSlot;
  const AuthorizationSlot& hold = t_.holds[number];
  if (!card.is_zero() && t_.cards[hold.card].token != card) return kNoSlot;
  pass(CheckName::original);
  tell_card(hold.card);
  e_.authorization = hold.id;
  e_.original = OriginalFacts{.state = hold.state,
                              .approved = hold.approved,
                              .captured = hold.captured,
                              .reversed = hold.reversed,
                              .refunded = hold.refunded,
                              .left = hold.left(),
                              .expires_at = hold.expires_at,
                              .tolerance = {},
                              .most = hold.left()};
  return number;
}

void Explainer::card_state(const CardSlot& card, bool overruled) {
  const auto judge = [&](CheckName name, Decision decision) {
    overruled ? check_overruled(name, decision) : static_cast<void>(check(name, decision));
  };
  Decision status = Decision::approved;
  if (card.status == CardStatus::lost) status = Decision::card_lost;
  if (card.status == CardStatus::stolen) status = Decision::card_stolen;
  if (card.status == CardStatus::blocked) status = Decision::card_blocked;
  if (card.status == CardStatus::closed) status = Decision::card_closed;
  judge(CheckName::card_status, status);
  judge(CheckName::card_expiry,
        now() >= card.expires_at ? Decision::card_expired : Decision::approved);
}

void Explainer::account_state(const AccountSlot& account) {
  Decision status = Decision::approved;
  if (account.status == AccountStatus::frozen) status = Decision::account_frozen;
  if (account.status == AccountStatus::closed) status = Decision::account_closed;
  check(CheckName::account_status, status);
}

void Explainer::exchange(Money amount, CurrencyCode from, CurrencyCode to) {
  if (from == to) {
    skip(CheckName::exchange_rate);
    skip(CheckName::rate_age);
    exchange_at(amount, kNoSlot);
    return;
  }
  const SlotNumber rate = t_.exchange.find(from, to);
  if (!check(CheckName::exchange_rate, rate != kNoSlot, Decision::currency_mismatch)) return;
  tell_rate(rate, /*of_the_original=*/false);
  const bool old = t_.exchange[rate].is_too_old(now());
  const Decision age = old ? Decision::rate_too_old : Decision::approved;
  if (command_.kind == CommandKind::advise) {
    check_overruled(CheckName::rate_age, age);
  } else {
    check(CheckName::rate_age, age);
  }
  exchange_at(amount, rate);
}

void Explainer::exchange_at(Money amount, SlotNumber rate) {
  if (!has_amount_) return;
  Money result;
  converted(decider_.convert_at(amount, rate, result), result);
}

void Explainer::tell_rate(SlotNumber rate, bool of_the_original) {
  if (rate == kNoSlot) return;
  e_.exchange = ExchangeFacts{t_.exchange[rate].rate, t_.exchange[rate].set_at, of_the_original};
}

void Explainer::converted(Decision decision, Money amount) {
  if (!check(CheckName::converted_amount, decision)) return;
  e_.converted = e_.judged = amount;
}

void Explainer::tell_funds(const AccountSlot& account, Money amount) {
  e_.funds = FundsFacts{.account = account.id,
                        .currency = account.currency,
                        .ledger = account.ledger,
                        .held = account.held,
                        .credit_limit = account.credit_limit,
                        .available = available_told(account),
                        .amount = amount,
                        .may_go_negative = account.may_go_negative()};
}

void Explainer::check_funds(const AccountSlot& account, Money amount) {
  tell_funds(account, amount);
  check(CheckName::funds, covers(account, amount), Decision::insufficient_funds);
}

void Explainer::tell_period(const CardSlot& card, Mcc mcc, bool merchant_initiated) {
  HoldPeriodFacts facts;
  facts.period_s = t_.programs[card.program].hold_period_s;
  if (const AddCategory* category = decider_.category_of(card, mcc)) {
    facts.category_first = category->mcc_first;
    facts.category_last = category->mcc_last;
    if (category->hold_period_s != 0) {
      facts.period_s = category->hold_period_s;
      facts.source = PeriodSource::category;
    }
    if (merchant_initiated && category->hold_period_merchant_s != 0) {
      facts.period_s = category->hold_period_merchant_s;
      facts.source = PeriodSource::category_merchant_initiated;
    }
  }
  facts.expires_at = decider_.hold_end(card, mcc, merchant_initiated);
  e_.hold_period = facts;
}

}  // namespace holdfast
