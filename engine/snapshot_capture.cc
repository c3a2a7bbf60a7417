#include "engine/snapshot_capture.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

std::uint64_t pages_of(const SnapshotPlan& plan) {
  std::uint64_t pages = 0;
  for (const SnapshotTableSize& table : plan.tables) pages += table.pages;
  return pages;
}

std::uint64_t waiting_max(const SnapshotPlan& plan, const SnapshotLimits& limits) {
  constexpr std::uint64_t kLeast = 4 * 1024 * 1024 / kSnapshotPageBytes;
  constexpr std::uint64_t kPartOfState = 8;
  if (limits.pages_waiting_max != 0) return limits.pages_waiting_max;
  return std::max(kLeast, pages_of(plan) / kPartOfState);
}

}  // namespace

SnapshotCapture::SnapshotCapture(SnapshotSink& sink, const SnapshotPlan& plan,
                                 const SnapshotLimits& limits, StateWriter state)
    : sink_(sink), position_(plan.position), pages_(pages_of(plan)),
      outbox_(sink, waiting_max(plan, limits)), state_(std::move(state)) {
  tables_.reserve(plan.tables.size());
}

PageCapture& SnapshotCapture::add(SnapshotTable table, PageImage image) {
  HOLDFAST_CHECK(tables_.size() < tables_.capacity(), "the plan names each table");
  return tables_.emplace_back(table, std::move(image), outbox_);
}

void SnapshotCapture::step(std::size_t pages_max) {
  if (phase_ == SnapshotPhase::clearing) return clear(pages_max);
  if (phase_ == SnapshotPhase::none) return;
  if (sink_.has_failed()) return abandon("the snapshot's writer has failed");
  if (outbox_.has_overrun()) {
    return abandon("the disk is too slow for the load: " +
                   std::to_string(outbox_.waiting_max() * kSnapshotPageBytes >> 20) +
                   " MiB of changed pages wait for it; try at a quieter time or with a faster disk");
  }
  if (phase_ == SnapshotPhase::copied) return;
  for (std::size_t i = 0; i < pages_max; ++i) {
    if (!copy_one()) return;
  }
}

// False: no packet is free, or there is nothing left to copy.
bool SnapshotCapture::copy_one() {
  if (outbox_.pages_waiting() > 0) return outbox_.forward_one();
  if (state_.next_page() < state_.pages()) {
    const SnapshotPageName name{.table = SnapshotTable::state, .page = state_.next_page()};
    if (!outbox_.put(name, state_.page())) return false;
    state_.advance();
    return true;
  }
  while (next_table_ < tables_.size() && tables_[next_table_].is_done()) ++next_table_;
  if (next_table_ < tables_.size()) return tables_[next_table_].copy_next();
  outbox_.flush();
  phase_ = SnapshotPhase::copied;
  return false;
}

void SnapshotCapture::finish() {
  HOLDFAST_CHECK(phase_ == SnapshotPhase::copied, "only a snapshot with all its pages counts");
  phase_ = SnapshotPhase::none;
  sink_.finish();
}

void SnapshotCapture::abandon(std::string_view why) {
  if (phase_ != SnapshotPhase::copying && phase_ != SnapshotPhase::copied) return;
  phase_ = SnapshotPhase::clearing;
  outbox_.flush();
  sink_.abandon(why);
}

void SnapshotCapture::clear(std::size_t pages_max) {
  for (std::size_t i = 0; i < pages_max; i += kSnapshotPagesPerPacket) {
    if (outbox_.drop_block()) continue;
    phase_ = SnapshotPhase::none;
    return;
  }
}

SnapshotProgress SnapshotCapture::progress() const {
  if (phase_ == SnapshotPhase::none) return {};
  SnapshotProgress progress{.phase = phase_,
                            .position = position_,
                            .pages = pages_,
                            .pages_copied = state_.next_page(),
                            .pages_ahead = outbox_.pages_ahead(),
                            .pages_waiting = outbox_.pages_waiting()};
  for (const PageCapture& table : tables_) progress.pages_copied += table.pages_copied();
  return progress;
}

}  // namespace holdfast
