#include "persistence/snapshot_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::persistence {
namespace {

SnapshotFacts facts_of(SnapshotFault fault) {
  SnapshotFacts facts;
  facts.header = fault != SnapshotFault::header && fault != SnapshotFault::io;
  facts.version = facts.header && fault != SnapshotFault::newer_version;
  facts.log_id = facts.version && fault != SnapshotFault::foreign;
  facts.name = facts.log_id && fault != SnapshotFault::misnamed;
  facts.body = facts.name && fault != SnapshotFault::body;
  return facts;
}

// Hands the packet that was just read to the target; a text is its objection.
std::optional<std::string> hand_over(const SnapshotFileReader& reader, SnapshotTarget& target) {
  const auto names = reader.names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto objection = target.add_page(names[i].table, names[i].page, reader.page(i));
    if (objection) {
      return fmt::format("page {} of {}: {}", names[i].page, snapshot_table_name(names[i].table),
                         *objection);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string SkippedSnapshot::text() const {
  return fmt::format("{} {} (at offset {}: {})", path, row->told, finding.offset, finding.reason);
}

SnapshotReading read_snapshot(FileIo& io, const std::string& path, std::optional<LogId> log_id,
                              std::optional<LogPosition> position, SnapshotTarget* target,
                              const ProgressCallback& on_progress) {
  SnapshotReading reading;
  SnapshotFileReader reader(io, path, log_id);
  const auto bad = [&]() -> SnapshotReading& {
    reading.facts = facts_of(reader.fault());
    reading.finding = reader.finding();
    // A disk that cannot read it any more is damage like any other; all else is the operator's.
    if (reader.fault() == SnapshotFault::io && reader.io_error().error_number != EIO) {
      reading.io = reader.io_error();
    }
    reading.header = reader.header();
    reading.bytes = reader.bytes();
    return reading;
  };
  if (!reader.begin(position)) return bad();
  std::optional<std::string> objection;
  if (target != nullptr) objection = target->begin(reader.plan());
  auto step = SnapshotFileReader::Step::packet;
  // After an objection the rest is read all the same: damage explains more than an objection.
  while ((step = reader.next()) == SnapshotFileReader::Step::packet) {
    if (target != nullptr && !objection) objection = hand_over(reader, *target);
    if (on_progress) {
      on_progress({.phase = RecoveryProgress::Phase::snapshot,
                   .bytes = reader.bytes(),
                   .bytes_total = reader.file_bytes()});
    }
  }
  if (step == SnapshotFileReader::Step::bad) return bad();
  if (target != nullptr && !objection) objection = target->finish();
  reading.facts = facts_of(SnapshotFault::none);
  reading.facts.loads = !objection;
  if (objection) reading.finding = {.path = path, .offset = 0, .reason = *objection};
  reading.header = reader.header();
  reading.bytes = reader.bytes();
  return reading;
}

std::expected<LoadedSnapshot, SnapshotRefusal> load_newest_snapshot(FileIo& io, const std::string& dir,
                                                                    LogId log_id, SnapshotTarget& target,
                                                                    const ProgressCallback& on_progress) {
  auto snapshots = list_snapshots(io, dir);
  if (!snapshots) return std::unexpected(SnapshotRefusal{.snapshot = {}, .io = snapshots.error()});
  LoadedSnapshot loaded;
  while (!snapshots->empty()) {
    const SnapshotFile file = snapshots->back();
    const std::string path = join_path(dir, file.name);
    const SnapshotReading reading =
        read_snapshot(io, path, log_id, file.position, &target, on_progress);
    if (reading.io) {
      target.discard();
      return std::unexpected(SnapshotRefusal{.snapshot = {}, .io = reading.io});
    }
    const SnapshotRow& row = judge(reading.facts);
    if (row.verdict == SnapshotVerdict::use) {
      loaded.header = reading.header;
      loaded.bytes = reading.bytes;
      for (const SnapshotFile& kept : *snapshots) loaded.kept.push_back(kept.position);
      return loaded;
    }
    target.discard();
    SkippedSnapshot skipped{.path = path, .row = &row, .finding = reading.finding};
    if (row.verdict == SnapshotVerdict::refuse) {
      return std::unexpected(SnapshotRefusal{.snapshot = std::move(skipped), .io = std::nullopt});
    }
    loaded.skipped.push_back(std::move(skipped));
    snapshots->pop_back();
  }
  return loaded;
}

}  // namespace holdfast::persistence
