#include "tools/text/amounts_text.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

Currency currency(const char* name) { return find_currency(std::string_view(name)).value(); }

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

TEST(Currencies, AreFoundByEitherCode) {
  EXPECT_EQ(currency("GBP").numeric, 826);
  EXPECT_EQ(currency("gbp").numeric, 826);
  EXPECT_EQ(currency("008").name(), "ALL");
  EXPECT_EQ(find_currency(CurrencyCode{203})->name(), "CZK");
  for (const char* text : {"", "GB", "GBPX", "ZZZ", "8", "000", "999", "G P", "XAU"}) {
    EXPECT_FALSE(find_currency(std::string_view(text))) << text;
  }
  EXPECT_EQ(currency_text(CurrencyCode{826}), "GBP");
  EXPECT_EQ(currency_text(CurrencyCode{959}), "959");
  EXPECT_EQ(currency_text(CurrencyCode{7}), "007");
}

TEST(Currencies, HaveTheStandardsExponents) {
  for (const char* name : {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF",
                           "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"}) {
    EXPECT_EQ(currency(name).exponent, 0) << name;
  }
  for (const char* name : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}) {
    EXPECT_EQ(currency(name).exponent, 3) << name;
  }
  EXPECT_EQ(currency("CLF").exponent, 4);
  EXPECT_EQ(currency("UYW").exponent, 4);
  std::size_t two_places = 0;
  for (const Currency& row : currencies()) two_places += row.exponent == 2 ? 1 : 0;
  EXPECT_EQ(two_places, currencies().size() - 17 - 7 - 2);
}

TEST(AmountsText, MajorUnitsBecomeMinorOnes) {
  EXPECT_EQ(parse_major_amount("25.00", currency("GBP")), Money{2500});
  EXPECT_EQ(parse_major_amount("25", currency("GBP")), Money{2500});
  EXPECT_EQ(parse_major_amount("0.5", currency("GBP")), Money{50});
  EXPECT_EQ(parse_major_amount("0.05", currency("GBP")), Money{5});
  EXPECT_EQ(parse_major_amount("000.10", currency("GBP")), Money{10});
  EXPECT_EQ(parse_major_amount("25", currency("JPY")), Money{25});
  EXPECT_EQ(parse_major_amount("1.234", currency("KWD")), Money{1234});
  EXPECT_EQ(parse_major_amount("1.2345", currency("CLF")), Money{12345});
  EXPECT_EQ(parse_major_amount("0", currency("GBP")), Money{0});
}

TEST(AmountsText, NothingIsRounded) {
  EXPECT_EQ(
      parse_major_amount("25.005", currency("GBP")).error(),
      "'25.005' has 3 decimal places, but GBP has 2: nothing is rounded; write such as 25.00");
  EXPECT_EQ(parse_major_amount("25.0", currency("JPY")).error(),
            "'25.0' has 1 decimal places, but JPY has 0: nothing is rounded; write such as 25");
}

TEST(AmountsText, TheLargestFitsAndOneMoreDoesNot) {
  EXPECT_EQ(parse_major_amount("92233720368547758.07", currency("GBP")), Money{kMost});
  EXPECT_EQ(parse_major_amount("9223372036854775807", currency("JPY")), Money{kMost});
  EXPECT_EQ(
      parse_major_amount("92233720368547758.08", currency("GBP")).error(),
      "'92233720368547758.08' is too large: the largest amount in GBP is 92233720368547758.07");
  EXPECT_FALSE(parse_major_amount("92233720368547759", currency("GBP")));
  EXPECT_FALSE(parse_major_amount("9223372036854775808", currency("JPY")));
  EXPECT_FALSE(parse_major_amount("99999999999999999999999999999999999999", currency("KWD")));
}

TEST(AmountsText, WhatIsNoAmountIsNamedInTheError) {
  for (const char* text : {"", ".", "25.", ".5", "-25.00", "+25", "1,000.00", "1 000", "25.0.0",
                           "1e3", "0x10", "25 GBP", "nan", "inf"}) {
    const auto amount = parse_major_amount(text, currency("GBP"));
    ASSERT_FALSE(amount) << text;
    EXPECT_EQ(amount.error().find(fmt::format("'{}' is not an amount in GBP", text)), 0u)
        << amount.error();
  }
}

