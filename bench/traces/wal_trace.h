// A recorded log as a trace: every command that a gateway had sent, in the order and at the times
// of the log, made ready to be sent to another server.
//
// What the server itself had logged (released holds, its configuration) is left out: the other
// server does that itself. Authorization ids are given anew by it, so a step that names a hold by
// the old id is made to name it by the request id of its authorization, which is the same on both.
// Request ids stay: a second drive of the same log is answered as repeats. The log is read whole
// and checked before anything is sent. Thread: built once, then read only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/result.h"
#include "engine/command.h"
#include "engine/decision.h"

namespace holdfast::bench {

/// No account concerned, or not known which.
inline constexpr std::uint32_t kNoAccount = 0xFFFF'FFFF;

struct RecordedCommand {
  Command command;
  std::uint64_t recorded_ns = 0;  // behind the first
  Money amount;                   // of the recorded answer
  Decision decision{};
  /// Indexes into `WalTrace::accounts`: whose ledger the answer tells, and the other side's.
  std::uint32_t account = kNoAccount;
  std::uint32_t counterparty = kNoAccount;
};

struct WalTrace {
  std::vector<RecordedCommand> commands;
  std::vector<AccountId> accounts;    // created in the log
  /// By account: a program settles to it, so that answers do not tell all that happens to it.
  std::vector<bool> settles_unseen;
  std::uint64_t records = 0;          // in the log
  std::uint64_t left_out_own = 0;     // logged by the server itself
  std::uint64_t renamed = 0;          // holds named by request id instead of the old id
  std::uint64_t left_out_unknown = 0; // naming an authorization that the log does not have
};

/// `dir`: the data directory of a server that is stopped (or a copy), its log from position 1 on;
/// `archive_dir` holds older segments, empty: there is none. Errors name file and offset.
[[nodiscard]] Result<WalTrace> load_wal_trace(const std::string& dir,
                                              const std::string& archive_dir);

}  // namespace holdfast::bench
