#include "tools/cli/rule_set_diff.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "tools/cli/names.h"
#include "tools/cli/rule_set_view.h"

namespace holdfast::tools {
namespace {

using Kind = RuleChange::Kind;
using Words = std::vector<std::string>;

/// One of the two, with what is looked up in it.
struct Side {
  explicit Side(const RuleSet& from) : rules(from), zones(zone_names(from)) {}
  const RuleSet& rules;
  ZoneNames zones;
};

std::string or_none(std::string text) { return text.empty() || text == "-" ? "none" : text; }

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

class Changes {
 public:
  void whole(Kind kind, std::string part, std::string text) {
    RuleChange change{.kind = kind, .part = std::move(part)};
    (kind == Kind::added ? change.after : change.before) = std::move(text);
    all.push_back(std::move(change));
  }
  void field(const std::string& part, std::string name, std::string before, std::string after,
             bool counts_anew = false) {
    if (before == after) return;
    all.push_back({.kind = Kind::changed, .part = part, .field = std::move(name),
                   .before = or_none(std::move(before)), .after = or_none(std::move(after)),
                   .counts_anew = counts_anew});
  }
  /// What left and what came; a filter that is there on one side only is no difference of its
  /// entries: without it all match.
  void filter(const std::string& part, std::string name, const Words& before, const Words& after) {
    const std::set<std::string> was(before.begin(), before.end());
    const std::set<std::string> is(after.begin(), after.end());
    if (was == is) return;
    if (was.empty() || is.empty()) {
      field(part, std::move(name), was.empty() ? "any" : joined(was),
            is.empty() ? "any" : joined(is));
      return;
    }
    std::set<std::string> left;
    std::set<std::string> came;
    std::ranges::set_difference(was, is, std::inserter(left, left.end()));
    std::ranges::set_difference(is, was, std::inserter(came, came.end()));
    field(part, std::move(name), left.empty() ? "" : "without " + joined(left),
          came.empty() ? "" : "with " + joined(came));
  }

