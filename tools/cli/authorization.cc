// The steps that follow an authorization, and its view.
#include <fmt/core.h>

#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/payment_options.h"

namespace holdfast::tools {
namespace {

struct StepOptions {
  RequestId request_id;
  OriginalOption original;
  AmountOption amount;
  AccountId settlement_account;
  bool final = false;    // capture
  bool advice = false;   // reverse
  CardToken card;        // capture, refund
  std::string merchant;  // refund
  std::uint16_t mcc = 0;  // refund
};

/// The account's currency: from the hold, or, when that is no longer in memory, from the card.
CurrencyCode currency_of_step(Gateway& gateway, const Hold& hold, CardToken card) {
  if (hold.view.found || card.is_zero()) return hold.account_currency;
  return currency_of_card(gateway, card);
}

ExitCode capture(const Globals& globals, const StepOptions& options) {
  require_original(options.original);
  Command command;
  command.kind = CommandKind::capture;
  command.request_id = chosen_or_drawn(options.request_id);
  command.capture = Capture{};
  Gateway gateway(globals);
  const Hold hold = look_up(gateway, options.original);
  const CurrencyCode currency = currency_of_step(gateway, hold, options.card);
  command.capture.authorization = options.original.authorization;
  command.capture.original_request = options.original.request;
  command.capture.amount = step_amount(options.amount, currency, options.original);
  command.capture.settlement_account = options.settlement_account;
  command.capture.final = options.final ? 1 : 0;
  command.capture.card = options.card;
  return print_outcome(globals, command, gateway.execute(command), currency);
}

ExitCode reverse(const Globals& globals, const StepOptions& options) {
  require_original(options.original);
  Command command;
  command.kind = CommandKind::reverse;
  command.request_id = chosen_or_drawn(options.request_id);
  command.reverse = Reverse{};
  Gateway gateway(globals);
  const Hold hold = look_up(gateway, options.original);
  command.reverse.authorization = options.original.authorization;
  command.reverse.original_request = options.original.request;
  command.reverse.advice = options.advice ? 1 : 0;
  if (options.amount.given()) {
    command.reverse.amount = step_amount(options.amount, hold.account_currency, options.original);
    // Zero would mean "all that is left" to the engine, which nobody means who writes 0.00.
    if (command.reverse.amount.minor == 0) {
      fail_usage("the amount to release is zero", "Leave it away to release all that is left.");
    }
  }
  return print_outcome(globals, command, gateway.execute(command), hold.account_currency);
}

ExitCode increment(const Globals& globals, const StepOptions& options) {
  require_original(options.original);
  Command command;
  command.kind = CommandKind::increment;
  command.request_id = chosen_or_drawn(options.request_id);
  command.increment = Increment{};
  Gateway gateway(globals);
  const Hold hold = look_up(gateway, options.original);
  command.increment.authorization = options.original.authorization;
  command.increment.original_request = options.original.request;
  // Unlike every later step: more is asked in the currency in which it was asked before.
  command.increment.amount = step_amount(options.amount, hold.view.currency, options.original);
  return print_outcome(globals, command, gateway.execute(command), hold.account_currency);
}

ExitCode refund(const Globals& globals, const StepOptions& options) {
  const bool linked = options.original.given();
  if (!linked && options.card.is_zero()) {
    fail_usage("it is not said what to refund",
               "Give --authorization N or --request ID for a linked refund, or --card ID and "
               "--currency for an unlinked one.");
  }
  Command command;
  command.kind = CommandKind::refund;
  command.request_id = chosen_or_drawn(options.request_id);
  command.refund = Refund{};
  Refund& body = command.refund;
  body.authorization = options.original.authorization;
  body.original_request = options.original.request;
  body.card = options.card;
  body.settlement_account = options.settlement_account;
  body.mcc = Mcc{options.mcc};
  copy_text(options.merchant, body.merchant.text);
  if (!linked && options.amount.currency.numeric == 0) {
    fail_usage("an unlinked refund needs its currency", "Add --currency, such as GBP.");
  }
  Gateway gateway(globals);
  CurrencyCode currency = options.amount.currency;
  if (linked) {
    const Hold hold = look_up(gateway, options.original);
    currency = currency_of_step(gateway, hold, options.card);
    body.amount = step_amount(options.amount, currency, options.original);
  } else {
    body.amount = resolve_amount(options.amount, {});
    body.currency = currency;
  }
  return print_outcome(globals, command, gateway.execute(command), currency);
}

void add_capture(CLI::App& app, Action& action) {
  auto options = std::make_shared<StepOptions>();
  CLI::App* command = app.add_subcommand("capture", "Post part or all of a held amount");
  add_original(*command, options->original, "--authorization", "--request");
  add_amount(*command, options->amount, "Amount to post, in the account's currency");
  command->add_flag("--final", options->final,
                    "No more captures will come: what is left of the hold is released");
  add_id(*command, "--card", options->card,
         "The card of the hold: lets it be posted when the server has forgotten the hold");
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that receives; the program's unless given");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast capture --authorization 1 25.00 --final",
                          "holdfast capture --request 0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1 10.00",
                          "holdfast capture --authorization 1 25.00 --card 4001"});
  on_run(*command, action, [options](const Globals& g) { return capture(g, *options); });
}

