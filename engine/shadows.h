// Rule sets that run beside a program's active one, and which counters its windows go on with.
//
// A shadow judges and counts the payments that the active rule set judges, from the same state, and
// changes nothing else. Each start of one is a run with counters of its own, named by the program's
// next origin number; origin 0 is the active sets' own. A promoted set goes on with the counters
// that the same window had before, else with those of its run. Everything else of a run that ended
// is dead, for ever: an origin is never given again. Thread: the owner's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/controls.h"
#include "engine/counter_table.h"
#include "engine/request.h"
#include "engine/rule_set.h"
#include "engine/types.h"

namespace holdfast {

/// What judges payments. Either may be null: no rule set, or one without controls.
struct Policy {
  const RuleSet* rules = nullptr;
  const ControlSet* controls = nullptr;
};

/// What a policy answers to one payment, and what it would count.
struct Verdict {
  Decision decision = Decision::approved;
  /// The payment counts in the windows, and its amount fits there.
  bool counts = false;
  Money amount;  // that would be held; 0 when it is declined
  Judgement judgement;

  void clear() {
    decision = Decision::approved;
    counts = false;
    amount = Money{};
    judgement.clear();
  }
};

/// A rule set that runs beside the active one.
struct ShadowRun {
  RuleSet* rules = nullptr;
  std::uint16_t origin = 0;
  TimestampNs started_at;
  std::uint64_t judged = 0;
  LogPosition first_divergence;  // zero: none
  std::vector<ShadowTally> tallies;  // by active decision, then shadow decision
  Verdict verdict;  // of the payment that is being decided; no part of the state

  ShadowRun(RuleSet& rule_set, std::uint16_t run_origin, TimestampNs now);

  [[nodiscard]] Policy policy() const { return {rules, rules->compiled.get()}; }
  /// The active rule set's answer to the payment of `verdict`, which is logged at `position`.
  void compare(const Verdict& active, Money asked, LogPosition position);
  /// From a snapshot, in order. False: not in order, or more than there can be.
  [[nodiscard]] bool restore_tally(const ShadowTally& tally);

 private:
  [[nodiscard]] ShadowTally& tally_of(Decision active, Decision shadow);
};

/// The counters that a program's window goes on with.
struct WindowOrigin {
  WindowShape shape;
  std::uint16_t origin = 0;
};

/// What a program has beside its active rule set.
class ProgramShadows {
 public:
  using Runs = std::vector<std::unique_ptr<ShadowRun>>;
  /// By number and scope of the control: the last one that was active.
  using WindowOrigins = std::map<std::pair<std::uint16_t, ControlScope>, WindowOrigin>;

  [[nodiscard]] const Runs& runs() const { return runs_; }  // by version
  /// Runs ever started; the last one's origin.
  [[nodiscard]] std::uint32_t started() const { return started_; }
  [[nodiscard]] const WindowOrigins& window_origins() const { return window_origins_; }
  [[nodiscard]] bool is_running(std::uint32_t version) const;
  [[nodiscard]] bool has_room() const;

  /// There is room; the rule set is complete, not active and does not run yet.
  void start(RuleSet& rules, TimestampNs now);
  /// It runs, and stops here: its report is gone, its counters are dead.
  void stop(std::uint32_t version);
  /// The compiled rule set becomes the active one; if it runs as a shadow, it ends to be one. Its
  /// windows are told which counters they go on with.
  void activate(RuleSet& rules);
  /// Whether a counter of this program will never be asked for again.
  [[nodiscard]] bool is_dead(const CounterName& name) const;

  // For a state from a snapshot.
  void restore_started(std::uint32_t started) { started_ = started; }
  /// The rule set is complete; its version is above those of the runs that are there.
  ShadowRun& restore_run(RuleSet& rules, std::uint16_t origin, TimestampNs started_at);
  /// False: the window is there already.
  [[nodiscard]] bool restore_window(std::uint16_t control, ControlScope scope,
                                    const WindowOrigin& last);
  /// The compiled active rule set goes on with its counters. False:
  /// a window of it was never active.
  [[nodiscard]] bool restore_active(RuleSet& rules) const;

 private:
  [[nodiscard]] Runs::const_iterator find(std::uint32_t version) const;

  Runs runs_;
  std::uint32_t started_ = 0;
  WindowOrigins window_origins_;
};

/// What a program judges by at the moment: pointers, so beside its slot, which is plain bytes.
struct ProgramRules {
  RuleSet* rule_set = nullptr;           // active; null: none
  const ControlSet* controls = nullptr;  // of the active rule set; null: it has none
  ProgramShadows* shadows = nullptr;     // null: none run
};

}  // namespace holdfast
