// What one authorization costs the core thread: `StateMachine::apply` alone, no queue, log or
// socket.
//
// Each turn authorizes on a random card and then reverses what it held, so that tables and balances
// stay as they are however long it runs; both are counted as items. 10^4 accounts stay in the
// processor's caches, 10^6 do not: the difference is the price of memory.
#include <benchmark/benchmark.h>

#include "bench/load/random.h"
#include "engine/state_machine.h"

namespace holdfast {
namespace {

constexpr CurrencyCode kCurrency{978};
constexpr TimestampNs kNow{1'700'000'000ULL * kNsPerSecond};

RequestId request(std::uint64_t number) { return {.low = number, .high = 0xBE7C}; }

void must_approve(benchmark::State& state, const Outcome& outcome) {
  if (!is_approval(outcome.decision)) state.SkipWithError("a command was declined");
}

void fill(benchmark::State& state, StateMachine& machine, std::uint64_t accounts) {
  std::uint64_t number = 1;
  Command command;
  for (std::uint64_t i = 1; i <= accounts; ++i) {
    command.kind = CommandKind::create_account;
    command.request_id = request(number++);
    command.create_account = CreateAccount{.account = {.low = i, .high = 1},
                                           .credit_limit = Money{1'000'000'000},
                                           .currency = kCurrency};
    must_approve(state, machine.apply(command, kNow));
    command.kind = CommandKind::create_card;
    command.request_id = request(number++);
    command.create_card = CreateCard{.card = {.low = i, .high = 2},
                                     .account = {.low = i, .high = 1},
                                     .program = {},
                                     .expiry = {}};
    must_approve(state, machine.apply(command, kNow));
  }
}

void apply_authorize_and_reverse(benchmark::State& state) {
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  StateMachine machine;
  fill(state, machine, accounts);
  bench::Random random(1);
  std::uint64_t number = 1ULL << 40;
  std::uint64_t hash = 0;  // keeps the compiler from deleting the work
  for (auto _ : state) {
    Command authorize;
    authorize.kind = CommandKind::authorize;
    authorize.request_id = request(number++);
    authorize.authorize = Authorize{.card = {.low = 1 + random.below(accounts), .high = 2},
                                    .amount = Money{1'000},
                                    .merchant = {},
                                    .terminal = {},
                                    .currency = kCurrency,
                                    .mcc = Mcc{5411},
                                    .country = CountryCode{250}};
    const Outcome held = machine.apply(authorize, kNow);
    Command reverse;
    reverse.kind = CommandKind::reverse;
    reverse.request_id = request(number++);
    reverse.reverse =
        Reverse{.authorization = held.authorization, .original_request = {}, .amount = Money{0}};
    const Outcome released = machine.apply(reverse, kNow);
    if (!is_approval(held.decision) || !is_approval(released.decision)) {
      state.SkipWithError("a command was declined");
      break;
    }
    hash = hash * 31 + held.authorization.value +
           static_cast<std::uint64_t>(released.available_balance.minor);
  }
  benchmark::DoNotOptimize(hash);
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(apply_authorize_and_reverse)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace holdfast
