// Builds the indexes of a snapshot's tables while pages still come, on a thread of its own.
//
// Pages come mostly in the order of their table, so all slots in front of the first page that is
// missing are entered as soon as they are there; the rest when the last page has come. One thread at
// a time works at a table: this one's, or at the end the caller's, which takes what the other has
// not begun. What a table does with its slots (`enter`) is the table's; it may read their bytes and
// nothing else that changes meanwhile. Thread: one owner for all calls.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "engine/restore.h"
#include "engine/slot_table.h"
#include "engine/snapshot.h"

namespace holdfast {

class SnapshotIndexer {
 public:
  /// Enters slots [first, end), which are as they were captured; called with rising ranges.
  using Enter = std::function<Restored(SlotNumber first, SlotNumber end)>;

  SnapshotIndexer() = default;
  /// Stops at once; what was entered stays.
  ~SnapshotIndexer();
  SnapshotIndexer(const SnapshotIndexer&) = delete;
  SnapshotIndexer& operator=(const SnapshotIndexer&) = delete;

  /// Before `start`, in the order in which pages are expected. What `enter` refers to outlives this.
  void add(const SnapshotTableSize& size, Enter enter);
  void start();
  /// So many pages at the front of a table have come and will not change.
  void note_front(SnapshotTable table, std::uint64_t pages);
  /// All pages have come: enters the rest, helping, and returns the first objection by table.
  [[nodiscard]] Restored finish();

 private:
  struct Work {
    SnapshotTable table{};
    std::uint64_t slots = 0;
    std::uint64_t slot_bytes = 1;
    Enter enter;
    std::atomic<std::uint64_t> pages{0};  // at the front
    std::atomic<bool> is_taken{false};    // by the one thread that works at it
    std::uint64_t entered = 0;            // that one's, as is the result
    Restored result;
    bool is_background = false;           // this object's thread has taken it; only that one asks
  };

  void run();
  /// For `run`: whether the table is its to work at.
  static bool is_background(Work& work);
  /// False: there is nothing to do at this table now.
  static bool enter_some(Work& work);
  static void enter_rest(Work& work);

  std::vector<std::unique_ptr<Work>> works_;
  std::atomic<std::uint32_t> signals_{0};  // rises with what `run` has to look at; waited on
  std::atomic<bool> is_stopping_{false};
  std::atomic<bool> is_all_there_{false};
  std::thread thread_;
};

}  // namespace holdfast
