#include "persistence/segments.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <random>

#include "persistence/recovery_table.h"

namespace holdfast::persistence {
namespace {

constexpr std::string_view kSegmentPrefix = "wal-";
constexpr std::string_view kSegmentSuffix = ".log";
constexpr std::size_t kNumberDigits = 16;
// Small, as a log write that comes to the disk behind a piece waits for it: 1 MiB took 0.55 ms where
// this takes 0.09.
constexpr std::size_t kLayoutPieceBytes = 128 * 1024;

}  // namespace

std::string segment_name(std::uint64_t number) {
  return fmt::format("{}{:016x}{}", kSegmentPrefix, number, kSegmentSuffix);
}

std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  if (name.size() != kSegmentPrefix.size() + kNumberDigits + kSegmentSuffix.size() ||
      !name.starts_with(kSegmentPrefix) || !name.ends_with(kSegmentSuffix)) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(kSegmentPrefix.size(), kNumberDigits);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number, 16);
  // Compared with what it is written as: no second spelling (upper case, a sign) of one number.
  if (error != std::errc() || end != digits.end() || segment_name(number) != name) {
    return std::nullopt;
  }
  return number;
}

SegmentFile segment_in(const std::string& dir, std::uint64_t number) {
  const std::string name = segment_name(number);
  return {.number = number, .name = name, .path = join_path(dir, name)};
}

IoResult<std::vector<SegmentFile>> list_segments(FileIo& io, const std::string& dir) {
  const auto names = io.list(dir);
  if (!names) return std::unexpected(names.error());
  std::vector<SegmentFile> segments;
  for (const std::string& name : *names) {
    if (const auto number = parse_segment_name(name)) {
      segments.push_back(segment_in(dir, *number));
    }
  }
  std::sort(segments.begin(), segments.end(),
            [](const SegmentFile& a, const SegmentFile& b) { return a.number < b.number; });
  return segments;
}

IoResult<std::vector<SegmentFile>> list_segments(FileIo& io, const std::string& dir,
                                                 const std::string& archive_dir) {
  // The archive last: a segment that moves there meanwhile is in at least one of the lists.
  auto segments = list_segments(io, dir);
  if (!segments || archive_dir.empty() || segments->empty()) return segments;
  auto archived = list_segments(io, archive_dir);
  if (!archived) return archived;
  const std::uint64_t first = segments->front().number;
  std::erase_if(*archived, [&](const SegmentFile& segment) { return segment.number >= first; });
  segments->insert(segments->begin(), archived->begin(), archived->end());
  return segments;
}

