// Laying out a segment leaves most of the disk's time to the log, unless the log needs the segment.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "persistence/segment_preparer.h"

namespace holdfast::persistence {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1024 * 1024;

LayoutPace pace(std::uint64_t laid_bytes, std::uint64_t used_bytes) {
  return {.worked = 100us,
          .laid_bytes = laid_bytes,
          .used_bytes = used_bytes,
          .used_before_bytes = used_bytes - 4096};
}

TEST(LayoutRest, LeavesSevenEighthsOfTheTime) {
  EXPECT_EQ(layout_rest(pace(20 * kMiB, 10 * kMiB)), 700us);
  EXPECT_EQ(layout_rest(pace(60 * kMiB, 10 * kMiB)), 700us);
}

TEST(LayoutRest, NoneOnceTheSegmentInUseIsFurtherThanHalfOfWhatIsLaidOut) {
  EXPECT_EQ(layout_rest(pace(20 * kMiB, 10 * kMiB + 4096)), 0us);
  EXPECT_EQ(layout_rest(pace(0, 64 * kMiB)), 0us);
}

TEST(LayoutRest, NoneWhileNothingIsLogged) {
  LayoutPace idle = pace(20 * kMiB, 10 * kMiB);
  idle.used_before_bytes = idle.used_bytes;
  EXPECT_EQ(layout_rest(idle), 0us);
}

TEST(LayoutRest, WithAnotherSpareThereIsTime) {
  LayoutPace ahead = pace(0, 64 * kMiB);
  ahead.has_spare = true;
  EXPECT_EQ(layout_rest(ahead), 700us);
}

TEST(LayoutRest, ADiskThatStoodStillIsNotWaitedForLongTwice) {
  LayoutPace slow = pace(20 * kMiB, 10 * kMiB);
  slow.worked = 2s;
  EXPECT_EQ(layout_rest(slow), 5ms);
}

}  // namespace
}  // namespace holdfast::persistence
