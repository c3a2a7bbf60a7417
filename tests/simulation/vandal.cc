#include "tests/simulation/vandal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "persistence/recovery_table.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::simulation {

using persistence::BlockHeader;
using persistence::SimFileIo;
using persistence::join_path;
using persistence::segment_name;

namespace {

constexpr int kActsPerRun = 2;

}  // namespace

std::vector<BlockHeader> good_blocks(const SimFileIo& io, const std::string& dir, LogId log_id) {
  std::vector<BlockHeader> headers;
  const auto copy = io.copy(0);
  const auto segments = persistence::list_segments(*copy, dir);
  for (const persistence::SegmentFile& segment : *segments) {
    const std::vector<std::byte> whole = io.bytes_of(join_path(dir, segment.name));
    const std::span<const std::byte> bytes(whole);
    std::size_t step = 0;
    for (std::size_t offset = 0; offset < bytes.size(); offset += step) {
      const auto check = persistence::check_block(bytes.subspan(offset));
      const bool good = check.version_ok && check.header.log_id == log_id;
      step = good ? check.header.block_bytes : limits::wal_sector_bytes;
      if (good) headers.push_back(check.header);
    }
  }
  return headers;
}

enum class Opens : std::uint8_t { no, yes, may };  // may: if all of the log is there

struct Vandal::Act {
  const char* name;
  void (Vandal::*act)(SimFileIo& io);
  std::size_t blocks_min;  // known ones that it needs
  /// Rows of which one must be the reason; none: another text, or (`opens`) no refusal.
  std::vector<std::string_view> rows;
  Opens opens = Opens::no;
};

const Vandal::Act Vandal::kActs[] = {
    {"flip", &Vandal::flip, 1, {"damaged_block", "block_gone"}},
    {"flip", &Vandal::flip, 1, {"damaged_block", "block_gone"}},
    {"blank", &Vandal::blank, 1, {"block_gone"}},
    {"newer version", &Vandal::newer_version, 1, {"newer_version"}},
    {"foreign block", &Vandal::foreign, 1, {"foreign_block"}},
    {"older block", &Vandal::older_block, 3, {"recycled_but_gone", "block_gone"}},
    {"next block", &Vandal::next_block, 3, {"misdirected_block"}},
    {"stale block", &Vandal::stale, 3, {"stale_but_gone"}},
    {"fallen incarnation", &Vandal::fallen_incarnation, 3, {"incarnation_fell"}},
    {"broken chain", &Vandal::broken_chain, 2, {"chain_broken"}},
    {"broken sequence", &Vandal::broken_sequence, 2, {"sequence_broken"}},
    {"damaged snapshot", &Vandal::damaged_snapshot, 0, {}, Opens::yes},
    {"lost snapshot", &Vandal::lost_snapshot, 0, {}, Opens::yes},
    {"all snapshots damaged", &Vandal::all_snapshots_damaged, 0, {}, Opens::may},
    {"lost identity", &Vandal::lost_identity, 1, {}},
    {"damaged identity", &Vandal::damaged_identity, 0, {}},
    {"lost segment", &Vandal::lost_segment, 1, {}},
    {"lost end", &Vandal::lost_end, 1, {}},
    {"leftovers", &Vandal::leftovers, 0, {}, Opens::yes},
};

Vandal::Vandal(const SimFileIo& io, DurabilityOptions options, const Oracle& oracle,
               LogPosition snapshot, std::uint64_t seed, Coverage& coverage)
    : io_(io), options_(std::move(options)), oracle_(oracle), random_(seed), coverage_(coverage) {
  const auto copy = io.copy(0);
  const auto identity = persistence::read_identity(*copy, kDataDir);
  if (!identity) throw Violation("the identity cannot be read: " + identity.error().text());
  persistence::WalReader reader(*copy, kDataDir, identity->log_id,
                                {.start_after = snapshot,
                                 .archive_dir = options_.log.archive_dir});
  std::uint64_t known = 0;
  std::uint64_t begin = 0;
  while (reader.next_block() == persistence::WalReader::Step::block) {
    if (segments_.empty()) begin = reader.segment_number();
    if (reader.header().position_first <= snapshot) {
      ++first_;
    } else if (!reader.path().starts_with(kDataDir)) {
      throw Violation("log that no snapshot covers was let go: it is in the archive only");
    }
    segments_.push_back(reader.path());
    blocks_.push_back(reader.header());
    known = std::max(known, reader.header().durable_block);
  }
  while (known_ < blocks_.size() && blocks_[known_].block_number <= known) ++known_;
  segments_.clear();
  for (const auto& segment : reader.segments()) {
    if (segment.number >= begin) segments_.push_back(segment.path);
  }
  const auto names = copy->list(kDataDir);
  for (const std::string& name : *names) {
    if (name.starts_with("snapshot-")) snapshots_.push_back(join_path(kDataDir, name));
  }
}

