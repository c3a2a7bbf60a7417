#include "tools/cli/what_if.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include "tools/cli/gateway.h"
#include "tools/cli/rule_set_json.h"
#include "tools/cli/what_if_summary.h"

namespace holdfast::tools {
namespace {

constexpr Name<NewlyApproved> kNewlyApprovedNames[] = {{NewlyApproved::spent, "spent"},
                                                       {NewlyApproved::expire, "expire"}};

/// The document was parsed before: every control is an object, and "name" a text if it is there.
std::map<std::uint16_t, std::string> names_of_controls(const std::string& text,
                                                       const RuleSet& rules) {
  std::map<std::uint16_t, std::string> names;
  const RuleJson document = parse_rule_json(text);
  const RuleJson* controls = member(document, "controls");
  if (controls == nullptr) return names;
  for (std::size_t at = 0; at < rules.controls.size() && at < controls->size(); ++at) {
    const RuleJson* name = member((*controls)[at], "name");
    if (name != nullptr && name->is_string()) {
      names[rules.controls[at].control] = name->get<std::string>();
    }
  }
  return names;
}

void write_page(const std::string& path, const std::string& page) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << page;
  out.flush();
  if (out.good()) return;
  throw Failure{.code = ExitCode::output,
                .kind = "output",
                .message = fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                .advice = "Name a file that you may write with --html.",
                .request_id = {}};
}

}  // namespace

std::expected<WhatIfProgram, std::string> parse_what_if_program(const std::string& text) {
  const std::size_t at = text.find('=');
  if (at == std::string::npos) {
    return std::unexpected(fmt::format("'{}' is not PROGRAM=FILE, such as 1=rules.json", text));
  }
  const auto number = parse_unsigned(text.substr(0, at), 0xffff'ffff, "a program");
  if (!number) return std::unexpected(number.error());
  WhatIfProgram program{.program = ProgramId{static_cast<std::uint32_t>(*number)},
                        .file = text.substr(at + 1), .rules = {}, .names = {}};
  std::ifstream in(program.file, std::ios::binary);
  const std::string document{std::istreambuf_iterator<char>(in), {}};
  if (!in.good() && !in.eof()) {
    return std::unexpected(fmt::format("cannot read {}: {}", program.file, std::strerror(errno)));
  }
  auto rules = parse_rule_set(document);
  if (!rules) return std::unexpected(fmt::format("{}: {}", program.file, rules.error()));
  program.rules = std::move(*rules);
  program.names = names_of_controls(document, program.rules);
  return program;
}

ExitCode wal_what_if(const Globals& globals, const WhatIfOptions& options) {
  const WhatIfResult result = run_what_if(options);
  const WhatIfSummary summary(result);
  if (!options.html_file.empty()) {
    write_page(options.html_file, what_if_html(options, result, summary));
  }
  print_text(globals.json ? what_if_json(options, result, summary)
                          : what_if_text(options, result, summary));
  return ExitCode::ok;
}

void add_what_if(CLI::App& group, Action& action) {
  CLI::App* command = group.add_subcommand(
      "what-if", "Replay the log against changed rules: which decisions come out otherwise");
  auto options = std::make_shared<WhatIfOptions>();
  auto newly = std::make_shared<std::optional<NewlyApproved>>();
  add_place(*command, options->place);
  command
      ->add_option_function<std::vector<std::string>>(
          "--program",
          [options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              auto program = parse_what_if_program(text);
              if (!program) throw CLI::ValidationError("--program", program.error());
              for (const WhatIfProgram& other : options->programs) {
                if (other.program != program->program) continue;
                throw CLI::ValidationError(
                    "--program", fmt::format("program {} is given twice", other.program.value));
              }
              options->programs.push_back(std::move(*program));
            }
          },
          "Rules document to hold instead of the program's; may be given for several programs")
      ->required()
      ->type_name("PROGRAM=FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  add_point(*command, "--from", options->from,
            "First position or time that is judged by it (the program's first activation, else its "
            "beginning)");
  add_from_start(*command, options->wanted);
  add_name(*command, "--newly-approved", *newly, kNewlyApprovedNames,
           "What becomes of a payment that only these rules approve: spent in full, or never "
           "captured, so that its hold ends (spent)");
  command->add_option("--html", options->html_file, "Write the report as a page, with charts")
      ->type_name("FILE");
  add_examples(
      *command,
      {"holdfast wal what-if DIR --program 1=rules.json",
       "holdfast wal what-if DIR --program 1=rules.json --from 2026-11-01 --html report.html",
       "holdfast wal what-if DIR --program 1=rules.json --json | jq .totals"});
  on_run(*command, action, [options, newly](const Globals& g) {
    options->newly_approved = newly->value_or(NewlyApproved::spent);
    return wal_what_if(g, *options);
  });
}

}  // namespace holdfast::tools
