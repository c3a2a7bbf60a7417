#include "tools/cli/what_if_world.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/decision.h"
#include "engine/limits.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

/// Twice the room, since a world may approve more than the log did.
Command with_more_room(Command command) {
  EngineConfig& config = command.configure.config;
  const auto twice = [](std::uint64_t slots) {
    return std::min<std::uint64_t>(2 * slots + 200'000, limits::table_slots_max);
  };
  config.authorizations_max = twice(config.authorizations_max);
  config.request_ids_max = twice(config.request_ids_max);
  return command;
}

/// Program whose rules the command changes; nothing: it changes none.
std::optional<ProgramId> program_of_rules(const Command& command) {
  switch (command.kind) {
    case CommandKind::begin_rule_set: return command.begin_rule_set.program;
    case CommandKind::add_category: return command.add_category.program;
    case CommandKind::add_control: return command.add_control.program;
    case CommandKind::add_list_item: return command.add_list_item.program;
    case CommandKind::add_zone_offset: return command.add_zone_offset.program;
    case CommandKind::activate_rule_set: return command.activate_rule_set.program;
    case CommandKind::shadow_rule_set: return command.shadow_rule_set.program;
    default: return std::nullopt;
  }
}

bool makes_hold(const Command& command, const Outcome& outcome) {
  const bool may = command.kind == CommandKind::authorize || command.kind == CommandKind::advise;
  return may && is_approval(outcome.decision) && !outcome.authorization.is_zero();
}

}  // namespace

NamedHold named_hold(Command& command) {
  switch (command.kind) {
    case CommandKind::capture:
      return {&command.capture.authorization, &command.capture.original_request,
              &command.capture.amount};
    case CommandKind::reverse:
      return {&command.reverse.authorization, &command.reverse.original_request,
              &command.reverse.amount};
    case CommandKind::refund:
      return {&command.refund.authorization, &command.refund.original_request,
              &command.refund.amount};
    case CommandKind::increment:
      return {&command.increment.authorization, &command.increment.original_request,
              &command.increment.amount};
    case CommandKind::expire: return {&command.expire.authorization, nullptr, nullptr};
    default: return {};
  }
}

// Bookkeeping -----------------------------------------------------------------------------------

void HoldMap::set(AuthorizationId logged, AuthorizationId own) {
  const std::uint64_t at = logged.value - alike_through_.value;
  if (at >= own_plus_one_.size()) own_plus_one_.resize(at + 1, kNone);
  own_plus_one_[at] = own.value + 1;
}

HoldMap::Entry HoldMap::find(AuthorizationId logged) const {
  if (logged.value <= alike_through_.value) return {.own = logged, .known = !logged.is_zero()};
  const std::uint64_t at = logged.value - alike_through_.value;
  if (at >= own_plus_one_.size() || own_plus_one_[at] == kNone) return {};
  return {.own = AuthorizationId{own_plus_one_[at] - 1}, .known = true};
}

AuthorizationId OwnExpiries::take_due(TimestampNs now) {
  if (queue_.empty() || queue_.top().first > now) return {};
  const AuthorizationId hold = queue_.top().second;
  queue_.pop();
  return hold;
}

void World::begin_with(StateMachine state, const KnownNames& known) {
  engine_ = std::move(state);
  rules_.take_over(engine_, known);
  holds_.begin_alike(known.last_authorization);
  Command command;
  command.kind = CommandKind::configure;
  command.configure.config = engine_.config();
  static_cast<void>(apply(command, engine_.time()));
}

Outcome World::apply(const Command& command, TimestampNs now) {
  const bool grows = command.kind == CommandKind::configure;
  const Outcome outcome = engine_.apply(grows ? with_more_room(command) : command, now);
  rules_.observe(command, outcome.decision);
  return outcome;
}

RequestId World::own_request_id() {
  constexpr std::uint64_t kMark = 0x4846'5748'4154'8000;  // "HFWHAT", a version 8 UUID
  return {.low = ++own_requests_, .high = kMark};
}

bool World::ignores(const Command& command) const {
  const auto program = program_of_rules(command);
  return program && replaced_.contains(*program);
}

