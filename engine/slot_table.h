// Dense slots of one fixed size, named by 32-bit numbers, that never move.
//
// Slots live in chunks that are taken from the system as the table grows, so growing never copies
// and a pointer to a slot stays good for the table's life. Memory is not touched before a slot in it
// is used. The image of a table is its slots laid end to end, in pages of 4 KiB: page `p` is the
// bytes [p * 4096, (p + 1) * 4096), and a chunk holds a whole number of them. While a snapshot is
// captured, reaching for a slot that may be changed (any access but a const one) first copies the
// pages that it lies in. Thread: the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/huge_memory.h"
#include "engine/page_capture.h"

namespace holdfast {

/// Names a slot; `kNoSlot` names none.
using SlotNumber = std::uint32_t;
inline constexpr SlotNumber kNoSlot = 0xFFFF'FFFF;

template <class Slot>
class SlotTable {
  static_assert(std::is_trivially_copyable_v<Slot>);

 public:
  static constexpr std::size_t kChunkBytesMax = 4 * kHugePageBytes;
  // A power of two of slots, so that a slot is found by shift and mask: the fewest that fill whole
  // huge pages, else (for odd sizes) as many as fit one.
  static constexpr unsigned kShift = [] {
    unsigned shift = 0;
    while ((sizeof(Slot) << (shift + 1)) <= kHugePageBytes) ++shift;
    for (unsigned more = shift; (sizeof(Slot) << more) <= kChunkBytesMax; ++more) {
      if ((sizeof(Slot) << more) % kHugePageBytes == 0) return more;
    }
    return shift;
  }();
  static constexpr std::size_t kSlotsPerChunk = std::size_t{1} << kShift;
  static constexpr std::size_t kPagesPerChunk =
      kSlotsPerChunk * sizeof(Slot) / kSnapshotPageBytes;
  static_assert(kPagesPerChunk * kSnapshotPageBytes == kSlotsPerChunk * sizeof(Slot));

  /// Slots that were ever used; all numbers below are valid.
  [[nodiscard]] std::size_t size() const { return size_; }

  [[nodiscard]] Slot& operator[](SlotNumber number) {
    HOLDFAST_DCHECK(number < size_, "slot number beyond the table");
    if (capture_ != nullptr) [[unlikely]] capture_->before_change(number * sizeof(Slot), sizeof(Slot));
    return slots_of_[number >> kShift][number & (kSlotsPerChunk - 1)];
  }
  [[nodiscard]] const Slot& operator[](SlotNumber number) const {
    HOLDFAST_DCHECK(number < size_, "slot number beyond the table");
    return slots_of_[number >> kShift][number & (kSlotsPerChunk - 1)];
  }

  /// Makes room in the chunk directory, so that growing to `slots` moves nothing at all.
  void reserve_directory(std::size_t slots) {
    const std::size_t chunks = (slots + kSlotsPerChunk - 1) / kSlotsPerChunk;
    chunks_.reserve(chunks);
    slots_of_.reserve(chunks);
  }

  /// One slot more, zeroed.
  [[nodiscard]] SlotNumber append() {
    if (size_ == chunks_.size() * kSlotsPerChunk) add_chunk();
    // The processor follows such a row by itself, but not from page to page.
    constexpr std::size_t kAhead = 16;
    if (size_ % kSlotsPerChunk + kAhead < kSlotsPerChunk) {
      prefetch(static_cast<SlotNumber>(size_ + kAhead));
    }
    return static_cast<SlotNumber>(size_++);
  }

  /// The pages that hold all slots.
  [[nodiscard]] static constexpr std::size_t pages_of(std::size_t slots) {
    return (slots * sizeof(Slot) + kSnapshotPageBytes - 1) / kSnapshotPageBytes;
  }
  /// Where the pages are now; the addresses stay good, and the slots of today are in them.
  [[nodiscard]] PageImage image() const {
    PageImage image{.chunks = {}, .pages_per_chunk = kPagesPerChunk, .pages = pages_of(size_)};
    image.chunks.reserve(chunks_.size());
    for (const ChunkMemory& chunk : chunks_) image.chunks.push_back(chunk.data());
    return image;
  }
  /// Who is told before a slot may change; null: nobody.
  void set_capture(PageCapture* capture) { capture_ = capture; }

  /// The table is empty: it gets this many slots, whose bytes the caller fills in through `page`.
  void restore(std::size_t slots) {
    while (chunks_.size() * kSlotsPerChunk < slots) add_chunk();
    size_ = slots;
  }
  [[nodiscard]] std::byte* page(std::size_t number) {
    return chunks_[number / kPagesPerChunk].data() + number % kPagesPerChunk * kSnapshotPageBytes;
  }

  void prefetch(SlotNumber number) const {
    const Slot* slot = &slots_of_[number >> kShift][number & (kSlotsPerChunk - 1)];
    for (std::size_t line = 0; line < sizeof(Slot); line += 64) {
      prefetch_line(reinterpret_cast<const std::byte*>(slot) + line);
    }
  }

 private:
  [[gnu::noinline]] void add_chunk() {  // rare
    // A table that stays small has no use for huge pages, and touching one takes its time.
    const PageSize pages = chunks_.empty() ? PageSize::small : PageSize::huge;
    chunks_.emplace_back(kSlotsPerChunk * sizeof(Slot), pages);
    slots_of_.push_back(reinterpret_cast<Slot*>(chunks_.back().data()));
  }

  std::size_t size_ = 0;
  PageCapture* capture_ = nullptr;
  std::vector<ChunkMemory> chunks_;
  std::vector<Slot*> slots_of_;
};

}  // namespace holdfast
