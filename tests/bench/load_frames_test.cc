// The fast ways of the load generator do what the careful ones do: its frames are the protocol's
// own, and what it takes for a plain approval no check would object to.
#include <gtest/gtest.h>

#include <cstring>

#include "bench/load/answer_check.h"
#include "bench/load/hold_ring.h"
#include "bench/load/plain_approval.h"
#include "bench/load/random.h"
#include "bench/load/request_frames.h"
#include "bench/load/turn_queue.h"
#include "net/protocol/codec.h"

namespace holdfast::bench {
namespace {

Step random_step(Random& random) {
  Step step;
  step.kind = static_cast<StepKind>(random.below(kStepKinds));
  step.request_low = random.next();
  step.authorization.value = random.next();
  step.amount.minor = static_cast<std::int64_t>(random.next() >> 2);
  step.account = static_cast<std::uint32_t>(random.below(1'000'000));
  return step;
}

TEST(RequestFrames, AreThoseOfTheProtocol) {
  Population population;
  population.number = 77;
  population.currency = CurrencyCode{826};
  constexpr std::uint64_t kRunId = 0x1234'5678'9ABC'DEF0;
  const RequestFrames frames(population, kRunId);
  Random random(1);
  for (int i = 0; i < 2'000; ++i) {
    const Step step = random_step(random);
    const std::uint64_t correlation = random.next();
    std::byte quick[limits::frame_bytes_max] = {};
    std::byte careful[limits::frame_bytes_max] = {};
    const std::size_t quick_bytes = frames.write(step, correlation, quick);
    const std::size_t careful_bytes =
        step.kind == StepKind::inquiry
            ? net::encode_inquiry(RequestKind::show_account, inquiry_of(step, population),
                                  correlation, careful)
            : net::encode_command(command_of(step, population, kRunId), correlation, careful);
    ASSERT_EQ(quick_bytes, careful_bytes) << kStepNames[static_cast<std::size_t>(step.kind)];
    ASSERT_EQ(std::memcmp(quick, careful, careful_bytes), 0)
        << kStepNames[static_cast<std::size_t>(step.kind)];
    ASSERT_LE(quick_bytes, RequestFrames::kBytesMax);
  }
}

struct Answer {
  static constexpr std::uint64_t kCorrelation = 42;
  static constexpr std::uint64_t kLastPosition = 1'000;

  std::byte bytes[limits::frame_bytes_max] = {};

