// Pages on their way from the core to the sink, in the sink's packets.
//
// A page whose turn has come waits in its table when no packet is free; one that is about to change
// cannot. So some packets are always kept at hand for such pages: the core looks at `has_room` before
// each command and waits for the sink when there is not enough for one (engine/command_pages.h tells
// how many that is). Without that look, or for a command that changes more, pages may find no place;
// then the snapshot is lost (an overrun), and nothing else. No memory is taken or given back here.
// Thread: the core's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/command_pages.h"
#include "engine/snapshot.h"

namespace holdfast {

class PageOutbox {
 public:
  /// `pages_per_command`: what one command may change at most, up to kCommandPagesMax.
  PageOutbox(SnapshotSink& sink, std::size_t pages_per_command)
      : sink_(sink), at_hand_wanted_(packets_for_pages(pages_per_command)) {}
  PageOutbox(const PageOutbox&) = delete;
  PageOutbox& operator=(const PageOutbox&) = delete;

  /// Copies a page (kSnapshotPageBytes) whose turn it is. False: the sink has no packet free.
  [[nodiscard]] bool put(SnapshotPageName name, const std::byte* page);
  /// Copies a page before its turn. False: an overrun, now or before.
  [[nodiscard]] bool put_ahead(SnapshotPageName name, const std::byte* page);
  /// Whether all pages that one command may change can be copied; asks the sink for packets.
  [[nodiscard]] bool has_room();
  /// Hands over the packet that is not full, and gives back the empty ones.
  void flush();

  [[nodiscard]] bool has_overrun() const { return has_overrun_; }
  [[nodiscard]] std::uint64_t pages_ahead() const { return pages_ahead_; }

 private:
  void copy(SnapshotPageName name, const std::byte* page);

  SnapshotSink& sink_;
  SnapshotPacket* packet_ = nullptr;  // not empty, not full
  const std::size_t at_hand_wanted_;
  std::array<SnapshotPacket*, packets_for_pages(kCommandPagesMax)> at_hand_{};
  std::size_t at_hand_count_ = 0;
  std::uint64_t pages_ahead_ = 0;
  bool has_overrun_ = false;
};

}  // namespace holdfast
