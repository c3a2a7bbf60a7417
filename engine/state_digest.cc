// The canonical digest and the invariants: walks over all state.
//
// The digest is a sum, modulo 2^128, of one XXH3-128 for each entry, so it depends on neither slot
// numbers nor any order, and entries are written with the ids of what they point at. Each table
// mixes in its own seed, so that equal bytes in two tables differ.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <map>
#include <vector>

#include "engine/check.h"
#include "engine/tables.h"

namespace holdfast {
namespace {

enum class DigestSeed : std::uint64_t {
  engine = 1, account, card, program, authorization, request, rate, rule_set, category
};

class DigestSum {
 public:
  template <class Entry>
  void add(DigestSeed seed, const Entry& entry) {
    static_assert(is_plain_bytes<Entry>, "padding would make the digest depend on stray bytes");
    const XXH128_hash_t hash =
        XXH3_128bits_withSeed(&entry, sizeof entry, static_cast<std::uint64_t>(seed));
    const bool carry = __builtin_add_overflow(sum_.low, hash.low64, &sum_.low);
    sum_.high += hash.high64 + (carry ? 1 : 0);
  }
  [[nodiscard]] StateDigest sum() const { return sum_; }

 private:
  StateDigest sum_;
};

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
};

// The tables' type is private to the state machine, hence deduced.
template <class Tables>
void add_programs(const Tables& t, DigestSum& digest) {
  for (SlotNumber i = 0; i < t.programs.size(); ++i) {
    const ProgramSlot& program = t.programs[i];
    digest.add(DigestSeed::program,
               ProgramEntry{program.id, program.hold_period_s, program.settlement_account,
                            program.rule_set == nullptr ? 0 : program.rule_set->version});
  }
  for (SlotNumber i = 0; i < t.exchange.size(); ++i) {
    digest.add(DigestSeed::rate, RateEntry{t.exchange[i], i});
  }
  for (const auto& set : t.rule_sets.all()) {
    digest.add(DigestSeed::rule_set, RuleSetEntry{set->program, set->version, set->categories_announced,
                                                  set->was_activated ? 1U : 0U});
    for (const AddCategory& row : set->categories) digest.add(DigestSeed::category, row);
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
  const SlotTable<AuthorizationSlot>& holds = t.holds.slots();
  for (SlotNumber i = 0; i < holds.size(); ++i) {
    if (holds[i].id.is_zero()) continue;
    AuthorizationEntry entry{holds[i], t.cards[holds[i].card].token, {}};
    if (holds[i].rate != kNoSlot) entry.rate = t.exchange[holds[i].rate];
    entry.slot.card = entry.slot.next = entry.slot.previous = entry.slot.rate = kNoSlot;
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
    ++open;
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
