// Which answers of a session stand in its out buffer, and since when: so that a slow write is told.
//
// A FIFO beside the bytes. Answers that came one behind the other with the same moments are one
// run; a run counts when its last byte was written. Thread: the session's network thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/stage_times.h"

namespace holdfast::net {

class SendTimes {
 public:
  /// `bytes` of an answer were appended to the out buffer.
  void add(const StageStamps& stamps, std::size_t bytes) {
    if (first_ < runs_.size()) {
      Run& last = runs_.back();
      if (last.stamps == stamps) {
        ++last.answers;
        last.bytes += bytes;
        return;
      }
    }
    if (runs_.capacity() == 0) runs_.reserve(kFirstRuns);  // or it would grow bit by bit
    runs_.push_back({.stamps = stamps, .answers = 1, .bytes = bytes});
  }

  /// The next `bytes` of the out buffer were written. Bytes that were never added come first of all
  /// and stand for nothing.
  void wrote(std::size_t bytes, StageTick now, StageTimes& times) {
    while (first_ < runs_.size() && bytes >= runs_[first_].bytes) {
      const Run& run = runs_[first_++];
      bytes -= run.bytes;
      if (run.stamps.received == 0) continue;
      times[Stage::send].record(ticks_between(run.stamps.released, now), run.answers);
      times[Stage::total].record(ticks_between(run.stamps.received, now), run.answers);
    }
    if (first_ == runs_.size()) {
      clear();
    } else {
      runs_[first_].bytes -= bytes;
    }
  }

  void clear() {
    runs_.clear();
    first_ = 0;
  }
  /// Gives memory back that only a slow reader had needed. When empty.
  void release_spare() {
    if (runs_.empty() && runs_.capacity() > kKeepRuns) runs_ = std::vector<Run>();
  }

 private:
  static constexpr std::size_t kKeepRuns = 256;
  static constexpr std::size_t kFirstRuns = 64;
  struct Run {
    StageStamps stamps;
    std::uint32_t answers = 0;
    std::size_t bytes = 0;  // still to be written
  };
  std::vector<Run> runs_;  // [first_, size) wait
  std::size_t first_ = 0;
};

}  // namespace holdfast::net
