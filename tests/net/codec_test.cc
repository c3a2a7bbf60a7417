// The codec: every message there and back.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <memory>
#include <random>

#include "net/protocol/codec.h"
#include "net/protocol/schema.h"
#include "tests/net/codec_samples.h"

namespace holdfast::net {
namespace {

using namespace test;

TEST(Codec, CommandsComeBackAsTheyWent) {
  EXPECT_EQ(commands().size(), 20u);
  for (const Command& command : commands()) {
    Request request;
    std::memset(static_cast<void*>(&request.command), 0xEE, sizeof request.command);  // a used slot
    const auto refusal = refusal_of_frame(command_frame(command, 77), request);
    ASSERT_FALSE(refusal) << command_name(command.kind) << " refused with "
                          << static_cast<int>(refusal->code) << " at " << refusal->detail;
    EXPECT_EQ(request.kind, RequestKind::command);
    EXPECT_EQ(request.correlation, 77u);
    EXPECT_EQ(std::memcmp(&request.command, &command, sizeof command), 0)
        << command_name(command.kind);
  }
}

TEST(Codec, InquiriesComeBackAsTheyWent) {
  Inquiry full;
  full.account = {1, 2};
  full.card = {3, 4};
  full.authorization = {5};
  full.original_request = {6, 7};
  full.program = {8};
  full.with_digest = 1;
  full.rule_set_version = 9;
  full.first_row = 10;
  full.stage = Stage::durable;
  full.first_bucket = 112;
  for (const auto kind : {RequestKind::show_account, RequestKind::show_card,
      RequestKind::show_authorization,
                          RequestKind::show_program, RequestKind::show_status,
                          RequestKind::show_limits, RequestKind::show_shadows,
                          RequestKind::show_rule_set, RequestKind::take_snapshot,
                          RequestKind::show_stages}) {
    Request request;
    const Bytes bytes = frame_of([&](auto out) { return encode_inquiry(kind, full, 9, out); });
    ASSERT_FALSE(refusal_of_frame(bytes, request));
    EXPECT_EQ(request.kind, kind);
    const Inquiry& got = request.inquiry;
    EXPECT_EQ(got.account, kind == RequestKind::show_account ? full.account : AccountId{});
    const bool card = kind == RequestKind::show_card || kind == RequestKind::show_limits;
    EXPECT_EQ(got.card, card ? full.card : CardToken{});
    const bool rows = kind == RequestKind::show_rule_set;
    const bool program =
        rows || kind == RequestKind::show_program || kind == RequestKind::show_shadows;
    EXPECT_EQ(got.program, program ? full.program : ProgramId{});
    EXPECT_EQ(got.rule_set_version, rows ? 9u : 0u);
    EXPECT_EQ(got.first_row, rows ? 10u : 0u);
    const bool stages = kind == RequestKind::show_stages;
    EXPECT_EQ(got.stage, stages ? Stage::durable : Stage::receive);
    EXPECT_EQ(got.first_bucket, stages ? 112u : 0u);
    EXPECT_EQ(got.with_digest, kind == RequestKind::show_status ? 1u : 0u);
    const bool hold = kind == RequestKind::show_authorization;
    EXPECT_EQ(got.authorization, hold ? full.authorization : AuthorizationId{});
    EXPECT_EQ(got.original_request, hold ? full.original_request : RequestId{});
  }
}

// Random bytes in every field of a view, there and back: a field that the codec forgets is seen.
template <class Message>
void expect_reply_keeps_all(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Message sent;
  std::array<std::uint8_t, sizeof sent> noise{};
  for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
  std::memcpy(&sent, noise.data(), sizeof sent);
  const MessageInfo* info = message_info(wire::Layout<Message>::kTemplateId);
  for (const FieldInfo& field : info->fields) {
    std::byte* at = reinterpret_cast<std::byte*>(&sent) + field.offset;
    if (field.name.starts_with("reserved")) std::memset(at, 0, field.bytes);
    if (field.type == "YesNo") *at = std::byte{1};
  }
  Reply reply;
  reply.kind = RequestKind::show_account;
  reply.correlation = sent.correlation_id;
  reply.answer = std::make_unique<InquiryAnswer>(to_view(sent));
  const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
  const FrameScan scan = scan_frame(bytes);
  ASSERT_EQ(scan.status, FrameStatus::whole);
  EXPECT_EQ(scan.frame.header.template_id, wire::Layout<Message>::kTemplateId);
  EXPECT_EQ(std::memcmp(scan.frame.body.data(), &sent, sizeof sent), 0) << info->name;
}

TEST(Codec, ViewsComeBackAsTheyWent) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    expect_reply_keeps_all<wire::AccountReply>(seed);
    expect_reply_keeps_all<wire::CardReply>(seed);
    expect_reply_keeps_all<wire::AuthorizationReply>(seed);
    expect_reply_keeps_all<wire::ProgramReply>(seed);
    expect_reply_keeps_all<wire::StatusReply>(seed);
  }
}

TEST(Codec, OutcomesTellDe39AndTheCommandsTemplate) {
  for (const DecisionInfo& info : kDecisions) {
    Reply reply;
    reply.kind = RequestKind::command;
    reply.command_kind = CommandKind::refund;
    reply.correlation = 3;
    reply.outcome = {info.decision, 5, 0, AuthorizationId{1}, Money{-2}, Money{3}, Money{-4},
        Money{5},
                     LogPosition{6}, TimestampNs{7}};
    const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
    const auto message = body_as<wire::OutcomeReply>(scan_frame(bytes).frame);
    EXPECT_EQ(std::string_view(message.de39, 2), info.de39);
    EXPECT_EQ(message.command_template_id, wire::Layout<wire::Refund>::kTemplateId);
    const Outcome outcome = to_outcome(message);
    EXPECT_EQ(std::memcmp(&outcome, &reply.outcome, sizeof outcome), 0);
  }
}

}  // namespace
}  // namespace holdfast::net