TEST(AmountsText, MinorUnitsAreWholeNumbers) {
  EXPECT_EQ(parse_minor_amount("2500"), Money{2500});
  EXPECT_EQ(parse_minor_amount("9223372036854775807"), Money{kMost});
  EXPECT_EQ(parse_minor_amount("9223372036854775808").error(),
            "'9223372036854775808' is not an amount in minor units: the largest is "
            "9223372036854775807");
  EXPECT_FALSE(parse_minor_amount("25.00"));
  EXPECT_FALSE(parse_minor_amount("-1"));
}

TEST(AmountsText, PrintsWithItsCurrency) {
  EXPECT_EQ(amount_text(Money{2500}, CurrencyCode{826}), "25.00 GBP");
  EXPECT_EQ(amount_text(Money{-544'660}, CurrencyCode{203}), "-5446.60 CZK");
  EXPECT_EQ(amount_text(Money{-5}, CurrencyCode{826}), "-0.05 GBP");
  EXPECT_EQ(amount_text(Money{0}, CurrencyCode{414}), "0.000 KWD");
  EXPECT_EQ(amount_text(Money{0}, CurrencyCode{392}), "0 JPY");
  EXPECT_EQ(amount_text(Money{kLeast}, CurrencyCode{826}), "-92233720368547758.08 GBP");
  EXPECT_EQ(amount_text(Money{7}, CurrencyCode{959}), "7 minor units of 959");
  EXPECT_EQ(amount_text(Money{7}, CurrencyCode{}), "7 minor units");
}

TEST(AmountsText, WhatIsPrintedParsesBackInEveryCurrency) {
  std::mt19937_64 random(4217);
  for (const Currency& row : currencies()) {
    for (int round = 0; round < 200; ++round) {
      const Money amount{static_cast<std::int64_t>((random() >> 1) >> (random() % 63))};
      const std::string text = major_units_text(amount, row.exponent);
      EXPECT_EQ(parse_major_amount(text, row), amount) << text << ' ' << row.name();
    }
  }
}

TEST(TimesText, IsUtcToTheNanosecond) {
  EXPECT_EQ(time_text({0}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(time_text({951'782'399'999'999'999}), "2000-02-28T23:59:59.999999999Z");
  EXPECT_EQ(time_text({951'782'400'000'000'000}), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(time_text({std::numeric_limits<std::uint64_t>::max()}),
            "2554-07-21T23:34:33.709551615Z");
}

TEST(TimesText, DurationsTakeTheUnitThatReadsBest) {
  EXPECT_EQ(seconds_text(0), "0 s");
  EXPECT_EQ(seconds_text(604'800), "7 d");
  EXPECT_EQ(seconds_text(604'799), "6 d 23 h");
  EXPECT_EQ(seconds_text(5'400), "1 h 30 min");
  EXPECT_EQ(seconds_text(86'401), "1 d");
  EXPECT_EQ(duration_text(412), "412 ns");
  EXPECT_EQ(duration_text(18'300), "18.3 us");
  EXPECT_EQ(duration_text(2'410'000), "2.41 ms");
  EXPECT_EQ(duration_text(1'200'000'000), "1.20 s");
  EXPECT_EQ(duration_text(150 * kNsPerSecond), "2 min 30 s");
}

TEST(TimesText, SizesAndCounts) {
  EXPECT_EQ(bytes_text(0), "0 B");
  EXPECT_EQ(bytes_text(1023), "1023 B");
  EXPECT_EQ(bytes_text(4096), "4.0 KiB");
  EXPECT_EQ(bytes_text(64ULL << 20), "64.0 MiB");
  EXPECT_EQ(bytes_text(std::numeric_limits<std::uint64_t>::max()), "16777216.0 TiB");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1'000), "1,000");
  EXPECT_EQ(count_text(49'102'000), "49,102,000");
}

}  // namespace
}  // namespace holdfast::tools
