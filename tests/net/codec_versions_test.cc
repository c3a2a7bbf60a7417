// Peers of other versions: what an older one sends is taken, what a newer one adds is passed over.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <vector>

#include "net/protocol/codec.h"
#include "tests/net/codec_samples.h"

namespace holdfast::net {
namespace {

using namespace test;

// What a gateway of version 1 sends, built from the lengths of holdfast.xml as it was then: the
// fields that came later are missing, and the version in the header says why.
Bytes as_version_1(const Command& command, std::size_t block_v1) {
  Bytes bytes = command_frame(command);
  bytes.resize(16 + block_v1);
  put<std::uint32_t>(bytes, 0, static_cast<std::uint32_t>(bytes.size()));
  put<std::uint16_t>(bytes, 8, static_cast<std::uint16_t>(block_v1));
  put<std::uint16_t>(bytes, 14, 1);
  return bytes;
}

constexpr std::size_t kBlocksV1[] = {56, 56, 64, 48, 48, 72, 88, 80, 56, 112};  // of commands()

TEST(Codec, CommandsOfVersion1AreStillTaken) {
  const std::vector<Command> sent = commands();
  for (std::size_t i = 0; i < std::size(kBlocksV1); ++i) {
    Command want = sent[i];
    if (want.kind == CommandKind::authorize) {
      want.authorize.flags = 0;
      want.authorize.cashback = Money{0};
    }
    if (want.kind == CommandKind::capture) want.capture.card = CardToken{};
    if (want.kind == CommandKind::reverse) want.reverse.advice = 0;
    Command old = sent[i];
    if (old.kind == CommandKind::authorize) old.authorize.flags = 0;
    Request request;
    std::memset(static_cast<void*>(&request.command), 0xEE, sizeof request.command);
    const auto refusal = refusal_of_frame(as_version_1(old, kBlocksV1[i]), request);
    ASSERT_FALSE(refusal) << command_name(old.kind) << " at " << refusal->detail;
    EXPECT_EQ(std::memcmp(&request.command, &want, sizeof want), 0) << command_name(old.kind);
    // Eight bytes less: no version ever sent it.
    const auto shorter = refusal_of_frame(as_version_1(old, kBlocksV1[i] - 8));
    ASSERT_TRUE(shorter) << command_name(old.kind);
    EXPECT_EQ(shorter->code, RejectCode::body_too_short) << command_name(old.kind);
  }
}

TEST(Codec, VersionsOfOneLengthDoNotMixUpTheirFlags) {
  Command command = commands()[6];
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    command.authorize.flags = 1U << bit;
    const bool known = (command.authorize.flags & kAuthorizeFlagsAll) != 0;
    EXPECT_EQ(refusal_of_frame(command_frame(command)).has_value(), !known) << bit;
    // In version 1 none had a meaning.
    const auto refusal = refusal_of_frame(as_version_1(command, 88));
    ASSERT_TRUE(refusal) << bit;
    EXPECT_EQ(refusal->code, RejectCode::reserved_not_zero);
    EXPECT_EQ(refusal->detail, 16u + 80u);
  }
}

// A gateway of version 1 reads the first bytes of a reply by the old table; these have not moved.
TEST(Codec, RepliesBeginAsTheyDidInVersion1) {
  Reply reply;
  reply.kind = RequestKind::show_authorization;
  AuthorizationView view;
  view.found = true;
  view.authorization = AuthorizationId{7};
  view.held = Money{99};
  view.state = AuthorizationState::expired;
  view.rate = -1;
  view.rate_scale = 0xFF;
  view.rate_markup_bp = 0xFFFF;
  reply.answer = std::make_unique<InquiryAnswer>(view);
  const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
  const auto at = [&](std::size_t offset, auto value) {
    std::memcpy(&value, bytes.data() + 16 + offset, sizeof value);
    return value;
  };
  ASSERT_EQ(bytes.size(), 16u + 184u);
  EXPECT_EQ(at(16, std::uint64_t{}), 7u);
  EXPECT_EQ(at(128, std::int64_t{}), 99);
  EXPECT_EQ(at(162, std::uint8_t{}), 3u);
  EXPECT_EQ(at(165, std::uint8_t{}), 1u);
  EXPECT_EQ(at(166, std::uint16_t{}), 0u);  // reserved in version 1, and still
  EXPECT_EQ(at(168, std::int64_t{}), -1);
}

// What our client reads from a server of version 1: shorter replies, zero-filled.
TEST(Codec, RepliesOfVersion1AreZeroFilled) {
  wire::ProgramReply program;
  program.found = 1;
  program.hold_period_s = 60;
  program.rule_set_version = 3;
  Bytes bytes = frame_of([&](auto out) { return write_frame(program, out); });
  bytes.resize(16 + 48);
  put<std::uint32_t>(bytes, 0, 16 + 48);
  put<std::uint16_t>(bytes, 8, 48);
  put<std::uint16_t>(bytes, 14, 1);
  const FrameScan scan = scan_frame(bytes);
  ASSERT_EQ(scan.status, FrameStatus::whole);
  EXPECT_FALSE(check_block(scan.frame, wire::Layout<wire::ProgramReply>::kBlockLengthFirst));
  const ProgramView view = to_view(body_as<wire::ProgramReply>(scan.frame));
  EXPECT_TRUE(view.found);
  EXPECT_EQ(view.hold_period_s, 60u);
  EXPECT_EQ(view.rule_set_version, 0u);
}

TEST(Codec, HelloAgreesOnTheOlderVersion) {
  for (const auto& [theirs, agreed] : {std::pair{1, 1}, std::pair{2, 2}, std::pair{3, 3},
                                      std::pair{4, 4}, std::pair{5, 5}, std::pair{6, 6},
                                      std::pair{9, 6}}) {
    Bytes bytes = frame_of([&](auto out) { return encode_hello("gateway", 1, out); });
    put<std::uint16_t>(bytes, 14, static_cast<std::uint16_t>(theirs));
    put<std::uint16_t>(bytes, 24, static_cast<std::uint16_t>(theirs));
    Request request;
    ASSERT_FALSE(refusal_of_frame(bytes, request, false));
    EXPECT_EQ(request.route.detail, static_cast<std::uint32_t>(agreed));
  }
}

TEST(Codec, NewerPeersSurplusIsIgnored) {
  const Command command = commands()[6];
  Bytes longer = command_frame(command);
  longer.resize(longer.size() + 24, std::byte{0xAB});
  put<std::uint32_t>(longer, 0, static_cast<std::uint32_t>(longer.size()));
  put<std::uint16_t>(longer, 8, static_cast<std::uint16_t>(longer.size() - 16));
  put<std::uint16_t>(longer, 14, wire::kSchemaVersion + 1);
  Request request;
  EXPECT_FALSE(refusal_of_frame(longer, request));
  EXPECT_EQ(std::memcmp(&request.command, &command, sizeof command), 0);
}

}  // namespace
}  // namespace holdfast::net
