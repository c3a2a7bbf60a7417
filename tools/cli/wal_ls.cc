#include <fmt/core.h>

#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

/// What was read of one segment.
struct SegmentSummary {
  std::uint64_t number = 0;
  std::string name;
  std::uint64_t file_bytes = 0;
  std::uint64_t used_bytes = 0;
  std::uint64_t blocks = 0;
  std::uint64_t records = 0;
  LogPosition first;
  LogPosition last;
  TimestampNs first_time;
  TimestampNs last_time;
};

void add_block(WalLog& log, SegmentSummary& segment) {
  const persistence::BlockHeader& header = log.reader().header();
  ++segment.blocks;
  segment.used_bytes += header.block_bytes;
  log.for_each_record([&](const persistence::Record& record) {
    if (segment.records == 0) {
      segment.first = record.outcome.position;
      segment.first_time = record.outcome.time;
    }
    ++segment.records;
    segment.last = record.outcome.position;
    segment.last_time = record.outcome.time;
    return true;
  });
}

std::vector<Field> segment_fields(const SegmentSummary& segment) {
  Report report;
  report.add_json("name", segment.name);
  report.add_json("number", segment.number);
  report.add_json("bytes", segment.file_bytes);
  report.add_json("used_bytes", segment.used_bytes);
  report.add_json("blocks", segment.blocks);
  report.add_json("records", segment.records);
  report.add_json("position_first", segment.first.value);
  report.add_json("position_last", segment.last.value);
  report.fields.push_back(time_field("time_first", "", segment.first_time));
  report.fields.push_back(time_field("time_last", "", segment.last_time));
  return report.fields;
}

std::string human(const WalLog& log, const std::vector<SegmentSummary>& segments) {
  Table table({{"segment", false},
               {"positions", true},
               {"records", true},
               {"blocks", true},
               {"used", true},
               {"size", true},
               {"first record", false},
               {"last record", false}});
  std::uint64_t records = 0;
  std::uint64_t used = 0;
  for (const SegmentSummary& segment : segments) {
    records += segment.records;
    used += segment.used_bytes;
    const bool any = segment.records > 0;
    table.row({segment.name,
               any ? fmt::format("{}-{}", segment.first.value, segment.last.value) : "-",
               count_text(segment.records), count_text(segment.blocks),
               bytes_text(segment.used_bytes), bytes_text(segment.file_bytes),
               any ? time_text(segment.first_time) : (segment.blocks > 0 ? "-" : "spare"),
               any ? time_text(segment.last_time) : ""});
  }
  return fmt::format("log {}, made {}\n{}{} records in {} of blocks; end: {}\n",
                     id_text(log.identity().log_id), time_text(log.identity().created_at),
                     table.text(), count_text(records), bytes_text(used), log.end_text());
}

}  // namespace

ExitCode wal_ls(const Globals& globals, const std::string& dir) {
  WalLog log(dir);
  std::vector<SegmentSummary> segments;
  for (const auto& segment : log.segments()) {
    segments.push_back({.number = segment.number, .name = segment.name, .file_bytes = segment.bytes});
  }
  Progress progress("read", log.segments_bytes());
  std::size_t at = 0;
  while (log.next_block()) {
    const std::uint64_t number = log.reader().segment_number();
    while (at < segments.size() && segments[at].number != number) ++at;
    // Beside a running server a segment may have been added since the directory was read.
    if (at == segments.size()) {
      segments.push_back({.number = number, .name = persistence::segment_name(number)});
    }
    add_block(log, segments[at]);
    progress.block(log.reader().header().record_count(), log.reader().header().block_bytes);
  }
  if (!globals.json) {
    print_text(human(log, segments));
    return ExitCode::ok;
  }
  Report report;
  std::vector<std::vector<Field>> rows;
  for (const SegmentSummary& segment : segments) rows.push_back(segment_fields(segment));
  report.add_json("dir", dir);
  report.fields.push_back(id_field("log_id", "", log.identity().log_id));
  report.fields.push_back(time_field("created_at", "", log.identity().created_at));
  report.add_json("segments", std::move(rows));
  report.add_json("position", log.reader().end().position.value);
  report.add_json("torn_tail", log.has_torn_tail());
  report.add_json("end", log.end_text());
  print_text(report.json());
  return ExitCode::ok;
}

}  // namespace holdfast::tools
