// The archive of log segments: nothing is let go before it is safe there,
// and all of it can be read.
#include "persistence/segment_archive.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "persistence/wal_survey.h"
#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

std::string archived(std::uint64_t number) { return join_path(kArchive, segment_name(number)); }

// Two snapshots with enough log below the older one that segments 1 and 2 may go.
void run_until_recycling(SmallServer& server, SimFileIo& io) {
  server.append(io, 2'200, 1);
  ASSERT_TRUE(server.snapshot());
  server.append(io, 1'100, 1);
  ASSERT_TRUE(server.snapshot());
}

// Positions that the log of `dir` with `archive` tells, from 1 without a gap.
std::uint64_t readable(FileIo& io, const std::string& dir, const std::string& archive) {
  WalReader reader(io, dir, kTestLogId, {.start_after = {}, .archive_dir = archive});
  std::uint64_t next = 1;
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block:
        EXPECT_EQ(reader.header().position_first.value, next);
        next = reader.header().position_last.value + 1;
        continue;
      case WalReader::Step::end: return next - 1;
      case WalReader::Step::damage: ADD_FAILURE() << reader.damage().text(); return 0;
      case WalReader::Step::error: ADD_FAILURE() << reader.io_error().text(); return 0;
    }
  }
}

TEST(SegmentArchive, WhatIsLetGoIsThereAndIsReadWithTheRest) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io, kArchive);
  run_until_recycling(*server, io);
  EXPECT_FALSE(io.exists(segment_path(1)));
  EXPECT_FALSE(io.exists(segment_path(2)));
  EXPECT_TRUE(io.exists(archived(1)));
  EXPECT_TRUE(io.exists(archived(2)));
  EXPECT_EQ(readable(io, kDir, kArchive), 3'300U);
  // On its own it reads as far as it goes.
  EXPECT_EQ(readable(io, kArchive, ""), 2'048U);
  const auto identity = read_identity(io, kArchive);
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(identity->log_id, kTestLogId);
}

TEST(SegmentArchive, WhateverFailsThereKeepsTheSegmentAndIsToldOnce) {
  for (const char* operation :
       {"open", "write", "sync", "read", "rename", "sync directory", "list"}) {
    SCOPED_TRACE(operation);
    SimFileIo io(1, {.delay_polls_max = 0});
    auto server = must_serve(io, kArchive);
    server->append(io, 2'200, 1);
    LogRecycler& recycler = *server->recycler;
    io.fail_next(operation, ENOSPC, 1);
    recycler.recycle_below({1'500});
    EXPECT_TRUE(io.exists(segment_path(1)));
    EXPECT_NE(recycler.trouble().find("No space left on device"), std::string::npos)
        << recycler.trouble();
    ASSERT_EQ(server->told.size(), 1U);
    EXPECT_NE(server->told[0].find("the log keeps its segments until the archive takes them"),
              std::string::npos);
    server->append(io, 10, 1);
    EXPECT_EQ(server->writer->durable_through().value, 2'210U) << "the server goes on";
    recycler.recycle_below({1'500});
    EXPECT_EQ(recycler.trouble(), "");
    EXPECT_EQ(server->told.back(), "the archive takes segments again");
    EXPECT_FALSE(io.exists(segment_path(1)));
    EXPECT_FALSE(io.exists(archived(1) + ".tmp"));
    EXPECT_EQ(readable(io, kDir, kArchive), 2'210U);
  }
}

TEST(SegmentArchive, ADiskThatWritesSomethingElseIsFoundOutBeforeTheSegmentGoes) {
  int kept = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SimFileIo io(seed, {.delay_polls_max = 0});
    auto server = must_serve(io, kArchive);
    server->append(io, 1'500, 1);
    io.set_faults({.delay_polls_max = 0,
                   .plain_lost_per_10k = seed % 2 == 0 ? 3'000U : 0U,
                   .plain_bit_flip_per_10k = seed % 2 == 1 ? 3'000U : 0U});
    server->recycler->recycle_below({1'200});
    io.set_faults({.delay_polls_max = 0});
    EXPECT_NE(io.exists(segment_path(1)), io.exists(archived(1)));
    kept += io.exists(archived(1)) ? 1 : 0;
    EXPECT_EQ(readable(io, kDir, kArchive), 1'500U);
  }
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 12);
}

TEST(SegmentArchive, ADamagedSegmentIsNotLetGo) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io, kArchive);
  server->append(io, 1'500, 1);
  rot(io, segment_path(1), 40'960);
  server->recycler->recycle_below({1'200});
  EXPECT_TRUE(io.exists(segment_path(1)));
  EXPECT_FALSE(io.exists(archived(1)));
  EXPECT_NE(server->recycler->trouble().find("at offset 40960 there is no good block"),
            std::string::npos)
      << server->recycler->trouble();
}

TEST(SegmentArchive, AnotherSegmentOfTheSameNumberIsNeverReplaced) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io, kArchive);
  server->append(io, 1'500, 1);
  auto other = io.bytes_of(segment_path(1));
  other[100] ^= std::byte{1};
  io.overwrite(archived(1), 0, other);
  server->recycler->recycle_below({1'200});
  EXPECT_TRUE(io.exists(segment_path(1)));
  EXPECT_EQ(io.bytes_of(archived(1)), other);
  EXPECT_NE(server->recycler->trouble().find("is not the same as"), std::string::npos)
      << server->recycler->trouble();
}

TEST(SegmentArchive, TheArchiveOfAnotherLogIsRefused) {
  SimFileIo io(1);
  Identity mine{.log_id = kTestLogId};
  ASSERT_TRUE(SegmentArchive::open(io, kArchive, mine).has_value());
  ASSERT_TRUE(SegmentArchive::open(io, kArchive, mine).has_value());
  mine.log_id.low ^= 1;
  const auto refused = SegmentArchive::open(io, kArchive, mine);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().text().find("give this one an archive of its own"), std::string::npos);
}

// A reader beside a server that lets a segment go under its hands.
TEST(SegmentArchive, AReaderGoesOnInTheArchiveOrSaysWhatHappened) {
  for (const bool with_archive : {true, false}) {
    SimFileIo io(1, {.delay_polls_max = 0});
    auto server = must_serve(io, with_archive ? kArchive : "");
    server->append(io, 2'200, 1);
    WalReader reader(io, kDir, kTestLogId,
                     {.start_after = {}, .archive_dir = with_archive ? kArchive : ""});
    for (int i = 0; i < 10; ++i) ASSERT_EQ(reader.next_block(), WalReader::Step::block);
    server->recycler->recycle_below({2'100});  // segments 1 and 2 become 4 and 5
    server->append(io, 2'200, 1);
    std::uint64_t last = 0;
    WalReader::Step step = WalReader::Step::block;
    while ((step = reader.next_block()) == WalReader::Step::block) {
      last = reader.header().position_last.value;
    }
    if (with_archive) {
      ASSERT_EQ(step, WalReader::Step::end);
      EXPECT_EQ(last, 4'400U);
    } else {
      ASSERT_EQ(step, WalReader::Step::error);
      EXPECT_NE(reader.io_error().text().find("the running server let it go meanwhile"),
                std::string::npos)
          << reader.io_error().text();
    }
  }
}

}  // namespace
}  // namespace holdfast::persistence
