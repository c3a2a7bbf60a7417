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
      : times_(times), batches_(times == nullptr ? 0 : std::bit_ceil(waiting_max)) {}

  [[nodiscard]] bool is_on() const { return times_ != nullptr; }

  void turn_began(std::uint64_t now_ns) { turn_ = stage_tick(now_ns); }

  /// A request that was handed over at that moment is about to be decided. `counts`: in the stages.
  void take(StageTick handed_over, bool counts) {
    if (!is_on()) return;
    if (handed_over != taken_.handed_over) {
      count_taken();
      taken_.handed_over = handed_over;
    }
    ++taken_.requests;
    taken_.counted += counts ? 1 : 0;
  }

  /// All that was taken in this turn, at least one, is decided and waits.
  void decided(std::uint64_t now_ns) {
    count_taken();
    batch_.decided = stage_tick(now_ns);
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
  void release(LogPosition gate, bool counts) {
    if (!is_on()) return;
    if (released_.left == 0 || gate > released_.through) {
      count_released();
      next_released(gate);
    }
    --released_.left;
    released_.counted += counts ? 1 : 0;
  }
  /// After the last one of a pump. Returns its moment; 0: off.
  StageTick released_all() {
    if (!is_on()) return 0;
    count_released();
    released_.left = released_.begun = 0;
    return pumped_;
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
  // Requests, one behind the other, that were handed over at the same moment.
  struct Taken {
    StageTick handed_over = 0;
    std::uint32_t requests = 0;
    std::uint32_t counted = 0;
  };
  // Answers, one behind the other, of one batch and one mark.
  struct Released {
    LogPosition through;        // the mark's
    std::uint32_t left = 0;     // that may still join
    std::uint32_t begun = 0;    // `left` at first
    std::uint32_t counted = 0;
    StageTick in_log = 0;
    StageTick in_durable = 0;
  };
  // More than blocks can be under way: one that is dropped is durable already.
  static constexpr std::size_t kMarks = 64;
  static_assert(kMarks >= 4 * limits::wal_writes_in_flight_max);

  void count_taken() {
    batch_.answers += taken_.requests;
    if (taken_.counted > 0) {
      batch_counted_ += taken_.counted;
      (*times_)[Stage::queue].record(ticks_between(taken_.handed_over, turn_), taken_.counted);
    }
    taken_.requests = taken_.counted = 0;
  }

  void next_released(LogPosition gate) {
    const Batch& batch = batches_[batch_first_ & (batches_.size() - 1)];
    while (mark_count_ > 0 && marks_[mark_first_].through < gate) pop_mark();
    // Without a mark it was handed to the disk long before: it waited for nothing of its own.
    const bool is_marked = mark_count_ > 0;
    released_.through = is_marked ? marks_[mark_first_].through : LogPosition{UINT64_MAX};
    released_.left = released_.begun = batch.answers;
    released_.in_log = is_marked ? ticks_between(batch.decided, marks_[mark_first_].at) : 0;
    released_.in_durable = ticks_between(batch.decided + released_.in_log, pumped_);
  }
  void count_released() {
    if (released_.left == released_.begun) return;
    if (released_.counted > 0) {
      (*times_)[Stage::log].record(released_.in_log, released_.counted);
      (*times_)[Stage::durable].record(released_.in_durable, released_.counted);
      released_.counted = 0;
    }
    Batch& batch = batches_[batch_first_ & (batches_.size() - 1)];
    batch.answers = released_.left;
    released_.begun = released_.left;
    if (batch.answers > 0) return;
    ++batch_first_;
    --batch_count_;
  }

  void pop_mark() {
    mark_first_ = (mark_first_ + 1) % marks_.size();
    --mark_count_;
  }

  StageTimes* times_;
  StageTick turn_ = 0;
  StageTick pumped_ = 0;
  Taken taken_;
  Batch batch_;  // of this turn
  std::uint32_t batch_counted_ = 0;
  Released released_;
  std::vector<Batch> batches_;  // a ring; its size is a power of two
  std::size_t batch_first_ = 0;
  std::size_t batch_count_ = 0;
  LogPosition submitted_through_;
  std::array<Mark, kMarks> marks_;  // a ring
  std::size_t mark_first_ = 0;
  std::size_t mark_count_ = 0;
};

}  // namespace holdfast
