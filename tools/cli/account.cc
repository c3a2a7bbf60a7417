#include <fmt/core.h>

#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"

namespace holdfast::tools {
namespace {

struct AccountOptions {
  RequestId request_id;
  AccountId account;
  AmountOption credit_limit;
  std::optional<AccountStatus> status;
  bool may_go_negative = false;
};

using Shared = std::shared_ptr<AccountOptions>;

void add_credit_limit(CLI::App& app, AmountOption& target) {
  auto* major = app.add_option("--credit-limit", target.major,
                               "How far the available balance reaches below the ledger's zero, in "
                               "major units");
  major->type_name("AMOUNT");
  auto* minor =
      app.add_option("--credit-limit-minor", target.minor, "The same in minor units instead");
  minor->type_name("N")->excludes(major);
}

Failure unknown_account(AccountId id) {
  return not_found(fmt::format("there is no account {}", id_text(id)),
                   "Check the id; holdfast account create makes one.");
}

ExitCode create(const Globals& globals, const AccountOptions& options) {
  Command command;
  command.kind = CommandKind::create_account;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.create_account = CreateAccount{};
  command.create_account.account = options.account;
  command.create_account.currency = options.credit_limit.currency;
  if (options.credit_limit.given()) {
    command.create_account.credit_limit = resolve_amount(options.credit_limit, {});
  }
  if (options.may_go_negative) command.create_account.flags = kAccountMayGoNegative;
  Gateway gateway(globals);
  return print_outcome(globals, command, gateway.execute(command), options.credit_limit.currency);
}

ExitCode update(const Globals& globals, const AccountOptions& options) {
  if (!options.status && !options.credit_limit.given()) {
    fail_usage("there is nothing to change", "Give --status, --credit-limit or both.");
  }
  Command command;
  command.kind = CommandKind::update_account;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.update_account = UpdateAccount{};
  command.update_account.account = options.account;
  Gateway gateway(globals);
  const AccountView account = gateway.show_account(options.account);
  if (options.status) {
    command.update_account.status = *options.status;
    command.update_account.change |= kChangeStatus;
  }
  if (options.credit_limit.given()) {
    // Without the account's currency major units cannot be read.
    if (!account.found && options.credit_limit.minor.empty()) {
      throw unknown_account(options.account);
    }
    command.update_account.credit_limit = resolve_amount(options.credit_limit, account.currency);
    command.update_account.change |= kChangeCreditLimit;
  }
  return print_outcome(globals, command, gateway.execute(command), account.currency);
}

ExitCode show(const Globals& globals, AccountId id) {
  const AccountView view = Gateway(globals).show_account(id);
  if (!view.found) throw unknown_account(id);
  print_report(globals, describe_account(view));
  return ExitCode::ok;
}

}  // namespace

void add_account_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "account", "Create, change and show accounts");

  auto options = std::make_shared<AccountOptions>();
  CLI::App* command = group->add_subcommand("create", "Open an account");
  add_id(*command, "ACCOUNT", options->account, "Id of the new account")->required();
  add_currency(*command, options->credit_limit.currency, "ISO 4217 currency it is kept in")
      ->required();
  add_credit_limit(*command, options->credit_limit);
  command->add_flag("--may-go-negative", options->may_go_negative,
                    "For funding, settlement and fee accounts: no lower bound");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast account create 1001 --currency GBP --credit-limit 500.00",
                          "holdfast account create 1 --currency GBP --may-go-negative"});
  on_run(*command, action, [options](const Globals& g) { return create(g, *options); });

  options = std::make_shared<AccountOptions>();
  command = group->add_subcommand("update", "Change an account's status or credit limit");
  add_id(*command, "ACCOUNT", options->account, "Id of the account")->required();
  add_name(*command, "--status", options->status, kAccountStatusNames,
           "New status; closing needs a ledger and held amount of zero and is final");
  add_credit_limit(*command, options->credit_limit);
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast account update 1001 --status frozen",
                          "holdfast account update 1001 --credit-limit 750.00"});
  on_run(*command, action, [options](const Globals& g) { return update(g, *options); });

  options = std::make_shared<AccountOptions>();
  command = group->add_subcommand("show", "Show balances, limit and status");
  add_id(*command, "ACCOUNT", options->account, "Id of the account")->required();
  add_examples(*command, {"holdfast account show 1001", "holdfast --json account show 1001"});
  on_run(*command, action, [options](const Globals& g) { return show(g, options->account); });
}

}  // namespace holdfast::tools
