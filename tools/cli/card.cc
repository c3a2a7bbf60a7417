#include <fmt/core.h>

#include <limits>
#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"
#include "tools/cli/payment_options.h"

namespace holdfast::tools {
namespace {

struct CardOptions {
  RequestId request_id;
  CardToken card;
  AccountId account;
  std::optional<std::uint32_t> program;
  std::optional<ExpiryMonth> expiry;
  std::optional<CardStatus> status;
};

void add_program_and_expiry(CLI::App& app, CardOptions& options) {
  add_number(app, "--program", options.program, std::numeric_limits<std::uint32_t>::max(),
             "a program", "Program whose policy the card follows; 0 is there from the beginning");
  add_parsed(
      app, "--expiry", options.expiry,
      [](const std::string& text) -> std::expected<std::optional<ExpiryMonth>, std::string> {
        const auto parsed = parse_expiry(text);
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      "Last month in which it is valid (UTC), or none", "YYYY-MM");
  add_request_id(app, options.request_id);
}

ExitCode create(const Globals& globals, const CardOptions& options) {
  Command command;
  command.kind = CommandKind::create_card;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.create_card = CreateCard{};
  command.create_card.card = options.card;
  command.create_card.account = options.account;
  command.create_card.program = ProgramId{options.program.value_or(0)};
  command.create_card.expiry = options.expiry.value_or(ExpiryMonth{});
  return print_outcome(globals, command, Gateway(globals).execute(command), {});
}

ExitCode update(const Globals& globals, const CardOptions& options) {
  if (!options.status && !options.program && !options.expiry) {
    fail_usage("there is nothing to change", "Give --status, --program, --expiry or several.");
  }
  Command command;
  command.kind = CommandKind::update_card;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.update_card = UpdateCard{};
  UpdateCard& body = command.update_card;
  body.card = options.card;
  if (options.status) {
    body.status = *options.status;
    body.change |= kChangeStatus;
  }
  if (options.program) {
    body.program = ProgramId{*options.program};
    body.change |= kChangeProgram;
  }
  if (options.expiry) {
    body.expiry = *options.expiry;
    body.change |= kChangeExpiry;
  }
  return print_outcome(globals, command, Gateway(globals).execute(command), {});
}

ExitCode show(const Globals& globals, CardToken card) {
  const CardView view = Gateway(globals).show_card(card);
  if (!view.found) {
    throw not_found(fmt::format("there is no card {}", id_text(card)),
                    "Check the token; holdfast card create makes one.");
  }
  print_report(globals, describe_card(view));
  return ExitCode::ok;
}

ExitCode limits(const Globals& globals, CardToken card) {
  Gateway gateway(globals);
  const LimitsView view = gateway.show_limits(card);
  if (!view.found) {
    throw not_found(fmt::format("there is no card {}", id_text(card)),
                    "Check the token; holdfast card create makes one.");
  }
  const CurrencyCode currency = currency_of_card(gateway, card);
  const Report report = describe_limits(view, currency);
  if (globals.json || view.limits.empty()) {
    print_report(globals, report);
  } else {
    print_text(report.human() + limits_table(view, currency));
  }
  return ExitCode::ok;
}

}  // namespace

void add_card_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "card", "Create, change and show cards");
  constexpr const char* kToken = "The card's token (never a card number)";

  auto options = std::make_shared<CardOptions>();
  CLI::App* command = group->add_subcommand("create", "Make a card that draws on an account");
  add_id(*command, "CARD", options->card, kToken)->required();
  add_id(*command, "--account", options->account, "Account it draws on")->required();
  add_program_and_expiry(*command, *options);
  add_examples(*command,
               {"holdfast card create 4001 --account 1001 --expiry 2028-09",
                "holdfast card create 0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1 --account 1001"});
  on_run(*command, action, [options](const Globals& g) { return create(g, *options); });

  options = std::make_shared<CardOptions>();
  command = group->add_subcommand("update", "Change a card's status, program or expiry");
  add_id(*command, "CARD", options->card, kToken)->required();
  add_name(*command, "--status", options->status, kCardStatusNames,
           "New status; a closed card stays closed");
  add_program_and_expiry(*command, *options);
  add_examples(*command, {"holdfast card update 4001 --status lost",
                          "holdfast card update 4001 --status active --expiry 2030-01"});
  on_run(*command, action, [options](const Globals& g) { return update(g, *options); });

  options = std::make_shared<CardOptions>();
  command = group->add_subcommand("show", "Show a card's account, program, expiry and status");
  add_id(*command, "CARD", options->card, kToken)->required();
  add_examples(*command, {"holdfast card show 4001"});
  on_run(*command, action, [options](const Globals& g) { return show(g, options->card); });

  options = std::make_shared<CardOptions>();
  command = group->add_subcommand(
      "limits", "Show what the windows of a card's controls have counted, and what is left");
  add_id(*command, "CARD", options->card, kToken)->required();
  add_examples(*command, {"holdfast card limits 4001"});
  on_run(*command, action, [options](const Globals& g) { return limits(g, options->card); });
}

}  // namespace holdfast::tools
