#include "bench/pauses/pause_watch.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <future>
#include <utility>

#include "bench/clock.h"
#include "bench/pauses/written_back.h"
#include "engine/types.h"

namespace holdfast::bench {

namespace {

/// Room that is there before the first pause.
constexpr std::size_t kPausesAhead = 4096;

Result<void> become_real_time() {
  const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_FIFO)};
  const int error = ::pthread_setschedparam(::pthread_self(), SCHED_FIFO, &lowest);
  if (error == 0) return {};
  return std::unexpected(fmt::format(
      "watching pauses takes threads of real-time priority (SCHED_FIFO {}), and the system refuses "
      "them: {}. Run it as root, with CAP_SYS_NICE, or where `ulimit -r` is 1 or more",
      lowest.sched_priority, std::strerror(error)));
}

Result<void> become_watch_of(unsigned processor) {
  if (auto bound = bind_to({&processor, 1}); !bound) return bound;
  return become_real_time();
}

void sleep_until(std::uint64_t moment_ns) {
  const timespec moment{static_cast<time_t>(moment_ns / kNsPerSecond),
                        static_cast<long>(moment_ns % kNsPerSecond)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, nullptr) == EINTR) {
  }
}

void raise_to(std::atomic<std::uint64_t>& most, std::uint64_t value) {
  std::uint64_t seen = most.load(std::memory_order_relaxed);
  while (seen < value && !most.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

void watch(std::uint64_t began_ns, const std::atomic<bool>& is_over, PauseSignal& signal,
           Pauses& pauses) {
  for (std::uint64_t due_ns = began_ns; !is_over.load(std::memory_order_relaxed);) {
    sleep_until(due_ns);
    const std::uint64_t now_ns = monotonic_ns();
    const std::uint64_t late_ns = now_ns - due_ns;
    if (late_ns > PauseSignal::kAbove_ns) {
      raise_to(signal.last_until_ns, now_ns);
      raise_to(signal.longest_ns, late_ns);
    }
    if (late_ns >= kPauseMin_ns) pauses.push_back({.from_ns = due_ns, .until_ns = now_ns});
    due_ns += (late_ns / PauseWatch::kTick_ns + 1) * PauseWatch::kTick_ns;
  }
}

/// Of what was seen from `began_ns` on, what began in the window.
void cut_to(std::uint64_t from_ns, std::uint64_t until_ns, ProcessorPauses& seen) {
  std::erase_if(seen.pauses, [&](const Pause& pause) {
    return pause.from_ns < from_ns || pause.from_ns >= until_ns;
  });
  seen.looked_ns = until_ns - from_ns;
  for (const Pause& pause : seen.pauses) {
    seen.longest_ns = std::max(seen.longest_ns, pause.length_ns());
  }
}

}  // namespace

Result<void> PauseWatch::permitted() {
  Result<void> result;
  std::thread([&] { result = become_real_time(); }).join();
  return result;
}

PauseWatch::PauseWatch(std::uint64_t from_ns, std::uint64_t until_ns, PauseSignal& signal)
    : from_ns_(from_ns),
      until_ns_(until_ns),
      signal_(signal),
      counting_(
          from_ns, until_ns, [this] { before_ = kernel_counts(); },
          [this] { after_ = kernel_counts(); }) {}

PauseWatch::KernelCounts PauseWatch::kernel_counts() {
  return {.steal = steal_times(), .written_back_bytes = bench::written_back_bytes()};
}

PauseWatch::~PauseWatch() { stop(); }

Result<std::unique_ptr<PauseWatch>> PauseWatch::start(std::uint64_t from_ns,
                                                      std::uint64_t until_ns,
                                                      PauseSignal& signal) {
  const auto processors = allowed_processors();
  if (!processors) return std::unexpected(processors.error());
  std::unique_ptr<PauseWatch> made(new PauseWatch(from_ns, until_ns, signal));
  made->seen_.tick_ns = kTick_ns;
  for (const unsigned processor : *processors) {
    made->seen_.processors.push_back({.processor = processor});
    made->seen_.processors.back().pauses.reserve(kPausesAhead);
  }
  const std::uint64_t began_ns = monotonic_ns();
  std::vector<std::future<Result<void>>> became;
  for (ProcessorPauses& one : made->seen_.processors) {
    std::promise<Result<void>> told;
    became.push_back(told.get_future());
    made->threads_.emplace_back(
        [watching = made.get(), &one, began_ns, told = std::move(told)]() mutable {
          const auto could = become_watch_of(one.processor);
          told.set_value(could);
          if (could) watch(began_ns, watching->is_over_, watching->signal_, one.pauses);
        });
  }
  for (auto& result : became) {
    if (const auto could = result.get(); !could) return std::unexpected(could.error());
  }
  return made;
}

PausesSeen PauseWatch::finish() {
  stop();
  const std::uint64_t until_ns = std::clamp(monotonic_ns(), from_ns_, until_ns_);
  for (ProcessorPauses& one : seen_.processors) {
    cut_to(from_ns_, until_ns, one);
    one.steal_ns = steal_between(before_.steal, after_.steal, one.processor);
  }
  if (before_.written_back_bytes && after_.written_back_bytes) {
    seen_.written_back_bytes = *after_.written_back_bytes - *before_.written_back_bytes;
  }
  return std::move(seen_);
}

void PauseWatch::stop() {
  is_over_.store(true, std::memory_order_relaxed);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  counting_.finish();
}

}  // namespace holdfast::bench
