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
               kAuthorizeFlagsAll, 0, Money{7}};
  std::memcpy(authorize.terminal.text, "TERM0008", 8);  // all eight characters
  next(CommandKind::capture).capture =
      {AuthorizationId{1}, RequestId{2, 3}, Money{4}, AccountId{5, 6}, 1, {}, CardToken{7, 8}};
  next(CommandKind::reverse).reverse = {AuthorizationId{1}, RequestId{2, 3}, Money{4}, 1, {}};
  next(CommandKind::refund).refund = {AuthorizationId{1}, RequestId{2, 3}, CardToken{4, 5},
                                      AccountId{6, 7},    Money{8},        {"M"},
                                      CurrencyCode{9},    Mcc{10},         0};
  next(CommandKind::increment).increment = {AuthorizationId{1}, RequestId{2, 3}, Money{4}};
  next(CommandKind::advise).advise = {CardToken{1, 2}, Money{-3},      {"MERCHANT-DE42-1"},
                                      {"TERM"},        CurrencyCode{4}, Mcc{5},
                                      CountryCode{6},  Channel::moto,  TransactionType::quasi_cash,
                                      1,               {},             AccountId{7, 8}};
  next(CommandKind::set_rate).set_rate = {CurrencyCode{1}, CurrencyCode{2}, 3, 4, 0, -5, 6, 0};
  next(CommandKind::begin_rule_set).begin_rule_set = {ProgramId{1}, 2, 3, 4, 5, 6};
  next(CommandKind::add_category).add_category =
      {ProgramId{1}, 2, Mcc{3}, Mcc{4}, 5, 6, 7, Money{-8}, Money{-9}};
  next(CommandKind::activate_rule_set).activate_rule_set = {ProgramId{1}, 2};
  next(CommandKind::add_control).add_control = {
      ProgramId{1}, 2, 3,  ControlScope::card, ControlEffect::cap_window, WindowKind::rolling, 7, 4,
      5,            6, 7,  0x1FF,              0x1F,                      {},                  Money{-8},
      9,            10, 11, 0};
  next(CommandKind::add_list_item).add_list_item = {
      ProgramId{1},   2, 3, ListKind::merchant, 0, Mcc{4}, Mcc{5}, CountryCode{6}, 0, 0,
      {"SUPPLIER-0815"}};
  next(CommandKind::add_zone_offset).add_zone_offset = {ProgramId{1}, 2, 3, 0, -4, -5};
  next(CommandKind::shadow_rule_set).shadow_rule_set = {ProgramId{1}, 2, 1, {}};
  return all;
}

