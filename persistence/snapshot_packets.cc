#include "persistence/snapshot_packets.h"

#include <algorithm>

#include "engine/check.h"
#include "engine/command_pages.h"
#include "persistence/snapshot_format.h"

namespace holdfast::persistence {

SnapshotPackets::SnapshotPackets(FileIo& io) : io_(io) {
  while (count() < kFewest) add_chunk();
}

SnapshotPacket* SnapshotPackets::take(SnapshotPacketUse use) {
  const bool can_wait = use == SnapshotPacketUse::in_turn;
  if (can_wait && taken_ - back_.load(std::memory_order_relaxed) >= kFewest) return nullptr;
  auto packet = free_.pop();
  if (!packet && !can_wait) {
    // One that comes back between the look and the store wakes nobody, hence the second look.
    core_waits_.store(true);
    packet = free_.pop();
  }
  if (!packet) return nullptr;
  ++taken_;
  (*packet)->count = 0;
  return *packet;
}

void SnapshotPackets::give_back(SnapshotPacket* packet) {
  HOLDFAST_CHECK(free_.push(packet), "all packets fit the ring");
  back_.fetch_add(1, std::memory_order_relaxed);
  wake_core();
}

void SnapshotPackets::wake_core() {
  if (core_waits_.exchange(false)) io_.wake();
}

bool SnapshotPackets::are_enough_for(const SnapshotPlan& plan) const {
  return count() >= count_for(plan, kPartToBegin);
}

bool SnapshotPackets::make_some_for(const SnapshotPlan& plan) {
  if (count() >= count_for(plan, kPartAtFirst)) return false;
  add_chunk();
  return true;
}

void SnapshotPackets::keep_ready_for(const SnapshotPlan& plan) {
  if (free_.size() >= kFewest / 2 || count() >= count_for(plan, kPartAtMost)) return;
  add_chunk();
  wake_core();
}

void SnapshotPackets::add_chunk() {
  auto chunk = std::make_unique<Chunk>();
  chunk->memory = allocate_aligned(kPerChunk * kSnapshotPacketBytesMax);
  for (std::size_t i = 0; i < kPerChunk; ++i) {
    // The header page stands in front of the pages, so that the whole packet is one write.
    SnapshotPacket& packet = chunk->packets[i];
    packet.pages = chunk->memory.get() + i * kSnapshotPacketBytesMax + kSnapshotPageBytes;
    HOLDFAST_CHECK(free_.push(&packet), "all packets fit the ring");
  }
  chunks_.push_back(std::move(chunk));
}

std::uint64_t SnapshotPackets::count_for(const SnapshotPlan& plan, std::uint64_t part) {
  std::uint64_t pages = 0;
  for (const SnapshotTableSize& table : plan.tables) pages += table.pages;
  // However small the state is: what a command needs at once, and as much again under way.
  const std::uint64_t packets = std::max(pages / part / kSnapshotPagesPerPacket,
                                         2 * packets_for_pages(plan.pages_per_command));
  return std::min<std::uint64_t>(packets / kPerChunk * kPerChunk, kMost);
}

}  // namespace holdfast::persistence
