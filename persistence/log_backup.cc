#include "persistence/log_backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace holdfast::persistence {
namespace {

using Kind = CopyError::Kind;

}  // namespace

Copied<bool> LogBackup::copy() {
  const auto wanted = plan();
  if (!wanted) return std::unexpected(wanted.error());
  if (!wanted->is_any) return true;
  return copy_blocks(*wanted);
}

BackedSegment* LogBackup::find(std::uint64_t number) {
  for (BackedSegment& segment : manifest_.segments) {
    if (segment.number == number) return &segment;
  }
  return nullptr;
}

void LogBackup::put(const BackedSegment& segment) {
  if (BackedSegment* there = find(segment.number)) {
    *there = segment;
    return;
  }
  manifest_.segments.push_back(segment);
  std::ranges::sort(manifest_.segments, {}, &BackedSegment::number);
}

// From the first segment that the backup does not have whole,
// to the last that anything stands in now.
Copied<LogBackup::Plan> LogBackup::plan() {
  constexpr int kLooksMax = 20;
  for (int looks = 1;; ++looks) {
    const auto found = look(looks == kLooksMax);
    if (!found) return std::unexpected(found.error());
    if (*found) return **found;
  }
}

// Nothing: a segment moved away meanwhile, so that where it is now must be looked up.
Copied<std::optional<LogBackup::Plan>> LogBackup::look(bool is_last_look) {
  const auto segments = list_segments(io_, options_.dir, options_.archive_dir);
  if (!segments) return unreadable_source(segments.error(), options_.dir);
  Plan plan;
  for (const SegmentFile& segment : *segments) {
    const auto front = read_segment_front(io_, identity_.log_id, segment);
    if (!front && front.error().error_number == ENOENT) {
      if (is_last_look) continue;
      return std::nullopt;
    }
    if (!front) return unreadable_source(front.error(), options_.dir);
    if (!front->has_value()) continue;
    plan.segment_last = segment.number;
    const BackedSegment* there = find(segment.number);
    if (!plan.is_any && there != nullptr && there->is_full()) continue;
    if (!plan.is_any) {
      plan.is_any = true;
      plan.from_the_first = segment.number == segments->front().number;
      const std::uint64_t first = (*front)->position_first.value;
      plan.start_after = {first == 0 ? 0 : first - 1};
    }
    plan.bytes += identity_.segment_bytes;
  }
  const BackedSegment* tail = manifest_.segments.empty() ? nullptr : &manifest_.segments.back();
  if (tail != nullptr && plan.segment_last < tail->number) {
    return std::unexpected(CopyError{
        .kind = Kind::usage,
        .reason = fmt::format("{} holds log up to position {}, and that of {} ends before",
                              options_.to, tail->last.value, options_.dir),
        .what_to_do =
            "the directory is an older copy, or lost its end. Keep this backup; back this "
            "directory up into a new one"});
  }
  return plan;
}

Copied<bool> LogBackup::copy_blocks(const Plan& plan) {
  // From the first segment there is on, positions from before it need not be anywhere.
  ReaderOptions reading{.start_after = plan.start_after,
                        .read_covered = plan.from_the_first,
                        .archive_dir = options_.archive_dir};
  WalReader reader(io_, options_.dir, identity_.log_id, std::move(reading));
  while (true) {
    switch (reader.next_block()) {
      case WalReader::Step::block:
        if (reader.segment_number() > plan.segment_last) return come_to_end();
        if (const auto taken = take_block(reader); !taken) return std::unexpected(taken.error());
        passed_segment_ = reader.segment_number();
        bytes_ += reader.header().block_bytes;
        if (options_.on_progress) {
          options_.on_progress({.bytes = bytes_, .bytes_total = std::max(plan.bytes, bytes_)});
        }
        continue;
      case WalReader::Step::end: {
        const BackedSegment* tail =
            manifest_.segments.empty() ? nullptr : &manifest_.segments.back();
        if (tail != nullptr && reader.end().segment_number <= tail->number &&
            reader.end().next_block <= tail->block_last) {
          return diverged(segment_name(tail->number));
        }
        return come_to_end();
      }
      case WalReader::Step::damage:
        return std::unexpected(CopyError{.kind = Kind::damaged,
                                         .reason = reader.damage().text(),
                                         .what_to_do = std::string(kDamagedSource)});
      case WalReader::Step::error:
        if (!reader.was_let_go()) return unreadable_source(reader.io_error(), options_.dir);
        return false;
    }
  }
}

