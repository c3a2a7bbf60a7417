// The writer: groups, order, the durable prefix, segments, and what it does when the disk says no.
#include <gtest/gtest.h>

#include <cerrno>

#include "persistence/wal_survey.h"
#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {
namespace {

TEST(WalWriter, ARecordIsDurableOnlyWhenItsWriteIsComplete) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  log.flush(io);
  log.append();
  EXPECT_EQ(log.writer->appended_through().value, 1U);
  EXPECT_EQ(log.writer->submitted_through().value, 0U);
  EXPECT_EQ(log.writer->durable_through().value, 0U);
  EXPECT_GT(log.writer->pump(), 0U);
  EXPECT_EQ(log.writer->submitted_through().value, 1U);
  EXPECT_EQ(log.writer->durable_through().value, 0U);
  EXPECT_EQ(io.writes_under_way(), 1U);
  log.writer->pump();
  EXPECT_EQ(log.writer->durable_through().value, 1U);
  EXPECT_EQ(log.writer->pump(), 0U);
}

TEST(WalWriter, WhatComesWhileWritesAreUnderWayGoesIntoOneBlock) {
  SimFileIo io(1, {.delay_polls_max = 0});
  OpenLogOptions options = test_options();
  options.writes_in_flight = 1;
  TestLog log = must_open(io, options);
  log.flush(io);
  io.set_faults({.delay_polls_max = 1'000'000'000});
  log.append();
  log.writer->pump();
  const std::uint64_t blocks = log.writer->counters().blocks;
  for (int i = 0; i < 500; ++i) {
    log.append();
    log.writer->pump();
  }
  EXPECT_EQ(log.writer->counters().blocks, blocks);
  EXPECT_EQ(log.writer->submitted_through().value, 1U) << "the rest waits for a free write";
  io.set_faults({.delay_polls_max = 0});
  log.flush(io);
  EXPECT_EQ(log.writer->counters().blocks, blocks + 1);
  EXPECT_EQ(log.writer->counters().block_records_max, 500U);
}

TEST(WalWriter, LittleWaitsForAWriteUnderWayAndMuchIsWrittenBesideIt) {
  SimFileIo io(1, {.delay_polls_max = 0});
  OpenLogOptions options = test_options();
  options.write_beside_bytes = limits::wal_write_beside_bytes;
  TestLog log = must_open(io, options);
  log.flush(io);
  io.set_faults({.delay_polls_max = 1'000'000'000});
  const std::uint64_t bytes_before = log.writer->counters().bytes;
  log.append();
  log.writer->pump();
  ASSERT_EQ(io.writes_under_way(), 1U);
  std::uint64_t records = 1;
  while (io.writes_under_way() == 1) {
    log.append();
    log.writer->pump();
    ++records;
  }
  EXPECT_EQ(io.writes_under_way(), 2U);
  EXPECT_EQ(log.writer->submitted_through().value, records) << "all that had gathered goes at once";
  const std::uint64_t bytes = log.writer->counters().bytes - bytes_before;
  EXPECT_GE(bytes, limits::wal_write_beside_bytes + limits::wal_sector_bytes);
  EXPECT_LE(bytes, limits::wal_write_beside_bytes + 2 * limits::wal_sector_bytes);
  log.append();
  log.writer->pump();
  EXPECT_EQ(io.writes_under_way(), 2U);
  io.set_faults({.delay_polls_max = 0});
  log.flush(io);
  EXPECT_EQ(log.writer->durable_through().value, records + 1);
}

TEST(WalWriter, OnlyTheContiguousPrefixIsDurableWhenWritesCompleteOutOfOrder) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimFileIo io(seed, {.delay_polls_max = 8});
    TestLog log = must_open(io);
    log.flush(io);
    LogPosition durable;
    for (int i = 0; i < 200; ++i) {
      log.append_many(io, 1);
      log.writer->pump();
      ASSERT_GE(log.writer->durable_through(), durable);
      ASSERT_GE(log.writer->submitted_through(), log.writer->durable_through());
      durable = log.writer->durable_through();
      // All that is told durable is readable now, though later writes may be under way or done.
      if (i % 50 == 0) {
        const auto twin = io.copy(seed);
        ASSERT_GE(must_open(*twin).recovered.size(), durable.value);
      }
    }
    log.flush(io);
    EXPECT_EQ(log.writer->durable_through().value, 200U);
  }
}

TEST(WalWriter, AllBuffersInUseIsBusyUntilAWriteCompletes) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  log.flush(io);
  io.set_faults({.delay_polls_max = 1'000'000'000});
  while (log.writer->state() == JournalState::ready) {
    log.append();
    log.writer->pump();
  }
  EXPECT_EQ(log.writer->state(), JournalState::busy);
  EXPECT_EQ(io.writes_under_way(), 4U);
  EXPECT_GT(log.writer->counters().waits_for_buffer, 0U);
  io.park(0);
  log.writer->pump();
  EXPECT_EQ(log.writer->state(), JournalState::ready);
  EXPECT_GT(log.writer->durable_through().value, 0U);
}

TEST(WalWriter, SegmentsAreFilledToTheLastByteAndReadBackInOrder) {
  SimFileIo io(3);
  constexpr std::uint64_t kRecords = 100'000;
  {
    TestLog log = must_open(io);
    log.append_many(io, kRecords);
    log.flush(io);
    EXPECT_GE(log.writer->counters().segments, 2U);
    log.close(io);
  }
  const auto first = blocks_in(io, 1);
  std::uint64_t bytes = 0;
  for (const BlockHeader& header : first) bytes += header.block_bytes;
  EXPECT_EQ(bytes, limits::wal_segment_bytes_min);
  TestLog again = must_open(io);
  expect_records(again.recovered, kRecords);
  EXPECT_TRUE(again.report.cut.empty()) << again.report.cut;
}

TEST(WalWriter, NothingIsEverWrittenTwice) {
  SimFileIo io(5, {.delay_polls_max = 2});
  TestLog log = must_open(io);
  log.append_many(io, 3'000);
  log.flush(io);
  const auto before = blocks_in(io, 1);
  log.append_many(io, 3'000);
  log.flush(io);
  const auto after = blocks_in(io, 1);
  ASSERT_GT(after.size(), before.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(before[i].checksum, after[i].checksum) << "block " << i;
  }
}

TEST(WalWriter, AFailedWriteStopsTheLogForGood) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  log.append_many(io, 10);
  log.flush(io);
  io.set_faults({.error_per_10k = 10'000, .delay_polls_max = 0});
  log.append();
  log.writer->pump();
  log.writer->pump();
  EXPECT_EQ(log.writer->state(), JournalState::failed);
  EXPECT_NE(log.writer->failure().find(segment_path(1)), std::string::npos)
      << log.writer->failure();
  EXPECT_NE(log.writer->failure().find("Input/output error"), std::string::npos);
  io.set_faults({.delay_polls_max = 0});
  for (int i = 0; i < 10; ++i) log.writer->pump();
  EXPECT_EQ(log.writer->durable_through().value, 10U);
  EXPECT_EQ(log.writer->state(), JournalState::failed);
  EXPECT_FALSE(log.writer->mark_durable());
  EXPECT_FALSE(log.writer->close());
}

TEST(WalWriter, AShortWriteIsAFailure) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  log.flush(io);
  io.set_faults({.short_per_10k = 10'000, .delay_polls_max = 0});
  log.append();
  log.flush(io);
  EXPECT_EQ(log.writer->state(), JournalState::failed);
  EXPECT_NE(log.writer->failure().find("of 4096 bytes at offset 4096"), std::string::npos)
      << log.writer->failure();
  EXPECT_EQ(log.writer->durable_through().value, 0U);
}

TEST(WalWriter, ASubmissionThatTheSystemRefusesIsAFailure) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  log.flush(io);
  io.fail_next("submit", EBADF);
  log.append();
  log.writer->pump();
  EXPECT_EQ(log.writer->state(), JournalState::failed);
  EXPECT_EQ(log.writer->submitted_through().value, 0U);
  EXPECT_EQ(log.writer->durable_through().value, 0U);
}

TEST(WalWriter, AFullVolumeIsNoSpaceAndReadyAgainWhenSpaceReturns) {
  SimFileIo io(1, {.delay_polls_max = 1});
  using Event = SegmentEvent;
  std::vector<Event> told;
  OpenLogOptions options = test_options();
  options.tell_segments = [&](Event event, const std::string& why) {
    EXPECT_EQ(why.find("No space left") != std::string::npos, event != Event::space) << why;
    told.push_back(event);
  };
  TestLog log = must_open(io, options);
  log.flush(io);
  io.set_capacity(limits::wal_segment_bytes_min + 100'000);
  std::uint64_t appended = 0;
  while (log.writer->state() != JournalState::no_space) {
    ASSERT_NE(log.writer->state(), JournalState::failed) << log.writer->failure();
    if (log.writer->state() == JournalState::ready) {
      log.append();
      ++appended;
    }
    log.writer->pump();
  }
  EXPECT_NE(log.writer->failure().find("No space left"), std::string::npos)
      << log.writer->failure();
  // Nothing that was appended is lost, and there is still room to mark it durable.
  while (log.writer->durable_through() < log.writer->appended_through()) {
    io.park(0);
    log.writer->pump();
  }
  EXPECT_EQ(log.writer->durable_through().value, appended);
  EXPECT_EQ(log.writer->state(), JournalState::no_space);
  EXPECT_TRUE(log.writer->mark_durable());
  log.flush(io);
  EXPECT_EQ(log.writer->state(), JournalState::no_space);
  io.set_capacity(UINT64_MAX);
  log.writer->pump();
  EXPECT_EQ(log.writer->state(), JournalState::ready);
  EXPECT_EQ(told, (std::vector{Event::no_space, Event::starved, Event::space}));
  log.append_many(io, 1'000);
  log.close(io);
  EXPECT_EQ(must_open(io).recovered.size(), appended + 1'000);
}

TEST(WalWriter, ASegmentThatCannotBeMadeIsToldBeforeItIsMissed) {
  SimFileIo io(1, {.delay_polls_max = 1});
  std::vector<SegmentEvent> told;
  OpenLogOptions options = test_options();
  options.tell_segments = [&](SegmentEvent event, const std::string& why) {
    EXPECT_NE(why.find("Input/output error"), std::string::npos) << why;
    told.push_back(event);
  };
  TestLog log = must_open(io, options);
  log.flush(io);
  io.fail_next("open", EIO);
  while (told.empty()) {
    ASSERT_EQ(log.writer->state(), JournalState::ready);
    log.append_many(io, 10);
  }
  EXPECT_EQ(told, std::vector{SegmentEvent::failed});
  const std::uint64_t then = log.writer->appended_through().value;
  while (log.writer->state() != JournalState::failed) {
    if (log.writer->state() == JournalState::ready) log.append();
    log.writer->pump();
  }
  EXPECT_GT(log.writer->appended_through().value, then) << "what is there is used first";
  EXPECT_EQ(told.size(), 1U);
}

// Connections, or another program, may take all there are for a while.
TEST(WalWriter, ASegmentThatFindsNoFileToOpenIsTriedAgain) {
  for (const int error_number : {EMFILE, ENFILE}) {
    SimFileIo io(1, {.delay_polls_max = 1});
    std::vector<SegmentEvent> told;
    OpenLogOptions options = test_options();
    options.tell_segments = [&](SegmentEvent event, const std::string&) { told.push_back(event); };
    TestLog log = must_open(io, options);
    log.flush(io);
    io.fail_next("open", error_number);
    log.append_many(io, 60'000);
    ASSERT_NE(log.writer->state(), JournalState::failed) << log.writer->failure();
    EXPECT_EQ(told, (std::vector{SegmentEvent::no_space, SegmentEvent::space}));
    log.close(io);
    EXPECT_EQ(must_open(io).recovered.size(), 60'000U);
  }
}

TEST(WalWriter, AnIdleLogIsMarkedDurableOnce) {
  SimFileIo io(1);
  TestLog log = must_open(io);
  log.append_many(io, 10);
  EXPECT_FALSE(log.writer->mark_durable()) << "not idle";
  log.flush(io);
  const std::uint64_t blocks = log.writer->counters().blocks;
  EXPECT_TRUE(log.writer->mark_durable());
  log.flush(io);
  EXPECT_FALSE(log.writer->mark_durable());
  EXPECT_EQ(log.writer->counters().blocks, blocks + 1);
  const auto headers = blocks_in(io, 1);
  EXPECT_EQ(headers.back().record_count(), 0U);
  EXPECT_EQ(headers.back().durable_position.value, 10U);
  EXPECT_EQ(headers.back().durable_block + 1, headers.back().block_number);
}

TEST(WalWriter, SegmentsBehindASnapshotAreUsedAgainAndOldBlocksAreNotTakenForNewOnes) {
  SimFileIo io(9, {.delay_polls_max = 1});
  TestLog log = must_open(io);
  log.append_many(io, 120'000);
  log.flush(io);
  ASSERT_GE(log.writer->counters().segments, 3U);
  const LogPosition kept = blocks_in(io, 3).front().position_first;
  const auto below = log.writer->segments().retired_below(kept);
  ASSERT_EQ(below.size(), 2U);
  EXPECT_EQ(below.back().last.value + 1, kept.value);
  log.writer->segments().recycle_through(below.back().number);
  EXPECT_FALSE(io.exists(segment_path(1)));
  EXPECT_FALSE(io.exists(segment_path(2)));
  EXPECT_TRUE(io.exists(segment_path(3)));
  log.append_many(io, 60'000);
  log.close(io);

  const auto refused = open_test_log(io);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, RecoveryError::Kind::damaged);
  EXPECT_NE(refused.error().text().find("positions 1 to " + std::to_string(kept.value - 1) +
                                        " are missing"),
            std::string::npos)
      << refused.error().text();

  // What a snapshot of the position before makes good.
  std::uint64_t next = kept.value;
  const auto end =
      read_log(io, kDir, {kept.value - 1}, [&](const Record& record, const RecordPlace&) {
        EXPECT_EQ(record.outcome.position.value, next++);
        return true;
      });
  ASSERT_TRUE(end.has_value()) << end.error().text();
  EXPECT_EQ(end->position.value, 180'000U);
  EXPECT_EQ(next, 180'001U);
}

}  // namespace
}  // namespace holdfast::persistence
