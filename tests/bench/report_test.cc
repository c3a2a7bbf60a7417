// Reports: what they are made of, the page, and what changed between two.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/page/charts.h"
#include "bench/page/compare.h"
#include "bench/page/report_data.h"
#include "bench/page/page_text.h"
#include "bench/page/report_page.h"

namespace holdfast::bench {
namespace {

Json run_json(double rate_per_s, double p99_us) {
  return {{"throughput_per_s", rate_per_s},
          {"latency_us", {{"p50", 10.0}, {"p99", p99_us}, {"p999", 2 * p99_us}}},
          {"settings", {{"connections", 4}, {"in_flight", 8}, {"accounts", 1000},
                        {"mix", {{"authorize", 100}, {"capture", 0}}}}}};
}

Json report_of(const std::vector<double>& rates, double p99_us = 100) {
  Json report = new_report();
  for (const double rate : rates) {
    EXPECT_TRUE(add_to_report(report, run_json(rate, p99_us), "run.json"));
  }
  return report;
}

const ComparedFigure& find(const Comparison& comparison, const std::string& ending) {
  for (const ComparedFigure& figure : comparison.figures) {
    if (figure.name.ends_with(ending)) return figure;
  }
  ADD_FAILURE() << "no figure " << ending;
  return comparison.figures.front();
}

TEST(MannWhitneyTest, CountsTheOrdersThatAreAsExtreme) {
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}), 2.0 / 252, 1e-12);
  EXPECT_NEAR(mann_whitney_p({6, 7, 8, 9, 10}, {1, 2, 3, 4, 5}), 2.0 / 252, 1e-12);
  EXPECT_NEAR(mann_whitney_p({1, 2, 3}, {4, 5, 6}), 0.1, 1e-12);
  // One pair the other way: two orders of 252 a side (u = 0 and u = 1).
  EXPECT_NEAR(mann_whitney_p({1, 2, 3, 4, 6}, {5, 7, 8, 9, 10}), 4.0 / 252, 1e-12);
  EXPECT_DOUBLE_EQ(mann_whitney_p({1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}), 1);
  EXPECT_DOUBLE_EQ(mann_whitney_p({}, {1}), 1);
}

TEST(CompareTest, WhatIsApartIsBeyondNoiseAndWhatOverlapsIsNot) {
  const Json a = report_of({100, 101, 99, 100, 102});
  EXPECT_EQ(find(compare_reports(a, report_of({90, 91, 89, 90, 92})), "throughput_per_s").verdict,
            Verdict::worse);
  EXPECT_EQ(
      find(compare_reports(a, report_of({110, 111, 109, 110, 112})), "throughput_per_s").verdict,
      Verdict::better);
  const Comparison same = compare_reports(a, report_of({101, 98, 103, 100, 99}));
  EXPECT_EQ(find(same, "throughput_per_s").verdict, Verdict::within_noise);
  EXPECT_FALSE(same.has_worse());
  EXPECT_EQ(find(same, "throughput_per_s").name,
            "run, closed loop, 4 x 8 in flight, 1,000 accounts, authorize only: throughput_per_s");
}

TEST(CompareTest, LowerLatencyIsBetterAndAWorseOneFailsOnlyWhenAsked) {
  const std::vector<double> rates{100, 101, 99, 100, 102};
  Json b = new_report();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(add_to_report(b, run_json(rates[static_cast<std::size_t>(i)], 200 + i), "b"));
  }
  Json a = new_report();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(add_to_report(a, run_json(rates[static_cast<std::size_t>(i)], 100 + i), "a"));
  }
  Comparison comparison = compare_reports(a, b);
  EXPECT_EQ(find(comparison, "latency_us p99").verdict, Verdict::worse);
  EXPECT_EQ(find(compare_reports(b, a), "latency_us p99").verdict, Verdict::better);
  EXPECT_TRUE(comparison.passed());
  comparison.fails_on_worse = true;
  EXPECT_FALSE(comparison.passed());
  EXPECT_NE(to_table(comparison).find("WORSE"), std::string::npos);
}

