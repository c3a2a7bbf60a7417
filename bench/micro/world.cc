#include "bench/micro/world.h"

#include "bench/micro/controls.h"
#include "engine/prefetch.h"
#include "engine/check.h"

namespace holdfast::bench {
namespace {

constexpr CurrencyCode kCurrency{978};
constexpr Money kAmount{1'000};
constexpr Money kCreditLimit{1'000'000'000'000};
constexpr AccountId kSettlement{.low = 1, .high = 3};
// As many request ids are kept as filling the world gives out; of ended holds a hundredth.
constexpr std::uint32_t kRetention_s = 1'000;
constexpr std::uint32_t kHoldRetention_s = kRetention_s / 100;

}  // namespace

World::World(const WorldOptions& options,
             const std::function<void(std::uint64_t account)>& on_account)
    : accounts_(options.accounts) {
  fill(options, on_account);
}

void World::apply(std::span<const Command> commands, std::span<Outcome> outcomes) {
  if (ticks_) pass_time(commands.size());
  do_in_rows(
      engine_, 0, commands.size(), [commands](std::size_t i) { return &commands[i]; },
      [&](std::size_t i) {
        outcomes[i] = engine_.apply(commands[i], now_);
        return true;
      });
}

void World::must_apply(std::span<const Command> commands, std::span<Outcome> outcomes) {
  apply(commands, outcomes);
  for (const Outcome& outcome : outcomes.first(commands.size())) {
    HOLDFAST_CHECK(is_approval(outcome.decision), "a benchmark's payments are approved");
  }
}

Outcome World::must_apply(const Command& command) {
  Outcome outcome;
  must_apply(std::span(&command, 1), std::span(&outcome, 1));
  return outcome;
}

Command World::command(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.request_id = {.low = ++last_request_, .high = 0xBE7C};
  return command;
}

Command World::authorize(std::uint64_t account) {
  Command c = command(CommandKind::authorize);
  c.authorize = Authorize{.card = card_token(account),
                          .amount = kAmount,
                          .merchant = {},
                          .terminal = {},
                          .currency = kCurrency,
                          .mcc = Mcc{5411},
                          .country = CountryCode{250}};
  return c;
}

Command World::capture(AuthorizationId authorization) {
  Command c = command(CommandKind::capture);
  c.capture = Capture{.authorization = authorization,
                      .original_request = {},
                      .amount = kAmount,
                      .settlement_account = kSettlement,
                      .final = 1,
                      .card = {}};
  return c;
}

Command World::reverse(AuthorizationId authorization) {
  Command c = command(CommandKind::reverse);
  c.reverse = Reverse{.authorization = authorization, .original_request = {}, .amount = {}};
  return c;
}

Command World::increment(AuthorizationId authorization) {
  Command c = command(CommandKind::increment);
  c.increment =
      Increment{.authorization = authorization, .original_request = {}, .amount = kAmount};
  return c;
}

Command World::refund(AuthorizationId authorization) {
  Command c = command(CommandKind::refund);
  c.refund = Refund{.authorization = authorization,
                    .original_request = {},
                    .card = {},
                    .settlement_account = kSettlement,
                    .amount = kAmount,
                    .merchant = {},
                    .currency = {},
                    .mcc = Mcc{5411}};
  return c;
}

Command World::transfer() {
  Command c = command(CommandKind::transfer);
  c.transfer = Transfer{.debit = kSettlement,
                        .credit = account_id(1 + random_.below(accounts_)),
                        .amount = kAmount,
                        .currency = kCurrency};
  return c;
}

Command World::advise() {
  Command c = command(CommandKind::advise);
  c.advise = Advise{.card = card_token(1 + random_.below(accounts_)),
                    .amount = kAmount,
                    .merchant = {},
                    .terminal = {},
                    .currency = kCurrency,
                    .mcc = Mcc{5411},
                    .country = CountryCode{250},
                    .settlement_account = {}};
  return c;
}

std::uint64_t World::commands_until_hold_is_forgotten() const {
  // An end is rounded up to a whole second.
  return tick_ns_ == 0 ? 0 : (kHoldRetention_s + 1) * kNsPerSecond / tick_ns_;
}

void World::fill(const WorldOptions& options,
                 const std::function<void(std::uint64_t account)>& on_account) {
  if (options.memory != Memory::grows) {
    EngineConfig config = engine_.config();
    config.request_retention_s = kRetention_s;
    config.authorization_retention_s = kHoldRetention_s;  // after its end
    Command configure;
    configure.kind = CommandKind::configure;
    configure.configure = Configure{config};
    must_apply(configure);
    const std::uint64_t commands = (options.has_open_holds ? 3 : 2) * accounts_;
    tick_ns_ = kRetention_s * kNsPerSecond / commands;
  }
  const auto create_account = [&](AccountId id, std::uint16_t flags) {
    Command c = command(CommandKind::create_account);
    c.create_account = CreateAccount{
        .account = id, .credit_limit = kCreditLimit, .currency = kCurrency, .flags = flags};
    must_apply(c);
  };
  create_account(kSettlement, kAccountMayGoNegative);
  for (std::uint64_t i = 1; i <= accounts_; ++i) {
    create_account(account_id(i), 0);
    Command c = command(CommandKind::create_card);
    c.create_card =
        CreateCard{.card = card_token(i), .account = account_id(i), .program = {}, .expiry = {}};
    must_apply(c);
    if (options.has_open_holds) must_apply(authorize(i));
    if (on_account) on_account(i);
  }
  add_controls(options.controls);
  ticks_ = options.memory == Memory::steady;
}

void World::add_controls(std::uint32_t controls) {
  for (Command& row : rule_set_of(controls)) {
    row.request_id = command(row.kind).request_id;
    must_apply(row);
  }
}

}  // namespace holdfast::bench