Copied<bool> LogBackup::come_to_end() {
  if (const auto ended = end_segment(); !ended) return std::unexpected(ended.error());
  return true;
}

std::unexpected<CopyError> LogBackup::diverged(const std::string& where) const {
  return std::unexpected(CopyError{
      .kind = Kind::usage,
      .reason =
          fmt::format("{} holds other log than {} ({}): they are two copies of one log that went "
                      "on in different ways, or the directory lost its end",
                      options_.to, options_.dir, where),
      .what_to_do =
          "keep this backup, it holds what the directory does not; back the "
          "directory up into a new one"});
}

Copied<void> LogBackup::take_block(const WalReader& reader) {
  const std::uint64_t number = reader.segment_number();
  const BlockHeader& header = reader.header();
  if (copy_.is_under_way() && copy_.number() != number) {
    if (const auto ended = end_segment(); !ended) return ended;
  }
  if (const BackedSegment* there = find(number); there != nullptr && !copy_.is_under_way()) {
    const bool begins_so =
        header.block_number != there->block_first || header.previous_checksum == there->before;
    const bool ends_so =
        header.block_number != there->block_last || header.checksum == there->checksum;
    if (!begins_so || !ends_so) return diverged(segment_name(number));
    if (header.block_number <= there->block_last) return {};
    const bool goes_on = !there->is_full() && header.block_number == there->block_last + 1;
    if (!goes_on) return diverged(segment_name(number));
  }
  if (!copy_.is_under_way()) {
    if (const auto begun = begin_segment(reader); !begun) return begun;
  }
  if (const auto added = copy_.add(reader.block()); !added) return target_failed(added.error());
  return note_block(reader);
}

Copied<void> LogBackup::begin_segment(const WalReader& reader) {
  const BlockHeader& header = reader.header();
  const std::uint64_t number = reader.segment_number();
  if (const BackedSegment* there = find(number)) {
    current_ = *there;  // it goes on behind what the backup has of it
  } else {
    // What the backup has of the segment before may end in its middle,
    // if the rest was let go unseen.
    const BackedSegment* before = find(number - 1);
    const bool must_continue =
        before != nullptr && (before->is_full() || passed_segment_ + 1 == number);
    if (must_continue && (header.previous_checksum != before->checksum ||
                          header.block_number != before->block_last + 1)) {
      return diverged(segment_name(number));
    }
    current_ = {.number = number,
                .first = header.position_first,
                .last = {header.position_first.value - 1},
                .block_first = header.block_number,
                .before = header.previous_checksum};
  }
  current_.file_bytes = reader.segment_bytes();
  if (const auto begun = copy_.begin(number, current_.bytes); !begun) {
    return target_failed(begun.error());
  }
  return {};
}

Copied<void> LogBackup::note_block(const WalReader& reader) {
  const BlockHeader& header = reader.header();
  const auto walked = for_each_record(header, reader.payload(), [&](const Record& record) {
    if (current_.first_time.ns == 0) current_.first_time = record.outcome.time;
    current_.last_time = record.outcome.time;
    return true;
  });
  if (!walked) {
    return std::unexpected(
        CopyError{.kind = Kind::damaged,
                  .reason = Finding{reader.path(), reader.offset(), walked.error()}.text(),
                  .what_to_do = std::string(kDamagedSource)});
  }
  current_.last = header.position_last;
  current_.block_last = header.block_number;
  current_.checksum = header.checksum;
  return {};
}

Copied<void> LogBackup::end_segment() {
  if (!copy_.is_under_way()) return {};
  const BackedSegment* there = find(current_.number);
  report_.bytes_copied += copy_.bytes() - (there == nullptr ? 0 : there->bytes);
  report_.records_new += current_.records() - (there == nullptr ? 0 : there->records());
  ++report_.segments_copied;
  current_.bytes = copy_.bytes();
  if (const auto finished = copy_.finish(); !finished) return target_failed(finished.error());
  put(current_);
  return {};
}

}  // namespace holdfast::persistence
