#include "engine/snapshot_capture.h"

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

}  // namespace

SnapshotCapture::SnapshotCapture(SnapshotSink& sink, const SnapshotPlan& plan, StateWriter state)
    : sink_(sink), position_(plan.position), pages_(pages_of(plan)),
      outbox_(sink, plan.pages_per_command), state_(std::move(state)) {
  tables_.reserve(plan.tables.size());
}

PageCapture& SnapshotCapture::add(SnapshotTable table, PageImage image) {
  HOLDFAST_CHECK(tables_.size() < tables_.capacity(), "the plan names each table");
  return tables_.emplace_back(table, std::move(image), outbox_);
}

void SnapshotCapture::step(std::size_t pages_max) {
  if (phase_ == SnapshotPhase::none) return;
  if (sink_.has_failed()) return abandon("the snapshot's writer has failed");
  if (outbox_.has_overrun()) return abandon("a page was to change, and there was no place for a copy of it");
  if (phase_ == SnapshotPhase::copied) return;
  for (std::size_t i = 0; i < pages_max; ++i) {
    if (!copy_one()) return;
  }
}

// False: no packet is free, or there is nothing left to copy.
bool SnapshotCapture::copy_one() {
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
  phase_ = SnapshotPhase::none;
  outbox_.flush();
  sink_.abandon(why);
}

SnapshotProgress SnapshotCapture::progress() const {
  if (phase_ == SnapshotPhase::none) return {};
  SnapshotProgress progress{.phase = phase_,
                            .position = position_,
                            .pages = pages_,
                            .pages_copied = state_.next_page(),
                            .pages_ahead = outbox_.pages_ahead(),
                            .pages_waiting = sink_.packets_waiting() * kSnapshotPagesPerPacket};
  for (const PageCapture& table : tables_) progress.pages_copied += table.pages_copied();
  return progress;
}

}  // namespace holdfast