  Answer(const Step& step, const Outcome& outcome) {
    Reply reply;
    reply.kind = RequestKind::command;
    reply.correlation = kCorrelation;
    reply.command_kind = step.kind == StepKind::authorize ? CommandKind::authorize
                         : step.kind == StepKind::capture ? CommandKind::capture
                                                          : CommandKind::reverse;
    reply.outcome = outcome;
    EXPECT_EQ(net::encode_reply(reply, {}, bytes), PlainApproval::kBytes);
  }
  [[nodiscard]] bool is_plain(const Step& step) const {
    return PlainApproval::is(bytes, step, kCorrelation, kLastPosition);
  }
  /// What the careful way says of it.
  [[nodiscard]] bool is_explicable(const Step& step) const {
    const net::FrameScan scan = net::scan_frame(std::span(bytes).first(PlainApproval::kBytes));
    if (scan.status != net::FrameStatus::whole || scan.refusal) return false;
    if (scan.frame.header.template_id != net::wire::Layout<net::wire::OutcomeReply>::kTemplateId ||
        net::check_block(scan.frame, sizeof(net::wire::OutcomeReply)) ||
        scan.frame.correlation != kCorrelation) {
      return false;
    }
    const auto reply = net::body_as<net::wire::OutcomeReply>(scan.frame);
    AnswerCheck check;
    check.last_position = LogPosition{kLastPosition};
    return check.of_outcome(step, net::to_outcome(reply)).empty() &&
           AnswerCheck::of_reply(step, reply).empty();
  }
};

Outcome approval_of(const Step& step) {
  Outcome outcome;
  outcome.decision = Decision::approved;
  outcome.authorization = step.kind == StepKind::authorize ? AuthorizationId{9}
                                                           : step.authorization;
  outcome.amount = step.amount;
  outcome.available_balance = Money{5};
  outcome.position = LogPosition{Answer::kLastPosition + 1};
  outcome.time = TimestampNs{1};
  return outcome;
}

TEST(PlainApproval, IsRecognisedForEachKind) {
  for (const StepKind kind : {StepKind::authorize, StepKind::capture, StepKind::reverse}) {
    Step step{.authorization = AuthorizationId{7}, .amount = Money{500}, .kind = kind};
    const Answer answer(step, approval_of(step));
    EXPECT_TRUE(answer.is_plain(step));
    EXPECT_TRUE(answer.is_explicable(step));
  }
}

// Whatever single byte of a good answer is changed to whatever value: the quick way never accepts
// what the careful way objects to.
TEST(PlainApproval, NoChangedByteIsTakenThatTheChecksWouldNotTake) {
  std::size_t refused = 0;
  for (const StepKind kind : {StepKind::authorize, StepKind::capture, StepKind::reverse}) {
    Step step{.authorization = AuthorizationId{7}, .amount = Money{500}, .kind = kind};
    Answer answer(step, approval_of(step));
    for (std::size_t at = 0; at < PlainApproval::kBytes; ++at) {
      const std::byte good = answer.bytes[at];
      for (unsigned value = 0; value < 256; ++value) {
        answer.bytes[at] = static_cast<std::byte>(value);
        const bool explicable = answer.is_explicable(step);
        if (!explicable) ++refused;
        ASSERT_TRUE(explicable || !answer.is_plain(step))
            << "byte " << at << " changed to " << value;
      }
      answer.bytes[at] = good;
    }
  }
  EXPECT_GT(refused, 10'000u);
  Step inquiry{.kind = StepKind::inquiry};
  EXPECT_FALSE(Answer(inquiry, approval_of(inquiry)).is_plain(inquiry));
}

TEST(HoldRing, NewestFirstAndTheOldestIsForgotten) {
  HoldRing ring(4);
  const auto push = [&](std::uint64_t id) { ring.push({.authorization = AuthorizationId{id}}); };
  const auto pop = [&] { return ring.pop().authorization.value; };
  for (std::uint64_t id = 1; id <= 6; ++id) push(id);
  EXPECT_EQ(ring.size(), 4u);
  EXPECT_EQ(pop(), 6u);
  push(7);
  for (const std::uint64_t id : {7u, 5u, 4u, 3u}) EXPECT_EQ(pop(), id);
  EXPECT_TRUE(ring.empty());
  push(8);
  EXPECT_EQ(pop(), 8u);

  // As a plain stack would, when it is never full.
  HoldRing large(1024);
  std::vector<std::uint64_t> stack;
  Random random(3);
  for (std::uint64_t id = 1; id < 50'000; ++id) {
    if (stack.size() < 1000 && (stack.empty() || random.below(2) == 0)) {
      large.push({.authorization = AuthorizationId{id}});
      stack.push_back(id);
    } else {
      ASSERT_EQ(large.pop().authorization.value, stack.back());
      stack.pop_back();
    }
    ASSERT_EQ(large.size(), stack.size());
  }
}

TEST(TurnQueue, EachAtMostOnceInTheOrderOfComing) {
  TurnQueue queue(3);
  for (const std::size_t number : {2u, 0u, 2u, 1u, 0u}) queue.push(number);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(queue.pop(), 2u);
  queue.push(2);
  EXPECT_EQ(queue.pop(), 0u);
  EXPECT_EQ(queue.pop(), 1u);
  EXPECT_EQ(queue.pop(), 2u);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace holdfast::bench
