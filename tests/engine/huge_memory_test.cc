// Memory that is touched ahead: it is zeroed, its own, and comes back.
#include "engine/huge_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

bool is_zero(const std::byte* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::byte b) { return b == std::byte{0}; });
}

struct Reserve : ::testing::Test {
  MemoryReserve& reserve = MemoryReserve::of_process();
  ~Reserve() override { reserve.keep_ahead(0); }
};

TEST_F(Reserve, GivesNothingUnlessItWasStarted) {
  EXPECT_EQ(reserve.take(kHugePageBytes), nullptr);
  const ChunkMemory chunk(kHugePageBytes, PageSize::huge);
  EXPECT_TRUE(is_zero(chunk.data(), kHugePageBytes));
  EXPECT_EQ(reserve.status().ready_bytes, 0U);
}

TEST_F(Reserve, KeepsChunksReadyAndMakesMoreOfThem) {
  reserve.keep_ahead(8 * kHugePageBytes);
  reserve.wait_until_ready();
  EXPECT_EQ(reserve.status().ready_bytes, 8 * kHugePageBytes);
  std::vector<ChunkMemory> chunks;
  std::set<const std::byte*> places;
  for (int i = 0; i < 20; ++i) {
    reserve.wait_until_ready();
    chunks.emplace_back(kHugePageBytes, PageSize::huge);
    EXPECT_TRUE(is_zero(chunks.back().data(), kHugePageBytes));
    std::memset(chunks.back().data(), 0xA5, kHugePageBytes);
    places.insert(chunks.back().data());
  }
  EXPECT_EQ(places.size(), 20U);
  EXPECT_EQ(reserve.status().taken, 20U);
  EXPECT_EQ(reserve.status().missed, 0U);
}

TEST_F(Reserve, HasAnyLengthReadyAndTellsWhatWasNot) {
  reserve.keep_ahead(8 * kHugePageBytes);
  reserve.wait_until_ready();
  std::vector<ChunkMemory> chunks;
  for (const std::size_t pages : {3, 1, 4}) {
    reserve.wait_until_ready();
    chunks.emplace_back(pages * kHugePageBytes, PageSize::huge);
    EXPECT_TRUE(is_zero(chunks.back().data(), pages * kHugePageBytes));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(chunks.back().data()) % kHugePageBytes, 0U);
    std::memset(chunks.back().data(), 0xA5, pages * kHugePageBytes);
  }
  EXPECT_EQ(reserve.status().missed, 0U);
  // More than is ready: it is there all the same, and counted.
  chunks.emplace_back(64 * kHugePageBytes, PageSize::huge);
  EXPECT_TRUE(is_zero(chunks.back().data(), 64 * kHugePageBytes));
  EXPECT_EQ(reserve.status().missed, 1U);
  reserve.wait_until_ready();
  EXPECT_GT(reserve.status().ready_bytes, 4 * kHugePageBytes);
}

TEST_F(Reserve, StartsAgainWhereItStopped) {
  for (int round = 0; round < 3; ++round) {
    reserve.keep_ahead(4 * kHugePageBytes);
    reserve.wait_until_ready();
    const ChunkMemory chunk(2 * kHugePageBytes, PageSize::huge);
    EXPECT_TRUE(is_zero(chunk.data(), 2 * kHugePageBytes));
    std::memset(chunk.data(), 0xA5, 2 * kHugePageBytes);
    reserve.keep_ahead(0);
  }
}

TEST_F(Reserve, GivesBackWhatIsReadyWhenItStops) {
  reserve.keep_ahead(4 * kHugePageBytes);
  reserve.wait_until_ready();
  reserve.keep_ahead(0);
  EXPECT_EQ(reserve.status().ready_bytes, 0U);
  EXPECT_EQ(reserve.take(kHugePageBytes), nullptr);
}

TEST_F(Reserve, IsStartedAndStoppedByAnyThread) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back([this, i] {
      for (std::size_t round = 0; round < 50; ++round) {
        reserve.keep_ahead((i + round) % 3 * kHugePageBytes);
        const ChunkMemory chunk(kHugePageBytes, PageSize::huge);
        EXPECT_TRUE(is_zero(chunk.data(), kHugePageBytes));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  reserve.keep_ahead(2 * kHugePageBytes);
  reserve.wait_until_ready();
  EXPECT_EQ(reserve.status().ready_bytes, 2 * kHugePageBytes);
}

TEST(IndexMemory, PiecesAreApartAndUsedAgain) {
  for (const std::size_t bytes : {64UL, 5'000UL, 100'000UL, 900'000UL, 3'000'000UL}) {
    std::vector<std::byte*> pieces;
    for (int i = 0; i < 12; ++i) {
      pieces.push_back(static_cast<std::byte*>(take_index_memory(bytes)));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(pieces.back()) % 64, 0U);
      std::memset(pieces.back(), i, bytes);
    }
    for (int i = 0; i < 12; ++i) {
      EXPECT_EQ(pieces[static_cast<std::size_t>(i)][0], static_cast<std::byte>(i));
      EXPECT_EQ(pieces[static_cast<std::size_t>(i)][bytes - 1], static_cast<std::byte>(i));
    }
    for (std::byte* piece : pieces) give_index_memory_back(piece, bytes);
  }
}

// As the shards of an index grow: each takes a larger piece and gives back its own.
TEST(IndexMemory, WhatSmallerPiecesLeaveServesLargerOnes) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "under the address sanitizer all of it comes from the heap";
#endif
  constexpr std::size_t kShards = 256;
  std::size_t bytes = 20'000;
  const auto take = [&bytes] { return static_cast<std::byte*>(take_index_memory(bytes)); };
  std::vector<std::byte*> pieces;
  for (std::size_t i = 0; i < kShards; ++i) pieces.push_back(take());
  std::set<std::uintptr_t> huge_pages;
  for (int doubled = 1; doubled <= 5; ++doubled) {
    for (std::byte*& piece : pieces) {
      bytes = std::size_t{20'000} << doubled;
      std::byte* const larger = take();
      std::memset(larger, 1, bytes);
      for (std::size_t at = 0; at < bytes; at += 4096) {
        huge_pages.insert(reinterpret_cast<std::uintptr_t>(larger + at) / kHugePageBytes);
      }
      give_index_memory_back(std::exchange(piece, larger), bytes / 2);
    }
  }
  for (std::byte* piece : pieces) give_index_memory_back(piece, bytes);
  // All lengths together are twice the last ones: so much it were if each kept to its own.
  EXPECT_LT(huge_pages.size() * kHugePageBytes, kShards * bytes * 8 / 5);
}

}  // namespace
}  // namespace holdfast
