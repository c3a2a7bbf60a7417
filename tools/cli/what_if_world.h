// The two worlds of `what-if` beside the logged one: engines that follow a log under other rules.
//
// Both keep a map from the authorization ids of the log to their own, since ids are given in the
// order of approvals. Steps keep their request ids and times. Thread: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <utility>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/state_machine.h"
#include "tools/cli/what_if.h"
#include "tools/cli/what_if_rules.h"

namespace holdfast::tools {

/// The authorizations of the log as one world has them.
class HoldMap {
 public:
  struct Entry {
    AuthorizationId own;  // zero: this world has no such hold
    bool known = false;   // the log gave the id
  };
  /// Up to this id the world has the same authorizations as the log. Before the first `set`.
  void begin_alike(AuthorizationId last) { alike_through_ = last; }
  void set(AuthorizationId logged, AuthorizationId own);
  [[nodiscard]] Entry find(AuthorizationId logged) const;

 private:
  static constexpr std::uint64_t kNone = 0;
  AuthorizationId alike_through_;
  std::vector<std::uint64_t> own_plus_one_;  // by logged id, from the first behind that one
};

/// Holds that end by a world's own rules, not by the log's `expire` records.
class OwnExpiries {
 public:
  void add(TimestampNs at, AuthorizationId hold) { queue_.push({at, hold}); }
  /// Takes one that is due at `now`; zero: none is.
  [[nodiscard]] AuthorizationId take_due(TimestampNs now);

 private:
  using Due = std::pair<TimestampNs, AuthorizationId>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> queue_;
};

/// What both worlds do alike: the changed rules come in,
/// the logged ones of those programs stay out.
class World {
 public:
  [[nodiscard]] const StateMachine& engine() const { return engine_; }
  [[nodiscard]] const RuleBook& rules() const { return rules_; }

  /// Before anything else: the state that the log goes on from, where it does not begin with the
  /// first command. All that it holds is as the log decided it.
  void begin_with(StateMachine state, const KnownNames& known);

  /// Puts the document in place of the program's rules. The program exists.
  void put_rules(const WhatIfProgram& program, TimestampNs now);
  [[nodiscard]] bool has_rules(ProgramId program) const { return replaced_.contains(program); }
  /// A rule set command of the log that this world does not follow.
  [[nodiscard]] bool ignores(const Command& command) const;
  /// Ends the holds that are due by this world's own rules. To be called before each record.
  void expire_due(TimestampNs now);

 protected:
  /// Applies and takes note of rules.
  Outcome apply(const Command& command, TimestampNs now);
  /// A request id that no gateway draws.
  [[nodiscard]] RequestId own_request_id();

  StateMachine engine_;
  HoldMap holds_;
  OwnExpiries expiries_;

 private:
  RuleBook rules_;
  std::set<ProgramId> replaced_;
  std::uint64_t own_requests_ = 0;
};

/// Goes by its own decisions.
class OtherWorld : public World {
 public:
  explicit OtherWorld(NewlyApproved newly_approved) : newly_approved_(newly_approved) {}

  struct Answer {
    bool applicable = true;  // false: it names a hold that this world does not have
    bool adjusted = false;   // for another amount than the log's
    Outcome outcome;
  };
  /// Follows one record. `logged`: the world that the record has just been applied to.
  Answer follow(const Command& command, const Outcome& outcome, const StateMachine& logged);
 private:
  Answer follow_payment(const Command& command, const Outcome& outcome, const StateMachine& logged);
  Answer follow_step(Command command, const Outcome& outcome, const StateMachine& logged);
  void expire_alone(AuthorizationId hold);

  const NewlyApproved newly_approved_;
};

/// Judges each payment by the changed rules, with everything before it as the log decided it.
class LoneWorld : public World {
 public:
  /// Follows one record; of an authorize or increment, tells the lone judgement.
  Outcome follow(const Command& command, const Outcome& outcome);
  /// Records that could not be repeated as the log has them.
  [[nodiscard]] std::uint64_t gaps() const { return gaps_; }

 private:
  Outcome follow_authorize(const Command& command, const Outcome& outcome);
  Outcome follow_increment(Command command, const Outcome& outcome);
  void follow_step(Command command, const Outcome& outcome);
  void give_back(AuthorizationId hold, Money amount, TimestampNs now);
  AuthorizationId hold_as_logged(const Authorize& asked, const Outcome& outcome);

  std::uint64_t gaps_ = 0;
};

/// Where a command names an authorization; null: its kind names none.
struct NamedHold {
  AuthorizationId* authorization = nullptr;
  RequestId* original_request = nullptr;  // null: the kind names it by id only
  Money* amount = nullptr;
};
[[nodiscard]] NamedHold named_hold(Command& command);

}  // namespace holdfast::tools
