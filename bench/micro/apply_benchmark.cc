// What one authorization costs the core thread when each stands alone: `StateMachine::apply`, no
// prefetching ahead, queue, log or socket. In batches, by kind of command: apply_pieces.cc.
//
// Each turn authorizes on a random card and then reverses what it held; both are counted as items.
// The second argument is the number of controls of the program: of every effect, half of them
// windows that count each payment. With 8 of them an authorization must not become twice as dear.
#include <benchmark/benchmark.h>

#include "bench/micro/world.h"

namespace holdfast::bench {
namespace {

void apply_authorize_and_reverse(benchmark::State& state) {
  World world({.accounts = static_cast<std::uint64_t>(state.range(0)),
               .controls = static_cast<std::uint32_t>(state.range(1)),
               .memory = Memory::grows,
               .has_open_holds = false});
  std::uint64_t hash = 0;  // keeps the compiler from deleting the work
  for (auto _ : state) {
    const Outcome held = world.must_apply(world.authorize());
    const Outcome released = world.must_apply(world.reverse(held.authorization));
    hash = hash * 31 + held.authorization.value +
           static_cast<std::uint64_t>(released.available_balance.minor);
  }
  benchmark::DoNotOptimize(hash);
  state.SetItemsProcessed(2 * static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(apply_authorize_and_reverse)
    ->ArgNames({"accounts", "controls"})
    ->ArgsProduct({{10'000, 1'000'000}, {0, 8, 64}});

}  // namespace
}  // namespace holdfast::bench
