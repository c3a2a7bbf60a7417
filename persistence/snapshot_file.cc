#include "persistence/snapshot_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/check.h"

namespace holdfast::persistence {

IoResult<std::vector<SnapshotFile>> list_snapshots(FileIo& io, const std::string& dir) {
  const auto names = io.list(dir);
  if (!names) return std::unexpected(names.error());
  std::vector<SnapshotFile> snapshots;
  for (const std::string& name : *names) {
    if (const auto position = parse_snapshot_name(name)) snapshots.push_back({*position, name});
  }
  std::sort(snapshots.begin(), snapshots.end(),
            [](const SnapshotFile& a, const SnapshotFile& b) { return a.position < b.position; });
  return snapshots;
}

// Writer -------------------------------------------------------------------------------------

SnapshotFileWriter::SnapshotFileWriter(FileIo& io, File file, const SnapshotHeaderPage& header)
    : io_(io), file_(file), header_(header) {}

SnapshotFileWriter::SnapshotFileWriter(SnapshotFileWriter&& other) noexcept
    : io_(other.io_),
      file_(other.file_),
      header_(other.header_),
      previous_(other.previous_),
      offset_(other.offset_),
      sequence_(other.sequence_),
      pages_(other.pages_),
      table_pages_(other.table_pages_) {
  other.file_ = {};
}

SnapshotFileWriter::~SnapshotFileWriter() {
  if (file_.is_open()) io_.close(file_);
}

IoResult<SnapshotFileWriter> SnapshotFileWriter::create(FileIo& io, const std::string& path,
                                                        const SnapshotHeaderPage& header) {
  return begin(io, path, OpenMode::create, header);
}

IoResult<SnapshotFileWriter> SnapshotFileWriter::reuse(FileIo& io, const std::string& path,
                                                       const SnapshotHeaderPage& header) {
  return begin(io, path, OpenMode::reuse, header);
}

IoResult<SnapshotFileWriter> SnapshotFileWriter::begin(FileIo& io, const std::string& path,
                                                       OpenMode mode,
                                                       const SnapshotHeaderPage& header) {
  const auto file = io.open(path, mode);
  if (!file) return std::unexpected(file.error());
  SnapshotFileWriter writer(io, *file, header);
  const AlignedBytes page = allocate_aligned(kSnapshotPageBytes);
  std::memcpy(page.get(), &header, sizeof header);
  if (const auto written = writer.write_part({page.get(), kSnapshotPageBytes}); !written) {
    return std::unexpected(written.error());
  }
  return writer;
}

SnapshotPartHead SnapshotFileWriter::next_head(SnapshotPart part, std::size_t count) const {
  SnapshotPartHead head;
  head.previous_checksum = previous_;
  head.log_id = header_.head.log_id;
  head.part = part;
  head.position = header_.head.position;
  head.offset = offset_;
  head.count = static_cast<std::uint32_t>(count);
  head.sequence = sequence_;
  return head;
}

IoResult<void> SnapshotFileWriter::write_part(std::span<std::byte> bytes) {
  previous_ = seal_snapshot_part(bytes);
  const auto written = io_.write_at(file_, offset_, bytes);
  if (!written) return written;
  offset_ += bytes.size();
  ++sequence_;
  return {};
}

IoResult<void> SnapshotFileWriter::add_packet(std::span<const SnapshotPageName> names,
                                              std::span<std::byte> bytes) {
  HOLDFAST_CHECK(!names.empty() && names.size() <= kSnapshotPagesPerPacket &&
                     bytes.size() >= (1 + names.size()) * kSnapshotPageBytes,
                 "a packet of a snapshot holds 1 to 63 pages");
  SnapshotPacketPage page;
  page.head = next_head(SnapshotPart::packet, names.size());
  std::fill(std::begin(page.names), std::end(page.names), SnapshotPageName{});
  std::copy(names.begin(), names.end(), page.names);
  for (const SnapshotPageName& name : names) {
    for (std::size_t i = 0; i < header_.head.count; ++i) {
      if (header_.tables[i].table == name.table) ++table_pages_[i];
    }
  }
  pages_ += names.size();
  std::memcpy(bytes.data(), &page, sizeof page);
  return write_part(bytes.first((1 + names.size()) * kSnapshotPageBytes));
}

IoResult<void> SnapshotFileWriter::finish() {
  const AlignedBytes memory = allocate_aligned(kSnapshotPageBytes);
  SnapshotFooterPage footer;
  footer.head = next_head(SnapshotPart::footer, header_.head.count);
  footer.packets = sequence_ - 1;
  footer.pages = pages_;
  footer.file_bytes = offset_ + kSnapshotPageBytes;
  std::copy(table_pages_.begin(), table_pages_.end(), footer.table_pages);
  std::memcpy(memory.get(), &footer, sizeof footer);
  if (const auto written = write_part({memory.get(), kSnapshotPageBytes}); !written) return written;
  const auto size = io_.size(file_);
  if (!size) return std::unexpected(size.error());
  if (*size > offset_) {  // of what it was before
    if (const auto cut = io_.resize(file_, offset_); !cut) return cut;
  }
  return io_.sync(file_);
}

// Reader -------------------------------------------------------------------------------------

SnapshotFileReader::SnapshotFileReader(FileIo& io, std::string path, std::optional<LogId> log_id)
    : io_(io),
      path_(std::move(path)),
      log_id_(log_id),
      memory_(allocate_aligned(kSnapshotPacketBytesMax)) {}

SnapshotFileReader::~SnapshotFileReader() {
  if (file_.is_open()) io_.close(file_);
}

bool SnapshotFileReader::is_bad(SnapshotFault fault, std::string reason) {
  fault_ = fault;
  finding_ = {.path = path_, .offset = offset_, .reason = std::move(reason)};
  return false;
}

bool SnapshotFileReader::is_io_error(const IoError& error) {
  io_error_ = error;
  return is_bad(SnapshotFault::io, error.text());
}

bool SnapshotFileReader::begin(std::optional<LogPosition> position) {
  // What was just written is read back from the disk, and a start does not fill the page cache.
  const auto file = io_.open(path_, OpenMode::read_direct);
  if (!file) return is_io_error(file.error());
  file_ = *file;
  const auto size = io_.size(file_);
  if (!size) return is_io_error(size.error());
  file_bytes_ = *size;
  return take_header(position);
}

bool SnapshotFileReader::take_part(SnapshotFault fault) {
  const auto read = io_.read_at(file_, offset_, {memory_.get(), kSnapshotPacketBytesMax});
  if (!read) return is_io_error(read.error());
  if (*read < kSnapshotPageBytes) {
    return is_bad(fault, fmt::format("the file ends here, after {} bytes, and is not complete",
                                     file_bytes_));
  }
  const SnapshotPartCheck check = check_snapshot_part({memory_.get(), *read});
  if (!check.magic_ok) return is_bad(fault, "no part of a snapshot begins here");
  if (!check.checksum_ok) return is_bad(fault, "the checksum is wrong: the bytes are damaged");
  head_ = check.head;
  if (!check.version_ok) {
    return is_bad(SnapshotFault::newer_version,
                  fmt::format("it is of format version {}, and this Holdfast reads version {}",
                              head_.format_version, kSnapshotFormatVersion));
  }
  if (head_.offset != offset_ || head_.sequence != sequence_ ||
      head_.previous_checksum != previous_) {
    return is_bad(fault, "another part of the file belongs here: a write was lost or misdirected");
  }
  part_ = {memory_.get(), head_.part_bytes};
  previous_ = head_.checksum;
  ++sequence_;
  return true;
}

bool SnapshotFileReader::take_header(std::optional<LogPosition> position) {
  if (!take_part(SnapshotFault::header)) return false;
  if (head_.part != SnapshotPart::header || head_.part_bytes != kSnapshotPageBytes) {
    return is_bad(SnapshotFault::header, "what stands here is not the header of a snapshot");
  }
  std::memcpy(&header_, part_.data(), sizeof header_);
  if (log_id_ && header_.head.log_id != *log_id_) {
    return is_bad(SnapshotFault::foreign, "it is of another log than this directory's");
  }
  if (position && header_.head.position != *position) {
    return is_bad(SnapshotFault::misnamed,
                  fmt::format("its name tells position {}, and its header {}", position->value,
                              header_.head.position.value));
  }
  auto plan = plan_of(header_);
  if (!plan) return is_bad(SnapshotFault::header, plan.error());
  plan_ = std::move(*plan);
  if (header_.pages > file_bytes_ / kSnapshotPageBytes) {
    return is_bad(SnapshotFault::body,
                  fmt::format("its header announces {} pages, and the file has {} bytes",
                              header_.pages, file_bytes_));
  }
  for (const SnapshotTableSize& table : plan_.tables) seen_.emplace_back(table.pages, false);
  table_pages_.assign(plan_.tables.size(), 0);
  offset_ += part_.size();
  return true;
}

std::optional<std::size_t> SnapshotFileReader::table_index(SnapshotTable table) const {
  for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
    if (plan_.tables[i].table == table) return i;
  }
  return std::nullopt;
}

