// The monotonic clock of all load. Any thread.
#pragma once

#include <cstdint>

namespace holdfast::bench {

/// Nanoseconds.
[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace holdfast::bench
