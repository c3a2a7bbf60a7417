#include <fmt/core.h>

#include <limits>
#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"

namespace holdfast::tools {
namespace {

struct TransferOptions {
  RequestId request_id;
  AccountId from;
  AccountId to;
  AmountOption amount;
  std::uint32_t reference = 0;
};

ExitCode transfer(const Globals& globals, const TransferOptions& options) {
  Command command;
  command.kind = CommandKind::transfer;
  command.request_id = options.request_id.is_zero() ? draw_request_id() : options.request_id;
  command.transfer = Transfer{};
  command.transfer.debit = options.from;
  command.transfer.credit = options.to;
  command.transfer.amount = resolve_amount(options.amount, {});
  command.transfer.currency = options.amount.currency;
  command.transfer.reference = options.reference;
  return print_outcome(globals, command, Gateway(globals).execute(command),
                       options.amount.currency);
}

}  // namespace

void add_transfer_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<TransferOptions>();
  CLI::App* command =
      app.add_subcommand("transfer", "Move money from one account to another (double entry)");
  add_id(*command, "--from", options->from, "Account that pays")->required();
  add_id(*command, "--to", options->to, "Account that receives")->required();
  add_amount(*command, options->amount, "Amount to move");
  command->get_option("--currency")->required();
  add_number(*command, "--reference", options->reference,
             std::numeric_limits<std::uint32_t>::max(), "a reference",
             "Code of your own that is kept in the log");
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast transfer --from 1 --to 1001 1000.00 --currency GBP",
                          "holdfast transfer --from 1 --to 1001 --minor 100000 --currency GBP"});
  on_run(*command, action, [options](const Globals& g) { return transfer(g, *options); });
}

}  // namespace holdfast::tools