void add_reverse(CLI::App& app, Action& action) {
  auto options = std::make_shared<StepOptions>();
  CLI::App* command = app.add_subcommand("reverse", "Release part or all of what is still held");
  add_original(*command, options->original, "--authorization", "--request");
  add_amount(*command, options->amount, "Amount to release; all that is left unless given");
  command->add_flag("--advice", options->advice,
                    "It is an advice (ISO 8583 0420): accepted also when the authorize that "
                    "--request names has not come, which is then declined when it comes");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast reverse --authorization 1",
                          "holdfast reverse --authorization 1 5.00",
                          "holdfast reverse --request 77 --advice"});
  on_run(*command, action, [options](const Globals& g) { return reverse(g, *options); });
}

void add_increment(CLI::App& app, Action& action) {
  auto options = std::make_shared<StepOptions>();
  CLI::App* command =
      app.add_subcommand("increment", "Raise an open hold, by the checks of authorize");
  add_original(*command, options->original, "--authorization", "--request");
  add_amount(*command, options->amount,
             "Amount to hold on top, in the currency that the authorize asked in");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast increment --authorization 1 10.00"});
  on_run(*command, action, [options](const Globals& g) { return increment(g, *options); });
}

void add_refund(CLI::App& app, Action& action) {
  auto options = std::make_shared<StepOptions>();
  CLI::App* command =
      app.add_subcommand("refund", "Give captured money back, or credit a card's account");
  add_original(*command, options->original, "--authorization", "--request");
  add_id(*command, "--card", options->card,
         "Alone: the card whose account is credited. With an authorization: its card, which lets "
         "it be paid when the server has forgotten the authorization");
  add_amount(*command, options->amount, "Amount to give back, in the account's currency");
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that pays; the program's unless given");
  add_merchant(*command, options->merchant);
  add_mcc(*command, options->mcc);
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast refund --authorization 1 5.00",
                          "holdfast refund --authorization 1 --card 4001 5.00",
                          "holdfast refund --card 4001 5.00 --currency GBP"});
  on_run(*command, action, [options](const Globals& g) { return refund(g, *options); });
}

ExitCode show(const Globals& globals, const OriginalOption& original) {
  if (!original.given()) {
    fail_usage("it is not said which authorization",
               "Give its id, or --request ID of the authorize that made it.");
  }
  Gateway gateway(globals);
  const Hold hold = look_up(gateway, original);
  if (!hold.view.found) fail_unknown_authorization(original);
  print_report(globals, describe_authorization(hold.view, hold.account_currency));
  return ExitCode::ok;
}

void add_show(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "authorization", "Show authorizations");
  auto original = std::make_shared<OriginalOption>();
  CLI::App* command = group->add_subcommand("show", "Show an authorization's life so far");
  add_original(*command, *original, "AUTHORIZATION", "--request");
  add_examples(*command,
               {"holdfast authorization show 1",
                "holdfast authorization show --request 0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1"});
  on_run(*command, action, [original](const Globals& g) { return show(g, *original); });
}

}  // namespace

void add_authorization_commands(CLI::App& app, Action& action) {
  add_capture(app, action);
  add_reverse(app, action);
  add_increment(app, action);
  add_refund(app, action);
  add_show(app, action);
}

}  // namespace holdfast::tools
