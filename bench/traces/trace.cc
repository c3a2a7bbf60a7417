#include "bench/traces/trace.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstring>

#include "bench/traces/csv.h"

namespace holdfast::bench {

namespace {

/// Set in the step half of a capture's request id; an authorization's has it clear.
constexpr std::uint64_t kCaptureStep = 1ULL << 40;
/// Setup commands are numbered by their content alone.
constexpr std::uint64_t kSetupStep = 1ULL << 41;

}  // namespace

std::optional<TraceKind> parse_trace_kind(std::string_view name) {
  if (name == "berka") return TraceKind::berka;
  if (name == "purchase-cards") return TraceKind::purchase_cards;
  return std::nullopt;
}

std::string_view trace_kind_name(TraceKind kind) {
  return kind == TraceKind::berka ? "berka" : "purchase-cards";
}

std::uint64_t trace_namespace(TraceKind kind) {
  // The top bits say "trace" and which; the low 42 bits are left for steps and row numbers.
  return (0x7ACEULL << 48) | (static_cast<std::uint64_t>(kind) + 1) << 44;
}

RequestId setup_request_id(TraceKind kind, const Command& command) {
  const std::size_t bytes = command_body_bytes(command.kind);
  return {
      .low = XXH3_64bits_withSeed(command.body, bytes, static_cast<std::uint64_t>(command.kind)),
      .high = trace_namespace(kind) | kSetupStep};
}

RequestId row_request_id(TraceKind kind, std::uint64_t row_number, std::string_view row_text) {
  return {.low = XXH3_64bits(row_text.data(), row_text.size()),
          .high = trace_namespace(kind) | (row_number & (kCaptureStep - 1))};
}

MerchantId merchant_from_name(std::string_view name) {
  MerchantId merchant;
  std::size_t filled = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (filled == 7) break;
    if (byte < 0x80 && std::isalnum(byte) != 0) {
      merchant.text[filled++] = static_cast<char>(std::toupper(byte));
    }
  }
  while (filled < 7) merchant.text[filled++] = '0';
  const auto hash = static_cast<std::uint32_t>(XXH3_64bits(name.data(), name.size()));
  fmt::format_to_n(merchant.text + 7, 8, "{:08X}", hash);
  return merchant;
}

std::optional<std::int32_t> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number<int>(text.substr(0, 4));
  const auto month = parse_number<unsigned>(text.substr(5, 2));
  const auto day = parse_number<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::sys_days(date).time_since_epoch().count());
}

Result<std::vector<std::uint64_t>> recorded_times(const std::vector<TraceRow>& rows) {
  constexpr std::uint64_t kNsPerDay = 86'400 * kNsPerSecond;
  std::vector<std::int32_t> days;
  days.reserve(rows.size());
  for (const TraceRow& row : rows) {
    if (!row.day) {
      return std::unexpected(
          fmt::format("row {} has no date as 1993-01-31, so it cannot be sent at its time; leave "
                      "--speed out",
                      days.size() + 1));
    }
    days.push_back(days.empty() ? *row.day : std::max(*row.day, days.back()));
  }
  std::vector<std::uint64_t> times;
  times.reserve(rows.size());
  for (std::size_t first = 0; first < days.size();) {
    std::size_t behind = first;
    while (behind < days.size() && days[behind] == days[first]) ++behind;
    const auto day = static_cast<std::uint64_t>(days[first] - days.front());
    for (std::size_t i = first; i < behind; ++i) {
      times.push_back(day * kNsPerDay + (i - first) * (kNsPerDay / (behind - first)));
    }
    first = behind;
  }
  return times;
}

Trace begin_trace(TraceKind kind, CurrencyCode currency) {
  Trace trace;
  trace.kind = kind;
  trace.currency = currency;
  trace.funding = {.low = kFundingIdLow, .high = trace_namespace(kind)};
  trace.settlement = {.low = kSettlementIdLow, .high = trace_namespace(kind)};
  for (const AccountId account : {trace.funding, trace.settlement}) {
    trace.setup.push_back(
        make_create_account(kind, account, currency, Money{0}, kAccountMayGoNegative));
  }
  return trace;
}

Command make_create_account(TraceKind kind, AccountId account, CurrencyCode currency,
                            Money credit_limit, std::uint16_t flags) {
  Command command;
  command.kind = CommandKind::create_account;
  command.create_account = CreateAccount{
      .account = account, .credit_limit = credit_limit, .currency = currency, .flags = flags};
  command.request_id = setup_request_id(kind, command);
  return command;
}

Command make_create_card(TraceKind kind, CardToken card, AccountId account, ProgramId program) {
  Command command;
  command.kind = CommandKind::create_card;
  command.create_card =
      CreateCard{.card = card, .account = account, .program = program, .expiry = {}};
  command.request_id = setup_request_id(kind, command);
  return command;
}

Command capture_of(const Trace& trace, const TraceRow& row) {
  Command command;
  command.kind = CommandKind::capture;
  command.request_id = {.low = row.first.request_id.low,
                        .high = row.first.request_id.high | kCaptureStep};
  command.capture = Capture{.authorization = {},
                            .original_request = row.first.request_id,
                            .amount = row.first.authorize.amount,
                            .settlement_account = trace.settlement,
                            .final = 1};
  return command;
}

Result<Trace> load_trace(TraceKind kind, const std::string& path, const TraceOptions& options) {
  return kind == TraceKind::berka ? load_berka(path, options) : load_purchase_cards(path, options);
}

}  // namespace holdfast::bench
