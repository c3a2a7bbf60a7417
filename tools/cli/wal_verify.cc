#include <fmt/core.h>

#include <algorithm>

#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/progress.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::Finding;
using persistence::LogSurvey;
using persistence::SegmentSummary;

// A disk that went bad all over would otherwise fill the screen; the JSON has them all.
constexpr std::size_t kFindingsShownMax = 20;

std::string headline(const LogSurvey& log) {
  if (!log.problems.empty()) {
    return fmt::format("damaged: {} finding{}", log.problems.size(),
                       log.problems.size() == 1 ? "" : "s");
  }
  return has_torn_tail(log.end)
             ? "sound, with a torn tail that was never acknowledged; the next start cuts it"
             : "sound";
}

std::vector<std::vector<Field>> finding_fields(const LogSurvey& log) {
  std::vector<std::vector<Field>> rows;
  for (const Finding& finding : log.problems) {
    Report row;
    row.add_json("path", finding.path);
    row.add_json("offset", finding.offset);
    row.add_json("reason", finding.reason);
    rows.push_back(row.fields);
  }
  return rows;
}

void add_findings(Report& report, const LogSurvey& log) {
  report.add_json("findings", finding_fields(log));
  const std::size_t shown = std::min(log.problems.size(), kFindingsShownMax);
  for (std::size_t at = 0; at < shown; ++at) report.add_text("wrong", log.problems[at].text());
  if (shown < log.problems.size()) {
    report.add_text("wrong", fmt::format("and {} more; --json tells all",
                                         log.problems.size() - shown));
  }
  std::string notes;
  for (const std::string& note : log.notes) {
    report.add_text("note", note);
    notes.append(notes.empty() ? "" : "; ").append(note);
  }
  report.fields.push_back(text_field("notes", "", notes));
  const std::string advice = log.problems.empty() ? "" : std::string(kDamageAdvice);
  report.fields.push_back(text_field("advice", "what to do", advice));
}

}  // namespace

ExitCode wal_verify(const Globals& globals, const std::string& dir) {
  const std::uint64_t start_ns = monotonic_ns();
  const LogSurvey log = survey(dir);
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const bool sound = log.problems.empty();
  SegmentSummary total;
  for (const SegmentSummary& segment : log.segments) {
    total.blocks += segment.blocks;
    total.records += segment.records;
    total.used_bytes += segment.used_bytes;
    total.position_last = std::max(total.position_last, segment.position_last);
  }

  Report report;
  report.headline = headline(log);
  report.add_json("sound", sound);
  report.add_json("torn_tail", has_torn_tail(log.end));
  report.fields.push_back(id_field("log_id", "log id", log.identity.log_id));
  report.fields.push_back(count_field("segments", "segments", log.segments.size()));
  report.fields.push_back(count_field("blocks", "blocks", total.blocks));
  report.fields.push_back(count_field("records", "records", total.records));
  report.add("bytes", total.used_bytes, "bytes", bytes_text(total.used_bytes));
  report.fields.push_back(count_field("position", "last position", total.position_last.value));
  report.add("duration_ns", took_ns, "took", duration_text(took_ns));
  // Without a way to the end (no readable identity, nothing good behind damage) none is known.
  report.fields.push_back(
      text_field("end", "end", log.end.segment_number == 0 ? "" : end_text(log.end)));
  add_findings(report, log);
  print_report(globals, report);
  return sound ? ExitCode::ok : ExitCode::not_so;
}

}  // namespace holdfast::tools
