// From where a start goes on: the decision tables of snapshots, as data. The page
// docs/snapshot-format.md shows the same rows (a test holds it to them); what is done with the log
// behind that start is told by recovery_table.h.
//
// The principle: a snapshot saves time and nothing else depends on it. A bad one is passed over for
// an older one and more log, told to the operator. What could only be explained by acknowledged
// commands being gone is never passed over: Holdfast refuses to start.
// Thread: pure functions and constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "persistence/recovery_table.h"

namespace holdfast::persistence {

/// What was found in one snapshot file. A fact behind one that is false says nothing.
struct SnapshotFacts {
  bool header = false;   // a header page with the right checksum and a plan that makes sense
  bool version = false;  // of a format version that this code reads
  bool log_id = false;   // of this log
  bool name = false;     // its name tells the position of its header
  bool body = false;     // every part is good, every page is there once
  bool loads = false;    // the engine could make a state of it
};

enum class SnapshotVerdict : std::uint8_t { use, skip, refuse };

struct SnapshotRow {
  std::string_view name;
  Need header, version, log_id, file_name, body, loads;
  SnapshotVerdict verdict;
  std::string_view told;  // to the operator, behind the file's path
};

[[nodiscard]] std::span<const SnapshotRow> snapshot_table();
/// The one row that fits (rows are disjoint and cover everything; a test walks all combinations).
[[nodiscard]] const SnapshotRow& judge(const SnapshotFacts& facts);
[[nodiscard]] bool row_fits(const SnapshotRow& row, const SnapshotFacts& facts);
[[nodiscard]] std::string_view verdict_name(SnapshotVerdict verdict);

/// What a start has to go on from.
struct StartFacts {
  bool snapshot = false;       // a good one was loaded
  bool skipped = false;        // newer ones than that were bad
  bool reaches = false;        // the log, archive included, holds the next position after the start
  bool archive = false;        // … and only with the archive
  bool covered = false;        // the log ends at the snapshot's position or behind it
  bool archive_ahead = false;  // the archive holds log that the directory does not
};

enum class StartVerdict : std::uint8_t { start, warn, refuse };

struct StartRow {
  std::string_view name;
  Need snapshot, skipped, reaches, archive, covered, archive_ahead;
  StartVerdict verdict;
  std::string_view told;
  std::string_view what_to_do;  // with `refuse`
};

[[nodiscard]] std::span<const StartRow> start_table();
/// The one row that fits, as above.
[[nodiscard]] const StartRow& judge(const StartFacts& facts);
[[nodiscard]] bool row_fits(const StartRow& row, const StartFacts& facts);
[[nodiscard]] std::string_view verdict_name(StartVerdict verdict);

}  // namespace holdfast::persistence
