// authorize and advise: the two ways in which a payment begins.
#include <fmt/core.h>

#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/payment_options.h"

namespace holdfast::tools {
namespace {

struct AuthorizeOptions {
  PaymentOptions payment;
  std::string cashback;  // major units
  bool partial = false;
  bool verify = false;
  bool estimated = false;
  bool merchant_initiated = false;
};

Money amount_to_ask(const AuthorizeOptions& options) {
  if (!options.verify) return resolve_amount(options.payment.amount, {});
  if (options.payment.amount.given()) {
    fail_usage("a verification has no amount", "Leave the amount or --verify away.");
  }
  if (options.partial || options.estimated || !options.cashback.empty()) {
    fail_usage("a verification holds nothing: --partial, --estimated and --cashback have no use",
               "Leave them or --verify away.");
  }
  return Money{0};
}

void set_cashback(const AuthorizeOptions& options, Authorize& body) {
  const bool named = options.payment.type.has_value();
  const bool with_cashback = options.payment.type == TransactionType::purchase_cashback;
  if (options.cashback.empty()) {
    if (with_cashback) {
      fail_usage("a purchase with cashback needs its cashback", "Add --cashback AMOUNT.");
    }
    return;
  }
  if (named && !with_cashback) {
    fail_usage(fmt::format("--cashback does not go with --type {}",
                           name_text(kTransactionTypeNames, *options.payment.type)),
               "Leave --type away: it is then purchase_cashback.");
  }
  body.type = TransactionType::purchase_cashback;
  body.cashback = resolve_amount({.major = options.cashback,
                                  .minor = {},
                                  .currency = options.payment.amount.currency},
                                 {});
  if (body.cashback.minor == 0 || body.cashback > body.amount) {
    fail_usage(fmt::format("the cashback '{}' is not a part of the amount", options.cashback),
               "It is above zero and at most the amount, which includes it.");
  }
}

/// Balances are in the account's currency; where that is not known there are none.
CurrencyCode currency_told(Gateway& gateway, const PaymentOptions& options) {
  const CurrencyCode currency = currency_of_card(gateway, options.card);
  return currency.numeric != 0 ? currency : options.amount.currency;
}

ExitCode authorize(const Globals& globals, const AuthorizeOptions& options) {
  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = chosen_or_drawn(options.payment.request_id);
  command.authorize = Authorize{};
  Authorize& body = command.authorize;
  fill_payment(options.payment, body);
  body.amount = amount_to_ask(options);
  set_cashback(options, body);
  if (options.partial) body.flags |= kAuthorizePartialAllowed;
  if (options.verify) body.flags |= kAuthorizeVerification;
  if (options.estimated) body.flags |= kAuthorizeEstimated;
  if (options.merchant_initiated) body.flags |= kAuthorizeMerchantInitiated;
  Gateway gateway(globals);
  const CurrencyCode currency = currency_told(gateway, options.payment);
  return print_outcome(globals, command, gateway.execute(command), currency);
}

void add_authorize(CLI::App& app, Action& action) {
  auto options = std::make_shared<AuthorizeOptions>();
  CLI::App* command = app.add_subcommand(
      "authorize", "Ask whether a card may pay an amount, and hold the money if so");
  add_payment(*command, options->payment, "Amount to hold");
  command->add_flag("--partial", options->partial,
                    "A smaller amount may be approved when the balance does not cover all of it");
  command->add_flag("--verify", options->verify,
                    "Judge card and account only: no amount, and nothing is held");
  command
      ->add_option("--cashback", options->cashback,
                   "Part of the amount that is paid out in cash, in major units; makes it a "
                   "purchase_cashback")
      ->type_name("AMOUNT");
  command->add_flag("--estimated", options->estimated,
                    "The amount is not known yet (fuel): the estimate of the program's category "
                    "is held, if it has one");
  command->add_flag("--merchant-initiated", options->merchant_initiated,
                    "The merchant asks by itself (recurring, no-show): the category's other hold "
                    "period counts");
  add_request_id(*command, options->payment.request_id);
  add_examples(*command,
               {"holdfast authorize --card 4001 25.00 --currency GBP",
                "holdfast authorize --card 4001 --minor 2500 --currency GBP --mcc 5411 "
                "--channel chip",
                "holdfast authorize --card 4001 60.00 --currency GBP --cashback 20.00",
                "holdfast authorize --card 4001 --verify --currency GBP"});
  on_run(*command, action, [options](const Globals& g) { return authorize(g, *options); });
}

struct AdviseOptions {
  PaymentOptions payment;
  AccountId settlement_account;
  bool post = false;
};

ExitCode advise(const Globals& globals, const AdviseOptions& options) {
  if (!options.post && !options.settlement_account.is_zero()) {
    fail_usage("an advice that only holds pays no settlement account",
               "Add --post, or leave --settlement-account away.");
  }
  Command command;
  command.kind = CommandKind::advise;
  command.request_id = chosen_or_drawn(options.payment.request_id);
  command.advise = Advise{};
  fill_payment(options.payment, command.advise);
  command.advise.amount = resolve_amount(options.payment.amount, {});
  command.advise.post = options.post ? 1 : 0;
  command.advise.settlement_account = options.settlement_account;
  Gateway gateway(globals);
  const CurrencyCode currency = currency_told(gateway, options.payment);
  return print_outcome(globals, command, gateway.execute(command), currency);
}

void add_advise(CLI::App& app, Action& action) {
  auto options = std::make_shared<AdviseOptions>();
  CLI::App* command = app.add_subcommand(
      "advise", "Record a payment that was decided elsewhere: never declined for funds or status");
  add_payment(*command, options->payment, "Amount that was approved");
  command->add_flag("--post", options->post, "Post it at once; it is only held unless given");
  add_id(*command, "--settlement-account", options->settlement_account,
         "With --post: account that receives; the program's unless given");
  add_request_id(*command, options->payment.request_id);
  add_examples(*command, {"holdfast advise --card 4001 25.00 --currency GBP",
                          "holdfast advise --card 4001 25.00 --currency GBP --post"});
  on_run(*command, action, [options](const Globals& g) { return advise(g, *options); });
}

}  // namespace

void add_authorize_commands(CLI::App& app, Action& action) {
  add_authorize(app, action);
  add_advise(app, action);
}

}  // namespace holdfast::tools
