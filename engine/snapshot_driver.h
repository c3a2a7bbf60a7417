// When the core takes a snapshot, and how much of each turn it gives to one.
//
// One begins when enough log was written since the last began, when enough time has passed, when
// somebody asked, or some seconds after one failed. While there are requests, copying gets one part in
// 24 of the time, twice that when it would else take more than half of what lies between two
// snapshots, and never more than 200 us of a turn, pages that had to be copied before their turn
// included. Each page is copied once however long it takes, so haste would only take processors and
// the disk from the requests. Without requests it gets all, in pieces of 200 us. It waits for the log's
// durable position at the end: a snapshot must not hold what a crash could still undo.
//
// Commands change pages, and copies of these need room at the sink, whose memory is bounded. While it
// has none, commands wait for it (`is_turn_full`). They do so for a tenth of a second in all; then the
// snapshot is abandoned, and the next one may make them wait twice as long: where a snapshot does not
// get through, the log grows, and that ends worse than with a pause. Thread: the core's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/request.h"
#include "engine/snapshot.h"
#include "engine/state_machine.h"

namespace holdfast {

class SnapshotDriver {
 public:
  /// What the core knows at the end of a turn.
  struct Turn {
    std::uint64_t ticks_ns = 0;  // of a clock that never goes back
    LogPosition durable;
    std::uint64_t log_bytes = 0;  // written since start
    bool is_idle = false;         // the turn did nothing
    bool is_log_full = false;     // it takes nothing: letting some of it go may make room
  };

  /// References outlive it. `sink` null: no snapshots.
  SnapshotDriver(StateMachine& engine, SnapshotSink* sink, const SnapshotPolicy& policy)
      : engine_(engine), sink_(sink), policy_(policy) {}

  /// One will begin as soon as none is under way, unless the newest one has the state of then.
  void ask() {
    is_asked_for_ = sink_ != nullptr;
    next_look_ns_ = 0;
  }

  /// Whether `step` at this time has anything to do: one is under way, or it looks whether one is due.
  [[nodiscard]] bool has_work(std::uint64_t ticks_ns) const {
    return is_under_way() || ticks_ns >= next_look_ns_;
  }
  /// The snapshot's part of a turn. `ticks`: the clock of `turn.ticks_ns`. Returns pages copied.
  template <class Ticks>
  std::size_t step(const Turn& turn, const Ticks& ticks) {
    if (sink_ == nullptr) return 0;
    if (phase_ == SnapshotPhase::none && !begin_if_due(turn)) return 0;
    note_waiting(turn);
    const std::uint64_t allowance_ns = allow(turn);
    const std::uint64_t start_ns = ticks();
    std::size_t copied = 0;
    std::uint64_t spent_ns = 0;
    while (copied < kPagesPerTurnMax) {
      const std::uint64_t affordable = (allowance_ns - spent_ns) / kPage_ns;
      // Also of none: what has failed meanwhile is noted by that.
      const std::size_t pages = copy(std::min<std::size_t>(affordable, kPagesPerLook));
      if (pages == 0) break;
      copied += pages;
      spent_ns = ticks() - start_ns;
      if (spent_ns >= allowance_ns) break;
    }
    copied_in_turn_ += copied;
    allowance_ns_ -= std::min(allowance_ns_, spent_ns);
    end_if_done(turn);
    return copied;
  }

  /// Whether this turn's commands made so many copies that the rest should wait for the next turn, or
  /// have to wait for the sink. Asked before each command.
  [[nodiscard]] bool is_turn_full() {
    if (phase_ != SnapshotPhase::copying) return false;
    if (engine_.snapshot_pages_ahead() >= ahead_at_turn_ + kPagesAheadPerTurnMax) return true;
    is_short_of_room_ = !engine_.snapshot_has_room();
    return is_short_of_room_;
  }
  [[nodiscard]] bool is_under_way() const { return phase_ != SnapshotPhase::none; }
  /// Ends what is under way, because the core ends.
  void stop(std::string_view why);
  [[nodiscard]] SnapshotStatus status() const;

 private:
  static constexpr std::uint64_t kTurn_ns = 200'000;
  static constexpr std::uint64_t kShareOfTime = 24;      // one part of so many, while busy
  static constexpr std::uint64_t kShareWhenLate = 12;
  static constexpr std::size_t kIdleTurns = 64;          // in a row, or
  static constexpr std::uint64_t kIdle_ns = 1'000'000;   // this long: there are no requests
  static constexpr std::size_t kPagesPerLook = 8;        // at the clock
  static constexpr std::size_t kPagesPerTurnMax = 512;   // for a clock that stands still
  static constexpr std::uint64_t kPage_ns = 700;         // what copying one costs, roughly
  static constexpr std::size_t kPagesAheadPerTurnMax = kTurn_ns / kPage_ns;
  static constexpr std::uint64_t kLook_ns = 100'000'000;    // between looks at the schedule
  static constexpr std::uint64_t kRetry_ns = 10'000'000'000;
  static constexpr std::uint64_t kPatienceFirst_ns = 100'000'000;
  static constexpr std::uint64_t kPatienceMax_ns = 100 * kPatienceFirst_ns;

  bool begin_if_due(const Turn& turn);
  [[nodiscard]] bool is_due(const Turn& turn);
  [[nodiscard]] std::uint64_t allow(const Turn& turn);
  [[nodiscard]] bool is_idle(const Turn& turn);
  [[nodiscard]] bool is_late(const Turn& turn) const;
  /// Returns pages that went on their way.
  std::size_t copy(std::size_t pages);
  void end_if_done(const Turn& turn);
  void note_waiting(const Turn& turn);
  void abandon(std::string_view why);

  StateMachine& engine_;
  SnapshotSink* sink_;
  SnapshotPolicy policy_;

  SnapshotPhase phase_ = SnapshotPhase::none;
  LogPosition position_;               // of the one under way
  bool is_asked_for_ = false;
  bool is_first_turn_ = true;
  std::uint64_t next_look_ns_ = 0;
  std::uint64_t retry_ns_ = 0;         // not zero: one failed, and the next begins then
  std::uint64_t failures_seen_ = 0;    // of the sink's report
  std::uint64_t begun_ns_ = 0;         // the last one
  std::uint64_t begun_log_bytes_ = 0;
  LogPosition begun_position_;
  std::uint64_t abandoned_ = 0;

  std::uint64_t pages_ = 0;            // of the one under way
  std::uint64_t copied_in_turn_ = 0;   // of these
  std::size_t idle_turns_ = 0;         // in a row
  std::uint64_t busy_ns_ = 0;          // the last turn that was not idle
  std::uint64_t last_step_ns_ = 0;
  std::uint64_t allowance_ns_ = 0;
  std::uint64_t ahead_at_turn_ = 0;    // pages copied ahead until the end of the last turn
  bool is_short_of_room_ = false;
  std::uint64_t waited_ns_ = 0;        // commands, for the one under way
  std::uint64_t wait_ns_ = 0;          // of these, in turns up to the last one; 0: it did not wait
  SnapshotWaits waits_;
  SnapshotDelay delayed_by_{};
  std::uint64_t patience_ns_ = kPatienceFirst_ns;
};

}  // namespace holdfast
