// Whether the accounts hold what the answers say.
//
// What no single answer can show (money appearing or vanishing between right answers) the balances
// show after the run. No state; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bench/load/run_options.h"
#include "bench/setup.h"

namespace holdfast::bench {

/// Compares what the acknowledged answers say with what the accounts hold: each account's ledger
/// and held amount, the settlement account's, the unchanged funding, and the sum of all, which is
/// zero. `before` and `after` are in the order of `Population::all_accounts`. `expected.held`
/// empty: every hold has run out, and nothing may be held. Returns what is wrong.
[[nodiscard]] std::vector<std::string> check_books(const Population& population,
                                                   const std::vector<AccountBalance>& before,
                                                   const std::vector<AccountBalance>& after,
                                                   const ExpectedChange& expected);

/// The sum of all ledgers, or nothing when it does not fit 64 bits.
[[nodiscard]] std::optional<Money> sum_of_ledgers(const std::vector<AccountBalance>& balances);

}  // namespace holdfast::bench
