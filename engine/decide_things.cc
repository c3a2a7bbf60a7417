// Accounts, cards, programs, rates, rule sets, the configuration: what payments are made with.
#include "engine/calendar.h"
#include "engine/decide.h"
#include "engine/limits.h"

namespace holdfast {

void Decider::decide(const Command& command) {
  outcome_.decision = [&] {
    switch (command.kind) {
#define HOLDFAST_COMMAND_DECIDE(name, number, type, member) \
  case CommandKind::name:                                   \
    return name(command.member);
      HOLDFAST_COMMANDS(HOLDFAST_COMMAND_DECIDE)
#undef HOLDFAST_COMMAND_DECIDE
    }
    return Decision::malformed;
  }();
}

AccountSlot* Decider::find_account(AccountId id) {
  const SlotNumber number = t_.account_index.find(id);
  return number == kNoSlot ? nullptr : &t_.accounts[number];
}

Decision Decider::create_account(const CreateAccount& c) {
  if (const AccountSlot* existing = find_account(c.account)) {
    tell_balances(outcome_, *existing);
    return Decision::already_exists;
  }
  if (t_.accounts.size() >= t_.config.accounts_max) return Decision::at_capacity;

  const SlotNumber number = t_.accounts.append();
  AccountSlot& account = t_.accounts[number];
  account.id = c.account;
  account.credit_limit = c.credit_limit;
  account.currency = c.currency;
  account.flags = c.flags;
  t_.account_index.insert(c.account, number);
  tell_balances(outcome_, account);
  return Decision::approved;
}

Decision Decider::update_account(const UpdateAccount& c) {
  AccountSlot* account = find_account(c.account);
  if (account == nullptr) return Decision::unknown_account;
  tell_balances(outcome_, *account);
  if (account->status == AccountStatus::closed) return Decision::account_closed;
  const bool closes = (c.change & kChangeStatus) != 0 && c.status == AccountStatus::closed;
  if (closes && (account->ledger.minor != 0 || account->held.minor != 0)) {
    return Decision::not_allowed_in_state;
  }
  if ((c.change & kChangeStatus) != 0) account->status = c.status;
  if ((c.change & kChangeCreditLimit) != 0) account->credit_limit = c.credit_limit;
  tell_balances(outcome_, *account);
  flag_if_overdrawn(outcome_, *account);
  return Decision::approved;
}

Decision Decider::create_card(const CreateCard& c) {
  if (const SlotNumber existing = t_.card_index.find(c.card); existing != kNoSlot) {
    tell_balances(outcome_, account_of(card_at(existing)));
    return Decision::already_exists;
  }
  const SlotNumber account = t_.account_index.find(c.account);
  if (account == kNoSlot) return Decision::unknown_account;
  tell_balances(outcome_, t_.accounts[account]);
  if (t_.accounts[account].status == AccountStatus::closed) return Decision::account_closed;
  const SlotNumber program = t_.program_index.find(c.program);
  if (program == kNoSlot) return Decision::unknown_program;
  if (t_.cards.size() >= t_.config.cards_max) return Decision::at_capacity;

  const SlotNumber number = t_.cards.append();
  CardSlot& card = t_.cards[number];
  card.token = c.card;
  card.account = account;
  card.program = program;
  card.expiry = c.expiry;
  card.expires_at = end_of_expiry_month(c.expiry);
  t_.card_index.insert(c.card, number);
  return Decision::approved;
}

Decision Decider::update_card(const UpdateCard& c) {
  const SlotNumber number = t_.card_index.find(c.card);
  if (number == kNoSlot) return Decision::unknown_card;
  CardSlot& card = t_.cards[number];
  tell_balances(outcome_, t_.accounts[card.account]);
  if (card.status == CardStatus::closed) return Decision::card_closed;
  SlotNumber program = card.program;
  if ((c.change & kChangeProgram) != 0) {
    program = t_.program_index.find(c.program);
    if (program == kNoSlot) return Decision::unknown_program;
  }
  card.program = program;
  if ((c.change & kChangeStatus) != 0) card.status = c.status;
  if ((c.change & kChangeExpiry) != 0) {
    card.expiry = c.expiry;
    card.expires_at = end_of_expiry_month(c.expiry);
  }
  return Decision::approved;
}

Decision Decider::put_program(const PutProgram& c) {
  if (!c.settlement_account.is_zero()) {
    const AccountSlot* settlement = find_account(c.settlement_account);
    if (settlement == nullptr) return Decision::unknown_account;
    if (settlement->status == AccountStatus::closed) return Decision::account_closed;
  }
  SlotNumber number = t_.program_index.find(c.program);
  if (number == kNoSlot) {
    if (t_.programs.size() >= t_.config.programs_max) return Decision::at_capacity;
    number = t_.programs.append();
    t_.program_rules.emplace_back();
    t_.program_index.insert(c.program, number);
  }
  ProgramSlot& program = t_.programs[number];
  program.id = c.program;
  program.hold_period_s = c.hold_period_s;
  program.settlement_account = c.settlement_account;
  return Decision::approved;
}

Decision Decider::set_rate(const SetRate& c) {
  if (t_.exchange.size() >= limits::rates_max) return Decision::at_capacity;
  t_.exchange.set(c, context_.now);
  return Decision::approved;
}

Decision Decider::begin_rule_set(const BeginRuleSet& c) {
  if (t_.program_index.find(c.program) == kNoSlot) return Decision::unknown_program;
  if (c.version <= t_.rule_sets.last_version(c.program)) return Decision::already_exists;
  if (t_.rule_sets.size() >= limits::rule_sets_max) return Decision::at_capacity;
  t_.rule_sets.begin(c);
  return Decision::approved;
}

// A row of the rule set that is being written: an active one never changes under its
// authorizations.
template <class Row>
Decision Decider::add_row(const Row& row) {
  RuleSet* rule_set = t_.rule_sets.find(row.program, row.version);
  if (rule_set == nullptr) {
    const bool program_is_known = t_.program_index.find(row.program) != kNoSlot;
    return program_is_known ? Decision::no_original : Decision::unknown_program;
  }
  if (row.version != t_.rule_sets.last_version(row.program) || rule_set->was_activated ||
      !rule_set->accepts(row)) {
    return Decision::not_allowed_in_state;
  }
  t_.rule_sets.add(*rule_set, row);
  return Decision::approved;
}

Decision Decider::add_category(const AddCategory& c) { return add_row(c); }
Decision Decider::add_control(const AddControl& c) { return add_row(c); }
Decision Decider::add_list_item(const AddListItem& c) { return add_row(c); }
Decision Decider::add_zone_offset(const AddZoneOffset& c) { return add_row(c); }

Decision Decider::activate_rule_set(const ActivateRuleSet& c) {
  const SlotNumber number = t_.program_index.find(c.program);
  if (number == kNoSlot) return Decision::unknown_program;
  RuleSet* rule_set = t_.rule_sets.find(c.program, c.version);
  if (rule_set == nullptr) return Decision::no_original;
  if (!rule_set->is_complete()) return Decision::not_allowed_in_state;
  ProgramRules& rules = t_.program_rules[number];
  if (rules.rule_set == rule_set) return Decision::approved;

  if (rules.rule_set != nullptr) rules.rule_set->compiled.reset();
  t_.rule_sets.set_activated(*rule_set);
  if (rule_set->compiled == nullptr) rule_set->compile();
  t_.shadows[number].activate(*rule_set);
  rules.rule_set = rule_set;
  rules.controls = rule_set->compiled.get();
  t_.programs[number].rule_set_version = c.version;
  shadows_changed(number);
  return Decision::approved;
}

Decision Decider::shadow_rule_set(const ShadowRuleSet& c) {
  const SlotNumber number = t_.program_index.find(c.program);
  if (number == kNoSlot) return Decision::unknown_program;
  RuleSet* rule_set = t_.rule_sets.find(c.program, c.version);
  if (rule_set == nullptr) return Decision::no_original;
  ProgramShadows& shadows = t_.shadows[number];
  const bool is_running = shadows.is_running(c.version);
  const bool starts = c.run == 1;
  if (is_running == starts) return Decision::not_allowed_in_state;
  if (starts) {
    if (!rule_set->is_complete() || t_.program_rules[number].rule_set == rule_set) {
      return Decision::not_allowed_in_state;
    }
    if (!shadows.has_room()) return Decision::at_capacity;
    shadows.start(*rule_set, context_.now);
  } else {
    shadows.stop(c.version);
  }
  shadows_changed(number);
  return Decision::approved;
}

void Decider::shadows_changed(SlotNumber program_number) {
  ProgramShadows& shadows = t_.shadows[program_number];
  t_.program_rules[program_number].shadows = shadows.runs().empty() ? nullptr : &shadows;
  if (shadows.started() > 0) t_.counters.begin_sweep();
}

Decision Decider::configure(const Configure& c) {
  // Lowering a limit below what is there would make the tables larger than their limit.
  if (c.config.accounts_max < t_.accounts.size() || c.config.cards_max < t_.cards.size() ||
      c.config.programs_max < t_.programs.size() ||
      c.config.authorizations_max < t_.holds.size() ||
      c.config.request_ids_max < t_.requests.size()) {
    return Decision::not_allowed_in_state;
  }
  t_.config = c.config;
  t_.reserve_directories();
  return Decision::approved;
}

}  // namespace holdfast
