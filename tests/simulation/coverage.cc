#include "tests/simulation/coverage.h"

#include <fmt/format.h>

#include "persistence/recovery_table.h"

namespace holdfast::simulation {
namespace {

// Rows of the recovery table come on top of these.
constexpr const char* kKinds[] = {
    // how lives end
    "end: clean stop", "end: killed", "end: power cut", "end: power cut right after an answer",
    "end: at a disk operation", "end: the log could not be written", "end: during recovery",
    "end: recovery refused by the system",
    // the disk
    "disk: crash: new", "disk: crash: old", "disk: crash: torn", "disk: crash: zeroes",
    "disk: crash: unsynced name gone", "disk: crash: unsynced write gone",
    "disk: crash: unsynced write kept", "disk: crash: unsynced write torn",
    "disk: write error", "disk: short write", "disk: lost write", "disk: misdirected write",
    "disk: flipped bit", "disk: no space", "disk: sync fails", "disk: open fails",
    "disk: rename fails", "disk: read fails", "disk: submit fails", "disk: sync directory fails",
    "disk: list fails", "disk: lock fails", "disk: write fails", "disk: plain write error",
    "disk: sync error", "disk: lost plain write", "disk: flipped bit of a plain write",
    // what the network and the gateways do
    "net: connected", "net: cut with requests under way", "net: goodbye", "net: resent",
    "net: duplicate while the first is under way", "net: damaged stream", "net: bad frame",
    "net: rejected", "net: slow reader", "net: answer came after the crash",
    // answers
    "answer: new", "answer: repeated", "answer: request id reused", "answer: no space for the log",
    "answer: account", "answer: card", "answer: authorization", "answer: program",
    "answer: limits", "answer: status with digest",
    // time and content
    "clock: back", "clock: forward", "content: expired", "content: rule set activated",
    "content: denied by a control", "content: forgotten and decided again",
    // the server around it
    "server: second one refused", "server: log made again after a crash", "server: segment filled",
    "server: segment recycled", "server: started after a snapshot", "server: space came back",
    "lying disk: refused", "lying disk: a true prefix",
    // snapshots and archive; how a start went
    "snapshot: counts", "snapshot: failed", "snapshot: abandoned", "snapshot: damaged_snapshot",
    "snapshot: damaged_header", "snapshot: the older one and more log gave the same",
    "answer: asked for a snapshot",
    "archive: replayed from the first command", "archive: trouble", "start: from_snapshot",
    "start: from_older_snapshot", "start: whole_log", "start: whole_log_instead",
    "start: whole_log_with_archive", "start: nothing_to_start_from",
};

}  // namespace

std::string row_kind(std::string_view row_name) { return fmt::format("row: {}", row_name); }

std::vector<std::string> Coverage::missing() const {
  std::vector<std::string> kinds;
  for (const char* kind : kKinds) {
    if (of(kind) == 0) kinds.emplace_back(kind);
  }
  for (const persistence::RecoveryRow& row : persistence::recovery_table()) {
    if (of(row_kind(row.name)) == 0) kinds.push_back(row_kind(row.name));
  }
  return kinds;
}

std::string Coverage::text() const {
  std::string text;
  for (const auto& [kind, times] : counts_) text += fmt::format("  {:<52} {:>12}\n", kind, times);
  return text;
}

}  // namespace holdfast::simulation
