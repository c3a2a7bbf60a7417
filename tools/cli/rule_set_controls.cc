#include "tools/cli/rule_set_controls.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "engine/limits.h"
#include "tools/cli/names.h"
#include "tools/cli/options.h"
#include "tools/cli/zone_offsets.h"
#include "tools/text/countries.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

constexpr std::size_t kMerchantCharacters = 15;  // ISO 8583 DE42
constexpr std::uint64_t kControlNumberMost = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint32_t kNoCountCap = std::numeric_limits<std::uint32_t>::max();
constexpr Money kNoAmountCap{std::numeric_limits<std::int64_t>::max()};

struct KnownList {
  std::uint16_t number = 0;
  ListKind kind{};
};

/// Numbers lists and zones as they are met, and makes their rows.
class Reader {
 public:
  explicit Reader(RuleSet& rules) : rules_(rules) {}

  void read_lists(const RuleJson& lists);
  void read_control(const RuleJson& value, const std::string& path);
  void check_counts() const;

 private:
  std::uint16_t new_list(ListKind kind, const RuleJson& items, const std::string& path);
  void add_mcc_items(std::uint16_t list, std::string_view text, const std::string& path);
  std::uint16_t named_list(ListKind kind, const std::string& name, const std::string& path);
  std::uint16_t list_of_filter(const RuleJson& filter, ListKind kind, const std::string& path);
  void read_filter(const RuleJson& filter, const std::string& path, AddControl& row);
  void read_caps(const RuleJson& value, const std::string& path, AddControl& row);
  void read_window(const RuleJson& window, const std::string& path, AddControl& row);
  std::uint16_t zone(const std::string& name, const std::string& path);

  RuleSet& rules_;
  std::uint16_t lists_ = 0;
  std::map<std::string, KnownList> named_;
  std::map<std::string, std::uint16_t> zones_;
  std::map<std::uint16_t, std::string> controls_;  // path by number
};

template <class E, std::size_t N>
E name_at(const RuleJson& value, const std::string& path, const Name<E> (&names)[N]) {
  const auto parsed = parse_name(names, text_at(value, path));
  if (!parsed) rule_fault(path, parsed.error());
  return *parsed;
}

// Lists ----------------------------------------------------------------------------------------

void Reader::add_mcc_items(std::uint16_t list, std::string_view text, const std::string& path) {
  const auto add = [&](const MccRange& range) {
    rules_.list_items.push_back(
        {.list = list, .kind = ListKind::mcc, .mcc_first = range.first, .mcc_last = range.last});
  };
  if (const MccGroup* group = find_mcc_group(text); group != nullptr) {
    std::ranges::for_each(group->ranges, add);
    return;
  }
  const auto range = parse_mcc_range(text);
  if (!range) {
    rule_fault(path, fmt::format("{}, or one of the groups {}", range.error(), mcc_group_names()));
  }
  add(*range);
}

std::uint16_t Reader::new_list(ListKind kind, const RuleJson& items, const std::string& path) {
  static_cast<void>(filled_array_at(items, path));
  if (lists_ == std::numeric_limits<std::uint16_t>::max()) rule_fault(path, "too many lists");
  const std::uint16_t list = ++lists_;
  for (std::size_t at = 0; at < items.size(); ++at) {
    const std::string item_path = fmt::format("{}[{}]", path, at);
    const std::string& text = text_at(items[at], item_path);
    if (kind == ListKind::mcc) {
      add_mcc_items(list, text, item_path);
      continue;
    }
    AddListItem row{.list = list, .kind = kind};
    if (kind == ListKind::country) {
      const auto country = parse_country(text);
      if (!country) rule_fault(item_path, country.error());
      row.country = *country;
    } else {
      const auto merchant = parse_short_text(text, kMerchantCharacters);
      if (!merchant) rule_fault(item_path, merchant.error());
      if (merchant->empty()) rule_fault(item_path, "a merchant's id has at least one character");
      merchant->copy(row.merchant.text, sizeof row.merchant.text);
    }
    rules_.list_items.push_back(row);
  }
  return list;
}

