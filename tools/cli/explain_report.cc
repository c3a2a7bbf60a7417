// A step for a terminal, and as JSON.
#include <fmt/core.h>

#include <algorithm>

#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/explain.h"
#include "tools/cli/names.h"

namespace holdfast::tools {
namespace {

constexpr std::size_t kNameWidth = 20;

std::string spaced(std::string_view key) {
  std::string text(key);
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string_view mark_of(CheckResult result) {
  switch (result) {
    case CheckResult::passed: return "✓";
    case CheckResult::failed: return "✗";
    case CheckResult::overruled: return "!";
    case CheckResult::not_applicable:
    case CheckResult::not_judged: break;
  }
  return "–";
}

std::string_view name_of(CheckResult result) {
  switch (result) {
    case CheckResult::passed: return "passed";
    case CheckResult::failed: return "failed";
    case CheckResult::overruled: return "overruled";
    case CheckResult::not_applicable: return "not_applicable";
    case CheckResult::not_judged: return "not_judged";
  }
  return "unknown";
}

std::string labelled(std::string_view label, std::string_view text) {
  return fmt::format("  {:<{}}  {}\n", label, kNameWidth, text);
}

/// "1000.00 GBP", or "1000.00 GBP -> 975.00 GBP" when it changed.
std::string change(Money before, Money after, CurrencyCode currency) {
  if (before == after) return amount_text(before, currency);
  return fmt::format("{} -> {}", amount_text(before, currency), amount_text(after, currency));
}
std::string change(std::uint64_t before, std::uint64_t after) {
  if (before == after) return count_text(before);
  return fmt::format("{} -> {}", count_text(before), count_text(after));
}

std::string checks_text(const ExplainedStep& step) {
  std::string text;
  bool decided = false;
  for (const Check& check : step.explanation.checks) {
    std::string sentence = check_sentence(step, check);
    if (check.result == CheckResult::failed) {
      sentence += fmt::format("  [{}{} {}]", decided ? "also " : "", decision_de39(check.decision),
                              decision_name(check.decision));
      decided = true;
    } else if (check.result == CheckResult::overruled) {
      sentence += fmt::format("  [recorded in spite of {} {}]", decision_de39(check.decision),
                              decision_name(check.decision));
    }
    text += fmt::format("  {} {:<{}}  {}\n", mark_of(check.result), spaced(check_name(check.name)),
                        kNameWidth - 2, sentence);
  }
  return text;
}

/// Windows and releases begin and end with whole seconds.
std::string seconds_time_text(TimestampNs time) {
  std::string text = time_text(time);
  constexpr std::string_view kNoFraction = ".000000000Z";
  if (text.ends_with(kNoFraction)) text.replace(text.size() - kNoFraction.size(), text.npos, "Z");
  return text;
}

std::string window_text(const ControlFacts& facts) {
  if (facts.control.window == WindowKind::lifetime) return "always";
  std::string text = fmt::format("from {}", seconds_time_text(facts.window_start));
  if (facts.window_end.ns != 0) {
    text += fmt::format(" until {}", seconds_time_text(facts.window_end));
  }
  return text;
}

// Those that match or stand against it, each with its window before and after.
std::string controls_text(const ExplainedStep& step) {
  const Explanation& e = step.explanation;
  if (e.controls.empty()) return "";
  std::size_t others = 0;
  std::string text;
  const CurrencyCode currency = step.account_currency;
  for (const ControlFacts& facts : e.controls) {
    const AddControl& control = facts.control;
    if (!facts.matches && !facts.fails) {
      ++others;
      continue;
    }
    std::string line = control_kind(control);
    if (control.effect == ControlEffect::cap_transaction) {
      line += fmt::format(": {} of {}", amount_text(facts.amount, currency),
                          amount_text(control.amount_max, currency));
    } else if (control.effect == ControlEffect::cap_window) {
      line += ": " + change(facts.used_before, facts.used_after, currency);
      if (control.amount_max.minor != INT64_MAX) {
        line += fmt::format(" of {}", amount_text(control.amount_max, currency));
      }
      line += fmt::format(", count {}", change(facts.count_before, facts.count_after));
      if (control.count_max != UINT32_MAX) line += fmt::format(" of {}", control.count_max);
      line += fmt::format(", {}", window_text(facts));
    } else {
      line += facts.matches ? ": matches" : ": does not match";
    }
    text += fmt::format("  {} {:<{}}  {}\n", facts.fails ? "✗" : "✓",
                        fmt::format("control {}", control.control), kNameWidth - 2, line);
  }
  std::string head = fmt::format("rule set version {} of program {}", e.rule_set_version,
                                 e.program.value);
  if (others != 0) {
    head += fmt::format("; {} more control{} not match", others, others == 1 ? " does" : "s do");
  }
  return "  " + head + '\n' + text;
}

// Of steps that judge by no controls and give back what was not spent.
std::string given_back_text(const ExplainedStep& step) {
  if (!step.explanation.controls.empty()) return "";
  const auto& before = step.before.limits.limits;
  const auto& after = step.after.limits.limits;
  std::string text;
  for (std::size_t i = 0; i < before.size() && i < after.size(); ++i) {
    const bool same = before[i].amount_used == after[i].amount_used &&
                      before[i].count_used == after[i].count_used;
    if (same || before[i].control != after[i].control) continue;
    text += labelled(fmt::format("control {}", before[i].control),
                     fmt::format("{} {}: {}, count {}",
                                 name_text(kControlScopeNames, before[i].scope),
                                 name_text(kWindowKindNames, before[i].window),
                                 change(before[i].amount_used, after[i].amount_used,
                                        step.account_currency),
                                 change(before[i].count_used, after[i].count_used)));
  }
  return text;
}

std::string account_text(const AccountView& before, const AccountView& after) {
  if (!after.found) return "";
  const CurrencyCode currency = after.currency;
  std::string text = fmt::format("ledger {}", change(before.ledger_balance, after.ledger_balance,
                                                     currency));
  if (before.held.minor != 0 || after.held.minor != 0) {
    text += fmt::format(", held {}", change(before.held, after.held, currency));
  }
  text += fmt::format(", available {}",
                      change(before.available_balance, after.available_balance, currency));
  return labelled(fmt::format("account {}", id_text(after.account)), text);
}

std::string authorization_text(const ExplainedStep& step) {
  const AuthorizationView& before = step.before.authorization;
  const AuthorizationView& after = step.after.authorization;
  if (!after.found) return "";
  const CurrencyCode currency = step.account_currency;
  std::string text;
  if (before.found && before.state != after.state) {
    text += name_text(kAuthorizationStateNames, before.state) + " -> ";
  }
  text += name_text(kAuthorizationStateNames, after.state);
  const auto add = [&](std::string_view what, Money was, Money is) {
    if (was.minor == 0 && is.minor == 0) return;
    text += fmt::format(", {} {}", what, change(was, is, currency));
  };
  add("approved", before.found ? before.approved : after.approved, after.approved);
  add("held", before.held, after.held);
  add("captured", before.captured, after.captured);
  add("reversed", before.reversed, after.reversed);
  add("refunded", before.refunded, after.refunded);
  return labelled(fmt::format("authorization {}", after.authorization.value), text);
}

std::string_view source_of(PeriodSource source) {
  switch (source) {
    case PeriodSource::program: return "program";
    case PeriodSource::category: return "category";
    case PeriodSource::category_merchant_initiated: return "category_merchant_initiated";
  }
  return "unknown";
}

std::string hold_text(const ExplainedStep& step) {
  const auto& period = step.explanation.hold_period;
  if (!period || !is_approval(step.outcome.decision) || !step.after.authorization.found ||
      step.after.authorization.state != AuthorizationState::open) {
    return "";
  }
  std::string from = "the program's";
  if (period->source != PeriodSource::program) {
    from = fmt::format("category {:04}-{:04}", period->category_first.code,
                       period->category_last.code);
    if (period->source == PeriodSource::category_merchant_initiated) {
      from += ", merchant-initiated";
    }
  }
  return labelled("held until", fmt::format("{} ({}, {})", seconds_time_text(period->expires_at),
                                            seconds_text(period->period_s), from));
}

std::string command_text(const ExplainedStep& step) {
  std::string text;
  for (const Field& field : describe_command_body(step.command, step.asked_currency)) {
    if (field.label.empty()) continue;
    if (!text.empty()) text += ", ";
    text += field.label;
    if (!std::holds_alternative<bool>(field.value)) text += ' ' + field.text;
  }
  return text;
}

// What a person at night looks for first.
std::string decision_text(const ExplainedStep& step) {
  const Outcome& outcome = step.outcome;
  std::string text = fmt::format("{} {} (DE39 {}): {}", is_approval(outcome.decision) ? "✓" : "✗",
                                 decision_name(outcome.decision), decision_de39(outcome.decision),
                                 decision_sentence(outcome.decision));
  for (const Field& field :
       describe_logged_outcome(step.command, outcome, step.account_currency)) {
    const auto* flag = std::get_if<bool>(&field.value);
    if (flag != nullptr && *flag) text += fmt::format("; {}: {}", field.label, field.text);
  }
  return text;
}

std::vector<Field> control_fields(const ControlFacts& facts) {
  const AddControl& control = facts.control;
  const bool window = control.effect == ControlEffect::cap_window;
  const auto only = [](bool there, FieldValue value) {
    return there ? std::move(value) : FieldValue{std::monostate{}};
  };
  const bool caps_amount = control.effect == ControlEffect::cap_transaction ||
                           (window && control.amount_max.minor != INT64_MAX);
  return {{"control", std::uint64_t{control.control}, {}, {}},
          {"scope", name_text(kControlScopeNames, control.scope), {}, {}},
          {"effect", name_text(kControlEffectNames, control.effect), {}, {}},
          {"window", only(window, name_text(kWindowKindNames, control.window)), {}, {}},
          {"matches", facts.matches, {}, {}},
          {"fails", facts.fails, {}, {}},
          {"decision", only(facts.fails, std::string(decision_name(facts.decision))), {}, {}},
          {"amount", facts.amount.minor, {}, {}},
          {"amount_max", only(caps_amount, control.amount_max.minor), {}, {}},
          {"used_before", only(window, facts.used_before.minor), {}, {}},
          {"used_after", only(window, facts.used_after.minor), {}, {}},
          {"count_max",
           only(window && control.count_max != UINT32_MAX, std::uint64_t{control.count_max}),
           {},
           {}},
          {"count_before", only(window, facts.count_before), {}, {}},
          {"count_after", only(window, facts.count_after), {}, {}},
          time_field("window_start", "", facts.window_start),
          time_field("window_end", "", facts.window_end)};
}

FieldValue account_fields(const AccountView& before, const AccountView& after) {
  if (!after.found) return std::monostate{};
  const auto of = [](const AccountView& view) -> std::vector<Field> {
    return {{"ledger_balance", view.ledger_balance.minor, {}, {}},
            {"held", view.held.minor, {}, {}},
            {"available_balance", view.available_balance.minor, {}, {}}};
  };
  return std::vector<Field>{id_field("account", "", after.account),
                            currency_field("currency", "", after.currency),
                            {"before", of(before), {}, {}},
                            {"after", of(after), {}, {}}};
}

}  // namespace

std::string step_text(const ExplainedStep& step) {
  const Outcome& outcome = step.outcome;
  std::string text = fmt::format("position {}  {}  {}", outcome.position.value,
                                 time_text(outcome.time), command_name(step.command.kind));
  if (!step.command.request_id.is_zero()) {
    text += fmt::format("  request {}", id_text(step.command.request_id));
  }
  text += fmt::format("\n  {}\n  {}\n", command_text(step), decision_text(step));
  text += checks_text(step) + controls_text(step) + hold_text(step) + given_back_text(step);
  text += account_text(step.before.account, step.after.account);
  text += account_text(step.before.counterparty, step.after.counterparty);
  text += authorization_text(step);
  std::ranges::replace_if(
      text, [](char c) { return c != '\n' && static_cast<unsigned char>(c) < ' '; }, '?');
  return text;
}

Report step_json(const ExplainedStep& step) {
  const Explanation& e = step.explanation;
  const Outcome& outcome = step.outcome;
  std::vector<std::vector<Field>> checks;
  for (const Check& check : e.checks) {
    const bool against =
        check.result == CheckResult::failed || check.result == CheckResult::overruled;
    checks.push_back(
        {{"check", std::string(check_name(check.name)), {}, {}},
         {"result", std::string(name_of(check.result)), {}, {}},
         text_field("decision", "", against ? std::string(decision_name(check.decision)) : ""),
         text_field("de39", "", against ? std::string(decision_de39(check.decision)) : ""),
         text_field("text", "", check_sentence(step, check))});
  }
  std::vector<std::vector<Field>> controls;
  for (const ControlFacts& facts : e.controls) controls.push_back(control_fields(facts));
  Report report;
  report.add_json("position", outcome.position.value);
  report.add_json("time", time_text(outcome.time));
  report.add_json("command", std::string(command_name(step.command.kind)));
  report.fields.push_back(id_field("request_id", "", step.command.request_id));
  report.fields.push_back(id_field("authorization", "", outcome.authorization));
  report.add_json("body", describe_command_body(step.command, step.asked_currency));
  report.add_json("approved", is_approval(outcome.decision));
  report.add_json("decision", std::string(decision_name(outcome.decision)));
  report.add_json("de39", std::string(decision_de39(outcome.decision)));
  report.add_json("decision_text", decision_sentence(outcome.decision));
  report.add_json("checks", std::move(checks));
  report.add_json("program", std::uint64_t{e.program.value});
  report.add_json("rule_set_version", e.rule_set_version == 0
                                          ? FieldValue{std::monostate{}}
                                          : FieldValue{std::uint64_t{e.rule_set_version}});
  report.add_json("controls", std::move(controls));
  if (e.hold_period) {
    report.add_json("hold_period",
                    std::vector<Field>{
                        {"period_s", std::uint64_t{e.hold_period->period_s}, {}, {}},
                        {"from", std::string(source_of(e.hold_period->source)), {}, {}},
                        time_field("expires_at", "", e.hold_period->expires_at)});
  } else {
    report.add_json("hold_period", std::monostate{});
  }
  report.add_json("account", account_fields(step.before.account, step.after.account));
  report.add_json("counterparty",
                  account_fields(step.before.counterparty, step.after.counterparty));
  report.add_json("outcome",
                  describe_logged_outcome(step.command, outcome, step.account_currency));
  return report;
}

}  // namespace holdfast::tools
