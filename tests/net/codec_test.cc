// Frames and the codec: every message there and back, growth in both directions, every refusal.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <random>
#include <vector>

#include "net/protocol/codec.h"
#include "net/protocol/schema.h"

namespace holdfast::net {
namespace {

using Bytes = std::vector<std::byte>;

template <class Encode>
Bytes frame_of(Encode encode) {
  Bytes bytes(limits::frame_bytes_max);
  bytes.resize(encode(std::span(bytes)));
  return bytes;
}

Bytes frame_of(const Command& command, std::uint64_t correlation = 5) {
  return frame_of([&](std::span<std::byte> out) { return encode_command(command, correlation,
      out); });
}

template <class T>
void put(Bytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

// The refusal of a greeted session's frame, or nothing.
std::optional<Refusal> refusal_of_frame(const Bytes& bytes, Request& request, bool greeted = true) {
  const FrameScan scan = scan_frame(bytes);
  EXPECT_EQ(scan.status, FrameStatus::whole);
  if (scan.refusal) return scan.refusal;
  return decode_request(scan.frame, greeted, request);
}

std::optional<Refusal> refusal_of_frame(const Bytes& bytes) {
  Request request;
  return refusal_of_frame(bytes, request);
}

// A command of each kind that may come from outside, every field its own value.
std::vector<Command> commands() {
  std::vector<Command> all;
  const auto next = [&](CommandKind kind) -> Command& {
    Command& command = all.emplace_back();
    command.kind = kind;
    command.request_id = RequestId{100 + static_cast<std::uint64_t>(kind), 9};
    return command;
  };
  next(CommandKind::create_account).create_account =
      {AccountId{1, 2}, Money{3}, CurrencyCode{4}, 1, 0};
  next(CommandKind::update_account).update_account =
      {AccountId{1, 2}, Money{3}, AccountStatus::closed, 3, {}};
  next(CommandKind::create_card).create_card =
      {CardToken{1, 2}, AccountId{3, 4}, ProgramId{5}, ExpiryMonth{2712}, 0};
  next(CommandKind::update_card).update_card =
      {CardToken{1, 2}, ProgramId{3}, ExpiryMonth{4}, CardStatus::stolen, 13};
  next(CommandKind::put_program).put_program = {ProgramId{1}, 2, AccountId{3, 4}};
  next(CommandKind::transfer).transfer =
      {AccountId{1, 2}, AccountId{3, 4}, Money{5}, CurrencyCode{6}, 0, 7};
  Authorize& authorize = next(CommandKind::authorize).authorize;
  authorize = {CardToken{1, 2}, Money{-3},      {"MERCHANT-DE42-1"},           {}, CurrencyCode{4},
               Mcc{5},          CountryCode{6}, Channel::atm, TransactionType::account_funding,
               0,               0};
  std::memcpy(authorize.terminal.text, "TERM0008", 8);  // all eight characters
  next(CommandKind::capture).capture =
      {AuthorizationId{1}, RequestId{2, 3}, Money{4}, AccountId{5, 6}, 1, {}};
  next(CommandKind::reverse).reverse = {AuthorizationId{1}, RequestId{2, 3}, Money{4}};
  next(CommandKind::refund).refund = {AuthorizationId{1}, RequestId{2, 3}, CardToken{4, 5},
                                      AccountId{6, 7},    Money{8},        {"M"},
                                      CurrencyCode{9},    Mcc{10},         0};
  return all;
}

TEST(Codec, CommandsComeBackAsTheyWent) {
  EXPECT_EQ(commands().size(), 10u);
  for (const Command& command : commands()) {
    Request request;
    std::memset(static_cast<void*>(&request.command), 0xEE, sizeof request.command);  // a used slot
    const auto refusal = refusal_of_frame(frame_of(command, 77), request);
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
  for (const auto kind : {RequestKind::show_account, RequestKind::show_card,
      RequestKind::show_authorization,
                          RequestKind::show_program, RequestKind::show_status}) {
    Request request;
    const Bytes bytes = frame_of([&](auto out) { return encode_inquiry(kind, full, 9, out); });
    ASSERT_FALSE(refusal_of_frame(bytes, request));
    EXPECT_EQ(request.kind, kind);
    const Inquiry& got = request.inquiry;
    EXPECT_EQ(got.account, kind == RequestKind::show_account ? full.account : AccountId{});
    EXPECT_EQ(got.card, kind == RequestKind::show_card ? full.card : CardToken{});
    EXPECT_EQ(got.program, kind == RequestKind::show_program ? full.program : ProgramId{});
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

// An older peer's frame: fields that it does not know are not there. A message of version 1 has
// no older form, so a struct with a shorter version-1 length stands for one that grew.
TEST(Codec, OlderPeersFieldsAreZero) {
  const Bytes full = frame_of(commands()[6]);
  Bytes shorter(full.begin(), full.begin() + 16 + 72);
  put<std::uint32_t>(shorter, 0, 16 + 72);
  put<std::uint16_t>(shorter, 8, 72);
  const FrameScan scan = scan_frame(shorter);
  ASSERT_EQ(scan.status, FrameStatus::whole);
  EXPECT_FALSE(check_block(scan.frame, 72));
  const auto message = body_as<wire::Authorize>(scan.frame);
  EXPECT_EQ(message.amount, -3);
  EXPECT_EQ(std::string_view(message.terminal, 8), "TERM0008");
  EXPECT_EQ(message.currency, 0u);
  EXPECT_EQ(message.channel, 0u);
  // Shorter than version 1 ever was: refused.
  EXPECT_EQ(check_block(scan.frame, 88)->code, RejectCode::body_too_short);
  EXPECT_EQ(refusal_of_frame(shorter)->code, RejectCode::body_too_short);
}

TEST(Codec, NewerPeersSurplusIsIgnored) {
  const Command command = commands()[6];
  Bytes longer = frame_of(command);
  longer.resize(longer.size() + 24, std::byte{0xAB});
  put<std::uint32_t>(longer, 0, static_cast<std::uint32_t>(longer.size()));
  put<std::uint16_t>(longer, 8, static_cast<std::uint16_t>(longer.size() - 16));
  put<std::uint16_t>(longer, 14, 2);
  Request request;
  EXPECT_FALSE(refusal_of_frame(longer, request));
  EXPECT_EQ(std::memcmp(&request.command, &command, sizeof command), 0);
}

TEST(Frame, NeedsAllOfItsBytes) {
  const Bytes bytes = frame_of(commands()[0]);
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
  Bytes bytes = frame_of(commands()[6]);
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
  put<std::uint16_t>(bytes, 14, 1);
  EXPECT_EQ(code(false), RejectCode::unknown_template);
  put<std::uint16_t>(bytes, 10, wire::Layout<wire::Authorize>::kTemplateId);
  EXPECT_EQ(code(false), RejectCode::block_length_mismatch);
  put<std::uint16_t>(bytes, 8, 88);
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
      {6, "flags", 1, kZero},      {6, "reserved", 1, kZero},   {6, "channel", 9, kRange},
      {6, "transactionType", 5, kRange}, {6, "merchant", 0x1F, kRange}, {6, "merchant", 0, kRange},
      {6, "terminal", 0x80, kRange}, {7, "isFinal", 2, kRange}, {7, "reserved", 1, kZero},
      {9, "merchant", 0x7F, kRange}, {9, "reserved", 1, kZero},
  };
  for (const Fault& fault : faults) {
    Bytes bytes = frame_of(commands()[fault.command]);
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
    const Bytes good = frame_of(command);
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
    const auto refusal = refusal_of_frame(frame_of(command));
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
    Bytes bytes = frame_of(commands()[0]);
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
