#include <fmt/core.h>

#include <algorithm>
#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"

namespace holdfast::tools {
namespace {

/// Which authorization a step concerns: by its id or by the request that asked for it.
struct OriginalOption {
  AuthorizationId authorization;
  RequestId request;

  [[nodiscard]] bool given() const { return !authorization.is_zero() || !request.is_zero(); }
};

void add_original(CLI::App& app, OriginalOption& target, const std::string& id_option,
                  const std::string& request_option) {
  auto* id = add_parsed(
      app, id_option, target.authorization,
      [](const std::string& text) -> std::expected<AuthorizationId, std::string> {
        const auto parsed = parse_unsigned(text, ~std::uint64_t{0}, "an authorization id");
        if (!parsed) return std::unexpected(parsed.error());
        if (*parsed == 0) return std::unexpected("authorization ids begin with 1");
        return AuthorizationId{*parsed};
      },
      "Id that the engine gave to the authorization", "N");
  auto* request = add_id(app, request_option, target.request,
                         "Or: request id of the authorize that made it");
  request->excludes(id);
}

/// The authorization that a step names, for its currency. Not found is not an error here: with an
/// amount in minor units the engine itself decides, and says so in its own words.
AuthorizationView look_up(Gateway& gateway, const OriginalOption& original) {
  return gateway.show_authorization(original.authorization, original.request);
}

[[noreturn]] void fail_unknown_authorization(const OriginalOption& original) {
  throw not_found(original.authorization.is_zero()
                      ? fmt::format("no authorization was made by request {}",
                                    id_text(original.request))
                      : fmt::format("there is no authorization {}", id_text(original.authorization)),
                  "Nothing was changed. Check the id that authorize printed.");
}

void require_original(const OriginalOption& original) {
  if (!original.given()) {
    fail_usage("it is not said which authorization",
               "Give --authorization N, or --request ID of the authorize that made it.");
  }
}

Money step_amount(const AmountOption& amount, const AuthorizationView& view,
                  const OriginalOption& original) {
  const bool needs_currency = amount.minor.empty() && amount.currency.numeric == 0;
  if (!view.found && needs_currency) fail_unknown_authorization(original);
  return resolve_amount(amount, view.currency);
}

RequestId chosen_or_drawn(RequestId chosen) {
  return chosen.is_zero() ? draw_request_id() : chosen;
}

// authorize ------------------------------------------------------------------------------------

struct AuthorizeOptions {
  RequestId request_id;
  CardToken card;
  AmountOption amount;
  std::string merchant;
  std::string terminal;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::optional<Channel> channel;
  std::optional<TransactionType> type;
};

template <std::size_t N>
void copy_text(const std::string& from, char (&to)[N]) {
  std::copy_n(from.data(), std::min(from.size(), N), to);
}

CLI::Option* add_merchant(CLI::App& app, std::string& target) {
  constexpr std::size_t kMerchantCharacters = 15;  // ISO 8583 DE42
  return add_parsed(
      app, "--merchant", target,
      [](const std::string& text) { return parse_short_text(text, kMerchantCharacters); },
      "Card acceptor (DE42), up to 15 characters", "TEXT");
}

CLI::Option* add_mcc(CLI::App& app, std::uint16_t& target) {
  return add_number(app, "--mcc", target, 9999, "a merchant category",
                    "Merchant category code (DE18), such as 5411");
}

ExitCode authorize(const Globals& globals, const AuthorizeOptions& options) {
  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = chosen_or_drawn(options.request_id);
  command.authorize = Authorize{};
  Authorize& body = command.authorize;
  body.card = options.card;
  body.amount = resolve_amount(options.amount, {});
  body.currency = options.amount.currency;
  body.mcc = Mcc{options.mcc};
  body.country = CountryCode{options.country};
  body.channel = options.channel.value_or(Channel::unknown);
  body.type = options.type.value_or(TransactionType::purchase);
  copy_text(options.merchant, body.merchant.text);
  copy_text(options.terminal, body.terminal.text);
  return print_outcome(globals, command, Gateway(globals).execute(command), body.currency);
}

void add_authorize(CLI::App& app, Action& action) {
  auto options = std::make_shared<AuthorizeOptions>();
  CLI::App* command = app.add_subcommand(
      "authorize", "Ask whether a card may pay an amount, and hold the money if so");
  add_id(*command, "--card", options->card, "The card's token")->required();
  add_amount(*command, options->amount, "Amount to hold");
  command->get_option("--currency")->required();
  add_merchant(*command, options->merchant);
  add_parsed(
      *command, "--terminal", options->terminal,
      [](const std::string& text) { return parse_short_text(text, sizeof TerminalId::text); },
      "Terminal (DE41), up to 8 characters", "TEXT");
  add_mcc(*command, options->mcc);
  add_number(*command, "--country", options->country, 999, "a country",
             "ISO 3166-1 numeric country of the acceptor, such as 826");
  add_name(*command, "--channel", options->channel, kChannelNames, "How the card was presented");
  add_name(*command, "--type", options->type, kTransactionTypeNames, "Kind of payment");
  add_request_id(*command, options->request_id);
  add_examples(*command,
               {"holdfast authorize --card 4001 25.00 --currency GBP",
                "holdfast authorize --card 4001 --minor 2500 --currency GBP --mcc 5411 "
                "--country 826 --merchant CORNERSHOP --channel chip"});
  on_run(*command, action, [options](const Globals& g) { return authorize(g, *options); });
}

// capture, reverse, refund ---------------------------------------------------------------------

struct StepOptions {
  RequestId request_id;
  OriginalOption original;
  AmountOption amount;
  AccountId settlement_account;
  bool final = false;
  CardToken card;        // refund, unlinked
  std::string merchant;  // refund
  std::uint16_t mcc = 0;  // refund
};

ExitCode capture(const Globals& globals, const StepOptions& options) {
  require_original(options.original);
  Command command;
  command.kind = CommandKind::capture;
  command.request_id = chosen_or_drawn(options.request_id);
  command.capture = Capture{};
  Gateway gateway(globals);
  const AuthorizationView view = look_up(gateway, options.original);
  command.capture.authorization = options.original.authorization;
  command.capture.original_request = options.original.request;
  command.capture.amount = step_amount(options.amount, view, options.original);
  command.capture.settlement_account = options.settlement_account;
  command.capture.final = options.final ? 1 : 0;
  return print_outcome(globals, command, gateway.execute(command), view.currency);
}

ExitCode reverse(const Globals& globals, const StepOptions& options) {
  require_original(options.original);
  Command command;
  command.kind = CommandKind::reverse;
  command.request_id = chosen_or_drawn(options.request_id);
  command.reverse = Reverse{};
  Gateway gateway(globals);
  const AuthorizationView view = look_up(gateway, options.original);
  command.reverse.authorization = options.original.authorization;
  command.reverse.original_request = options.original.request;
  if (options.amount.given()) {
    command.reverse.amount = step_amount(options.amount, view, options.original);
    // Zero would mean "all that is left" to the engine, which nobody means who writes 0.00.
    if (command.reverse.amount.minor == 0) {
      fail_usage("the amount to release is zero", "Leave it away to release all that is left.");
    }
  }
  return print_outcome(globals, command, gateway.execute(command), view.currency);
}

ExitCode refund(const Globals& globals, const StepOptions& options) {
  const bool linked = options.original.given();
  if (linked == !options.card.is_zero()) {
    fail_usage(linked ? "a linked refund takes its card from the authorization"
                      : "it is not said what to refund",
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
  Gateway gateway(globals);
  CurrencyCode currency = options.amount.currency;
  if (linked) {
    const AuthorizationView view = look_up(gateway, options.original);
    body.amount = step_amount(options.amount, view, options.original);
    currency = view.currency;
  } else {
    if (currency.numeric == 0) {
      fail_usage("an unlinked refund needs its currency", "Add --currency, such as GBP.");
    }
    body.amount = resolve_amount(options.amount, {});
    body.currency = currency;
  }
  return print_outcome(globals, command, gateway.execute(command), currency);
}

void add_steps(CLI::App& app, Action& action) {
  auto options = std::make_shared<StepOptions>();
  CLI::App* command = app.add_subcommand("capture", "Post part or all of a held amount");
  add_original(*command, options->original, "--authorization", "--request");
  add_amount(*command, options->amount, "Amount to post");
  command->add_flag("--final", options->final,
                    "No more captures will come: what is left of the hold is released");
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that receives; the program's unless given");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast capture --authorization 1 25.00 --final",
                          "holdfast capture --request 0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1 10.00"});
  on_run(*command, action, [options](const Globals& g) { return capture(g, *options); });

  options = std::make_shared<StepOptions>();
  command = app.add_subcommand("reverse", "Release part or all of what is still held");
  add_original(*command, options->original, "--authorization", "--request");
  add_amount(*command, options->amount, "Amount to release; all that is left unless given");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast reverse --authorization 1",
                          "holdfast reverse --authorization 1 5.00"});
  on_run(*command, action, [options](const Globals& g) { return reverse(g, *options); });

