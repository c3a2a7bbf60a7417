// `holdfast-bench run`: sets up a population, loads the server, checks the books, reports.
#pragma once

#include "bench/load/run_options.h"
#include "bench/result.h"

namespace holdfast::bench {

/// Runs in the calling thread (progress, checks) and `options.threads` load threads. An error means
/// that there was no run; a run that went wrong is a report whose `passed()` is false.
[[nodiscard]] Result<RunReport> run_load(RunOptions options);

}  // namespace holdfast::bench
