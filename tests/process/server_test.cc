// The server's face: its line on standard output, its exit codes, its refusals.
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <filesystem>

#include "tests/engine/commands.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

TEST(Server, TellsOneReadyLineAndStopsCleanly) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/made/by/it");
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.ready().at("data_dir"), directory.path() + "/made/by/it");
  EXPECT_EQ(server.ready().at("recovered_records"), "0");
  EXPECT_NE(server.ready().at("log_id"), "");
  {
    net::Client client = server.connect();
    ASSERT_TRUE(client.ping().has_value());
    ASSERT_TRUE(client.execute(create_account(1, kCustomer, 100)).has_value());
  }
  EXPECT_EQ(server.terminate(), 0) << server.log();

  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_EQ(server.ready().at("recovered_records"), "2") << "its configuration and the account";
  net::Client client = server.connect();
  const auto view = client.show_account({kCustomer, 0});
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->credit_limit, Money{100});
  const auto before = client.show_status(true);
  EXPECT_EQ(server.terminate(), 0);
  ASSERT_TRUE(server.start()) << server.log();
  net::Client again = server.connect();
  EXPECT_EQ(again.show_status(true)->digest, before->digest) << "an idle restart changes nothing";
}

TEST(Server, AnswersWhatIsUnderWayBeforeItStops) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path());
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  constexpr std::size_t kRequests = 1000;
  for (std::uint64_t i = 0; i < kRequests; ++i) client.submit(create_account(1 + i, 10 + i, 0));
  ASSERT_TRUE(client.flush().has_value());
  std::vector<net::ClientReply> replies;
  ASSERT_TRUE(client.receive(replies).has_value());
  EXPECT_EQ(server.terminate(), 0) << server.log();
  while (client.receive(replies).has_value()) {
  }
  const std::size_t told = replies.size();

  ASSERT_TRUE(server.start()) << server.log();
  net::Client again = server.connect();
  for (std::uint64_t i = 0; i < told; ++i) {
    const auto outcome = again.execute(create_account(1 + i, 10 + i, 0));
    ASSERT_TRUE(outcome.has_value());
    ASSERT_EQ(outcome->flags, kOutcomeRepeated) << "answer " << i << " was told and is lost";
  }
}

TEST(Server, ASecondOneOnTheSameDirectoryIsRefused) {
  const TemporaryDirectory directory;
  ServerProcess first(directory.path());
  ASSERT_TRUE(first.start()) << first.log();
  ServerProcess second(directory.path());
  EXPECT_FALSE(second.start());
  EXPECT_EQ(second.wait(), EX_TEMPFAIL);
  EXPECT_NE(second.log().find(directory.path()), std::string::npos) << second.log();
  net::Client client = first.connect();
  EXPECT_TRUE(client.ping().has_value()) << "the first one does not notice";
}

TEST(Server, AnAddressInUseIsNamed) {
  const TemporaryDirectory directory;
  ServerProcess first(directory.path() + "/a");
  ASSERT_TRUE(first.start()) << first.log();
  const auto second = run_program(
      "holdfastd", {"--data-dir", directory.path() + "/b", "--listen", first.endpoint()});
  EXPECT_EQ(second.exit_code, EX_UNAVAILABLE);
  EXPECT_NE(second.err.find(first.endpoint()), std::string::npos) << second.err;
  EXPECT_EQ(second.out, "");
}

TEST(Server, WrongUsageSaysWhatAndHow) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"--data-dir", "/tmp/x", "--listen", "nonsense"},
           {"--data-dir", "/tmp/x", "--segment-bytes", "5"},
           {"--data-dir", "/tmp/x", "--request-retention", "0"},
           {"--data-dir", "/tmp/x", "--programs-max", "65536"},
           {"--data-dir", "/tmp/x", "--no-such-option"}}) {
    const auto result = run_program("holdfastd", arguments);
    EXPECT_EQ(result.exit_code, EX_USAGE);
    EXPECT_NE(result.err, "");
    EXPECT_EQ(result.out, "");
  }
  EXPECT_EQ(run_program("holdfastd", {"--help"}).exit_code, 0);
  EXPECT_NE(run_program("holdfastd", {"--help"}).out.find("--request-retention"),
            std::string::npos);
  for (const std::string program : {"holdfastd", "holdfast", "holdfast-bench"}) {
    const auto version = run_program(program, {"--version"});
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_TRUE(version.out.starts_with(program + " ")) << version.out;
  }
}

TEST(Server, ADirectoryThatCannotBeWrittenIsNamed) {
  const auto result =
      run_program("holdfastd", {"--data-dir", "/proc/holdfast", "--listen", "127.0.0.1:0"});
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.err.find("/proc/holdfast"), std::string::npos) << result.err;
}

TEST(Server, LimitsAreKeptInTheLogAndCannotGoBelowWhatIsThere) {
  const TemporaryDirectory directory;
  {
    ServerProcess server(directory.path(), {"--accounts-max", "2"});
    ASSERT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    EXPECT_EQ(client.execute(create_account(1, 11, 0))->decision, Decision::approved);
    EXPECT_EQ(client.execute(create_account(2, 12, 0))->decision, Decision::approved);
    EXPECT_EQ(client.execute(create_account(3, 13, 0))->decision, Decision::at_capacity);
  }
  ServerProcess same(directory.path());  // not given: as it was
  ASSERT_TRUE(same.start()) << same.log();
  EXPECT_EQ(same.connect().execute(create_account(3, 13, 0))->decision, Decision::at_capacity);
  same.kill();

  ServerProcess lower(directory.path(), {"--accounts-max", "1"});
  EXPECT_FALSE(lower.start());
  EXPECT_EQ(lower.wait(), EX_USAGE);
  EXPECT_NE(lower.log().find("accounts-max"), std::string::npos) << lower.log();

  ServerProcess higher(directory.path(), {"--accounts-max", "3"});
  ASSERT_TRUE(higher.start()) << higher.log();
  EXPECT_EQ(higher.connect().execute(create_account(3, 13, 0))->decision, Decision::approved);
}

TEST(Server, DamageInTheMiddleOfTheLogIsRefusedWithFileAndOffset) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path());
  ASSERT_TRUE(server.start()) << server.log();
  {
    net::Client client = server.connect();
    for (std::uint64_t i = 0; i < 50; ++i) {
      ASSERT_TRUE(client.execute(create_account(1 + i, 10 + i, 0)).has_value());
    }
  }
  ASSERT_EQ(server.terminate(), 0);

  const std::string segment = directory.path() + "/wal-0000000000000001.log";
  FILE* file = std::fopen(segment.c_str(), "r+b");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(std::fseek(file, 10 * 4096 + 200, SEEK_SET), 0);
  const int byte = std::fgetc(file);
  ASSERT_EQ(std::fseek(file, 10 * 4096 + 200, SEEK_SET), 0);
  std::fputc(byte ^ 1, file);
  std::fclose(file);

  EXPECT_FALSE(server.start());
  EXPECT_EQ(server.wait(), EX_DATAERR);
  EXPECT_NE(server.log().find(segment), std::string::npos) << server.log();
  EXPECT_NE(server.log().find(std::to_string(10 * 4096)), std::string::npos) << server.log();
}

}  // namespace
}  // namespace holdfast::test
