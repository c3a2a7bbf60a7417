// The memory in which pages travel from the core to the writer of snapshots and back.
//
// Packets of 256 KiB. Before a snapshot begins there are as many as hold a sixteenth of the state
// (8 MiB at least): commands change many pages in its first moments, and touching memory takes
// longer than copying them. However small the state is, there are twice as many as one command may
// need at once. Up to an eighth of the state are made while one is under way and they run short.
// They stay for the next one.
//
// Threads: `take` is the core's and never waits; the rest is the writer's. Packets that come back
// go by a ring without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/snapshot.h"
#include "persistence/file_io.h"
#include "persistence/spsc_ring.h"

namespace holdfast::persistence {

class SnapshotPackets {
 public:
  static constexpr std::size_t kMost = 8192;  // 2 GiB

  /// Makes the fewest there are. `io` outlives it: its `wake` tells a core that waits for one.
  explicit SnapshotPackets(FileIo& io);
  SnapshotPackets(const SnapshotPackets&) = delete;
  SnapshotPackets& operator=(const SnapshotPackets&) = delete;

  /// An empty one, or null. The core's.
  [[nodiscard]] SnapshotPacket* take(SnapshotPacketUse use);

  /// Whether the snapshot may begin with those that there are. Also the core's, while the writer is
  /// not busy.
  [[nodiscard]] bool are_enough_for(const SnapshotPlan& plan) const;
  /// Makes one chunk more, for a snapshot to come; false: there are as many as it begins with.
  bool make_some_for(const SnapshotPlan& plan);
  /// Makes more before the core has run out of them, while the snapshot is under way.
  void keep_ready_for(const SnapshotPlan& plan);
  void give_back(SnapshotPacket* packet);

 private:
  static constexpr std::size_t kFewest = 32;         // 8 MiB; also most for pages that can wait
  static constexpr std::size_t kPerChunk = 8;        // made at once
  static constexpr std::uint64_t kPartToBegin = 20;  // of the state, one of so many; when there are
  static constexpr std::uint64_t kPartAtFirst = 16;  // fewer, so many are made: it may grow until
  static constexpr std::uint64_t kPartAtMost = 8;    // it is looked at again

  /// Packets that were made at once, and their memory.
  struct Chunk {
    AlignedBytes memory;
    std::array<SnapshotPacket, kPerChunk> packets;
  };

  void add_chunk();
  void wake_core();
  [[nodiscard]] std::uint64_t count() const { return chunks_.size() * kPerChunk; }
  [[nodiscard]] static std::uint64_t count_for(const SnapshotPlan& plan, std::uint64_t part);

  FileIo& io_;
  SpscRing<SnapshotPacket*, kMost> free_;  // writer to core
  std::atomic<bool> core_waits_{false};    // for a packet
  std::atomic<std::uint64_t> back_{0};     // of taken_
  std::uint64_t taken_ = 0;                // the core's
  std::vector<std::unique_ptr<Chunk>> chunks_;
};

}  // namespace holdfast::persistence
