// SimBytes is a vector of bytes whose copies cost nothing: so it must act like one, and a copy must
// not see what is written to the other.
#include "persistence/testing/sim_bytes.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/model/random_source.h"

namespace holdfast::persistence {
namespace {

constexpr std::size_t kBytesMax = 100'000;  // several pages

struct Pair {
  SimBytes bytes;
  std::vector<std::byte> plain;
};

std::vector<std::byte> draw_piece(model::RandomSource& random) {
  std::vector<std::byte> piece(1 + random.below(random.per_mille(500) ? 600 : 40'000));
  if (random.per_mille(700)) {
    for (std::byte& b : piece) b = static_cast<std::byte>(random.below(256));
  }
  return piece;  // else zeroes
}

void change(Pair& pair, model::RandomSource& random) {
  if (random.per_mille(200)) {
    const std::size_t size = random.below(kBytesMax);
    pair.bytes.resize(size);
    pair.plain.resize(size);
    return;
  }
  const std::vector<std::byte> piece = draw_piece(random);
  const std::size_t offset = random.below(kBytesMax);
  pair.bytes.write(offset, piece);
  if (pair.plain.size() < offset + piece.size()) pair.plain.resize(offset + piece.size());
  std::copy(piece.begin(), piece.end(), pair.plain.begin() + static_cast<std::ptrdiff_t>(offset));
}

TEST(SimBytes, ActsLikeAVectorAndItsCopiesAreTheirOwn) {
  model::RandomSource random(7);
  std::vector<Pair> pairs(3);
  for (int step = 0; step < 2'000; ++step) {
    if (random.per_mille(100)) {
      pairs[random.below(pairs.size())] = Pair(pairs[random.below(pairs.size())]);
    }
    change(pairs[random.below(pairs.size())], random);
    for (const Pair& pair : pairs) {
      ASSERT_EQ(pair.bytes.size(), pair.plain.size()) << "step " << step;
      ASSERT_EQ(pair.bytes.copy(0, pair.bytes.size()), pair.plain) << "step " << step;
    }
    const Pair& one = pairs[random.below(pairs.size())];
    const std::size_t offset = random.below(kBytesMax);
    const std::vector<std::byte> read = one.bytes.copy(offset, 5'000);
    const std::size_t end = std::min(one.plain.size(), offset + 5'000);
    const auto from = one.plain.begin() + static_cast<std::ptrdiff_t>(std::min(offset, end));
    ASSERT_EQ(read,
              std::vector<std::byte>(from, one.plain.begin() + static_cast<std::ptrdiff_t>(end)));
  }
}

TEST(SimBytes, ReadsNothingBehindItsEnd) {
  SimBytes bytes;
  EXPECT_TRUE(bytes.copy(0, 10).empty());
  bytes.resize(10);
  EXPECT_TRUE(bytes.copy(10, 1).empty());
  EXPECT_EQ(bytes.copy(4, 100), std::vector<std::byte>(6));
}

}  // namespace
}  // namespace holdfast::persistence