void Reader::read_lists(const RuleJson& lists) {
  if (!lists.is_object()) rule_fault("lists", "an object {…} of lists by name is due here");
  for (const auto& [name, value] : lists.items()) {
    const std::string path = path_to("lists", name);
    if (name.empty()) rule_fault(path, "a list needs a name");
    if (find_mcc_group(name) != nullptr) {
      rule_fault(path, "this is the name of a group that is always there; choose another");
    }
    check_members(value, path, kListMembers);
    if (value.size() != 1) {
      rule_fault(path, fmt::format("a list has exactly one of {}", names_joined(kListKindNames)));
    }
    const std::string& kind_name = value.begin().key();
    const auto kind = parse_name(kListKindNames, kind_name);
    named_[name] = {new_list(*kind, value.begin().value(), path_to(path, kind_name)), *kind};
  }
}

std::uint16_t Reader::named_list(ListKind kind, const std::string& name, const std::string& path) {
  if (const auto found = named_.find(name); found != named_.end()) {
    if (found->second.kind == kind) return found->second.number;
    rule_fault(path, fmt::format("lists.{} is a list of {}, and one of {} is due here", name,
                                 name_text(kListKindNames, found->second.kind),
                                 name_text(kListKindNames, kind)));
  }
  const MccGroup* group = kind == ListKind::mcc ? find_mcc_group(name) : nullptr;
  if (group == nullptr) {
    std::string known;
    for (const auto& [list_name, list] : named_) {
      if (list.kind == kind) known += (known.empty() ? "" : ", ") + list_name;
    }
    if (kind == ListKind::mcc) known += (known.empty() ? "" : ", ") + mcc_group_names();
    rule_fault(path, fmt::format("there is no list \"{}\" of {}; {}", name,
                                 name_text(kListKindNames, kind),
                                 known.empty() ? "the document has none" : "there are " + known));
  }
  const std::uint16_t list = new_list(kind, RuleJson::array({name}), path);
  named_[name] = {list, kind};
  return list;
}

// Controls -------------------------------------------------------------------------------------

std::uint16_t Reader::list_of_filter(const RuleJson& filter, ListKind kind,
                                     const std::string& path) {
  const std::string here = name_text(kListKindNames, kind);
  const std::string by_name = here + "_list";
  const RuleJson* items = member(filter, here.c_str());
  const RuleJson* name = member(filter, by_name.c_str());
  if (items != nullptr && name != nullptr) {
    rule_fault(path_to(path, by_name), fmt::format("\"{}\" is given too; give one of them", here));
  }
  if (items != nullptr) return new_list(kind, *items, path_to(path, here));
  if (name == nullptr) return 0;
  const std::string at = path_to(path, by_name);
  return named_list(kind, text_at(*name, at), at);
}

template <class E, std::size_t N>
std::uint16_t mask_of_filter(const RuleJson& filter, const char* member_name,
                             const std::string& path, const Name<E> (&names)[N]) {
  const RuleJson* values = member(filter, member_name);
  if (values == nullptr) return 0;
  const std::string at = path_to(path, member_name);
  unsigned mask = 0;
  for (std::size_t i = 0; i < filled_array_at(*values, at).size(); ++i) {
    mask |= 1U << static_cast<unsigned>(name_at((*values)[i], fmt::format("{}[{}]", at, i), names));
  }
  return static_cast<std::uint16_t>(mask);
}

void Reader::read_filter(const RuleJson& filter, const std::string& path, AddControl& row) {
  check_members(filter, path, kFilterMembers);
  if (filter.empty()) rule_fault(path, "it is empty: leave it away, or say what it lets through");
  row.mcc_list = list_of_filter(filter, ListKind::mcc, path);
  row.country_list = list_of_filter(filter, ListKind::country, path);
  row.merchant_list = list_of_filter(filter, ListKind::merchant, path);
  row.channels = mask_of_filter(filter, "channel", path, kChannelNames);
  row.types = mask_of_filter(filter, "type", path, kTransactionTypeNames);
}

