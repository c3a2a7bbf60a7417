// Pages on their way from the core to the sink: into the sink's packets, or, when it has none free
// and a page cannot wait in its table, into memory of our own until it has.
//
// That memory is bounded: beyond it `put_ahead` refuses, and the snapshot is lost (an overrun). It
// comes and goes in blocks, so that no call takes or gives back much of it. Thread: the core's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/snapshot.h"

namespace holdfast {

class PageOutbox {
 public:
  /// `waiting_max`: pages that may wait here.
  PageOutbox(SnapshotSink& sink, std::uint64_t waiting_max);
  PageOutbox(const PageOutbox&) = delete;
  PageOutbox& operator=(const PageOutbox&) = delete;

  /// Copies a page (kSnapshotPageBytes) whose turn it is. False: the sink has no packet free.
  [[nodiscard]] bool put(SnapshotPageName name, const std::byte* page);
  /// Copies a page before its turn. False: an overrun, now or before.
  [[nodiscard]] bool put_ahead(SnapshotPageName name, const std::byte* page);
  /// Moves one waiting page on. False: the sink has no packet free. There is one that waits.
  [[nodiscard]] bool forward_one();
  /// Hands over the packet that is not full.
  void flush();
  /// Gives back a block of memory of pages that nobody wants any more. False: there is none.
  bool drop_block();

  [[nodiscard]] bool has_overrun() const { return has_overrun_; }
  [[nodiscard]] std::uint64_t pages_ahead() const { return pages_ahead_; }
  [[nodiscard]] std::uint64_t pages_waiting() const { return pages_waiting_; }
  [[nodiscard]] std::uint64_t waiting_max() const { return waiting_max_; }

 private:
  struct Block {
    std::array<SnapshotPageName, kSnapshotPagesPerPacket> names;
    std::byte pages[kSnapshotPagesPerPacket * kSnapshotPageBytes];
  };

  void keep_waiting(SnapshotPageName name, const std::byte* page);

  SnapshotSink& sink_;
  SnapshotPacket* packet_ = nullptr;
  std::uint64_t waiting_max_;
  std::uint64_t pages_waiting_ = 0;
  std::uint64_t pages_ahead_ = 0;
  bool has_overrun_ = false;
  // A stack of pages: any order will do. All blocks but the last two are full, the last may be empty.
  std::vector<std::unique_ptr<Block>> blocks_;
};

}  // namespace holdfast
