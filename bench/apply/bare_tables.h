// The floor of an authorization: the same tables as the engine's, and nothing but the memory work.
//
// For each command: the card is looked up, its account's slot updated, a hold's slot filled and
// entered into its index, a request id's slot filled and entered into its index. No check, no
// decision, no list of what to release when. Thread: one owner.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/command.h"
#include "engine/authorization_index.h"
#include "engine/index.h"
#include "engine/slot_table.h"
#include "engine/slots.h"
#include "engine/types.h"

namespace holdfast::bench {

class BareTables {
 public:
  /// Room for what a server with default limits has room for; empty.
  BareTables();

  /// What creating them left in the engine's tables: account, card, an open hold, and `requests`
  /// request ids for each account.
  void add_account(AccountId account, CardToken card, std::span<const RequestId> requests);

  /// As a turn of the core: prefetches for a row of commands (kind authorize, cards that are there),
  /// does each of them, and goes on to the next row. Returns a sum over what was done.
  [[nodiscard]] std::uint64_t authorize(std::span<const Command> commands);

  /// Not part of the floor: gives back what `commands`, the last that were authorized, hold, and
  /// forgets as many of the oldest request ids. Their slots are used again.
  void undo(std::span<const Command> commands);

 private:
  std::uint64_t authorize_row(std::span<const Command> commands);
  void add_hold(SlotNumber card, RequestId request, Money amount);
  void add_request(RequestId request);

  SlotTable<AccountSlot> accounts_;
  SlotTable<CardSlot> cards_;
  Index<CardSlot, &CardSlot::token> card_index_{cards_};
  SlotTable<AuthorizationSlot> holds_;
  AuthorizationIndex hold_index_;
  SlotTable<RequestSlot> requests_;
  Index<RequestSlot, &RequestSlot::id> request_index_{requests_};
  AuthorizationId last_hold_;
  SlotNumber free_hold_ = kNoSlot;  // lists through `next`
  SlotNumber free_request_ = kNoSlot;
  std::vector<KeyHash> card_hashes_;      // of the row
  std::vector<SlotNumber> card_numbers_;
  std::deque<RequestId> known_requests_;  // oldest first; kept by `undo`, not by the floor
};

}  // namespace holdfast::bench