void Vandal::run() {
  for (int i = 0; i < kActsPerRun; ++i) {
    const Act& act = kActs[random_.below(std::size(kActs))];
    if (known_ < first_ + act.blocks_min) continue;
    const auto twin = io_.copy(random_.next());
    (this->*act.act)(*twin);
    const auto opened = recover(*twin, options_.log);
    coverage_.count(std::string("vandal: ") + act.name);
    if (opened) note_start(opened->opened.report);
    if (act.opens == Opens::yes && !opened) {
      throw Violation(fmt::format("{}: {}", act.name, opened.error().text()));
    }
    if (act.opens != Opens::no && opened) {
      oracle_.judge_copy(opened->machine);
      continue;
    }
    if (opened) throw Violation(fmt::format("{}: recovery did not refuse the damage", act.name));
    for (const persistence::StartRow& row : persistence::start_table()) {
      if (opened.error().text().find(row.told) == std::string::npos) continue;
      coverage_.count("start: " + std::string(row.name));
    }
    if (opened.error().kind != persistence::RecoveryError::Kind::damaged) {
      throw Violation(fmt::format("{}: not told as damage: {}", act.name, opened.error().text()));
    }
    bool as_expected = act.rows.empty();
    for (const persistence::RecoveryRow& row : persistence::recovery_table()) {
      if (opened.error().reason.find(row.told) == std::string::npos) continue;
      coverage_.count(row_kind(row.name));
      as_expected |= std::find(act.rows.begin(), act.rows.end(), row.name) != act.rows.end();
    }
    // When every segment's first block is foreign, the identity beside them is:
    // told before any is read.
    if (act.act == &Vandal::foreign &&
        opened.error().reason.find("the identity belongs to another log") != std::string::npos) {
      as_expected = true;
    }
    if (!as_expected) {
      throw Violation(fmt::format("{}: refused for another reason: {}", act.name,
                                  opened.error().text()));
    }
  }
}

void Vandal::note_start(const persistence::RecoveryReport& report) {
  coverage_.count("start: " + std::string(report.start->name));
  for (const persistence::SkippedSnapshot& skipped : report.skipped) {
    coverage_.count("snapshot: " + std::string(skipped.row->name));
  }
}

std::vector<std::byte> Vandal::block_bytes(std::size_t index) const {
  const BlockHeader& header = blocks_[index];
  return io_.bytes_of(join_path(kDataDir, segment_name(header.segment_number)), header.offset,
                      header.block_bytes);
}

void Vandal::overwrite(SimFileIo& io, std::size_t index, std::span<const std::byte> bytes) const {
  const BlockHeader& header = blocks_[index];
  io.overwrite(join_path(kDataDir, segment_name(header.segment_number)), header.offset, bytes);
}

template <class Change>
void Vandal::forge(SimFileIo& io, std::size_t index, Change change) const {
  std::vector<std::byte> bytes = block_bytes(index);
  BlockHeader header = blocks_[index];
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  const auto covered = std::span<const std::byte>(bytes).subspan(sizeof header.checksum);
  const persistence::Checksum checksum = persistence::checksum_of(covered);
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
  overwrite(io, index, bytes);
}

// One that a later block says is durable, from the `first` that no snapshot covers on.
std::size_t Vandal::known_block(std::size_t first) {
  return first_ + first + random_.below(known_ - first_ - first);
}

void Vandal::flip(SimFileIo& io) {
  const std::size_t index = known_block(0);
  std::vector<std::byte> bytes = block_bytes(index);
  bytes[random_.below(bytes.size())] ^= static_cast<std::byte>(1U << random_.below(8));
  overwrite(io, index, bytes);
}

void Vandal::blank(SimFileIo& io) {
  const std::size_t index = known_block(0);
  overwrite(io, index, std::vector<std::byte>(blocks_[index].block_bytes));
}

void Vandal::newer_version(SimFileIo& io) {
  forge(io, known_block(0), [](BlockHeader& header) { ++header.format_version; });
}

