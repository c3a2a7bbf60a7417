#include "persistence/start_table.h"

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

constexpr Need any = Need::any;
constexpr Need yes = Need::yes;
constexpr Need no = Need::no;

// clang-format off
constexpr SnapshotRow kSnapshotTable[] = {
  // name               header vers  logid name  body  loads
  {"good_snapshot",     yes,   yes,  yes,  yes,  yes,  yes,  SnapshotVerdict::use,
   "is good"},
  {"damaged_header",    no,    any,  any,  any,  any,  any,  SnapshotVerdict::skip,
   "has no good header"},
  {"newer_version",     yes,   no,   any,  any,  any,  any,  SnapshotVerdict::refuse,
   "is of a format version that this Holdfast does not read: start the newer one that wrote it"},
  {"foreign_snapshot",  yes,   yes,  no,   any,  any,  any,  SnapshotVerdict::refuse,
   "belongs to another log: a file of another data directory stands here"},
  {"misnamed_snapshot", yes,   yes,  yes,  no,   any,  any,  SnapshotVerdict::skip,
   "has a name that does not fit its position"},
  {"damaged_snapshot",  yes,   yes,  yes,  yes,  no,   any,  SnapshotVerdict::skip,
   "is damaged"},
  {"unusable_snapshot", yes,   yes,  yes,  yes,  yes,  no,   SnapshotVerdict::skip,
   "has good checksums, but its content cannot be a state"},
};

constexpr std::string_view kRestoreLog =
    "start with the --archive-dir that has them, or copy the missing wal-*.log from a backup or a "
    "standby into DIR; or run `holdfast restore BACKUP NEW` and start with --data-dir NEW";

constexpr StartRow kStartTable[] = {
  // name                       snap  skip  reach arch  cover ahead
  {"from_snapshot",             yes,  no,   yes,  no,   yes,  no,  StartVerdict::start,
   "the newest snapshot and the log after it", ""},
  {"from_older_snapshot",       yes,  yes,  yes,  no,   yes,  no,  StartVerdict::warn,
   "a newer snapshot was passed over: an older one and more log are used", ""},
  {"from_snapshot_and_archive", yes,  any,  yes,  yes,  yes,  no,  StartVerdict::warn,
   "the log of the directory does not reach back to the snapshot: the archive fills the gap", ""},
  {"whole_log",                 no,   no,   yes,  no,   any,  no,  StartVerdict::start,
   "there is no snapshot: the whole log is replayed", ""},
  {"whole_log_instead",         no,   yes,  yes,  no,   any,  no,  StartVerdict::warn,
   "no snapshot is good: the whole log is replayed from its first command", ""},
  {"whole_log_with_archive",    no,   any,  yes,  yes,  any,  no,  StartVerdict::warn,
   "no snapshot is good: archive and log are replayed from the first command", ""},
  {"gap_after_snapshot",        yes,  any,  no,   any,  any,  no,  StartVerdict::refuse,
   "the log begins too late for the newest good snapshot", kRestoreLog},
  {"nothing_to_start_from",     no,   any,  no,   any,  any,  no,  StartVerdict::refuse,
   "no snapshot is good, and the log does not begin with the first command",
   "start with the --archive-dir that has them, or copy the missing wal-*.log or a good "
   "snapshot-*.snap from a backup or a standby into DIR; or run `holdfast restore BACKUP NEW` and "
   "start with --data-dir NEW"},
  {"log_lost_its_end",          yes,  any,  yes,  any,  no,   no,  StartVerdict::refuse,
   "the log ends before the snapshot's position: acknowledged commands are gone from it",
   "keep a copy of DIR as it is; copy the missing wal-*.log from a backup or a standby into it, or "
   "run `holdfast restore BACKUP NEW` and start with --data-dir NEW"},
  {"archive_ahead",             any,  any,  any,  any,  any,  yes, StartVerdict::refuse,
   "the archive holds log that the data directory does not: the directory is an older copy, or "
   "lost its end",
   "run `holdfast restore BACKUP NEW` with a newer backup and start with --data-dir NEW; without "
   "one, `cp ARCHIVE/wal-*.log DIR/` brings back what the archive has, and a start with a new, "
   "empty --archive-dir names the `holdfast wal cut` that goes on from there"},
};
// clang-format on

bool fits(Need need, bool fact) { return need == any || (need == yes) == fact; }

template <class Row, class Facts>
const Row& judge_by(std::span<const Row> table, const Facts& facts) {
  for (const Row& row : table) {
    if (row_fits(row, facts)) return row;
  }
  check_failed(__FILE__, __LINE__, "a row fits", "a table of the start does not cover every case");
}

}  // namespace

std::span<const SnapshotRow> snapshot_table() { return kSnapshotTable; }
std::span<const StartRow> start_table() { return kStartTable; }

bool row_fits(const SnapshotRow& row, const SnapshotFacts& facts) {
  return fits(row.header, facts.header) && fits(row.version, facts.version) &&
         fits(row.log_id, facts.log_id) && fits(row.file_name, facts.name) &&
         fits(row.body, facts.body) && fits(row.loads, facts.loads);
}

bool row_fits(const StartRow& row, const StartFacts& facts) {
  return fits(row.snapshot, facts.snapshot) && fits(row.skipped, facts.skipped) &&
         fits(row.reaches, facts.reaches) && fits(row.archive, facts.archive) &&
         fits(row.covered, facts.covered) && fits(row.archive_ahead, facts.archive_ahead);
}

const SnapshotRow& judge(const SnapshotFacts& facts) { return judge_by(snapshot_table(), facts); }
const StartRow& judge(const StartFacts& facts) { return judge_by(start_table(), facts); }

std::string_view verdict_name(SnapshotVerdict verdict) {
  switch (verdict) {
    case SnapshotVerdict::use: return "use";
    case SnapshotVerdict::skip: return "skip";
    case SnapshotVerdict::refuse: return "refuse";
  }
  return "unknown";
}

std::string_view verdict_name(StartVerdict verdict) {
  switch (verdict) {
    case StartVerdict::start: return "start";
    case StartVerdict::warn: return "start, and warn";
    case StartVerdict::refuse: return "refuse";
  }
  return "unknown";
}

}  // namespace holdfast::persistence
