// The canonical digest: a walk over all state. Entries are written with the ids of what they point
// at.
#include "engine/digest_sum.h"
#include "engine/tables.h"

namespace holdfast {
namespace {

// What stands for an entry in the digest: the slot without its neighbours and slot numbers.
struct EngineEntry {
  EngineConfig config;
  LogPosition position;
  TimestampNs time;
  AuthorizationId last_authorization;
};
struct CardEntry {
  CardSlot slot;
  AccountId account;
  std::uint64_t program = 0;
};
struct ProgramEntry {
  ProgramId id;
  std::uint32_t hold_period_s = 0;
  AccountId settlement_account;
  std::uint64_t rule_set_version = 0;
};
struct AuthorizationEntry {
  AuthorizationSlot slot;
  CardToken card;
  RateSlot rate;
};
struct RateEntry {
  RateSlot slot;
  std::uint64_t number = 0;  // the order of setting is state: the latest counts
};
struct RuleSetEntry {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint32_t categories_announced = 0;
  std::uint32_t was_activated = 0;
  std::uint32_t controls_announced = 0;
  std::uint32_t list_items_announced = 0;
  std::uint32_t zone_offsets_announced = 0;
};
template <class Row>
struct RowEntry {
  Row row;
  std::uint64_t number = 0;  // answers about limits keep the order of rows
};
/// What is in one step of a counter (or all of it, when it does not roll).
struct CounterEntry {
  std::uint32_t program = 0;
  std::uint16_t control = 0;
  ControlScope scope{};
  std::uint8_t reserved = 0;
  std::uint64_t entity[2] = {};  // id of the card or account
  WindowShape shape;
  std::uint32_t origin = 0;
  std::int64_t step = 0;
  Money amount;
  std::uint64_t count = 0;
};
struct ChargeEntry {
  AuthorizationId authorization;
  std::uint64_t place = 0;       // in its authorization's list
  CounterEntry charge;
  std::uint64_t may_return = 0;  // 1: the counter still holds it
};

struct ShadowEntry {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint64_t origin = 0;
  TimestampNs started_at;
  std::uint64_t judged = 0;
  LogPosition first_divergence;
};
struct TallyEntry {
  ProgramId program;
  std::uint32_t version = 0;
  Decision active{};
  Decision shadow{};
  std::uint32_t reserved = 0;
  std::uint64_t count = 0;
  Money amount;
};
struct ShadowRunsEntry {
  ProgramId program;
  std::uint32_t started = 0;
};
struct WindowOriginEntry {
  ProgramId program;
  std::uint16_t control = 0;
  ControlScope scope{};
  std::uint8_t reserved = 0;
  WindowShape shape;
  std::uint32_t origin = 0;
};

void add_shadows(ProgramId program, const ProgramShadows& shadows, DigestSum& digest) {
  if (shadows.started() > 0) {
    digest.add(DigestSeed::shadow_runs, ShadowRunsEntry{program, shadows.started()});
  }
  for (const auto& run : shadows.runs()) {
    const std::uint32_t version = run->rules->version;
    digest.add(DigestSeed::shadow, ShadowEntry{program, version, run->origin, run->started_at,
                                               run->judged, run->first_divergence});
    for (const ShadowTally& tally : run->tallies) {
      digest.add(DigestSeed::tally, TallyEntry{program, version, tally.active, tally.shadow, 0,
                                               tally.count, tally.amount});
    }
  }
  for (const auto& [window, last] : shadows.window_origins()) {
    const auto& [control, scope] = window;
    digest.add(DigestSeed::window_origin,
               WindowOriginEntry{program, control, scope, 0, last.shape, last.origin});
  }
}

// The tables' type is private to the state machine, hence deduced.
template <class Tables>
void add_programs(const Tables& t, DigestSum& digest) {
  for (SlotNumber i = 0; i < t.programs.size(); ++i) {
    const ProgramSlot& program = t.programs[i];
    digest.add(DigestSeed::program,
               ProgramEntry{program.id, program.hold_period_s, program.settlement_account,
                            program.rule_set_version});
  }
  for (const auto& [number, shadows] : t.shadows) {
    add_shadows(t.programs[number].id, shadows, digest);
  }
  for (SlotNumber i = 0; i < t.exchange.size(); ++i) {
    digest.add(DigestSeed::rate, RateEntry{t.exchange[i], i});
  }
  for (const auto& [version, set] : t.rule_sets.all()) {
    digest.add(DigestSeed::rule_set,
               RuleSetEntry{set->program, set->version, set->categories_announced,
                            set->was_activated ? 1U : 0U, set->controls_announced,
                            set->list_items_announced, set->zone_offsets_announced});
    for (const AddCategory& row : set->categories) digest.add(DigestSeed::category, row);
    for (const AddListItem& row : set->list_items) digest.add(DigestSeed::list_item, row);
    for (const AddZoneOffset& row : set->zone_offsets) digest.add(DigestSeed::zone_offset, row);
    for (std::size_t i = 0; i < set->controls.size(); ++i) {
      digest.add(DigestSeed::control, RowEntry<AddControl>{set->controls[i], i});
    }
  }
}

// Without step, amount and count.
template <class Tables>
CounterEntry entry_of(const Tables& t, const CounterSlot& counter) {
  CounterEntry entry;
  entry.program = t.programs[counter.name.program].id.value;
  entry.control = counter.name.control;
  entry.scope = counter.name.scope;
  entry.origin = counter.name.origin;
  entry.shape = counter.shape;
  const auto name_by = [&entry](const auto& id) {
    entry.entity[0] = id.low;
    entry.entity[1] = id.high;
  };
  if (entry.scope == ControlScope::card) name_by(t.cards[counter.name.entity].token);
  if (entry.scope == ControlScope::account) name_by(t.accounts[counter.name.entity].id);
  return entry;
}

// A counter that nothing is in, or that nobody will ask for, equals one that is not there.
template <class Tables>
void add_counters(const Tables& t, DigestSum& digest) {
  for (SlotNumber i = 0; i < t.counters.slots(); ++i) {
    const CounterSlot& counter = t.counters[i];
    if (counter.is_free() || t.is_dead(counter.name)) continue;
    CounterEntry entry = entry_of(t, counter);
    const auto add_step = [&](std::int64_t step, Money amount, std::uint64_t count) {
      if (amount.minor == 0 && count == 0) return;
      entry.step = step;
      entry.amount = amount;
      entry.count = count;
      digest.add(DigestSeed::counter, entry);
    };
    if (!counter.shape.is_rolling()) {
      add_step(counter.window, counter.used, counter.count);
      continue;
    }
    for (std::uint32_t back = 0; back < counter.shape.steps(); ++back) {
      const std::int64_t step = counter.window - back;
      const CounterTable::Usage usage = t.counters.usage_of_step(counter, step);
      add_step(step, usage.used, usage.count);
    }
  }
}

template <class Tables>
void add_charges(const Tables& t, const AuthorizationSlot& hold, DigestSum& digest) {
  std::uint64_t place = 0;
  for (SlotNumber i = hold.charges; i != kNoSlot; i = t.charges[i].next) {
    const ChargeSlot& charge = t.charges[i];
    const CounterSlot& counter = t.counters[charge.counter];
    if (!CounterTable::is_of(counter, charge.era) || t.is_dead(counter.name)) continue;
    const bool may_return = CounterTable::holds(counter, charge.era, charge.step);
    ChargeEntry entry{hold.id, place++, entry_of(t, counter), may_return ? 1U : 0U};
    entry.charge.step = charge.step;
    entry.charge.amount = charge.amount;
    entry.charge.count = charge.counted;
    digest.add(DigestSeed::charge, entry);
  }
}

}  // namespace

StateDigest StateMachine::digest() const {
  const Tables& t = *tables_;
  DigestSum digest;
  digest.add(DigestSeed::engine, EngineEntry{t.config, t.position, t.time, t.holds.last_id()});
  for (SlotNumber i = 0; i < t.accounts.size(); ++i) {
    digest.add(DigestSeed::account, t.accounts[i]);
  }
  for (SlotNumber i = 0; i < t.cards.size(); ++i) {
    CardEntry entry{t.cards[i], t.accounts[t.cards[i].account].id,
                    t.programs[t.cards[i].program].id.value};
    entry.slot.account = entry.slot.program = kNoSlot;
    digest.add(DigestSeed::card, entry);
  }
  add_programs(t, digest);
  add_counters(t, digest);
  const SlotTable<AuthorizationSlot>& holds = t.holds.slots();
  for (SlotNumber i = 0; i < holds.size(); ++i) {
    if (holds[i].id.is_zero()) continue;
    AuthorizationEntry entry{holds[i], t.cards[holds[i].card].token, {}};
    if (holds[i].rate != kNoSlot) entry.rate = t.exchange[holds[i].rate];
    entry.slot.card = entry.slot.next = entry.slot.previous = entry.slot.rate = kNoSlot;
    if (holds[i].state == AuthorizationState::open) {
      entry.slot.charges = kNoSlot;
      add_charges(t, holds[i], digest);
    }
    digest.add(DigestSeed::authorization, entry);
  }
  const SlotTable<RequestSlot>& requests = t.requests.slots();
  for (SlotNumber i = 0; i < requests.size(); ++i) {
    if (requests[i].id.is_zero()) continue;
    RequestSlot entry = requests[i];
    entry.next = kNoSlot;
    digest.add(DigestSeed::request, entry);
  }
  return digest.sum();
}

}  // namespace holdfast
