// The Berka trace: transactions of a Czech bank (PKDD'99), CZK, one card an account.
//
// PRIJEM (credit) is a transfer from the bank's funding account; VYDAJ and VYBER (debits) are an
// authorization and its final capture. Rows must come in rising `seq` order and are never sorted.
#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <array>

#include "bench/traces/csv.h"
#include "bench/traces/trace.h"

namespace holdfast::bench {

namespace {

constexpr std::array<std::string_view, 11> kColumns = {
    "seq",          "trans_id",      "account_id", "date",         "type",           "operation",
    "amount_minor", "balance_minor", "k_symbol",   "partner_bank", "partner_account"};
enum Column : std::size_t {
  kSeq = 0,
  kAccount = 2,
  kDate = 3,
  kType = 4,
  kOperation = 5,
  kAmount = 6,
  kBalance = 7
};

constexpr TraceKind kKind = TraceKind::berka;
constexpr CurrencyCode kCzk{203};
constexpr CountryCode kCzechia{203};
constexpr Money kCreditLimit{1'000'000};

class BerkaLoader {
 public:
  BerkaLoader(CsvReader& csv, const TraceOptions& options) : csv_(csv), options_(options) {}

  Result<Trace> load() {
    const auto read = for_each_record(csv_, [this] { return add_row(); });
    if (!read) return std::unexpected(read.error());
    return std::move(trace_);
  }

 private:
  Result<void> add_row() {
    const auto& field = csv_.fields();
    const auto seq = parse_number<std::uint32_t>(field[kSeq]);
    if (!seq) return std::unexpected(fmt::format("seq \"{}\" is not a number", field[kSeq]));
    if (*seq <= last_seq_) {
      return std::unexpected(
          fmt::format("seq {} after {}: rows must stand in seq order", *seq, last_seq_));
    }
    last_seq_ = *seq;
    const auto account = parse_number<std::uint32_t>(field[kAccount]);
    if (!account || *account == 0) {
      return std::unexpected(
          fmt::format("account_id \"{}\" is not a number above 0", field[kAccount]));
    }
    const auto amount = parse_number<std::int64_t>(field[kAmount]);
    if (!amount || *amount < 0) {
      return std::unexpected(
          fmt::format("amount_minor \"{}\" is not a whole number of 0 or more", field[kAmount]));
    }
    const auto balance = parse_number<std::int64_t>(field[kBalance]);
    if (!balance) {
      return std::unexpected(
          fmt::format("balance_minor \"{}\" is not a whole number", field[kBalance]));
    }
    const bool credit = field[kType] == "PRIJEM";
    if (!credit && field[kType] != "VYDAJ" && field[kType] != "VYBER") {
      return std::unexpected(
          fmt::format("type \"{}\" is none of PRIJEM, VYDAJ, VYBER", field[kType]));
    }
    TraceRow& row = trace_.rows.emplace_back();
    row.customer = customer_of(*account);
    row.balance_in_file = Money{*balance};
    row.captures = !credit;
    row.day = parse_day(field[kDate]);
    row.first = credit ? make_credit(row.customer, Money{*amount})
                       : make_debit(row.customer, Money{*amount});
    row.first.request_id = row_request_id(kKind, *seq, csv_.text());
    return {};
  }

  Command make_credit(std::uint32_t customer, Money amount) const {
    Command command;
    command.kind = CommandKind::transfer;
    command.transfer = Transfer{.debit = trace_.funding,
                                .credit = trace_.customers[customer],
                                .amount = amount,
                                .currency = kCzk};
    return command;
  }

  Command make_debit(std::uint32_t customer, Money amount) {
    const AccountId account = trace_.customers[customer];
    const std::string& operation = csv_.fields()[kOperation];
    // Imputed from the kind of operation: cash at a machine by card, cash at a counter, else
    // unknown.
    const bool by_card = operation == "VYBER KARTOU";
    const bool cash = by_card || operation == "VYBER";
    const Mcc mcc{static_cast<std::uint16_t>(by_card ? 6011 : cash ? 6010 : 0)};
    ++(cash ? trace_.mcc_imputed : trace_.mcc_absent);
    Command command;
    command.kind = CommandKind::authorize;
    command.authorize = Authorize{.card = {.low = account.low, .high = account.high},
                                  .amount = amount,
                                  .merchant = merchant_from_name(operation),
                                  .terminal = {},
                                  .currency = kCzk,
                                  .mcc = mcc,
                                  .country = kCzechia,
                                  .channel = by_card ? Channel::atm : Channel::unknown,
                                  .type = cash ? TransactionType::cash : TransactionType::purchase};
    return command;
  }

  std::uint32_t customer_of(std::uint32_t account_id) {
    const auto [entry, is_new] =
        index_.try_emplace(account_id, static_cast<std::uint32_t>(index_.size()));
    if (is_new) {
      const AccountId account{.low = account_id, .high = trace_namespace(kKind)};
      trace_.customers.push_back(account);
      trace_.setup.push_back(make_create_account(kKind, account, kCzk, kCreditLimit, 0));
      trace_.setup.push_back(make_create_card(kKind, {.low = account.low, .high = account.high},
                                              account, options_.program));
    }
    return entry->second;
  }

  CsvReader& csv_;
  const TraceOptions& options_;
  Trace trace_ = begin_trace(kKind, kCzk);
  absl::flat_hash_map<std::uint32_t, std::uint32_t> index_;
  std::uint32_t last_seq_ = 0;
};

}  // namespace

Result<Trace> load_berka(const std::string& path, const TraceOptions& options) {
  auto csv = CsvReader::open(path, kColumns);
  if (!csv) return std::unexpected(csv.error());
  return BerkaLoader(*csv, options).load();
}

}  // namespace holdfast::bench
