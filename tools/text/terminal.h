// The terminal that standard output may be. Any thread.
#pragma once

#include <cstddef>

namespace holdfast::tools {

/// Columns of standard output when it is a terminal; without end when it is a file or a pipe.
[[nodiscard]] std::size_t terminal_columns();

}  // namespace holdfast::tools
