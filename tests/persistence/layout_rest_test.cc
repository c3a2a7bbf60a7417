// Laying out a segment leaves most of the disk's time to the log, unless the log needs the segment.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "persistence/segment_preparer.h"

namespace holdfast::persistence {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(LayoutRest, LeavesSevenEighthsOfTheTime) {
  EXPECT_EQ(layout_rest({.worked = 100us, .laid_bytes = 0, .used_bytes = 0}), 700us);
  EXPECT_EQ(layout_rest({.worked = 100us, .laid_bytes = 20 * kMiB, .used_bytes = 10 * kMiB}),
            700us);
}

TEST(LayoutRest, NoneOnceTheSegmentInUseIsFurtherThanHalfOfWhatIsLaidOut) {
  EXPECT_EQ(layout_rest({.worked = 100us, .laid_bytes = 20 * kMiB, .used_bytes = 10 * kMiB + 4096}),
            0us);
  EXPECT_EQ(layout_rest({.worked = 100us, .laid_bytes = 0, .used_bytes = 64 * kMiB}), 0us);
}

TEST(LayoutRest, WithAnotherSpareThereIsTime) {
  EXPECT_EQ(layout_rest({.worked = 100us, .laid_bytes = 0, .used_bytes = 64 * kMiB,
                         .has_spare = true}),
            700us);
}

TEST(LayoutRest, ADiskThatStoodStillIsNotWaitedForLongTwice) {
  EXPECT_EQ(layout_rest({.worked = 2s, .laid_bytes = 0, .used_bytes = 0}), 5ms);
}

}  // namespace
}  // namespace holdfast::persistence
