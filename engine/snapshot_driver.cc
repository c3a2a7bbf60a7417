#include "engine/snapshot_driver.h"

#include <string>

namespace holdfast {

bool SnapshotDriver::is_due(const Turn& turn) {
  if (is_first_turn_) {
    is_first_turn_ = false;
    begun_ns_ = turn.ticks_ns;
    begun_position_ = sink_->report().newest_position;
    failures_seen_ = sink_->report().failed;
  }
  const SnapshotReport report = sink_->report();
  if (report.failed > failures_seen_) {
    failures_seen_ = report.failed;
    retry_ns_ = turn.ticks_ns + kRetry_ns;
  }
  // The sink may have it already; then there is nothing that another one could add.
  const bool is_new = engine_.position() > report.newest_position;
  if (!is_new) {
    is_asked_for_ = false;
    return false;
  }
  if (is_asked_for_ || (retry_ns_ != 0 && turn.ticks_ns >= retry_ns_)) return true;
  if (turn.is_log_full && engine_.position() > begun_position_) return true;
  const std::uint64_t log_bytes = turn.log_bytes - begun_log_bytes_ + policy_.log_bytes_before;
  if (policy_.log_bytes != 0 && log_bytes >= policy_.log_bytes) return true;
  return policy_.interval_ns != 0 && turn.ticks_ns - begun_ns_ >= policy_.interval_ns &&
         engine_.position() > begun_position_;
}

bool SnapshotDriver::begin_if_due(const Turn& turn) {
  if (turn.ticks_ns < next_look_ns_) return false;
  next_look_ns_ = turn.ticks_ns + kLook_ns;
  delayed_by_ = SnapshotDelay::none;
  if (!is_due(turn)) return false;
  if (const auto begun = engine_.begin_snapshot(*sink_); !begun) {
    delayed_by_ = begun.error();  // looked at again soon
    return false;
  }
  phase_ = SnapshotPhase::copying;
  position_ = begun_position_ = engine_.position();
  begun_ns_ = last_step_ns_ = turn.ticks_ns;
  begun_log_bytes_ = turn.log_bytes;
  policy_.log_bytes_before = 0;
  is_asked_for_ = false;
  retry_ns_ = 0;
  pages_ = engine_.snapshot_progress().pages;
  allowance_ns_ = ahead_at_turn_ = waited_ns_ = copied_in_turn_ = 0;
  is_short_of_room_ = false;
  wait_ns_ = 0;
  return true;
}

// A turn without work says little: under load every other one has none, and the processor is the
// network threads' then.
bool SnapshotDriver::is_idle(const Turn& turn) {
  if (!turn.is_idle) {
    idle_turns_ = 0;
    busy_ns_ = turn.ticks_ns;
    return false;
  }
  return ++idle_turns_ >= kIdleTurns || turn.ticks_ns - busy_ns_ >= kIdle_ns;
}

// At this pace it would not be done when half of the way to the next one is over.
bool SnapshotDriver::is_late(const Turn& turn) const {
  const auto copied = static_cast<double>(copied_in_turn_ + ahead_at_turn_) / static_cast<double>(pages_);
  const auto passed = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0.0 : 2 * static_cast<double>(part) / static_cast<double>(whole);
  };
  return copied < std::max(passed(turn.log_bytes - begun_log_bytes_, policy_.log_bytes),
                           passed(turn.ticks_ns - begun_ns_, policy_.interval_ns));
}

std::uint64_t SnapshotDriver::allow(const Turn& turn) {
  if (is_idle(turn)) {
    allowance_ns_ = kTurn_ns;
  } else {
    const std::uint64_t share = is_late(turn) ? kShareWhenLate : kShareOfTime;
    allowance_ns_ += (turn.ticks_ns - last_step_ns_) / share;
    allowance_ns_ = std::min(allowance_ns_, kTurn_ns);
  }
  last_step_ns_ = turn.ticks_ns;
  const std::uint64_t ahead = engine_.snapshot_pages_ahead();
  allowance_ns_ -= std::min(allowance_ns_, (ahead - ahead_at_turn_) * kPage_ns);
  ahead_at_turn_ = ahead;
  return allowance_ns_;
}

std::size_t SnapshotDriver::copy(std::size_t pages) {
  if (phase_ == SnapshotPhase::none) return 0;
  const SnapshotProgress before = engine_.snapshot_progress();
  const SnapshotProgress after = engine_.copy_for_snapshot(pages);
  phase_ = after.phase;
  if (phase_ == SnapshotPhase::none) {
    ++abandoned_;
    return 0;
  }
  return after.pages_copied - before.pages_copied;
}

// The time since the last turn, if it ended because the sink had no room. Turns that end so one behind
// the other are one wait.
void SnapshotDriver::note_waiting(const Turn& turn) {
  if (!is_short_of_room_) {
    wait_ns_ = 0;
    return;
  }
  is_short_of_room_ = false;
  const std::uint64_t since_ns = turn.ticks_ns - last_step_ns_;
  if (wait_ns_ == 0) ++waits_.count;
  wait_ns_ += std::max<std::uint64_t>(since_ns, 1);
  waits_.total_ns += since_ns;
  waits_.longest_ns = std::max(waits_.longest_ns, wait_ns_);
  waited_ns_ += since_ns;
  if (waited_ns_ <= patience_ns_) return;
  abandon("commands waited " + std::to_string(waited_ns_ / 1'000'000) +
          " ms for its writer, which does not keep up with what they change; the next try may hold "
          "them up twice as long");
  patience_ns_ = std::min(2 * patience_ns_, kPatienceMax_ns);
}

void SnapshotDriver::abandon(std::string_view why) {
  engine_.abandon_snapshot(why);
  ++abandoned_;
  phase_ = SnapshotPhase::none;
}

void SnapshotDriver::end_if_done(const Turn& turn) {
  if (phase_ != SnapshotPhase::copied || turn.durable < position_) return;
  engine_.finish_snapshot();
  phase_ = SnapshotPhase::none;
  patience_ns_ = kPatienceFirst_ns;
}

void SnapshotDriver::stop(std::string_view why) {
  if (is_under_way()) abandon(why);
}

SnapshotStatus SnapshotDriver::status() const {
  if (sink_ == nullptr) return {};
  return {.is_on = true,
          .is_asked_for = is_asked_for_,
          .delayed_by = delayed_by_,
          .report = sink_->report(),
          .running = engine_.snapshot_progress(),
          .abandoned = abandoned_,
          .waits = waits_};
}

}  // namespace holdfast
