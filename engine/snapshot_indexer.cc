#include "engine/snapshot_indexer.h"

#include <algorithm>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

/// Slots entered between two looks at whether to stop.
constexpr std::uint64_t kSlotsAtOnce = 65'536;

}  // namespace

SnapshotIndexer::~SnapshotIndexer() {
  if (!thread_.joinable()) return;
  is_stopping_.store(true, std::memory_order_relaxed);
  signals_.fetch_add(1, std::memory_order_release);
  signals_.notify_one();
  thread_.join();
}

void SnapshotIndexer::add(const SnapshotTableSize& size, Enter enter) {
  HOLDFAST_CHECK(!thread_.joinable(), "tables are added before the start");
  auto work = std::make_unique<Work>();
  work->table = size.table;
  work->slots = size.slots;
  work->slot_bytes = size.slot_bytes;
  work->enter = std::move(enter);
  works_.push_back(std::move(work));
}

void SnapshotIndexer::start() {
  thread_ = std::thread([this] { run(); });
}

void SnapshotIndexer::note_front(SnapshotTable table, std::uint64_t pages) {
  // Waking costs more than a page; the thread looks again by itself while it has work.
  constexpr std::uint64_t kPagesPerSignal = 256;
  for (const auto& work : works_) {
    if (work->table != table) continue;
    const std::uint64_t before = work->pages.exchange(pages, std::memory_order_release);
    if (before / kPagesPerSignal == pages / kPagesPerSignal || !thread_.joinable()) return;
    signals_.fetch_add(1, std::memory_order_release);
    signals_.notify_one();
    return;
  }
}

bool SnapshotIndexer::enter_some(Work& work) {
  const std::uint64_t bytes = work.pages.load(std::memory_order_acquire) * kSnapshotPageBytes;
  const std::uint64_t there = std::min(work.slots, bytes / work.slot_bytes);
  if (work.entered == there || !work.result) return false;
  const std::uint64_t end = std::min(there, work.entered + kSlotsAtOnce);
  work.result =
      work.enter(static_cast<SlotNumber>(work.entered), static_cast<SlotNumber>(end));
  work.entered = end;
  return true;
}

bool SnapshotIndexer::is_background(Work& work) {
  if (work.is_background) return true;
  if (work.pages.load(std::memory_order_acquire) == 0) return false;
  work.is_background = !work.is_taken.exchange(true, std::memory_order_acq_rel);
  return work.is_background;
}

void SnapshotIndexer::run() {
  while (true) {
    const std::uint32_t seen = signals_.load(std::memory_order_acquire);
    // Read before the tables are looked at: what came before it is then seen.
    const bool is_last_look = is_all_there_.load(std::memory_order_acquire);
    bool any = false;
    for (const auto& work : works_) {
      if (is_stopping_.load(std::memory_order_relaxed)) return;
      any = is_background(*work) && enter_some(*work);
      if (any) break;  // the tables in front first: those behind may be left to the owner
    }
    if (any) continue;
    if (is_last_look) return;
    signals_.wait(seen, std::memory_order_acquire);
  }
}

void SnapshotIndexer::enter_rest(Work& work) {
  while (enter_some(work)) {
  }
}

Restored SnapshotIndexer::finish() {
  is_all_there_.store(true, std::memory_order_release);
  signals_.fetch_add(1, std::memory_order_release);
  signals_.notify_one();
  // From the back: the other thread works from the front.
  for (auto work = works_.rbegin(); work != works_.rend(); ++work) {
    if (!(*work)->is_taken.exchange(true, std::memory_order_acq_rel)) enter_rest(**work);
  }
  if (thread_.joinable()) thread_.join();
  for (const auto& work : works_) {
    if (!work->result) return work->result;
  }
  return {};
}

}  // namespace holdfast
