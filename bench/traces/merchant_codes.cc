#include "bench/traces/merchant_codes.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <array>

#include "bench/traces/csv.h"

namespace holdfast::bench {

namespace {

struct Best {
  std::uint16_t mcc = 0;
  std::uint64_t seen = 0;
};

constexpr std::array<std::string_view, 3> kColumns = {"merchant_letters", "mcc", "n"};

}  // namespace

struct MerchantCodes::Table {
  absl::flat_hash_map<std::string, Best> best;
};

MerchantCodes::MerchantCodes() : table_(std::make_unique<Table>()) {}
MerchantCodes::~MerchantCodes() = default;
MerchantCodes::MerchantCodes(MerchantCodes&&) noexcept = default;
MerchantCodes& MerchantCodes::operator=(MerchantCodes&&) noexcept = default;

Result<MerchantCodes> MerchantCodes::load(const std::string& path) {
  auto csv = CsvReader::open(path, kColumns);
  if (!csv) return std::unexpected(csv.error());
  MerchantCodes codes;
  for (;;) {
    const auto more = csv->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) return codes;
    const auto& field = csv->fields();
    const auto mcc = parse_number<std::uint16_t>(field[1]);
    const auto seen = parse_number<std::uint64_t>(field[2]);
    if (!mcc || *mcc > 9999) {
      return std::unexpected(csv->at(fmt::format("mcc \"{}\" is not in 0..9999", field[1])));
    }
    if (!seen) return std::unexpected(csv->at(fmt::format("n \"{}\" is not a number", field[2])));
    Best& best = codes.table_->best[field[0]];
    if (*seen > best.seen || (*seen == best.seen && *mcc < best.mcc)) best = {*mcc, *seen};
  }
}

Mcc MerchantCodes::find(std::string_view merchant_name) const {
  const auto found = table_->best.find(merchant_letters(merchant_name));
  return Mcc{found == table_->best.end() ? std::uint16_t{0} : found->second.mcc};
}

std::string merchant_letters(std::string_view name) {
  std::string letters;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (lower >= 'a' && lower <= 'z') {
      letters.push_back(lower);
    } else if (!letters.empty() && letters.back() != ' ') {
      letters.push_back(' ');
    }
  }
  if (letters.ends_with(' ')) letters.pop_back();
  return letters;
}

}  // namespace holdfast::bench
