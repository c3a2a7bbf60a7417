#include "tests/model/decimal.h"

#include <algorithm>
#include <string>

namespace holdfast::model {
namespace {

// Digits as text, most significant first, without leading zeroes but for "0" itself.

std::string trimmed(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  return digits;
}

bool above(const std::string& a, const std::string& b) {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

/// The multiplication of primary school.
std::string product(const std::string& a, const std::string& b) {
  std::string digits(a.size() + b.size(), '0');
  for (std::size_t i = a.size(); i-- > 0;) {
    int carry = 0;
    for (std::size_t j = b.size(); j-- > 0;) {
      const int sum = (a[i] - '0') * (b[j] - '0') + (digits[i + j + 1] - '0') + carry;
      digits[i + j + 1] = static_cast<char>('0' + sum % 10);
      carry = sum / 10;
    }
    digits[i] = static_cast<char>(digits[i] + carry);
  }
  return trimmed(digits);
}

std::string plus_one(std::string digits) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    if (digits[i] != '9') {
      ++digits[i];
      return digits;
    }
    digits[i] = '0';
  }
  return "1" + digits;
}

const std::string kLargestProduct = "340282366920938463463374607431768211455";  // 2^128 - 1
const std::string kLargestResult = "9223372036854775807";                       // 2^63 - 1

}  // namespace

std::optional<std::int64_t> exchanged(std::int64_t amount, const Rate& rate) {
  const std::string all = product(product(std::to_string(amount), std::to_string(rate.rate)),
                                  std::to_string(10'000 + rate.markup_bp));
  if (above(all, kLargestProduct)) return std::nullopt;
  const std::size_t places = rate.scale + 4U;
  const std::string padded = std::string(places + 1, '0') + all;
  std::string whole = trimmed(padded.substr(0, padded.size() - places));
  const std::string rest = padded.substr(padded.size() - places);
  const std::string half = "5" + std::string(places - 1, '0');
  const bool is_odd = (whole.back() - '0') % 2 == 1;
  if (rest > half || (rest == half && is_odd)) whole = plus_one(whole);
  if (above(whole, kLargestResult)) return std::nullopt;
  return std::stoll(whole);
}

}  // namespace holdfast::model
