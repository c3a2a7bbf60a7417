// `holdfast backup` and `holdfast restore`: a data directory copied beside its server, and made
// again as it was at any position of the copy. What is copied and why it holds together is told in
// persistence/backup.h and persistence/restore.h. Thread: the only one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "persistence/backup.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"
#include "tools/cli/progress.h"
#include "tools/cli/wal_options.h"

namespace holdfast::tools {

struct BackupCommand {
  std::string dir;
  std::string to;
  std::string archive_dir;
};
[[nodiscard]] ExitCode backup(const Globals& globals, const BackupCommand& command);

struct RestoreCommand {
  std::string from;
  std::string dir;
  std::optional<LogPoint> until;
  bool from_start = false;
  bool new_log_id = false;
  bool no_verify = false;  // do not replay what was restored
  bool check = false;      // read the backup, restore nothing
};
[[nodiscard]] ExitCode restore(const Globals& globals, const RestoreCommand& command);

/// What both say of a backup: the positions and times that can be restored from it.
void add_ranges(class Report& report, const persistence::BackupManifest& manifest);
[[nodiscard]] Failure failure_of(const persistence::CopyError& error);
/// Shows what is under way.
[[nodiscard]] std::function<void(const persistence::BackupProgress&)> shown_on(
    Progress& progress, std::string_view verb);

}  // namespace holdfast::tools
