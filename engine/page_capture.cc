#include "engine/page_capture.h"

#include "engine/check.h"
#include "engine/page_outbox.h"

namespace holdfast {

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
