// From an authorization's id to its slot.
//
// The engine gives ids in rising order, so they are no keys to be hashed: an id's slot stands in a
// page of its neighbours, found by the id's upper bits. Entering the next id touches the line that
// the one before touched. A page whose last id has left is all zero again and becomes the next one,
// so that a server in balance neither maps memory nor touches new pages. Thread: the owner's.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/huge_memory.h"
#include "engine/slot_table.h"
#include "engine/types.h"

namespace holdfast {

class AuthorizationIndex {
 public:
  [[nodiscard]] SlotNumber find(AuthorizationId id) const {
    const Page* page = page_of(id);
    return page == nullptr ? kNoSlot : page->slots()[id.value % kIdsPerPage] - 1;
  }

  /// False: the id is in it already.
  [[nodiscard]] bool insert(AuthorizationId id, SlotNumber slot) {
    Page& page = page_for(id);
    SlotNumber& place = page.slots()[id.value % kIdsPerPage];
    if (place != 0) return false;
    place = slot + 1;
    ++page.size;
    ++size_;
    return true;
  }

  void erase(AuthorizationId id) {
    const auto it = pages_.find(id.value / kIdsPerPage);
    HOLDFAST_CHECK(it != pages_.end() && it->second.slots()[id.value % kIdsPerPage] != 0,
                   "only what is in an index leaves it");
    it->second.slots()[id.value % kIdsPerPage] = 0;
    --size_;
    if (--it->second.size > 0) return;
    if (it->first == newest_number_) newest_number_ = kNoPage;
    spare_.push_back(std::move(it->second));
    pages_.erase(it);
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  void prefetch(AuthorizationId id) const {
    if (const Page* page = page_of(id)) prefetch_line(&page->slots()[id.value % kIdsPerPage]);
  }

 private:
  static constexpr std::uint64_t kIdsPerPage = 1 << 19;
  struct Page {
    explicit Page(PageSize pages) : memory(kIdsPerPage * sizeof(SlotNumber), pages) {}
    std::uint32_t size = 0;  // ids in it
    ChunkMemory memory;
    // A slot's number plus one, so that kNoSlot is 0.
    [[nodiscard]] SlotNumber* slots() const { return reinterpret_cast<SlotNumber*>(memory.data()); }
  };
  static_assert(static_cast<SlotNumber>(0) - 1 == kNoSlot);

  [[nodiscard]] const Page* page_of(AuthorizationId id) const {
    const std::uint64_t number = id.value / kIdsPerPage;
    if (number == newest_number_) return newest_;
    const auto it = pages_.find(number);
    return it == pages_.end() ? nullptr : &it->second;
  }
  [[nodiscard]] Page& page_for(AuthorizationId id) {
    const std::uint64_t number = id.value / kIdsPerPage;
    if (number != newest_number_) turn_to(number);
    return *newest_;
  }
  [[gnu::noinline]] void turn_to(std::uint64_t number) {  // rare
    auto it = pages_.find(number);
    if (it == pages_.end()) it = pages_.emplace(number, new_page()).first;  // may move all others
    newest_ = &it->second;
    newest_number_ = number;
  }
  [[nodiscard]] Page new_page() {
    // The first one fills slowly where little is authorized: small pages, touched as ids come.
    if (spare_.empty()) return Page(pages_.empty() ? PageSize::small : PageSize::huge);
    Page page = std::move(spare_.back());
    spare_.pop_back();
    return page;
  }

  absl::flat_hash_map<std::uint64_t, Page> pages_;
  std::vector<Page> spare_;  // empty pages, zeroed by the ids that left
  // The page that was entered last: nearly all that is asked for is in it.
  static constexpr std::uint64_t kNoPage = UINT64_MAX;
  std::uint64_t newest_number_ = kNoPage;
  Page* newest_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace holdfast
