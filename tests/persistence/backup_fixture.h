// What the tests of backup and restore share: both with the options of a test, and a server that
// starts on what was restored.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "persistence/backup.h"
#include "persistence/restore.h"
#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {

inline const std::string kBackup = "/backup";
inline const std::string kRestored = "/restored";

inline BackupOptions backup_options() {
  return {.dir = kDir,
          .to = kBackup,
          .archive_dir = "",
          .now = TimestampNs{2'000'000'000'000'000'000},
          .on_progress = {}};
}

inline BackupReport must_back_up(FileIo& io, const BackupOptions& options = backup_options()) {
  auto made = back_up(io, options);
  if (made) return std::move(*made);
  ADD_FAILURE() << made.error().reason << ". " << made.error().what_to_do;
  return {};
}

inline RestoreOptions restore_options(std::optional<LogPosition> until = {}) {
  return {.from = kBackup, .dir = kRestored, .until = until, .until_text = "the point"};
}

inline RestoreReport must_restore(FileIo& io, const RestoreOptions& options) {
  auto done = restore(io, options);
  if (done) return std::move(*done);
  ADD_FAILURE() << done.error().reason << ". " << done.error().what_to_do;
  return {};
}

/// The salts of all positions that a server finds in a directory, or why it does not start.
struct Found {
  std::vector<std::uint64_t> salts;
  RecoveryReport report;
  std::string error;
};
inline Found start_on(FileIo& io, const std::string& dir, const std::string& archive = "") {
  Found found;
  SmallTarget target;
  OpenLogOptions options = test_options();
  options.dir = dir;
  options.snapshots = &target;
  options.archive_dir = archive;
  auto opened = open_log(io, options, [&](const Command&, const Outcome& outcome) {
    target.state.apply(outcome);
    return std::optional<std::string>();
  });
  if (!opened) {
    found.error = opened.error().text();
    return found;
  }
  found.report = opened->report;
  EXPECT_TRUE(opened->writer->close());
  opened->writer.reset();
  io.close(opened->lock);
  found.salts = target.state.salts;
  return found;
}

inline void expect_restores(FileIo& io, LogPosition until, std::uint64_t salt) {
  SCOPED_TRACE(until.value);
  const RestoreReport report = must_restore(io, restore_options(until));
  EXPECT_EQ(report.position, until);
  const Found found = start_on(io, kRestored);
  EXPECT_EQ(found.error, "");
  EXPECT_EQ(found.salts, std::vector<std::uint64_t>(until.value, salt));
}

inline void remove_all(SimFileIo& io, const std::string& dir) {
  const auto names = io.list(dir);
  if (!names) return;
  for (const std::string& name : *names) io.remove(join_path(dir, name));
}

/// A log of a block each record: a segment holds 1024.
inline std::unique_ptr<SmallServer> serve(SimFileIo& io, std::uint64_t records,
                                   const std::string& archive = "") {
  auto server = must_serve(io, archive);
  server->append(io, records, 1);
  return server;
}

}  // namespace holdfast::persistence
