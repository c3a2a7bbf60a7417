// `holdfast-bench run`: sets up a population, loads the server, checks the books, reports.
#pragma once

#include "bench/load/run_options.h"
#include "bench/result.h"

namespace holdfast::bench {

/// Runs in the calling thread (progress, checks) and `options.threads` load threads. An error means
/// that there was no run; a run that went wrong is a report whose `passed()` is false.
[[nodiscard]] Result<RunReport> run_load(RunOptions options);

/// Compares what the acknowledged answers say with what the accounts hold: each account's ledger
/// and held amount, the settlement account's, the unchanged funding, and the sum of all, which is
/// zero. `before` and `after` are in the order of `Population::all_accounts`. Returns what is
/// wrong.
[[nodiscard]] std::vector<std::string> check_books(const Population& population,
                                                   const std::vector<AccountBalance>& before,
                                                   const std::vector<AccountBalance>& after,
                                                   const ExpectedChange& expected);

/// The sum of all ledgers, or nothing when it does not fit 64 bits.
[[nodiscard]] std::optional<Money> sum_of_ledgers(const std::vector<AccountBalance>& balances);

}  // namespace holdfast::bench
