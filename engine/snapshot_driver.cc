#include "engine/snapshot_driver.h"

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
  if (turn.ticks_ns < next_look_ns_ && !is_asked_for_) return false;
  next_look_ns_ = turn.ticks_ns + kLook_ns;
  if (!is_due(turn)) return false;
  if (!engine_.begin_snapshot(*sink_)) return false;  // the sink is busy: looked at again soon
  phase_ = SnapshotPhase::copying;
  position_ = begun_position_ = engine_.position();
  begun_ns_ = last_step_ns_ = turn.ticks_ns;
  begun_log_bytes_ = turn.log_bytes;
  policy_.log_bytes_before = 0;
  is_asked_for_ = false;
  retry_ns_ = 0;
  allowance_ns_ = ahead_at_turn_ = 0;
  return true;
}

std::uint64_t SnapshotDriver::allow(const Turn& turn) {
  if (turn.is_idle) {
    allowance_ns_ = kTurn_ns;
  } else {
    allowance_ns_ += (turn.ticks_ns - last_step_ns_) / kShareOfTime;
    allowance_ns_ = std::min(allowance_ns_, kTurn_ns);
  }
  last_step_ns_ = turn.ticks_ns;
  const std::uint64_t ahead = engine_.snapshot_pages_ahead();
  allowance_ns_ -= std::min(allowance_ns_, (ahead - ahead_at_turn_) * kPageAhead_ns);
  ahead_at_turn_ = ahead;
  return allowance_ns_;
}

std::size_t SnapshotDriver::copy(std::size_t pages) {
  const auto told = [](const SnapshotProgress& p) { return p.pages_copied - p.pages_waiting; };
  const SnapshotProgress before = engine_.snapshot_progress();
  const SnapshotProgress after = engine_.copy_for_snapshot(pages);
  if (after.phase == SnapshotPhase::clearing && phase_ != SnapshotPhase::clearing) ++abandoned_;
  phase_ = after.phase;
  if (phase_ == SnapshotPhase::copying || phase_ == SnapshotPhase::copied) {
    return told(after) - told(before);
  }
  return phase_ == SnapshotPhase::clearing ? pages : 0;
}

void SnapshotDriver::end_if_done(const Turn& turn) {
  if (phase_ != SnapshotPhase::copied || turn.durable < position_) return;
  engine_.finish_snapshot();
  phase_ = SnapshotPhase::none;
}

void SnapshotDriver::stop(std::string_view why) {
  if (phase_ == SnapshotPhase::copying || phase_ == SnapshotPhase::copied) {
    engine_.abandon_snapshot(why);
    ++abandoned_;
  }
  while (engine_.copy_for_snapshot(kPagesPerTurnMax).phase != SnapshotPhase::none) {
  }
  phase_ = SnapshotPhase::none;
}

SnapshotStatus SnapshotDriver::status() const {
  if (sink_ == nullptr) return {};
  return {.is_on = true,
          .is_asked_for = is_asked_for_,
          .report = sink_->report(),
          .running = engine_.snapshot_progress(),
          .abandoned = abandoned_};
}

}  // namespace holdfast
