#include "bench/traces/trace.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cctype>
#include <cstring>

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
