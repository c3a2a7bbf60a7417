// Instructions of each piece, counted by callgrind: exact, and the same on any machine and day.
//
// Works only inside `valgrind --tool=callgrind`, which tools/perf-gate.sh sees to: the counts of a
// piece go into a dump of its own, named by the piece.
#pragma once

#include <string>

#include "bench/micro/piece.h"

namespace holdfast::bench {

/// Counts the pieces whose name `pattern` matches somewhere (a regular expression) and prints a
/// line "name<TAB>items" for each. The exit code: 1 when nothing can be counted here.
[[nodiscard]] int count_instructions(const PieceList& pieces, const std::string& pattern);

}  // namespace holdfast::bench
