// Pieces come in order and each once, whoever is faster;
// a producer that is ahead stops when it is told.
#include "persistence/read_ahead.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ostream>

namespace holdfast::persistence {

static void PrintTo(ReadAheadMode mode, std::ostream* out) {
  *out << (mode == ReadAheadMode::on_demand ? "on_demand" : "background");
}

namespace {

using Mode = ReadAheadMode;

struct Number {
  std::uint64_t value = 0;
};

class ReadAheadTest : public ::testing::TestWithParam<Mode> {};

TEST_P(ReadAheadTest, PiecesComeInOrderAndTheLastIsTheLast) {
  constexpr std::uint64_t kCount = 10'000;
  std::uint64_t made = 0;
  ReadAhead<Number> numbers(GetParam(), 4, [&made](Number& number) {
    number.value = ++made;
    return made < kCount;
  });
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    const Number* number = numbers.next();
    ASSERT_NE(number, nullptr);
    ASSERT_EQ(number->value, i);
  }
  EXPECT_EQ(numbers.next(), nullptr);
  EXPECT_EQ(numbers.next(), nullptr);
  EXPECT_EQ(made, kCount);
}

TEST_P(ReadAheadTest, APieceStaysAsItIsUntilTheNextIsAskedFor) {
  std::atomic<std::uint64_t> made{0};
  ReadAhead<Number> numbers(GetParam(), 3, [&made](Number& number) {
    number.value = made.load() + 1;
    made.store(number.value);
    return true;  // without end
  });
  for (std::uint64_t i = 1; i <= 100; ++i) {
    const Number* number = numbers.next();
    ASSERT_NE(number, nullptr);
    // The producer gets as far ahead as it may: never round to the piece that is out.
    const std::uint64_t ahead_max = GetParam() == Mode::background ? 2 : 0;
    EXPECT_LE(made.load(), i + ahead_max);
    EXPECT_EQ(number->value, i);
  }
}  // ends though there is always more

TEST(ReadAhead, NothingIsMadeBeforeItIsAskedForOnDemand) {
  int made = 0;
  ReadAhead<Number> numbers(Mode::on_demand, 4, [&made](Number&) { return ++made < 10; });
  EXPECT_EQ(made, 0);
  static_cast<void>(numbers.next());
  EXPECT_EQ(made, 1);
}

// A taker that was kept from running finds the piece made and has not waited: it asks until it has.
TEST(ReadAhead, WaitingIsCounted) {
  ReadAhead<Number> numbers(Mode::background, 2, [](Number&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return true;
  });
  EXPECT_EQ(numbers.waited_ns(), 0U);
  while (numbers.waited_ns() == 0) ASSERT_NE(numbers.next(), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Modes, ReadAheadTest, ::testing::Values(Mode::on_demand, Mode::background),
                         ::testing::PrintToStringParamName());

}  // namespace
}  // namespace holdfast::persistence
