#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "persistence/posix_file_io.h"
#include "persistence/snapshot_load.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/replay.h"
#include "tools/cli/report.h"
#include "tools/cli/snapshot.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::SnapshotFile;
using persistence::SnapshotReading;

constexpr std::string_view kAdvice =
    "holdfastd passes a bad snapshot over and starts from an older one and more log; the next one "
    "that counts replaces it. Look at the disk.";

std::unique_ptr<persistence::FileIo> make_io() {
  auto io = persistence::PosixFileIo::make();
  if (!io) throw unreadable(io.error());
  return std::move(*io);
}

std::vector<SnapshotFile> snapshots_of(persistence::FileIo& io, const SnapshotOptions& options) {
  static_cast<void>(identity_of(io, options.dir));  // a directory that holds no log is told as that
  auto snapshots = persistence::list_snapshots(io, options.dir);
  if (!snapshots) throw unreadable(snapshots.error());
  if (!options.position.is_zero()) {
    std::erase_if(*snapshots,
                  [&](const SnapshotFile& s) { return s.position != options.position; });
  }
  return std::move(*snapshots);
}

Failure no_snapshot(const SnapshotOptions& options) {
  return {.code = ExitCode::no_input,
          .kind = "no_snapshot",
          .message = options.position.is_zero()
                         ? fmt::format("{} has no snapshot", options.dir)
                         : fmt::format("{} has no snapshot of position {}", options.dir,
                                       options.position.value),
          .advice = options.position.is_zero()
                        ? "`holdfast snapshot now` has the server take one."
                        : "`holdfast snapshot ls` tells which there are.",
          .request_id = {}};
}

/// One snapshot as `verify` sees it.
struct Verified {
  SnapshotFile file;
  std::string problem;  // empty: good
  std::uint64_t bytes = 0;
  StateDigest digest;
  std::string replay;   // "same digest", or why not; empty: not asked for
};

Verified verify(persistence::FileIo& io, const std::string& dir, const SnapshotFile& file,
                Progress& progress) {
  Verified verified{.file = file, .problem = {}, .bytes = 0, .digest = {}, .replay = {}};
  StateTarget target;
  const std::string path = persistence::join_path(dir, file.name);
  const auto identity = persistence::read_identity(io, dir);
  const std::optional<LogId> log_id = identity ? std::optional(identity->log_id) : std::nullopt;
  const auto on_progress = [&progress](const auto& loaded) { tell_loading(progress, loaded); };
  const SnapshotReading reading =
      persistence::read_snapshot(io, path, log_id, file.position, &target, on_progress);
  if (reading.io) throw unreadable(*reading.io);
  verified.bytes = reading.bytes;
  if (target.state) verified.digest = digest_of(*target.state, progress);
  const persistence::SnapshotRow& row = persistence::judge(reading.facts);
  if (row.verdict != persistence::SnapshotVerdict::use) {
    verified.problem = fmt::format("it {} (at offset {}: {})", row.told, reading.finding.offset,
                                   reading.finding.reason);
  }
  return verified;
}

// Replays as much of log and archive as there is, and compares at each snapshot's position.
void compare_with_replay(const SnapshotOptions& options, std::vector<Verified>& snapshots) {
  LogPlace place{.dir = options.dir, .archives = {}};
  if (!options.archive_dir.empty()) place.archives.push_back(options.archive_dir);
  ReplayStart start({.place = std::move(place), .point = {}, .wanted = Wanted::oldest});
  WalLog& log = start.log();
  StateMachine engine = start.take_engine();
  auto next = snapshots.begin();
  const auto compare = [&] {
    for (; next != snapshots.end() && next->file.position <= engine.position(); ++next) {
      if (next->file.position == start.position()) {
        next->replay = "the replay began with it";
      } else if (next->file.position < start.position()) {
        next->replay = "the log no longer goes on from it";
      } else {
        const bool same = next->digest == engine.digest();
        next->replay = same ? "same digest" : "another digest: " + digest_text(engine.digest());
        if (!same && next->problem.empty()) {
          next->problem = "a replay of the log comes to another state";
        }
      }
    }
  };
  compare();
  while (next != snapshots.end() && log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      static_cast<void>(engine.apply(record.command, record.outcome.time));
      if (engine.position() == next->file.position) compare();
      return next != snapshots.end();
    });
    start.progress().add(log.reader().header().record_count(), log.reader().header().block_bytes);
  }
  for (; next != snapshots.end(); ++next) {
    next->replay = next->problem = "the log ends before its position";
  }
}

