#include "engine/page_outbox.h"

#include <cstring>

#include "engine/check.h"

namespace holdfast {

PageOutbox::PageOutbox(SnapshotSink& sink, std::uint64_t waiting_max)
    : sink_(sink), waiting_max_(waiting_max) {
  blocks_.reserve(waiting_max / kSnapshotPagesPerPacket + 2);
}

bool PageOutbox::put(SnapshotPageName name, const std::byte* page) {
  if (packet_ == nullptr) {
    packet_ = sink_.take_packet();
    if (packet_ == nullptr) return false;
    HOLDFAST_CHECK(packet_->count == 0, "a packet comes empty");
  }
  packet_->names[packet_->count] = name;
  std::memcpy(packet_->pages + packet_->count * kSnapshotPageBytes, page, kSnapshotPageBytes);
  if (++packet_->count == kSnapshotPagesPerPacket) flush();
  return true;
}

bool PageOutbox::put_ahead(SnapshotPageName name, const std::byte* page) {
  if (has_overrun_) return false;
  if (!put(name, page)) {
    has_overrun_ = pages_waiting_ >= waiting_max_;
    if (has_overrun_) return false;
    keep_waiting(name, page);
  }
  ++pages_ahead_;
  return true;
}

void PageOutbox::keep_waiting(SnapshotPageName name, const std::byte* page) {
  const std::size_t block = pages_waiting_ / kSnapshotPagesPerPacket;
  const std::size_t place = pages_waiting_ % kSnapshotPagesPerPacket;
  if (block == blocks_.size()) blocks_.push_back(std::make_unique_for_overwrite<Block>());
  blocks_[block]->names[place] = name;
  std::memcpy(blocks_[block]->pages + place * kSnapshotPageBytes, page, kSnapshotPageBytes);
  ++pages_waiting_;
}

bool PageOutbox::forward_one() {
  const std::size_t last = pages_waiting_ - 1;
  const std::size_t block = last / kSnapshotPagesPerPacket;
  const std::size_t place = last % kSnapshotPagesPerPacket;
  if (!put(blocks_[block]->names[place], blocks_[block]->pages + place * kSnapshotPageBytes)) {
    return false;
  }
  pages_waiting_ = last;
  // One empty block stays, so that a page more or less at its edge does not take and give memory.
  if (blocks_.size() > block + 2) blocks_.pop_back();
  return true;
}

void PageOutbox::flush() {
  if (packet_ == nullptr) return;
  sink_.put_packet(packet_);
  packet_ = nullptr;
}

bool PageOutbox::drop_block() {
  pages_waiting_ = 0;
  if (blocks_.empty()) return false;
  blocks_.pop_back();
  return true;
}

}  // namespace holdfast
