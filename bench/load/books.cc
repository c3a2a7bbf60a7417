#include "bench/load/books.h"

#include <fmt/format.h>

#include <string_view>

#include "tools/text/ids_text.h"

namespace holdfast::bench {

namespace {
constexpr std::size_t kBalanceErrorsMax = 10;
}

std::optional<Money> sum_of_ledgers(const std::vector<AccountBalance>& balances) {
  Money sum;
  for (const AccountBalance& balance : balances) {
    const auto next = checked_add(sum, balance.ledger);
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

std::vector<std::string> check_books(const Population& population,
                                     const std::vector<AccountBalance>& before,
                                     const std::vector<AccountBalance>& after,
                                     const ExpectedChange& expected) {
  std::vector<std::string> wrong;
  const auto compare = [&](AccountId account, std::string_view what, std::int64_t was,
                           std::int64_t change, std::int64_t is) {
    if (is == was + change || wrong.size() >= kBalanceErrorsMax) return;
    wrong.push_back(
        fmt::format("account {}: {} was {}, the answers change it by {}, and now it is {}",
                    tools::id_text(account), what, was, change, is));
  };
  for (std::uint32_t i = 0; i < population.accounts; ++i) {
    compare(population.account(i), "ledger", before[i].ledger.minor, expected.ledger[i],
            after[i].ledger.minor);
    const std::int64_t held =
        expected.held.empty() ? -before[i].held.minor : expected.held[i];
    compare(population.account(i), "held", before[i].held.minor, held, after[i].held.minor);
  }
  const std::size_t funding = population.accounts, settlement = funding + 1;
  compare(population.funding(), "ledger", before[funding].ledger.minor, 0,
          after[funding].ledger.minor);
  compare(population.settlement(), "ledger", before[settlement].ledger.minor, expected.settled,
          after[settlement].ledger.minor);
  const auto sum = sum_of_ledgers(after);
  if (!sum || sum->minor != 0) {
    wrong.push_back(fmt::format("the ledgers of all accounts sum to {}, not to 0",
                                sum ? std::to_string(sum->minor) : "more than 64 bits"));
  }
  return wrong;
}

}  // namespace holdfast::bench
