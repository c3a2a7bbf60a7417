// One table's part of a snapshot under way: which of its pages were copied, and the copying of one
// that is about to change before its turn.
//
// The captured pages are those of the slots that were there at the beginning; a page that new slots
// share with old ones is copied as it was. Thread: the table's owner.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/snapshot.h"

namespace holdfast {

class PageOutbox;

/// A table's memory, as pages.
struct PageImage {
  std::vector<const std::byte*> chunks;
  std::size_t pages_per_chunk = 0;
  std::size_t pages = 0;

  [[nodiscard]] const std::byte* page(std::size_t number) const {
    return chunks[number / pages_per_chunk] + number % pages_per_chunk * kSnapshotPageBytes;
  }
};

class PageCapture {
 public:
  /// The outbox outlives it.
  PageCapture(SnapshotTable table, PageImage image, PageOutbox& outbox)
      : table_(table), image_(std::move(image)), outbox_(&outbox),
        copied_((image_.pages + kPagesPerWord - 1) / kPagesPerWord) {}

  /// Bytes of the image are about to change: their pages are copied now, if they were not yet.
  // Not inline: every access to a slot would be larger by it, and hardly any needs it.
  void before_change(std::size_t first_byte, std::size_t bytes);

  /// Copies the next page that was not copied yet. False: the outbox has no place now.
  [[nodiscard]] bool copy_next();
  [[nodiscard]] bool is_done() const { return pages_copied_ == image_.pages; }
  [[nodiscard]] std::uint64_t pages() const { return image_.pages; }
  [[nodiscard]] std::uint64_t pages_copied() const { return pages_copied_; }

 private:
  static constexpr std::size_t kPagesPerWord = 64;

  [[nodiscard]] bool is_copied(std::size_t page) const {
    return (copied_[page / kPagesPerWord] >> (page % kPagesPerWord) & 1) != 0;
  }
  void mark_copied(std::size_t page) {
    copied_[page / kPagesPerWord] |= std::uint64_t{1} << (page % kPagesPerWord);
    ++pages_copied_;
  }
  [[nodiscard]] SnapshotPageName name_of(std::size_t page) const {
    return {.table = table_, .page = static_cast<std::uint32_t>(page)};
  }
  void copy_ahead(std::size_t page);

  SnapshotTable table_;
  PageImage image_;
  PageOutbox* outbox_;
  std::vector<std::uint64_t> copied_;  // one bit a page
  std::size_t next_word_ = 0;          // all pages of the words before it are copied
  std::uint64_t pages_copied_ = 0;
};

}  // namespace holdfast
