#include "engine/snapshot_loader.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/restore_rules.h"
#include "engine/snapshot_indexer.h"
#include "engine/snapshot_state.h"
#include "engine/tables.h"
#include "engine/validation.h"

namespace holdfast {
namespace {

std::unexpected<std::string> refuse_table(SnapshotTable table, std::string_view what) {
  const std::string_view name = name_of(table);
  return std::unexpected("table " + std::string(name.empty() ? "unknown table" : name) + ": " +
                         std::string(what));
}

bool is_zero(const std::byte* bytes, std::size_t count) {
  return std::all_of(bytes, bytes + count, [](std::byte byte) { return byte == std::byte{0}; });
}

/// Pages of one table that came.
struct Arrivals {
  SnapshotTableSize size;
  SlotSet pages{0};
  std::uint64_t front = 0;  // so many are there without a gap
};

constexpr std::size_t kTables = static_cast<std::size_t>(SnapshotTable::rates) + 1;

}  // namespace

struct SnapshotLoader::Impl {
  using Tables = StateMachine::Tables;

  SnapshotPlan plan;
  std::unique_ptr<Tables> tables = std::make_unique<Tables>(Tables::Empty{});
  std::vector<std::byte> state;
  std::array<Arrivals, kTables> arrivals;
  SnapshotIndexer indexer;  // uses the tables, so it goes first

