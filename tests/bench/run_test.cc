// holdfast-bench's run and verify against a real server and engine in this process: a sound server
// passes; one that lies, loses or forgets does not.
#include "bench/load/run.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/load/verify.h"
#include "bench/report/run_report.h"
#include "tests/bench/memory_server.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

class RunTest : public TempDirTest {
 protected:
  RunOptions small(const MemoryServer& server) const {
    RunOptions options;
    options.endpoint = server.endpoint();
    options.connections = 3;
    options.in_flight = 32;
    options.duration_s = 0.3;
    options.warm_up_s = 0.05;
    options.population.accounts = 50;
    return options;
  }
  VerifyReport verify(const MemoryServer& server, const std::string& file) const {
    const auto report = verify_acked({.endpoint = server.endpoint(), .acked_file = file});
    EXPECT_TRUE(report.has_value()) << (report ? "" : report.error());
    return report.value_or(VerifyReport{});
  }
};

std::string all(const RunReport& report) { return to_table(report); }

TEST_F(RunTest, ClosedLoopPassesAndReportsWhatItDid) {
  MemoryServer server;
  RunOptions options = small(server);
  options.threads = 2;
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_EQ(report->balances_conserved, true);
  EXPECT_GT(report->counts.completions, 0u);
  EXPECT_EQ(report->counts.unknown_outcome, 0u);
  EXPECT_GT(report->counts.steps[1], 0u);  // captures
  EXPECT_GT(report->counts.steps[2], 0u);  // reversals
  EXPECT_EQ(report->setup.done, 2u + 3u * 50u);

  const auto json = to_json(*report);
  for (const char* key : {"throughput_per_s", "latency_us", "decisions", "errors", "settings"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key : {"p50", "p90", "p99", "p999", "max"}) {
    EXPECT_TRUE(json["latency_us"].contains(key)) << key;
  }
  // The server's stage times, of the measured time only. This server has no stages in its core.
  for (const std::string_view stage : kStageNames) {
    for (const char* key : {"p50", "p90", "p99", "p999", "max", "mean", "count"}) {
      EXPECT_TRUE(json["stages_us"][std::string(stage)].contains(key)) << stage << " " << key;
    }
  }
  EXPECT_GT(json["stages_us"]["total"]["count"], 0);
  EXPECT_LE(json["stages_us"]["total"]["count"],
            report->counts.acknowledged + report->counts.inquiries + 8);  // greetings, too
  EXPECT_GE(json["stages_us"]["total"]["p999"], json["stages_us"]["total"]["p50"]);
  EXPECT_EQ(json["stages_us"]["durable"]["count"], 0);
  EXPECT_TRUE(json["stages_slowest_p999"] == "receive" || json["stages_slowest_p999"] == "send");
  EXPECT_TRUE(json["stages_error"].is_null());
  EXPECT_NE(all(*report).find("p99.9"), std::string::npos);
  EXPECT_EQ(json["errors"], 0);
  EXPECT_GT(json["decisions"]["approved"], 0);
  EXPECT_EQ(json["settings"]["accounts"], 50);

  // A second run finds its population and starts from its balances.
  options.threads = 1;
  options.zipf_exponent = 1.0;
  const auto again = run_load(options);
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_TRUE(again->passed()) << all(*again);
  EXPECT_EQ(again->setup.done, 0u);
  EXPECT_EQ(again->setup.repeated, 2u + 3u * 50u);
}

TEST_F(RunTest, OpenLoopSendsWhatIsDueAndNoMore) {
  MemoryServer server;
  RunOptions options = small(server);
  options.rate_per_s = 2'000;
  options.warm_up_s = 0;
  options.duration_s = 0.5;
  options.threads = 2;
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_EQ(report->counts.acknowledged + report->counts.inquiries, 1'000u);
  EXPECT_EQ(report->counts.latency_ns.count(), 1'000u);
}

TEST_F(RunTest, HundredsOfConnectionsClosedAndOpen) {
  MemoryServer server;
  RunOptions options = small(server);
  options.connections = 300;
  options.in_flight = 1;
  options.threads = 2;
  const auto closed = run_load(options);
  ASSERT_TRUE(closed.has_value()) << closed.error();
  EXPECT_TRUE(closed->passed()) << all(*closed);
  EXPECT_GE(closed->counts.acknowledged + closed->counts.inquiries, 300u);  // each had its turn

  options.rate_per_s = 5'000;
  options.warm_up_s = 0;
  options.duration_s = 0.5;
  const auto open = run_load(options);
  ASSERT_TRUE(open.has_value()) << open.error();
  EXPECT_TRUE(open->passed()) << all(*open);
  EXPECT_EQ(open->counts.acknowledged + open->counts.inquiries, 2'500u);
}

TEST_F(RunTest, AStallIsChargedToEveryRequestThatItDelayed) {
  MemoryServer server;
  RunOptions options = small(server);
  options.connections = 1;
  options.in_flight = 4;
  options.rate_per_s = 1'000;
  options.warm_up_s = 0;
  options.duration_s = 0.5;
  options.mix.weights = {1, 0, 0, 0};
  std::atomic<int> answers{0};
  server.set_lie([&](const Request& request, Reply&) {
    if (request.kind == RequestKind::command && request.command.kind == CommandKind::authorize &&
        ++answers == 100) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_EQ(report->counts.latency_ns.count(), 500u);
  // With four in flight a generator that measured from sending would see four slow requests; 200
  // were due during the stall, and half of those waited 100 ms or more.
  EXPECT_GE(report->counts.latency_ns.value_at(0.85), 90'000'000u);
  EXPECT_GE(report->counts.found_no_room, 190u) << "all but the four waited in the generator";
  EXPECT_LE(report->counts.found_no_room, 500u) << "each is counted once";
}

TEST_F(RunTest, DeclinesAreCountedByName) {
  MemoryServer server;
  RunOptions options = small(server);
  options.population.fund = Money{20'000};
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_GT(to_json(*report)["decisions"]["insufficient_funds"], 0);
}

TEST_F(RunTest, LiesFailTheRun) {
  const std::pair<const char*, MemoryServer::Lie> lies[] = {
      {"approves another amount",
       [n = 0](const Request&, Reply& reply) mutable {
         if (reply.command_kind == CommandKind::authorize && ++n == 50) {
           reply.outcome.amount.minor += 1;
         }
       }},
      {"approves more than there is",
       [n = 0](const Request&, Reply& reply) mutable {
         if (reply.command_kind == CommandKind::authorize && ++n == 50) {
           reply.outcome.available_balance = Money{-1};
         }
       }},
      {"answers another kind of command",
       [n = 0](const Request&, Reply& reply) mutable {
         if (reply.command_kind == CommandKind::capture && ++n == 10) {
           reply.command_kind = CommandKind::refund;
         }
       }},
      {"approves without doing it",
       [n = 0](const Request& request, Reply& reply) mutable {
         if (reply.command_kind == CommandKind::capture && ++n % 10 == 0 &&
             request.command.capture.final == 1) {
           reply.outcome.flags |= kOutcomeLate;
         }
       }},
      {"shows an account with more than it has",
       [n = 0](const Request&, Reply& reply) mutable {
         if (reply.kind != RequestKind::show_account || ++n != 90) return;
         std::get<AccountView>(*reply.answer).ledger_balance.minor += 100;
       }},
  };
  for (const auto& [what, lie] : lies) {
    MemoryServer server;
    RunOptions options = small(server);
    server.set_lie(lie);
    const auto report = run_load(options);
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_FALSE(report->passed()) << what << "\n" << all(*report);
  }
}

TEST_F(RunTest, MoneyThatVanishesBetweenRightAnswersIsFoundByTheBooks) {
  MemoryServer server;
  RunOptions options = small(server);
  options.mix.weights = {70, 20, 10, 0};
  // Each answer is right and each view agrees with itself; one account has a cent less at the end.
  bool loaded = false;
  server.set_lie([&](const Request& request, Reply& reply) {
    if (request.kind == RequestKind::command) {
      loaded |= request.command.kind == CommandKind::capture;
    }
    if (reply.kind != RequestKind::show_account || !loaded) return;
    auto& view = std::get<AccountView>(*reply.answer);
    if (view.account != options.population.account(7)) return;
    view.ledger_balance.minor -= 1;
    view.available_balance.minor -= 1;
  });
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_EQ(report->counts.errors, 0u) << all(*report);
  EXPECT_EQ(report->balances_conserved, false);
  EXPECT_EQ(report->balance_errors.size(), 2u);  // the account, and the sum
  EXPECT_FALSE(report->passed());
}

TEST_F(RunTest, VerifyFindsEverythingAfterARestart) {
  MemoryServer server;
  RunOptions options = small(server);
  options.acked_file = path("acked");
  const auto report = run_load(options);
  ASSERT_TRUE(report.has_value()) << report.error();
  ASSERT_TRUE(report->passed()) << all(*report);
  server.stop();
  server.start();
  const VerifyReport verified = verify(server, path("acked"));
  EXPECT_TRUE(verified.passed()) << to_table(verified);
  EXPECT_EQ(verified.records, report->counts.acknowledged);
  EXPECT_EQ(verified.same, verified.checked);
  EXPECT_EQ(verified.one_effect, true);
  EXPECT_EQ(verified.balances_conserved, true);
  EXPECT_NE(to_table(verified).find("nothing acknowledged was lost"), std::string::npos);
  const auto json = to_json(verified);
  EXPECT_EQ(json["checked"], verified.checked);
  EXPECT_EQ(json["digest"].get<std::string>().size(), 32u);
}

TEST_F(RunTest, VerifyFindsAForgottenTail) {
  MemoryServer server;
  RunOptions options = small(server);
  options.acked_file = path("acked");
  ASSERT_TRUE(run_load(options).has_value());
  server.stop();
  server.forget_last(10);
  server.start();
  const VerifyReport verified = verify(server, path("acked"));
  EXPECT_FALSE(verified.passed());
  EXPECT_EQ(verified.lost + verified.different, 10u) << to_table(verified);
  EXPECT_GT(verified.lost, 0u);
}

TEST_F(RunTest, ALostConnectionIsReportedWithWhatIsKnown) {
  MemoryServer server;
  RunOptions options = small(server);
  options.duration_s = 60;  // ended by the loss
  options.acked_file = path("acked");
  options.allow_lost = true;
  std::thread killer([&] {
    while (server.logged() < 1'000) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    server.stop();
  });
  const auto report = run_load(options);
  killer.join();
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->counts.lost.has_value());
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_GT(report->counts.acknowledged, 0u);
  RunReport strict = *report;
  strict.options.allow_lost = false;
  EXPECT_FALSE(strict.passed());
  server.start();
  const VerifyReport verified = verify(server, path("acked"));
  EXPECT_TRUE(verified.passed()) << to_table(verified);
  EXPECT_EQ(verified.records, report->counts.acknowledged);
}

TEST_F(RunTest, ReconnectGoesOnWithTheSameRequestIdsAndTheBooksBalance) {
  MemoryServer server;
  RunOptions options = small(server);
  options.duration_s = 1.0;
  options.reconnect_s = 30;
  options.acked_file = path("acked");
  std::atomic<bool> is_over{false};
  std::thread killer([&] {
    for (const std::uint64_t after :
         {300u, 3'000u}) {  // the second only where there are so many in time
      while (server.logged() < after && !is_over) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      if (is_over) return;
      server.stop();
      server.start();
    }
  });
  const auto report = run_load(options);
  is_over = true;
  killer.join();
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(report->passed()) << all(*report);
  EXPECT_FALSE(report->counts.lost.has_value());
  EXPECT_GT(report->counts.reconnects, 0u);
  EXPECT_EQ(report->balances_conserved, true);
  EXPECT_TRUE(verify(server, path("acked")).passed());
}

TEST_F(RunTest, ErrorsBeforeTheRunAreSentences) {
  MemoryServer server(16);
  RunOptions options = small(server);
  auto report = run_load(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("--in-flight 32"), std::string::npos) << report.error();
  options.in_flight = 16;
  options.acked_file = path("no/such/place");
  report = run_load(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("no/such/place"), std::string::npos);
  server.stop();
  report = run_load(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("cannot connect"), std::string::npos) << report.error();
}

}  // namespace
}  // namespace holdfast::bench