void Reader::read_caps(const RuleJson& value, const std::string& path, AddControl& row) {
  const RuleJson* amount = member(value, "amount_max");
  const RuleJson* count = member(value, "count_max");
  const bool caps_window = row.effect == ControlEffect::cap_window;
  if (amount != nullptr && !caps_window && row.effect != ControlEffect::cap_transaction) {
    rule_fault(path_to(path, "amount_max"), "it goes with cap_transaction and cap_window only");
  }
  if (count != nullptr && !caps_window) {
    rule_fault(path_to(path, "count_max"), "it goes with cap_window only");
  }
  if (amount == nullptr && row.effect == ControlEffect::cap_transaction) {
    rule_fault(path_to(path, "amount_max"), "it is not given, and a cap_transaction needs it");
  }
  if (amount == nullptr && count == nullptr && caps_window) {
    rule_fault(path, "a cap_window needs amount_max, count_max or both");
  }
  if (caps_window) {
    row.amount_max = kNoAmountCap;
    row.count_max = kNoCountCap;
  }
  if (amount != nullptr) {
    row.amount_max = amount_at(*amount, path_to(path, "amount_max"), rules_.currency);
  }
  if (count != nullptr) {
    row.count_max = static_cast<std::uint32_t>(
        whole_number_at(*count, path_to(path, "count_max"), 0, kNoCountCap - 1));
  }
}

std::uint16_t Reader::zone(const std::string& name, const std::string& path) {
  if (name == "UTC") return 0;
  if (const auto found = zones_.find(name); found != zones_.end()) return found->second;
  auto rows = zone_offsets(name);
  if (!rows) rule_fault(path, rows.error());
  std::uint16_t number = zone_number(name);
  const auto taken = [&] {
    return std::ranges::any_of(zones_, [&](const auto& known) { return known.second == number; });
  };
  while (number == 0 || taken()) ++number;
  for (AddZoneOffset& row : *rows) row.zone = number;
  rules_.zone_offsets.insert(rules_.zone_offsets.end(), rows->begin(), rows->end());
  zones_[name] = number;
  return number;
}

void check_steps(const AddControl& row, const std::string& path) {
  const std::uint32_t steps = row.window_s / row.granularity_s;
  if (row.window_s % row.granularity_s == 0 && steps <= limits::rolling_steps_max) return;
  // The finest step that fits: what the writer most likely wants.
  std::uint32_t best = limits::rolling_steps_max;
  while (row.window_s % best != 0) --best;
  rule_fault(path_to(path, "granularity"),
             fmt::format("a window is 1 to {} whole steps: for a length of {} the finest is {} s",
                         limits::rolling_steps_max, seconds_text(row.window_s),
                         row.window_s / best));
}

void Reader::read_window(const RuleJson& window, const std::string& path, AddControl& row) {
  check_members(window, path, kWindowMembers);
  const RuleJson* kind = member(window, "kind");
  if (kind == nullptr) rule_fault(path_to(path, "kind"), "it is not given");
  row.window = name_at(*kind, path_to(path, "kind"), kWindowKindNames);
  const bool rolling = row.window == WindowKind::rolling;
  const bool week = row.window == WindowKind::week;
  const bool calendar = !rolling && row.window != WindowKind::lifetime;
  // Each of the others belongs to some kinds, and to these it must be given but for the zone.
  const auto due = [&](const char* name, bool belongs, bool needed,
                       std::string_view where) -> const RuleJson* {
    const RuleJson* given = member(window, name);
    const std::string at = path_to(path, name);
    if (given != nullptr && !belongs) rule_fault(at, fmt::format("it goes with {} only", where));
    if (given == nullptr && needed) {
      rule_fault(at, fmt::format("it is not given, and a {} window needs it",
                                 name_text(kWindowKindNames, row.window)));
    }
    return given;
  };
  if (const auto* given = due("zone", calendar, false, "day, week, month and year")) {
    row.zone = zone(text_at(*given, path_to(path, "zone")), path_to(path, "zone"));
  }
  if (const auto* given = due("week_start", week, week, "week")) {
    row.week_start = name_at(*given, path_to(path, "week_start"), kWeekdayNames);
  }
  if (const auto* given = due("length", rolling, rolling, "rolling")) {
    row.window_s = period_at(*given, path_to(path, "length"));
  }
  if (const auto* given = due("granularity", rolling, rolling, "rolling")) {
    row.granularity_s = period_at(*given, path_to(path, "granularity"));
    check_steps(row, path);
  }
}

