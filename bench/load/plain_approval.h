// The answer that nearly all answers are, recognised in place: exactly the approval that a step
// asked for, in the frame that this program's own version of the protocol prescribes.
//
// `true` says that `AnswerCheck` would find nothing wrong, and that the outcome has no flag. What
// is not recognised may be right or wrong: it is decoded and judged there. So a new kind of answer
// costs time, never strictness. No state; any thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bench/load/step.h"
#include "engine/decision.h"
#include "net/protocol/messages.h"

namespace holdfast::bench {

/// Of an OutcomeReply, the eight bytes behind the correlation id: those of a plain approval.
struct PlainVerdict {
  std::uint16_t decision = static_cast<std::uint16_t>(Decision::approved);
  std::uint16_t flags = 0;
  std::uint16_t command_template_id = 0;
  char de39[2] = {'0', '0'};

  static constexpr std::uint64_t of(net::wire::TemplateId command) {
    return std::bit_cast<std::uint64_t>(
        PlainVerdict{.command_template_id = static_cast<std::uint16_t>(command)});
  }
};
static_assert(decision_de39(Decision::approved) == "00");
static_assert(
    offsetof(net::wire::OutcomeReply, decision) == net::wire::kCorrelationBytes &&
    offsetof(net::wire::OutcomeReply, flags) ==
        net::wire::kCorrelationBytes + offsetof(PlainVerdict, flags) &&
    offsetof(net::wire::OutcomeReply, command_template_id) ==
        net::wire::kCorrelationBytes + offsetof(PlainVerdict, command_template_id) &&
    offsetof(net::wire::OutcomeReply, de39) ==
        net::wire::kCorrelationBytes + offsetof(PlainVerdict, de39));

class PlainApproval {
 public:
  static constexpr std::size_t kBytes = net::wire::kFrameBytes<net::wire::OutcomeReply>;

  /// `frame` has `kBytes`. `last_position`: of the answer before on this connection.
  [[nodiscard]] static bool is(const std::byte* frame, const Step& step, std::uint64_t correlation,
                               std::uint64_t last_position) {
    static constexpr auto kHeader =
        std::bit_cast<std::array<std::uint64_t, 2>>(net::wire::FrameHeader{
            .frame_length = kBytes,
            .block_length = sizeof(Reply),
            .template_id = net::wire::Layout<Reply>::kTemplateId,
            .schema_id = net::wire::kSchemaId,
            .version = net::wire::kSchemaVersion});
    // By StepKind. An inquiry is answered by no outcome: its place holds what no reply does.
    static constexpr std::array<std::uint64_t, kStepKinds> kVerdicts = {
        PlainVerdict::of(net::wire::TemplateId::Authorize),
        PlainVerdict::of(net::wire::TemplateId::Capture),
        PlainVerdict::of(net::wire::TemplateId::Reverse), ~0ULL};

    std::array<std::uint64_t, 2> header;
    std::memcpy(&header, frame, sizeof header);
    const Head head = at<Head>(frame, 0);
    const std::uint64_t authorization = authorization_of(frame);
    const bool authorizes = step.kind == StepKind::authorize;
    // Nearly always all true: one branch instead of nine. `&` on purpose.
    return (header == kHeader) & (head.correlation == correlation) &
           (head.verdict == kVerdicts[static_cast<std::size_t>(step.kind)]) &
           (authorizes ? authorization != 0 : authorization == step.authorization.value) &
           (at<std::int64_t>(frame, offsetof(Reply, amount)) == step.amount.minor) &
           (position_of(frame) > last_position) &
           (!authorizes | (at<std::int64_t>(frame, offsetof(Reply, available_balance)) >= 0));
  }
  [[nodiscard]] static std::uint64_t position_of(const std::byte* frame) {
    return at<std::uint64_t>(frame, offsetof(Reply, position));
  }
  [[nodiscard]] static std::uint64_t authorization_of(const std::byte* frame) {
    return at<std::uint64_t>(frame, offsetof(Reply, authorization_id));
  }

 private:
  using Reply = net::wire::OutcomeReply;

  struct Head {  // the start of the body
    std::uint64_t correlation;
    std::uint64_t verdict;
  };
  template <class Field>
  static Field at(const std::byte* frame, std::size_t offset_in_body) {
    Field value;
    std::memcpy(&value, frame + sizeof(net::wire::FrameHeader) + offset_in_body, sizeof value);
    return value;
  }
};

}  // namespace holdfast::bench
