#include "tests/process/recycled_log.h"


#include <algorithm>
#include <deque>
#include <filesystem>
#include <fstream>

#include "engine/decision.h"
#include "tests/engine/commands.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kUnderWay = 500;

constexpr std::string_view kRules =
    R"({"version": 1, "currency": "GBP", "categories": [], "controls": [
  {"id": 1, "effect": "cap_transaction", "amount_max": "60.00"},
  {"id": 2, "scope": "card", "effect": "cap_window", "window": {"kind": "month"}, "amount_max": "9000.00"}]})";

}  // namespace

RecycledLog::RecycledLog(std::vector<std::string> more)
    : server(directory.path(), [&] {
        std::vector<std::string> options{"--segment-bytes", "4194304", "--archive-dir",
                                         archive.path()};
        options.insert(options.end(), more.begin(), more.end());
        return options;
      }()) {}

void RecycledLog::open_shop() {
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  for (const std::uint64_t account : {kFunding, kSettlement}) {
    const Command create = create_account(++requests, account, 0, kAccountMayGoNegative);
    ASSERT_TRUE(client.execute(create).has_value());
  }
  ASSERT_TRUE(client.execute(put_program(++requests, 1, 7 * 86'400, kSettlement)).has_value());
  for (std::uint64_t i = 0; i < kCards; ++i) {
    ASSERT_TRUE(client.execute(create_account(++requests, 100 + i, 0)).has_value());
    ASSERT_TRUE(client.execute(create_card(++requests, 5'000 + i, 100 + i, 1)).has_value());
    ASSERT_TRUE(client.execute(transfer(++requests, kFunding, 100 + i, 2'000'000)).has_value());
  }
  const std::string file = scratch.path() + "/rules.json";
  std::ofstream(file) << kRules;
  const ProcessResult put =
      run_program("holdfast", {"--connect", server.endpoint(), "program", "put", "1", file});
  ASSERT_EQ(put.exit_code, 0) << put.out << put.err;
}

void RecycledLog::pay(net::Client& client, std::uint64_t count) {
  std::uint64_t asked = 0;
  std::vector<net::ClientReply> replies;
  std::deque<Command> under_way;  // answers come in their order
  std::vector<Command> to_capture;
  while (asked < count || !under_way.empty() || !to_capture.empty()) {
    while (under_way.size() < kUnderWay && (asked < count || !to_capture.empty())) {
      if (!to_capture.empty()) {
        under_way.push_back(to_capture.back());
        to_capture.pop_back();
      } else {
        const auto amount = static_cast<std::int64_t>(100 + random() % 6'500);
        under_way.push_back(authorize(++requests, 5'000 + random() % kCards, amount));
        ++asked;
      }
      client.submit(under_way.back());
    }
    ASSERT_TRUE(client.flush().has_value());
    replies.clear();
    ASSERT_TRUE(client.receive(replies).has_value()) << server.log();
    for (const net::ClientReply& reply : replies) {
      const auto* outcome = std::get_if<Outcome>(&reply.body);
      ASSERT_NE(outcome, nullptr);
      const Command command = under_way.front();
      under_way.pop_front();
      answers.emplace_back(command, *outcome);
      last = std::max(last, outcome->position);
      const bool is_hold = command.kind == CommandKind::authorize && is_approval(outcome->decision);
      if (!is_hold || random() % 2 == 0) continue;
      to_capture.push_back(capture(++requests, outcome->authorization.value, outcome->amount.minor,
                                   true, kSettlement));
    }
  }
}

LogPosition RecycledLog::snapshot_now() {
  const ProcessResult now =
      run_program("holdfast", {"--connect", server.endpoint(), "--json", "snapshot", "now"});
  EXPECT_EQ(now.exit_code, 0) << now.err << server.log();
  if (now.exit_code != 0) return {};
  return {nlohmann::json::parse(now.out)["position"].get<std::uint64_t>()};
}

bool RecycledLog::begins_with_the_first() const {
  return fs::exists(directory.path() + "/wal-0000000000000001.log");
}

void RecycledLog::run_until_recycled() {
  constexpr std::uint64_t kPayments = 35'000;  // with their captures two segments and more
  ASSERT_NO_FATAL_FAILURE(open_shop());
  net::Client client = server.connect();
  for (int i = 0; i < 2; ++i) {
    ASSERT_NO_FATAL_FAILURE(pay(client, kPayments));
    snapshots.push_back(snapshot_now());
  }
  ASSERT_NO_FATAL_FAILURE(pay(client, 2'000));
  wait_for("the log is let go", [&] { return !begins_with_the_first(); });
  ASSERT_FALSE(begins_with_the_first()) << server.log();
  const auto status = client.show_status(true);
  ASSERT_TRUE(status.has_value());
  digest = status->digest;
  last = status->position;
}

nlohmann::json RecycledLog::tool(std::vector<std::string> arguments, int exit_code) {
  arguments.push_back("--json");
  const ProcessResult result = run_program("holdfast", arguments);
  EXPECT_EQ(result.exit_code, exit_code) << arguments[0] << ' ' << arguments[1] << '\n'
      << result.out << result.err;
  return nlohmann::json::parse(result.out, nullptr, false);
}

std::string RecycledLog::fails(std::vector<std::string> arguments, int exit_code) {
  const ProcessResult result = run_program("holdfast", arguments);
  EXPECT_EQ(result.exit_code, exit_code) << arguments[0] << ' ' << arguments[1] << '\n'
      << result.out << result.err;
  EXPECT_EQ(result.out, "");
  return result.err;
}

nlohmann::json RecycledLog::replay(const std::string& dir, std::vector<std::string> more) const {
  std::vector<std::string> arguments{"wal", "replay", dir};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return tool(std::move(arguments));
}

}  // namespace holdfast::test
