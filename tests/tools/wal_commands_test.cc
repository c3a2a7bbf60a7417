// `holdfast wal …` as an operator runs it: the real program on real files, sound and damaged.
#include <fmt/core.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "persistence/wal_format.h"
#include "tests/tools/written_log.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;
using test::ProcessResult;
using test::run_program;

ProcessResult wal(const std::string& subcommand, const std::string& dir,
                  std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"wal", subcommand, dir};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program("holdfast", arguments);
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

class WalCommands : public testing::Test {
 protected:
  WalCommands() { log.write_a_days_work(); }
  WrittenLog log;
};

TEST_F(WalCommands, DumpShowsEachRecordInOneLine) {
  log.close();
  const ProcessResult result = wal("dump", log.dir());
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out,
            "        1  2026-11-22T12:00:01.000000000Z  create_account  approved            "
            "account=1 currency=GBP credit_limit=0.00 GBP may_go_negative -> "
            "ledger_balance=0.00 GBP available_balance=0.00 GBP\n"
            "        2  2026-11-22T12:00:02.000000000Z  create_account  approved            "
            "account=1001 currency=GBP credit_limit=0.00 GBP -> "
            "ledger_balance=0.00 GBP available_balance=0.00 GBP\n"
            "        3  2026-11-22T12:00:03.000000000Z  transfer        approved            "
            "from=1 to=1001 amount=1000.00 GBP reference=7 -> amount=1000.00 GBP "
            "ledger_balance=-1000.00 GBP available_balance=-1000.00 GBP "
            "counterparty_balance=1000.00 GBP\n"
            "        4  2026-11-22T12:00:04.000000000Z  create_card     approved            "
            "card=4001 account=1001 program=0 expiry=none\n"
            "        5  2026-11-22T12:00:05.000000000Z  authorize       approved            "
            "card=4001 amount=25.00 GBP type=purchase channel=chip mcc=5411 "
            "merchant=\"CORNER SHOP\" -> authorization=1 amount=25.00 GBP "
            "ledger_balance=1000.00 GBP available_balance=975.00 GBP\n"
            "        6  2026-11-22T12:00:06.000000000Z  authorize       insufficient_funds  "
            "card=4001 amount=5000.00 GBP type=purchase -> "
            "ledger_balance=1000.00 GBP available_balance=975.00 GBP\n"
            "        7  2026-11-22T12:00:07.000000000Z  capture         approved            "
            "original_request=5 amount=20.00 GBP final settlement_account=1 -> authorization=1 "
            "amount=20.00 GBP ledger_balance=980.00 GBP available_balance=980.00 GBP "
            "counterparty_balance=-980.00 GBP\n");
}

TEST_F(WalCommands, DumpAsJsonIsOneObjectARecord) {
  log.close();
  const auto lines = json_lines(wal("dump", log.dir(), {"--json"}).out);
  ASSERT_EQ(lines.size(), 7U);
  for (std::size_t at = 0; at < lines.size(); ++at) EXPECT_EQ(lines[at]["position"], at + 1);
  EXPECT_EQ(lines[6]["command"], "capture");
  EXPECT_EQ(lines[6]["request_id"], "7");
  EXPECT_EQ(lines[6]["body"]["original_request"], "5");
  EXPECT_EQ(lines[6]["body"]["amount"], 2000);
  EXPECT_EQ(lines[6]["outcome"]["authorization"], "1");
  EXPECT_EQ(lines[6]["outcome"]["currency"], "GBP");
  EXPECT_EQ(lines[5]["decision"], "insufficient_funds");
  EXPECT_EQ(lines[5]["de39"], "51");
  EXPECT_EQ(lines[5]["approved"], false);
}

