// The loop of a busy thread, with a clock, a processor and work held in hand; and the processors that
// a thread may use.
#include "engine/scheduling.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

constexpr std::uint64_t kSpin_ns = 20'000;

/// Each piece of work takes its time and has its result;
/// what the loop did besides is one letter each.
struct Piece {
  std::uint64_t takes_ns = 0;
  WorkResult result = WorkResult::worked;
};

class World {
 public:
  explicit World(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {}

  /// w: worked, -: found nothing, y: yielded, p: parked.
  std::string run(std::uint64_t spin_ns = kSpin_ns) {
    run_busy_thread(
        spin_ns,
        [this] {
          const Piece piece = next_ < pieces_.size() ? pieces_[next_] : Piece{0, WorkResult::over};
          ++next_;
          now_ns_ += piece.takes_ns;
          if (piece.result == WorkResult::worked) seen_ += 'w';
          if (piece.result == WorkResult::nothing_to_do) seen_ += '-';
          return piece.result;
        },
        [this] { return now_ns_; }, [this] { seen_ += 'p'; }, [this] { seen_ += 'y'; });
    return seen_;
  }
  [[nodiscard]] std::size_t pieces_asked() const { return next_; }

 private:
  std::vector<Piece> pieces_;
  std::size_t next_ = 0;
  std::uint64_t now_ns_ = 1'000'000'000;
  std::string seen_;
};

constexpr Piece worked(std::uint64_t takes_ns) { return {takes_ns, WorkResult::worked}; }
constexpr Piece nothing(std::uint64_t takes_ns) { return {takes_ns, WorkResult::nothing_to_do}; }

TEST(BusyThread, EndsWithTheWorkThatSaysSo) {
  World world({worked(10), {10, WorkResult::over}, worked(10)});
  EXPECT_EQ(world.run(), "w");
  EXPECT_EQ(world.pieces_asked(), 2U);
}

TEST(BusyThread, YieldsEachTimeItsTurnIsOver) {
  constexpr std::uint64_t kHalf = SharedTurns::kTurn_ns / 2;
  World world(
      {worked(kHalf), worked(kHalf - 1), worked(1), worked(kHalf), worked(kHalf), worked(1)});
  EXPECT_EQ(world.run(), "wwwywwyw");
}

TEST(BusyThread, YieldsAfterOneLongPieceOfWork) {
  World world({worked(10 * SharedTurns::kTurn_ns), worked(1)});
  EXPECT_EQ(world.run(), "wyw");
}

TEST(BusyThread, LooksForWorkForAWhileThenParks) {
  World world(
      {worked(1), nothing(kSpin_ns / 2), nothing(kSpin_ns / 2 - 1), nothing(1), nothing(1)});
  EXPECT_EQ(world.run(), "w-y-y-p-p");
}

TEST(BusyThread, LooksForWorkAnewAfterEachWork) {
  World world({nothing(kSpin_ns), worked(1), nothing(1), nothing(kSpin_ns - 2), nothing(1)});
  EXPECT_EQ(world.run(), "-pw-y-y-p");
}

TEST(BusyThread, ParksAtOnceWithoutSpin) {
  World world({nothing(0), worked(0), nothing(0)});
  EXPECT_EQ(world.run(0), "-pw-p");
}

TEST(BusyThread, RestsCountAsTheEndOfATurn) {
  constexpr std::uint64_t kMost = SharedTurns::kTurn_ns - 1;
  World world({nothing(0), worked(kMost), nothing(0), worked(kMost), nothing(0), worked(kMost)});
  EXPECT_EQ(world.run(0), "-pw-pw-pw");
}

TEST(Processors, AThreadRunsWhereItWasBound) {
  const std::vector<unsigned> all = processors_of();
  ASSERT_FALSE(all.empty());
  const unsigned last = all.back();
  std::vector<unsigned> bound;
  int error = -1;
  std::thread([&] {
    error = bind_thread({&last, 1});
    bound = processors_of();
  }).join();
  EXPECT_EQ(error, 0);
  EXPECT_EQ(bound, std::vector{last});
  EXPECT_EQ(processors_of(), all) << "only that thread";
}

TEST(Processors, NoneIsAnError) { EXPECT_EQ(bind_thread({}), EINVAL); }

}  // namespace
}  // namespace holdfast
