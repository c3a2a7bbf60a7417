// The protocol's messages as plain bytes: what stands on the wire, little-endian, naturally
// aligned. Their list stands here; the bodies stand in `net/protocol/messages/`, by what they are
// about, each beside the table of its fields.
//
// `holdfast.xml` (SBE 1.0) is the source of truth; a test holds these structs against it field by
// field. A frame is a `FrameHeader` and one of the bodies. Nothing here is trusted: enumerated
// fields are bare integers until `codec` has checked them. Fields are only ever appended: a body's
// first `kBlockLengthFirst` bytes keep their meaning for ever. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/limits.h"
#include "engine/types.h"
#include "net/protocol/messages/administration.h"
#include "net/protocol/messages/basics.h"
#include "net/protocol/messages/inquiries.h"
#include "net/protocol/messages/pages.h"
#include "net/protocol/messages/payments.h"
#include "net/protocol/messages/rule_sets.h"
#include "net/protocol/messages/session.h"

namespace holdfast::net::wire {

// X(message, template id, bytes of its body in the version that brought it, bytes of it now)
#define HOLDFAST_WIRE_REQUESTS(X)  \
  X(Hello, 1, 48, 48)              \
  X(Heartbeat, 2, 8, 8)            \
  X(Goodbye, 3, 8, 8)              \
  X(CreateAccount, 11, 56, 56)     \
  X(UpdateAccount, 12, 56, 56)     \
  X(CreateCard, 13, 64, 64)        \
  X(UpdateCard, 14, 48, 48)        \
  X(PutProgram, 15, 48, 48)        \
  X(Transfer, 16, 72, 72)          \
  X(Authorize, 17, 88, 96)         \
  X(Capture, 18, 80, 96)           \
  X(Reverse, 19, 56, 64)           \
  X(Refund, 20, 112, 112)          \
  X(Increment, 21, 56, 56)         \
  X(Advise, 22, 104, 104)          \
  X(SetRate, 23, 48, 48)           \
  X(BeginRuleSet, 24, 48, 48)      \
  X(AddCategory, 25, 64, 64)       \
  X(ActivateRuleSet, 26, 32, 32)   \
  X(AddControl, 27, 72, 72)        \
  X(AddListItem, 28, 64, 64)       \
  X(AddZoneOffset, 29, 48, 48)     \
  X(ShadowRuleSet, 30, 40, 40)     \
  X(ShowAccount, 40, 24, 24)       \
  X(ShowCard, 41, 24, 24)          \
  X(ShowAuthorization, 42, 32, 32) \
  X(ShowProgram, 43, 16, 16)       \
  X(ShowStatus, 44, 16, 16)        \
  X(ShowLimits, 45, 32, 32)        \
  X(ShowShadows, 46, 24, 24)       \
  X(ShowRuleSet, 47, 24, 24)       \
  X(TakeSnapshot, 48, 8, 8)        \
  X(ShowStages, 49, 16, 16)

#define HOLDFAST_WIRE_REPLIES(X)       \
  X(HelloReply, 101, 72, 72)           \
  X(HeartbeatReply, 102, 8, 8)         \
  X(GoodbyeReply, 103, 8, 8)           \
  X(OutcomeReply, 110, 72, 72)         \
  X(AccountReply, 140, 72, 72)         \
  X(CardReply, 141, 56, 56)            \
  X(AuthorizationReply, 142, 168, 184) \
  X(ProgramReply, 143, 48, 64)         \
  X(StatusReply, 144, 200, 384)        \
  X(LimitsReply, 145, 488, 488)        \
  X(ShadowsReply, 146, 496, 496)       \
  X(RuleSetReply, 147, 280, 280)       \
  X(StagesReply, 148, 496, 496)        \
  X(Reject, 199, 120, 120)

#define HOLDFAST_WIRE_MESSAGES(X) HOLDFAST_WIRE_REQUESTS(X) HOLDFAST_WIRE_REPLIES(X)

enum class TemplateId : std::uint16_t {
#define HOLDFAST_TEMPLATE(name, id, first, now) name = id,
  HOLDFAST_WIRE_MESSAGES(HOLDFAST_TEMPLATE)
#undef HOLDFAST_TEMPLATE
};

/// Template id and lengths of a message: `Layout<Authorize>::kTemplateId`.
template <class Message>
struct Layout;
#define HOLDFAST_LAYOUT(name, id, first, now)                                                 \
  template <>                                                                                 \
  struct Layout<name> {                                                                       \
    static constexpr std::uint16_t kTemplateId = id;                                          \
    static constexpr std::uint16_t kBlockLengthFirst = first;                                 \
    static constexpr std::uint16_t kBlockLength = now;                                        \
  };                                                                                          \
  static_assert(is_plain_bytes<name> && sizeof(name) == (now) && (now) % 8 == 0);             \
  static_assert((first) % 8 == 0 && (first) <= (now) && offsetof(name, correlation_id) == 0); \
  static_assert(sizeof(FrameHeader) + (now) <= limits::frame_bytes_max);
HOLDFAST_WIRE_MESSAGES(HOLDFAST_LAYOUT)
#undef HOLDFAST_LAYOUT

template <class Message>
inline constexpr std::size_t kFrameBytes = sizeof(FrameHeader) + sizeof(Message);
/// Shortest frame: a header and a correlation id.
inline constexpr std::size_t kFrameBytesMin = sizeof(FrameHeader) + kCorrelationBytes;
/// Longest reply of this version.
inline constexpr std::size_t kReplyFrameBytesMax = kFrameBytes<ShadowsReply>;
#define HOLDFAST_REPLY_FITS(name, id, first, now) \
  static_assert(kFrameBytes<name> <= kReplyFrameBytesMax);
HOLDFAST_WIRE_REPLIES(HOLDFAST_REPLY_FITS)
#undef HOLDFAST_REPLY_FITS

}  // namespace holdfast::net::wire
