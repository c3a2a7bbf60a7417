// Answers that are longer than a frame: each page tells its part, and nothing else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "net/protocol/codec.h"
#include "net/protocol/schema.h"
#include "tests/net/codec_samples.h"

namespace holdfast::net {
namespace {

using namespace test;

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
        command.kind != CommandKind::add_list_item &&
        command.kind != CommandKind::add_zone_offset) {
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

}  // namespace
}  // namespace holdfast::net
