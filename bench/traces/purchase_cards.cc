// The purchase-cards trace: posted items of Birmingham City Council's cards, GBP.
//
// A card is the pair (card_masked, directorate) and has an account of its own, funded before the
// first row. Positive rows are an authorization and its final capture; negative rows are unlinked
// refunds. The merchant category is the row's own, else imputed from the merchant's name, else 0.
#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <filesystem>

#include "bench/traces/csv.h"
#include "bench/traces/merchant_codes.h"
#include "bench/traces/trace.h"

namespace holdfast::bench {

namespace {

constexpr std::array<std::string_view, 8> kColumns = {"row_id",      "trans_date", "amount_minor",
                                                      "currency",    "merchant",   "mcc",
                                                      "card_masked", "directorate"};
enum Column : std::size_t {
  kRowId = 0,
  kDate = 1,
  kAmount = 2,
  kCurrency = 3,
  kMerchant = 4,
  kMcc = 5,
  kCard = 6,
  kDirectorate = 7
};

constexpr TraceKind kKind = TraceKind::purchase_cards;
constexpr CurrencyCode kGbp{826};
constexpr CountryCode kBritain{826};

class PurchaseCardsLoader {
 public:
  PurchaseCardsLoader(CsvReader& csv, const TraceOptions& options, MerchantCodes codes)
      : csv_(csv), options_(options), codes_(std::move(codes)) {
    trace_.fund_per_account = options.fund_per_account;
  }

  Result<Trace> load() {
    const auto read = for_each_record(csv_, [this] { return add_row(); });
    if (!read) return std::unexpected(read.error());
    return std::move(trace_);
  }

 private:
  Result<void> add_row() {
    const auto& field = csv_.fields();
    const auto row_id = parse_number<std::uint32_t>(field[kRowId]);
    if (!row_id) {
      return std::unexpected(fmt::format("row_id \"{}\" is not a number", field[kRowId]));
    }
    const auto amount = parse_number<std::int64_t>(field[kAmount]);
    if (!amount || *amount == 0 || *amount == INT64_MIN) {
      return std::unexpected(
          fmt::format("amount_minor \"{}\" is not a whole number other than 0", field[kAmount]));
    }
    if (field[kCurrency] != "GBP") {
      return std::unexpected(
          fmt::format("currency \"{}\": this trace is in GBP", field[kCurrency]));
    }
    if (field[kCard].empty()) return std::unexpected("card_masked is empty");
    const auto mcc = choose_mcc(field);
    if (!mcc) return std::unexpected(mcc.error());
    TraceRow& row = trace_.rows.emplace_back();
    row.customer = customer_of(field[kCard], field[kDirectorate]);
    row.captures = *amount > 0;
    row.day = parse_day(field[kDate]);
    row.first = row.captures ? make_purchase(row.customer, Money{*amount}, *mcc)
                             : make_refund(row.customer, Money{-*amount}, *mcc);
    row.first.request_id = row_request_id(kKind, *row_id, csv_.text());
    return {};
  }

  Result<Mcc> choose_mcc(const std::vector<std::string>& field) {
    if (!field[kMcc].empty()) {
      const auto mcc = parse_number<std::uint16_t>(field[kMcc]);
      if (!mcc || *mcc > 9999) {
        return std::unexpected(fmt::format("mcc \"{}\" is not in 0..9999", field[kMcc]));
      }
      ++trace_.mcc_from_row;
      return Mcc{*mcc};
    }
    const Mcc imputed = codes_.find(field[kMerchant]);
    ++(imputed.code != 0 ? trace_.mcc_imputed : trace_.mcc_absent);
    return imputed;
  }

  CardToken card_of(std::uint32_t customer) const {
    return {.low = trace_.customers[customer].low, .high = trace_.customers[customer].high};
  }

  Command make_purchase(std::uint32_t customer, Money amount, Mcc mcc) const {
    Command command;
    command.kind = CommandKind::authorize;
    command.authorize = Authorize{.card = card_of(customer),
                                  .amount = amount,
                                  .merchant = merchant_from_name(csv_.fields()[kMerchant]),
                                  .terminal = {},
                                  .currency = kGbp,
                                  .mcc = mcc,
                                  .country = kBritain};
    return command;
  }

  Command make_refund(std::uint32_t customer, Money amount, Mcc mcc) const {
    Command command;
    command.kind = CommandKind::refund;
    command.refund = Refund{.authorization = {},
                            .original_request = {},
                            .card = card_of(customer),
                            .settlement_account = trace_.settlement,
                            .amount = amount,
                            .merchant = merchant_from_name(csv_.fields()[kMerchant]),
                            .currency = kGbp,
                            .mcc = mcc};
    return command;
  }

  std::uint32_t customer_of(const std::string& card_masked, const std::string& directorate) {
    // Unit separator: no pair reads like another pair.
    std::string name = card_masked + '\x1f' + directorate;
    const std::uint64_t low = XXH3_64bits(name.data(), name.size());
    const auto [entry, is_new] =
        index_.try_emplace(std::move(name), static_cast<std::uint32_t>(index_.size()));
    if (is_new) {
      const AccountId account{.low = low, .high = trace_namespace(kKind)};
      trace_.customers.push_back(account);
      trace_.setup.push_back(make_create_account(kKind, account, kGbp, Money{0}, 0));
      trace_.setup.push_back(
          make_create_card(kKind, card_of(entry->second), account, options_.program));
      Command fund;
      fund.kind = CommandKind::transfer;
      fund.transfer = Transfer{.debit = trace_.funding,
                               .credit = account,
                               .amount = options_.fund_per_account,
                               .currency = kGbp};
      fund.request_id = setup_request_id(kKind, fund);
      trace_.setup.push_back(fund);
    }
    return entry->second;
  }

  CsvReader& csv_;
  const TraceOptions& options_;
  MerchantCodes codes_;
  Trace trace_ = begin_trace(kKind, kGbp);
  absl::flat_hash_map<std::string, std::uint32_t> index_;
};

Result<MerchantCodes> load_codes(const std::string& trace_path, const TraceOptions& options) {
  if (!options.impute_mcc) return MerchantCodes();
  if (!options.mcc_file.empty()) return MerchantCodes::load(options.mcc_file);
  const auto beside = std::filesystem::path(trace_path).parent_path() / "merchant_mcc.csv.gz";
  std::error_code ignored;
  if (!std::filesystem::exists(beside, ignored)) return MerchantCodes();
  return MerchantCodes::load(beside.string());
}

}  // namespace

Result<Trace> load_purchase_cards(const std::string& path, const TraceOptions& options) {
  if (options.fund_per_account.minor <= 0) {
    return std::unexpected("the fund of each account must be above 0");
  }
  auto csv = CsvReader::open(path, kColumns);
  if (!csv) return std::unexpected(csv.error());
  auto codes = load_codes(path, options);
  if (!codes) return std::unexpected(codes.error());
  return PurchaseCardsLoader(*csv, options, std::move(*codes)).load();
}

}  // namespace holdfast::bench