TEST(Codec, CommandsComeBackAsTheyWent) {
  EXPECT_EQ(commands().size(), 20u);
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

TEST(Codec, StageHistogramsComeBackPageByPage) {
  std::mt19937_64 random(5);
  StagePage page{.stage = Stage::log, .first_bucket = 392};
  for (std::size_t i = 0; i < wire::kBucketsPerReply; ++i) page.buckets.push_back(random());
  page.sum_ns = random();
  page.max_ns = random();
  page.uptime_ns = random();
  page.position = LogPosition{random()};
  Reply reply;
  reply.kind = RequestKind::show_stages;
  reply.answer = std::make_unique<InquiryAnswer>(page);
  const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
  const auto message = body_as<wire::StagesReply>(scan_frame(bytes).frame);
  EXPECT_EQ(message.buckets_total, kStageBuckets);
  const StagePage got = to_view(message);
  EXPECT_EQ(got.stage, page.stage);
  EXPECT_EQ(got.first_bucket, page.first_bucket);
  EXPECT_EQ(got.buckets, page.buckets);
  EXPECT_EQ(got.sum_ns, page.sum_ns);
  EXPECT_EQ(got.max_ns, page.max_ns);
  EXPECT_EQ(got.uptime_ns, page.uptime_ns);
  EXPECT_EQ(got.position, page.position);

  Request request;
  Bytes asked = frame_of([&](auto out) {
    Inquiry inquiry;
    inquiry.stage = Stage::total;
    return encode_inquiry(RequestKind::show_stages, inquiry, 9, out);
  });
  ASSERT_FALSE(refusal_of_frame(asked, request));
  asked[24] = std::byte{7};
  const auto refusal = refusal_of_frame(asked, request);
  ASSERT_TRUE(refusal) << "there is no such stage";
  EXPECT_EQ(refusal->code, RejectCode::field_out_of_range);
  EXPECT_EQ(refusal->detail, 24u);
}

// Random bytes in every limit: each page tells its own part of them, and zero behind it.
TEST(Codec, LimitsComeBackPageByPage) {
  std::mt19937_64 random(3);
  for (std::size_t total = 0; total <= limits::controls_max; ++total) {
    LimitsView all;
    all.found = true;
    all.card = CardToken{random(), random()};
    all.program = ProgramId{7};
    all.rule_set_version = 8;
    all.position = LogPosition{random()};
    for (std::size_t i = 0; i < total; ++i) {
      const auto half = static_cast<std::uint32_t>(random());
      all.limits.push_back({.control = static_cast<std::uint16_t>(random()),
                            .scope = static_cast<ControlScope>(half % 3),
                            .window = static_cast<WindowKind>(half % 7),
                            .amount_max = Money{static_cast<std::int64_t>(random())},
                            .amount_used = Money{static_cast<std::int64_t>(random())},
                            .count_max = half,
                            .count_used = ~half,
                            .window_start = TimestampNs{random()}});
    }
    std::vector<LimitView> told;
    for (std::size_t first = 0; first <= total; first += wire::kLimitsPerReply) {
      Request request;
      const Bytes asked = frame_of([&](auto out) {
        return encode_show_limits(all.card, static_cast<std::uint16_t>(first), 9, out);
      });
      ASSERT_FALSE(refusal_of_frame(asked, request));
      EXPECT_EQ(request.inquiry.card, all.card);
      Reply reply;
      reply.kind = request.kind;
      reply.route = request.route;
      reply.answer = std::make_unique<InquiryAnswer>(all);
      const Bytes bytes =
          frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
      ASSERT_EQ(bytes.size(), wire::kFrameBytes<wire::LimitsReply>);
      const auto message = body_as<wire::LimitsReply>(scan_frame(bytes).frame);
      EXPECT_EQ(message.total, total);
      EXPECT_EQ(message.first, first);
      const LimitsView page = to_view(message);
      EXPECT_TRUE(page.found);
      EXPECT_EQ(page.card, all.card);
      EXPECT_EQ(page.program, all.program);
      EXPECT_EQ(page.rule_set_version, all.rule_set_version);
      EXPECT_EQ(page.position, all.position);
      const std::size_t end = 16 + offsetof(wire::LimitsReply, limit1) + page.limits.size() * 40;
      for (std::size_t at = end; at < bytes.size(); ++at) ASSERT_EQ(bytes[at], std::byte{0}) << at;
      told.insert(told.end(), page.limits.begin(), page.limits.end());
    }
    ASSERT_EQ(told.size(), total);
    for (std::size_t i = 0; i < total; ++i) {
      EXPECT_EQ(told[i].control, all.limits[i].control);
      EXPECT_EQ(told[i].scope, all.limits[i].scope);
      EXPECT_EQ(told[i].window, all.limits[i].window);
      EXPECT_EQ(told[i].amount_max, all.limits[i].amount_max);
      EXPECT_EQ(told[i].amount_used, all.limits[i].amount_used);
      EXPECT_EQ(told[i].count_max, all.limits[i].count_max);
      EXPECT_EQ(told[i].count_used, all.limits[i].count_used);
      EXPECT_EQ(told[i].window_start, all.limits[i].window_start);
    }
  }
}

// A shadow is found by the version asked from, its tallies by number, whatever there is before.
TEST(Codec, ShadowsComeBackPageByPage) {
  std::mt19937_64 random(4);
  ShadowsView all;
  all.found = true;
  all.program = ProgramId{7};
  all.active_version = 8;
  all.position = LogPosition{random()};
  for (const std::size_t tallies : {0U, 1U, 18U, 19U, 300U}) {
    ShadowView& shadow = all.shadows.emplace_back();
    shadow.version = static_cast<std::uint32_t>(all.shadows.size() * 10);
    shadow.started_at = TimestampNs{random()};
    shadow.judged = random();
    shadow.first_divergence = LogPosition{random()};
    for (std::size_t i = 0; i < tallies; ++i) {
      shadow.tallies.push_back({.active = static_cast<Decision>(random() % 1000),
                                .shadow = static_cast<Decision>(random() % 1000),
                                .count = random(),
                                .amount = Money{static_cast<std::int64_t>(random())}});
    }
  }
  const auto page = [&](std::uint32_t from, std::size_t first) {
    Request request;
    const Bytes asked = frame_of([&](std::span<std::byte> out) {
      return encode_show_shadows(all.program, from, static_cast<std::uint16_t>(first), 9, out);
    });
    EXPECT_FALSE(refusal_of_frame(asked, request));
    EXPECT_EQ(request.kind, RequestKind::show_shadows);
    EXPECT_EQ(request.inquiry.program, all.program);
    Reply reply;
    reply.kind = request.kind;
    reply.route = request.route;
    reply.answer = std::make_unique<InquiryAnswer>(all);
    const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
    return body_as<wire::ShadowsReply>(scan_frame(bytes).frame);
  };
  for (std::size_t at = 0; at < all.shadows.size(); ++at) {
    const ShadowView& want = all.shadows[at];
    std::vector<ShadowTally> told;
    std::size_t pages = 0;
    do {
      // From any version above the one before it.
      const auto before = static_cast<std::uint32_t>(9 * (pages % 2));
      const wire::ShadowsReply reply = page(want.version - before, told.size());
      EXPECT_EQ(reply.shadows, all.shadows.size());
      EXPECT_EQ(reply.shadows_behind, all.shadows.size() - at - 1);
      EXPECT_EQ(reply.tallies, want.tallies.size());
      EXPECT_EQ(reply.first_tally, told.size());
      const ShadowsView view = to_view(reply);
      EXPECT_TRUE(view.found);
      EXPECT_EQ(view.program, all.program);
      EXPECT_EQ(view.active_version, all.active_version);
      EXPECT_EQ(view.position, all.position);
      ASSERT_EQ(view.shadows.size(), 1u);
      const ShadowView& got = view.shadows[0];
      EXPECT_EQ(got.version, want.version);
      EXPECT_EQ(got.started_at, want.started_at);
      EXPECT_EQ(got.judged, want.judged);
      EXPECT_EQ(got.first_divergence, want.first_divergence);
      told.insert(told.end(), got.tallies.begin(), got.tallies.end());
      ++pages;
    } while (told.size() < want.tallies.size() && pages < 100);
    EXPECT_EQ(pages, std::max<std::size_t>(1, (want.tallies.size() + 17) / 18));
    ASSERT_EQ(told.size(), want.tallies.size());
    for (std::size_t i = 0; i < told.size(); ++i) {
      EXPECT_EQ(told[i].active, want.tallies[i].active);
      EXPECT_EQ(told[i].shadow, want.tallies[i].shadow);
      EXPECT_EQ(told[i].count, want.tallies[i].count);
      EXPECT_EQ(told[i].amount, want.tallies[i].amount);
    }
    EXPECT_TRUE(to_view(page(want.version, want.tallies.size())).shadows[0].tallies.empty());
  }
  const wire::ShadowsReply behind = page(51, 0);
  EXPECT_EQ(behind.rule_set_version, 0u);
  EXPECT_EQ(behind.shadows_behind, 0u);
  EXPECT_TRUE(to_view(behind).shadows.empty());
}

// Every row of a rule set, with every field its own value, in a page of each size.
TEST(Codec, RowsOfARuleSetComeBackAsTheyWent) {
  std::vector<Command> rows;
  for (Command command : commands()) {
    if (command.kind != CommandKind::add_category && command.kind != CommandKind::add_control &&
        command.kind != CommandKind::add_list_item && command.kind != CommandKind::add_zone_offset) {
      continue;
    }
    command.request_id = RequestId{};
    rows.push_back(command);
  }
  ASSERT_EQ(rows.size(), 4u);
  for (std::size_t count = 0; count <= limits::rule_set_rows_per_reply; ++count) {
    RuleSetView view;
    view.found = true;
    view.program = ProgramId{1};
    view.version = 2;
    view.state = RuleSetState::shadow;
    view.announced = {ProgramId{1}, 2, 3, 4, 5, 6};
    view.rows_total = 17;
    view.first_row = 11;
    view.position = LogPosition{12};
    view.rows.assign(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count));
    Reply reply;
    reply.kind = RequestKind::show_rule_set;
    reply.answer = std::make_unique<InquiryAnswer>(view);
    const Bytes bytes = frame_of([&](auto out) { return encode_reply(reply, HelloFacts{}, out); });
    auto message = body_as<wire::RuleSetReply>(scan_frame(bytes).frame);
    const RuleSetView got = to_view(message);
    EXPECT_TRUE(got.found);
    EXPECT_EQ(got.program, view.program);
    EXPECT_EQ(got.version, view.version);
    EXPECT_EQ(got.state, view.state);
    EXPECT_EQ(std::memcmp(&got.announced, &view.announced, sizeof view.announced), 0);
    EXPECT_EQ(got.rows_total, 17u);
    EXPECT_EQ(got.first_row, 11u);
    EXPECT_EQ(got.position, view.position);
    ASSERT_EQ(got.rows.size(), count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(std::memcmp(&got.rows[i], &rows[i], sizeof(Command)), 0) << i;
    }
    if (count == 0) continue;
    // What is no row is left out, so that it is missed: another message, or a wrong value.
    message.row1.template_id = wire::Layout<wire::Authorize>::kTemplateId;
    EXPECT_EQ(to_view(message).rows.size(), count - 1);
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

// What a gateway of version 1 sends, built from the lengths of holdfast.xml as it was then: the
// fields that came later are missing, and the version in the header says why.
Bytes as_version_1(const Command& command, std::size_t block_v1) {
  Bytes bytes = frame_of(command);
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
    EXPECT_EQ(refusal_of_frame(frame_of(command)).has_value(), !known) << bit;
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
                                      std::pair{4, 4}, std::pair{5, 5}, std::pair{9, 5}}) {
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
  Bytes longer = frame_of(command);
  longer.resize(longer.size() + 24, std::byte{0xAB});
  put<std::uint32_t>(longer, 0, static_cast<std::uint32_t>(longer.size()));
  put<std::uint16_t>(longer, 8, static_cast<std::uint16_t>(longer.size() - 16));
  put<std::uint16_t>(longer, 14, wire::kSchemaVersion + 1);
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
