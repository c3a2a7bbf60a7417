// The people's command line: builds the tree of subcommands, reads the arguments, runs the one that
// was named and turns every end into an exit code. Thread: the main thread only.
#pragma once

namespace holdfast::tools {

/// Runs `holdfast` with the arguments of `main`; returns the exit code (see failure.h).
[[nodiscard]] int run(int argc, char** argv);

}  // namespace holdfast::tools
