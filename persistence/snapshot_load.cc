#include "persistence/snapshot_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::persistence {
namespace {

constexpr std::size_t kPacketsAhead = 8;  // 2 MiB

SnapshotFacts facts_of(SnapshotFault fault) {
  SnapshotFacts facts;
  facts.header = fault != SnapshotFault::header && fault != SnapshotFault::io;
  facts.version = facts.header && fault != SnapshotFault::newer_version;
  facts.log_id = facts.version && fault != SnapshotFault::foreign;
  facts.name = facts.log_id && fault != SnapshotFault::misnamed;
  facts.body = facts.name && fault != SnapshotFault::body;
  return facts;
}

// A packet that was read and verified, with the memory that it lies in.
struct PacketPiece {
  SnapshotFileReader::Step step{};
  std::vector<SnapshotPageName> names;
  std::span<const std::byte> pages;
  std::uint64_t bytes = 0;  // of the file, so far
  AlignedBytes memory = allocate_aligned(kSnapshotPacketBytesMax);
};

bool read_packet_piece(SnapshotFileReader& reader, PacketPiece& piece) {
  piece.step = reader.next();
  if (piece.step != SnapshotFileReader::Step::packet) return false;
  piece.names.assign(reader.names().begin(), reader.names().end());
  piece.pages = reader.pages();
  piece.bytes = reader.bytes();
  reader.exchange_memory(piece.memory);
  return true;
}

// Hands a packet to the target; a text is its objection.
std::optional<std::string> hand_over(const PacketPiece& packet, SnapshotTarget& target) {
  for (std::size_t i = 0; i < packet.names.size(); ++i) {
    const SnapshotPageName& name = packet.names[i];
    auto objection = target.add_page(
        name.table, name.page, packet.pages.subspan(i * kSnapshotPageBytes, kSnapshotPageBytes));
    if (objection) {
      return fmt::format("page {} of {}: {}", name.page, snapshot_table_name(name.table),
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
                              const ProgressCallback& on_progress, ReadAheadMode read_ahead) {
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
  {
    ReadAhead<PacketPiece> packets(read_ahead, kPacketsAhead, [&reader](PacketPiece& piece) {
      return read_packet_piece(reader, piece);
    });
    while (step == SnapshotFileReader::Step::packet) {
      const PacketPiece* packet = packets.next();
      step = packet->step;
      if (step != SnapshotFileReader::Step::packet) break;
      // After an objection the rest is read all the same: damage explains more than an objection.
      if (target != nullptr && !objection) objection = hand_over(*packet, *target);
      if (on_progress) {
        on_progress({.phase = RecoveryProgress::Phase::snapshot,
                     .bytes = packet->bytes,
                     .bytes_total = reader.file_bytes()});
      }
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

std::expected<LoadedSnapshot, SnapshotRefusal> load_newest_snapshot(
    FileIo& io, const std::string& dir, LogId log_id, SnapshotTarget& target,
    const ProgressCallback& on_progress, ReadAheadMode read_ahead) {
  auto snapshots = list_snapshots(io, dir);
  if (!snapshots) return std::unexpected(SnapshotRefusal{.snapshot = {}, .io = snapshots.error()});
  LoadedSnapshot loaded;
  while (!snapshots->empty()) {
    const SnapshotFile file = snapshots->back();
    const std::string path = join_path(dir, file.name);
    const SnapshotReading reading =
        read_snapshot(io, path, log_id, file.position, &target, on_progress, read_ahead);
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
