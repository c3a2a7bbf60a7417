#include "net/protocol/reply_pages.h"

#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "net/protocol/command_fields.h"

namespace holdfast::net {
namespace {

/// How many of `total` parts the page from `first` on holds.
std::size_t parts_of_page(std::size_t total, std::size_t first, std::size_t most) {
  return first < total ? std::min(total - first, most) : 0;
}

/// Parts stand as so many fields of one type, one behind the other; `offset`: of the first.
template <class Part, class Message>
void put_part(Message& message, std::size_t offset, std::size_t place, const Part& part) {
  std::memcpy(reinterpret_cast<std::byte*>(&message) + offset + place * sizeof part, &part,
              sizeof part);
}
template <class Part, class Message>
Part part_of(const Message& message, std::size_t offset, std::size_t place) {
  Part part;
  std::memcpy(&part, reinterpret_cast<const std::byte*>(&message) + offset + place * sizeof part,
              sizeof part);
  return part;
}

wire::Limit limit_part(const LimitView& view) {
  wire::Limit m;
  m.amount_max = view.amount_max.minor;
  m.amount_used = view.amount_used.minor;
  m.window_start_ns = view.window_start.ns;
  m.count_max = view.count_max;
  m.count_used = view.count_used;
  m.control = view.control;
  m.scope = static_cast<std::uint8_t>(view.scope);
  m.window = static_cast<std::uint8_t>(view.window);
  return m;
}

wire::Tally tally_part(const ShadowTally& tally) {
  wire::Tally m;
  m.count = tally.count;
  m.amount = tally.amount.minor;
  m.active = static_cast<std::uint16_t>(tally.active);
  m.shadow = static_cast<std::uint16_t>(tally.shadow);
  return m;
}

/// The fields behind the request id, as the message would carry them.
template <class Message, class Body>
wire::RuleSetRow row_as(const Body& body) {
  Message message;
  encode(body, message);
  constexpr std::size_t kFrom = offsetof(Message, program_id);
  wire::RuleSetRow row;
  row.template_id = wire::Layout<Message>::kTemplateId;
  std::memcpy(row.fields, reinterpret_cast<const std::byte*>(&message) + kFrom,
              sizeof message - kFrom);
  return row;
}

wire::RuleSetRow row_part(const Command& row) {
  switch (row.kind) {
    case CommandKind::add_category:
      return row_as<wire::AddCategory>(row.add_category);
    case CommandKind::add_control:
      return row_as<wire::AddControl>(row.add_control);
    case CommandKind::add_list_item:
      return row_as<wire::AddListItem>(row.add_list_item);
    case CommandKind::add_zone_offset:
      return row_as<wire::AddZoneOffset>(row.add_zone_offset);
    default:
      break;
  }
  HOLDFAST_CHECK(false, "a rule set has no other rows");
  return {};
}

/// False when the bytes are not such a row.
template <class Message, class Body>
bool take_row(const wire::RuleSetRow& row, CommandKind kind, Body Command::*member,
              Command& command) {
  Message message;
  constexpr std::size_t kFrom = offsetof(Message, program_id);
  std::memcpy(reinterpret_cast<std::byte*>(&message) + kFrom, row.fields, sizeof message - kFrom);
  FieldCheck check(row.template_id, wire::kSchemaVersion);
  command = Command{};
  command.kind = kind;
  command.*member = Body{};
  decode(message, command.*member, check);
  return !check.refusal();
}

bool decode_row(const wire::RuleSetRow& row, Command& command) {
  using enum wire::TemplateId;
  switch (static_cast<wire::TemplateId>(row.template_id)) {
    case AddCategory:
      return take_row<wire::AddCategory>(row, CommandKind::add_category, &Command::add_category,
                                         command);
    case AddControl:
      return take_row<wire::AddControl>(row, CommandKind::add_control, &Command::add_control,
                                        command);
    case AddListItem:
      return take_row<wire::AddListItem>(row, CommandKind::add_list_item, &Command::add_list_item,
                                         command);
    case AddZoneOffset:
      return take_row<wire::AddZoneOffset>(row, CommandKind::add_zone_offset,
                                           &Command::add_zone_offset, command);
    default:
      return false;
  }
}

}  // namespace

wire::LimitsReply limits_page(const LimitsView& view, std::size_t first) {
  wire::LimitsReply m;
  m.position = view.position.value;
  m.card_token = to_wire(view.card);
  m.program_id = view.program.value;
  m.rule_set_version = view.rule_set_version;
  m.total = static_cast<std::uint16_t>(view.limits.size());
  m.first = static_cast<std::uint16_t>(first);
  m.found = view.found ? 1 : 0;
  const std::size_t count = parts_of_page(view.limits.size(), first, wire::kLimitsPerReply);
  for (std::size_t place = 0; place < count; ++place) {
    put_part(m, offsetof(wire::LimitsReply, limit1), place, limit_part(view.limits[first + place]));
  }
  return m;
}

LimitsView to_view(const wire::LimitsReply& m) {
  LimitsView view;
  view.found = m.found != 0;
  view.card = to_id<CardToken>(m.card_token);
  view.program = ProgramId{m.program_id};
  view.rule_set_version = m.rule_set_version;
  view.position = LogPosition{m.position};
  const std::size_t count = parts_of_page(m.total, m.first, wire::kLimitsPerReply);
  for (std::size_t place = 0; place < count; ++place) {
    const auto limit = part_of<wire::Limit>(m, offsetof(wire::LimitsReply, limit1), place);
    LimitView& to = view.limits.emplace_back();
    to.control = limit.control;
    to.scope = static_cast<ControlScope>(limit.scope);
    to.window = static_cast<WindowKind>(limit.window);
    to.amount_max = Money{limit.amount_max};
    to.amount_used = Money{limit.amount_used};
    to.count_max = limit.count_max;
    to.count_used = limit.count_used;
    to.window_start = TimestampNs{limit.window_start_ns};
  }
  return view;
}

wire::ShadowsReply shadows_page(const ShadowsView& view, std::uint32_t from_version,
                                std::size_t first_tally) {
  wire::ShadowsReply m;
  m.position = view.position.value;
  m.program_id = view.program.value;
  m.active_version = view.active_version;
  m.shadows = static_cast<std::uint16_t>(view.shadows.size());
  m.first_tally = static_cast<std::uint16_t>(first_tally);
  m.found = view.found ? 1 : 0;
  const auto shadow = std::ranges::find_if(
      view.shadows, [&](const ShadowView& one) { return one.version >= from_version; });
  if (shadow == view.shadows.end()) return m;
  m.rule_set_version = shadow->version;
  m.shadows_behind = static_cast<std::uint16_t>(view.shadows.end() - shadow - 1);
  m.started_at_ns = shadow->started_at.ns;
  m.judged = shadow->judged;
  m.first_divergence = shadow->first_divergence.value;
  m.tallies = static_cast<std::uint16_t>(shadow->tallies.size());
  const std::size_t count =
      parts_of_page(shadow->tallies.size(), first_tally, wire::kTalliesPerReply);
  for (std::size_t place = 0; place < count; ++place) {
    put_part(m, offsetof(wire::ShadowsReply, tally1), place,
             tally_part(shadow->tallies[first_tally + place]));
  }
  return m;
}

ShadowsView to_view(const wire::ShadowsReply& m) {
  ShadowsView view;
  view.found = m.found != 0;
  view.program = ProgramId{m.program_id};
  view.active_version = m.active_version;
  view.position = LogPosition{m.position};
  if (m.rule_set_version == 0) return view;
  ShadowView& shadow = view.shadows.emplace_back();
  shadow.version = m.rule_set_version;
  shadow.started_at = TimestampNs{m.started_at_ns};
  shadow.judged = m.judged;
  shadow.first_divergence = LogPosition{m.first_divergence};
  const std::size_t count = parts_of_page(m.tallies, m.first_tally, wire::kTalliesPerReply);
  for (std::size_t place = 0; place < count; ++place) {
    const auto tally = part_of<wire::Tally>(m, offsetof(wire::ShadowsReply, tally1), place);
    shadow.tallies.push_back({.active = static_cast<Decision>(tally.active),
                              .shadow = static_cast<Decision>(tally.shadow),
                              .count = tally.count,
                              .amount = Money{tally.amount}});
  }
  return view;
}

wire::RuleSetReply rule_set_page(const RuleSetView& view) {
  HOLDFAST_CHECK(view.rows.size() <= wire::kRowsPerReply, "the engine cuts a page of rows");
  wire::RuleSetReply m;
  m.position = view.position.value;
  m.program_id = view.program.value;
  m.rule_set_version = view.version;
  m.categories = view.announced.categories;
  m.controls = view.announced.controls;
  m.list_items = view.announced.list_items;
  m.zone_offsets = view.announced.zone_offsets;
  m.rows_total = view.rows_total;
  m.first_row = view.first_row;
  m.rows = static_cast<std::uint8_t>(view.rows.size());
  m.state = static_cast<std::uint8_t>(view.state);
  m.found = view.found ? 1 : 0;
  for (std::size_t place = 0; place < view.rows.size(); ++place) {
    put_part(m, offsetof(wire::RuleSetReply, row1), place, row_part(view.rows[place]));
  }
  return m;
}

RuleSetView to_view(const wire::RuleSetReply& m) {
  RuleSetView view;
  view.found = m.found != 0;
  view.program = ProgramId{m.program_id};
  view.version = m.rule_set_version;
  view.state = static_cast<RuleSetState>(m.state);
  view.announced = {.program = ProgramId{m.program_id},
                    .version = m.rule_set_version,
                    .categories = m.categories,
                    .controls = m.controls,
                    .list_items = m.list_items,
                    .zone_offsets = m.zone_offsets};
  view.rows_total = m.rows_total;
  view.first_row = m.first_row;
  view.position = LogPosition{m.position};
  for (std::size_t place = 0; place < std::min<std::size_t>(m.rows, wire::kRowsPerReply); ++place) {
    Command command;
    const auto row = part_of<wire::RuleSetRow>(m, offsetof(wire::RuleSetReply, row1), place);
    if (decode_row(row, command)) view.rows.push_back(command);
  }
  return view;
}

wire::StagesReply stages_page(const StagePage& page) {
  HOLDFAST_CHECK(page.buckets.size() <= wire::kBucketsPerReply, "the core cuts a page of buckets");
  wire::StagesReply m;
  m.position = page.position.value;
  m.uptime_ns = page.uptime_ns;
  m.sum_ns = page.sum_ns;
  m.max_ns = page.max_ns;
  m.stage = static_cast<std::uint8_t>(page.stage);
  m.first_bucket = page.first_bucket;
  m.buckets_total = kStageBuckets;
  std::ranges::copy(page.buckets, m.counts);
  return m;
}

StagePage to_view(const wire::StagesReply& m) {
  StagePage page;
  page.stage = static_cast<Stage>(m.stage);
  page.first_bucket = m.first_bucket;
  const std::size_t count =
      parts_of_page(m.buckets_total, m.first_bucket, wire::kBucketsPerReply);
  page.buckets.assign(m.counts, m.counts + count);
  page.sum_ns = m.sum_ns;
  page.max_ns = m.max_ns;
  page.uptime_ns = m.uptime_ns;
  page.position = LogPosition{m.position};
  return page;
}

}  // namespace holdfast::net
