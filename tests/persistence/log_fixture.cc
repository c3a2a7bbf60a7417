#include "tests/persistence/log_fixture.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace holdfast::persistence {

Command make_command(std::uint64_t position, std::uint64_t salt) {
  static constexpr CommandKind kKinds[] = {
#define HOLDFAST_TEST_KIND(name, number, type, member) CommandKind::name,
      HOLDFAST_COMMANDS(HOLDFAST_TEST_KIND)
#undef HOLDFAST_TEST_KIND
  };
  Command command;
  command.kind = kKinds[(position + salt) % std::size(kKinds)];
  command.request_id = {.low = position, .high = salt + 1};
  for (std::size_t i = 0; i < command_body_bytes(command.kind); ++i) {
    command.body[i] = static_cast<std::byte>(position * 31 + salt * 7 + i + 1);
  }
  return command;
}

Outcome make_outcome(std::uint64_t position, std::uint64_t salt) {
  Outcome outcome;
  outcome.decision = position % 3 == 0 ? Decision::insufficient_funds : Decision::approved;
  outcome.flags = kOutcomeLate;
  outcome.authorization = {position * 2};
  outcome.amount = {static_cast<std::int64_t>(position) * 100};
  outcome.ledger_balance = {-static_cast<std::int64_t>(salt) - 1};
  outcome.available_balance = {77};
  outcome.counterparty_balance = {INT64_MIN};
  outcome.position = {position};
  outcome.time = {1'700'000'000'000'000'000 + position};
  return outcome;
}

std::string difference(const Command& a, const Command& b) {
  if (a.kind != b.kind) {
    return fmt::format("kind {} and {}", command_name(a.kind), command_name(b.kind));
  }
  if (a.request_id != b.request_id) return "request id";
  return std::memcmp(a.body, b.body, sizeof a.body) == 0 ? "" : "body";
}

OpenLogOptions test_options() {
  return {.dir = kDir,
          .segment_bytes = limits::wal_segment_bytes_min,
          .segments_spare = 1,
          .segments_spare_max = 4,
          .writes_in_flight = 4,
          .write_beside_bytes = 0,  // so that few records make several writes
          .layout = LayoutMode::on_demand,
          .now = {42},
          .new_log_id = kTestLogId};
}

void TestLog::append(std::uint64_t salt) {
  const std::uint64_t position = writer->appended_through().value + 1;
  writer->append(make_command(position, salt), make_outcome(position, salt));
}

void TestLog::append_many(FileIo& io, std::uint64_t count, std::uint64_t salt) {
  for (std::uint64_t i = 0; i < count; ++i) {
    while (writer->state() == JournalState::busy) {
      if (writer->pump() == 0) io.park(1'000'000);
    }
    ASSERT_EQ(writer->state(), JournalState::ready) << writer->failure();
    append(salt);
  }
}

void TestLog::flush(FileIo& io) {
  writer->pump();
  while (!writer->is_idle() && writer->state() != JournalState::failed) {
    io.park(1'000'000);
    writer->pump();
  }
}

void TestLog::close(FileIo& io) {
  EXPECT_TRUE(writer->close()) << writer->failure();
  writer.reset();
  io.close(lock);
}

std::expected<TestLog, RecoveryError> open_test_log(FileIo& io, const OpenLogOptions& options) {
  TestLog log;
  auto opened = open_log(io, options,
                         [&](const Command& command, const Outcome& outcome) {
                           log.recovered.push_back({command, outcome});
                           return std::optional<std::string>();
                         });
  if (!opened) return std::unexpected(opened.error());
  log.report = opened->report;
  log.writer = std::move(opened->writer);
  log.lock = opened->lock;
  return log;
}

TestLog must_open(FileIo& io, const OpenLogOptions& options) {
  auto log = open_test_log(io, options);
  if (!log) {
    ADD_FAILURE() << log.error().text();
    throw std::runtime_error(log.error().text());
  }
  return std::move(*log);
}

void expect_records(const std::vector<Record>& records, std::uint64_t count,
                    const std::vector<std::uint64_t>& salts) {
  ASSERT_EQ(records.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t salt = i < salts.size() ? salts[i] : 0;
    const Outcome expected = make_outcome(i + 1, salt);
    ASSERT_EQ(difference(records[i].command, make_command(i + 1, salt)), "")
        << "position " << i + 1;
    ASSERT_EQ(std::memcmp(&records[i].outcome, &expected, sizeof expected), 0)
        << "position " << i + 1;
  }
}

std::vector<BlockHeader> blocks_in(const SimFileIo& io, std::uint64_t segment) {
  const std::vector<std::byte>& bytes = io.bytes_of(segment_path(segment));
  std::vector<BlockHeader> headers;
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const BlockCheck check = check_block(std::span(bytes).subspan(offset));
    if (check.checksum_ok) headers.push_back(check.header);
    offset += check.checksum_ok ? check.header.block_bytes : limits::wal_sector_bytes;
  }
  return headers;
}

std::string segment_path(std::uint64_t number) { return join_path(kDir, segment_name(number)); }

void rot(SimFileIo& io, const std::string& path, std::uint64_t offset) {
  const std::byte rotten = io.bytes_of(path)[static_cast<std::size_t>(offset)] ^ std::byte{4};
  io.overwrite(path, offset, std::span(&rotten, 1));
}

void for_each_crash_seed(const std::function<void(std::uint64_t)>& live) {
  unsigned long long first = 1;
  unsigned long long last = 6;
  if (const char* seeds = std::getenv("HOLDFAST_CRASH_SEEDS")) {
    ASSERT_EQ(std::sscanf(seeds, "%llu:%llu", &first, &last), 2)
        << "HOLDFAST_CRASH_SEEDS=FIRST:LAST";
  }
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    live(seed);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace holdfast::persistence
