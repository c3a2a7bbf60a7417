// Holds docs/operations.md to the program: what a server says must stand there.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::test {

/// The server has told a line with `what` in it, and the page quotes that line, whatever names and
/// numbers are in either.
void expect_told(const std::string& server_log, std::string_view what);

}  // namespace holdfast::test
