// Messages that move and hold money, and the outcome that answers every command. See
// `net/protocol/messages.h`.
#pragma once

#include <cstdint>

#include "net/protocol/messages/basics.h"

namespace holdfast::net::wire {

struct Transfer {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 debit_account_id;
  Id128 credit_account_id;
  std::int64_t amount = 0;
  std::uint16_t currency = 0;
  std::uint16_t reserved = 0;
  std::uint32_t reference = 0;
};

struct Authorize {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::int64_t amount = 0;
  char merchant[16] = {};
  char terminal[8] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::uint8_t channel = 0;
  std::uint8_t transaction_type = 0;
  std::uint32_t flags = 0;  // 0 from a peer of version 1
  std::uint32_t reserved = 0;
  std::int64_t cashback = 0;
};

struct Capture {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
  Id128 settlement_account_id;
  std::uint8_t is_final = 0;
  std::uint8_t reserved[7] = {};
  Id128 card_token;
};

struct Reverse {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
  std::uint8_t is_advice = 0;
  std::uint8_t reserved[7] = {};
};

struct Refund {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  Id128 card_token;
  Id128 settlement_account_id;
  std::int64_t amount = 0;
  char merchant[16] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint32_t reserved = 0;
};

struct Increment {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint64_t authorization_id = 0;
  Id128 original_request_id;
  std::int64_t amount = 0;
};

struct Advise {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  Id128 card_token;
  std::int64_t amount = 0;
  char merchant[16] = {};
  char terminal[8] = {};
  std::uint16_t currency = 0;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::uint8_t channel = 0;
  std::uint8_t transaction_type = 0;
  Id128 settlement_account_id;
  std::uint8_t is_posted = 0;
  std::uint8_t reserved[7] = {};
};

struct OutcomeReply {
  std::uint64_t correlation_id = 0;
  std::uint16_t decision = 0;
  std::uint16_t flags = 0;
  std::uint16_t command_template_id = 0;
  char de39[2] = {};
  std::uint64_t authorization_id = 0;
  std::int64_t amount = 0;
  std::int64_t ledger_balance = 0;
  std::int64_t available_balance = 0;
  std::int64_t counterparty_balance = 0;
  std::uint64_t position = 0;
  std::uint64_t time_ns = 0;
};

}  // namespace holdfast::net::wire
