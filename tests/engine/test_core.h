// What a core loop runs on in tests: a journal and a clock that the test holds in its hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/journal.h"
#include "engine/lanes.h"
#include "engine/types.h"
#include "tests/engine/commands.h"

namespace holdfast::test {

struct TestJournal {
  JournalState state_now = JournalState::ready;
  LogPosition appended;
  LogPosition submitted;  // no further than `appended`
  LogPosition durable;
  std::size_t room = SIZE_MAX;  // records until it is busy
  std::vector<CommandKind> kinds;
  int idle_notes = 0;
  std::uint64_t bytes = 0;

  [[nodiscard]] JournalState state() const {
    return state_now == JournalState::ready && room == 0 ? JournalState::busy : state_now;
  }
  void append(const Command& command, const Outcome& outcome) {
    ASSERT_EQ(outcome.position, appended.next());
    ASSERT_GT(room, 0U);
    appended = outcome.position;
    kinds.push_back(command.kind);
    --room;
  }
  std::size_t pump() { return 0; }
  [[nodiscard]] LogPosition appended_through() const { return appended; }
  [[nodiscard]] LogPosition submitted_through() const { return std::max(submitted, durable); }
  [[nodiscard]] LogPosition durable_through() const { return durable; }
  void note_idle() { ++idle_notes; }
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes; }
  [[nodiscard]] std::uint64_t writes() const { return 0; }
};

/// As a network thread with one request.
inline void hand_over(Lane& lane, const Request& request, StageTick now = 0) {
  lane.open() = request;
  lane.hand_over(now);
}
/// All that the core has released.
inline std::vector<Reply> take_replies(Lane& lane) {
  std::vector<Reply> taken;
  while (Reply* reply = lane.front()) {
    taken.push_back(std::move(*reply));
    lane.pop();
  }
  return taken;
}

struct TestClock {
  TimestampNs time = kStart;
  std::uint64_t step_ns = 0;  // by which it goes on each time it is asked
  TimestampNs now() {
    time.ns += step_ns;
    return time;
  }
};

}  // namespace holdfast::test
