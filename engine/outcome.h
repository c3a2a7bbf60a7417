// The engine's answer to one command, as plain bytes: told to the gateway, kept for retries of the
// same request id, and written to the log beside the command.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/decision.h"
#include "engine/types.h"

namespace holdfast {

/// The answer was given before to the same request id and content; nothing was done again.
inline constexpr std::uint16_t kOutcomeRepeated = 1 << 0;
/// The step came after the hold had expired (a late capture or reversal).
inline constexpr std::uint16_t kOutcomeLate = 1 << 1;
/// The account's available balance is below zero after this step.
inline constexpr std::uint16_t kOutcomeOverdrawn = 1 << 2;
/// An advice that would have been declined (funds, card status, frozen account) and was recorded.
inline constexpr std::uint16_t kOutcomeForced = 1 << 3;
/// The original was no longer in memory: the capture was posted by its card, the refund unlinked.
inline constexpr std::uint16_t kOutcomeOriginalForgotten = 1 << 4;

struct Outcome {
  Decision decision{};
  std::uint16_t flags = 0;          // kOutcome…
  std::uint32_t reserved = 0;
  AuthorizationId authorization;    // the hold concerned; zero when none
  Money amount;  // approved, captured, released, refunded or moved; 0 if declined
  Money ledger_balance;             // after, of the account concerned (a transfer's debit account)
  Money available_balance;          // after, of the same account
  Money counterparty_balance;       // ledger after, of the other side of a posting; else 0
  LogPosition position;             // where this answer stands in the log; zero: not logged
  TimestampNs time;                 // logged time of the answer

  friend bool operator==(const Outcome&, const Outcome&) = default;
};
static_assert(is_plain_bytes<Outcome> && sizeof(Outcome) == 64);

/// The part of an outcome that a log record stores; position and time stand in the record header.
inline constexpr std::size_t kOutcomeLoggedBytes = offsetof(Outcome, position);
static_assert(kOutcomeLoggedBytes == 48);

}  // namespace holdfast