void World::put_rules(const WhatIfProgram& program, TimestampNs now) {
  RuleSet rules = program.rules;
  const std::uint32_t version =
      std::max(rules.version, rules_.last_version(program.program) + 1);
  rules.version = version;
  for (auto& row : rules.categories) row.version = version;
  for (Command& command : rule_set_commands(rules, program.program)) {
    command.request_id = own_request_id();
    const Outcome outcome = apply(command, now);
    if (is_approval(outcome.decision)) continue;
    throw Failure{.code = ExitCode::not_so,
                  .kind = "rules",
                  .message = fmt::format("{}: the engine refuses it for program {} with {}",
                                         program.file, program.program.value,
                                         decision_name(outcome.decision)),
                  .advice = "Try the document with holdfast program check.",
                  .request_id = {}};
  }
  replaced_.insert(program.program);
}

void World::expire_due(TimestampNs now) {
  for (AuthorizationId hold = expiries_.take_due(now); !hold.is_zero();
       hold = expiries_.take_due(now)) {
    Command command;
    command.kind = CommandKind::expire;
    command.expire = {hold};
    // What was captured or reversed meanwhile has nothing to release any more.
    static_cast<void>(apply(command, now));
  }
}

// The world that goes by its own decisions --------------------------------------------------------

void OtherWorld::expire_alone(AuthorizationId hold) {
  const AuthorizationView view = engine_.show_authorization(hold, {});
  if (view.found && view.state == AuthorizationState::open) expiries_.add(view.expires_at, hold);
}

OtherWorld::Answer OtherWorld::follow(const Command& command, const Outcome& outcome,
                                      const StateMachine& logged) {
  Command copy = command;
  if (named_hold(copy).authorization != nullptr) return follow_step(copy, outcome, logged);
  if (command.kind == CommandKind::authorize || command.kind == CommandKind::advise) {
    return follow_payment(command, outcome, logged);
  }
  return {.outcome = apply(command, outcome.time)};
}

OtherWorld::Answer OtherWorld::follow_payment(const Command& command, const Outcome& outcome,
                                              const StateMachine& logged) {
  Answer answer{.outcome = apply(command, outcome.time)};
  const bool was_held = makes_hold(command, outcome);
  const bool is_held = makes_hold(command, answer.outcome);
  const AuthorizationId own = is_held ? answer.outcome.authorization : AuthorizationId{};
  if (was_held) holds_.set(outcome.authorization, own);
  if (!is_held) return answer;
  if (!was_held) {
    if (newly_approved_ == NewlyApproved::expire) expire_alone(own);
    return answer;
  }
  // The log's own record ends it, unless the changed rules hold it for another time.
  const AuthorizationView here = engine_.show_authorization(own, {});
  const AuthorizationView there = logged.show_authorization(outcome.authorization, {});
  if (here.expires_at != there.expires_at) expire_alone(own);
  return answer;
}

OtherWorld::Answer OtherWorld::follow_step(Command command, const Outcome& outcome,
                                           const StateMachine& logged) {
  const NamedHold named = named_hold(command);
  const HoldMap::Entry entry = holds_.find(outcome.authorization);
  const bool by_id = !named.authorization->is_zero();
  Answer answer;
  if (by_id && !entry.known) {
    // It named no authorization in production; an equal number here would be another one.
    answer.outcome = outcome;
    return answer;
  }
  if (entry.known && entry.own.is_zero()) {
    answer.applicable = false;
    return answer;
  }
  if (by_id) *named.authorization = entry.own;
  if (entry.known &&
      (command.kind == CommandKind::capture || command.kind == CommandKind::reverse)) {
    const AuthorizationView here = engine_.show_authorization(entry.own, {});
    const AuthorizationView there = logged.show_authorization(outcome.authorization, {});
    const bool all = named.amount->minor == there.approved.minor;
    const Money left{here.approved.minor - here.captured.minor - here.reversed.minor};
    if (here.found && there.found && here.approved != there.approved && named.amount->minor > 0 &&
        left.minor > 0 && (all || left < *named.amount)) {
      *named.amount = left;
      answer.adjusted = true;
    }
  }
  if (command.kind == CommandKind::expire) {
    const AuthorizationView here = engine_.show_authorization(entry.own, {});
    // Held for longer here, or ended before: `expire_due` does it in its own time.
    if (here.state != AuthorizationState::open || here.expires_at > outcome.time) {
      answer.outcome = outcome;
      return answer;
    }
  }
  answer.outcome = apply(command, outcome.time);
  if (!entry.known || answer.outcome.decision == outcome.decision) {
    if (!answer.adjusted) return answer;
  }
  // The log will not end what it has ended already.
  if (entry.known && logged.show_authorization(outcome.authorization, {}).state !=
                         AuthorizationState::open) {
    expire_alone(entry.own);
  }
  return answer;
}

