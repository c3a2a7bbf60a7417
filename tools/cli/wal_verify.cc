#include <fmt/core.h>

#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::WalReader;

// A disk that went bad all over would otherwise fill the screen.
constexpr std::size_t kFindingsMax = 100;

struct Verified {
  std::uint64_t blocks = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  LogPosition last;
  std::vector<persistence::Finding> findings;
  bool cut_short = false;    // more findings than are kept
  bool end_reached = false;  // the reader told where the log ends
};

void verify_block(const WalReader& reader, Verified& verified) {
  ++verified.blocks;
  verified.bytes += reader.header().block_bytes;
  const auto walked = persistence::for_each_record(
      reader.header(), reader.payload(), [&](const persistence::Record& record) {
        ++verified.records;
        verified.last = record.outcome.position;
        return true;
      });
  if (!walked) {
    verified.findings.push_back(
        {.path = reader.path(), .offset = reader.offset(), .reason = walked.error()});
  }
}

Verified verify_all(WalLog& log) {
  Verified verified;
  Progress progress("verified", log.segments_bytes());
  WalReader& reader = log.reader();
  while (true) {
    if (verified.findings.size() >= kFindingsMax) {
      verified.cut_short = true;
      return verified;
    }
    switch (reader.next_block()) {
      case WalReader::Step::block:
        verify_block(reader, verified);
        progress.block(reader.header().record_count(), reader.header().block_bytes);
        break;
      case WalReader::Step::end:
        verified.end_reached = true;
        return verified;
      case WalReader::Step::damage:
        verified.findings.push_back(reader.damage());
        if (!reader.skip_damage()) return verified;
        break;
      case WalReader::Step::error:
        throw unreadable(reader.io_error());
    }
  }
}

std::string headline(const WalLog& log, const Verified& verified) {
  if (verified.findings.empty()) {
    return log.has_torn_tail()
               ? "sound, with a torn tail that was never acknowledged; the next start cuts it"
               : "sound";
  }
  return fmt::format("damaged: {}{} found", verified.cut_short ? "more than " : "",
                     verified.findings.size() == 1
                         ? "1 place"
                         : fmt::format("{} places", verified.findings.size()));
}

std::vector<std::vector<Field>> finding_fields(const Verified& verified) {
  std::vector<std::vector<Field>> rows;
  for (const persistence::Finding& finding : verified.findings) {
    Report row;
    row.add_json("path", finding.path);
    row.add_json("offset", finding.offset);
    row.add_json("reason", finding.reason);
    rows.push_back(row.fields);
  }
  return rows;
}

}  // namespace

ExitCode wal_verify(const Globals& globals, const std::string& dir) {
  WalLog log(dir);
  const std::uint64_t start_ns = monotonic_ns();
  const Verified verified = verify_all(log);
  const std::uint64_t took_ns = monotonic_ns() - start_ns;
  const bool sound = verified.findings.empty();

  Report report;
  report.headline = headline(log, verified);
  report.add_json("sound", sound);
  report.add_json("torn_tail", verified.end_reached && log.has_torn_tail());
  report.fields.push_back(id_field("log_id", "log id", log.identity().log_id));
  report.fields.push_back(count_field("segments", "segments", log.segments().size()));
  report.fields.push_back(count_field("blocks", "blocks", verified.blocks));
  report.fields.push_back(count_field("records", "records", verified.records));
  report.add("bytes", verified.bytes, "bytes", bytes_text(verified.bytes));
  report.fields.push_back(count_field("position", "last position", verified.last.value));
  report.add("duration_ns", took_ns, "took", duration_text(took_ns));
  if (verified.end_reached) report.add_text_field("end", log.end_text());
  report.add_json("findings", finding_fields(verified));
  for (const persistence::Finding& finding : verified.findings) {
    report.add_text("damage", finding.text());
  }
  if (!sound) report.add("advice", std::string(kDamageAdvice), "what to do", std::string(kDamageAdvice));
  print_report(globals, report);
  return sound ? ExitCode::ok : ExitCode::not_so;
}

}  // namespace holdfast::tools
