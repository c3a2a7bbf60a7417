// Pauses seen by threads that do nothing but look at the clock, one bound to each processor, all at
// once. A gap between two looks is time in which the thread did not run: the host ran somebody
// else, an interrupt was served, or the kernel ran another thread (told apart by the thread's count
// of involuntary context switches). Threads: one for each processor while it looks.
#pragma once

#include <cstdint>

#include "bench/pauses/pauses.h"
#include "bench/result.h"

namespace holdfast::bench {

/// Looks for so long and adds what it saw. `seen` is empty, or of this function's earlier calls.
[[nodiscard]] Result<void> look_for_gaps(std::uint64_t duration_ns, PausesSeen& seen);

}  // namespace holdfast::bench
