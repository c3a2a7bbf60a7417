// What the core loop needs of a log: append, make durable, tell how far durable reaches.
//
// Only the journal knows where durable is. Today's journal is `persistence/wal_writer`; a
// replicated one may follow. Thread: the core thread only.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "engine/command.h"
#include "engine/outcome.h"

namespace holdfast {

enum class JournalState : std::uint8_t {
  ready,  // append is allowed
  busy,   // every buffer is full or the next segment is not laid out yet: try after the next pump
  no_space,  // the volume is full: refuse new mutations, go on with the rest, space may return
  failed,    // a write failed: nothing more will become durable, the server must stop
};

template <class J>
concept Journal =
    requires(J journal, const J& view, const Command& command, const Outcome& outcome) {
      /// Whether one more record of the largest size can be appended now. Constant time.
      { view.state() } -> std::same_as<JournalState>;
      /// Appends a record; `outcome.position` must be `appended_through().next()`.
      /// Needs state ready.
      { journal.append(command, outcome) } -> std::same_as<void>;
      /// Submits what is pending as soon as a write slot is free and reaps completions. Never
      /// waits. Returns how much it did (0: nothing).
      { journal.pump() } -> std::same_as<std::size_t>;
      /// Last position handed to `append`.
      { view.appended_through() } -> std::same_as<LogPosition>;
      /// Last position that was handed to the disk (or further); at least `durable_through()`.
      { view.submitted_through() } -> std::same_as<LogPosition>;
      /// All positions up to and with this one survive a crash.
      { view.durable_through() } -> std::same_as<LogPosition>;
      /// Nothing has come for a while: the journal may write down how far durable reaches, so that
      /// damage to the last record is told from a write that a crash cut off. Never waits.
      { journal.note_idle() } -> std::same_as<void>;
      /// Since start, for people.
      { view.bytes_written() } -> std::same_as<std::uint64_t>;
      { view.writes() } -> std::same_as<std::uint64_t>;
    };

}  // namespace holdfast
