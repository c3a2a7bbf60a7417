// What holds of all state at all times unless there is a bug: walks over all of it, for tests and
// tools.
#include <map>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/tables.h"

namespace holdfast {
namespace {

/// What open authorizations may still give back to a counter's window or step.
struct Charged {
  Wide amount = 0;
  std::uint64_t count = 0;
};
struct ChargedSteps {
  std::map<std::pair<SlotNumber, std::int64_t>, Charged> steps;
  std::size_t charges = 0;
};

// The tables' type is private to the state machine, hence deduced.
template <class Tables>
void add_charges(const Tables& t, const AuthorizationSlot& hold, ChargedSteps& charged) {
  std::map<SlotNumber, Wide> by_counter;  // of the program's own
  for (SlotNumber i = hold.charges; i != kNoSlot; i = t.charges[i].next) {
    const ChargeSlot& charge = t.charges[i];
    ++charged.charges;
    HOLDFAST_CHECK(charge.amount.minor >= 0, "no more is given back than was charged");
    const CounterSlot& counter = t.counters[charge.counter];
    if (!CounterTable::is_of(counter, charge.era)) continue;
    if (counter.name.origin == 0) by_counter[charge.counter] += charge.amount.minor;
    if (!CounterTable::holds(t.counters[charge.counter], charge.era, charge.step)) continue;
    Charged& step = charged.steps[{charge.counter, charge.step}];
    step.amount += charge.amount.minor;
    step.count += charge.counted;
  }
  // A shadow may have counted a larger estimate.
  for (const auto& [counter, amount] : by_counter) {
    HOLDFAST_CHECK(amount <= hold.approved.minor - hold.reversed.minor,
                   "a counter is charged with no more than what is approved and not reversed");
  }
}

template <class Tables>
void check_counters(const Tables& t, const ChargedSteps& charged) {
  HOLDFAST_CHECK(charged.charges == t.charges.size(), "only open authorizations have charges");
  std::size_t counters = 0;
  for (SlotNumber i = 0; i < t.counters.slots(); ++i) {
    const CounterSlot& counter = t.counters[i];
    if (counter.is_free()) continue;
    ++counters;
    HOLDFAST_CHECK(t.counters.is_sweeping() || !t.is_dead(counter.name),
                   "a sweep frees the counters of a shadow that ended");
    HOLDFAST_CHECK(t.counters.find(key_of(counter.name)) == i, "the index names the slot");
    HOLDFAST_CHECK(counter.used.minor >= 0, "a counter is not negative");
    if (!counter.shape.is_rolling()) continue;
    Wide used = 0;
    std::uint64_t count = 0;
    for (std::uint32_t back = 0; back < counter.shape.steps(); ++back) {
      const auto step = t.counters.usage_of_step(counter, counter.window - back);
      HOLDFAST_CHECK(step.used.minor >= 0, "a step is not negative");
      used += step.used.minor;
      count += step.count;
    }
    HOLDFAST_CHECK(used == counter.used.minor && count == counter.count,
                   "a rolling counter is the sum of its steps");
  }
  HOLDFAST_CHECK(counters == t.counters.size(), "each counter is indexed once");
  for (const auto& [key, of_step] : charged.steps) {
    const auto usage = t.counters.usage_of_step(t.counters[key.first], key.second);
    HOLDFAST_CHECK(of_step.amount <= usage.used.minor && of_step.count <= usage.count,
                   "what may be given back was counted");
  }
}

void check_shadows(ProgramId program, const ProgramRules& rules, const ProgramShadows& shadows) {
  HOLDFAST_CHECK(rules.shadows == (shadows.runs().empty() ? nullptr : &shadows),
                 "a program asks its shadows while any run");
  std::uint32_t last_version = 0;
  for (const auto& run : shadows.runs()) {
    HOLDFAST_CHECK(run->rules->version > last_version, "shadows are in the order of versions");
    last_version = run->rules->version;
    HOLDFAST_CHECK(run->rules != rules.rule_set && run->rules->program == program,
                   "the active rule set is not its own shadow");
    HOLDFAST_CHECK(run->origin >= 1 && run->origin <= shadows.started(),
                   "a run has an origin that was given");
    HOLDFAST_CHECK((run->rules->compiled != nullptr) == !run->rules->controls.empty(),
                   "what judges is compiled");
    std::uint64_t told = 0;
    for (const ShadowTally& tally : run->tallies) told += tally.count;
    HOLDFAST_CHECK(told == run->judged, "each judged payment is told once");
  }
  for (const auto& [window, last] : shadows.window_origins()) {
    HOLDFAST_CHECK(last.origin <= shadows.started(), "a window has an origin that was given");
  }
}

}  // namespace

Money StateMachine::ledgers_sum(CurrencyCode currency) const {
  const Tables& t = *tables_;
  Wide sum = 0;
  for (SlotNumber i = 0; i < t.accounts.size(); ++i) {
    if (t.accounts[i].currency == currency) sum += t.accounts[i].ledger.minor;
  }
  HOLDFAST_CHECK(sum >= INT64_MIN && sum <= INT64_MAX, "a sum of ledgers is zero, or a bug");
  return {static_cast<std::int64_t>(sum)};
}

void StateMachine::check_invariants() const {
  const Tables& t = *tables_;
  HOLDFAST_CHECK(t.accounts.size() == t.account_index.size(), "each account is indexed once");
  HOLDFAST_CHECK(t.cards.size() == t.card_index.size(), "each card is indexed once");
  HOLDFAST_CHECK(t.programs.size() == t.program_index.size(), "each program is indexed once");

  std::vector<Wide> held(t.accounts.size(), 0);
  std::uint64_t open = 0;
  std::size_t remembered_holds = 0;
  ChargedSteps charged;
  const SlotTable<AuthorizationSlot>& holds = t.holds.slots();
  for (SlotNumber i = 0; i < holds.size(); ++i) {
    const AuthorizationSlot& hold = holds[i];
    if (hold.id.is_zero()) continue;
    ++remembered_holds;
    HOLDFAST_CHECK(t.holds.find(hold.id) == i, "the index names the slot");
    HOLDFAST_CHECK(hold.reversed <= hold.approved, "no more is reversed than was approved");
    HOLDFAST_CHECK(hold.refunded <= hold.captured, "no more is refunded than was captured");
    if (hold.state != AuthorizationState::open) continue;
    HOLDFAST_CHECK(hold.left().minor > 0, "an open authorization holds something");
    held[t.cards[hold.card].account] += hold.left().minor;
    add_charges(t, hold, charged);
    ++open;
  }
  check_counters(t, charged);
  for (const auto& [number, shadows] : t.shadows) {
    check_shadows(t.programs[number].id, t.program_rules[number], shadows);
  }
  for (SlotNumber i = 0; i < t.programs.size(); ++i) {
    const RuleSet* active = t.program_rules[i].rule_set;
    HOLDFAST_CHECK(t.programs[i].rule_set_version == (active == nullptr ? 0 : active->version),
                   "a program's slot names the rule set that it judges by");
  }
  HOLDFAST_CHECK(open == t.holds.open(), "open authorizations are counted");
  HOLDFAST_CHECK(remembered_holds == t.holds.size(), "each authorization is indexed once");

  std::map<std::uint16_t, Wide> ledgers;
  for (SlotNumber i = 0; i < t.accounts.size(); ++i) {
    const AccountSlot& account = t.accounts[i];
    HOLDFAST_CHECK(t.account_index.find(account.id) == i, "the index names the slot");
    HOLDFAST_CHECK(held[i] == account.held.minor, "held is the sum of the open authorizations");
    ledgers[account.currency.numeric] += account.ledger.minor;
  }
  for (const auto& [currency, sum] : ledgers) {
    HOLDFAST_CHECK(sum == 0, "the ledgers of a currency sum to zero");
  }
  for (SlotNumber i = 0; i < t.cards.size(); ++i) {
    HOLDFAST_CHECK(t.card_index.find(t.cards[i].token) == i, "the index names the slot");
  }
  const SlotTable<RequestSlot>& requests = t.requests.slots();
  std::size_t remembered = 0;
  for (SlotNumber i = 0; i < requests.size(); ++i) {
    if (requests[i].id.is_zero()) continue;
    HOLDFAST_CHECK(t.requests.slot_of(requests[i].id) == i, "the index names the slot");
    ++remembered;
  }
  HOLDFAST_CHECK(remembered == t.requests.size(), "each remembered request id is indexed once");
}

}  // namespace holdfast