TEST(CompareTest, FewRunsSayNothing) {
  const Comparison few = compare_reports(report_of({100, 100}), report_of({50, 50}));
  EXPECT_EQ(find(few, "throughput_per_s").verdict, Verdict::too_few_runs);
  EXPECT_NE(to_table(few).find("too few runs"), std::string::npos);
  const Comparison one_sided = compare_reports(report_of({100}), new_report());
  EXPECT_EQ(find(one_sided, "throughput_per_s").verdict, Verdict::one_sided);
}

TEST(ReportDataTest, FilesAreKnownByWhatTheyHold) {
  EXPECT_EQ(part_of(run_json(1, 1)), "run");
  EXPECT_EQ(part_of({{"kind", "floor"}}), "floor");
  EXPECT_EQ(part_of({{"kind", "what"}}), "");
  Json report = new_report();
  const auto wrong = add_to_report(report, {{"x", 1}}, "x.json");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().find("x.json"), std::string::npos);
  ASSERT_TRUE(add_to_report(report, report_of({1, 2}), "two.json"));
  ASSERT_EQ(groups_of(report, "run").size(), 1U);
  EXPECT_EQ(groups_of(report, "run")[0].runs.size(), 2U);
  EXPECT_DOUBLE_EQ(groups_of(report, "run")[0].spread("/throughput_per_s").median, 1.5);
  EXPECT_DOUBLE_EQ(groups_of(report, "run")[0].typical("/throughput_per_s")["throughput_per_s"], 1);
}

