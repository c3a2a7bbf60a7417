// What a snapshot costs the core: payments with and without one under way, and copying alone.
//
// The writer of this benchmark is infinitely fast: what is measured is the core's side. Turns of 64
// payments are followed by the snapshot's part of the turn, exactly as in the core loop; in the
// runs "with", one is always under way. `pages_ahead` are those that payments had to copy.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <span>
#include <vector>

#include "bench/micro/world.h"
#include "engine/snapshot_driver.h"
#include "engine/snapshot_loader.h"
#include "engine/state_machine.h"

namespace holdfast::bench {
namespace {

/// This thread's processor time, so that other work on the machine does not count.
std::uint64_t ticks_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

/// Takes pages as fast as they come; keeps them if it is told to.
class FastSink : public SnapshotSink {
 public:
  explicit FastSink(bool keeps = false) : keeps_(keeps) {
    for (Memory& memory : memory_) {
      memory.pages = std::make_unique<std::byte[]>(kSnapshotPagesPerPacket * kSnapshotPageBytes);
      memory.packet.pages = memory.pages.get();
    }
  }
  std::expected<void, SnapshotDelay> begin(const SnapshotPlan& given) override {
    plan = given;
    return {};
  }
  // Round about, as with a disk: a packet's memory is cold when it comes back.
  SnapshotPacket* take_packet(SnapshotPacketUse) override {
    SnapshotPacket* packet = &memory_[next_++ % kPackets].packet;
    packet->count = 0;
    return packet;
  }
  void put_packet(SnapshotPacket* packet) override {
    pages += packet->count;
    if (!keeps_) return;
    names.insert(names.end(), packet->names.begin(), packet->names.begin() + packet->count);
    bytes.insert(bytes.end(), packet->pages, packet->pages + packet->count * kSnapshotPageBytes);
  }
  std::uint64_t packets_waiting() const override { return 0; }
  void finish() override {
    ++totals.completed;
    totals.newest_position = plan.position;
  }
  void abandon(std::string_view) override { ++totals.failed; }
  bool has_failed() const override { return false; }
  SnapshotReport report() const override { return totals; }

  SnapshotPlan plan;
  SnapshotReport totals;
  std::uint64_t pages = 0;
  std::vector<SnapshotPageName> names;
  std::vector<std::byte> bytes;

 private:
  static constexpr std::size_t kPackets = 32;
  struct Memory {
    SnapshotPacket packet;
    std::unique_ptr<std::byte[]> pages;
  };
  std::array<Memory, kPackets> memory_;
  std::size_t next_ = 0;
  bool keeps_;
};

WorldOptions with_accounts(benchmark::State& state) {
  return {.accounts = static_cast<std::uint64_t>(state.range(0)), .memory = Memory::grows};
}

/// Holds an amount on a random card and gives it back: two commands.
void pay(World& world) {
  const Outcome held = world.must_apply(world.authorize());
  (void)world.must_apply(world.reverse(held.authorization));
}

void payments(benchmark::State& state) {
  constexpr int kPaymentsPerTurn = 64;
  World world(with_accounts(state));
  const bool with_snapshots = state.range(1) == 1;
  FastSink sink;
  SnapshotDriver driver(world.engine(), with_snapshots ? &sink : nullptr, {.log_bytes = 0});
  std::uint64_t longest_step_ns = 0;
  std::uint64_t pages_ahead = 0;
  for (auto _ : state) {
    if (with_snapshots && !driver.is_under_way()) driver.ask();
    for (int i = 0; i < kPaymentsPerTurn; ++i) pay(world);
    pages_ahead = std::max(pages_ahead, world.engine().snapshot_pages_ahead());
    const std::uint64_t start_ns = ticks_ns();
    driver.step({.ticks_ns = start_ns, .durable = world.engine().position()}, ticks_ns);
    longest_step_ns = std::max(longest_step_ns, ticks_ns() - start_ns);
  }
  driver.stop("the benchmark ends");
  state.SetItemsProcessed(2 * kPaymentsPerTurn * static_cast<std::int64_t>(state.iterations()));
  state.counters["pages/s"] =
      benchmark::Counter(static_cast<double>(sink.pages), benchmark::Counter::kIsRate);
  state.counters["pages_ahead"] = static_cast<double>(pages_ahead);
  state.counters["snapshots"] = static_cast<double>(sink.totals.completed);
  state.counters["longest_step_us"] = static_cast<double>(longest_step_ns) / 1e3;
}
BENCHMARK(payments)
    ->ArgNames({"accounts", "snapshots"})
    ->ArgsProduct({{10'000, 1'000'000}, {0, 1}})
    ->Iterations(4000);

void copying_alone(benchmark::State& state) {
  World world(with_accounts(state));
  FastSink sink;
  for (auto _ : state) {
    if (!world.engine().begin_snapshot(sink)) state.SkipWithError("did not begin");
    while (world.engine().copy_for_snapshot(64).phase == SnapshotPhase::copying) {
    }
    world.engine().finish_snapshot();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(sink.pages * kSnapshotPageBytes));
  state.counters["pages/s"] =
      benchmark::Counter(static_cast<double>(sink.pages), benchmark::Counter::kIsRate);
}
BENCHMARK(copying_alone)
    ->ArgName("accounts")
    ->Arg(1'000'000)
    ->Iterations(5)
    ->Unit(benchmark::kMillisecond);

/// Loading, beside moving the same pages and nothing else (0).
void loading(benchmark::State& state) {
  FastSink sink(/*keeps=*/true);
  {
    World world(with_accounts(state));
    if (!world.engine().begin_snapshot(sink)) state.SkipWithError("did not begin");
    while (world.engine().copy_for_snapshot(64).phase == SnapshotPhase::copying) {
    }
    world.engine().finish_snapshot();
  }
  const bool with_indexes = state.range(1) == 1;
  for (auto _ : state) {
    SnapshotLoader loader;
    bool is_good = loader.begin(sink.plan).has_value();
    for (std::size_t i = 0; i < sink.names.size() && is_good; ++i) {
      is_good = loader
                    .add_page(sink.names[i], std::span(sink.bytes).subspan(
                                                 i * kSnapshotPageBytes, kSnapshotPageBytes))
                    .has_value();
    }
    if (with_indexes) is_good = is_good && loader.finish().has_value();
    if (!is_good) state.SkipWithError("was not loaded");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(sink.bytes.size() * state.iterations()));
}
BENCHMARK(loading)
    ->ArgNames({"accounts", "finish"})
    ->ArgsProduct({{1'000'000}, {0, 1}})
    ->Iterations(3)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast::bench
