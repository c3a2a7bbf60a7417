#include "tools/text/bytes_option.h"

#include <gtest/gtest.h>

namespace holdfast::tools {
namespace {

TEST(Bytes, HaveAUnitOrNone) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("67108864"), 67'108'864U);
  EXPECT_EQ(parse_bytes("12b"), 12U);
  EXPECT_EQ(parse_bytes("64mb"), 64U << 20);
  EXPECT_EQ(parse_bytes("64MiB"), 64U << 20);
  EXPECT_EQ(parse_bytes("3K"), 3U << 10);
  EXPECT_EQ(parse_bytes("4G"), std::uint64_t{4} << 30);
  EXPECT_EQ(parse_bytes("2tb"), std::uint64_t{2} << 40);
  EXPECT_EQ(parse_bytes("18446744073709551615"), ~std::uint64_t{0});
}

TEST(Bytes, AreNothingElse) {
  // A parser that takes -1 for 2^64 - 1 would be a snapshot that is never taken.
  for (const char* text : {"", "-1", "+1", "mb", "64 mb", "64x", "64mbb", "1.5g", "0x40", "64m1",
                           "18446744073709551616", "99999999999999gb"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

}  // namespace
}  // namespace holdfast::tools
