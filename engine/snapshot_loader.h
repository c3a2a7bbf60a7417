// A state machine from the pages of a snapshot.
//
// The pages go straight to their places in the tables; indexes grow behind them on a thread of the
// loader's own (snapshot_indexer.h; not for a small state). `finish` then builds what needs all pages
// (the calendar of expiry, compiled controls, lists' ends) and proves that every number in a slot
// names something that is there. The result is the machine that was captured: the same
// digest, and from then on the same answers, slot numbers and order of forgetting. Input that was
// changed on its way is the reader's to detect (checksums); here it is refused with a reason or
// makes a wrong balance, but never a crash. Thread: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "engine/snapshot.h"
#include "engine/state_machine.h"

namespace holdfast {

class SnapshotLoader {
 public:
  SnapshotLoader();
  ~SnapshotLoader();
  SnapshotLoader(SnapshotLoader&&) noexcept;
  SnapshotLoader& operator=(SnapshotLoader&&) noexcept;

  /// First and once. Refuses a plan that this engine cannot hold: an unknown or missing table, other
  /// slot sizes, numbers of pages that do not fit the numbers of slots. Takes no memory to speak of
  /// before pages come.
  [[nodiscard]] std::expected<void, std::string> begin(const SnapshotPlan& plan);

  /// Pages come in any order, each once; `bytes` has kSnapshotPageBytes. Refuses pages that are not
  /// in the plan or came before.
  [[nodiscard]] std::expected<void, std::string> add_page(SnapshotPageName name,
                                                          std::span<const std::byte> bytes);

  /// Last and once: the state at the plan's position. Touches all state. Refuses when pages are
  /// missing or do not agree with each other.
  [[nodiscard]] std::expected<StateMachine, std::string> finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace holdfast