// The world that judges each payment alone ------------------------------------------------------

Outcome LoneWorld::follow(const Command& command, const Outcome& outcome) {
  if (command.kind == CommandKind::authorize) return follow_authorize(command, outcome);
  if (command.kind == CommandKind::increment) return follow_increment(command, outcome);
  Command copy = command;
  if (named_hold(copy).authorization != nullptr) {
    follow_step(copy, outcome);
    return outcome;
  }
  const Outcome own = apply(command, outcome.time);
  if (makes_hold(command, outcome)) holds_.set(outcome.authorization, own.authorization);
  if (own.decision != outcome.decision) ++gaps_;
  return own;
}

void LoneWorld::give_back(AuthorizationId hold, Money amount, TimestampNs now) {
  Command command;
  command.kind = CommandKind::reverse;
  command.request_id = own_request_id();
  command.reverse = {.authorization = hold, .original_request = {}, .amount = amount};
  if (!is_approval(apply(command, now).decision)) ++gaps_;
}

/// An advice is recorded whatever the rules say of it, and counts in their windows.
AuthorizationId LoneWorld::hold_as_logged(const Authorize& asked, const Outcome& outcome) {
  const AccountView account = engine_.show_account(engine_.show_card(asked.card).account);
  Command command;
  command.kind = CommandKind::advise;
  command.request_id = own_request_id();
  command.advise = {.card = asked.card,
                    .amount = outcome.amount,
                    .merchant = asked.merchant,
                    .terminal = asked.terminal,
                    .currency = account.currency,
                    .mcc = asked.mcc,
                    .country = asked.country,
                    .channel = asked.channel,
                    .type = asked.type};
  const Outcome own = apply(command, outcome.time);
  if (!is_approval(own.decision)) ++gaps_;
  return own.authorization;
}

Outcome LoneWorld::follow_authorize(const Command& command, const Outcome& outcome) {
  const Outcome alone = apply(command, outcome.time);
  const bool was_held = makes_hold(command, outcome);
  const bool is_held = makes_hold(command, alone);
  if (was_held && is_held && alone.amount == outcome.amount) {
    holds_.set(outcome.authorization, alone.authorization);
    return alone;
  }
  if (is_held) give_back(alone.authorization, Money{0}, outcome.time);
  if (was_held) holds_.set(outcome.authorization, hold_as_logged(command.authorize, outcome));
  return alone;
}

Outcome LoneWorld::follow_increment(Command command, const Outcome& outcome) {
  const HoldMap::Entry entry = holds_.find(outcome.authorization);
  if (!entry.known || entry.own.is_zero()) return outcome;
  const NamedHold named = named_hold(command);
  *named.authorization = entry.own;
  *named.original_request = {};
  const Outcome alone = apply(command, outcome.time);
  const bool was_raised = is_approval(outcome.decision);
  const bool is_raised = is_approval(alone.decision);
  if (is_raised && !was_raised) give_back(entry.own, alone.amount, outcome.time);
  if (was_raised && !is_raised) ++gaps_;
  return alone;
}

void LoneWorld::follow_step(Command command, const Outcome& outcome) {
  const NamedHold named = named_hold(command);
  const HoldMap::Entry entry = holds_.find(outcome.authorization);
  if (entry.known && !entry.own.is_zero()) {
    *named.authorization = entry.own;
    if (named.original_request != nullptr) *named.original_request = {};
  } else if (!named.authorization->is_zero() || !outcome.authorization.is_zero()) {
    if (is_approval(outcome.decision)) ++gaps_;
    return;
  }
  // Of what was declined, only a reversal that came too early leaves something behind.
  const bool leaves_tombstone = command.kind == CommandKind::reverse && !entry.known;
  if (!is_approval(outcome.decision) && !leaves_tombstone) return;
  if (command.kind == CommandKind::expire) {
    const AuthorizationView here = engine_.show_authorization(entry.own, {});
    if (here.state == AuthorizationState::open && here.expires_at > outcome.time) {
      expiries_.add(here.expires_at, entry.own);
      return;
    }
  }
  const Outcome own = apply(command, outcome.time);
  if (is_approval(own.decision) != is_approval(outcome.decision)) ++gaps_;
}

}  // namespace holdfast::tools
