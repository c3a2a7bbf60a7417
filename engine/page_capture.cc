#include "engine/page_capture.h"

#include "engine/check.h"
#include "engine/page_outbox.h"

namespace holdfast {

void PageCapture::before_change(std::size_t first_byte, std::size_t bytes) {
  const std::size_t last = (first_byte + bytes - 1) / kSnapshotPageBytes;
  for (std::size_t page = first_byte / kSnapshotPageBytes; page <= last; ++page) {
    if (page < image_.pages && !is_copied(page)) copy_ahead(page);
  }
}

bool PageCapture::copy_next() {
  HOLDFAST_DCHECK(!is_done(), "there is a page to copy");
  while (copied_[next_word_] == UINT64_MAX) ++next_word_;
  const std::size_t page = next_word_ * kPagesPerWord +
                           static_cast<std::size_t>(std::countr_one(copied_[next_word_]));
  if (!outbox_->put(name_of(page), image_.page(page))) return false;
  mark_copied(page);
  return true;
}

void PageCapture::copy_ahead(std::size_t page) {
  // After an overrun the snapshot is lost, and its end is not far.
  if (outbox_->put_ahead(name_of(page), image_.page(page))) mark_copied(page);
}

}  // namespace holdfast
