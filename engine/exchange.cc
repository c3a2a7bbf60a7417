#include "engine/exchange.h"

namespace holdfast {

void Exchange::set(const SetRate& rate, TimestampNs now) {
  const SlotNumber number = rates_.append();
  rates_[number] = RateSlot{rate, now};
  latest_.insert_or_assign(CurrencyPair::of(rate.from, rate.to), number);
}

std::optional<Money> convert(Money amount, const SetRate& rate) {
  __extension__ using Wide = unsigned __int128;
  constexpr std::uint64_t kBasisPoints = 10'000;
  // One division at the end, so that the result is rounded once.
  Wide numerator = static_cast<Wide>(amount.minor);
  if (__builtin_mul_overflow(numerator, static_cast<Wide>(rate.rate), &numerator)) return {};
  if (__builtin_mul_overflow(numerator, static_cast<Wide>(kBasisPoints + rate.markup_bp),
                             &numerator)) {
    return {};
  }
  Wide denominator = kBasisPoints;
  for (std::uint8_t i = 0; i < rate.scale; ++i) denominator *= 10;

  Wide quotient = numerator / denominator;
  const Wide remainder = numerator % denominator;
  const Wide half = denominator / 2;  // even: 10'000 is a factor
  if (remainder > half || (remainder == half && (quotient & 1) == 1)) ++quotient;
  if (quotient > static_cast<Wide>(INT64_MAX)) return {};
  return Money{static_cast<std::int64_t>(quotient)};
}

}  // namespace holdfast
