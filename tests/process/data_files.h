// The files of a data directory, for tests that look at them or damage them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::test {

/// Paths of those whose name begins so, in order.
[[nodiscard]] std::vector<std::string> files_in(const std::string& dir, std::string_view prefix);
void flip_bit(const std::string& path, std::uint64_t at);

}  // namespace holdfast::test
