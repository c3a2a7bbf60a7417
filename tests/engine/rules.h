// Short ways to write rule sets in tests.
#pragma once

#include <string_view>
#include <vector>

#include "tests/engine/commands.h"

namespace holdfast::test {

inline MerchantId merchant(std::string_view text) {
  MerchantId id;
  text.copy(id.text, sizeof id.text);
  return id;
}

inline AddControl cap_window(std::uint16_t number, WindowKind window, std::int64_t amount_max,
                             std::uint32_t count_max = UINT32_MAX) {
  AddControl control;
  control.control = number;
  control.scope = ControlScope::card;
  control.effect = ControlEffect::cap_window;
  control.window = window;
  control.week_start = window == WindowKind::week ? 1 : 0;
  control.amount_max = {amount_max};
  control.count_max = count_max;
  return control;
}

inline AddControl rolling(std::uint16_t number, std::uint32_t window_s, std::uint32_t granularity_s,
                          std::int64_t amount_max, std::uint32_t count_max = UINT32_MAX) {
  AddControl control = cap_window(number, WindowKind::rolling, amount_max, count_max);
  control.window_s = window_s;
  control.granularity_s = granularity_s;
  return control;
}

inline AddControl cap_transaction(std::uint16_t number, std::int64_t amount_max) {
  AddControl control;
  control.control = number;
  control.effect = ControlEffect::cap_transaction;
  control.amount_max = {amount_max};
  return control;
}

inline AddControl filter(std::uint16_t number, ControlEffect effect) {
  AddControl control;
  control.control = number;
  control.effect = effect;
  return control;
}

inline AddListItem mcc_item(std::uint16_t list, std::uint16_t first, std::uint16_t last) {
  AddListItem item;
  item.list = list;
  item.mcc_first = {first};
  item.mcc_last = {last};
  return item;
}

inline AddListItem country_item(std::uint16_t list, std::uint16_t country) {
  AddListItem item;
  item.list = list;
  item.kind = ListKind::country;
  item.country = {country};
  return item;
}

inline AddListItem merchant_item(std::uint16_t list, std::string_view text) {
  AddListItem item;
  item.list = list;
  item.kind = ListKind::merchant;
  item.merchant = merchant(text);
  return item;
}

inline AddZoneOffset zone_offset(std::uint16_t zone, std::int64_t from_s, std::int32_t offset_s) {
  AddZoneOffset row;
  row.zone = zone;
  row.from_s = from_s;
  row.offset_s = offset_s;
  return row;
}

/// What one version of program 0's rule set holds.
struct Rules {
  std::vector<AddControl> controls = {};
  std::vector<AddListItem> list_items = {};
  std::vector<AddZoneOffset> zone_offsets = {};
  std::vector<AddCategory> categories = {};
};

/// Their commands, the activation last. Uses request ids from `request` on.
inline std::vector<Command> commands_of(const Rules& rules, std::uint32_t version,
                                        std::uint64_t request) {
  std::vector<Command> commands;
  const auto add = [&](CommandKind kind, auto Command::*member, auto body) {
    body.version = version;
    Command command = make(kind, request++);
    command.*member = body;
    commands.push_back(command);
  };
  BeginRuleSet begin;
  begin.categories = static_cast<std::uint32_t>(rules.categories.size());
  begin.controls = static_cast<std::uint32_t>(rules.controls.size());
  begin.list_items = static_cast<std::uint32_t>(rules.list_items.size());
  begin.zone_offsets = static_cast<std::uint32_t>(rules.zone_offsets.size());
  add(CommandKind::begin_rule_set, &Command::begin_rule_set, begin);
  for (const auto& row : rules.categories) {
    add(CommandKind::add_category, &Command::add_category, row);
  }
  for (const auto& row : rules.controls) add(CommandKind::add_control, &Command::add_control, row);
  for (const auto& row : rules.list_items) {
    add(CommandKind::add_list_item, &Command::add_list_item, row);
  }
  for (const auto& row : rules.zone_offsets) {
    add(CommandKind::add_zone_offset, &Command::add_zone_offset, row);
  }
  add(CommandKind::activate_rule_set, &Command::activate_rule_set, ActivateRuleSet{});
  return commands;
}

/// A small world whose customer has money enough, at a time that the test sets, with rule sets.
class RuledWorld {
 public:
  static constexpr std::int64_t kFunds = 1'000'000'00;
  explicit RuledWorld(const Rules& rules) {
    small_world(engine, kFunds);
    activate(rules);
  }
  ~RuledWorld() { engine.check_invariants(); }
  RuledWorld(const RuledWorld&) = delete;
  RuledWorld& operator=(const RuledWorld&) = delete;

