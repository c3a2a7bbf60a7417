// The core's part of the stage times: queue, decide, log, durable.
//
// Follows the core loop's turns. Answers wait in one FIFO, and so do what this keeps beside it: the
// batches with the moment at which each was decided, and the log positions with the moment at which
// each was handed to the disk. Both are read off again in that order when answers are released.
// Off (all calls but `is_on` do nothing) without a `StageTimes`. Thread: the core.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/limits.h"
#include "engine/request.h"
#include "engine/stage_times.h"
#include "engine/types.h"

namespace holdfast {

/// The answer to `show_stages`; without a board it tells no bucket.
[[nodiscard]] inline StagePage stage_page(const StageBoard* board, const Inquiry& inquiry,
                                          LogPosition position, std::uint64_t uptime_ns) {
  StagePage page{.stage = inquiry.stage, .first_bucket = inquiry.first_bucket};
  page.position = position;
  page.uptime_ns = uptime_ns;
  if (board == nullptr) return page;
  page.sum_ns = board->sum_ns(page.stage);
  page.max_ns = board->max_ns(page.stage);
  const std::size_t end = std::min<std::size_t>(
      page.first_bucket + limits::stage_buckets_per_reply, kStageBuckets);
  for (std::size_t i = page.first_bucket; i < end; ++i) {
    page.buckets.push_back(board->bucket(page.stage, i));
  }
  return page;
}

class CoreStages {
 public:
  /// `waiting_max`: answers that may wait at once, and so batches.
  CoreStages(StageTimes* times, std::size_t waiting_max)
      : times_(times), batches_(times == nullptr ? 0 : std::bit_ceil(waiting_max)) {
    if (!is_on()) return;
    queue_ = StageRun(&(*times)[Stage::queue]);
    log_ = StageRun(&(*times)[Stage::log]);
    durable_ = StageRun(&(*times)[Stage::durable]);
  }

  [[nodiscard]] bool is_on() const { return times_ != nullptr; }

  void turn_began(std::uint64_t now_ns) { turn_ = stage_tick(now_ns); }

  /// A request is about to be decided.
  void take(const StageStamps& stamps) {
    if (!is_on()) return;
    ++batch_.answers;
    if (stamps.received == 0) return;
    ++batch_counted_;
    queue_.add(ticks_between(stamps.passed_on, turn_));
  }

  /// All that was taken in this turn is decided and waits.
  void decided(std::uint64_t now_ns) {
    batch_.decided = stage_tick(now_ns);
    queue_.flush();
    if (batch_counted_ > 0) {
      (*times_)[Stage::decide].record(ticks_between(turn_, batch_.decided), batch_counted_);
    }
    batches_[(batch_first_ + batch_count_++) & (batches_.size() - 1)] = batch_;
    batch_ = {};
    batch_counted_ = 0;
  }

  [[nodiscard]] bool is_news(LogPosition submitted_through) const {
    return is_on() && submitted_through > submitted_through_;
  }
  /// What stands before `release`: how far the log was handed to the disk, and when that was seen.
  void pumped(LogPosition submitted_through, std::uint64_t now_ns) {
    pumped_ = stage_tick(now_ns);
    if (submitted_through <= submitted_through_) return;
    submitted_through_ = submitted_through;
    if (mark_count_ == marks_.size()) pop_mark();  // nobody waited for it
    marks_[(mark_first_ + mark_count_++) % marks_.size()] = {submitted_through, pumped_};
  }

  /// The next answer of the FIFO is released: it reflects the log up to `gate`, which is durable.
  void release(LogPosition gate, StageStamps& stamps) {
    if (!is_on()) return;
    Batch& batch = batches_[batch_first_ & (batches_.size() - 1)];
    const StageTick decided = batch.decided;
    if (--batch.answers == 0) {
      ++batch_first_;
      --batch_count_;
    }
    if (stamps.received == 0) return;
    stamps.passed_on = pumped_;
    while (mark_count_ > 0 && marks_[mark_first_].through < gate) pop_mark();
    // Handed to the disk before it was decided: it waited for nothing of its own.
    const StageTick submitted = mark_count_ > 0 ? marks_[mark_first_].at : decided;
    const StageTick in_log = ticks_between(decided, submitted);
    log_.add(in_log);
    durable_.add(ticks_between(decided + in_log, pumped_));
  }
  void released_all() {
    log_.flush();
    durable_.flush();
  }

 private:
  struct Batch {
    StageTick decided = 0;
    std::uint32_t answers = 0;  // that still wait
  };
  struct Mark {
    LogPosition through;
    StageTick at = 0;
  };
  // More than blocks can be under way: one that is dropped is durable already.
  static constexpr std::size_t kMarks = 64;
  static_assert(kMarks >= 4 * limits::wal_writes_in_flight_max);

  void pop_mark() {
    mark_first_ = (mark_first_ + 1) % marks_.size();
    --mark_count_;
  }

  StageTimes* times_;
  StageRun queue_;
  StageRun log_;
  StageRun durable_;
  StageTick turn_ = 0;
  StageTick pumped_ = 0;
  Batch batch_;  // of this turn
  std::uint32_t batch_counted_ = 0;
  std::vector<Batch> batches_;  // a ring; its size is a power of two
  std::size_t batch_first_ = 0;
  std::size_t batch_count_ = 0;
  LogPosition submitted_through_;
  std::array<Mark, kMarks> marks_;  // a ring
  std::size_t mark_first_ = 0;
  std::size_t mark_count_ = 0;
};

}  // namespace holdfast
