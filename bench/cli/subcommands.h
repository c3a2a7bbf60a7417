// All subcommands of holdfast-bench, in the order in which its help shows them.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "bench/cli/subcommand.h"

// X(NAME) declares `make_NAME`, which the file of the subcommand defines.
#define HOLDFAST_BENCH_SUBCOMMANDS(X) \
  X(run)                              \
  X(sweep)                            \
  X(soak)                             \
  X(drive)                            \
  X(verify)                           \
  X(floor)                            \
  X(unloaded)                         \
  X(many)                             \
  X(peers)                            \
  X(apply_ratio)                      \
  X(restart)                          \
  X(snapshot_cost)                    \
  X(scale)                            \
  X(report)                           \
  X(compare)

namespace holdfast::bench {

#define HOLDFAST_DECLARE_SUBCOMMAND(name) \
  [[nodiscard]] std::unique_ptr<Subcommand> make_##name(CLI::App& app);
HOLDFAST_BENCH_SUBCOMMANDS(HOLDFAST_DECLARE_SUBCOMMAND)
#undef HOLDFAST_DECLARE_SUBCOMMAND

}  // namespace holdfast::bench