  [[nodiscard]] Restored begin(const SnapshotPlan& given);
  [[nodiscard]] std::byte* place_of(SnapshotPageName name);
  [[nodiscard]] Restored add_page(SnapshotPageName name, std::span<const std::byte> bytes);
  void begin_indexes();
  [[nodiscard]] Restored enter_accounts(SlotNumber first, SlotNumber end);
  [[nodiscard]] Restored enter_cards(SlotNumber first, SlotNumber end);
  [[nodiscard]] Restored judge_pages() const;
  [[nodiscard]] Restored build();
  [[nodiscard]] Restored build_payments(const StateHeader& header);
  [[nodiscard]] Restored build_charges(const StateHeader& header);
};

Restored SnapshotLoader::Impl::begin(const SnapshotPlan& given) {
  plan = given;
  std::array<bool, kTables> is_planned{};
  for (const SnapshotTableSize& size : plan.tables) {
    const auto number = static_cast<std::size_t>(size.table);
    if (number >= kTables || is_planned[number]) {
      return std::unexpected("table " + std::to_string(number) + " of the plan is " +
                             (number >= kTables ? "not known" : "there twice"));
    }
    is_planned[number] = true;
    if (size.slots > limits::table_slots_max || size.pages > limits::table_slots_max) {
      return refuse_table(size.table, "has more slots or pages than there can be");
    }
    arrivals[number] = {size, SlotSet(size.pages)};
  }
  Restored result;
  const auto judge = [&](SnapshotTable table, std::size_t slot_bytes) {
    const SnapshotTableSize& size = arrivals[static_cast<std::size_t>(table)].size;
    if (!result) return;
    if (!is_planned[static_cast<std::size_t>(table)]) {
      result = refuse_table(table, "is not in the plan");
    } else if (size.slot_bytes != slot_bytes) {
      result = refuse_table(table, "has slots of " + std::to_string(size.slot_bytes) +
                                       " bytes; this engine's have " + std::to_string(slot_bytes));
    } else if (size.pages !=
               (size.slots * slot_bytes + kSnapshotPageBytes - 1) / kSnapshotPageBytes) {
      result = refuse_table(table, "has not the pages that its slots need");
    }
  };
  judge(SnapshotTable::state, 1);
  for_each_table(*tables, [&](SnapshotTable name, const auto& table) {
    judge(name, sizeof table[0]);
  });
  if (!result) return result;
  for_each_table(*tables, [&](SnapshotTable name, auto& table) {
    table.restore(arrivals[static_cast<std::size_t>(name)].size.slots);
  });
  begin_indexes();
  return {};
}

void SnapshotLoader::Impl::begin_indexes() {
  const auto add = [this](SnapshotTable table, SnapshotIndexer::Enter enter) {
    indexer.add(arrivals[static_cast<std::size_t>(table)].size, std::move(enter));
  };
  // In the order of for_each_table, which is that of the pages.
  add(SnapshotTable::accounts, [this](SlotNumber first, SlotNumber end) { return enter_accounts(first, end); });
  add(SnapshotTable::authorizations,
      [this](SlotNumber first, SlotNumber end) { return tables->holds.restore_index(first, end); });
  add(SnapshotTable::requests,
      [this](SlotNumber first, SlotNumber end) { return tables->requests.restore_index(first, end); });
  add(SnapshotTable::cards, [this](SlotNumber first, SlotNumber end) { return enter_cards(first, end); });
  // A thread for a small state would take longer than its indexes.
  constexpr std::uint64_t kPagesForThread = 2048;
  std::uint64_t pages = 0;
  for (const SnapshotTableSize& size : plan.tables) pages += size.pages;
  if (pages >= kPagesForThread) indexer.start();
}

Restored SnapshotLoader::Impl::add_page(SnapshotPageName name, std::span<const std::byte> bytes) {
  const auto table = static_cast<std::size_t>(name.table);
  if (table >= kTables) return std::unexpected("table " + std::to_string(table) + ": not known");
  Arrivals& arrived = arrivals[table];
  if (!arrived.pages.insert(name.page)) {
    return refuse_table(name.table, "page " + std::to_string(name.page) +
                                        " is not in the plan, or came before");
  }
  std::memcpy(place_of(name), bytes.data(), bytes.size());
  if (name.page != arrived.front) return {};
  while (arrived.front < arrived.size.pages &&
         arrived.pages.contains(static_cast<SlotNumber>(arrived.front))) {
    ++arrived.front;
  }
  indexer.note_front(name.table, arrived.front);
  return {};
}

std::byte* SnapshotLoader::Impl::place_of(SnapshotPageName name) {
  if (name.table == SnapshotTable::state) {
    if (state.empty()) state.resize(arrivals[0].size.pages * kSnapshotPageBytes);
    return state.data() + name.page * kSnapshotPageBytes;
  }
  std::byte* place = nullptr;
  for_each_table(*tables, [&](SnapshotTable table, auto& slots) {
    if (table == name.table) place = slots.page(name.page);
  });
  return place;
}

Restored SnapshotLoader::Impl::judge_pages() const {
  for (const Arrivals& table : arrivals) {
    if (table.pages.size() == table.size.pages) continue;
    return refuse_table(table.size.table, std::to_string(table.size.pages - table.pages.size()) +
                                              " of " + std::to_string(table.size.pages) +
                                              " pages are missing");
  }
  // New slots will be taken for empty.
  Restored result;
  for_each_table(*tables, [&](SnapshotTable name, auto& table) {
    const std::size_t used = table.size() * sizeof(std::as_const(table)[0]) % kSnapshotPageBytes;
    if (used == 0) return;
    const std::byte* last = table.page(table.pages_of(table.size()) - 1);
    if (!is_zero(last + used, kSnapshotPageBytes - used)) {
      result = refuse_table(name, "there is something behind its last slot");
    }
  });
  return result;
}

Restored SnapshotLoader::Impl::enter_accounts(SlotNumber first, SlotNumber end) {
  const SlotTable<AccountSlot>& accounts = tables->accounts;
  for (SlotNumber i = first; i < end; ++i) {
    if (accounts[i].id.is_zero() || accounts[i].status > AccountStatus::closed) {
      return refuse("accounts", i, "is no account");
    }
  }
  if (first == 0) tables->account_index.reserve(accounts.size());
  const SlotNumber twice =
      tables->account_index.insert_range(first, end, [](SlotNumber) { return true; });
  if (twice != kNoSlot) return refuse("accounts", twice, "its id is there twice");
  return {};
}

Restored SnapshotLoader::Impl::enter_cards(SlotNumber first, SlotNumber end) {
  const SlotTable<CardSlot>& cards = tables->cards;
  for (SlotNumber i = first; i < end; ++i) {
    if (cards[i].token.is_zero() || cards[i].status > CardStatus::closed) {
      return refuse("cards", i, "is no card");
    }
    // How many of these there are is known from the plan.
    if (cards[i].account >= tables->accounts.size() || cards[i].program >= tables->programs.size()) {
      return refuse("cards", i, "names an account or program that is not there");
    }
  }
  if (first == 0) tables->card_index.reserve(cards.size());
  const SlotNumber twice =
      tables->card_index.insert_range(first, end, [](SlotNumber) { return true; });
  if (twice != kNoSlot) return refuse("cards", twice, "its token is there twice");
  return {};
}

Restored SnapshotLoader::Impl::build_payments(const StateHeader& header) {
  Tables& t = *tables;
  const Restored holds = t.holds.restore({.last_id = header.last_authorization,
                                          .oldest_ended = header.oldest_ended,
                                          .youngest_ended = header.youngest_ended},
                                         t.cards.size(), t.exchange.size());
  if (!holds) return holds;
  return t.requests.restore({.oldest = header.oldest_request,
                             .youngest = header.youngest_request});
}

Restored SnapshotLoader::Impl::build_charges(const StateHeader& header) {
  Tables& t = *tables;
  const auto names_something = [&t](const CounterName& name) {
    if (name.program >= t.programs.size()) return false;
    if (name.origin != 0) {
      const auto shadows = t.shadows.find(name.program);
      if (shadows == t.shadows.end() || name.origin > shadows->second.started()) return false;
    }
    switch (name.scope) {
      case ControlScope::program: return name.entity == name.program;
      case ControlScope::account: return name.entity < t.accounts.size();
      case ControlScope::card: return name.entity < t.cards.size();
    }
    return false;
  };
  const Restored counters = t.counters.restore({.free = header.free_counter,
                                                .next_look = header.next_look,
                                                .to_look_at = header.counters_to_look_at,
                                                .free_ring = header.free_ring},
                                               names_something);
  if (!counters) return counters;

  const SlotTable<AuthorizationSlot>& holds = t.holds.slots();
  const Charges& charges = t.charges;
  SlotSet seen(t.charges.table().size());
  for (SlotNumber i = 0; i < holds.size(); ++i) {
    if (holds[i].id.is_zero() || holds[i].state != AuthorizationState::open) continue;
    const Restored list = follow_list(
        "charges of authorizations", holds[i].charges, seen,
        [&](SlotNumber n) { return charges[n].next; }, [](SlotNumber) { return true; });
    if (!list) return list;
  }
  return t.charges.restore(header.charges, seen, t.counters.slots());
}

Restored SnapshotLoader::Impl::build() {
  if (Restored pages = judge_pages(); !pages) return pages;
  Tables& t = *tables;
  StateReader reader(std::span<const std::byte>(state).first(arrivals[0].size.slots));
  StateHeader header;
  if (Restored read = reader.read_header(header); !read) return read;
  if (header.position != plan.position || header.time != plan.time) {
    return std::unexpected("state: is of another position or time than the plan");
  }
  Command configure;
  configure.kind = CommandKind::configure;
  configure.configure = Configure{header.config};
  if (validate(configure) != Decision::approved) {
    return std::unexpected("state: the configuration is not valid");
  }
  t.config = header.config;
  t.position = header.position;
  t.time = header.time;
  RulesRestorer rules(reader, t.programs, t.program_index, t.program_rules, t.rule_sets, t.shadows);
  if (Restored restored = rules.restore(header); !restored) return restored;

  // Beside the indexer, which may still have slots to enter.
  if (Restored rates = t.exchange.restore(); !rates) return rates;
  if (Restored payments = build_payments(header); !payments) return payments;
  if (Restored charges = build_charges(header); !charges) return charges;
  if (Restored indexed = indexer.finish(); !indexed) return indexed;
  // Not before: it moves the tables' directories, which the indexer reads.
  t.reserve_directories();
  return {};
}

SnapshotLoader::SnapshotLoader() : impl_(std::make_unique<Impl>()) {}
SnapshotLoader::~SnapshotLoader() = default;
SnapshotLoader::SnapshotLoader(SnapshotLoader&&) noexcept = default;
SnapshotLoader& SnapshotLoader::operator=(SnapshotLoader&&) noexcept = default;

std::expected<void, std::string> SnapshotLoader::begin(const SnapshotPlan& plan) {
  return impl_->begin(plan);
}

std::expected<void, std::string> SnapshotLoader::add_page(SnapshotPageName name,
                                                          std::span<const std::byte> bytes) {
  HOLDFAST_CHECK(bytes.size() == kSnapshotPageBytes, "a page is whole");
  return impl_->add_page(name, bytes);
}

std::expected<StateMachine, std::string> SnapshotLoader::finish() {
  if (Restored built = impl_->build(); !built) return std::unexpected(built.error());
  StateMachine machine;
  machine.tables_ = std::move(impl_->tables);
  return machine;
}

}  // namespace holdfast