void Vandal::foreign(SimFileIo& io) {
  forge(io, known_block(0), [](BlockHeader& header) { ++header.log_id.low; });
}

// A longer one would also take the witnesses behind it.
void Vandal::older_block(SimFileIo& io) {
  const std::size_t index = known_block(2);
  if (blocks_[first_].block_bytes > blocks_[index].block_bytes) return blank(io);
  overwrite(io, index, block_bytes(first_));
}

void Vandal::next_block(SimFileIo& io) {
  const std::size_t index = known_block(1);
  if (index + 1 == blocks_.size()) return blank(io);
  std::vector<std::byte> next = block_bytes(index + 1);
  next.resize(std::max<std::size_t>(next.size(), limits::wal_sector_bytes));
  const std::uint64_t room =
      io.size_of(join_path(kDataDir, segment_name(blocks_[index].segment_number))) -
      blocks_[index].offset;
  if (next.size() > room) return blank(io);
  overwrite(io, index, next);
}

void Vandal::stale(SimFileIo& io) {
  const std::size_t index = known_block(1);
  const std::uint64_t below = blocks_[index - 1].incarnation - 1;
  forge(io, index, [&](BlockHeader& header) {
    header.incarnation = below;
    ++header.previous_checksum.low;
  });
}

void Vandal::fallen_incarnation(SimFileIo& io) {
  const std::size_t index = known_block(1);
  const std::uint64_t below = blocks_[index - 1].incarnation - 1;
  forge(io, index, [&](BlockHeader& header) { header.incarnation = below; });
}

void Vandal::broken_chain(SimFileIo& io) {
  forge(io, known_block(1), [](BlockHeader& header) { ++header.previous_checksum.high; });
}

void Vandal::broken_sequence(SimFileIo& io) {
  forge(io, known_block(1), [](BlockHeader& header) { ++header.block_number; });
}

void Vandal::lost_identity(SimFileIo& io) {
  io.remove(join_path(kDataDir, persistence::kIdentityName));
}

void Vandal::damaged_identity(SimFileIo& io) {
  const std::string path = join_path(kDataDir, persistence::kIdentityName);
  const std::size_t at = random_.below(sizeof(persistence::Identity));
  const std::byte wrong =
      io.bytes_of(path, at, 1).front() ^ static_cast<std::byte>(1U << random_.below(8));
  io.overwrite(path, at, std::span(&wrong, 1));
}

void Vandal::damaged_snapshot(SimFileIo& io) {
  if (snapshots_.empty()) return;
  rot(io, snapshots_.back());
}

void Vandal::all_snapshots_damaged(SimFileIo& io) {
  for (const std::string& path : snapshots_) rot(io, path);
}

void Vandal::lost_snapshot(SimFileIo& io) {
  if (!snapshots_.empty()) io.remove(snapshots_.back());
}

// One bit, anywhere.
void Vandal::rot(SimFileIo& io, const std::string& path) {
  const std::size_t at = random_.below(io.size_of(path));
  const std::byte wrong =
      io.bytes_of(path, at, 1).front() ^ static_cast<std::byte>(1U << random_.below(8));
  io.overwrite(path, at, std::span(&wrong, 1));
}

// All of them, or one with segments on both sides.
void Vandal::lost_segment(SimFileIo& io) {
  if (!options_.log.archive_dir.empty()) return blank(io);  // the archive may have it
  if (segments_.size() < 3) {
    for (const std::string& segment : segments_) io.remove(segment);
  } else {
    io.remove(segments_[1 + random_.below(segments_.size() - 2)]);
  }
}

// The segment of the last block is cut short, or gone with all behind it.
void Vandal::lost_end(SimFileIo& io) {
  const std::string last =
      join_path(kDataDir, segment_name(blocks_.back().segment_number));
  if (last == segments_.front() || random_.per_mille(500)) {
    return io.truncate(last, random_.below(limits::wal_segment_bytes_min));
  }
  for (const std::string& segment : segments_) {
    if (segment.starts_with(kDataDir) && segment >= last) io.remove(segment);
  }
}

void Vandal::leftovers(SimFileIo& io) {
  const std::vector<std::byte> some(limits::wal_sector_bytes, std::byte{7});
  io.overwrite(join_path(kDataDir, segment_name(99)) + ".tmp", 0, some);
  io.overwrite(join_path(kDataDir, "identity.tmp"), 0, some);
  io.overwrite(join_path(kDataDir, "notes of an operator.txt"), 0, some);
}

}  // namespace holdfast::simulation
