#include "bench/load/account_choice.h"

#include <cmath>
#include <numeric>

namespace holdfast::bench {

namespace {

/// (exp(x) - 1) / x and log(1 + x) / x, also near 0, where the exponent is close to 1.
double expm1_over(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1.0 + x * 0.5 * (1.0 + x / 3.0);
}
double log1p_over(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1.0 - x * (0.5 - x * (1.0 / 3.0 - 0.25 * x));
}

std::uint64_t coprime_stride(std::uint64_t size) {
  // Near the golden section of the size: neighbours in rank land far from each other.
  std::uint64_t stride = static_cast<std::uint64_t>(static_cast<double>(size) * 0.6180339887) | 1;
  while (std::gcd(stride, size) != 1) stride += 2;
  return stride;
}

}  // namespace

ZipfRanks::ZipfRanks(std::uint64_t size, double exponent)
    : size_(size),
      exponent_(exponent),
      integral_first_(integral(1.5) - 1.0),
      integral_last_(integral(static_cast<double>(size) + 0.5)),
      shortcut_(2.0 - integral_inverse(integral(2.5) - weight(2.0))) {}

double ZipfRanks::integral(double x) const {
  const double log_x = std::log(x);
  return expm1_over((1.0 - exponent_) * log_x) * log_x;
}

double ZipfRanks::integral_inverse(double x) const {
  double t = x * (1.0 - exponent_);
  if (t < -1.0) t = -1.0;  // rounding at the very end of the range
  return std::exp(log1p_over(t) * x);
}

double ZipfRanks::weight(double x) const { return std::exp(-exponent_ * std::log(x)); }

std::uint64_t ZipfRanks::draw(Random& random) const {
  for (;;) {
    const double u = integral_last_ + random.unit() * (integral_first_ - integral_last_);
    const double x = integral_inverse(u);
    double k = std::floor(x + 0.5);
    if (k < 1.0) k = 1.0;
    if (k > static_cast<double>(size_)) k = static_cast<double>(size_);
    if (k - x <= shortcut_ || u >= integral(k + 0.5) - weight(k)) {
      return static_cast<std::uint64_t>(k) - 1;
    }
  }
}

AccountChoice::AccountChoice(std::uint64_t accounts, double zipf_exponent)
    : accounts_(accounts),
      uniform_(zipf_exponent <= 0.0),
      stride_(coprime_stride(accounts)),
      ranks_(accounts, uniform_ ? 1.0 : zipf_exponent) {}

std::uint32_t AccountChoice::draw(Random& random) const {
  if (uniform_) return static_cast<std::uint32_t>(random.below(accounts_));
  return static_cast<std::uint32_t>(ranks_.draw(random) * stride_ % accounts_);
}

}  // namespace holdfast::bench
