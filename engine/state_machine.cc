#include "engine/state_machine.h"

#include <algorithm>
#include <utility>

#include "engine/decide.h"
#include "engine/limits.h"
#include "engine/tables.h"
#include "engine/validation.h"

namespace holdfast {

EngineConfig default_engine_config() {
  return {.accounts_max = limits::accounts_max_default,
          .cards_max = limits::cards_max_default,
          .authorizations_max = limits::authorizations_max_default,
          .request_ids_max = limits::request_ids_max_default,
          .programs_max = limits::programs_max_default,
          .request_retention_s = limits::request_retention_s_default,
          .authorization_retention_s = limits::authorization_retention_s_default};
}

StateMachine::Tables::Tables() {
  reserve_directories();
  const SlotNumber number = programs.append();
  program_rules.emplace_back();
  programs[number].hold_period_s = limits::hold_period_s_default;
  program_index.insert(ProgramId{0}, number);
}

void StateMachine::Tables::reserve_directories() {
  accounts.reserve_directory(config.accounts_max);
  cards.reserve_directory(config.cards_max);
  holds.reserve_directory(config.authorizations_max);
  requests.reserve_directory(config.request_ids_max);
  programs.reserve_directory(config.programs_max);
  program_rules.reserve(config.programs_max);
}

namespace {

// Whether the answer to this request made an authorization.
bool made_authorization(const RequestSlot& slot) {
  const bool may = slot.kind == CommandKind::authorize || slot.kind == CommandKind::advise;
  return may && is_approval(slot.outcome.decision) && !slot.outcome.authorization.is_zero();
}

}  // namespace

bool StateMachine::Tables::is_still_needed(const RequestSlot& slot) const {
  if (!made_authorization(slot)) return false;
  const SlotNumber number = holds.find(slot.outcome.authorization);
  return number != kNoSlot && holds[number].state == AuthorizationState::open;
}

void StateMachine::Tables::forget_due(std::size_t request_ids, TimestampNs now) {
  const std::size_t entries = requests.forget_due(request_ids, config, now, still_needed());
  requests.look_ahead(entries, [this](const RequestSlot& slot) {
    if (!made_authorization(slot)) return;
    const SlotNumber number = holds.find(slot.outcome.authorization);
    if (number != kNoSlot) holds.prefetch(number);
  });
  holds.forget_due(config.authorization_retention_s, now);
  if (counters.is_sweeping()) free_dead_counters();
}

bool StateMachine::Tables::is_dead(const CounterName& name) const {
  return name.origin != 0 && shadows.at(name.program).is_dead(name);
}

void StateMachine::Tables::free_dead_counters() {
  counters.sweep([this](const CounterName& name) { return is_dead(name); });
}

SlotNumber StateMachine::Tables::find_original(AuthorizationId id,
                                               RequestId original_request) const {
  if (!id.is_zero()) return holds.find(id);
  const RequestSlot* request = requests.find(original_request);
  if (request == nullptr || !made_authorization(*request)) return kNoSlot;
  return holds.find(request->outcome.authorization);
}

StateMachine::StateMachine() : tables_(std::make_unique<Tables>()) {}
StateMachine::~StateMachine() = default;
StateMachine::StateMachine(StateMachine&&) noexcept = default;
StateMachine& StateMachine::operator=(StateMachine&&) noexcept = default;

namespace {

// An answer without a position: nothing changed, nothing to log.
Outcome without_effect(Decision decision, TimestampNs now) {
  Outcome outcome;
  outcome.decision = decision;
  outcome.time = now;
  return outcome;
}

// `request`: what is remembered under the command's id. Nothing: a tombstone, so it was not
// answered yet.
std::optional<Outcome> recall_as(const RequestSlot& request, const Command& command,
                                 std::uint64_t fingerprint, TimestampNs now) {
  if (request.kind == kTombstone) return std::nullopt;
  if (request.fingerprint != fingerprint || request.kind != command.kind) {
    return without_effect(Decision::request_id_reused, now);
  }
  Outcome repeated = request.outcome;
  repeated.flags |= kOutcomeRepeated;
  return repeated;
}

}  // namespace

std::optional<Outcome> StateMachine::recall(const Command& command, TimestampNs now) const {
  if (!is_gateway_command(command.kind) || command.request_id.is_zero()) return std::nullopt;
  const RequestSlot* request = tables_->requests.find(command.request_id);
  if (request == nullptr) return std::nullopt;
  return recall_as(*request, command, RequestMemory::fingerprint(command),
                   std::max(now, tables_->time));
}

Outcome StateMachine::apply(const Command& command, TimestampNs asked_at) {
  Tables& t = *tables_;
  const TimestampNs now = std::max(asked_at, t.time);
  Outcome outcome;  // the only one that is returned, so that it is made where the caller wants it
  const bool from_gateway = is_gateway_command(command.kind);
  const bool known = command_body_bytes(command.kind) != 0;
  if (!known || from_gateway == command.request_id.is_zero()) {
    outcome = without_effect(Decision::malformed, now);
    return outcome;
  }

  DecisionContext context{now, command.request_id};
  std::uint64_t fingerprint = 0;
  KeyHash id_hash;
  if (from_gateway) {
    fingerprint = RequestMemory::fingerprint(command);
    id_hash = RequestMemory::hash(command.request_id);
    if (const RequestSlot* request = t.requests.find(command.request_id, id_hash)) {
      if (const auto known_answer = recall_as(*request, command, fingerprint, now)) {
        outcome = *known_answer;
        return outcome;
      }
      context.was_reversed_before = true;  // a tombstone
    }
    if (!t.requests.has_room(1, t.config, now, t.still_needed())) {
      outcome = without_effect(Decision::at_capacity, now);
      return outcome;
    }
  }

  outcome.decision = validate(command);
  if (is_approval(outcome.decision)) Decider(t, context, outcome).decide(command);
  if (outcome.decision == Decision::at_capacity) {
    outcome = without_effect(Decision::at_capacity, now);
    return outcome;
  }

  t.position = t.position.next();
  t.time = now;
  outcome.position = t.position;
  outcome.time = now;
  t.forget_due(from_gateway ? 1 : 0, now);
  if (from_gateway) {
    // A reversal may have left a tombstone under its own id.
    const bool may_be_tombstone =
        context.was_reversed_before || command.kind == CommandKind::reverse;
    t.requests.remember(command.request_id, id_hash, command.kind, fingerprint, outcome,
                        may_be_tombstone);
  }
  return outcome;
}

std::size_t StateMachine::expiries_due(TimestampNs asked_at, std::size_t most,
                                       std::vector<Command>& out) {
  Tables& t = *tables_;
  t.due.clear();
  t.holds.due(std::max(asked_at, t.time), most, t.due);
  for (const SlotNumber number : t.due) {
    Command command;
    command.kind = CommandKind::expire;
    // Const: a snapshot copies what may change, and here nothing does.
    command.expire = Expire{std::as_const(t.holds)[number].id};
    out.push_back(command);
  }
  return t.due.size();
}

std::size_t StateMachine::expiries_in_turn(TimestampNs asked_at) {
  return tables_->holds.in_turn(std::max(asked_at, tables_->time));
}

void StateMachine::reserve_request_ids(std::size_t ids) { tables_->requests.reserve_index(ids); }

LogPosition StateMachine::position() const { return tables_->position; }
TimestampNs StateMachine::time() const { return tables_->time; }
const EngineConfig& StateMachine::config() const { return tables_->config; }

}  // namespace holdfast