SnapshotFileReader::Step SnapshotFileReader::next() {
  if (fault_ != SnapshotFault::none || !take_part(SnapshotFault::body)) return Step::bad;
  if (head_.log_id != header_.head.log_id || head_.position != header_.head.position) {
    static_cast<void>(is_bad(SnapshotFault::body, "the part is of another snapshot"));
    return Step::bad;
  }
  if (head_.part == SnapshotPart::footer) return take_footer() ? Step::whole : Step::bad;
  if (head_.part != SnapshotPart::packet || head_.count == 0 ||
      head_.count > kSnapshotPagesPerPacket ||
      head_.part_bytes != (1 + head_.count) * kSnapshotPageBytes) {
    static_cast<void>(is_bad(SnapshotFault::body, "what stands here is neither packet nor footer"));
    return Step::bad;
  }
  std::memcpy(&packet_, part_.data(), sizeof packet_);
  if (!note_pages()) return Step::bad;
  offset_ += part_.size();
  return Step::packet;
}

bool SnapshotFileReader::note_pages() {
  for (const SnapshotPageName& name : names()) {
    const auto index = table_index(name.table);
    if (!index || name.page >= seen_[*index].size()) {
      return is_bad(SnapshotFault::body,
                    fmt::format("page {} of {} is not in the header's plan", name.page,
                                snapshot_table_name(name.table)));
    }
    if (seen_[*index][name.page]) {
      return is_bad(SnapshotFault::body, fmt::format("page {} of {} comes a second time", name.page,
                                                     snapshot_table_name(name.table)));
    }
    seen_[*index][name.page] = true;
    ++table_pages_[*index];
  }
  return true;
}

