// Restore on a simulated disk: to every kind of position, with every power cut on the way.
#include "persistence/restore.h"

#include <gtest/gtest.h>

#include "tests/persistence/backup_fixture.h"

namespace holdfast::persistence {
namespace {

TEST(Backup, AllOfALogIsRestoredByteForByte) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'500);
  ASSERT_TRUE(server->snapshot());
  server->append(io, 100, 1);
  const BackupReport made = must_back_up(io);
  EXPECT_EQ(made.manifest.last().value, 1'600U);
  EXPECT_EQ(made.segments_copied, 2U);
  EXPECT_EQ(made.snapshots_copied, 1U);
  EXPECT_EQ(made.records_new, 1'600U);
  const RestoreReport restored = must_restore(io, restore_options());
  EXPECT_EQ(restored.position.value, 1'600U);
  EXPECT_EQ(restored.log_id, kTestLogId) << "nothing was cut: it is the same log";
  EXPECT_EQ(restored.snapshot.value, 1'500U);
  EXPECT_EQ(restored.segments, 1U) << "what the snapshot covers stays in the backup";
  const std::string second = join_path(kRestored, segment_name(2));
  EXPECT_EQ(io.bytes_of(second), io.bytes_of(segment_path(2)));
  const Found found = start_on(io, kRestored);
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.salts, std::vector<std::uint64_t>(1'600, 1));
  EXPECT_EQ(found.report.records, 100U);
  EXPECT_FALSE(check_backup(io, kBackup, {})->problems.size());
}

TEST(Backup, AnyPositionThatItCoversIsRestored) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'500, kArchive);
  ASSERT_TRUE(server->snapshot());
  server->append(io, 700, 1);
  ASSERT_TRUE(server->snapshot());
  server->append(io, 50, 1);
  server->drop();
  ASSERT_FALSE(io.exists(segment_path(1)))
      << "the first segment was meant to be in the archive only";
  BackupOptions with_archive = backup_options();
  with_archive.archive_dir = kArchive;
  static_cast<void>(must_back_up(io, with_archive));
  // The first command, around segments' ends, around snapshots, and the last.
  for (const std::uint64_t until :
       {1, 2, 1'023, 1'024, 1'025, 1'499, 1'500, 1'501, 2'199, 2'200, 2'201, 2'250}) {
    expect_restores(io, LogPosition{until}, 1);
    remove_all(io, kRestored);
  }
  for (const std::uint64_t until : {0, 2'251}) {
    const auto refused = restore(io, restore_options(LogPosition{until}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, CopyError::Kind::not_covered);
    EXPECT_NE(refused.error().what_to_do.find("positions 1 to 2250"), std::string::npos)
        << refused.error().what_to_do;
  }
  // All log from the first command on, if that is wanted.
  RestoreOptions whole = restore_options(LogPosition{1'800});
  whole.from_first = true;
  const RestoreReport report = must_restore(io, whole);
  EXPECT_EQ(report.segments, 2U);
  EXPECT_EQ(report.cut_records, 450U);
  EXPECT_EQ(start_on(io, kRestored).salts, std::vector<std::uint64_t>(1'800, 1));
}

TEST(Backup, ATimeIsCutBetweenItsCommands) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 300);
  server->drop();
  static_cast<void>(must_back_up(io));
  RestoreOptions options = restore_options();
  options.until_time = make_outcome(200).time;
  const RestoreReport report = must_restore(io, options);
  EXPECT_EQ(report.position.value, 200U);
  EXPECT_EQ(report.time, make_outcome(200).time);
  EXPECT_NE(report.log_id, kTestLogId);
  EXPECT_EQ(start_on(io, kRestored).salts.size(), 200U);
  remove_all(io, kRestored);
  // Between the last command and the backup nothing came.
  options.until_time = TimestampNs{make_outcome(300).time.ns + 1'000};
  EXPECT_EQ(must_restore(io, options).position.value, 300U);
  remove_all(io, kRestored);
  options.until_time = TimestampNs{backup_options().now.ns + 1};
  EXPECT_EQ(restore(io, options).error().kind, CopyError::Kind::not_covered)
      << "it knows nothing of what came then";
}

TEST(Restore, APowerCutAtEachStepLeavesNothingThatAServerWouldTake) {
  std::uint64_t changes = 0;
  for (std::uint64_t cut_at = 0; cut_at <= changes; ++cut_at) {
    SCOPED_TRACE(cut_at);
    SimFileIo io(cut_at + 1, {.delay_polls_max = 0});
    auto server = serve(io, 1'010);
    ASSERT_TRUE(server->snapshot());
    server->append(io, 40, 1);
    server->drop();
    static_cast<void>(must_back_up(io));
    const std::uint64_t before = io.changes();
    if (cut_at > 0) io.cut_power_after(cut_at - 1);
    const auto done = restore(io, restore_options(LogPosition{1'030}));
    if (cut_at == 0) {
      ASSERT_TRUE(done.has_value()) << done.error().reason;
      changes = io.changes() - before;
      continue;
    }
    io.crash();
    const Found found = start_on(io, kRestored);
    if (done) {
      EXPECT_EQ(found.salts.size(), 1'030U) << found.error;
    } else if (found.error.empty()) {
      // The last step of all is the removal of the marker, which may have got through; or nothing
      // was made.
      EXPECT_TRUE(found.salts.empty() || found.salts.size() == 1'030U) << found.salts.size();
      if (found.salts.empty()) {
        EXPECT_TRUE(found.report.created);
      }
    } else {
      EXPECT_NE(found.error.find("did not come to its end"), std::string::npos) << found.error;
    }
  }
}

TEST(Restore, WhatWasCutIsAnotherLog) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 2'200, kArchive);
  ASSERT_TRUE(server->snapshot());
  server->append(io, 1'100, 1);
  ASSERT_TRUE(server->snapshot(2));
  BackupOptions with_archive = backup_options();
  with_archive.archive_dir = kArchive;
  static_cast<void>(must_back_up(io, with_archive));
  const RestoreReport cut = must_restore(io, restore_options(LogPosition{3'000}));
  ASSERT_NE(cut.log_id, kTestLogId);
  EXPECT_EQ(cut.cut_records, 300U);
  // The original's archive is refused, its backup too,
  // and no block of one is taken for the other's.
  const Found refused = start_on(io, kRestored, kArchive);
  EXPECT_NE(refused.error.find("give this log an archive of its own"), std::string::npos)
      << refused.error;
  BackupOptions other = backup_options();
  other.dir = kRestored;
  const auto not_there = back_up(io, other);
  ASSERT_FALSE(not_there.has_value());
  EXPECT_NE(not_there.error().reason.find("a backup of another log"), std::string::npos)
      << not_there.error().reason;
  const Found found = start_on(io, kRestored, "/archive-of-its-own");
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.report.log_id, cut.log_id);
  EXPECT_EQ(found.salts.size(), 3'000U);
  other.to = "/backup-of-its-own";
  EXPECT_EQ(must_back_up(io, other).manifest.last().value, 3'000U);
}

TEST(Restore, AnOlderCopyOfTheSameLogIsToldByItsArchive) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'030, kArchive);
  ASSERT_TRUE(server->snapshot());
  static_cast<void>(must_back_up(io));  // it ends in segment 2
  server->append(io, 1'200, 1);
  ASSERT_TRUE(server->snapshot(2));
  server->append(io, 10, 1);
  ASSERT_TRUE(server->snapshot(3));     // segments 1 and 2 are in the archive
  server->drop();
  ASSERT_TRUE(io.exists(join_path(kArchive, segment_name(2))));
  EXPECT_EQ(must_restore(io, restore_options()).log_id, kTestLogId);
  const Found refused = start_on(io, kRestored, kArchive);
  EXPECT_NE(refused.error.find("the archive holds log that the data directory does not"),
            std::string::npos)
      << refused.error;
  EXPECT_EQ(start_on(io, kRestored).salts.size(), 1'030U)
      << "without it this older state can be gone on from";
}

}  // namespace
}  // namespace holdfast::persistence
