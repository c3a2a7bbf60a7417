#include "engine/page_outbox.h"

#include <cstring>

#include "engine/check.h"

namespace holdfast {

bool PageOutbox::put(SnapshotPageName name, const std::byte* page) {
  if (packet_ == nullptr) packet_ = sink_.take_packet(SnapshotPacketUse::in_turn);
  if (packet_ == nullptr) return false;
  copy(name, page);
  return true;
}

bool PageOutbox::put_ahead(SnapshotPageName name, const std::byte* page) {
  if (has_overrun_) return false;
  if (packet_ == nullptr && at_hand_count_ > 0) packet_ = at_hand_[--at_hand_count_];
  if (packet_ == nullptr) packet_ = sink_.take_packet(SnapshotPacketUse::ahead);
  has_overrun_ = packet_ == nullptr;
  if (has_overrun_) return false;
  copy(name, page);
  ++pages_ahead_;
  return true;
}

bool PageOutbox::has_room() {
  while (at_hand_count_ < at_hand_wanted_) {
    SnapshotPacket* packet = sink_.take_packet(SnapshotPacketUse::ahead);
    if (packet == nullptr) return false;
    at_hand_[at_hand_count_++] = packet;
  }
  return true;
}

void PageOutbox::copy(SnapshotPageName name, const std::byte* page) {
  HOLDFAST_DCHECK(packet_->count < kSnapshotPagesPerPacket, "a packet comes empty and goes when full");
  packet_->names[packet_->count] = name;
  std::memcpy(packet_->pages + packet_->count * kSnapshotPageBytes, page, kSnapshotPageBytes);
  if (++packet_->count < kSnapshotPagesPerPacket) return;
  sink_.put_packet(packet_);
  packet_ = nullptr;
}

void PageOutbox::flush() {
  if (packet_ != nullptr) sink_.put_packet(packet_);
  packet_ = nullptr;
  while (at_hand_count_ > 0) sink_.put_packet(at_hand_[--at_hand_count_]);
}

}  // namespace holdfast