void Reader::read_control(const RuleJson& value, const std::string& path) {
  check_members(value, path, kControlMembers);
  AddControl row{.version = rules_.version};
  const auto needed = [&](const char* name) -> const RuleJson& {
    const RuleJson* given = member(value, name);
    if (given == nullptr) rule_fault(path_to(path, name), "it is not given");
    return *given;
  };
  row.control = static_cast<std::uint16_t>(
      whole_number_at(needed("id"), path_to(path, "id"), 1, kControlNumberMost));
  if (const auto [before, added] = controls_.emplace(row.control, path); !added) {
    rule_fault(path_to(path, "id"), fmt::format("{} has it too", before->second));
  }
  if (const RuleJson* name = member(value, "name")) {
    static_cast<void>(text_at(*name, path_to(path, "name")));
  }
  row.effect = name_at(needed("effect"), path_to(path, "effect"), kControlEffectNames);
  const bool caps_window = row.effect == ControlEffect::cap_window;
  row.scope = ControlScope::card;
  if (caps_window || value.contains("scope")) {
    row.scope = name_at(needed("scope"), path_to(path, "scope"), kControlScopeNames);
  }
  const RuleJson* filter = member(value, "filter");
  if (filter != nullptr) read_filter(*filter, path_to(path, "filter"), row);
  if (filter == nullptr && row.effect == ControlEffect::deny) {
    rule_fault(path_to(path, "filter"),
               "it is not given, and deny without one declines everything");
  }
  if (filter == nullptr && row.effect == ControlEffect::allow_only) {
    rule_fault(path_to(path, "filter"), "it is not given, and allow_only needs it");
  }
  read_caps(value, path, row);
  const RuleJson* window = member(value, "window");
  if (window == nullptr && caps_window) {
    rule_fault(path_to(path, "window"), "it is not given, and a cap_window needs it");
  }
  if (window != nullptr && !caps_window) {
    rule_fault(path_to(path, "window"), "it goes with cap_window only");
  }
  if (window != nullptr) read_window(*window, path_to(path, "window"), row);
  rules_.controls.push_back(row);
}

void Reader::check_counts() const {
  if (rules_.list_items.size() > limits::list_items_max) {
    rule_fault("", fmt::format("its lists have {} entries together: {} is the most",
                               rules_.list_items.size(), limits::list_items_max));
  }
  if (rules_.zone_offsets.size() > limits::zone_offsets_max) {
    rule_fault("", fmt::format("its time zones have {} changes together: {} is the most",
                               rules_.zone_offsets.size(), limits::zone_offsets_max));
  }
}

}  // namespace

void read_controls(const RuleJson& document, RuleSet& rules) {
  Reader reader(rules);
  if (const RuleJson* lists = member(document, "lists")) reader.read_lists(*lists);
  if (const RuleJson* controls = member(document, "controls")) {
    if (!controls->is_array()) rule_fault("controls", "an array […] is due here");
    if (controls->size() > limits::controls_max) {
      rule_fault("controls", fmt::format("{} are too many: {} is the most", controls->size(),
                                         limits::controls_max));
    }
    for (std::size_t at = 0; at < controls->size(); ++at) {
      reader.read_control((*controls)[at], fmt::format("controls[{}]", at));
    }
  }
  reader.check_counts();
}

}  // namespace holdfast::tools
