// A snapshot under way: what was copied, what is next, and how it ends.
//
// Tables are copied in the order in which they were added, after the `state` stream. The tables tell
// it before a captured page changes, and it copies that page first. It ends in one of two ways: all
// pages are the sink's (then the core waits for the log and calls `finish`), or it is abandoned.
// Memory: one bit a page; the packets are the sink's. Thread: the core's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/page_capture.h"
#include "engine/page_outbox.h"
#include "engine/snapshot.h"
#include "engine/snapshot_state.h"

namespace holdfast {

class SnapshotCapture {
 public:
  /// The sink has accepted `plan`.
  SnapshotCapture(SnapshotSink& sink, const SnapshotPlan& plan, StateWriter state);
  SnapshotCapture(const SnapshotCapture&) = delete;
  SnapshotCapture& operator=(const SnapshotCapture&) = delete;

  /// The table tells the result before it changes, until the capture is no longer `is_copying`.
  [[nodiscard]] PageCapture& add(SnapshotTable table, PageImage image);

  /// Copies up to `pages_max` pages.
  void step(std::size_t pages_max);
  /// Whether the sink has room for all pages that a command may change.
  [[nodiscard]] bool has_room() { return !is_copying() || outbox_.has_overrun() || outbox_.has_room(); }
  /// The phase is `copied`: the sink may count it.
  void finish();
  /// Does nothing when it has ended.
  void abandon(std::string_view why);

  [[nodiscard]] bool is_copying() const { return phase_ == SnapshotPhase::copying; }
  [[nodiscard]] std::uint64_t pages_ahead() const { return outbox_.pages_ahead(); }
  /// Phase `none`: it has ended, and nothing is left of it.
  [[nodiscard]] SnapshotProgress progress() const;

 private:
  [[nodiscard]] bool copy_one();

  SnapshotSink& sink_;
  SnapshotPhase phase_ = SnapshotPhase::copying;
  LogPosition position_;
  std::uint64_t pages_ = 0;
  PageOutbox outbox_;
  StateWriter state_;
  std::vector<PageCapture> tables_;  // with room for all, because tables point at them
  std::size_t next_table_ = 0;
};

}  // namespace holdfast
