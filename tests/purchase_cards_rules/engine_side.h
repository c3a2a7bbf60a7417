// The purchase card file decided by the engine, under policy documents, in one process.
//
// What a server, its command line and the trace driver would do, without sockets: the documents are
// read by the command line's parser, accounts, cards and payments come from the trace loader. Only
// the time is given here, since windows follow logged time and the rows are of 2013 to 2019: each
// row is decided at its own date. Held and posted money is what the account shows before, between
// and after a row's commands, not what the outcomes say. Thread: no state; any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/result.h"
#include "engine/types.h"

namespace holdfast::test {

/// One row of the file as somebody decided it.
struct RowAnswer {
  std::string row_id;
  std::string decision;          // of the authorization or refund, by its name
  std::int64_t held_minor = 0;   // after the authorization
  std::int64_t posted_minor = 0;  // taken from the card's account in the end; refunds: below 0
  friend bool operator==(const RowAnswer&, const RowAnswer&) = default;
};

struct PurchaseCardFiles {
  std::string transactions;
  std::string mcc;       // names to categories
  /// The folder of policy.json and policy_DIRECTORATE.json; empty: no policy.
  std::string policies;
};

/// First and last second of a day by the clocks of London. In summer midnight there is 23:00 UTC of
/// the day before.
struct LondonDay {
  TimestampNs first;
  TimestampNs last;
};
/// `date` as "2014-04-01".
[[nodiscard]] bench::Result<LondonDay> london_day(const std::string& date);

/// All rows, in order. An error names the file or the row: a setup that is declined, an approved
/// authorization whose capture is not, money still held after a row, ledgers that do not sum to 0.
[[nodiscard]] bench::Result<std::vector<RowAnswer>> decide_by_engine(
    const PurchaseCardFiles& files);

/// The rows as they were decided while other policies ran beside as shadows.
struct ShadowedRun {
  std::vector<RowAnswer> answers;
  /// By row, what the shadow said; a refund is not judged: empty.
  std::vector<std::string> shadow_decisions;
  /// Row of the first payment that a shadow answered otherwise, by the shadows' own report.
  std::optional<std::size_t> first_divergence;
};
/// `shadow_policies` is a folder as `files.policies`.
[[nodiscard]] bench::Result<ShadowedRun> decide_beside_shadows(const PurchaseCardFiles& files,
                                                               const std::string& shadow_policies);

}  // namespace holdfast::test