TEST_F(WalCommands, DumpFilters) {
  log.close();
  const auto positions = [&](std::vector<std::string> filters) {
    filters.push_back("--json");
    std::string text;
    for (const Json& line : json_lines(wal("dump", log.dir(), filters).out)) {
      text += line["position"].dump() + ' ';
    }
    return text;
  };
  EXPECT_EQ(positions({"--from", "3", "--to", "4"}), "3 4 ");
  EXPECT_EQ(positions({"--from", "7"}), "7 ");
  EXPECT_EQ(positions({"--to", "0"}), "");
  EXPECT_EQ(positions({"--decision", "insufficient_funds"}), "6 ");
  EXPECT_EQ(positions({"--kind", "authorize"}), "5 6 ");
  EXPECT_EQ(positions({"--kind", "authorize", "--decision", "approved"}), "5 ");
  EXPECT_EQ(positions({"--request", "0x2"}), "2 ");
  const ProcessResult wrong = wal("dump", log.dir(), {"--kind", "authorise"});
  EXPECT_EQ(wrong.exit_code, 64);
  EXPECT_NE(wrong.err.find("'authorise' is not a kind of command; there are create_account"),
            std::string::npos)
      << wrong.err;
}

TEST_F(WalCommands, LsTellsSegmentsPositionsAndTheEnd) {
  log.close();
  const auto lines = json_lines(wal("ls", log.dir(), {"--json"}).out);
  ASSERT_EQ(lines.size(), 1U);
  const Json& segment = lines[0]["segments"][0];
  EXPECT_EQ(segment["name"], "wal-0000000000000001.log");
  EXPECT_EQ(segment["state"], "current");
  EXPECT_EQ(segment["bytes"], WrittenLog::kSegmentBytes);
  EXPECT_EQ(segment["records"], 7);
  EXPECT_EQ(segment["position_first"], 1);
  EXPECT_EQ(segment["position_last"], 7);
  EXPECT_EQ(segment["time_last"], "2026-11-22T12:00:07.000000000Z");
  EXPECT_EQ(segment["used_bytes"].get<std::uint64_t>(),
            segment["blocks"].get<std::uint64_t>() * limits::wal_sector_bytes);
  EXPECT_EQ(lines[0]["position"], 7);
  EXPECT_EQ(lines[0]["torn_tail"], false);
  EXPECT_EQ(lines[0]["log_id"], "00000000-0000-3344-0000-000000001122");

  const ProcessResult human = wal("ls", log.dir());
  EXPECT_EQ(human.exit_code, 0);
  EXPECT_NE(human.out.find("wal-0000000000000001.log  current        1-7        7"),
            std::string::npos)
      << human.out;
}

