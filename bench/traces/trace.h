// A trace made ready to be driven: real payments as engine commands, in the order of the file.
//
// Everything in it follows from the file alone (and the options that are told in the report): ids,
// request ids and merchants, so that a second drive of the same file is answered as repeats. It is
// read whole before anything is sent: a malformed file moves no money. Thread: built once, then
// read only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/result.h"
#include "engine/command.h"

namespace holdfast::bench {

enum class TraceKind : std::uint8_t { berka, purchase_cards };
[[nodiscard]] std::optional<TraceKind> parse_trace_kind(std::string_view name);
[[nodiscard]] std::string_view trace_kind_name(TraceKind kind);

/// One row of the file: one command (a transfer, a refund) or an authorization and its final
/// capture.
struct TraceRow {
  Command first;
  bool captures = false;  // `first` is an authorization; its capture follows from `capture_of`
  /// Berka only: the balance that the bank wrote beside the row.
  Money balance_in_file;
  /// Index into `Trace::customers`.
  std::uint32_t customer = 0;
  /// The row's date, in days since 1970; nothing when it has none that can be read.
  std::optional<std::int32_t> day;
};

struct Trace {
  TraceKind kind{};
  CurrencyCode currency;
  AccountId funding;                 // pays in; may go negative
  AccountId settlement;              // receives captures; may go negative
  std::vector<AccountId> customers;  // in order of their first row
  /// Creates accounts and cards and gives them funds; answered before the first row is sent.
  std::vector<Command> setup;
  std::vector<TraceRow> rows;
  Money fund_per_account;  // moved to each account by `setup`
  /// Where merchant category codes came from, in rows.
  std::uint64_t mcc_from_row = 0;
  std::uint64_t mcc_imputed = 0;
  std::uint64_t mcc_absent = 0;
};

struct TraceOptions {
  ProgramId program;
  /// purchase-cards: name → MCC file; empty: `merchant_mcc.csv.gz` beside the trace if it is there.
  std::string mcc_file;
  bool impute_mcc = true;
  /// purchase-cards: moved to each account before the first row, in pence; 1 or more.
  Money fund_per_account{10'000'000'000};
};

/// Reads and checks the whole file. Errors name file and line.
[[nodiscard]] Result<Trace> load_trace(TraceKind kind, const std::string& path,
                                       const TraceOptions& options);
[[nodiscard]] Result<Trace> load_berka(const std::string& path, const TraceOptions& options);
[[nodiscard]] Result<Trace> load_purchase_cards(const std::string& path,
                                                const TraceOptions& options);

/// The final capture of a row's authorization, named by its request id so that it need not wait.
[[nodiscard]] Command capture_of(const Trace& trace, const TraceRow& row);

// Building blocks ------------------------------------------------------------------------------

/// "1993-01-31" as days since 1970.
[[nodiscard]] std::optional<std::int32_t> parse_day(std::string_view text);

/// When each row was recorded, in nanoseconds behind the midnight before the first. The files tell
/// days only: the rows of a day stand evenly over it. The order is the file's: a row with a date
/// before that of the row before it counts as of the same day. The error names the first row
/// without a date.
[[nodiscard]] Result<std::vector<std::uint64_t>> recorded_times(const std::vector<TraceRow>& rows);

/// Account and card ids: the high half says which trace, the low half which one in it.
[[nodiscard]] std::uint64_t trace_namespace(TraceKind kind);
inline constexpr std::uint64_t kFundingIdLow = 0xFFFF'FFFF'0000'0001;
inline constexpr std::uint64_t kSettlementIdLow = 0xFFFF'FFFF'0000'0002;

/// Request id out of what is asked for: the same setup command has the same id in every drive, and
/// another one (another limit, another fund) has its own.
[[nodiscard]] RequestId setup_request_id(TraceKind kind, const Command& command);
/// Request id of a row: high half trace, step and row number; low half XXH3 of the row's text.
[[nodiscard]] RequestId row_request_id(TraceKind kind, std::uint64_t row_number,
                                       std::string_view row_text);

/// DE42, 15 characters, out of a merchant's name: the first 7 letters or digits in upper case
/// (filled with '0'), then 8 hexadecimal digits of the name's XXH3. The same name is the same
/// merchant.
[[nodiscard]] MerchantId merchant_from_name(std::string_view name);

/// A trace whose set-up makes its funding and settlement accounts.
[[nodiscard]] Trace begin_trace(TraceKind kind, CurrencyCode currency);

[[nodiscard]] Command make_create_account(TraceKind kind, AccountId account, CurrencyCode currency,
                                          Money credit_limit, std::uint16_t flags);
[[nodiscard]] Command make_create_card(TraceKind kind, CardToken card, AccountId account,
                                       ProgramId program);

}  // namespace holdfast::bench
