// Messages that make and change accounts, cards, programs and rates. See
// `net/protocol/messages.h`. Each is answered by an OutcomeReply, see `payments.h`.
#pragma once

#include <cstdint>

#include "net/protocol/messages/basics.h"

namespace holdfast::net::wire {

struct CreateAccount {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 account_id;
  std::int64_t credit_limit = 0;
  std::uint16_t currency = 0;
  std::uint16_t flags = 0;
  std::uint32_t reserved = 0;
};

struct UpdateAccount {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 account_id;
  std::int64_t credit_limit = 0;
  std::uint8_t status = 0;
  std::uint8_t change = 0;
  std::uint8_t reserved[6] = {};
};

struct CreateCard {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  Id128 account_id;
  std::uint32_t program_id = 0;
  std::uint16_t expiry_month = 0;
  std::uint16_t reserved = 0;
};

struct UpdateCard {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::uint32_t program_id = 0;
  std::uint16_t expiry_month = 0;
  std::uint8_t status = 0;
  std::uint8_t change = 0;
};

struct PutProgram {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t hold_period_s = 0;
  Id128 settlement_account_id;
};

struct SetRate {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::int64_t rate = 0;
  std::uint16_t from_currency = 0;
  std::uint16_t to_currency = 0;
  std::uint16_t markup_bp = 0;
  std::uint8_t scale = 0;
  std::uint8_t reserved1 = 0;
  std::uint32_t life_s = 0;
  std::uint32_t reserved2 = 0;
};

}  // namespace holdfast::net::wire
