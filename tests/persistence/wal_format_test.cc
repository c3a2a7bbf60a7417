// Bytes of records and blocks: there and back, grown and shrunk, and every way to be wrong.
#include "persistence/wal_format.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {
namespace {

struct Sealed {
  std::vector<std::byte> bytes;
  BlockHeader header;
};

Sealed make_block(std::uint64_t records) {
  Sealed block{.bytes = std::vector<std::byte>(limits::wal_block_bytes_max, std::byte{0xEE}),
               .header = {}};
  std::size_t used = sizeof(BlockHeader);
  for (std::uint64_t i = 1; i <= records; ++i) {
    used += encode_record(block.bytes.data() + used, make_command(i), make_outcome(i));
  }
  block.header.log_id = kTestLogId;
  block.header.payload_bytes = static_cast<std::uint32_t>(used - sizeof(BlockHeader));
  block.header.incarnation = 1;
  block.header.segment_number = 1;
  block.header.block_number = 1;
  block.header.position_first = {1};
  block.header.position_last = {records};
  block.bytes.resize(seal_block(block.bytes, block.header));
  return block;
}

std::vector<std::byte> one_record(const Command& command, const Outcome& outcome) {
  std::vector<std::byte> bytes(kRecordRoomBytes);
  bytes.resize(encode_record(bytes.data(), command, outcome));
  return bytes;
}

template <class T>
void poke(std::vector<std::byte>& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

TEST(WalFormat, EveryKindOfCommandComesBackWithItsOutcome) {
  for (std::uint64_t position = 1; position <= 24; ++position) {
    const auto bytes = one_record(make_command(position), make_outcome(position));
    std::size_t record_bytes = 0;
    const auto record = decode_record(bytes, {position}, record_bytes);
    ASSERT_TRUE(record.has_value()) << record.error();
    EXPECT_EQ(record_bytes, bytes.size());
    EXPECT_EQ(record_bytes % kRecordAlignment, 0U);
    EXPECT_EQ(difference(record->command, make_command(position)), "");
    const Outcome expected = make_outcome(position);
    EXPECT_EQ(std::memcmp(&record->outcome, &expected, sizeof expected), 0);
  }
}

TEST(WalFormat, ARecordOfAnOlderWriterIsFilledUpWithZeroes) {
  const auto whole = one_record(make_command(7), make_outcome(7));
  const std::size_t body_bytes = command_body_bytes(make_command(7).kind);
  // Take 8 bytes off the end of the body and 16 off the end of the outcome.
  std::vector<std::byte> older(whole.begin(), whole.end());
  const std::size_t body_end = sizeof(RecordHeader) + sizeof(RequestId) + body_bytes;
  older.erase(older.end() - 16, older.end());
  older.erase(older.begin() + static_cast<std::ptrdiff_t>(body_end - 8),
              older.begin() + static_cast<std::ptrdiff_t>(body_end));
  poke<std::uint16_t>(older, 0, static_cast<std::uint16_t>(older.size()));
  poke<std::uint16_t>(older, 4, static_cast<std::uint16_t>(sizeof(RequestId) + body_bytes - 8));
  poke<std::uint16_t>(older, 6, static_cast<std::uint16_t>(kOutcomeLoggedBytes - 16));
  std::size_t record_bytes = 0;
  const auto record = decode_record(older, {7}, record_bytes);
  ASSERT_TRUE(record.has_value()) << record.error();
  Command expected = make_command(7);
  std::memset(expected.body + body_bytes - 8, 0, 8);
  EXPECT_EQ(difference(record->command, expected), "");
  EXPECT_EQ(record->outcome.ledger_balance, make_outcome(7).ledger_balance);
  EXPECT_EQ(record->outcome.available_balance.minor, 0);
  EXPECT_EQ(record->outcome.counterparty_balance.minor, 0);
}

TEST(WalFormat, ARecordOfANewerWriterIsReadWhenWhatItAddedIsZero) {
  auto newer = one_record(make_command(7), make_outcome(7));
  newer.resize(newer.size() + 8);
  poke<std::uint16_t>(newer, 0, static_cast<std::uint16_t>(newer.size()));
  poke<std::uint16_t>(newer, 6, static_cast<std::uint16_t>(kOutcomeLoggedBytes + 8));
  std::size_t record_bytes = 0;
  ASSERT_TRUE(decode_record(newer, {7}, record_bytes).has_value());
  newer.back() = std::byte{1};
  const auto unknown = decode_record(newer, {7}, record_bytes);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_NE(unknown.error().find("newer Holdfast"), std::string::npos) << unknown.error();
}

TEST(WalFormat, RecordsThatMakeNoSenseAreNamed) {
  struct Case {
    std::size_t offset;
    std::uint16_t value;
    const char* said;
  };
  for (const Case& c : {Case{0, 0, "does not fit"}, Case{0, 0xFFF8, "does not fit"},
                        Case{0, 15, "does not fit"}, Case{2, 0, "kind 0"}, Case{2, 999, "kind 999"},
                        Case{4, 8, "no request id"}, Case{4, 0xFFFF, "does not fit"},
                        Case{6, 0xFFFF, "does not fit"}}) {
    auto bytes = one_record(make_command(3), make_outcome(3));
    poke(bytes, c.offset, c.value);
    std::size_t record_bytes = 0;
    const auto record = decode_record(bytes, {3}, record_bytes);
    ASSERT_FALSE(record.has_value()) << c.offset << " " << c.value;
    EXPECT_NE(record.error().find(c.said), std::string::npos) << record.error();
  }
  std::size_t record_bytes = 0;
  EXPECT_FALSE(decode_record(std::vector<std::byte>(15), {3}, record_bytes).has_value());
}

TEST(WalFormat, ASealedBlockIsGoodAndPaddedWithZeroes) {
  const Sealed block = make_block(5);
  EXPECT_EQ(block.bytes.size(), limits::wal_sector_bytes);
  const BlockCheck check = check_block(block.bytes);
  EXPECT_TRUE(check.magic_ok && check.checksum_ok && check.version_ok);
  EXPECT_EQ(check.header.record_count(), 5U);
  for (std::size_t i = sizeof(BlockHeader) + block.header.payload_bytes; i < block.bytes.size();
       ++i) {
    ASSERT_EQ(block.bytes[i], std::byte{0}) << i;
  }
}

TEST(WalFormat, AnEmptyBlockIsOneSector) {
  const Sealed block = make_block(0);
  EXPECT_EQ(block.bytes.size(), limits::wal_sector_bytes);
  EXPECT_TRUE(check_block(block.bytes).checksum_ok);
  EXPECT_EQ(block.header.record_count(), 0U);
}

TEST(WalFormat, EveryFlippedBitIsSeen) {
  Sealed block = make_block(6);
  for (std::size_t bit = 0; bit < block.bytes.size() * 8; ++bit) {
    const auto mask = static_cast<std::byte>(1U << (bit % 8));
    block.bytes[bit / 8] ^= mask;
    ASSERT_FALSE(check_block(block.bytes).checksum_ok) << "bit " << bit;
    block.bytes[bit / 8] ^= mask;
  }
  EXPECT_TRUE(check_block(block.bytes).checksum_ok);
}

TEST(WalFormat, EveryTornSectorIsSeen) {
  const Sealed block = make_block(100);
  for (std::size_t sector = 0; sector < block.bytes.size() / 512; ++sector) {
    auto torn = block.bytes;
    std::memset(torn.data() + sector * 512, 0, 512);
    const bool was_zero = torn == block.bytes;
    EXPECT_EQ(check_block(torn).checksum_ok, was_zero) << "sector " << sector;
  }
}

TEST(WalFormat, ABlockThatIsCutShortIsNotRead) {
  const Sealed block = make_block(100);
  for (std::size_t bytes = 0; bytes < block.bytes.size(); bytes += 512) {
    EXPECT_FALSE(check_block(std::span(block.bytes).first(bytes)).checksum_ok) << bytes;
  }
}

TEST(WalFormat, ZeroesAreBlankAndAnotherVersionIsTold) {
  const std::vector<std::byte> zeroes(limits::wal_sector_bytes);
  EXPECT_TRUE(check_block(zeroes).blank);
  EXPECT_FALSE(check_block(zeroes).magic_ok);
  Sealed block = make_block(1);
  poke<std::uint16_t>(block.bytes, offsetof(BlockHeader, format_version), 9);
  poke(block.bytes, 0, checksum_of(std::span(block.bytes).subspan(sizeof(Checksum))));
  const BlockCheck check = check_block(block.bytes);
  EXPECT_TRUE(check.checksum_ok);
  EXPECT_FALSE(check.version_ok);
}

}  // namespace
}  // namespace holdfast::persistence
