// Rates: exact in both directions, whatever the exponents of the currencies.
#include "tools/text/rates_text.h"

#include <gtest/gtest.h>

namespace holdfast::tools {
namespace {

Currency currency(std::string_view code) { return *find_currency(code); }

MinorRate rate(std::string_view text, std::string_view from, std::string_view to) {
  const auto parsed = parse_major_rate(text, currency(from), currency(to));
  EXPECT_TRUE(parsed) << text << ": " << parsed.error();
  return parsed.value_or(MinorRate{});
}

std::string error(std::string_view text, std::string_view from, std::string_view to) {
  const auto parsed = parse_major_rate(text, currency(from), currency(to));
  return parsed ? "" : parsed.error();
}

TEST(Rates, BecomeMinorUnits) {
  EXPECT_EQ(rate("0.8534", "EUR", "GBP"), (MinorRate{8534, 4}));
  EXPECT_EQ(rate("1", "EUR", "GBP"), (MinorRate{1, 0}));
  EXPECT_EQ(rate("25.50", "EUR", "CZK"), (MinorRate{255, 1}));  // the least scale
  // 1 JPY = 0.0052 GBP: one yen is 0.52 pence.
  EXPECT_EQ(rate("0.0052", "JPY", "GBP"), (MinorRate{52, 2}));
  // 1 GBP = 191.5 JPY: one penny is 1.915 yen.
  EXPECT_EQ(rate("191.5", "GBP", "JPY"), (MinorRate{1915, 3}));
  // 1 JPY = 2 KWD, thousandths: one yen is 2,000 fils.
  EXPECT_EQ(rate("2", "JPY", "KWD"), (MinorRate{2000, 0}));
  EXPECT_EQ(rate("3.25", "KWD", "GBP"), (MinorRate{325, 3}));
  EXPECT_EQ(rate("9223372036854775807", "EUR", "GBP"), (MinorRate{9'223'372'036'854'775'807, 0}));
  EXPECT_EQ(rate("0.000000000000000001", "EUR", "GBP"), (MinorRate{1, 18}));
}

TEST(Rates, ThatCannotBeKeptExactlyAreRefused) {
  EXPECT_NE(error("0.0000000000000000001", "EUR", "GBP").find("19 decimal places"),
            std::string::npos);
  // Sixteen places are fine between equal exponents, and 19 from fils to yen.
  EXPECT_EQ(rate("0.0000000000000001", "EUR", "GBP"), (MinorRate{1, 16}));
  EXPECT_NE(error("0.0000000000000001", "KWD", "JPY").find("19 decimal places"),
            std::string::npos);
  EXPECT_NE(error("9223372036854775808", "EUR", "GBP").find("do not fit 63 bits"),
            std::string::npos);
  EXPECT_NE(error("92233720368547758.07", "JPY", "KWD").find("do not fit"), std::string::npos);
}

TEST(Rates, AreDigitsWithAPoint) {
  for (const char* text : {"", ".5", "5.", "-1", "+1", "1e3", "1,5", "0.8.5", " 1", "nan"}) {
    EXPECT_NE(error(text, "EUR", "GBP").find("is not a rate"), std::string::npos) << text;
  }
  for (const char* text : {"0", "0.000", "00"}) {
    EXPECT_NE(error(text, "EUR", "GBP").find("it is zero"), std::string::npos) << text;
  }
}

TEST(Rates, AreWrittenAsTheyWereRead) {
  const char* pairs[][2] = {{"EUR", "GBP"}, {"JPY", "GBP"}, {"GBP", "JPY"}, {"KWD", "JPY"},
                            {"JPY", "KWD"}, {"KWD", "GBP"}};
  for (const auto& [from, to] : pairs) {
    for (const char* text : {"0.8534", "1", "191.5", "0.0052", "120", "1000000", "0.01"}) {
      EXPECT_EQ(major_rate_text(rate(text, from, to), currency(from).code(), currency(to).code()),
                text)
          << from << " to " << to;
    }
  }
  // Gold has no minor unit: the rate is told as it is kept.
  EXPECT_EQ(major_rate_text({1234, 2}, CurrencyCode{959}, CurrencyCode{960}), "12.34");
}

}  // namespace
}  // namespace holdfast::tools
