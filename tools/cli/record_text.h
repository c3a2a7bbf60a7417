// Log records as lines: one a record, for people (so that grep and less work on them) and as JSON.
//
// A record names a currency only where its command does. `RecordLines` therefore sees every record
// in order, also those that are not shown, and remembers the currency of accounts and
// authorizations: 2 bytes an authorization. What came before the log begins, a state tells.
// Thread: one at a time.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/state_machine.h"
#include "engine/types.h"

namespace holdfast::tools {

class RecordLines {
 public:
  /// Takes note of the record; to be called for each, in the order of the log.
  void observe(const Command& command, const Outcome& outcome);

  /// A state to ask for what no record told; it outlives this, and may move on with the log.
  void know(const StateMachine& state) { state_ = &state; }

  /// "12  2026-11-22T12:00:00.000000005Z  authorize  approved  card=4001 … -> authorization=1 …".
  [[nodiscard]] std::string human(const Command& command, const Outcome& outcome) const;
  /// One JSON object; ends with a newline.
  [[nodiscard]] std::string json(const Command& command, const Outcome& outcome) const;

  /// What the amounts of a record are in. Code 0: not known (the log's beginning is not there).
  struct Currencies {
    CurrencyCode body;     // of the amount asked
    CurrencyCode account;  // of the outcome, and of what is asked in it
  };
  [[nodiscard]] Currencies currencies_of(const Command& command, const Outcome& outcome) const;

 private:
  [[nodiscard]] CurrencyCode account_currency(AccountId account) const;
  [[nodiscard]] CurrencyCode account_of_card(CardToken card) const;
  [[nodiscard]] Currencies hold_currencies(AuthorizationId id) const;

  const StateMachine* state_ = nullptr;

  absl::flat_hash_map<AccountId, CurrencyCode> accounts_;
  absl::flat_hash_map<CardToken, CurrencyCode> cards_;
  // Indexed by authorization id: the engine gives them out one after the other, from 1.
  std::vector<Currencies> authorizations_;
};

}  // namespace holdfast::tools
