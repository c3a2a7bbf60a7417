#include <fmt/core.h>

#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::LogSurvey;
using persistence::SegmentSummary;

std::vector<Field> segment_fields(const SegmentSummary& segment) {
  Report report;
  report.add_json("name", segment.name);
  report.add_json("number", segment.number);
  report.add_json("state", std::string(persistence::segment_state_name(segment.state)));
  report.add_json("bytes", segment.file_bytes);
  report.add_json("used_bytes", segment.used_bytes);
  report.add_json("blocks", segment.blocks);
  report.add_json("records", segment.records);
  report.add_json("position_first", segment.position_first.value);
  report.add_json("position_last", segment.position_last.value);
  report.fields.push_back(time_field("time_first", "", segment.time_first));
  report.fields.push_back(time_field("time_last", "", segment.time_last));
  report.add_json("incarnation_first", segment.incarnation_first);
  report.add_json("incarnation_last", segment.incarnation_last);
  return report.fields;
}

std::string human(const LogSurvey& log) {
  Table table({{"segment", false},
               {"state", false},
               {"positions", true},
               {"records", true},
               {"blocks", true},
               {"used", true},
               {"size", true},
               {"first record", false},
               {"last record", false}});
  std::uint64_t records = 0;
  std::uint64_t used = 0;
  for (const SegmentSummary& segment : log.segments) {
    records += segment.records;
    used += segment.used_bytes;
    const bool any = segment.records > 0;
    table.row({segment.name, std::string(persistence::segment_state_name(segment.state)),
               any ? fmt::format("{}-{}", segment.position_first.value, segment.position_last.value)
                   : "-",
               count_text(segment.records), count_text(segment.blocks),
               bytes_text(segment.used_bytes), bytes_text(segment.file_bytes),
               any ? time_text(segment.time_first) : "-", any ? time_text(segment.time_last) : "-"});
  }
  return fmt::format("log {}, made {}\n{}{} records in {} of blocks\n", id_text(log.identity.log_id),
                     time_text(log.identity.created_at), table.text(), count_text(records),
                     bytes_text(used));
}

std::string json(const LogSurvey& log, const std::string& dir) {
  std::vector<std::vector<Field>> rows;
  for (const SegmentSummary& segment : log.segments) rows.push_back(segment_fields(segment));
  Report report;
  report.add_json("dir", dir);
  report.fields.push_back(id_field("log_id", "", log.identity.log_id));
  report.fields.push_back(time_field("created_at", "", log.identity.created_at));
  report.add_json("segments", std::move(rows));
  report.add_json("position", log.end.position.value);
  report.add_json("torn_tail", has_torn_tail(log.end));
  return report.json();
}

}  // namespace

ExitCode wal_ls(const Globals& globals, const std::string& dir) {
  const LogSurvey log = survey(dir);
  print_text(globals.json ? json(log, dir) : human(log));
  if (!log.problems.empty()) throw damaged(log.problems.front());
  return ExitCode::ok;
}

}  // namespace holdfast::tools
