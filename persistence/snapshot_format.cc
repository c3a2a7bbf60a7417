#include "persistence/snapshot_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

constexpr std::string_view kPrefix = "snapshot-";
constexpr std::string_view kSuffix = ".snap";
constexpr std::size_t kDigits = 16;

// Slots do not lie across chunks, so a table may have a few bytes more than its slots; but never
// fewer, and never a whole page a slot too many.
std::string problem_with(const SnapshotTableSize& table) {
  if (table.slot_bytes == 0) return "its slots have no bytes";
  constexpr std::uint64_t kPagesMax = std::uint64_t{1} << 32;  // a page's number has 32 bits
  if (table.pages > kPagesMax) {
    return fmt::format("{} pages are more than can be named", table.pages);
  }
  if (table.slots > table.pages * kSnapshotPageBytes / table.slot_bytes) {
    return fmt::format("{} slots of {} bytes do not fit {} pages", table.slots, table.slot_bytes,
                       table.pages);
  }
  if (table.slots == 0 && table.pages > 0) return fmt::format("{} pages hold no slot", table.pages);
  return "";
}

}  // namespace

std::string snapshot_name(LogPosition position) {
  return fmt::format("{}{:016x}{}", kPrefix, position.value, kSuffix);
}

std::optional<LogPosition> parse_snapshot_name(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size() || !name.starts_with(kPrefix) ||
      !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  const std::string_view digits = name.substr(kPrefix.size(), kDigits);
  LogPosition position;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), position.value, 16);
  // No second spelling (upper case, a sign) of one position.
  if (error != std::errc() || end != digits.end() || snapshot_name(position) != name) {
    return std::nullopt;
  }
  return position;
}

std::string snapshot_table_name(SnapshotTable table) {
  const std::string_view name = name_of(table);
  return name.empty() ? fmt::format("table {}", static_cast<unsigned>(table)) : std::string(name);
}

Checksum seal_snapshot_part(std::span<std::byte> bytes) {
  HOLDFAST_CHECK(bytes.size() >= kSnapshotPageBytes && bytes.size() % kSnapshotPageBytes == 0,
                 "parts of a snapshot are whole pages");
  SnapshotPartHead head;
  std::memcpy(&head, bytes.data(), sizeof head);
  head.magic = kSnapshotMagic;
  head.format_version = kSnapshotFormatVersion;
  head.part_bytes = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  head.checksum = checksum_of(bytes.subspan(sizeof(Checksum)));
  std::memcpy(bytes.data(), &head.checksum, sizeof head.checksum);
  return head.checksum;
}

SnapshotPartCheck check_snapshot_part(std::span<const std::byte> bytes) {
  SnapshotPartCheck check;
  if (bytes.size() < kSnapshotPageBytes) return check;
  std::memcpy(&check.head, bytes.data(), sizeof check.head);
  check.magic_ok = check.head.magic == kSnapshotMagic;
  const std::size_t length = check.head.part_bytes;
  if (!check.magic_ok || length < kSnapshotPageBytes || length % kSnapshotPageBytes != 0 ||
      length > kSnapshotPacketBytesMax || length > bytes.size()) {
    return check;
  }
  check.checksum_ok = checksum_of(bytes.subspan(sizeof(Checksum), length - sizeof(Checksum))) ==
                      check.head.checksum;
  check.version_ok = check.checksum_ok && check.head.format_version == kSnapshotFormatVersion;
  return check;
}

std::expected<SnapshotPlan, std::string> plan_of(const SnapshotHeaderPage& page) {
  if (page.head.count > kSnapshotTablesMax) {
    return std::unexpected(fmt::format("its header announces {} tables", page.head.count));
  }
  SnapshotPlan plan{.position = page.head.position, .time = page.time, .tables = {}};
  std::uint64_t pages = 0;
  for (const SnapshotTableSize& table : std::span(page.tables).first(page.head.count)) {
    const auto same = [&](const SnapshotTableSize& other) { return other.table == table.table; };
    if (std::any_of(plan.tables.begin(), plan.tables.end(), same)) {
      return std::unexpected(
          fmt::format("its header announces {} twice", snapshot_table_name(table.table)));
    }
    if (const std::string problem = problem_with(table); !problem.empty()) {
      return std::unexpected(fmt::format("its header is wrong about {}: {}",
                                         snapshot_table_name(table.table), problem));
    }
    pages += table.pages;
    plan.tables.push_back(table);
  }
  if (pages != page.pages) {
    return std::unexpected(fmt::format("its header announces {} pages, and its tables have {}",
                                       page.pages, pages));
  }
  return plan;
}

std::expected<SnapshotHeaderPage, std::string> header_page_of(const SnapshotPlan& plan,
                                                              LogId log_id, TimestampNs taken_at) {
  if (plan.tables.size() > kSnapshotTablesMax) {
    return std::unexpected(fmt::format("{} tables are more than the {} of a header",
                                       plan.tables.size(), kSnapshotTablesMax));
  }
  SnapshotHeaderPage page;
  page.head.log_id = log_id;
  page.head.part = SnapshotPart::header;
  page.head.position = plan.position;
  page.head.count = static_cast<std::uint32_t>(plan.tables.size());
  page.time = plan.time;
  page.taken_at = taken_at;
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    page.tables[i] = plan.tables[i];
    page.pages += plan.tables[i].pages;
  }
  // What a reader would refuse must not be written.
  if (const auto read = plan_of(page); !read) return std::unexpected(read.error());
  return page;
}

}  // namespace holdfast::persistence
