// Frames that are damaged or refused: where, why, and in which order.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "net/protocol/codec.h"
#include "net/protocol/schema.h"
#include "tests/net/codec_samples.h"

namespace holdfast::net {
namespace {

using namespace test;

TEST(Frame, NeedsAllOfItsBytes) {
  const Bytes bytes = command_frame(commands()[0]);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ASSERT_EQ(scan_frame(std::span(bytes).first(length)).status, FrameStatus::partial);
  }
  const FrameScan scan = scan_frame(bytes);
  EXPECT_EQ(scan.status, FrameStatus::whole);
  EXPECT_EQ(scan.frame.bytes(), bytes.size());
  EXPECT_EQ(scan.frame.correlation, 5u);
}

TEST(Frame, ImpossibleLengthsAreDamageAsSoonAsTheyAreSeen) {
  for (std::uint32_t length = 0; length < 1100; ++length) {
    Bytes bytes(4);
    put(bytes, 0, length);
    const FrameScan scan = scan_frame(bytes);
    if (length < 24 || length > limits::frame_bytes_max) {
      ASSERT_EQ(scan.status, FrameStatus::damaged) << length;
      ASSERT_EQ(scan.refusal->code, RejectCode::bad_frame_length);
      ASSERT_EQ(scan.refusal->detail, length);
    } else if (length % 8 != 0) {
      ASSERT_EQ(scan.status, FrameStatus::damaged) << length;
      ASSERT_EQ(scan.refusal->code, RejectCode::frame_not_aligned);
    } else {
      ASSERT_EQ(scan.status, FrameStatus::partial) << length;
    }
  }
}

TEST(Refusals, HeaderFaultsInOrder) {
  Request request;
  Bytes bytes = command_frame(commands()[6]);
  // Every fault at once; taking them away one by one shows the next.
  put<std::uint16_t>(bytes, 4, 1);       // flags
  put<std::uint16_t>(bytes, 8, 80);      // block length
  put<std::uint16_t>(bytes, 10, 999);    // template id
  put<std::uint16_t>(bytes, 12, 1);      // schema id
  put<std::uint16_t>(bytes, 14, 0);      // version
  bytes[16 + 78] = std::byte{9};         // channel
  bytes[16 + 84] = std::byte{1};         // reserved
  const auto code = [&](bool greeted) { return refusal_of_frame(bytes, request, greeted)->code; };
  EXPECT_EQ(code(false), RejectCode::unknown_schema);
  put<std::uint16_t>(bytes, 12, wire::kSchemaId);
  EXPECT_EQ(code(false), RejectCode::unsupported_version);
  put<std::uint16_t>(bytes, 14, 2);
  EXPECT_EQ(code(false), RejectCode::unknown_template);
  put<std::uint16_t>(bytes, 10, wire::Layout<wire::Authorize>::kTemplateId);
  EXPECT_EQ(code(false), RejectCode::block_length_mismatch);
  put<std::uint16_t>(bytes, 8, 96);
  EXPECT_EQ(code(false), RejectCode::hello_required);
  auto refusal = refusal_of_frame(bytes);
  EXPECT_EQ(refusal->code, RejectCode::reserved_not_zero);
  EXPECT_EQ(refusal->detail, 4u);
  put<std::uint16_t>(bytes, 4, 0);
  refusal = refusal_of_frame(bytes);
  EXPECT_EQ(refusal->code, RejectCode::reserved_not_zero);
  EXPECT_EQ(refusal->detail, 16u + 84u);
  bytes[16 + 84] = std::byte{0};
  refusal = refusal_of_frame(bytes);
  EXPECT_EQ(refusal->code, RejectCode::field_out_of_range);
  EXPECT_EQ(refusal->detail, 16u + 78u);
  EXPECT_EQ(refusal->template_id, wire::Layout<wire::Authorize>::kTemplateId);
  bytes[16 + 78] = std::byte{8};
  EXPECT_FALSE(refusal_of_frame(bytes));
}

// Each field that the codec checks, by name: a wrong value in it, and nothing else, is refused
// there.
TEST(Refusals, FieldsAreNamed) {
  struct Fault {
    std::size_t command;  // index into commands()
    std::string_view field;
    std::uint8_t value;
    RejectCode code;
  };
  constexpr auto kZero = RejectCode::reserved_not_zero;
  constexpr auto kRange = RejectCode::field_out_of_range;
  const Fault faults[] = {
      {0, "flags", 2, kZero},      {0, "reserved", 1, kZero},   {1, "status", 3, kRange},
      {1, "change", 4, kZero},     {1, "reserved", 1, kZero},   {2, "reserved", 1, kZero},
      {3, "status", 5, kRange},    {3, "change", 2, kZero},     {5, "reserved", 1, kZero},
      {6, "flags", 16, kZero},     {6, "reserved", 1, kZero},   {6, "channel", 9, kRange},
      {6, "transactionType", 5, kRange}, {6, "merchant", 0x1F, kRange}, {6, "merchant", 0, kRange},
      {6, "terminal", 0x80, kRange}, {7, "isFinal", 2, kRange}, {7, "reserved", 1, kZero},
      {8, "isAdvice", 2, kRange},  {8, "reserved", 1, kZero},
      {9, "merchant", 0x7F, kRange}, {9, "reserved", 1, kZero},
      {11, "channel", 9, kRange},  {11, "transactionType", 5, kRange}, {11, "isPosted", 2, kRange},
      {11, "merchant", 0x1F, kRange}, {11, "terminal", 0x80, kRange}, {11, "reserved", 1, kZero},
      {12, "reserved1", 1, kZero}, {12, "reserved2", 1, kZero},
      {16, "scope", 3, kRange},    {16, "effect", 4, kRange},   {16, "window", 7, kRange},
      {16, "transactionTypes", 0x20, kZero}, {16, "reserved", 1, kZero},
      {17, "kind", 3, kRange},     {17, "merchant", 0x1F, kRange}, {17, "reserved", 1, kZero},
      {18, "reserved", 1, kZero},
      {19, "run", 2, kRange},      {19, "reserved", 1, kZero},
  };
  for (const Fault& fault : faults) {
    Bytes bytes = command_frame(commands()[fault.command]);
    const MessageInfo* message = message_info(scan_frame(bytes).frame.header.template_id);
    const FieldInfo* field = nullptr;
    for (const FieldInfo& info : message->fields) {
      if (info.name == fault.field) field = &info;
    }
    ASSERT_NE(field, nullptr) << fault.field;
    bytes[16 + field->offset] = static_cast<std::byte>(fault.value);
    const auto refusal = refusal_of_frame(bytes);
    ASSERT_TRUE(refusal) << message->name << "." << fault.field;
    EXPECT_EQ(refusal->code, fault.code) << message->name << "." << fault.field;
    EXPECT_EQ(refusal->detail, 16 + field->offset);
    char text[wire::kRejectTextBytes];
    describe(*refusal, text);
    const std::string want = std::string(message->name) + "." + std::string(fault.field);
    EXPECT_NE(text_of(text).find(want), std::string_view::npos) << text_of(text);
  }
}

TEST(Refusals, EveryReservedByteIsWatched) {
  for (const Command& command : commands()) {
    const Bytes good = command_frame(command);
    const MessageInfo* message = message_info(scan_frame(good).frame.header.template_id);
    for (const FieldInfo& field : message->fields) {
      if (!field.name.starts_with("reserved")) continue;
      for (std::size_t i = 0; i < field.bytes; ++i) {
        Bytes bytes = good;
        bytes[16 + field.offset + i] = std::byte{0x80};
        ASSERT_TRUE(refusal_of_frame(bytes)) << message->name << "." << field.name << "[" << i
            << "]";
      }
    }
  }
}

TEST(Refusals, ARequestIdMustBeGiven) {
  for (Command command : commands()) {
    command.request_id = RequestId{};
    const auto refusal = refusal_of_frame(command_frame(command));
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, RejectCode::field_out_of_range);
    EXPECT_EQ(refusal->detail, 16u + 8u);
  }
}

