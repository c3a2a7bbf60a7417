// From a key to its slot: what a lookup costs by the size of the table, found and not found.
//
// `index_find` asks one key after the other; the processor overlaps some of their misses by itself.
// `index_find_ahead` prefetches the round first, as the core does with a batch.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "bench/load/random.h"
#include "bench/micro/piece.h"
#include "engine/check.h"
#include "engine/index.h"
#include "engine/slots.h"
#include "engine/types.h"

namespace holdfast::bench {
namespace {

struct Table {
  SlotTable<CardSlot> cards;
  Index<CardSlot, &CardSlot::token> index{cards};
};

CardToken key_of(std::uint64_t number) { return {.low = number, .high = 2}; }

/// The last table that was asked for, while someone uses it: filling it takes long.
std::shared_ptr<const Table> table_with(std::uint64_t entries) {
  static std::weak_ptr<const Table> last;
  if (auto table = last.lock(); table != nullptr && table->index.size() == entries) return table;
  auto table = std::make_shared<Table>();
  for (std::uint64_t i = 0; i < entries; ++i) {
    const SlotNumber slot = table->cards.append();
    table->cards[slot].token = key_of(i);
    table->index.insert(key_of(i), slot);
  }
  last = table;
  return table;
}

class IndexFind : public Piece {
 public:
  IndexFind(std::uint64_t entries, bool finds, bool prefetches)
      : entries_(entries), finds_(finds), prefetches_(prefetches), table_(table_with(entries)) {}
  void prepare() override {
    const std::uint64_t first = finds_ ? 0 : entries_;
    for (CardToken& key : keys_) key = key_of(first + random_.below(entries_));
  }
  void run() override {
    if (prefetches_) {
      for (std::size_t i = 0; i < keys_.size(); ++i) hashes_[i] = table_->index.prefetch(keys_[i]);
      for (const KeyHash hashed : hashes_) {
        const SlotNumber slot = table_->index.guess(hashed);
        if (slot != kNoSlot) table_->cards.prefetch(slot);
      }
    }
    for (std::size_t i = 0; i < keys_.size(); ++i) found_[i] = table_->index.find(keys_[i]);
  }
  void finish() override {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      HOLDFAST_CHECK(found_[i] == (finds_ ? static_cast<SlotNumber>(keys_[i].low) : kNoSlot),
                     "an index finds what is in it");
    }
  }

 private:
  std::uint64_t entries_;
  bool finds_;
  bool prefetches_;
  std::shared_ptr<const Table> table_;
  Random random_{1};
  std::array<CardToken, kRoundItems> keys_;
  std::array<KeyHash, kRoundItems> hashes_;
  std::array<SlotNumber, kRoundItems> found_;
};

}  // namespace

void add_index_pieces(PieceList& list) {
  for (const std::uint64_t entries : {10'000, 100'000, 1'000'000, 10'000'000}) {
    for (const bool prefetches : {false, true}) {
      for (const bool finds : {true, false}) {
        list.push_back({fmt::format("index_find{}/{}/entries:{}", prefetches ? "_ahead" : "",
                                    finds ? "found" : "absent", entries),
                        [=] { return std::make_unique<IndexFind>(entries, finds, prefetches); },
                        entries <= 10'000});
      }
    }
  }
}

}  // namespace holdfast::bench
