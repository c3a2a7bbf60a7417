// All state of the engine, and the small questions that every command asks of it.
//
// Private to the state machine: nothing outside `engine/` sees a slot. Thread: the owner's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/charges.h"
#include "engine/controls.h"
#include "engine/counter_table.h"
#include "engine/exchange.h"
#include "engine/hold_table.h"
#include "engine/index.h"
#include "engine/request_memory.h"
#include "engine/rule_set.h"
#include "engine/shadows.h"
#include "engine/slots.h"
#include "engine/snapshot_capture.h"
#include "engine/state_machine.h"

namespace holdfast {

struct StateMachine::Tables {
  EngineConfig config = default_engine_config();
  LogPosition position;  // of the last logged command
  TimestampNs time;      // of the last logged command

  SlotTable<AccountSlot> accounts;
  Index<AccountSlot, &AccountSlot::id> account_index{accounts};
  SlotTable<CardSlot> cards;
  Index<CardSlot, &CardSlot::token> card_index{cards};
  SlotTable<ProgramSlot> programs;
  Index<ProgramSlot, &ProgramSlot::id> program_index{programs};
  std::vector<ProgramRules> program_rules;  // by slot number of the program
  HoldTable holds;
  std::vector<SlotNumber> due;  // scratch of expiries_due
  Exchange exchange;
  RuleSets rule_sets;
  std::map<SlotNumber, ProgramShadows> shadows;  // of programs that ever had a rule set
  CounterTable counters;
  Charges charges;
  RequestMemory requests;
  std::unique_ptr<SnapshotCapture> capture;  // null: no snapshot is under way

  /// As an engine begins: with the program that exists from the beginning.
  Tables();
  /// Without anything: for a snapshot's state.
  struct Empty {};
  explicit Tables(Empty) {}

  /// Sizes what grows with the limits, so that growing later moves nothing.
  void reserve_directories();

  /// Whether the authorization that this entry created is open: then its request id must stay.
  [[nodiscard]] bool is_still_needed(const RequestSlot& slot) const;
  /// The same, as the request memory asks it.
  [[nodiscard]] auto still_needed() const {
    return [this](const RequestSlot& slot) { return is_still_needed(slot); };
  }

  /// Only together with a logged command, after which so many request ids (0 or 1) are remembered.
  void forget_due(std::size_t request_ids, TimestampNs now);

  /// Whether nobody will ask for the counter again, because its shadow ended.
  [[nodiscard]] bool is_dead(const CounterName& name) const;
  void free_dead_counters();

  /// The slot of the authorization that a command names, by id or by the request that asked for
  /// it; kNoSlot when there is none.
  [[nodiscard]] SlotNumber find_original(AuthorizationId id, RequestId original_request) const;
};

__extension__ using Wide = __int128;

/// `visit(name, table)` for each table of slots, in the order in which a snapshot copies them: first
/// those that payments change all over, so that fewer pages must be copied before their turn.
template <class Tables, class Visit>
void for_each_table(Tables& t, Visit visit) {
  visit(SnapshotTable::accounts, t.accounts);
  visit(SnapshotTable::counters, t.counters.table());
  visit(SnapshotTable::rings, t.counters.rings());
  visit(SnapshotTable::charges, t.charges.table());
  visit(SnapshotTable::authorizations, t.holds.table());
  visit(SnapshotTable::requests, t.requests.table());
  visit(SnapshotTable::programs, t.programs);
  visit(SnapshotTable::rates, t.exchange.table());
  visit(SnapshotTable::cards, t.cards);
}

/// ledger + credit limit - held; wide, because each part may use all of 64 bits.
[[nodiscard]] inline Wide available_of(const AccountSlot& account) {
  return Wide{account.ledger.minor} + account.credit_limit.minor - account.held.minor;
}

/// As it is told: saturated to 64 bits.
[[nodiscard]] inline Money available_told(const AccountSlot& account) {
  const Wide available = available_of(account);
  const auto told = static_cast<std::int64_t>(available);
  if (told == available) [[likely]] return {told};
  return {available < 0 ? INT64_MIN : INT64_MAX};
}

/// Whether the account can pay `amount` now.
[[nodiscard]] inline bool covers(const AccountSlot& account, Money amount) {
  return account.may_go_negative() || available_of(account) >= amount.minor;
}

inline void tell_balances(Outcome& outcome, const AccountSlot& account) {
  outcome.ledger_balance = account.ledger;
  outcome.available_balance = available_told(account);
}

inline void flag_if_overdrawn(Outcome& outcome, const AccountSlot& account) {
  if (!account.may_go_negative() && available_of(account) < 0) outcome.flags |= kOutcomeOverdrawn;
}

}  // namespace holdfast
