#include "engine/snapshot_state.h"

#include <algorithm>
#include <cstring>

#include "engine/check.h"

namespace holdfast {

StateWriter::StateWriter(std::vector<std::byte> opening, const RuleSets& rule_sets)
    : rule_sets_(rule_sets),
      bytes_(opening.size() + rule_sets.size() * sizeof(RuleSetEntry) + rule_sets.row_bytes()),
      rule_sets_total_(static_cast<std::uint32_t>(rule_sets.size())),
      encoded_(std::move(opening)) {
  StateHeader header;
  std::memcpy(&header, encoded_.data(), sizeof header);
  header.header_bytes = sizeof header;
  header.bytes = bytes_;
  header.rule_sets = rule_sets_total_;
  std::memcpy(encoded_.data(), &header, sizeof header);
}

const std::byte* StateWriter::page() {
  while (encoded_.size() - told_ < kSnapshotPageBytes && next_set_ < rule_sets_total_) {
    // What was told makes room, so that the buffer stays a few pages long.
    encoded_.erase(encoded_.begin(), encoded_.begin() + static_cast<std::ptrdiff_t>(told_));
    told_ = 0;
    encode_more();
  }
  if (encoded_.size() - told_ < kSnapshotPageBytes) {
    HOLDFAST_CHECK(next_page_ + 1 == pages(), "the stream is as long as was announced");
    encoded_.resize(told_ + kSnapshotPageBytes);
  }
  return encoded_.data() + told_;
}

void StateWriter::advance() {
  told_ += kSnapshotPageBytes;
  ++next_page_;
}

// The head of a rule set, or the rest of one kind of its rows, or as many of them as fill a page.
void StateWriter::encode_more() {
  const RuleSet& set = rule_sets_[next_set_];
  if (next_row_ == 0) {
    set_ = rule_sets_.captured(next_set_);
    append_bytes(encoded_, RuleSetEntry{.announced = {.program = set.program,
                                                      .version = set.version,
                                                      .categories = set.categories_announced,
                                                      .controls = set.controls_announced,
                                                      .list_items = set.list_items_announced,
                                                      .zone_offsets = set.zone_offsets_announced},
                                        .categories = set_.categories,
                                        .controls = set_.controls,
                                        .list_items = set_.list_items,
                                        .zone_offsets = set_.zone_offsets,
                                        .was_activated = set_.was_activated ? 1U : 0U});
  }
  const std::size_t controls_from = set_.categories;
  const std::size_t items_from = controls_from + set_.controls;
  const std::size_t offsets_from = items_from + set_.list_items;
  const std::size_t rows = offsets_from + set_.zone_offsets;
  const std::size_t most = std::min(rows, next_row_ + kSnapshotPageBytes / sizeof(AddZoneOffset));
  for (; next_row_ < most; ++next_row_) {
    if (next_row_ < controls_from) {
      append_bytes(encoded_, set.categories[next_row_]);
    } else if (next_row_ < items_from) {
      append_bytes(encoded_, set.controls[next_row_ - controls_from]);
    } else if (next_row_ < offsets_from) {
      append_bytes(encoded_, set.list_items[next_row_ - items_from]);
    } else {
      append_bytes(encoded_, set.zone_offsets[next_row_ - offsets_from]);
    }
  }
  if (next_row_ == rows) {
    ++next_set_;
    next_row_ = 0;
  }
}

}  // namespace holdfast