bool SnapshotFileReader::take_footer() {
  SnapshotFooterPage footer;
  std::memcpy(&footer, part_.data(), sizeof footer);
  const std::uint64_t end = offset_ + head_.part_bytes;
  if (footer.file_bytes != end || footer.packets + 1 != head_.sequence || file_bytes_ != end) {
    return is_bad(
        SnapshotFault::body,
        fmt::format("the footer tells of {} bytes in {} packets; there are {} bytes in {}",
                    footer.file_bytes, footer.packets, file_bytes_, head_.sequence - 1));
  }
  for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
    if (table_pages_[i] == plan_.tables[i].pages && footer.table_pages[i] == table_pages_[i]) {
      continue;
    }
    return is_bad(SnapshotFault::body,
                  fmt::format("{} pages of {} are missing",
                              plan_.tables[i].pages - table_pages_[i],
                              snapshot_table_name(plan_.tables[i].table)));
  }
  if (footer.pages != header_.pages) {
    return is_bad(SnapshotFault::body, "the footer's total is wrong");
  }
  offset_ = end;
  return true;
}

std::span<const SnapshotPageName> SnapshotFileReader::names() const {
  return std::span(packet_.names).first(packet_.head.count);
}

std::span<const std::byte> SnapshotFileReader::pages() const {
  return part_.subspan(kSnapshotPageBytes);
}

}  // namespace holdfast::persistence