TEST(ReportPageTest, TellsWhatIsThereAndNamesTheCommandForWhatIsNot) {
  Json report = report_of({123'456});
  report["missing"]["peers"] = "redis-server <is> not installed";
  const std::string page = report_page(report);
  EXPECT_NE(page.find("123 k/s"), std::string::npos);
  EXPECT_NE(page.find("holdfast-bench floor"), std::string::npos);
  EXPECT_NE(page.find("redis-server &lt;is&gt; not installed"), std::string::npos);
  for (const char* foreign : {"<script", "src=", "http://", "https://", "@import"}) {
    EXPECT_EQ(page.find(foreign), std::string::npos) << foreign;
  }
}

TEST(ReportPageTest, TellsWhatMemoryWasTouchedAheadAlsoOfAReportThatItRead) {
  Json read = report_of({1});
  read["memory_ahead_bytes"] = {{"sweep", std::uint64_t{6} << 30}};
  Json report = new_report();
  ASSERT_TRUE(add_to_report(report, read, "read.json"));
  const std::string page = report_page(report);
  EXPECT_NE(page.find("memory ahead: sweep"), std::string::npos);
  EXPECT_NE(page.find("6.00 GiB"), std::string::npos);
}

Json many_json(double to_one) {
  const auto spread = [](double median) { return Json{{"median", median}, {"runs", 3}}; };
  return {{"kind", "many"},
          {"per_s",
           {{"echo_one", spread(20'000)}, {"echo_many", spread(150'000)},
            {"echo_many_durable", spread(90'000)}, {"holdfast_one", spread(5'000)},
            {"holdfast_many", spread(5'000 * to_one)}}},
          {"ratios",
           {{"holdfast_many_to_one", spread(to_one)}, {"echo_many_to_one", spread(7.5)},
            {"holdfast_to_echo", spread(0.5)}, {"holdfast_to_echo_durable", spread(0.8)}}},
          {"settings", {{"connections", 64}}}};
}

TEST(ReportPageTest, TellsOfManyConnectionsAndComparesThem) {
  Json a = new_report(), b = new_report();
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(add_to_report(a, many_json(10 + 0.1 * i), "a.json"));
    ASSERT_TRUE(add_to_report(b, many_json(14 + 0.1 * i), "b.json"));
  }
  const std::string page = report_page(a);
  EXPECT_NE(page.find("of one connection, by 64"), std::string::npos);
  EXPECT_NE(page.find("Holdfast, 64 connections"), std::string::npos);
  EXPECT_NE(page.find("10.2x"), std::string::npos);
  EXPECT_EQ(find(compare_reports(a, b), "many, 64 connections: ratios holdfast_many_to_one median")
                .verdict,
            Verdict::better);
  EXPECT_NE(report_page(report_of({1})).find("holdfast-bench many --json FILE"), std::string::npos);
}

TEST(ReportPageTest, DrawsASweepWithItsPercentiles) {
  Json steps = Json::array();
  for (int percent = 10; percent <= 100; percent += 10) {
    const double us = 1000.0 / (101 - percent);
    steps.push_back({{"percent", percent},
                     {"offered_per_s", 1000.0 * percent},
                     {"achieved_per_s", 1000.0 * percent},
                     {"kept_up", percent < 100},
                     {"latency_us",
                      {{"p50", us}, {"p99", 2 * us}, {"p999", 3 * us},
                       {"distribution", {{0.5, us}, {0.25, 1.5 * us}, {0.125, 2 * us}}}}},
                     {"p99_to_unloaded_p50", 2.0}});
  }
  Json report = new_report();
  ASSERT_TRUE(add_to_report(report,
                            {{"saturation_per_s", 100'000.0},
                             {"unloaded_us", {{"p50", 9.0}}},
                             {"steps", steps},
                             {"half_of_saturation", steps[4]},
                             {"settings", Json::object()}},
                            "sweep.json"));
  const std::string page = report_page(report);
  EXPECT_NE(page.find("latency against throughput"), std::string::npos);
  EXPECT_NE(page.find("half of saturation"), std::string::npos);
  EXPECT_NE(page.find("did not keep up"), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("inf"), std::string::npos);
}

std::string plain(double value) { return std::to_string(static_cast<long>(value)); }

TEST(PageTextTest, AFactIsTextAlsoAListOfThem) {
  EXPECT_EQ(value_text("ext4"), "ext4");
  EXPECT_EQ(value_text(true), "yes");
  EXPECT_EQ(value_text(nullptr), "-");
  EXPECT_EQ(value_text(2), "2");
  EXPECT_EQ(value_text(nlohmann::ordered_json::parse("[0, 3]")), "0, 3");
}

TEST(ChartTest, AxesReachOverTheirValuesInRoundSteps) {
  const ChartAxis linear = axis_for("x", AxisScale::linear, {1, 950}, plain);
  EXPECT_EQ(linear.ticks.front().at, 0);
  EXPECT_EQ(linear.ticks.back().at, 1000);
  const ChartAxis wide = axis_for("y", AxisScale::logarithmic, {30, 450'000}, plain);
  EXPECT_EQ(wide.ticks.front().at, 10);
  EXPECT_EQ(wide.ticks.back().at, 1'000'000);
  const ChartAxis narrow = axis_for("y", AxisScale::logarithmic, {230, 1900}, plain);
  EXPECT_EQ(narrow.ticks.front().at, 200);
  EXPECT_EQ(narrow.ticks.back().at, 2000);
  EXPECT_GE(axis_for("y", AxisScale::logarithmic, {100}, plain).ticks.size(), 2U);
  EXPECT_GE(axis_for("x", AxisScale::linear, {}, plain).ticks.size(), 2U);
}

TEST(ChartTest, NoPointsNoChart) {
  const ChartAxis axis = axis_for("x", AxisScale::linear, {1}, plain);
  EXPECT_EQ(line_chart({{.name = "a", .points = {}}}, axis, axis, "nothing"), "");
  EXPECT_EQ(bar_chart({"a"}, {{.label = "row", .values = {0}, .texts = {"0"}}}, AxisScale::linear,
                      "nothing"), "");
}

}  // namespace
}  // namespace holdfast::bench
