// The choice of how a log write becomes durable: by rule from figures, and the figures from a disk.
#include "persistence/write_method.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace holdfast::persistence {
namespace {

TEST(WriteMethodChoice, IsDsyncUnlessTheOtherIsClearlyFaster) {
  const auto better = [](std::uint64_t dsync_ns, std::uint64_t fdatasync_ns) {
    return better_method({.dsync_ns = dsync_ns, .fdatasync_ns = fdatasync_ns, .writes = 32});
  };
  EXPECT_EQ(better(100'000, 200'000), WriteMethod::dsync);
  EXPECT_EQ(better(100'000, 100'000), WriteMethod::dsync);
  EXPECT_EQ(better(100'000, 91'000), WriteMethod::dsync);
  EXPECT_EQ(better(100'000, 90'000), WriteMethod::write_then_fdatasync);
  EXPECT_EQ(better(100'000, 10'000), WriteMethod::write_then_fdatasync);
}

TEST(WriteMethodChoice, SaysWhichAndWhy) {
  EXPECT_EQ(text_of({.dsync_ns = 148'200, .fdatasync_ns = 121'000, .writes = 32}),
            "write, then linked fdatasync: 121 us against 148 us with RWF_DSYNC (medians of 32 "
            "writes)");
  EXPECT_EQ(text_of({.dsync_ns = 121'000, .fdatasync_ns = 148'000, .writes = 4}),
            "write with RWF_DSYNC: 121 us against 148 us with a linked fdatasync (medians of 4 "
            "writes)");
}

TEST(WriteMethodChoice, MeasuresBothAndLeavesNothing) {
  if (const auto ring = UringFileIo::make({}); !ring) {
    GTEST_SKIP() << "NOT TESTED: " << ring.error().text();
  }
  std::string parent = (std::filesystem::temp_directory_path() / "holdfast-wm-XXXXXX").string();
  ASSERT_NE(mkdtemp(parent.data()), nullptr);
  const std::string dir = parent + "/made/by/it";
  const auto figures = measure_write_methods(dir, 20'000'000);
  ASSERT_TRUE(figures.has_value()) << figures.error().text();
  EXPECT_GE(figures->writes, 4U);
  EXPECT_LE(figures->writes, 64U);
  EXPECT_GT(figures->dsync_ns, 0U);
  EXPECT_GT(figures->fdatasync_ns, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(dir));
  std::filesystem::remove_all(parent);
}

TEST(WriteMethodChoice, SaysWhereItCannot) {
  const auto figures = measure_write_methods("/proc/holdfast", 1'000'000);
  ASSERT_FALSE(figures.has_value());
  EXPECT_NE(figures.error().text().find("/proc/holdfast"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::persistence
