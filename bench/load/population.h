// The accounts and cards that a load run works on, and where its money comes from and goes to.
//
// A population has a number; its ids follow from it, so that any later program (verify, the next
// run) finds the same accounts. Account i has one card with the same id. The funding account pays
// each account its fund; captures go to the settlement account; both may go negative. So the
// ledgers of a population sum to zero, always. Thread: read only once made.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "bench/result.h"
#include "bench/setup.h"
#include "engine/types.h"
#include "net/client/client.h"

namespace holdfast::bench {

struct Population {
  std::uint64_t number = 1;         // 1 .. 2^32-1
  std::uint32_t accounts = 10'000;  // 1 or more
  CurrencyCode currency{978};
  /// Moved from the funding account to each account, once.
  Money fund{100'000'000};
  ProgramId program;

  /// Low half of the ids of an account and its card.
  [[nodiscard]] static constexpr std::uint64_t id_low(std::uint32_t index) { return index + 1ULL; }
  [[nodiscard]] AccountId account(std::uint32_t index) const {
    return {.low = id_low(index), .high = high()};
  }
  [[nodiscard]] CardToken card(std::uint32_t index) const {
    return {.low = id_low(index), .high = high()};
  }
  [[nodiscard]] AccountId funding() const { return {.low = 0xFFFF'FFFF'0000'0001, .high = high()}; }
  [[nodiscard]] AccountId settlement() const {
    return {.low = 0xFFFF'FFFF'0000'0002, .high = high()};
  }
  /// Every account, then funding, then settlement.
  [[nodiscard]] std::vector<AccountId> all_accounts() const;

  /// The commands that create and fund all of it, in order; an error of `each` ends it.
  [[nodiscard]] Result<void> for_each_setup_command(
      const std::function<Result<void>(const Command&)>& each) const;
  /// Creates and funds what is not there yet; see `Setup`.
  [[nodiscard]] Result<SetupCounts> set_up(net::Client& client) const;

 private:
  [[nodiscard]] std::uint64_t high() const { return 0x10AD'0000'0000'0000 | number; }
};

}  // namespace holdfast::bench
