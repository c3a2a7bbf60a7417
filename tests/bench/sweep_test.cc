// holdfast-bench sweep against a real server and engine in this process.
#include "bench/load/sweep.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/bench/memory_server.h"

namespace holdfast::bench {
namespace {

SweepOptions small(const MemoryServer& server) {
  SweepOptions options;
  options.load.endpoint = server.endpoint();
  options.load.connections = 3;
  options.load.threads = 2;
  options.load.in_flight = 32;
  options.load.population.accounts = 50;
  options.unloaded_s = options.saturation_s = options.step_s = 0.2;
  options.warm_up_s = 0.05;
  return options;
}

TEST(Sweep, FindsSaturationAndStepsThroughItsParts) {
  MemoryServer server;
  SweepOptions options = small(server);
  options.percents = {1, 50, 80};
  const auto report = sweep(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << to_table(*report);
  ASSERT_TRUE(report->closed_loop.has_value());
  EXPECT_GT(report->saturation_per_s, 0);
  ASSERT_GE(report->steps.size(), 1u);
  // Nothing is asked for ahead of time: a step has what was due in it, and no more.
  const SweepStep& first = report->steps[0];
  EXPECT_NEAR(static_cast<double>(first.phase.counts.latency_ns.count()),
              first.offered_per_s * options.step_s, 2.0);
  const auto json = to_json(*report);
  for (const char* key : {"saturation_per_s", "unloaded_us", "closed_loop", "steps",
                          "half_of_saturation", "eighty_percent_of_saturation", "settings"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key : {"percent", "offered_per_s", "achieved_per_s", "kept_up", "latency_us"}) {
    EXPECT_TRUE(json["steps"][0].contains(key)) << key;
  }
  EXPECT_GT(json["unloaded_us"]["p50"], 0);
  EXPECT_EQ(json["errors"], 0);
  EXPECT_EQ(json["balances_conserved"], true);
}

TEST(Sweep, EndsBehindTheStepThatDidNotKeepUp) {
  MemoryServer server;
  std::atomic<int> seen{0};
  server.set_lie([&](const Request& request, Reply&) {  // slow, not wrong: at most 10,000 a second
    if (request.kind != RequestKind::command || ++seen % 10 != 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  SweepOptions options = small(server);
  options.load.mix.weights = {1, 0, 0, 0};
  options.saturation_per_s = 40'000;  // as somebody hoped
  options.percents = {1, 100, 120};
  const auto report = sweep(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << to_table(*report);
  EXPECT_FALSE(report->closed_loop.has_value());
  // The second cannot; on a machine that stalls, the first may not either. There is no third.
  ASSERT_GE(report->steps.size(), 1u);
  ASSERT_LE(report->steps.size(), 2u) << to_table(*report);
  EXPECT_FALSE(report->steps.back().kept_up());
  EXPECT_NE(to_table(*report).find("did not keep up"), std::string::npos);
  EXPECT_TRUE(to_json(*report)["half_of_saturation"].is_null());
}

TEST(Sweep, OneRequestAtATimeMeansOne) {
  MemoryServer server;
  SweepOptions options = small(server);
  options.percents = {1};
  options.saturation_per_s = 10'000;
  Histogram latency_ns;
  // A machine that stands still for all of the phase sends nothing in it, and that says nothing.
  for (int tries = 0; latency_ns.count() == 0 && tries < 100; ++tries) {
    const auto report = sweep(options);
    ASSERT_TRUE(report.has_value()) << report.error();
    latency_ns = report->unloaded.counts.latency_ns;
  }
  ASSERT_GT(latency_ns.count(), 0U);
  // Each is sent when the one before is answered, so all latencies together are the time in which they
  // were sent, and what the last one took beyond it. Of three connections of 32 they would be 96 times
  // as much, however slow the machine is. (The histogram tells each at most 0.4 % too high.)
  const double all_ns = latency_ns.mean() * static_cast<double>(latency_ns.count());
  EXPECT_LE(all_ns, 1.005 * (options.unloaded_s * 1e9 + static_cast<double>(latency_ns.max())));
}

TEST(Sweep, ALieFailsIt) {
  MemoryServer server;
  server.set_lie([n = 0](const Request&, Reply& reply) mutable {
    if (reply.command_kind == CommandKind::authorize && ++n == 200) reply.outcome.amount.minor += 1;
  });
  SweepOptions options = small(server);
  options.percents = {50};
  const auto report = sweep(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_FALSE(report->passed());
  EXPECT_GE(report->errors, 1u);
}

TEST(Sweep, ContradictionsAreNamed) {
  SweepOptions options;
  EXPECT_EQ(options.check(), "");
  options.percents = {50, 40};
  EXPECT_NE(options.check().find("rise"), std::string::npos);
  options.percents = {};
  EXPECT_NE(options.check().find("names no step"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::bench
