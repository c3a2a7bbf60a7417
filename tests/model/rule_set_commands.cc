// Random rule sets with controls: written row by row, mostly right, and activated.
//
// A control's number decides its window and scope most of the time, so that a later version goes on
// with what an earlier one counted. Other commands come between the rows.
#include <algorithm>
#include <cstring>
#include <limits>

#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t kNoCount = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint16_t kControlNumbers = 9;
// The list of each kind has a number of its own; a rule set has those that its controls name.
constexpr std::uint16_t kLists[] = {11, 12, 13};

}  // namespace

void RandomCommands::plan_rule_set() {
  const ProgramId program = program_with_rules();
  const std::uint32_t version = rule_sets_[program].version + 1;
  std::vector<Command> rows;
  std::vector<std::uint16_t> lists;
  std::vector<std::uint16_t> zones;
  const auto need = [](std::vector<std::uint16_t>& all, std::uint16_t number) {
    if (number != 0 && std::find(all.begin(), all.end(), number) == all.end()) {
      all.push_back(number);
    }
  };
  Command begin = make(CommandKind::begin_rule_set);
  begin.begin_rule_set.program = program;
  begin.begin_rule_set.version = version;
  while (begin.begin_rule_set.categories < 3 && random_.per_mille(500)) {
    Command row = make(CommandKind::add_category);
    row.add_category = some_category(program, version);
    ++begin.begin_rule_set.categories;
    rows.push_back(row);
  }
  for (std::uint16_t number = 1; number <= kControlNumbers; ++number) {
    if (!random_.per_mille(450)) continue;
    Command row = make(CommandKind::add_control);
    row.add_control = some_control(program, version, number);
    ++begin.begin_rule_set.controls;
    need(lists, row.add_control.mcc_list);
    need(lists, row.add_control.country_list);
    need(lists, row.add_control.merchant_list);
    need(zones, row.add_control.zone);
    rows.push_back(row);
  }
  for (const std::uint16_t list : lists) {
    if (random_.per_mille(20)) continue;  // named, and not there
    for (std::int64_t items = random_.between(1, 3); items > 0; --items) {
      Command row = make(CommandKind::add_list_item);
      row.add_list_item = some_item(program, version, list);
      ++begin.begin_rule_set.list_items;
      rows.push_back(row);
    }
  }
  for (const std::uint16_t zone : zones) {
    const std::size_t before = rows.size();
    if (!random_.per_mille(20)) plan_zone(program, version, zone, rows);
    begin.begin_rule_set.zone_offsets += static_cast<std::uint32_t>(rows.size() - before);
  }
  if (random_.per_mille(60)) ++begin.begin_rule_set.controls;  // one that never comes
  planned_.push_back(begin);
  planned_.insert(planned_.end(), rows.begin(), rows.end());
  planned_.push_back(work_of(program, version));
}

// A version begins to work: as a shadow, which may be promoted later, or at once.
Command RandomCommands::work_of(ProgramId program, std::uint32_t version) {
  Command command = make(CommandKind::activate_rule_set);
  command.activate_rule_set = ActivateRuleSet{program, version};
  if (random_.per_mille(500)) return command;
  command.kind = CommandKind::shadow_rule_set;
  command.shadow_rule_set = ShadowRuleSet{program, version, 1, {}};
  return command;
}

AddControl RandomCommands::some_control(ProgramId program, std::uint32_t version,
                                        std::uint16_t number) {
  AddControl c;
  c.program = program;
  c.version = version;
  c.control = number;
  const bool usual = random_.per_mille(850);
  c.scope = static_cast<ControlScope>(usual ? number % 3 : random_.below(3));
  if (number >= 7) {  // 1 .. 6 are windows
    c.effect = static_cast<ControlEffect>(random_.below(3));
  } else {
    c.effect = ControlEffect::cap_window;
    c.window = static_cast<WindowKind>(usual ? number : random_.between(1, 6));
    window(c);
  }
  if (c.effect == ControlEffect::cap_transaction || c.effect == ControlEffect::cap_window) {
    c.amount_max = Money{random_.per_mille(150)   ? kMax
                         : random_.per_mille(200) ? std::max<std::int64_t>(0, amount())
                                                  : random_.between(10'000, 500'000)};
  }
  if (c.effect == ControlEffect::cap_window) {
    c.count_max = c.amount_max.minor != kMax && random_.per_mille(400)
                      ? kNoCount
                      : static_cast<std::uint32_t>(random_.below(30));
  }
  filter(c);
  if (odd()) spoil(c);
  return c;
}

