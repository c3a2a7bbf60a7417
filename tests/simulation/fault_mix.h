// What one seed is like: its world, its gateways, its disk and how its lives end.
//
// Drawn per seed, so that some seeds are calm and some are cruel, and each fault is at times alone
// (a fault that always comes with others can be hidden by them). Chances are per thousand turns
// unless said otherwise. Plain data; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "persistence/testing/sim_file_io.h"
#include "tests/model/random_commands.h"

namespace holdfast::simulation {

struct FaultMix {
  model::WorldShape world;
  bool exact_answers = true;    // nothing is forgotten in such a world
  bool with_model = false;      // the reference model is asked as well
  std::uint64_t lives = 4;
  std::uint64_t turns = 150;    // of a life, at most

  std::uint32_t network_threads = 1;
  std::uint32_t gateways = 3;
  std::uint32_t under_way_max = 16;      // of one gateway
  std::uint32_t sends_per_turn = 4;      // of one gateway, at most
  std::uint64_t quiet = 100;             // nobody sends for a while
  std::uint64_t inquiries = 150;         // per thousand frames
  std::uint64_t disconnects = 0;
  std::uint64_t duplicates = 0;          // per thousand frames
  std::uint64_t bad_frames = 0;          // per thousand frames
  std::uint64_t slow_readers = 0;        // a gateway does not read for a while
  std::uint64_t clock_steps = 0;

  std::uint64_t turn_ns = 0;             // what a turn of the server waits, beside its work

  persistence::SimFaults disk;
  bool disk_lies = false;                // confirmed writes may be lost, misdirected or wrong
  std::uint64_t failing_calls = 0;       // per thousand lives: a call of the system fails once
  std::uint64_t full_disk = 0;
  std::uint64_t stop_at_operation = 0;   // per thousand lives
  std::uint64_t stop_in_recovery = 0;    // per thousand starts
  std::uint64_t cut_after_answer = 0;    // per thousand turns with an answer
  std::uint64_t second_server = 0;       // per thousand lives
  std::uint32_t end_clean = 1;           // weights of what ends a life that no fault ended
  std::uint32_t end_kill = 1;
  std::uint32_t end_power = 1;

  std::uint32_t segments_spare = 1;
  std::uint32_t writes_in_flight = 4;
  std::uint32_t write_beside_bytes = 0;  // 0 has the most writes side by side
  std::uint64_t snapshot_log_bytes = 0;  // one after so much log; 0: none
  std::uint64_t snapshot_asks = 0;       // per thousand inquiries: for one at once
  std::uint32_t snapshot_steps = 1;      // of its writer a turn, at most
  bool archive = false;
  std::uint32_t segment_bytes_extra = 0; // sectors beyond the smallest segment
  std::uint32_t warm_up_sectors = 0;  // before the first faults the log grows to so many; 0: none
  bool fills_in_warm_up = false;         // the volume, too early to lay out the next segment

  /// One line for a person.
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] FaultMix draw_fault_mix(std::uint64_t seed);

}  // namespace holdfast::simulation
