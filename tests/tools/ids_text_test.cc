#include "tools/text/ids_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kMax64 = std::numeric_limits<std::uint64_t>::max();

TEST(IdsText, DecimalHexAndUuidNameTheSameId) {
  const AccountId expected{.low = 42, .high = 0};
  EXPECT_EQ(parse_id128<AccountId>("42"), expected);
  EXPECT_EQ(parse_id128<AccountId>("0042"), expected);
  EXPECT_EQ(parse_id128<AccountId>("0x2a"), expected);
  EXPECT_EQ(parse_id128<AccountId>("0X2A"), expected);
  EXPECT_EQ(parse_id128<AccountId>("00000000-0000-0000-0000-00000000002A"), expected);
}

TEST(IdsText, UuidIsTheBigEndianNumberOfItsDigits) {
  const auto id = parse_id128<RequestId>("00112233-4455-6677-8899-aabbccddeeff");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->high, 0x0011223344556677u);
  EXPECT_EQ(id->low, 0x8899aabbccddeeffu);
  EXPECT_EQ(id_text(*id), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(parse_id128<RequestId>("0x00112233445566778899aabbccddeeff"), *id);
}

TEST(IdsText, SmallIdsPrintInDecimal) {
  EXPECT_EQ(id_text(AccountId{.low = 7, .high = 0}), "7");
  EXPECT_EQ(id_text(AccountId{.low = kMax64, .high = 0}), "18446744073709551615");
  EXPECT_EQ(id_text(AccountId{.low = 0, .high = 1}), "00000000-0000-0001-0000-000000000000");
  EXPECT_EQ(id_text(AuthorizationId{9}), "9");
}

TEST(IdsText, WhatIsPrintedParsesBack) {
  std::mt19937_64 random(20'260'901);
  for (int round = 0; round < 20'000; ++round) {
    // Shifts give ids of every length, so that both printed forms and their border are met.
    const auto shift = random() % 128;
    CardToken id{.low = random(), .high = random()};
    if (shift >= 64) {
      id.high = 0;
      id.low >>= shift - 64;
    } else {
      id.high >>= shift;
    }
    if (id.is_zero()) continue;
    EXPECT_EQ(parse_id128<CardToken>(id_text(id)), id) << id_text(id);
  }
}

TEST(IdsText, TheLargestFitsAndOneMoreDoesNot) {
  EXPECT_EQ(parse_id128<AccountId>("340282366920938463463374607431768211455"),
            (AccountId{.low = kMax64, .high = kMax64}));
  for (const char* text : {"340282366920938463463374607431768211456",
                           "999999999999999999999999999999999999999999999",
                           "0x100000000000000000000000000000000"}) {
    const auto id = parse_id128<AccountId>(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error(), fmt::format("'{}' is not an id: it does not fit 128 bits", text));
  }
}

TEST(IdsText, WhatIsNoIdIsNamedInTheError) {
  for (const char* text :
       {"", " 1", "1 ", "-1", "+1", "0x", "0x-1", "0x1-2", "12ab", "deadbeef", "1.0",
        "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeffa",
        "00112233-4455-6677-8899aabbccddeeff-", "0011223g-4455-6677-8899-aabbccddeeff"}) {
    const auto id = parse_id128<AccountId>(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().find(fmt::format("'{}' is not an id: write it in decimal", text)), 0u)
        << id.error();
  }
}

TEST(IdsText, ZeroIsRefusedInEveryForm) {
  for (const char* text : {"0", "0x0", "00000000-0000-0000-0000-000000000000"}) {
    const auto id = parse_id128<AccountId>(text);
    ASSERT_FALSE(id) << text;
    EXPECT_NE(id.error().find("zero stands for"), std::string::npos);
  }
}

TEST(IdsText, UnsignedHasItsRange) {
  EXPECT_EQ(parse_unsigned("9999", 9999, "a category"), 9999u);
  EXPECT_EQ(parse_unsigned("0xff", 255, "a byte"), 255u);
  EXPECT_EQ(parse_unsigned("18446744073709551615", kMax64, "a position"), kMax64);
  EXPECT_EQ(parse_unsigned("10000", 9999, "a category").error(),
            "'10000' is not a category: the largest is 9999");
  EXPECT_EQ(parse_unsigned("18446744073709551616", kMax64, "a position").error(),
            "'18446744073709551616' is not a position: the largest is 18446744073709551615");
  EXPECT_EQ(parse_unsigned("-3", 9, "a digit").error(),
            "'-3' is not a digit: write a whole number from 0 to 9");
}

TEST(IdsText, DigestIsThirtyTwoDigitsHighHalfFirst) {
  const StateDigest digest{.low = 0xfedcba9876543210, .high = 0x0123456789abcdef};
  EXPECT_EQ(digest_text(digest), "0123456789abcdeffedcba9876543210");
  EXPECT_EQ(parse_digest("0123456789abcdeffedcba9876543210"), digest);
  EXPECT_EQ(digest_text({}), "00000000000000000000000000000000");
  EXPECT_FALSE(parse_digest("0123456789abcdeffedcba987654321"));
  EXPECT_FALSE(parse_digest("0123456789abcdeffedcba987654321g"));
  EXPECT_FALSE(parse_digest("0123456789abcdef-edcba9876543210"));
}

}  // namespace
}  // namespace holdfast::tools
