// What an account takes of memory: the figure of `holdfast-bench scale`, and the limit on it.
#include "bench/scale/scale.h"

#include <gtest/gtest.h>

namespace holdfast::bench {
namespace {

// So many that the pieces which tables grow by make no difference.
constexpr std::uint32_t kAccounts = 200'000;

TEST(Scale, AnAccountWithItsCardAndTheirIndexesTakesAtMost256Bytes) {
  const double first = measure_table_bytes(kAccounts);
  const double again = measure_table_bytes(kAccounts);
  // Two slots of a cache line each, and two index entries of nine bytes at the least.
  EXPECT_GE(again, 2 * 64 + 2 * 9);
  EXPECT_LE(first, 256);
  EXPECT_LE(again, 256);
}

}  // namespace
}  // namespace holdfast::bench
