// Sums and tables of open holds.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "engine/state_machine.h"
#include "tools/cli/data_dir.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/holds.h"
#include "tools/cli/replay.h"

namespace holdfast::tools {
namespace {

Money saturated_sum(Money a, Money b) {
  return checked_add(a, b).value_or(Money{INT64_MAX});  // both are 0 or more
}

constexpr std::size_t kDateLength = 10;  // "2026-11-22"

std::string group_of(HoldGroup by, const OpenHold& hold) {
  switch (by) {
    case HoldGroup::day:
      return time_text(hold.authorization.expires_at).substr(0, kDateLength);
    case HoldGroup::category: return category_text(hold.authorization.mcc);
    case HoldGroup::program: return fmt::format("program {}", hold.authorization.program.value);
  }
  return "";
}

struct Group {
  std::string name;
  HoldSum sum;
};

/// By name, then currency; programs in the order of their numbers.
std::vector<Group> groups_of(HoldGroup by, const std::vector<OpenHold>& holds) {
  std::map<std::tuple<std::uint32_t, std::string, CurrencyCode>, Group> groups;
  for (const OpenHold& hold : holds) {
    const std::string name = group_of(by, hold);
    const std::uint32_t first = by == HoldGroup::program ? hold.authorization.program.value : 0;
    Group& group = groups[{first, name, hold.currency}];
    group.name = name;
    group.sum.currency = hold.currency;
    group.sum.add(hold);
  }
  std::vector<Group> list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

std::string_view head_of(HoldGroup by) {
  switch (by) {
    case HoldGroup::day: return "released on";
    case HoldGroup::category: return "category";
    case HoldGroup::program: return "program";
  }
  return "";
}

std::string groups_table(HoldGroup by, const std::vector<OpenHold>& holds) {
  Table table({{std::string(head_of(by)), false},
               {"holds", true},
               {"held", true},
               {"more by tolerance", true}});
  for (const Group& group : groups_of(by, holds)) {
    table.row({group.name, count_text(group.sum.count),
               amount_text(group.sum.held, group.sum.currency),
               amount_text(group.sum.over_capture_max, group.sum.currency)});
  }
  return table.text();
}

std::vector<std::vector<Field>> groups_json(HoldGroup by, const std::vector<OpenHold>& holds) {
  std::vector<std::vector<Field>> list;
  for (const Group& group : groups_of(by, holds)) {
    list.push_back({{"group", group.name, {}, {}},
                    currency_field("currency", "", group.sum.currency),
                    {"holds", group.sum.count, {}, {}},
                    {"held", group.sum.held.minor, {}, {}},
                    {"over_capture_max", group.sum.over_capture_max.minor, {}, {}}});
  }
  return list;
}

std::vector<std::vector<Field>> sums_json(const std::vector<OpenHold>& holds) {
  std::vector<std::vector<Field>> list;
  for (const HoldSum& sum : sums_of(holds)) {
    list.push_back({currency_field("currency", "", sum.currency),
                    {"holds", sum.count, {}, {}},
                    {"held", sum.held.minor, {}, {}},
                    {"over_capture_max", sum.over_capture_max.minor, {}, {}}});
  }
  return list;
}

std::string sums_text(const std::vector<OpenHold>& holds) {
  std::string text;
  for (const HoldSum& sum : sums_of(holds)) {
    text += fmt::format("  {} hold{}, {} held, and {} more may be captured by tolerance\n",
                        count_text(sum.count), sum.count == 1 ? "" : "s",
                        amount_text(sum.held, sum.currency),
                        amount_text(sum.over_capture_max, sum.currency));
  }
  return text.empty() ? "  none\n" : text;
}

void sort_largest(std::vector<OpenHold>& holds) {
  std::ranges::sort(holds, [](const OpenHold& a, const OpenHold& b) {
    const Money left = a.authorization.held;
    const Money right = b.authorization.held;
    return left != right ? left > right
                         : a.authorization.authorization < b.authorization.authorization;
  });
}

std::vector<std::vector<Field>> largest_json(std::vector<OpenHold> holds, std::size_t most) {
  sort_largest(holds);
  holds.resize(std::min(holds.size(), most));
  std::vector<std::vector<Field>> list;
  for (const OpenHold& hold : holds) {
    const AuthorizationView& view = hold.authorization;
    list.push_back({id_field("authorization", "", view.authorization),
                    id_field("card", "", view.card),
                    id_field("account", "", view.account),
                    {"program", std::uint64_t{view.program.value}, {}, {}},
                    {"mcc", std::uint64_t{view.mcc.code}, {}, {}},
                    text_field("merchant", "", std::string(view.merchant.view())),
                    currency_field("currency", "", hold.currency),
                    {"held", view.held.minor, {}, {}},
                    {"over_capture_max", hold.over_capture_max.minor, {}, {}},
                    time_field("created_at", "", view.created_at),
                    time_field("expires_at", "", view.expires_at)});
  }
  return list;
}

std::vector<OpenHold> only(const std::vector<OpenHold>& holds, auto&& wanted) {
  std::vector<OpenHold> some;
  std::ranges::copy_if(holds, std::back_inserter(some), wanted);
  return some;
}

}  // namespace

void HoldSum::add(const OpenHold& hold) {
  ++count;
  held = saturated_sum(held, hold.authorization.held);
  over_capture_max = saturated_sum(over_capture_max, hold.over_capture_max);
}

std::vector<HoldSum> sums_of(const std::vector<OpenHold>& holds) {
  std::map<CurrencyCode, HoldSum> sums;
  for (const OpenHold& hold : holds) {
    HoldSum& sum = sums[hold.currency];
    sum.currency = hold.currency;
    sum.add(hold);
  }
  std::vector<HoldSum> list;
  for (const auto& [currency, sum] : sums) list.push_back(sum);
  return list;
}

std::string category_text(Mcc mcc) {
  if (mcc.code == 0) return "none given";
  std::string text = fmt::format("{:04}", mcc.code);
  for (const MccGroup& group : mcc_groups()) {
    const bool in = std::ranges::any_of(group.ranges, [mcc](const MccRange& range) {
      return range.first <= mcc && mcc <= range.last;
    });
    if (in) return fmt::format("{} {}", text, group.name);
  }
  return text;
}

std::string holds_table(std::vector<OpenHold> holds, std::size_t most, TimestampNs now) {
  sort_largest(holds);
  Table table({{"authorization", true},
               {"held", true},
               {"age", true},
               {"until", false},
               {"card", false},
               {"category", false},
               {"merchant", false}});
  for (std::size_t i = 0; i < std::min(holds.size(), most); ++i) {
    const AuthorizationView& view = holds[i].authorization;
    table.row({id_text(view.authorization), amount_text(view.held, holds[i].currency),
               seconds_text((now.ns - view.created_at.ns) / kNsPerSecond),
               time_text(view.expires_at).substr(0, sizeof "2026-11-22T18:30:00" - 1) + 'Z',
               id_text(view.card), category_text(view.mcc), std::string(view.merchant.view())});
  }
  return table.text();
}

OpenHolds read_holds(const ReplayFrom& from, const HoldFilter& filter) {
  return replay_from(from, [&filter](ReplayStart& start) {
    StateMachine engine = start.take_engine();
    static_cast<void>(replay(start, engine));
    OpenHolds read{.log_id = start.log().identity().log_id,
                   .position = engine.position(),
                   .now = engine.time(),
                   .began_with = start.text(),
                   .start_position = start.position(),
                   .holds = {}};
    engine.for_each_open_hold([&](const OpenHold& hold) {
      if (filter.takes(hold, read.now)) read.holds.push_back(hold);
    });
    std::ranges::sort(read.holds, {}, [](const OpenHold& h) { return h.authorization.authorization; });
    return read;
  });
}

ExitCode show_holds(const Globals& globals, const HoldsOptions& options) {
  const OpenHolds read = read_holds(
      {.place = chosen_place(options.place), .point = {}, .wanted = options.wanted}, options.filter);
  const auto stale = only(read.holds, [&](const OpenHold& hold) {
    return read.now.ns - hold.authorization.created_at.ns >= options.stale_s * kNsPerSecond;
  });
  const auto past = only(read.holds, [&](const OpenHold& hold) {
    return hold.authorization.expires_at <= read.now;
  });
  const auto wants = [&options](HoldGroup by) {
    return options.by ? *options.by == by : by != HoldGroup::program;
  };
  constexpr HoldGroup kGroups[] = {HoldGroup::day, HoldGroup::category, HoldGroup::program};
  constexpr std::string_view kKeys[] = {"by_day", "by_category", "by_program"};
  if (globals.json) {
    Report report;
    report.add_json("position", read.position.value);
    report.add_json("time", time_text(read.now));
    report.add_json("start_position", read.start_position.value);
    report.add_json("open", sums_json(read.holds));
    for (std::size_t i = 0; i < std::size(kGroups); ++i) {
      if (wants(kGroups[i])) {
        report.add_json(std::string(kKeys[i]), groups_json(kGroups[i], read.holds));
      }
    }
    report.add_json("stale_s", std::uint64_t{options.stale_s});
    report.add_json("stale", sums_json(stale));
    report.add_json("past_expiry", sums_json(past));
    report.add_json("largest", largest_json(read.holds, options.largest));
    print_report(globals, report);
    return ExitCode::ok;
  }
  std::string text = fmt::format("open holds{} as of position {}, {}{}\n",
                                 options.filter.is_given() ? " that the filters take" : "",
                                 read.position.value, time_text(read.now),
                                 read.start_position.is_zero() ? "" : ", from " + read.began_with);
  text += sums_text(read.holds);
  if (!read.holds.empty()) {
    for (const HoldGroup by : kGroups) {
      if (wants(by)) text += '\n' + groups_table(by, read.holds);
    }
    text += fmt::format("\nstale (authorized {} ago or earlier)\n{}", seconds_text(options.stale_s),
                        sums_text(stale));
    text += fmt::format("past their time (released with the server's next command)\n{}",
                        sums_text(past));
    if (options.largest > 0) {
      text += "\nlargest\n" + holds_table(read.holds, options.largest, read.now);
    }
  }
  print_text(text);
  return ExitCode::ok;
}

}  // namespace holdfast::tools