TEST_F(WalCommands, VerifyOfASoundLog) {
  log.close();
  const ProcessResult result = wal("verify", log.dir(), {"--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json told = Json::parse(result.out);
  EXPECT_EQ(told["sound"], true);
  EXPECT_EQ(told["torn_tail"], false);
  EXPECT_EQ(told["records"], 7);
  EXPECT_EQ(told["position"], 7);
  EXPECT_TRUE(told["findings"].empty());
  EXPECT_EQ(wal("verify", log.dir()).out.substr(0, 6), "sound\n");
}

TEST_F(WalCommands, ReplayComesToTheSameDigest) {
  const std::string digest = digest_text(log.engine().digest());
  log.close();
  const ProcessResult result = wal("replay", log.dir(), {"--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Json told = Json::parse(result.out);
  EXPECT_EQ(told["digest"], digest);
  EXPECT_EQ(told["records"], 7);
  EXPECT_EQ(told["position"], 7);
  EXPECT_EQ(told["accounts"], 2);
  EXPECT_EQ(told["cards"], 1);
  EXPECT_EQ(told["authorizations"], 1);
  EXPECT_EQ(told["open_authorizations"], 0);
  EXPECT_NE(wal("replay", log.dir()).out.find(digest), std::string::npos);
}

TEST_F(WalCommands, ReplayNamesTheFirstRecordThatDiffers) {
  Command command;
  command.kind = CommandKind::create_card;
  command.request_id = {.low = 8, .high = 0};
  command.create_card = {.card = {.low = 4002, .high = 0}, .account = {.low = 1001, .high = 0}};
  Outcome untrue;
  untrue.decision = Decision::unknown_account;
  untrue.time = TimestampNs{WrittenLog::kStartNs + 60 * kNsPerSecond};
  log.append_untrue(command, untrue);
  log.close();
  const ProcessResult result = wal("replay", log.dir());
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(
      result.err.find("position 8 does not come out as logged: decision is unknown_account in "
                      "the log and approved in the replay"),
      std::string::npos)
      << result.err;
  EXPECT_EQ(result.out, "");
}

/// Offset of the block that holds a position: one record a block here.
std::uint64_t offset_of(const WrittenLog& log, std::uint64_t position) {
  std::ifstream file(log.first_segment(), std::ios::binary);
  for (std::uint64_t offset = 0; offset < WrittenLog::kSegmentBytes;
       offset += limits::wal_sector_bytes) {
    std::vector<std::byte> block(limits::wal_sector_bytes);
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(block.data()), static_cast<std::streamsize>(block.size()));
    const persistence::BlockCheck check = persistence::check_block(block);
    if (check.checksum_ok && check.header.record_count() == 1 &&
        check.header.position_first.value == position) {
      return offset;
    }
  }
  ADD_FAILURE() << "no block holds position " << position;
  return 0;
}

TEST_F(WalCommands, DamageIsNamedByFileAndOffset) {
  log.close();
  const std::uint64_t offset = offset_of(log, 4);
  WrittenLog::flip_byte(log.first_segment(), offset + 200);
  const std::string place = fmt::format("{} at offset {}: ", log.first_segment(), offset);

  const ProcessResult verified = wal("verify", log.dir(), {"--json"});
  EXPECT_EQ(verified.exit_code, 1);
  const Json told = Json::parse(verified.out);
  EXPECT_EQ(told["sound"], false);
  ASSERT_EQ(told["findings"].size(), 2U) << verified.out;
  EXPECT_EQ(told["findings"][0]["path"], log.first_segment());
  EXPECT_EQ(told["findings"][0]["offset"], offset);
  EXPECT_EQ(told["findings"][1]["reason"], "reading goes on here: positions 4 to 4 are lost");
  EXPECT_EQ(told["records"], 6) << "verify goes on behind the damage";
  EXPECT_EQ(told["position"], 7);

  const ProcessResult human = wal("verify", log.dir());
  EXPECT_EQ(human.exit_code, 1);
  EXPECT_NE(human.out.find("damaged: 2 findings\n"), std::string::npos) << human.out;
  EXPECT_NE(human.out.find(place), std::string::npos) << human.out;
  EXPECT_NE(human.out.find("what to do"), std::string::npos) << human.out;

  const ProcessResult dumped = wal("dump", log.dir(), {"--json"});
  EXPECT_EQ(dumped.exit_code, 1);
  EXPECT_EQ(json_lines(dumped.out).size(), 3U) << "what is before the damage is shown";
  EXPECT_EQ(Json::parse(dumped.err)["error"]["kind"], "damaged");
  const ProcessResult behind = wal("dump", log.dir(), {"--json", "--skip-damage"});
  EXPECT_EQ(behind.exit_code, 1);
  EXPECT_EQ(json_lines(behind.out).size(), 6U) << "all but position 4";
  EXPECT_EQ(Json::parse(behind.err)["error"]["kind"], "damaged");
  for (const char* subcommand : {"replay", "ls"}) {
    const ProcessResult result = wal(subcommand, log.dir());
    EXPECT_EQ(result.exit_code, 1) << subcommand;
    EXPECT_NE(result.err.find(place), std::string::npos) << result.err;
  }
}

TEST_F(WalCommands, VerifyTellsEveryDamagedPlace) {
  log.close();
  const std::uint64_t first = offset_of(log, 2);
  const std::uint64_t second = offset_of(log, 5);
  WrittenLog::flip_byte(log.first_segment(), first + 300);
  WrittenLog::flip_byte(log.first_segment(), second + 4000);  // in the padding
  const Json told = Json::parse(wal("verify", log.dir(), {"--json"}).out);
  ASSERT_EQ(told["findings"].size(), 4U) << told.dump(2);  // each with what is lost by it
  EXPECT_EQ(told["findings"][0]["offset"], first);
  EXPECT_EQ(told["findings"][2]["offset"], second);
}

TEST_F(WalCommands, WithoutItsIdentityTheLogIsStillLookedThrough) {
  log.close();
  std::filesystem::remove(log.dir() + "/identity");
  const ProcessResult verified = wal("verify", log.dir(), {"--json"});
  EXPECT_EQ(verified.exit_code, 1) << verified.err;
  const Json told = Json::parse(verified.out);
  EXPECT_EQ(told["records"], 7);
  ASSERT_EQ(told["findings"].size(), 1U);
  EXPECT_NE(told["findings"][0]["path"].get<std::string>().find("identity"), std::string::npos);
}

TEST_F(WalCommands, ATornTailIsToldAndIsNoError) {
  log.close();
  const Json before = Json::parse(wal("ls", log.dir(), {"--json"}).out);
  // What a crash leaves of a write: the front of a block at the end of the log, the rest missing.
  const std::uint64_t source = offset_of(log, 7);
  const std::uint64_t end = before["segments"][0]["used_bytes"].get<std::uint64_t>();
  std::fstream file(log.first_segment(), std::ios::in | std::ios::out | std::ios::binary);
  std::string front(512, '\0');
  file.seekg(static_cast<std::streamoff>(source));
  file.read(front.data(), 160);
  file.seekp(static_cast<std::streamoff>(end));
  file.write(front.data(), 160);
  file.close();

  const ProcessResult verified = wal("verify", log.dir());
  EXPECT_EQ(verified.exit_code, 0) << verified.out;
  EXPECT_EQ(verified.out.find("sound, with a torn tail that was never acknowledged"), 0U)
      << verified.out;
  EXPECT_EQ(Json::parse(wal("verify", log.dir(), {"--json"}).out)["torn_tail"], true);
  EXPECT_EQ(wal("replay", log.dir()).exit_code, 0);
}

std::map<std::string, std::string> contents(const std::string& dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    files[entry.path().filename()] = bytes.str();
  }
  return files;
}

TEST_F(WalCommands, NothingIsChanged) {
  log.close();
  WrittenLog::flip_byte(log.first_segment(), offset_of(log, 7) + 130);
  const auto before = contents(log.dir());
  for (const char* subcommand : {"ls", "dump", "verify", "replay"}) {
    static_cast<void>(wal(subcommand, log.dir()));
  }
  EXPECT_TRUE(contents(log.dir()) == before);
}

TEST_F(WalCommands, BesideAWriterTheLogIsReadAsFarAsItIsWritten) {
  // The fixture's writer still holds the directory's lock.
  const ProcessResult result = wal("replay", log.dir(), {"--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["position"], 7);
  EXPECT_EQ(wal("verify", log.dir()).exit_code, 0);
}

TEST(WalCommandsWithoutALog, SayWhatIsMissing) {
  const test::TemporaryDirectory empty;
  for (const char* subcommand : {"ls", "dump", "verify", "replay"}) {
    const ProcessResult none = wal(subcommand, empty.path() + "/nothing");
    EXPECT_EQ(none.exit_code, 66) << subcommand;
    EXPECT_NE(none.err.find("there is no such directory"), std::string::npos) << none.err;
    const ProcessResult bare = wal(subcommand, empty.path());
    EXPECT_EQ(bare.exit_code, 66) << subcommand;
    EXPECT_NE(bare.err.find("holds no Holdfast log"), std::string::npos) << bare.err;
    EXPECT_NE(bare.err.find("--data-dir"), std::string::npos) << bare.err;
    EXPECT_EQ(run_program("holdfast", {"wal", subcommand}).exit_code, 64) << subcommand;
  }
  EXPECT_TRUE(std::filesystem::is_empty(empty.path()));
}

}  // namespace
}  // namespace holdfast::tools
