// --request-ids-ahead: room in the index of request ids before the server serves.
#include <gtest/gtest.h>
#include <sysexits.h>

#include <string>

#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

TEST(RequestIdsAhead, AServerWithRoomAnswersAndKnowsItsAnswersAgain) {
  const TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/data", {"--request-ids-ahead", "300000"});
  for (int life = 0; life < 2; ++life) {
    ASSERT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    Command command;
    command.kind = CommandKind::create_account;
    command.request_id = RequestId{1, 1};
    command.create_account = CreateAccount{};
    command.create_account.account = AccountId{1, 0};
    command.create_account.currency = CurrencyCode{978};
    const auto outcome = client.execute(command);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    EXPECT_EQ(outcome->decision, Decision::approved);
    EXPECT_EQ((outcome->flags & kOutcomeRepeated) != 0, life == 1);
    EXPECT_EQ(server.terminate(), 0) << server.log();
  }
}

TEST(RequestIdsAhead, MoreThanMayBeRememberedIsRefused) {
  const TemporaryDirectory directory;
  const auto refused = run_program(
      "holdfastd", {"--data-dir", directory.path() + "/data", "--request-ids-max", "1000",
                    "--request-ids-ahead", "1001"});
  EXPECT_EQ(refused.exit_code, EX_USAGE) << refused.err;
  EXPECT_NE(refused.err.find("--request-ids-ahead 1001 is above the 1000 of --request-ids-max"),
            std::string::npos)
      << refused.err;
}

}  // namespace
}  // namespace holdfast::test