void RandomCommands::window(AddControl& c) {
  static constexpr std::uint32_t kSteps_s[] = {1, 60, 3'600, 5'400, 86'400};
  if (c.window == WindowKind::week) {
    c.week_start = static_cast<std::uint8_t>(random_.per_mille(800) ? (c.control % 2) * 6 + 1
                                                                    : random_.between(1, 7));
  }
  if (c.window <= WindowKind::year && random_.per_mille(700)) {
    c.zone = static_cast<std::uint16_t>(random_.per_mille(800) ? c.control % 2 + 1
                                                               : random_.between(1, 3));
  }
  if (c.window != WindowKind::rolling) return;
  c.granularity_s = kSteps_s[random_.per_mille(850) ? 2 : random_.below(std::size(kSteps_s))];
  c.window_s = c.granularity_s *
               static_cast<std::uint32_t>(random_.per_mille(850) ? 5 : random_.between(1, 31));
}

// A filter that denies must be narrow, and one that allows only wide: else nothing is approved.
void RandomCommands::filter(AddControl& c) {
  const bool denies = c.effect == ControlEffect::deny;
  const bool is_capped = !denies && c.effect != ControlEffect::allow_only;
  if (is_capped && random_.per_mille(500)) return;
  const std::uint64_t field = random_.below(5);
  const auto also = [&](std::uint64_t number) {
    return field == number || random_.per_mille(denies ? 400 : 30);
  };
  if (also(0)) c.mcc_list = kLists[0];
  if (also(1)) c.country_list = kLists[1];
  if (also(2)) c.merchant_list = kLists[2];
  const auto mask = [&](int bits) {
    const auto all = (1U << bits) - 1;
    const auto some = static_cast<std::uint32_t>(1U << random_.below(static_cast<unsigned>(bits)));
    return static_cast<std::uint16_t>(denies ? some : all & ~some);
  };
  if (also(3)) c.channels = mask(kChannelMax + 1);
  if (also(4)) c.types = mask(kTransactionTypeMax + 1);
}

AddListItem RandomCommands::some_item(ProgramId program, std::uint32_t version,
                                      std::uint16_t list) {
  static constexpr const char* kMerchants[] = {"SHOP 1", "FIFTEEN LETTERS", "SIXTEEN LETTERS!",
                                               "SHOP 2"};
  static constexpr std::uint16_t kCountries[] = {36, 276, 826, 840, 999};
  AddListItem c;
  c.program = program;
  c.version = version;
  c.list = list;
  c.kind = list == kLists[0]   ? ListKind::mcc
           : list == kLists[1] ? ListKind::country
                               : ListKind::merchant;
  switch (c.kind) {
    case ListKind::mcc:
      c.mcc_first = some_mcc();
      c.mcc_last = Mcc{static_cast<std::uint16_t>(
          std::min<std::int64_t>(9'999, c.mcc_first.code + random_.between(0, 400)))};
      break;
    case ListKind::country:
      c.country = CountryCode{kCountries[random_.below(std::size(kCountries))]};
      break;
    case ListKind::merchant: {
      const char* text = kMerchants[random_.below(std::size(kMerchants))];
      std::memcpy(c.merchant.text, text, std::strlen(text));
      break;
    }
  }
  if (odd()) spoil(c);
  return c;
}

// A zone with some changes of its clock in the days around now.
void RandomCommands::plan_zone(ProgramId program, std::uint32_t version, std::uint16_t zone,
                               std::vector<Command>& rows) {
  static constexpr std::int32_t kOffsets_s[] = {0,      3'600,  7'200,  -18'000, -14'400,
                                                37'800, 39'600, 50'400, -43'200};
  std::int64_t from_s = static_cast<std::int64_t>(clock_.ns / kNsPerSecond);
  from_s -= from_s % 3'600 + random_.between(0, 20) * 86'400;
  std::int32_t offset = kOffsets_s[random_.below(std::size(kOffsets_s))];
  for (std::int64_t row = 0, count = random_.between(1, 4); row < count; ++row) {
    Command command = make(CommandKind::add_zone_offset);
    AddZoneOffset& c = command.add_zone_offset;
    c.program = program;
    c.version = version;
    c.zone = zone;
    c.from_s = row == 0 && random_.per_mille(700) ? std::numeric_limits<std::int64_t>::min()
                                                  : from_s;
    c.offset_s = offset;
    from_s += random_.between(odd() ? 0 : 1, 15 * 24) * 3'600;
    offset = static_cast<std::int32_t>(std::clamp<std::int64_t>(
        offset + random_.between(-2, 2) * 1'800, -86'399, 86'399));
    if (random_.per_mille(50)) offset = kOffsets_s[random_.below(std::size(kOffsets_s))];
    if (odd()) c.offset_s = random_.per_mille(500) ? 86'400 : -86'400;
    if (odd()) c.zone = 0;
    if (odd()) c.reserved = 1;
    rows.push_back(command);
  }
}

// A row that no plan has: twice the same number, too many, for a version that is long active.
Command RandomCommands::stray_row() {
  const ProgramId program = program_with_rules();
  const std::uint32_t version =
      rule_sets_[program].version - static_cast<std::uint32_t>(random_.between(-1, 1));
  const std::uint64_t draw = random_.below(3);
  Command command = make(draw == 0   ? CommandKind::add_control
                         : draw == 1 ? CommandKind::add_list_item
                                     : CommandKind::add_zone_offset);
  if (draw == 0) {
    command.add_control =
        some_control(program, version, static_cast<std::uint16_t>(random_.between(1, 9)));
  } else if (draw == 1) {
    command.add_list_item = some_item(program, version, kLists[random_.below(3)]);
    if (random_.per_mille(300)) command.add_list_item.list = kLists[random_.below(3)];
  } else {
    std::vector<Command> rows;
    plan_zone(program, version, static_cast<std::uint16_t>(random_.between(1, 3)), rows);
    command.add_zone_offset = rows.back().add_zone_offset;
  }
  return command;
}

void RandomCommands::spoil(AddControl& c) {
  switch (random_.below(16)) {
    case 0: c.version = 0; break;
    case 1: c.control = 0; break;
    case 2: c.scope = static_cast<ControlScope>(3); break;
    case 3: c.effect = static_cast<ControlEffect>(random_.below(5)); break;
    case 4: c.window = static_cast<WindowKind>(random_.below(8)); break;
    case 5: c.week_start = static_cast<std::uint8_t>(random_.below(9)); break;
    case 6: c.zone = static_cast<std::uint16_t>(random_.below(4)); break;
    case 7: c.channels = static_cast<std::uint16_t>(1U << random_.between(8, 10)); break;
    case 8: c.types = static_cast<std::uint16_t>(1U << random_.between(4, 6)); break;
    case 9: c.reserved[random_.below(3)] = 1; break;
    case 10: c.reserved2 = 1; break;
    case 11: c.amount_max = Money{random_.between(-1, 1)}; break;
    case 12: c.count_max = random_.per_mille(500) ? kNoCount : 1; break;
    case 13: c.window_s += 1; break;
    case 14:
      c.window_s = c.granularity_s * static_cast<std::uint32_t>(random_.between(31, 32));
      break;
    default: c.granularity_s = static_cast<std::uint32_t>(random_.below(2)); break;
  }
}

void RandomCommands::spoil(AddListItem& c) {
  switch (random_.below(9)) {
    case 0: c.version = 0; break;
    case 1: c.list = 0; break;
    case 2: c.kind = static_cast<ListKind>(random_.below(4)); break;
    case 3: c.mcc_last = Mcc{static_cast<std::uint16_t>(random_.between(9'999, 10'000))}; break;
    case 4: c.mcc_first = Mcc{static_cast<std::uint16_t>(random_.between(0, 9'999))}; break;
    case 5: c.country = CountryCode{static_cast<std::uint16_t>(random_.between(998, 1'000))}; break;
    case 6: c.merchant.text[random_.below(16)] = static_cast<char>(random_.below(128)); break;
    case 7: c.reserved = 1; break;
    default: random_.per_mille(500) ? c.reserved2 = 1 : c.reserved3 = 1; break;
  }
}

}  // namespace holdfast::model
