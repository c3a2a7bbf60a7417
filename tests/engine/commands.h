// Short ways to make commands in tests.
#pragma once

#include <cstdint>

#include "engine/command.h"
#include "engine/state_machine.h"

namespace holdfast::test {

inline constexpr CurrencyCode kPounds{826};
inline constexpr TimestampNs kStart{1'700'000'000 * kNsPerSecond};  // 2023-11-14T22:13:20Z

inline Command make(CommandKind kind, std::uint64_t request) {
  Command command;
  command.kind = kind;
  command.request_id = RequestId{request, 0};
  return command;
}

inline Command create_account(std::uint64_t request, std::uint64_t account,
                              std::int64_t credit_limit, std::uint16_t flags = 0,
                              CurrencyCode currency = kPounds) {
  Command command = make(CommandKind::create_account, request);
  command.create_account = {.account = {account, 0},
                            .credit_limit = {credit_limit},
                            .currency = currency,
                            .flags = flags};
  return command;
}

inline Command create_card(std::uint64_t request, std::uint64_t card, std::uint64_t account,
                           std::uint32_t program = 0, ExpiryMonth expiry = {}) {
  Command command = make(CommandKind::create_card, request);
  command.create_card = {
      .card = {card, 0}, .account = {account, 0}, .program = {program}, .expiry = expiry};
  return command;
}

inline Command put_program(std::uint64_t request, std::uint32_t program,
                           std::uint32_t hold_period_s, std::uint64_t settlement = 0) {
  Command command = make(CommandKind::put_program, request);
  command.put_program = {
      .program = {program}, .hold_period_s = hold_period_s, .settlement_account = {settlement, 0}};
  return command;
}

inline Command transfer(std::uint64_t request, std::uint64_t debit, std::uint64_t credit,
                        std::int64_t amount, CurrencyCode currency = kPounds) {
  Command command = make(CommandKind::transfer, request);
  command.transfer = {
      .debit = {debit, 0}, .credit = {credit, 0}, .amount = {amount}, .currency = currency};
  return command;
}

inline Command authorize(std::uint64_t request, std::uint64_t card, std::int64_t amount,
                         CurrencyCode currency = kPounds) {
  Command command = make(CommandKind::authorize, request);
  command.authorize = Authorize{};
  command.authorize.card = {card, 0};
  command.authorize.amount = {amount};
  command.authorize.currency = currency;
  return command;
}

inline Command capture(std::uint64_t request, std::uint64_t authorization, std::int64_t amount,
                       bool final = false, std::uint64_t settlement = 0) {
  Command command = make(CommandKind::capture, request);
  command.capture = Capture{};
  command.capture.authorization = {authorization};
  command.capture.amount = {amount};
  command.capture.settlement_account = {settlement, 0};
  command.capture.final = final ? 1 : 0;
  return command;
}

inline Command reverse(std::uint64_t request, std::uint64_t authorization,
                       std::int64_t amount = 0) {
  Command command = make(CommandKind::reverse, request);
  command.reverse = {.authorization = {authorization}, .original_request = {}, .amount = {amount}};
  return command;
}

inline Command configure(const EngineConfig& config) {
  Command command;
  command.kind = CommandKind::configure;
  command.configure = {config};
  return command;
}

/// Ids of the little world that `small_world` makes.
inline constexpr std::uint64_t kFunding = 1;     // may go negative
inline constexpr std::uint64_t kSettlement = 2;  // may go negative
inline constexpr std::uint64_t kCustomer = 3;
inline constexpr std::uint64_t kCard = 1003;

/// Funding, settlement and one customer with a card; the customer has `funds`. Uses request ids
/// from 1'000'000'001 on.
inline void small_world(StateMachine& engine, std::int64_t funds) {
  std::uint64_t request = 1'000'000'000;
  const auto must = [&](const Command& command) {
    const Outcome outcome = engine.apply(command, kStart);
    if (outcome.decision != Decision::approved) __builtin_trap();
  };
  must(create_account(++request, kFunding, 0, kAccountMayGoNegative));
  must(create_account(++request, kSettlement, 0, kAccountMayGoNegative));
  must(create_account(++request, kCustomer, 0));
  must(put_program(++request, 0, 7 * 86'400, kSettlement));
  must(create_card(++request, kCard, kCustomer));
  if (funds > 0) must(transfer(++request, kFunding, kCustomer, funds));
}

}  // namespace holdfast::test
