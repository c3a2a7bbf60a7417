// What is told about the state without changing it.
#include <algorithm>

#include "engine/state_machine.h"
#include "engine/tables.h"

namespace holdfast {

AccountView StateMachine::show_account(AccountId id) const {
  const Tables& t = *tables_;
  AccountView view;
  view.account = id;
  view.position = t.position;
  const SlotNumber number = t.account_index.find(id);
  if (number == kNoSlot) return view;
  const AccountSlot& account = t.accounts[number];
  view.found = true;
  view.currency = account.currency;
  view.status = account.status;
  view.flags = account.flags;
  view.ledger_balance = account.ledger;
  view.held = account.held;
  view.credit_limit = account.credit_limit;
  view.available_balance = available_told(account);
  return view;
}

CardView StateMachine::show_card(CardToken token) const {
  const Tables& t = *tables_;
  CardView view;
  view.card = token;
  view.position = t.position;
  const SlotNumber number = t.card_index.find(token);
  if (number == kNoSlot) return view;
  const CardSlot& card = t.cards[number];
  view.found = true;
  view.account = t.accounts[card.account].id;
  view.program = t.programs[card.program].id;
  view.expiry = card.expiry;
  view.status = card.status;
  return view;
}

AuthorizationView StateMachine::show_authorization(AuthorizationId id, RequestId request) const {
  const Tables& t = *tables_;
  AuthorizationView view;
  view.authorization = id;
  view.request_id = request;
  view.position = t.position;
  const SlotNumber number = t.find_original(id, request);
  if (number == kNoSlot) return view;
  const AuthorizationSlot& hold = t.holds[number];
  const CardSlot& card = t.cards[hold.card];
  view.found = true;
  view.authorization = hold.id;
  view.request_id = hold.request_id;
  view.card = card.token;
  view.account = t.accounts[card.account].id;
  view.program = t.programs[card.program].id;
  view.state = hold.state;
  view.channel = hold.channel;
  view.type = hold.type;
  view.currency = hold.currency;
  view.mcc = hold.mcc;
  view.country = hold.country;
  view.merchant = hold.merchant;
  view.requested = hold.requested;
  view.approved = hold.approved;
  view.captured = hold.captured;
  view.reversed = hold.reversed;
  view.refunded = hold.refunded;
  view.held = hold.state == AuthorizationState::open ? hold.left() : Money{};
  if (hold.rate != kNoSlot) {
    const SetRate& rate = t.exchange[hold.rate].rate;
    view.rate = rate.rate;
    view.rate_scale = rate.scale;
    view.rate_markup_bp = rate.markup_bp;
  }
  view.created_at = hold.created_at;
  view.expires_at = hold.expires_at;
  return view;
}

ProgramView StateMachine::show_program(ProgramId id) const {
  const Tables& t = *tables_;
  ProgramView view;
  view.program = id;
  view.position = t.position;
  const SlotNumber number = t.program_index.find(id);
  if (number == kNoSlot) return view;
  view.found = true;
  view.hold_period_s = t.programs[number].hold_period_s;
  view.settlement_account = t.programs[number].settlement_account;
  if (const RuleSet* rule_set = t.program_rules[number].rule_set) {
    view.rule_set_version = rule_set->version;
    view.rule_set_categories = rule_set->categories_announced;
    view.rule_set_controls = rule_set->controls_announced;
  }
  return view;
}

LimitsView StateMachine::show_limits(CardToken token, TimestampNs asked_at) const {
  const Tables& t = *tables_;
  const TimestampNs now = std::max(asked_at, t.time);
  LimitsView view;
  view.card = token;
  view.position = t.position;
  const SlotNumber number = t.card_index.find(token);
  if (number == kNoSlot) return view;
  const CardSlot& card = t.cards[number];
  const ProgramSlot& program = t.programs[card.program];
  view.found = true;
  view.program = program.id;
  view.rule_set_version = program.rule_set_version;
  if (const ControlSet* controls = t.program_rules[card.program].controls) {
    view.limits = tell_limits(*controls, {card.program, card.account, number}, t.counters,
                              now);
  }
  return view;
}

ShadowsView StateMachine::show_shadows(ProgramId id) const {
  const Tables& t = *tables_;
  ShadowsView view;
  view.program = id;
  view.position = t.position;
  const SlotNumber number = t.program_index.find(id);
  if (number == kNoSlot) return view;
  view.found = true;
  view.active_version = t.programs[number].rule_set_version;
  const ProgramShadows* shadows = t.program_rules[number].shadows;
  if (shadows == nullptr) return view;
  for (const auto& run : shadows->runs()) {
    view.shadows.push_back({.version = run->rules->version,
                            .started_at = run->started_at,
                            .judged = run->judged,
                            .first_divergence = run->first_divergence,
                            .tallies = run->tallies});
  }
  return view;
}

namespace {

RuleSetState state_of(const RuleSet& rules, const ProgramRules& program) {
  if (program.rule_set == &rules) return RuleSetState::active;
  if (program.shadows != nullptr && program.shadows->is_running(rules.version)) {
    return RuleSetState::shadow;
  }
  if (rules.was_activated) return RuleSetState::former;
  return rules.is_complete() ? RuleSetState::complete : RuleSetState::begun;
}

}  // namespace

RuleSetView StateMachine::show_rule_set(ProgramId id, std::uint32_t version,
                                        std::uint32_t first_row, std::uint32_t most) const {
  const Tables& t = *tables_;
  RuleSetView view;
  view.program = id;
  view.version = version;
  view.first_row = first_row;
  view.position = t.position;
  const SlotNumber number = t.program_index.find(id);
  if (number == kNoSlot) return view;
  const ProgramRules& program = t.program_rules[number];
  const RuleSet* rules = version == 0 ? program.rule_set : t.rule_sets.find(id, version);
  if (rules == nullptr) return view;
  view.found = true;
  view.version = rules->version;
  view.state = state_of(*rules, program);
  view.announced = {.program = id,
                    .version = rules->version,
                    .categories = rules->categories_announced,
                    .controls = rules->controls_announced,
                    .list_items = rules->list_items_announced,
                    .zone_offsets = rules->zone_offsets_announced};
  view.rows_total = static_cast<std::uint32_t>(rules->rows());
  for (std::uint32_t row = first_row; row < view.rows_total && row - first_row < most; ++row) {
    view.rows.push_back(rules->row(row));
  }
  return view;
}

StatusView StateMachine::show_status() const {
  const Tables& t = *tables_;
  StatusView view;
  view.position = t.position;
  view.accounts = t.accounts.size();
  view.cards = t.cards.size();
  view.programs = t.programs.size();
  view.authorizations = t.holds.size();
  view.open_authorizations = t.holds.open();
  view.request_ids = t.requests.size();
  view.config = t.config;
  return view;
}

}  // namespace holdfast
