// Whose a log record is: the cards, accounts and authorizations that it concerns, also those that
// only an earlier record names (a capture tells an authorization; the card stands in its
// authorize).
//
// Sees every record in order, like RecordLines, and asks a state for what came before. Memory: an
// entry for each card, 4 bytes for each authorization. Thread: one at a time.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/state_machine.h"
#include "engine/types.h"

namespace holdfast::tools {

class RecordLinks {
 public:
  struct Linked {
    AuthorizationId authorization;
    CardToken card;
    AccountId account;       // the card's, or the one that the command is about; a transfer's payer
    AccountId counterparty;  // a transfer's payee, the settlement account that a command names

    [[nodiscard]] bool concerns(AccountId id) const { return account == id || counterparty == id; }
  };

  /// A state to ask for what no record told; it outlives this.
  void know(const StateMachine& state) { state_ = &state; }

  /// To be called for each record, in the order of the log.
  void observe(const Command& command, const Outcome& outcome);
  /// The record was observed. Zero: it concerns none, or the log's beginning,
  /// which told, is not there.
  [[nodiscard]] Linked linked(const Command& command, const Outcome& outcome) const;

 private:
  struct Owner {
    CardToken card;
    AccountId account;
  };
  [[nodiscard]] Linked of_card(CardToken card) const;
  [[nodiscard]] AccountId account_of(CardToken card) const;

  const StateMachine* state_ = nullptr;
  std::vector<Owner> owners_;  // by number of the card
  absl::flat_hash_map<CardToken, std::uint32_t> cards_;
  std::vector<std::uint32_t>
      authorizations_;  // card's number plus one by authorization id; 0: unknown
};

}  // namespace holdfast::tools