/// One snapshot as `ls` sees it.
struct Listed {
  SnapshotFile file;
  std::optional<persistence::SnapshotHeaderPage> header;  // not when that is bad
  std::uint64_t bytes = 0;
  persistence::Finding finding;  // without `header`: why
};

Listed look_at(persistence::FileIo& io, const std::string& dir, const SnapshotFile& file) {
  persistence::SnapshotFileReader reader(io, persistence::join_path(dir, file.name), std::nullopt);
  if (!reader.begin(file.position)) {
    return {.file = file, .header = {}, .finding = reader.finding()};
  }
  return {.file = file, .header = reader.header(), .bytes = reader.file_bytes(), .finding = {}};
}

std::vector<Field> json_fields(const Listed& listed) {
  std::vector<Field> fields{{"name", listed.file.name, "", ""},
                            {"position", listed.file.position.value, "", ""}};
  if (listed.header) {
    fields.insert(fields.end(), {time_field("time", "", listed.header->time),
                                 time_field("taken_at", "", listed.header->taken_at),
                                 {"bytes", listed.bytes, "", ""},
                                 {"pages", listed.header->pages, "", ""}});
  } else {
    for (const char* key : {"time", "taken_at", "bytes", "pages"}) {
      fields.push_back({key, std::monostate{}, "", ""});
    }
  }
  fields.push_back(text_field("problem", "", listed.finding.reason));
  return fields;
}

// Without a bad one there is no column for what is wrong.
std::string table_of(const std::vector<Listed>& snapshots, bool any_bad) {
  std::vector<Table::Column> columns{{"snapshot", false}, {"position", true}, {"time", false},
                                     {"taken", false, 1}, {"pages", true, 2}, {"size", true}};
  if (any_bad) columns.push_back({"problem", false});
  Table table(std::move(columns));
  for (const Listed& listed : snapshots) {
    const auto& header = listed.header;
    std::vector<std::string> cells{listed.file.name, count_text(listed.file.position.value),
                                   header ? time_text(header->time) : "-",
                                   header ? time_text(header->taken_at) : "-",
                                   header ? count_text(header->pages) : "-",
                                   header ? bytes_text(listed.bytes) : "-"};
    if (any_bad) cells.push_back(header ? "-" : listed.finding.reason);
    table.row(std::move(cells));
  }
  return table.text();
}

}  // namespace

ExitCode snapshot_ls(const Globals& globals, const SnapshotOptions& options) {
  const auto io = make_io();
  std::vector<Listed> snapshots;
  std::vector<std::vector<Field>> rows;
  std::string problem;  // of the newest bad one
  for (const SnapshotFile& file : snapshots_of(*io, options)) {
    snapshots.push_back(look_at(*io, options.dir, file));
    rows.push_back(json_fields(snapshots.back()));
    if (!snapshots.back().header) problem = snapshots.back().finding.text();
  }
  Report report;
  report.add_json("dir", options.dir);
  report.add_json("snapshots", std::move(rows));
  const std::string text = snapshots.empty() ? fmt::format("{} has no snapshot yet\n", options.dir)
                                             : table_of(snapshots, !problem.empty());
  print_text(globals.json ? report.json() : text);
  if (problem.empty()) return ExitCode::ok;
  throw Failure{.code = ExitCode::not_so, .kind = "damaged", .message = problem,
                .advice = std::string(kAdvice), .request_id = {}};
}