  std::vector<RuleChange> all;
};

// Categories -----------------------------------------------------------------------------------

std::string hold_text(const AddCategory& row) {
  return row.hold_period_s == 0 ? "the program's" : period_text(row.hold_period_s);
}
std::string merchant_hold_text(const AddCategory& row) {
  return row.hold_period_merchant_s == 0 ? "the same" : period_text(row.hold_period_merchant_s);
}
std::string estimate_text(const AddCategory& row, CurrencyCode currency) {
  return row.estimate.minor == 0 ? "none" : rule_amount_text(row.estimate, currency);
}
std::string category_text(const AddCategory& row, CurrencyCode currency) {
  return fmt::format("hold {}, by merchant {}, tolerance {}, estimate {}", hold_text(row),
                     merchant_hold_text(row), or_none(tolerance_text(row, currency)),
                     estimate_text(row, currency));
}

void compare(const std::string& part, const AddCategory& before, const Side& from,
             const AddCategory& after, const Side& to, Changes& changes) {
  changes.field(part, "hold", hold_text(before), hold_text(after));
  changes.field(part, "hold by merchant", merchant_hold_text(before), merchant_hold_text(after));
  changes.field(part, "tolerance", tolerance_text(before, from.rules.currency),
                tolerance_text(after, to.rules.currency));
  changes.field(part, "estimate", estimate_text(before, from.rules.currency),
                estimate_text(after, to.rules.currency));
}

// Controls -------------------------------------------------------------------------------------

std::string scope_text(const AddControl& row) {
  return row.effect == ControlEffect::cap_window ? name_text(kControlScopeNames, row.scope) : "";
}

std::string control_text(const AddControl& row, const Side& side) {
  std::string text = name_text(kControlEffectNames, row.effect);
  const auto add = [&](const std::string& more) {
    if (!more.empty()) text += ", " + more;
  };
  const std::string cap = cap_text(row, side.rules.currency);
  add(cap.empty() ? cap : "at most " + cap);
  const std::string scope = scope_text(row);
  add(scope.empty() ? scope : "of each " + scope);
  add(window_text(row, side.zones));
  add(filter_text(row, side.rules));
  return text;
}

/// Other offsets under the same name: the zone files were others when one of them was put.
bool same_zone(const AddControl& before, const Side& from, const AddControl& after,
               const Side& to) {
  return std::ranges::equal(
      zone_rows(from.rules, before.zone), zone_rows(to.rules, after.zone), {},
      [](const AddZoneOffset& row) { return std::pair(row.from_s, row.offset_s); },
      [](const AddZoneOffset& row) { return std::pair(row.from_s, row.offset_s); });
}

void compare(const std::string& part, const AddControl& before, const Side& from,
             const AddControl& after, const Side& to, Changes& changes) {
  changes.field(part, "effect", name_text(kControlEffectNames, before.effect),
                name_text(kControlEffectNames, after.effect));
  changes.field(part, "at most", cap_text(before, from.rules.currency),
                cap_text(after, to.rules.currency));
  const bool windowed = before.effect == ControlEffect::cap_window && after.effect == before.effect;
  changes.field(part, "counts for each", scope_text(before), scope_text(after), windowed);
  changes.field(part, "window", window_text(before, from.zones), window_text(after, to.zones),
                windowed);
  if (before.zone == after.zone && !same_zone(before, from, after, to)) {
    changes.field(part, "time zone", "offsets of then", "other offsets: newer or older zone files");
  }
  const auto entries = [](const Side& side, std::uint16_t list) {
    return list == 0 ? Words{} : list_entries(side.rules, list);
  };
  changes.filter(part, "mcc", entries(from, before.mcc_list), entries(to, after.mcc_list));
  changes.filter(part, "country", entries(from, before.country_list),
                 entries(to, after.country_list));
  changes.filter(part, "merchant", entries(from, before.merchant_list),
                 entries(to, after.merchant_list));
  changes.filter(part, "channel", channel_words(before.channels), channel_words(after.channels));
  changes.filter(part, "type", type_words(before.types), type_words(after.types));
}

/// Walks two maps with the same kind of key in the order of the keys.
template <class Map, class Name, class Tell>
void walk(const Map& before, const Side& from, const Map& after, const Side& to, Name name,
          Tell tell, Changes& changes) {
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && old->first < now->first)) {
      changes.whole(Kind::removed, name(old->first), tell(*old->second, from));
      ++old;
    } else if (old == before.end() || now->first < old->first) {
      changes.whole(Kind::added, name(now->first), tell(*now->second, to));
      ++now;
    } else {
      compare(name(old->first), *old->second, from, *now->second, to, changes);
      ++old;
      ++now;
    }
  }
}

using Range = std::pair<std::uint16_t, std::uint16_t>;

std::map<Range, const AddCategory*> categories_of(const RuleSet& rules) {
  std::map<Range, const AddCategory*> rows;
  for (const AddCategory& row : rules.categories) {
    rows[{row.mcc_first.code, row.mcc_last.code}] = &row;
  }
  return rows;
}
std::map<std::uint16_t, const AddControl*> controls_of(const RuleSet& rules) {
  std::map<std::uint16_t, const AddControl*> rows;
  for (const AddControl& row : rules.controls) rows[row.control] = &row;
  return rows;
}

}  // namespace

std::vector<RuleChange> rule_set_changes(const RuleSet& before, const RuleSet& after) {
  const Side from(before);
  const Side to(after);
  Changes changes;
  walk(categories_of(before), from, categories_of(after), to,
       [](const Range& range) {
         return "category " + mcc_range_text(Mcc{range.first}, Mcc{range.second});
       },
       [](const AddCategory& row, const Side& side) {
         return category_text(row, side.rules.currency);
       },
       changes);
  walk(controls_of(before), from, controls_of(after), to,
       [](std::uint16_t control) { return fmt::format("control {}", control); }, control_text,
       changes);
  return std::move(changes.all);
}

}  // namespace holdfast::tools