  Outcome send(Command command) {
    command.request_id = {++request_, 0};
    return engine.apply(command, now);
  }
  void activate(const Rules& rules) {
    for (const Command& command : commands_of(rules, ++version_, 1)) {
      if (send(command).decision != Decision::approved) __builtin_trap();
    }
  }
  /// Puts them without activating; tells the version.
  std::uint32_t put(const Rules& rules) {
    std::vector<Command> commands = commands_of(rules, ++version_, 1);
    commands.pop_back();
    for (const Command& command : commands) {
      if (send(command).decision != Decision::approved) __builtin_trap();
    }
    return version_;
  }
  void go_back_to(std::uint32_t version) {
    Command command = make(CommandKind::activate_rule_set, 1);
    command.activate_rule_set = {.program = {}, .version = version};
    if (send(command).decision != Decision::approved) __builtin_trap();
  }
  Decision set_shadow(std::uint32_t version, bool run) {
    Command command = make(CommandKind::shadow_rule_set, 1);
    command.shadow_rule_set = {.program = {}, .version = version};
    command.shadow_rule_set.run = run ? 1 : 0;
    return send(command).decision;
  }
  /// Puts them and starts to run them as a shadow; tells the version.
  std::uint32_t shadow(const Rules& rules) {
    const std::uint32_t version = put(rules);
    if (set_shadow(version, true) != Decision::approved) __builtin_trap();
    return version;
  }
  [[nodiscard]] ShadowView report(std::size_t place = 0) const {
    return engine.show_shadows({}).shadows.at(place);
  }

  Outcome pay(std::int64_t amount) { return send(authorize(1, kCard, amount)); }
  Decision judged(std::int64_t amount) { return pay(amount).decision; }
  Outcome raise(const Outcome& hold, std::int64_t amount) {
    Command command = make(CommandKind::increment, 1);
    command.increment = {hold.authorization, {}, {amount}};
    return send(command);
  }
  Outcome give_back(const Outcome& hold, std::int64_t amount = 0) {
    return send(reverse(1, hold.authorization.value, amount));
  }
  Outcome take(const Outcome& hold, std::int64_t amount, bool final = false) {
    return send(capture(1, hold.authorization.value, amount, final));
  }
  /// Moves on, and lets holds expire.
  void at(std::int64_t seconds) {
    now = {static_cast<std::uint64_t>(seconds) * kNsPerSecond};
    std::vector<Command> due;
    (void)engine.expiries_due(now, 1000, due);
    for (const Command& command : due) (void)engine.apply(command, now);
  }

  [[nodiscard]] std::vector<LimitView> limits() const {
    return engine.show_limits({kCard, 0}, now).limits;
  }
  [[nodiscard]] std::int64_t used(std::size_t row = 0) const {
    return limits().at(row).amount_used.minor;
  }
  [[nodiscard]] std::uint32_t count(std::size_t row = 0) const {
    return limits().at(row).count_used;
  }

  StateMachine engine;
  TimestampNs now = kStart;

 private:
  std::uint64_t request_ = 5'000;
  std::uint32_t version_ = 0;
};

}  // namespace holdfast::test
