#include <gtest/gtest.h>

#include <set>

#include "bench/traces/merchant_codes.h"
#include "bench/traces/trace.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

const std::string kData = HOLDFAST_TEST_DATA;

class TracesTest : public TempDirTest {
 protected:
  std::string error_of(TraceKind kind, std::string text) {
    const auto trace = load_trace(kind, write_plain("bad.csv", text), {});
    EXPECT_FALSE(trace.has_value()) << "accepted: " << text;
    return trace ? "" : trace.error();
  }
};

void expect_ids_distinct(const Trace& trace) {
  std::set<RequestId> ids;
  std::size_t commands = 0;
  const auto add = [&](const Command& command) {
    EXPECT_FALSE(command.request_id.is_zero());
    ids.insert(command.request_id);
    ++commands;
  };
  for (const Command& command : trace.setup) add(command);
  for (const TraceRow& row : trace.rows) {
    add(row.first);
    if (row.captures) add(capture_of(trace, row));
  }
  EXPECT_EQ(ids.size(), commands);
}

TEST_F(TracesTest, BerkaSmallBecomesTransfersAndCapturedAuthorizations) {
  const auto trace = load_trace(TraceKind::berka, kData + "/berka-small.csv", {});
  ASSERT_TRUE(trace.has_value()) << trace.error();
  ASSERT_EQ(trace->rows.size(), 8u);
  EXPECT_EQ(trace->customers.size(), 3u);
  EXPECT_EQ(trace->currency.numeric, 203);
  EXPECT_EQ(trace->setup.size(), 2u + 2u * 3u);
  EXPECT_EQ(trace->setup[0].create_account.flags, kAccountMayGoNegative);
  EXPECT_EQ(trace->setup[2].create_account.credit_limit.minor, 1'000'000);
  EXPECT_EQ(trace->setup[2].create_account.account.low, 7u);
  expect_ids_distinct(*trace);

  const TraceRow& credit = trace->rows[1];
  EXPECT_EQ(credit.first.kind, CommandKind::transfer);
  EXPECT_FALSE(credit.captures);
  EXPECT_EQ(credit.first.transfer.debit, trace->funding);
  EXPECT_EQ(credit.first.transfer.credit.low, 9u);
  EXPECT_EQ(credit.first.transfer.amount.minor, 100'000);

  const TraceRow& card_debit = trace->rows[4];
  EXPECT_EQ(card_debit.first.kind, CommandKind::authorize);
  EXPECT_TRUE(card_debit.captures);
  EXPECT_EQ(card_debit.first.authorize.mcc.code, 6011);
  EXPECT_EQ(card_debit.first.authorize.channel, Channel::atm);
  EXPECT_EQ(card_debit.balance_in_file.minor, 63'960);
  const Command capture = capture_of(*trace, card_debit);
  EXPECT_EQ(capture.capture.original_request, card_debit.first.request_id);
  EXPECT_EQ(capture.capture.amount.minor, 1'000);
  EXPECT_EQ(capture.capture.final, 1);
  EXPECT_EQ(capture.capture.settlement_account, trace->settlement);
}

TEST_F(TracesTest, PurchaseCardsSmallHasItsSumsAndSources) {
  TraceOptions options;
  options.mcc_file = kData + "/merchant-mcc-small.csv";
  const auto trace =
      load_trace(TraceKind::purchase_cards, kData + "/purchase-cards-small.csv", options);
  ASSERT_TRUE(trace.has_value()) << trace.error();
  EXPECT_EQ(trace->rows.size(), 6u);
  EXPECT_EQ(trace->customers.size(), 4u);  // one masked number in two directorates is two cards
  expect_ids_distinct(*trace);
  std::int64_t purchases = 0, refunds = 0;
  for (const TraceRow& row : trace->rows) {
    (row.captures ? purchases : refunds) +=
        row.captures ? row.first.authorize.amount.minor : row.first.refund.amount.minor;
  }
  EXPECT_EQ(purchases, 27'847);
  EXPECT_EQ(refunds, 1'354);
  EXPECT_EQ(trace->mcc_from_row, 1u);
  EXPECT_EQ(trace->mcc_imputed, 4u);
  EXPECT_EQ(trace->mcc_absent, 1u);
  EXPECT_EQ(trace->rows[1].first.authorize.mcc.code, 5541);
  EXPECT_EQ(trace->rows[2].first.refund.mcc.code, 5310);  // seen as often as 5411: the lower one
  EXPECT_EQ(trace->rows[4].first.authorize.mcc.code, 5499);

  options.impute_mcc = false;
  const auto bare =
      load_trace(TraceKind::purchase_cards, kData + "/purchase-cards-small.csv", options);
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->mcc_imputed, 0u);
  EXPECT_EQ(bare->mcc_absent, 5u);
}

TEST_F(TracesTest, CompressedFilesGiveTheSameCommands) {
  const std::string text = slurp(kData + "/berka-small.csv");
  const auto plain = load_trace(TraceKind::berka, kData + "/berka-small.csv", {});
  ASSERT_TRUE(plain.has_value());
  for (const auto& file : {write_gzip("t.csv.gz", text), write_zstd("t.csv.zst", text)}) {
    const auto packed = load_trace(TraceKind::berka, file, {});
    ASSERT_TRUE(packed.has_value()) << packed.error();
    ASSERT_EQ(packed->rows.size(), plain->rows.size());
    for (std::size_t i = 0; i < plain->rows.size(); ++i) {
      EXPECT_EQ(packed->rows[i].first.request_id, plain->rows[i].first.request_id);
    }
  }
}

TEST_F(TracesTest, ALongerFileRepeatsTheIdsOfItsBeginning) {
  const std::string text = slurp(kData + "/berka-small.csv");
  const std::string half = text.substr(0, text.find("\n5,") + 1);
  const auto whole = load_trace(TraceKind::berka, write_plain("whole.csv", text), {});
  const auto part = load_trace(TraceKind::berka, write_plain("part.csv", half), {});
  ASSERT_TRUE(whole && part);
  ASSERT_EQ(part->rows.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(part->rows[i].first.request_id, whole->rows[i].first.request_id);
  }
}

TEST_F(TracesTest, MalformedBerkaNamesFileAndLine) {
  const std::string header = slurp(kData + "/berka-small.csv").substr(0, 109);
  ASSERT_TRUE(header.ends_with('\n'));
  const std::string good = "1,1,7,1993-01-01,PRIJEM,VKLAD,100,100,,,\n";
  const std::pair<std::string, std::string> bad[] = {
      {"x,1,7,1993-01-01,PRIJEM,VKLAD,100,100,,,\n", "seq \"x\""},
      {"1,1,7,1993-01-01,PRIJEM,VKLAD,100,100,,,\n", "seq order"},
      {"2,1,0,1993-01-01,PRIJEM,VKLAD,100,100,,,\n", "account_id"},
      {"2,1,7,1993-01-01,PRIJEM,VKLAD,-5,100,,,\n", "amount_minor"},
      {"2,1,7,1993-01-01,PRIJEM,VKLAD,99999999999999999999,100,,,\n", "amount_minor"},
      {"2,1,7,1993-01-01,PRIJEM,VKLAD,100,1.5,,,\n", "balance_minor"},
      {"2,1,7,1993-01-01,VKLAD,VKLAD,100,100,,,\n", "type \"VKLAD\""},
      {"2,1,7,1993-01-01,PRIJEM,VKLAD,100\n", "7 fields"},
  };
  for (const auto& [line, what] : bad) {
    const std::string error = error_of(TraceKind::berka, header + good + line);
    EXPECT_NE(error.find("bad.csv:3: "), std::string::npos) << error;
    EXPECT_NE(error.find(what), std::string::npos) << error;
  }
  EXPECT_NE(error_of(TraceKind::berka, "").find("empty"), std::string::npos);
  EXPECT_NE(error_of(TraceKind::berka, "a,b\n").find(":1: "), std::string::npos);
}

TEST_F(TracesTest, MalformedPurchaseCardsNamesFileAndLine) {
  const std::string header =
      "row_id,trans_date,amount_minor,currency,merchant,mcc,card_masked,directorate\n";
  const std::pair<std::string, std::string> bad[] = {
      {"1,2014-04-01,0,GBP,m,,****1,d\n", "amount_minor"},
      {"1,2014-04-01,5,EUR,m,,****1,d\n", "currency \"EUR\""},
      {"1,2014-04-01,5,GBP,m,10000,****1,d\n", "mcc"},
      {"1,2014-04-01,5,GBP,m,,,d\n", "card_masked"},
      {"?,2014-04-01,5,GBP,m,,****1,d\n", "row_id"},
      {"1,2014-04-01,5,GBP,\"m,,****1,d\n", "quoted"},
  };
  for (const auto& [line, what] : bad) {
    const std::string error = error_of(TraceKind::purchase_cards, header + line);
    EXPECT_NE(error.find("bad.csv:2: "), std::string::npos) << error;
    EXPECT_NE(error.find(what), std::string::npos) << error;
  }
}

TEST(Merchants, NameToCardAcceptorIdIsStableAndFifteenCharacters) {
  const MerchantId a = merchant_from_name("bp snax 24 cofton 859");
  EXPECT_EQ(a.view().size(), 15u);
  EXPECT_EQ(a.view().substr(0, 7), "BPSNAX2");
  EXPECT_EQ(a, merchant_from_name("bp snax 24 cofton 859"));
  EXPECT_NE(a, merchant_from_name("bp snax 24 cofton 860"));
  EXPECT_EQ(merchant_from_name("").view().substr(0, 7), "0000000");
  EXPECT_EQ(merchant_letters("www.PCC.nhs.uk/eventma"), "www pcc nhs uk eventma");
  EXPECT_EQ(merchant_letters("24 hours! "), "hours");
}

TEST_F(TracesTest, RealBerkaHasItsKnownShape) {
  if (real_data(kData).empty()) {
    GTEST_SKIP() << "the real data sets are not here; set HOLDFAST_SHARED_DATA";
  }
  const auto trace = load_trace(TraceKind::berka, real_data(kData) + "/berka/trans.csv.gz", {});
  ASSERT_TRUE(trace.has_value()) << trace.error();
  EXPECT_EQ(trace->rows.size(), 49'102u);
  EXPECT_EQ(trace->customers.size(), 1'229u);
}

TEST_F(TracesTest, RealPurchaseCardsHaveTheirKnownShape) {
  if (real_data(kData).empty()) {
    GTEST_SKIP() << "the real data sets are not here; set HOLDFAST_SHARED_DATA";
  }
  const auto trace = load_trace(TraceKind::purchase_cards,
                                real_data(kData) + "/purchase_cards/transactions.csv.zst", {});
  ASSERT_TRUE(trace.has_value()) << trace.error();
  EXPECT_EQ(trace->rows.size(), 262'078u);
  EXPECT_EQ(trace->customers.size(), 3'782u);
  std::int64_t purchases = 0, refunds = 0;
  std::size_t refund_rows = 0;
  for (const TraceRow& row : trace->rows) {
    if (row.captures) {
      purchases += row.first.authorize.amount.minor;
    } else {
      refunds += row.first.refund.amount.minor;
      ++refund_rows;
    }
  }
  EXPECT_EQ(purchases, 4'375'443'942);
  EXPECT_EQ(refunds, 259'207'051);
  EXPECT_EQ(refund_rows, 7'581u);
  EXPECT_EQ(trace->mcc_from_row, 4'001u);
  EXPECT_EQ(trace->mcc_imputed, 119'413u);
}

TEST(RecordedTimes, RowsOfADayStandEvenlyAndTheOrderIsTheFiles) {
  EXPECT_EQ(parse_day("1970-01-02"), 1);
  EXPECT_EQ(parse_day("2000-02-29"), 11'016);
  for (const char* text : {"", "1993-02-29", "1993-1-01", "19930101", "1993-01-01 "}) {
    EXPECT_FALSE(parse_day(text).has_value()) << text;
  }
  constexpr std::uint64_t kHour = 3'600 * kNsPerSecond;
  std::vector<TraceRow> rows(5);
  const std::int32_t days[] = {10, 10, 12, 11, 13};  // the fourth is out of order
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].day = days[i];
  const auto times = recorded_times(rows);
  ASSERT_TRUE(times.has_value()) << times.error();
  EXPECT_EQ(*times,
            (std::vector<std::uint64_t>{0, 12 * kHour, 48 * kHour, 60 * kHour, 72 * kHour}));
  rows[3].day.reset();
  EXPECT_NE(recorded_times(rows).error().find("row 4"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::bench
