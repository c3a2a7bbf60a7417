// What the kernel has written from the page cache to disks, for whomever: up to half a minute after
// a program wrote it, and hundreds of megabytes at once, behind which durable writes wait. Any
// thread; no state.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast::bench {

/// Bytes since the machine started; nothing: the kernel does not tell.
[[nodiscard]] std::optional<std::uint64_t> written_back_bytes();
/// From the text of /proc/vmstat, which counts in pages.
[[nodiscard]] std::optional<std::uint64_t> parse_written_back(std::string_view vmstat,
                                                              std::uint64_t page_bytes);

}  // namespace holdfast::bench
