// How the parts of holdfast-bench tell a person what went wrong.
#pragma once

#include <expected>
#include <string>

namespace holdfast::bench {

/// A value, or whole sentences for a person: what is wrong, where, and what to do.
template <class T>
using Result = std::expected<T, std::string>;

}  // namespace holdfast::bench
