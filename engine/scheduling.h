// How the kernel shares processors between this thread and others.
//
// Where there are fewer processors than busy threads, a thread that hands work on waits for as long as
// another may run at a stretch: three milliseconds by default, many times the cost of a durable write.
// Linux 6.12 and later let a thread ask for shorter turns. Any thread, for itself.
#pragma once

#include <cstdint>

namespace holdfast {

/// Asks for turns of `slice_ns` (100 us .. 100 ms; the kernel keeps to that) and to be let in early by
/// those with longer ones. No privilege is needed. False: the kernel is older; nothing has changed.
bool ask_for_short_turns(std::uint64_t slice_ns = 100'000);

}  // namespace holdfast