ExitCode snapshot_show(const Globals& globals, const SnapshotOptions& options) {
  const auto io = make_io();
  const std::vector<SnapshotFile> snapshots = snapshots_of(*io, options);
  if (snapshots.empty()) throw no_snapshot(options);
  const SnapshotFile& file = snapshots.back();
  const Verified verified = [&] {
    Progress progress("snapshot: loaded", 0);
    return verify(*io, options.dir, file, progress);
  }();
  persistence::SnapshotFileReader reader(*io, persistence::join_path(options.dir, file.name),
                                         std::nullopt);
  const bool readable = reader.begin(file.position);
  Report report;
  report.headline =
      fmt::format("{}: {}", file.name, verified.problem.empty() ? "good" : verified.problem);
  report.add_json("good", verified.problem.empty());
  report.add_json("name", file.name);
  if (readable) {
    const auto& header = reader.header();
    report.fields.push_back(id_field("log_id", "log id", header.head.log_id));
    report.fields.push_back(count_field("position", "position", file.position.value));
    report.fields.push_back(time_field("time", "time", header.time));
    report.fields.push_back(time_field("taken_at", "taken", header.taken_at));
    report.add("bytes", reader.file_bytes(), "size", bytes_text(reader.file_bytes()));
    std::vector<std::vector<Field>> rows;
    for (const SnapshotTableSize& table : reader.plan().tables) {
      const std::string name = persistence::snapshot_table_name(table.table);
      rows.push_back({{"table", name, "", ""},
                      {"slots", table.slots, "", ""},
                      {"slot_bytes", std::uint64_t{table.slot_bytes}, "", ""},
                      {"pages", table.pages, "", ""}});
      report.add_text(name, table.table == SnapshotTable::state
                                ? fmt::format("{} bytes in {} pages", count_text(table.slots),
                                              count_text(table.pages))
                                : fmt::format("{} slots of {} bytes in {} pages",
                                              count_text(table.slots), table.slot_bytes,
                                              count_text(table.pages)));
    }
    report.add_json("tables", std::move(rows));
  }
  report.fields.push_back(text_field("digest", "state digest",
                                     verified.problem.empty() ? digest_text(verified.digest) : ""));
  print_report(globals, report);
  return verified.problem.empty() ? ExitCode::ok : ExitCode::not_so;
}

ExitCode snapshot_verify(const Globals& globals, const SnapshotOptions& options) {
  const auto io = make_io();
  const std::uint64_t start_ns = monotonic_ns();
  std::vector<Verified> snapshots;
  {
    Progress progress("snapshot: loaded", 0);
    for (const SnapshotFile& file : snapshots_of(*io, options)) {
      progress.next("snapshot: loaded", 0);
      snapshots.push_back(verify(*io, options.dir, file, progress));
    }
  }
  if (snapshots.empty()) throw no_snapshot(options);
  if (options.replay) compare_with_replay(options, snapshots);
  const std::uint64_t took_ns = monotonic_ns() - start_ns;

  const auto bad = static_cast<std::size_t>(std::count_if(
      snapshots.begin(), snapshots.end(), [](const Verified& v) { return !v.problem.empty(); }));
  Report report;
  report.headline = bad == 0 ? "all good" : fmt::format("{} of {} bad", bad, snapshots.size());
  report.add_json("good", bad == 0);
  std::vector<std::vector<Field>> rows;
  std::uint64_t bytes = 0;
  for (const Verified& v : snapshots) {
    const bool good = v.problem.empty();
    bytes += v.bytes;
    rows.push_back({{"name", v.file.name, "", ""},
                    {"position", v.file.position.value, "", ""},
                    {"good", good, "", ""},
                    text_field("problem", "", v.problem),
                    text_field("digest", "",
                               v.digest == StateDigest{} ? "" : digest_text(v.digest)),
                    text_field("replay", "", v.replay)});
    report.add_text(v.file.name,
                    good ? fmt::format("good, state digest {}{}{}", digest_text(v.digest),
                                       v.replay.empty() ? "" : "; replay: ", v.replay)
                         : v.problem);
  }
  report.add_json("snapshots", std::move(rows));
  report.add("bytes", bytes, "read", bytes_text(bytes));
  report.add("duration_ns", took_ns, "took", duration_text(took_ns));
  report.fields.push_back(text_field("advice", "what to do", bad == 0 ? "" : std::string(kAdvice)));
  print_report(globals, report);
  return bad == 0 ? ExitCode::ok : ExitCode::not_so;
}

}  // namespace holdfast::tools
