// Backup on a simulated disk: beside a server that lets log go under its hands, and with every
// failure on the way.
#include "persistence/backup.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/persistence/backup_fixture.h"

namespace holdfast::persistence {
namespace {

TEST(Backup, ASecondRunCopiesOnlyWhatIsNew) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'500);
  ASSERT_TRUE(server->snapshot());
  static_cast<void>(must_back_up(io));
  const auto first = io.bytes_of(join_path(kBackup, segment_name(1)));
  BackupReport made = must_back_up(io);
  EXPECT_EQ(made.bytes_copied, 0U);
  EXPECT_EQ(made.segments_copied + made.snapshots_copied, 0U);
  server->append(io, 800, 1);
  ASSERT_TRUE(server->snapshot(2));
  made = must_back_up(io);
  EXPECT_EQ(made.segments_copied, 2U) << "the one that went on, and a new one";
  EXPECT_EQ(made.records_new, 800U);
  EXPECT_EQ(made.snapshots_copied, 1U);
  EXPECT_LT(made.bytes_copied, 5'000'000U);
  for (const std::uint64_t until : {900, 1'600, 2'300}) {
    expect_restores(io, LogPosition{until}, 1);
    remove_all(io, kRestored);
  }
}

// Each piece that is copied, the server goes on, takes a snapshot and lets log go.
TEST(Backup, BesideAServerThatLetsLogGoWhateverComesOfItCanBeRestored) {
  for (const bool with_archive : {false, true}) {
    for (const std::uint64_t every : {50, 400, 1'500}) {
      SCOPED_TRACE(testing::Message()
                   << "archive " << with_archive << ", a step each " << every << " blocks");
      SimFileIo io(1, {.delay_polls_max = 0});
      const std::string archive = with_archive ? kArchive : "";
      auto server = serve(io, 3'000, archive);
      ASSERT_TRUE(server->snapshot());
      server->append(io, 100, 1);
      ASSERT_TRUE(server->snapshot());
      server->append(io, 2'000, 1);
      const std::uint64_t durable_before = server->writer->durable_through().value;
      std::uint64_t blocks = 0;
      std::uint64_t steps = 0;
      BackupOptions options = backup_options();
      options.archive_dir = archive;
      options.on_progress = [&](const BackupProgress&) {
        if (++blocks % every != 0 || steps == 12) return;
        ++steps;
        server->append(io, 600, 1);
        ASSERT_TRUE(server->snapshot(steps));
      };
      const BackupReport made = must_back_up(io, options);
      EXPECT_GT(steps, 0U);
      EXPECT_GE(made.manifest.last().value, durable_before)
          << "nothing acknowledged before it is missing";
      EXPECT_TRUE(check_backup(io, kBackup, {})->problems.empty());
      const auto ranges = restorable_ranges(made.manifest);
      ASSERT_FALSE(ranges.empty());
      EXPECT_EQ(ranges.back().last, made.manifest.last());
      if (with_archive) {
        EXPECT_EQ(ranges.size(), 1U) << "what is let go is found in the archive";
      }
      for (const RestorableRange& range : ranges) {
        for (const std::uint64_t until :
             {std::max<std::uint64_t>(1, range.first.value),
              (range.first.value + range.last.value) / 2, range.last.value}) {
          expect_restores(io, LogPosition{until}, 1);
          remove_all(io, kRestored);
        }
      }
      // The next run goes on where this one ended.
      server->append(io, 10, 1);
      options.on_progress = {};
      EXPECT_EQ(must_back_up(io, options).manifest.last(), server->writer->durable_through());
    }
  }
}

TEST(Backup, WhateverBreaksARunOffTheOneBeforeStaysGood) {
  // How many changes a second run makes, and then a power cut at each of them.
  std::uint64_t changes = 0;
  for (std::uint64_t cut_at = 0; cut_at <= changes; ++cut_at) {
    SCOPED_TRACE(cut_at);
    SimFileIo io(cut_at + 1, {.delay_polls_max = 0});
    auto server = serve(io, 1'010);
    ASSERT_TRUE(server->snapshot());
    static_cast<void>(must_back_up(io));
    server->append(io, 40, 1);  // the first segment is full then
    ASSERT_TRUE(server->snapshot(2));
    server->drop();
    const std::uint64_t before = io.changes();
    if (cut_at > 0) io.cut_power_after(cut_at - 1);
    const auto made = back_up(io, backup_options());
    if (cut_at == 0) {
      changes = io.changes() - before;
      ASSERT_GT(changes, 10U);
      continue;
    }
    EXPECT_FALSE(made.has_value() && io.power_is_cut());
    io.crash();
    expect_restores(io, LogPosition{1'010}, 1);
    remove_all(io, kRestored);
    // And it is taken up again.
    EXPECT_EQ(must_back_up(io).manifest.last().value, 1'050U);
    expect_restores(io, LogPosition{1'050}, 1);
  }
}

TEST(Backup, AFirstRunThatIsBrokenOffIsRefusedUntilItIsTakenUp) {
  for (std::uint64_t cut_at = 1; cut_at <= 12; ++cut_at) {
    SCOPED_TRACE(cut_at);
    SimFileIo io(cut_at, {.delay_polls_max = 0});
    auto server = serve(io, 100);
    server->drop();
    io.cut_power_after(cut_at - 1);
    const auto made = back_up(io, backup_options());
    const bool was_cut = io.power_is_cut();
    io.crash();
    if (was_cut) {
      EXPECT_FALSE(made.has_value());
      const auto refused = restore(io, restore_options());
      ASSERT_FALSE(refused.has_value());
      const std::string& why = refused.error().reason;
      EXPECT_TRUE(why.find("did not come to its end") != std::string::npos ||
                  why.find("is no backup") != std::string::npos)
          << why;
      EXPECT_FALSE(io.exists(join_path(kRestored, kIdentityName)));
    }
    EXPECT_EQ(must_back_up(io).manifest.last().value, 100U);
    expect_restores(io, LogPosition{100}, 1);
  }
}

TEST(Backup, ADiskThatWritesSomethingElseIsFoundOut) {
  int made = 0;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    SCOPED_TRACE(seed);
    SimFileIo io(seed, {.delay_polls_max = 0});
    auto server = serve(io, 1'100);
    ASSERT_TRUE(server->snapshot());
    server->append(io, 100, 1);
    server->drop();
    io.set_faults({.delay_polls_max = 0,
                   .plain_lost_per_10k = seed % 2 == 0 ? 1'500U : 0U,
                   .plain_bit_flip_per_10k = seed % 2 == 1 ? 1'500U : 0U});
    const auto result = back_up(io, backup_options());
    io.set_faults({.delay_polls_max = 0});
    if (!result) continue;
    // The manifest itself may be the victim; then it is refused.
    const auto restored = restore(io, restore_options());
    if (!restored) continue;
    ++made;
    EXPECT_EQ(start_on(io, kRestored).salts, std::vector<std::uint64_t>(1'200, 1));
  }
  EXPECT_GT(made, 0);
  EXPECT_LT(made, 16);
}

TEST(Backup, EveryErrorIsToldAndLeavesNothingHalf) {
  for (const char* operation :
       {"open", "write", "sync", "read", "rename", "sync directory", "list", "size"}) {
    SCOPED_TRACE(operation);
    SimFileIo io(1, {.delay_polls_max = 0});
    auto server = serve(io, 1'100);
    ASSERT_TRUE(server->snapshot());
    server->drop();
    static_cast<void>(must_back_up(io));
    for (int at = 0; at < 3; ++at) {
      io.fail_next(operation, at == 0 ? ENOSPC : EIO, 1);
      const auto refused = restore(io, restore_options());
      io.forget_failures();
      if (refused) {
        remove_all(io, kRestored);
        continue;
      }
      EXPECT_FALSE(refused.error().reason.empty());
      const Found found = start_on(io, kRestored);
      EXPECT_TRUE(!found.error.empty() || found.salts.empty())
          << "half a directory was taken for a whole one";
      remove_all(io, kRestored);
    }
  }
}

TEST(Backup, TwoCopiesThatWentOnInDifferentWaysAreToldApart) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'000);
  ASSERT_TRUE(server->snapshot());
  const auto earlier = io.copy(2);
  server->append(io, 300, 1);
  static_cast<void>(must_back_up(io));
  server->drop();
  // An older copy of the directory goes on with other commands, less far, as far, and further.
  for (const std::uint64_t more : {0, 10, 300, 2'000}) {
    SCOPED_TRACE(more);
    auto copy = earlier->copy(3);
    const auto names = io.list(kBackup);
    ASSERT_TRUE(names.has_value());
    for (const std::string& name : *names) {
      copy->overwrite(join_path(kBackup, name), 0, io.bytes_of(join_path(kBackup, name)));
    }
    auto other = must_serve(*copy);
    other->append(*copy, more, 2);
    const auto refused = back_up(*copy, backup_options());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, CopyError::Kind::usage) << refused.error().reason;
    expect_restores(*copy, LogPosition{1'300}, 1);
  }
}

TEST(Backup, DamageIsFoundAndSaid) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 1'500);
  ASSERT_TRUE(server->snapshot());
  server->append(io, 100, 1);
  server->drop();
  static_cast<void>(must_back_up(io));
  {
    auto copy = io.copy(2);
    rot(*copy, join_path(kBackup, segment_name(2)), 81'920);
    const auto checked = check_backup(*copy, kBackup, {});
    ASSERT_EQ(checked->problems.size(), 1U);
    EXPECT_NE(checked->problems[0].find("at offset 81920"), std::string::npos)
        << checked->problems[0];
    const auto refused = restore(*copy, restore_options(LogPosition{1'590}));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, CopyError::Kind::damaged) << refused.error().reason;
    EXPECT_NE(start_on(*copy, kRestored).error.find("did not come to its end"), std::string::npos);
  }
  {
    auto copy = io.copy(2);
    rot(*copy, join_path(kBackup, snapshot_name(LogPosition{1'500})), 20'000);
    EXPECT_EQ(check_backup(*copy, kBackup, {})->problems.size(), 1U);
    const RestoreReport report = must_restore(*copy, restore_options());
    EXPECT_EQ(report.notes.size(), 1U) << "from the first command then";
    EXPECT_TRUE(report.snapshot.is_zero());
    EXPECT_EQ(start_on(*copy, kRestored).salts.size(), 1'600U);
  }
  {
    auto copy = io.copy(2);
    rot(*copy, join_path(kBackup, kManifestName), 100);
    const auto refused = restore(*copy, restore_options());
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().reason.find("its checksum is wrong"), std::string::npos)
        << refused.error().reason;
  }
  rot(io, segment_path(1), 40'960);
  BackupOptions fresh = backup_options();
  fresh.to = "/other";
  const auto refused = back_up(io, fresh);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, CopyError::Kind::damaged)
      << "damage is never taken for the end of a log";
}

TEST(Backup, NothingIsWrittenWhereSomethingElseIs) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = serve(io, 10);
  BackupOptions options = backup_options();
  options.to = kDir;
  EXPECT_EQ(back_up(io, options).error().kind, CopyError::Kind::usage);
  RestoreOptions into = restore_options();
  static_cast<void>(must_back_up(io));
  into.dir = kDir;
  EXPECT_EQ(restore(io, into).error().kind, CopyError::Kind::locked);
  server->drop();
  io.close(server->lock);
  EXPECT_EQ(restore(io, into).error().kind, CopyError::Kind::usage);
  EXPECT_EQ(start_on(io, kDir).salts.size(), 10U);
  const Found on_backup = start_on(io, kBackup);
  EXPECT_NE(on_backup.error.find("is a backup, not a data directory"), std::string::npos)
      << on_backup.error;
  // A new volume has this.
  io.overwrite(kRestored + "/lost+found", 0, std::vector<std::byte>(1));
  expect_restores(io, LogPosition{10}, 1);
}

TEST(BackupManifest, ADirectoryWithAnyNameIsOneLine) {
  BackupManifest manifest;
  manifest.source = "/data\nsegment 1";
  const auto read = parse_manifest(manifest_text(manifest));
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(read->source, "/data?segment 1");
}

TEST(BackupManifest, ReadsBackWhatItWrites) {
  BackupManifest manifest{
      .log_id = kTestLogId,
      .log_created_at = {5},
      .made_at = {6},
      .source = "/var/lib/with a blank",
      .segments = {{.number = 7,
                    .bytes = 4096,
                    .file_bytes = 8192,
                    .first = {3},
                    .last = {9},
                    .first_time = {1},
                    .last_time = {2},
                    .block_first = 4,
                    .block_last = 4,
                    .before = {1, 2},
                    .checksum = {3, 4}}},
      .snapshots = {{.position = {8}, .time = {2}, .bytes = 12'288, .checksum = {5, 6}}}};
  const std::string text = manifest_text(manifest);
  const auto again = parse_manifest(text);
  ASSERT_TRUE(again.has_value()) << again.error();
  EXPECT_EQ(manifest_text(*again), text);
  EXPECT_EQ(again->source, manifest.source);
  const auto ranges = restorable_ranges(*again);
  ASSERT_EQ(ranges.size(), 1U);
  EXPECT_EQ(ranges[0].first.value, 8U);
  EXPECT_EQ(ranges[0].last.value, 9U);
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(parse_manifest(changed).has_value()) << "byte " << at;
  }
  for (std::size_t length = 0; length + 1 < text.size(); ++length) {
    EXPECT_FALSE(parse_manifest(text.substr(0, length)).has_value()) << length;
  }
  EXPECT_NE(parse_manifest("holdfast-backup 2\n").error().find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::persistence
