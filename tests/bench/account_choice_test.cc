#include "bench/load/account_choice.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace holdfast::bench {
namespace {

TEST(Random, SameSeedSameNumbersOtherSeedOthers) {
  Random a(5), b(5), c(6);
  int equal_to_c = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t value = a.next();
    ASSERT_EQ(value, b.next());
    if (value == c.next()) ++equal_to_c;
  }
  EXPECT_EQ(equal_to_c, 0);
}

TEST(Random, KnownVector) {
  // xoshiro256++ seeded by splitmix64(0): first output, computed from the published algorithms.
  std::uint64_t seed = 0;
  const std::uint64_t s0 = splitmix64(seed);
  EXPECT_EQ(s0, 0xE220A8397B1DCDAFULL);
}

TEST(ZipfRanks, FrequenciesFollowTheLaw) {
  for (const double exponent : {0.5, 0.99, 1.0, 1.5}) {
    constexpr std::uint64_t kSize = 1000;
    constexpr int kDraws = 400'000;
    const ZipfRanks ranks(kSize, exponent);
    Random random(11);
    std::vector<int> seen(kSize, 0);
    for (int i = 0; i < kDraws; ++i) {
      const std::uint64_t rank = ranks.draw(random);
      ASSERT_LT(rank, kSize);
      ++seen[rank];
    }
    double norm = 0;
    for (std::uint64_t r = 1; r <= kSize; ++r) norm += std::pow(static_cast<double>(r), -exponent);
    for (const std::uint64_t r : {1u, 2u, 3u, 10u, 100u}) {
      const double expected = kDraws * std::pow(static_cast<double>(r), -exponent) / norm;
      // Six standard deviations: a sound generator never fails this, a wrong law does.
      EXPECT_NEAR(seen[r - 1], expected, 6 * std::sqrt(expected))
          << "exponent " << exponent << " rank " << r;
    }
  }
}

TEST(ZipfRanks, ExtremeSizes) {
  Random random(3);
  const ZipfRanks one(1, 0.99);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(one.draw(random), 0u);
  const ZipfRanks many(1'000'000'000, 1.0);
  for (int i = 0; i < 10'000; ++i) EXPECT_LT(many.draw(random), 1'000'000'000u);
}

TEST(AccountChoice, UniformCoversAllAndZipfFavoursFew) {
  Random random(4);
  std::vector<int> uniform(100, 0), zipf(100, 0);
  const AccountChoice choose_uniform(100, 0), choose_zipf(100, 1.0);
  for (int i = 0; i < 100'000; ++i) {
    ++uniform[choose_uniform.draw(random)];
    ++zipf[choose_zipf.draw(random)];
  }
  for (const int n : uniform) EXPECT_NEAR(n, 1000, 200);
  EXPECT_GT(*std::max_element(zipf.begin(), zipf.end()), 15'000);
  EXPECT_GT(*std::min_element(zipf.begin(), zipf.end()),
            0);  // the permutation reaches every account
}

}  // namespace
}  // namespace holdfast::bench