IoResult<BlockCheck> check_segment_front(FileIo& io, const SegmentFile& segment) {
  const auto file = io.open(segment.path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  std::vector<std::byte> bytes(limits::wal_sector_bytes);
  auto count = io.read_at(*file, 0, bytes);
  BlockCheck check = check_block(std::span(bytes).first(count.value_or(0)));
  if (check.magic_ok && !check.checksum_ok) {  // longer than the first sector, or bad
    bytes.resize(limits::wal_block_bytes_max);
    count = io.read_at(*file, 0, bytes);
    check = check_block(std::span(bytes).first(count.value_or(0)));
  }
  io.close(*file);
  if (!count) return std::unexpected(count.error());
  return check;
}

IoResult<std::optional<BlockHeader>> read_segment_front(FileIo& io, LogId log_id,
                                                        const SegmentFile& segment) {
  const auto front = check_segment_front(io, segment);
  if (!front) return std::unexpected(front.error());
  const bool at_home = front->version_ok && front->header.log_id == log_id &&
                       front->header.segment_number == segment.number && front->header.offset == 0;
  return at_home ? std::optional(front->header) : std::nullopt;
}

IoResult<std::optional<std::string>> objection_to_reuse(FileIo& io, LogId log_id,
                                                        const SegmentFile& segment) {
  const auto front = check_segment_front(io, segment);
  if (!front) return std::unexpected(front.error());
  const BlockFacts facts{.magic = front->magic_ok,
                         .checksum = front->checksum_ok,
                         .version = front->version_ok,
                         .log_id = front->header.log_id == log_id};
  if (!facts.checksum || (facts.version && facts.log_id)) return std::nullopt;
  return std::string(judge(facts).told);
}

IoResult<void> write_identity(FileIo& io, const std::string& dir, Identity identity) {
  identity.magic = kIdentityMagic;
  identity.format_version = kIdentityVersion;
  const auto bytes = std::as_bytes(std::span(&identity, 1));
  identity.checksum = checksum_of(bytes.subspan(sizeof(Checksum)));
  return replace_file(io, dir, std::string(kIdentityName), bytes);
}

IoResult<Identity> read_identity(FileIo& io, const std::string& dir) {
  const std::string path = join_path(dir, kIdentityName);
  const auto bytes = read_small_file(io, path, limits::wal_sector_bytes);
  if (!bytes) return std::unexpected(bytes.error());
  const auto broken = [&](std::string reason) {
    return std::unexpected(
        IoError{.path = path, .operation = "use", .error_number = 0, .reason = std::move(reason)});
  };
  if (bytes->size() < sizeof(Identity)) {
    return broken(fmt::format("it has {} bytes, fewer than the {} of an identity", bytes->size(),
                              sizeof(Identity)));
  }
  Identity identity;
  std::memcpy(&identity, bytes->data(), sizeof identity);
  if (identity.magic != kIdentityMagic) return broken("it is not an identity file of Holdfast");
  if (identity.format_version != kIdentityVersion) {
    return broken(fmt::format("it has version {}, and this Holdfast reads version {}",
                              identity.format_version, kIdentityVersion));
  }
  if (checksum_of(std::as_bytes(std::span(&identity, 1)).subspan(sizeof(Checksum))) !=
      identity.checksum) {
    return broken("its checksum is wrong: the file is damaged");
  }
  return identity;
}

LogId random_log_id() {
  std::random_device device;
  const auto word = [&] { return (std::uint64_t{device()} << 32) | device(); };
  LogId id{.low = word(), .high = word()};
  while (id.is_zero()) id.low = word();
  return id;
}

IoResult<File> lay_out_segment(FileIo& io, const std::string& dir, std::uint64_t number,
                               std::uint64_t bytes,
                               const std::function<bool(std::uint64_t laid)>& keep_going) {
  const std::string temporary =
      join_path(dir, segment_name(number)) + std::string(kTemporarySuffix);
  const AlignedBytes zeroes = allocate_aligned(kLayoutPieceBytes);
  const auto file = io.open(temporary, OpenMode::create);
  if (!file) return file;
  IoResult<void> done;
  for (std::uint64_t offset = 0; done && offset < bytes; offset += kLayoutPieceBytes) {
    if (!keep_going(offset)) {
      done = std::unexpected(make_io_error(temporary, "lay out", ECANCELED));
      break;
    }
    const std::uint64_t piece = std::min<std::uint64_t>(kLayoutPieceBytes, bytes - offset);
    done = io.write_at(*file, offset, {zeroes.get(), static_cast<std::size_t>(piece)});
  }
  if (done) done = io.sync(*file);
  if (done) return file;
  io.close(*file);
  // Half a segment must not keep the space that somebody may have just freed. If it cannot be
  // removed either, recovery will; the first error is the one to tell.
  static_cast<void>(io.unlink(temporary));
  return std::unexpected(done.error());
}

IoResult<void> name_segment(FileIo& io, const std::string& dir, std::uint64_t number) {
  const std::string path = join_path(dir, segment_name(number));
  auto done = io.rename(path + std::string(kTemporarySuffix), path);
  if (done) done = io.sync_directory(dir);
  return done;
}

}  // namespace holdfast::persistence
