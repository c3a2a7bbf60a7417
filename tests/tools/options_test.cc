#include "tools/cli/options.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <set>

#include "tools/cli/gateway.h"

namespace holdfast::tools {
namespace {

constexpr CurrencyCode kGbp{826};
constexpr CurrencyCode kJpy{392};
constexpr CurrencyCode kGold{959};

std::string failure_message(const AmountOption& option, CurrencyCode known) {
  try {
    static_cast<void>(resolve_amount(option, known));
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code, ExitCode::usage);
    return failure.message;
  }
  return "no failure";
}

TEST(Amounts, AreReadInTheCurrencyThatIsKnown) {
  EXPECT_EQ(resolve_amount({.major = "25.00", .minor = "", .currency = kGbp}, {}), Money{2500});
  EXPECT_EQ(resolve_amount({.major = "25.00", .minor = "", .currency = {}}, kGbp), Money{2500});
  EXPECT_EQ(resolve_amount({.major = "25", .minor = "", .currency = kJpy}, kJpy), Money{25});
  EXPECT_EQ(resolve_amount({.major = "", .minor = "2500", .currency = {}}, {}), Money{2500});
  EXPECT_EQ(resolve_amount({.major = "", .minor = "3", .currency = kGold}, {}), Money{3});
}

TEST(Amounts, ACurrencyIsNeverGuessed) {
  EXPECT_EQ(failure_message({.major = "25.00", .minor = "", .currency = {}}, {}),
            "the amount '25.00' is in major units, and its currency is not known");
  EXPECT_EQ(failure_message({.major = "25.00", .minor = "", .currency = kJpy}, kGbp),
            "the amount is given in JPY, but the account is in GBP");
  EXPECT_EQ(failure_message({.major = "", .minor = "25", .currency = kJpy}, kGbp),
            "the amount is given in JPY, but the account is in GBP");
  EXPECT_EQ(failure_message({.major = "25", .minor = "", .currency = kGold}, {}),
            "ISO 4217 has no minor unit for currency 959");
  EXPECT_EQ(failure_message({}, kGbp), "no amount is given");
}

TEST(Currencies, AreWrittenByLettersOrDigits) {
  EXPECT_EQ(parse_currency("GBP"), kGbp);
  EXPECT_EQ(parse_currency("gbp"), kGbp);
  EXPECT_EQ(parse_currency("826"), kGbp);
  EXPECT_EQ(parse_currency("959"), kGold);
  for (const char* text : {"", "GB", "pound", "000", "0", "82", "8260", "-26", "XXQ"}) {
    ASSERT_FALSE(parse_currency(text)) << text;
    EXPECT_NE(parse_currency(text).error().find("is not an ISO 4217 currency"), std::string::npos);
  }
}

TEST(Expiry, IsAMonth) {
  EXPECT_EQ(parse_expiry("2028-09"), ExpiryMonth{2809});
  EXPECT_EQ(parse_expiry("09/28"), ExpiryMonth{2809});
  EXPECT_EQ(parse_expiry("2000-01"), ExpiryMonth{1});
  EXPECT_EQ(parse_expiry("12/99"), ExpiryMonth{9912});
  EXPECT_EQ(parse_expiry("none"), ExpiryMonth{0});
  for (const char* text : {"", "2028-13", "2028-00", "1999-12", "2100-01", "28-09", "2028/09",
                           "13/28", "0/28", "2028-9", "20a8-09", "09/2a", "2028-09 ", "-1/28"}) {
    EXPECT_FALSE(parse_expiry(text)) << text;
  }
}

TEST(Period, TakesUnits) {
  EXPECT_EQ(parse_period_s("7d"), 604'800u);
  EXPECT_EQ(parse_period_s("12h"), 43'200u);
  EXPECT_EQ(parse_period_s("30min"), 1'800u);
  EXPECT_EQ(parse_period_s("45s"), 45u);
  EXPECT_EQ(parse_period_s("604800"), 604'800u);
  for (const char* text : {"", "d", "7w", "-1d", "1.5h", "4294967296", "49711d", "7 d"}) {
    EXPECT_FALSE(parse_period_s(text)) << text;
  }
}

TEST(ShortText, IsPrintableAndFits) {
  EXPECT_EQ(parse_short_text("CORNERSHOP", 15), "CORNERSHOP");
  EXPECT_EQ(parse_short_text("A", 1), "A");
  EXPECT_FALSE(parse_short_text("", 15));
  EXPECT_FALSE(parse_short_text("0123456789abcdef", 15));
  EXPECT_FALSE(parse_short_text("caf\xc3\xa9", 15));
  EXPECT_FALSE(parse_short_text("a\nb", 15));
}

TEST(Endpoint, IsHostAndPort) {
  const auto plain = parse_endpoint("10.0.0.7:7420");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "10.0.0.7");
  EXPECT_EQ(plain->port, 7420);
  EXPECT_EQ(parse_endpoint("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_endpoint("localhost:65535")->port, 65'535);
  for (const char* text : {"", "localhost", ":7420", "::1:7420", "a:0", "a:65536", "a:b", "a:-1",
                           "a:", "[]:1"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().find(fmt::format("'{}' is not HOST:PORT", text)), 0u);
  }
  EXPECT_TRUE(parse_endpoint(kDefaultEndpoint));
}

TEST(RequestIds, AreRandomVersion4Uuids) {
  std::set<std::string> seen;
  for (int round = 0; round < 1000; ++round) {
    const std::string text = id_text(draw_request_id());
    ASSERT_EQ(text.size(), 36u) << text;
    EXPECT_EQ(text[14], '4') << text;
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos) << text;
    EXPECT_TRUE(seen.insert(text).second) << text;
  }
}

TEST(Failures, AnUnknownOutcomeNamesTheRequestToRetry) {
  using Kind = net::ClientError::Kind;
  const RequestId id{.low = 7, .high = 0};
  for (const Kind kind : {Kind::connection_lost, Kind::timeout}) {
    const Failure failure = failure_of({.kind = kind, .message = "m"}, id);
    EXPECT_EQ(failure.code, ExitCode::unavailable);
    EXPECT_EQ(failure.request_id, "7");
    EXPECT_NE(failure.advice.find("--request-id 7"), std::string::npos) << failure.advice;
    const Failure inquiry = failure_of({.kind = kind, .message = "m"}, {});
    EXPECT_EQ(inquiry.request_id, "");
    EXPECT_NE(inquiry.advice.find("Nothing was changed"), std::string::npos) << inquiry.advice;
  }
}

TEST(Failures, EachKindHasItsExitCode) {
  using Kind = net::ClientError::Kind;
  const RequestId id{.low = 7, .high = 0};
  EXPECT_EQ(failure_of({.kind = Kind::connect, .message = "m"}, {}).code, ExitCode::unavailable);
  EXPECT_EQ(failure_of({.kind = Kind::protocol, .message = "m"}, id).code, ExitCode::protocol);
  const Failure rejected = failure_of({.kind = Kind::rejected, .message = "m"}, id);
  EXPECT_EQ(rejected.code, ExitCode::rejected);
  EXPECT_EQ(rejected.request_id, "");
}

}  // namespace
}  // namespace holdfast::tools
