// program show|diff: what stands in a program's policy, and what another would change.
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/policy_file.h"
#include "tools/cli/rule_set_diff.h"
#include "tools/cli/rule_set_view.h"

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kVersionMost = std::numeric_limits<std::uint32_t>::max();

struct ShowOptions {
  std::uint32_t program = 0;
  std::uint32_t version = 0;  // 0: the active one
  bool rules = false;
  CurrencyCode currency;
};

ProgramView program_or_fail(Gateway& gateway, std::uint32_t program) {
  const ProgramView view = gateway.show_program(ProgramId{program});
  if (!view.found) {
    throw not_found(fmt::format("there is no program {}", program),
                    "Check the number; holdfast program put makes one.");
  }
  return view;
}

/// A rule set does not name its currency: that of the account where captures go is the best guess.
CurrencyCode currency_or_settlement(Gateway& gateway, const ProgramView& program,
                                    CurrencyCode given) {
  if (given.numeric != 0 || program.settlement_account.is_zero()) return given;
  return gateway.show_account(program.settlement_account).currency;
}

RuleSetView version_or_fail(Gateway& gateway, std::uint32_t program, std::uint32_t version) {
  RuleSetView view = gateway.show_rule_set(ProgramId{program}, version);
  if (view.found) return view;
  if (version == 0) {
    throw not_found(fmt::format("program {} has no active rule set", program),
                    "Name another with --version, or put one: holdfast program put PROGRAM FILE.");
  }
  throw not_found(fmt::format("program {} has no rule set {}", program, version),
                  fmt::format("holdfast program show {} tells which is active.", program));
}

Report describe_rule_set(const RuleSetView& view, CurrencyCode currency) {
  const BeginRuleSet& due = view.announced;
  const std::uint64_t announced = std::uint64_t{due.categories} + due.controls + due.list_items +
                                  due.zone_offsets;
  Report report;
  report.headline = fmt::format("rule set {} of program {}", view.version, view.program.value);
  std::string state = name_text(kRuleSetStateNames, view.state);
  report.add_json("program", std::uint64_t{view.program.value})
      .add_json("version", std::uint64_t{view.version})
      .add("state", state, "state",
           view.state == RuleSetState::begun
               ? fmt::format("begun: {} of {} rows are there", count_text(view.rows_total),
                             count_text(announced))
               : state);
  report.fields.push_back(currency_field("currency", "currency", currency));
  const auto add = [&](const char* key, const char* label, std::uint64_t count) {
    report.add(key, count, count == 0 ? "" : label, count_text(count));
  };
  add("categories", "categories", due.categories);
  add("controls", "controls", due.controls);
  add("list_items", "list items", due.list_items);
  add("zone_offsets", "zone offsets", due.zone_offsets);
  report.add("rows", std::uint64_t{view.rows_total}, "", "");
  report.fields.push_back(count_field("position", "as of position", view.position.value));
  return report;
}

/// As JSON it is the document itself; what that cannot say goes to standard error.
void print_document(const RuleSetView& view, const RuleSet& rules) {
  if (view.state == RuleSetState::begun) {
    throw not_found(
        fmt::format("rule set {} is not whole: there is no document of it", view.version),
        "holdfast program show without --json shows the rows that are there.");
  }
  if (has_amounts(rules) && !find_currency(rules.currency)) {
    fail_usage("amounts stand in the rule set, and it does not name their currency",
               "Give the currency of the program's accounts with --currency.");
  }
  const PolicyDocument document = policy_document(rules);
  print_text(document.json + "\n");
  for (const std::string& note : document.notes) {
    static_cast<void>(std::fputs(fmt::format("holdfast: note: {}\n", note).c_str(), stderr));
  }
}

ExitCode show_version(const Globals& globals, Gateway& gateway, const ProgramView& program,
                      const ShowOptions& options) {
  const RuleSetView view = version_or_fail(gateway, options.program, options.version);
  const RuleSet rules =
      rule_set_of(view, currency_or_settlement(gateway, program, options.currency));
  if (globals.json && options.rules) {
    print_document(view, rules);
    return ExitCode::ok;
  }
  const Report report =
      describe_rule_set(view, has_amounts(rules) ? rules.currency : CurrencyCode{});
  if (globals.json) {
    print_report(globals, report);
  } else {
    print_text(report.human() + (options.rules ? "\n" + rule_set_tables(rules) : ""));
  }
  return ExitCode::ok;
}

ExitCode show(const Globals& globals, const ShowOptions& options) {
  Gateway gateway(globals);
  const ProgramView view = program_or_fail(gateway, options.program);
  if (options.rules || options.version != 0) return show_version(globals, gateway, view, options);
  Report report = describe_program(view);
  std::vector<std::vector<Field>> shadows;
  for (const ShadowView& shadow : gateway.show_shadows(view.program).shadows) {
    shadows.push_back({{"version", std::uint64_t{shadow.version}, {}, {}},
                       time_field("started_at", "", shadow.started_at),
                       {"judged", shadow.judged, {}, {}}});
    report.add_text("shadow",
                    fmt::format("version {}, {} payment{} judged since {}", shadow.version,
                                count_text(shadow.judged), shadow.judged == 1 ? "" : "s",
                                time_text(shadow.started_at)));
  }
  report.add_json("shadows", std::move(shadows));
  print_report(globals, report);
  return ExitCode::ok;
}

// diff -----------------------------------------------------------------------------------------

struct DiffOptions {
  std::uint32_t program = 0;
  std::string first;
  std::string second;
  CurrencyCode currency;
};

/// One of the two that are compared.
struct Compared {
  RuleSet rules;
  std::string name;  // "version 3 (active)", "rules.json (version 4)"
};

