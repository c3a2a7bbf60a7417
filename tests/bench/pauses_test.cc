// Pauses: their arithmetic by planted times, and what looks for them for a moment. How many there
// are depends on the machine, so only the form of what is seen is judged.
#include "bench/pauses/pauses.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/clock.h"
#include "bench/pauses/gap_probe.h"
#include "bench/pauses/pause_watch.h"
#include "bench/pauses/pauses_report.h"
#include "bench/pauses/processors.h"
#include "bench/pauses/written_back.h"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kUs = 1'000;
constexpr std::uint64_t kMs = 1'000'000;

Pauses at_ms(std::initializer_list<std::pair<double, double>> from_until) {
  Pauses pauses;
  for (const auto& [from, until] : from_until) {
    pauses.push_back({.from_ns = static_cast<std::uint64_t>(from * 1e6),
                      .until_ns = static_cast<std::uint64_t>(until * 1e6)});
  }
  return pauses;
}

std::vector<std::pair<double, double>> in_ms(const Pauses& pauses) {
  std::vector<std::pair<double, double>> all;
  for (const Pause& pause : pauses) {
    all.emplace_back(static_cast<double>(pause.from_ns) / 1e6,
                     static_cast<double>(pause.until_ns) / 1e6);
  }
  return all;
}

TEST(PausesTest, CountsAndSharesAboveEachThreshold) {
  // In a second: 0.2, 0.5 (not above itself), 2 and 10 ms.
  const Pauses pauses = at_ms({{10, 10.2}, {20, 20.5}, {30, 32}, {40, 50}});
  const PauseFigures figures = figures_of(pauses, 1'000 * kMs, 0);
  EXPECT_EQ(figures.longest_ns, 10 * kMs);
  const std::array<std::uint64_t, 4> counts = {4, 2, 2, 1};
  const std::array<double, 4> shares = {0.0127, 0.012, 0.012, 0.010};
  // A request at a moment within a pause waits for what is left of it.
  const std::array<double, 4> late = {0.0123, 0.011, 0.010, 0.006};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(figures.above[i].count, counts[i]) << i;
    EXPECT_NEAR(figures.above[i].share, shares[i], 1e-9) << i;
    EXPECT_NEAR(figures.above[i].late_share, late[i], 1e-9) << i;
  }
}

