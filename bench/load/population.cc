#include "bench/load/population.h"

#include <xxhash.h>

#include "engine/command.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kSetupRequests = 0x5E7B'0000'0000'0000;

void name_by_content(Command& command) {
  command.request_id = {.low = XXH3_64bits_withSeed(command.body, command_body_bytes(command.kind),
                                                    static_cast<std::uint64_t>(command.kind)),
                        .high = kSetupRequests};
}

Command create_account(AccountId account, CurrencyCode currency, std::uint16_t flags) {
  Command command;
  command.kind = CommandKind::create_account;
  command.create_account = CreateAccount{
      .account = account, .credit_limit = Money{0}, .currency = currency, .flags = flags};
  name_by_content(command);
  return command;
}

}  // namespace

std::vector<AccountId> Population::all_accounts() const {
  std::vector<AccountId> all;
  all.reserve(accounts + 2ULL);
  for (std::uint32_t i = 0; i < accounts; ++i) all.push_back(account(i));
  all.push_back(funding());
  all.push_back(settlement());
  return all;
}

Result<void> Population::for_each_setup_command(
    const std::function<Result<void>(const Command&)>& each) const {
  for (const AccountId account_id : {funding(), settlement()}) {
    if (auto done = each(create_account(account_id, currency, kAccountMayGoNegative)); !done) {
      return done;
    }
  }
  for (std::uint32_t i = 0; i < accounts; ++i) {
    Command card_command;
    card_command.kind = CommandKind::create_card;
    card_command.create_card =
        CreateCard{.card = card(i), .account = account(i), .program = program, .expiry = {}};
    name_by_content(card_command);
    Command fund_command;
    fund_command.kind = CommandKind::transfer;
    fund_command.transfer =
        Transfer{.debit = funding(), .credit = account(i), .amount = fund, .currency = currency};
    name_by_content(fund_command);
    for (const Command& command :
         {create_account(account(i), currency, 0), card_command, fund_command}) {
      if (auto done = each(command); !done) return done;
    }
  }
  return {};
}

Result<SetupCounts> Population::set_up(net::Client& client) const {
  Setup setup(client);
  const auto sent =
      for_each_setup_command([&setup](const Command& command) { return setup.send(command); });
  if (!sent) return std::unexpected(sent.error());
  return setup.finish();
}

}  // namespace holdfast::bench