Compared compared(Gateway& gateway, const ProgramView& program, const std::string& what,
                  CurrencyCode currency) {
  const bool is_number = std::ranges::all_of(what, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) {
    RuleSet rules = read_policy(what);
    std::string name = fmt::format("{} (version {})", what, rules.version);
    return {.rules = std::move(rules), .name = std::move(name)};
  }
  const auto version = parse_unsigned(what, kVersionMost, "a version");
  if (!version || *version == 0) {
    fail_usage(version ? "versions are numbers above 0" : version.error(),
               "A file whose name is a number is given with its directory: ./7.");
  }
  const auto number = static_cast<std::uint32_t>(*version);
  const RuleSetView view = version_or_fail(gateway, program.program.value, number);
  if (view.state == RuleSetState::begun) {
    throw not_found(fmt::format("rule set {} is not whole: it cannot be compared", number),
                    "Put its document again.");
  }
  return {
      .rules = rule_set_of(view, currency_or_settlement(gateway, program, currency)),
      .name = fmt::format("version {} ({})", number, name_text(kRuleSetStateNames, view.state))};
}

/// The active one; nothing at all when none is.
Compared active_rules(Gateway& gateway, const ProgramView& program, CurrencyCode currency) {
  if (program.rule_set_version == 0) return {.rules = {}, .name = "no rules"};
  return compared(gateway, program, std::to_string(program.rule_set_version), currency);
}

std::string change_line(const RuleChange& change) {
  switch (change.kind) {
    case RuleChange::Kind::added:
      return fmt::format("  + {}: {}\n", change.part, change.after);
    case RuleChange::Kind::removed:
      return fmt::format("  - {}: {}\n", change.part, change.before);
    case RuleChange::Kind::changed:
      break;
  }
  return fmt::format("  ~ {}: {}: {} -> {}{}\n", change.part, change.field, change.before,
                     change.after, change.counts_anew ? " (counts anew)" : "");
}

std::vector<Field> change_fields(const RuleChange& change) {
  constexpr std::string_view kKinds[] = {"added", "removed", "changed"};
  const auto or_null = [](const std::string& text) {
    return text.empty() ? FieldValue{std::monostate{}} : FieldValue{text};
  };
  return {{"change", std::string(kKinds[static_cast<std::size_t>(change.kind)]), {}, {}},
          {"part", change.part, {}, {}},
          {"field", or_null(change.field), {}, {}},
          {"before", or_null(change.before), {}, {}},
          {"after", or_null(change.after), {}, {}},
          {"counts_anew", change.counts_anew, {}, {}}};
}

ExitCode diff(const Globals& globals, const DiffOptions& options) {
  Gateway gateway(globals);
  const ProgramView program = program_or_fail(gateway, options.program);
  const bool from_active = options.second.empty();
  Compared before = from_active ? active_rules(gateway, program, options.currency)
                                : compared(gateway, program, options.first, options.currency);
  Compared after = compared(gateway, program, from_active ? options.first : options.second,
                            options.currency);
  // What the one names holds for the other too: both are of the same accounts.
  if (before.rules.currency.numeric == 0) before.rules.currency = after.rules.currency;
  if (after.rules.currency.numeric == 0) after.rules.currency = before.rules.currency;
  const auto changes = rule_set_changes(before.rules, after.rules);
  std::vector<std::vector<Field>> rows;
  std::string text = fmt::format("program {}: from {} to {}\n", options.program, before.name,
                                 after.name);
  if (changes.empty()) text += "  no difference\n";
  for (const RuleChange& change : changes) {
    rows.push_back(change_fields(change));
    text += change_line(change);
  }
  if (globals.json) {
    Report report;
    report.add_json("program", std::uint64_t{options.program})
        .add_json("before", before.name)
        .add_json("after", after.name)
        .add_json("equal", changes.empty())
        .add_json("changes", std::move(rows));
    print_report(globals, report);
  } else {
    print_text(text);
  }
  return changes.empty() ? ExitCode::ok : ExitCode::not_so;
}

}  // namespace

CLI::Option* add_accounts_currency(CLI::App& app, CurrencyCode& target) {
  return add_currency(app, target,
                      "Currency of the program's accounts, in which all amounts of its policy are; "
                      "else that of its settlement account");
}

void add_program_show_commands(CLI::App& group, Action& action) {
  auto shown = std::make_shared<ShowOptions>();
  CLI::App* command = group.add_subcommand(
      "show", "Show a program's settings, which version is active, and which run as shadows");
  add_program(*command, shown->program);
  add_number(*command, "--version", shown->version, kVersionMost, "a version",
             "Show this version of the policy instead");
  command->add_flag("--rules", shown->rules,
                    "Show the rules of the version, or of the active one; with --json as the "
                    "document that holdfast program put takes");
  add_accounts_currency(*command, shown->currency);
  add_examples(*command, {"holdfast program show 0", "holdfast program show 0 --rules",
                          "holdfast program show 0 --version 3 --rules --json"});
  on_run(*command, action, [shown](const Globals& g) { return show(g, *shown); });

  auto options = std::make_shared<DiffOptions>();
  command = group.add_subcommand(
      "diff", "Show what a policy would change; exits with 1 when there is a difference");
  add_program(*command, options->program);
  command
      ->add_option("POLICY", options->first,
                   "A document's file or the number of a version: compared with the active one, "
                   "or with what is given behind it")
      ->required()
      ->type_name("");
  command->add_option("POLICY2", options->second, "The newer of two, likewise")->type_name("");
  add_accounts_currency(*command, options->currency);
  add_examples(*command, {"holdfast program diff 0 rules.json", "holdfast program diff 0 3 4"});
  on_run(*command, action, [options](const Globals& g) { return diff(g, *options); });
}

}  // namespace holdfast::tools