  options = std::make_shared<StepOptions>();
  command = app.add_subcommand("refund", "Give captured money back, or credit a card's account");
  add_original(*command, options->original, "--authorization", "--request");
  add_id(*command, "--card", options->card, "Unlinked refund: the card whose account is credited");
  add_amount(*command, options->amount, "Amount to give back");
  add_id(*command, "--settlement-account", options->settlement_account,
         "Account that pays; the program's unless given");
  add_merchant(*command, options->merchant);
  add_mcc(*command, options->mcc);
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast refund --authorization 1 5.00",
                          "holdfast refund --card 4001 5.00 --currency GBP"});
  on_run(*command, action, [options](const Globals& g) { return refund(g, *options); });
}

// authorization show ---------------------------------------------------------------------------

ExitCode show(const Globals& globals, const OriginalOption& original) {
  if (!original.given()) {
    fail_usage("it is not said which authorization",
               "Give its id, or --request ID of the authorize that made it.");
  }
  Gateway gateway(globals);
  const AuthorizationView view = look_up(gateway, original);
  if (!view.found) fail_unknown_authorization(original);
  print_report(globals, describe_authorization(view));
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
  add_authorize(app, action);
  add_steps(app, action);
  add_show(app, action);
}

}  // namespace holdfast::tools
