#include "bench/micro/controls.h"

namespace holdfast::bench {
namespace {

AddControl control(std::uint32_t i) {
  AddControl control;
  control.version = 1;
  control.control = static_cast<std::uint16_t>(i + 1);
  control.effect = ControlEffect::cap_window;
  control.scope = ControlScope::card;
  control.amount_max = Money{1'000'000'000'000'000};
  control.count_max = UINT32_MAX;
  switch (i % 8) {
    case 0:
      control.effect = ControlEffect::deny;
      control.mcc_list = 1;
      break;
    case 1:
      control.effect = ControlEffect::deny;
      control.country_list = 2;
      break;
    case 2:
      control.effect = ControlEffect::allow_only;
      control.channels = 0x1FF;
      break;
    case 3: control.effect = ControlEffect::cap_transaction; break;
    case 4: control.window = WindowKind::day; break;
    case 5: control.window = WindowKind::month; break;
    case 6:
      control.window = WindowKind::rolling;
      control.window_s = 86'400;
      control.granularity_s = 3600;
      break;
    default:
      control.window = WindowKind::day;
      control.scope = ControlScope::account;
      break;
  }
  if (control.effect != ControlEffect::cap_window) control.count_max = 0;
  if (control.effect < ControlEffect::cap_transaction) control.amount_max = {};
  return control;
}

}  // namespace

std::vector<Command> rule_set_of(std::uint32_t controls) {
  std::vector<Command> rows;
  if (controls == 0) return rows;
  const auto add = [&rows](CommandKind kind, auto Command::*member, const auto& body) {
    Command& row = rows.emplace_back();
    row.kind = kind;
    row.*member = body;
  };
  BeginRuleSet begin;
  begin.version = 1;
  begin.controls = controls;
  begin.list_items = 2;
  add(CommandKind::begin_rule_set, &Command::begin_rule_set, begin);
  AddListItem mcc;
  mcc.version = 1;
  mcc.list = 1;
  mcc.mcc_first = mcc.mcc_last = Mcc{7995};
  add(CommandKind::add_list_item, &Command::add_list_item, mcc);
  AddListItem country;
  country.version = 1;
  country.list = 2;
  country.kind = ListKind::country;
  country.country = CountryCode{408};
  add(CommandKind::add_list_item, &Command::add_list_item, country);
  for (std::uint32_t i = 0; i < controls; ++i) {
    add(CommandKind::add_control, &Command::add_control, control(i));
  }
  ActivateRuleSet activate;
  activate.version = 1;
  add(CommandKind::activate_rule_set, &Command::activate_rule_set, activate);
  return rows;
}

}  // namespace holdfast::bench
