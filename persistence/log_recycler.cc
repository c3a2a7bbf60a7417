#include "persistence/log_recycler.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>

namespace holdfast::persistence {

LogRecycler::LogRecycler(SegmentPreparer& segments, RecyclerOptions options)
    : segments_(segments), options_(std::move(options)) {
  if (options_.mode == LayoutMode::background) thread_ = std::thread([this] { run(); });
}

LogRecycler::~LogRecycler() {
  if (!thread_.joinable()) return;
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void LogRecycler::recycle_below(LogPosition position) {
  Lock lock(mutex_);
  below_ = std::max(below_, position);
  if (options_.mode == LayoutMode::on_demand) {
    while (work(lock)) {
    }
    return;
  }
  lock.unlock();
  changed_.notify_all();
}

std::string LogRecycler::trouble() const {
  const Lock lock(mutex_);
  return trouble_;
}

void LogRecycler::run() {
  pthread_setname_np(pthread_self(), "holdfast-arch");
  Lock lock(mutex_);
  while (!stopping_) {
    if (work(lock)) continue;
    const LogPosition seen = below_;
    const auto more = [&] { return stopping_ || below_ > seen; };
    if (trouble_.empty()) {
      changed_.wait(lock, more);
    } else {
      // Only time or an operator ends it; a newer snapshot does not.
      changed_.wait_for(lock, std::chrono::nanoseconds(options_.retry_after_ns),
                        [&] { return stopping_; });
    }
  }
}

// One segment; false: there is none, or it could not be kept.
bool LogRecycler::work(Lock& lock) {
  const LogPosition below = below_;
  lock.unlock();
  const std::vector<RetiredSegment> retired = segments_.retired_below(below);
  if (retired.empty()) {
    lock.lock();
    return false;
  }
  const std::uint64_t number = retired.front().number;
  IoResult<void> kept;
  if (options_.archive) kept = options_.archive->keep(options_.dir, number);
  if (kept) segments_.recycle_through(number);
  note(kept);
  lock.lock();
  return kept.has_value();
}

void LogRecycler::note(const IoResult<void>& kept) {
  const std::string text = kept ? "" : kept.error().text();
  {
    const Lock lock(mutex_);
    if (text == trouble_) return;
    trouble_ = text;
  }
  if (!options_.tell) return;
  options_.tell(!kept,
                kept ? "the archive takes segments again"
                     : text +
                           "; the log keeps its segments until the archive takes them, "
                           "and is tried again");
}

}  // namespace holdfast::persistence
