// Texts of a payment: what is printable ASCII and then zeroes to the end, and nothing else.
#include "engine/validation.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string_view>

#include "tests/engine/commands.h"

namespace holdfast {
namespace {

// As the sentence above says it.
template <std::size_t N>
bool is_text(const char (&text)[N]) {
  std::size_t length = 0;
  while (length < N && text[length] >= ' ' && text[length] <= '~') ++length;
  while (length < N && text[length] == '\0') ++length;
  return length == N;
}

bool is_well_formed(const Command& command) { return validate(command) != Decision::malformed; }

TEST(ValidationTest, EveryByteInEveryPlaceOfATextIsJudged) {
  Command command = test::authorize(1, 7, 100);
  Authorize& c = command.authorize;
  for (std::size_t length = 0; length <= sizeof c.merchant.text; ++length) {
    for (std::size_t place = 0; place < sizeof c.merchant.text; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        c.merchant = {};
        for (std::size_t i = 0; i < length; ++i) c.merchant.text[i] = i % 2 == 0 ? '~' : ' ';
        c.merchant.text[place] = static_cast<char>(byte);
        ASSERT_EQ(is_well_formed(command), is_text(c.merchant.text))
            << "length " << length << ", byte " << byte << " in place " << place;
      }
    }
  }
}

TEST(ValidationTest, TwoBytesOfATerminal) {
  Command command = test::authorize(1, 7, 100);
  Authorize& c = command.authorize;
  constexpr char kBytes[] = {'\0', '\1', '\x1F', ' ',    '!',    'A',
                             '}',  '~',  '\x7F', '\x80', '\xA0', '\xFF'};
  for (std::size_t first = 0; first < sizeof c.terminal.text; ++first) {
    for (std::size_t second = first + 1; second < sizeof c.terminal.text; ++second) {
      for (const char a : kBytes) {
        for (const char b : kBytes) {
          c.terminal = {{'T', 'E', 'R', 'M', 'I', 'N', 'A', 'L'}};
          c.terminal.text[first] = a;
          c.terminal.text[second] = b;
          ASSERT_EQ(is_well_formed(command), is_text(c.terminal.text)) << first << ' ' << second;
        }
      }
    }
  }
}

TEST(ValidationTest, AnAdviceAndARefundAreJudgedAlike) {
  Command advice = test::make(CommandKind::advise, 1);
  advice.advise = Advise{.card = {7, 0}, .amount = {1}, .currency = test::kPounds};
  Command refund = test::make(CommandKind::refund, 2);
  refund.refund = Refund{.card = {7, 0}, .amount = {1}, .currency = test::kPounds};
  EXPECT_TRUE(is_well_formed(advice));
  EXPECT_TRUE(is_well_formed(refund));
  advice.advise.terminal.text[3] = refund.refund.merchant.text[9] = 'x';  // behind a zero
  EXPECT_FALSE(is_well_formed(advice));
  EXPECT_FALSE(is_well_formed(refund));
}

}  // namespace
}  // namespace holdfast
