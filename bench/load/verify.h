// `holdfast-bench verify`: nothing acknowledged was lost.
//
// Every acknowledged command of a file is sent again, with the same request id and body. A server
// that kept its word gives the original outcome, every field of it, marked as repeated, and does
// nothing again: its log position and state digest are the same after as before. Answers that were
// never logged (position zero: nothing was done, nothing was promised) are counted and not sent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/endpoint.h"
#include "bench/result.h"
#include "engine/outcome.h"
#include "engine/request.h"

namespace holdfast::bench {

struct VerifyOptions {
  Endpoint endpoint;
  std::string acked_file;
  bool with_digest = true;  // asks the digest before and after: touches all state of the server
};

struct VerifyReport {
  std::string acked_file;
  std::uint64_t records = 0;
  std::uint64_t not_logged = 0;  // acknowledged without a log position: not sent again
  std::uint64_t checked = 0;
  std::uint64_t same = 0;       // answered as before, marked as repeated
  std::uint64_t lost = 0;       // answered as new: the server had forgotten, and did it again
  std::uint64_t different = 0;  // marked as repeated, or declined, with another answer
  bool file_was_cut = false;
  /// Log position and digest did not change. Nothing: others changed the state meanwhile, or no
  /// digest.
  std::optional<bool> one_effect;
  /// Ledgers of the population named in the file sum to zero. Nothing: the file names none.
  std::optional<bool> balances_conserved;
  LogPosition position;
  StateDigest digest;
  double seconds = 0;
  std::vector<std::string> error_texts;  // the first few

  [[nodiscard]] bool passed() const;
};

[[nodiscard]] Result<VerifyReport> verify_acked(const VerifyOptions& options);

/// Empty when `now` is `before` repeated, else what differs, field by field.
[[nodiscard]] std::string difference_of(const Outcome& before, const Outcome& now);

}  // namespace holdfast::bench
