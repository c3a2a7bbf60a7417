// What the engine can answer, in precedence order, with the ISO 8583:1987 DE39 code of each.
//
// The table below is the single source: the wire numbers, names, DE39 codes and the order in which
// conditions are judged all come from it. The numbers are stable for ever (they stand in logs and
// on the wire); they rise in precedence order with gaps, so that a new decision can take its place
// in the order. When several conditions fail at once, the earlier line is the answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

// X(name, number, DE39, what it means to a person)
#define HOLDFAST_DECISIONS(X)                                                                      \
  X(approved, 0, "00", "approved")                                                                 \
  X(approved_partially, 1, "10", "approved for a part of the amount")                              \
  X(verified, 2, "85", "card and account verified; no amount was asked")                           \
  X(approved_purchase_only, 3, "87", "purchase approved, cashback not")                            \
  X(cannot_decide_now, 100, "91", "the engine cannot decide now (log unavailable); nothing done")  \
  X(malformed, 110, "30", "a field holds a value that the protocol does not allow")                \
  X(invalid_amount, 120, "13", "the amount is zero, negative or too large for this command")       \
  X(request_id_reused, 130, "94", "this request id was used before with other content")            \
  X(reversed_before, 135, "84", "a reversal of this request came before it")                       \
  X(already_exists, 140, "12", "a thing with this id exists already")                              \
  X(no_original, 150, "25", "no authorization with this id or original request id is known")       \
  X(unknown_card, 160, "14", "no such card")                                                       \
  X(card_lost, 170, "41", "the card is reported lost")                                             \
  X(card_stolen, 180, "43", "the card is reported stolen")                                         \
  X(card_blocked, 190, "62", "the card is blocked")                                                \
  X(card_closed, 200, "62", "the card is closed")                                                  \
  X(card_expired, 210, "54", "the card is past its expiry month")                                  \
  X(unknown_account, 220, "78", "no such account")                                                 \
  X(account_frozen, 230, "78", "the account is frozen")                                            \
  X(account_closed, 240, "78", "the account is closed")                                            \
  X(unknown_program, 250, "12", "no such program")                                                 \
  X(currency_mismatch, 260, "12", "the currency is not the account's and there is no rate")        \
  X(rate_too_old, 265, "12", "the exchange rate is older than its stated life")                    \
  X(merchant_denied, 270, "03", "the merchant is denied by a control")                             \
  X(denied_by_control, 280, "57", "denied by a control")                                           \
  X(over_amount_limit, 290, "61", "over a per-transaction or window amount")                       \
  X(over_count_limit, 300, "65", "over a window count")                                            \
  X(not_allowed_in_state, 310, "84", "the life cycle does not allow this step now")                \
  X(above_authorized, 320, "13", "above what is left to capture, reverse or refund")               \
  X(insufficient_funds, 330, "51", "the available balance does not cover the amount")              \
  X(balance_overflow, 340, "13", "a balance would leave the range of 64 bits")                     \
  X(at_capacity, 350, "96", "a table of the engine is full")

enum class Decision : std::uint16_t {
#define HOLDFAST_DECISION_ENUM(name, number, de39, text) name = number,
  HOLDFAST_DECISIONS(HOLDFAST_DECISION_ENUM)
#undef HOLDFAST_DECISION_ENUM
};

/// True for 00, 10, 85 and 87: money may have moved or been held.
[[nodiscard]] constexpr bool is_approval(Decision decision) {
  return static_cast<std::uint16_t>(decision) < 100;
}

struct DecisionInfo {
  Decision decision;
  std::string_view name;
  std::string_view de39;
  std::string_view text;
};

inline constexpr DecisionInfo kDecisions[] = {
#define HOLDFAST_DECISION_INFO(name, number, de39, text) {Decision::name, #name, de39, text},
    HOLDFAST_DECISIONS(HOLDFAST_DECISION_INFO)
#undef HOLDFAST_DECISION_INFO
};

/// The table's line, or nothing for a number that is not in it (bytes from outside).
[[nodiscard]] constexpr std::optional<DecisionInfo> decision_info(Decision decision) {
  for (const DecisionInfo& info : kDecisions) {
    if (info.decision == decision) return info;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr std::string_view decision_name(Decision decision) {
  const auto info = decision_info(decision);
  return info ? info->name : "unknown_decision";
}

/// Two characters, ISO 8583:1987 DE39.
[[nodiscard]] constexpr std::string_view decision_de39(Decision decision) {
  const auto info = decision_info(decision);
  return info ? info->de39 : "96";
}

}  // namespace holdfast