TEST(Refusals, TheEnginesOwnCommandsHaveNoTemplate) {
  EXPECT_EQ(template_of(CommandKind::expire), 0);
  EXPECT_EQ(template_of(CommandKind::configure), 0);
  // Replies are no requests, and no number near the engine's kinds is either.
  for (unsigned id = 0; id < 65536; ++id) {
    Bytes bytes = command_frame(commands()[0]);
    put<std::uint16_t>(bytes, 10, static_cast<std::uint16_t>(id));
    const MessageInfo* message = message_info(static_cast<std::uint16_t>(id));
    const bool is_request = message != nullptr && id < 100;
    const auto refusal = refusal_of_frame(bytes);
    ASSERT_EQ(refusal && refusal->code == RejectCode::unknown_template, !is_request) << id;
  }
}

TEST(Refusals, TravelThroughARouteUnchanged) {
  for (const RejectInfo& info : kRejects) {
    const bool wide = info.code == RejectCode::bad_frame_length ||
        info.code == RejectCode::frame_not_aligned;
    const Refusal refusal{info.code, static_cast<std::uint16_t>(wide ? 0 : 65535),
        wide ? 0xFFFF'FFFF : 65535U};
    Request request;
    set_reject(request, refusal);
    EXPECT_EQ(pass_through_of(request.route), PassThrough::reject);
    const Refusal back = refusal_of(request.route);
    EXPECT_EQ(back.code, refusal.code);
    EXPECT_EQ(back.template_id, refusal.template_id);
    EXPECT_EQ(back.detail, refusal.detail);
    char text[wire::kRejectTextBytes];
    describe(refusal, text);
    EXPECT_GT(text_of(text).size(), 20u);
    EXPECT_LT(text_of(text).size(), sizeof text) << "cut: " << text_of(text);
  }
}

}  // namespace
}  // namespace holdfast::net
