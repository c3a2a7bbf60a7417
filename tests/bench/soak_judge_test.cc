// What a soak's samples say: a leak, a rising tail and growing files are found, noise is not.
#include "bench/soak/soak_judge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "bench/load/random.h"
#include "bench/soak/soak.h"

namespace holdfast::bench {
namespace {

constexpr double kFromS = 30;

/// Two and a half minutes of a steady server with some noise, five seconds a sample.
std::vector<SoakSample> steady() {
  std::vector<SoakSample> samples;
  Random random(5);
  for (int i = 1; i <= 30; ++i) {
    SoakSample sample;
    sample.at_s = 5.0 * i;
    // The warm-up fills tables: it must not count.
    const double filling = sample.at_s < kFromS ? sample.at_s / kFromS : 1.0;
    sample.resident_bytes = static_cast<std::uint64_t>(4e9 * filling) + random.below(8 << 20);
    sample.p999_ns = 3'000'000 + random.below(1'500'000);
    sample.open_files = 40 + random.below(2);
    sample.files = 30 + random.below(4);
    // The log grows for three samples, then a snapshot lets it go.
    const auto part = static_cast<std::uint64_t>(i % 3);
    sample.directory_bytes = 600'000'000 + 200'000'000 * part + random.below(20'000'000);
    sample.snapshots = static_cast<std::uint64_t>(i / 3);
    samples.push_back(sample);
  }
  return samples;
}

TEST(SoakJudge, ASteadyServerIsFlat) {
  const SoakJudgement judgement = judge_soak(steady(), kFromS);
  EXPECT_EQ(judgement.samples, 25u);
  EXPECT_EQ(judgement.memory_flat, true);
  EXPECT_EQ(judgement.p999_flat, true);
  EXPECT_EQ(judgement.files_flat, true);
  EXPECT_TRUE(judgement.all_flat());
}

TEST(SoakJudge, ALeakIsFoundWithItsSlope) {
  auto samples = steady();
  for (SoakSample& sample : samples) {
    sample.resident_bytes += static_cast<std::uint64_t>(sample.at_s * 2e6);  // 2 MB a second
  }
  const SoakJudgement judgement = judge_soak(samples, kFromS);
  EXPECT_EQ(judgement.memory_flat, false);
  EXPECT_NEAR(judgement.memory_slope_bytes_per_hour, 2e6 * 3600, 1e9);
  EXPECT_FALSE(judgement.all_flat());
}

TEST(SoakJudge, ARisingTailIsFoundAndOneStallIsNot) {
  auto samples = steady();
  samples[20].p999_ns = 900'000'000;
  EXPECT_EQ(judge_soak(samples, kFromS).p999_flat, true);
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i].p999_ns += 400'000 * i;
  EXPECT_EQ(judge_soak(samples, kFromS).p999_flat, false);
}

TEST(SoakJudge, FilesLeftBehindAreFound) {
  auto more_files = steady();
  for (std::size_t i = 0; i < more_files.size(); ++i) more_files[i].files += 2 * i;
  EXPECT_EQ(judge_soak(more_files, kFromS).files_flat, false);
  auto open = steady();
  for (std::size_t i = 0; i < open.size(); ++i) open[i].open_files += i;
  EXPECT_EQ(judge_soak(open, kFromS).files_flat, false);
  auto without_snapshots = steady();
  for (SoakSample& sample : without_snapshots) sample.snapshots = 1;
  EXPECT_FALSE(judge_soak(without_snapshots, kFromS).files_flat.has_value());
  auto larger = steady();
  for (std::size_t i = 0; i < larger.size(); ++i) larger[i].directory_bytes += 60'000'000 * i;
  EXPECT_EQ(judge_soak(larger, kFromS).files_flat, false);
}

TEST(SoakJudge, TooFewSamplesAreNotJudged) {
  auto samples = steady();
  samples.resize(12);
  const SoakJudgement judgement = judge_soak(samples, kFromS);
  EXPECT_EQ(judgement.samples, 7u);
  EXPECT_FALSE(judgement.memory_flat.has_value());
  EXPECT_FALSE(judgement.p999_flat.has_value());
  EXPECT_FALSE(judgement.files_flat.has_value());
}

TEST(TheilSen, IsTheSlopeAndOddPointsDoNotMoveIt) {
  const std::vector<double> x = {0, 1, 2, 3, 4, 5, 6};
  const std::vector<double> y = {1, 3, 5, 1000, 9, 11, 13};
  EXPECT_DOUBLE_EQ(theil_sen_slope(x, y), 2.0);
  EXPECT_DOUBLE_EQ(theil_sen_slope({}, {}), 0.0);
}

TEST(SoakOptions, ContradictionsAreNamed) {
  SoakOptions options;
  EXPECT_EQ(options.check(), "");
  options.duration_s = 20;
  EXPECT_NE(options.check().find("leaves nothing to judge"), std::string::npos);
  options = {};
  options.percent = 0;
  EXPECT_NE(options.check().find("--percent"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::bench
