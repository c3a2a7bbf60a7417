// Everything that a crash may leave, tried: the exhaustive check beside the simulator.
//
// A short workload runs on the simulated disk until its n-th operation, for each n. What was not
// yet durable at that moment (writes under way, unsynced bytes, unsynced names) may be there, be
// gone, be torn, or be zeroes: every combination is one state of the disk. Where there are more of
// them than the bound, so many are tried in order and as many drawn. Each state is recovered, and
// once more after a second crash: both must show the same true prefix, with all that was durable.
// Thread: one.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast::simulation {

struct SmallWorldResult {
  std::uint64_t crash_points = 0;
  std::uint64_t states = 0;         // tried in all
  std::uint64_t points_bounded = 0; // at which not all of them were tried
};

enum class SmallWorkload : std::uint8_t {
  first_steps,     // a log is made, blocks overlap, the server is killed, goes on, and stops
  segment_change,  // segments fill, and others are laid out
};

/// Throws Violation (see oracle.h). `states_max`: of one crash point. `seed`: for what is drawn.
SmallWorldResult run_small_world(SmallWorkload workload, std::uint64_t states_max,
                                 std::uint64_t seed);

}  // namespace holdfast::simulation
