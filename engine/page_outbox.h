// Pages on their way from the core to the sink, in the sink's packets.
//
// A page whose turn has come waits in its table when no packet is free; one that is about to change
// cannot. So some packets are always kept at hand for such pages: the core looks at `has_room` before
// each command and waits for the sink when there is not enough for one. Without that look, or for a
// command that changes more than anybody thought of, pages may find no place; then the snapshot is
// lost (an overrun), and nothing else. No memory is taken or given back here. Thread: the core's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/snapshot.h"

namespace holdfast {

class PageOutbox {
 public:
  /// As good as more pages than a command can change: counter, ring and charge of each control, also of
  /// shadows, and the account, the card, the authorization, the request and their neighbours in lists,
  /// and the requests among which it looks for room.
  static constexpr std::size_t kPagesPerCommandMax = 8 * kSnapshotPagesPerPacket;

  explicit PageOutbox(SnapshotSink& sink) : sink_(sink) {}
  PageOutbox(const PageOutbox&) = delete;
  PageOutbox& operator=(const PageOutbox&) = delete;

  /// Copies a page (kSnapshotPageBytes) whose turn it is. False: the sink has no packet free.
  [[nodiscard]] bool put(SnapshotPageName name, const std::byte* page);
  /// Copies a page before its turn. False: an overrun, now or before.
  [[nodiscard]] bool put_ahead(SnapshotPageName name, const std::byte* page);
  /// Whether kPagesPerCommandMax pages can be copied before their turn; asks the sink for packets.
  [[nodiscard]] bool has_room();
  /// Hands over the packet that is not full, and gives back the empty ones.
  void flush();

  [[nodiscard]] bool has_overrun() const { return has_overrun_; }
  [[nodiscard]] std::uint64_t pages_ahead() const { return pages_ahead_; }

 private:
  void copy(SnapshotPageName name, const std::byte* page);

  SnapshotSink& sink_;
  SnapshotPacket* packet_ = nullptr;  // not empty, not full
  std::array<SnapshotPacket*, kPagesPerCommandMax / kSnapshotPagesPerPacket> at_hand_{};
  std::size_t at_hand_count_ = 0;
  std::uint64_t pages_ahead_ = 0;
  bool has_overrun_ = false;
};

}  // namespace holdfast