TEST(PausesTest, TellsWhatTheRarestMomentsWait) {
  // 20 ms of a second: from 10 of them more than 10 ms are left, from 1 of them more than 19.
  const PauseFigures figures = figures_of(at_ms({{100, 120}}), 1'000 * kMs, 0);
  EXPECT_NEAR(static_cast<double>(figures.wait_p99_ns), 10e6, 2);
  EXPECT_NEAR(static_cast<double>(figures.wait_p999_ns), 19e6, 2);
  // 5 ms of a second are no 1 %.
  const PauseFigures rarer = figures_of(at_ms({{100, 105}}), 1'000 * kMs, 0);
  EXPECT_EQ(rarer.wait_p99_ns, 0U);
  EXPECT_NEAR(static_cast<double>(rarer.wait_p999_ns), 4e6, 2);
  const PauseFigures none = figures_of({}, 1'000 * kMs, 0);
  EXPECT_EQ(none.wait_p999_ns, 0U);
  EXPECT_EQ(none.longest_ns, 0U);
  EXPECT_EQ(figures_of({}, 0, 0).above[0].share, 0);
}

TEST(PausesTest, MomentsThatPassDuringAPauseAreLateToo) {
  // Looked at each millisecond for 100: the moments at 10, 11, 12 and 13 wait 3.5, 2.5, 1.5, 0.5.
  const PauseFigures figures = figures_of(at_ms({{10, 13.5}}), 100 * kMs, kMs);
  EXPECT_NEAR(figures.above[0].late_share, 0.04, 1e-9);
  EXPECT_NEAR(figures.above[1].late_share, 0.03, 1e-9);  // 0.5 is not above 0.5
  EXPECT_NEAR(figures.above[2].late_share, 0.03, 1e-9);
  EXPECT_NEAR(figures.above[3].late_share, 0.0, 1e-9);
  EXPECT_NEAR(static_cast<double>(figures.wait_p99_ns), 2.5e6, 2);
}

TEST(PausesTest, JoinsAndIntersectsProcessors) {
  const Pauses one = at_ms({{1, 3}, {10, 12}, {20, 30}});
  const Pauses two = at_ms({{2, 4}, {12, 13}, {22, 23}, {24, 26}, {40, 41}});
  const Pauses none;
  const std::array<const Pauses*, 2> both = {&one, &two};
  using List = std::vector<std::pair<double, double>>;
  EXPECT_EQ(in_ms(any_of(both)), (List{{1, 4}, {10, 13}, {20, 30}, {40, 41}}));
  EXPECT_EQ(in_ms(all_of(both)), (List{{2, 3}, {22, 23}, {24, 26}}));
  const std::array<const Pauses*, 2> swapped = {&two, &one};
  EXPECT_EQ(in_ms(all_of(swapped)), in_ms(all_of(both)));
  const std::array<const Pauses*, 2> with_none = {&one, &none};
  EXPECT_EQ(in_ms(any_of(with_none)), in_ms(one));
  EXPECT_TRUE(all_of(with_none).empty());
  EXPECT_TRUE(any_of({}).empty());
  EXPECT_TRUE(all_of({}).empty());
}

TEST(PausesTest, FindsAQuotaByTheCommonEndOfPauses) {
  Pauses throttled, others;
  for (unsigned i = 0; i < 20; ++i) {
    const double refill_ms = 1'003 + 100.0 * i;
    throttled.push_back(at_ms({{refill_ms - 2 - i % 7, refill_ms + 0.1 * (i % 3)}}).front());
    others.push_back(at_ms({{1'000 + 137.3 * i, 1'000 + 137.3 * i + 3}}).front());
  }
  const Rhythm quota = rhythm_of(throttled);
  EXPECT_TRUE(quota.is_told());
  EXPECT_EQ(quota.pauses, 20U);
  EXPECT_EQ(quota.at_one_point, 20U);
  EXPECT_EQ(quota.share, 1.0);
  EXPECT_FALSE(rhythm_of(others).is_told());
  // Many short ones between them hide nothing.
  Pauses mixed = throttled;
  for (unsigned i = 0; i < 40; ++i) {
    mixed.push_back(at_ms({{5'000 + 137.3 * i, 5'000 + 137.3 * i + 1.1}}).front());
  }
  EXPECT_TRUE(rhythm_of(mixed).is_told());
  EXPECT_EQ(rhythm_of(mixed).pauses, 60U);
  // One that is long is no rhythm.
  others.push_back(at_ms({{9'000, 9'500}}).front());
  EXPECT_GT(rhythm_of(others).share, 0.5);
  EXPECT_FALSE(rhythm_of(others).is_told());
  // Short ones and few ones tell nothing.
  EXPECT_FALSE(rhythm_of(at_ms({{1, 3}, {101, 103}, {201, 203}})).is_told());
  EXPECT_EQ(rhythm_of(at_ms({{1, 1.5}})).pauses, 0U);
  // The point may lie where the period begins again.
  Pauses at_the_turn;
  for (unsigned i = 0; i < 10; ++i) {
    const double end_ms = 1'000 + 100.0 * i + (i % 2 == 0 ? 0.5 : -0.5);
    at_the_turn.push_back(at_ms({{end_ms - 4, end_ms}}).front());
  }
  EXPECT_EQ(rhythm_of(at_the_turn).share, 1.0);
}

TEST(PausesTest, ReadsStealOfEachProcessor) {
  const StealTimes steal = parse_steal_times(
      "cpu  10 0 10 10 0 0 0 30 0 0\n"
      "cpu0 5 0 5 5 0 0 0 10 0 0\n"
      "cpu12 5 0 5 5 0 0 0 20 7 7\n"
      "intr 5\n",
      10 * kMs);
  EXPECT_EQ(steal, (StealTimes{{0, 100 * kMs}, {12, 200 * kMs}}));
  EXPECT_EQ(steal_between({{0, 40 * kMs}}, steal, 0), 60 * kMs);
  EXPECT_EQ(steal_between(steal, {{0, 90 * kMs}}, 0), 0U);  // corrected downwards
  EXPECT_EQ(steal_between(steal, steal, 7), std::nullopt);
  EXPECT_TRUE(parse_steal_times("cpu0 5 0 5 5 0 0 0 0 0 0\n", kMs).empty()) << "none ever";
  EXPECT_TRUE(parse_steal_times("cpu0 5 0 5 5\n", kMs).empty()) << "an old kernel";
}

TEST(PausesTest, ReadsWhatWasWrittenBack) {
  EXPECT_EQ(parse_written_back("nr_dirty 9\nnr_dirtied 8\nnr_written 7\nnr_x 1\n", 4096),
            7U * 4096);
  EXPECT_EQ(parse_written_back("nr_dirty 9\n", 4096), std::nullopt);
  EXPECT_EQ(parse_written_back("", 4096), std::nullopt);
}

TEST(PausesTest, AddsUpWhatSeveralTurnsSaw) {
  PausesSeen seen;
  for (int turn = 0; turn < 2; ++turn) {
    const auto looked = look_for_gaps(20 * kMs, seen);
    ASSERT_TRUE(looked.has_value()) << looked.error();
  }
  const auto processors = allowed_processors();
  ASSERT_TRUE(processors.has_value()) << processors.error();
  ASSERT_EQ(seen.processors.size(), processors->size());
  for (std::size_t i = 0; i < seen.processors.size(); ++i) {
    const ProcessorPauses& one = seen.processors[i];
    EXPECT_EQ(one.processor, (*processors)[i]);
    EXPECT_GE(one.looked_ns, 40 * kMs);
    EXPECT_GT(one.longest_ns, 0U);
    EXPECT_TRUE(one.switches.has_value());
    std::uint64_t last_ns = 0;
    for (const Pause& pause : one.pauses) {
      EXPECT_GE(pause.length_ns(), kPauseMin_ns);
      EXPECT_GE(pause.from_ns, last_ns);
      last_ns = pause.until_ns;
    }
  }
}

TEST(PausesTest, TheFormOfTableAndJson) {
  PausesSeen seen;
  seen.processors = {{.processor = 3,
                      .looked_ns = 1'000 * kMs,
                      .longest_ns = 20 * kMs,
                      .pauses = at_ms({{100, 120}}),
                      .steal_ns = 30 * kMs,
                      .switches = 7},
                     {.processor = 4, .looked_ns = 1'000 * kMs, .longest_ns = 30 * kUs}};
  seen.processors[0].pauses[0].was_switched_out = true;
  const auto json = to_json(seen);
  ASSERT_EQ(json["processors"].size(), 2U);
  const auto& one = json["processors"][0];
  EXPECT_EQ(one["processor"], 3);
  EXPECT_EQ(one["longest_us"], 20'000);
  EXPECT_NEAR(one["steal_share"].get<double>(), 0.03, 1e-9);
  EXPECT_NEAR(one["switched_out_share"].get<double>(), 0.02, 1e-9);
  EXPECT_EQ(one["involuntary_switches"], 7);
  EXPECT_EQ(one["above"].size(), kPauseThresholds_ns.size());
  EXPECT_EQ(one["above"][3]["threshold_us"], 4'000);
  EXPECT_EQ(one["above"][3]["count"], 1);
  EXPECT_TRUE(json["processors"][1]["steal_share"].is_null());
  EXPECT_TRUE(json["steal_share"].is_null()) << "of one it is not told";
  EXPECT_EQ(json["any"]["longest_us"], 20'000);
  EXPECT_EQ(json["all"]["longest_us"], 0);
  EXPECT_TRUE(json["tick_us"].is_null());
  EXPECT_EQ(json["rhythm"]["is_quota"], false);
  const std::string table = to_table(seen);
  for (const char* text : {"processor 3", "any of them", "all at once", "not told", "2.00 % (1)",
                           "one moment in 100 waits so long"}) {
    EXPECT_NE(table.find(text), std::string::npos) << text << "\n" << table;
  }
}

class PauseWatchTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto may = PauseWatch::permitted();
    if (!may) GTEST_SKIP() << "NOT TESTED: " << may.error();
  }
  PauseSignal signal_;
};

TEST_F(PauseWatchTest, TellsTheWindowOnly) {
  const std::uint64_t now_ns = monotonic_ns();
  auto watch = PauseWatch::start(now_ns + 20 * kMs, now_ns + 60 * kMs, signal_);
  ASSERT_TRUE(watch.has_value()) << watch.error();
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  const PausesSeen seen = (*watch)->finish();
  EXPECT_EQ(seen.tick_ns, PauseWatch::kTick_ns);
  EXPECT_EQ(seen.processors.size(), allowed_processors()->size());
  for (const ProcessorPauses& one : seen.processors) {
    EXPECT_EQ(one.looked_ns, 40 * kMs);
    for (const Pause& pause : one.pauses) {
      EXPECT_GE(pause.from_ns, now_ns + 20 * kMs);
      EXPECT_LT(pause.from_ns, now_ns + 60 * kMs);
    }
  }
}

TEST_F(PauseWatchTest, EndsEarly) {
  const std::uint64_t now_ns = monotonic_ns();
  auto watch = PauseWatch::start(now_ns, now_ns + 3'600'000 * kMs, signal_);
  ASSERT_TRUE(watch.has_value()) << watch.error();
  const PausesSeen seen = (*watch)->finish();
  EXPECT_LT(seen.processors.front().looked_ns, 3'600'000 * kMs);
  // One that is never finished ends, too.
  EXPECT_TRUE(PauseWatch::start(now_ns, now_ns + 3'600'000 * kMs, signal_).has_value());
}

// A thread of higher priority that does not let go of a processor is what an interrupt or the host
// is to the watch. 20 ms are far below what the kernel lets such a thread have in a second.
TEST_F(PauseWatchTest, SeesAPauseThatSomebodyMakes) {
  constexpr std::uint64_t kMade_ns = 20 * kMs;
  const unsigned processor = allowed_processors()->front();
  const std::uint64_t now_ns = monotonic_ns();
  auto watch = PauseWatch::start(now_ns, now_ns + 10'000 * kMs, signal_);
  ASSERT_TRUE(watch.has_value()) << watch.error();
  bool could = false;
  std::thread([&] {
    const sched_param above{.sched_priority = sched_get_priority_min(SCHED_FIFO) + 1};
    could = bind_to({&processor, 1}).has_value() &&
            pthread_setschedparam(pthread_self(), SCHED_FIFO, &above) == 0;
    for (const std::uint64_t began_ns = monotonic_ns();
         could && monotonic_ns() - began_ns < kMade_ns;) {
    }
  }).join();
  ASSERT_TRUE(could);
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_GT(signal_.last_until_ns.load(), now_ns);
  EXPECT_GE(signal_.longest_ns.load(), kMade_ns - PauseWatch::kTick_ns);
  const PausesSeen seen = (*watch)->finish();
  EXPECT_GE(seen.processors.front().longest_ns, kMade_ns - PauseWatch::kTick_ns);
  EXPECT_GE(seen.in_any().above[3].count, 1U);
}

TEST(PauseWatchPermission, IsAskedForAndTold) {
  // Of this one thread: the system call, not the C library's, which changes all.
  Result<void> may;
  bool was_refusable = false;
  std::thread([&] {
    constexpr long kNobody = 65534, kAsIs = -1;
    was_refusable = syscall(SYS_setresuid, kAsIs, kNobody, kAsIs) == 0 || geteuid() != 0;
    may = PauseWatch::permitted();
  }).join();
  if (!was_refusable || may) GTEST_SKIP() << "NOT TESTED: all may have real-time threads here";
  EXPECT_NE(may.error().find("ulimit -r"), std::string::npos) << may.error();
}

}  // namespace
}  // namespace holdfast::bench
