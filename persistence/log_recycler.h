// Lets go of log segments that snapshots cover: archives them first, if there is an archive, and
// only what is safe there may be overwritten or removed.
//
// An archive that is full or broken never stops the server and never loses anything: segments then
// stay where they are, the trouble is told once, and it is tried again while the server runs.
//
// Threads: `recycle_below` and `trouble` any thread. `background` has a thread of its own; with
// `on_demand`, for simulation, the work is done inside `recycle_below`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "persistence/segment_archive.h"
#include "persistence/segment_preparer.h"

namespace holdfast::persistence {

struct RecyclerOptions {
  std::string dir;                        // the data directory
  std::optional<SegmentArchive> archive;  // nothing: segments are let go as they are
  LayoutMode mode = LayoutMode::background;
  std::uint64_t retry_after_ns = 5'000'000'000;
  /// Trouble, and its end, for the server's log. The recycler's thread.
  std::function<void(bool is_trouble, const std::string& text)> tell;
};

class LogRecycler {
 public:
  /// `segments` outlives it.
  LogRecycler(SegmentPreparer& segments, RecyclerOptions options);
  ~LogRecycler();
  LogRecycler(const LogRecycler&) = delete;
  LogRecycler& operator=(const LogRecycler&) = delete;

  /// Snapshots hold all below this position: segments with nothing else may go.
  void recycle_below(LogPosition position);
  /// Why a segment could not be archived; empty: nothing is wrong.
  [[nodiscard]] std::string trouble() const;

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  bool work(Lock& lock);
  void note(const IoResult<void>& kept);

  SegmentPreparer& segments_;
  RecyclerOptions options_;
  mutable std::mutex mutex_;  // guards all below; never held across a call to the disk
  std::condition_variable changed_;
  LogPosition below_;
  std::string trouble_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::persistence
