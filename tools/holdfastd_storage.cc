#include "tools/holdfastd_storage.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "persistence/segments.h"
#include "persistence/write_method.h"
#include "tools/system_clock.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {

using persistence::RecoveryProgress;
using persistence::SnapshotEvent;

persistence::WriteMethod choose_write_method(const ServerSettings& settings) {
  constexpr std::uint64_t kBudget_ns = 100'000'000;
  if (settings.write_method == "dsync") return persistence::WriteMethod::dsync;
  if (settings.write_method == "fdatasync") return persistence::WriteMethod::write_then_fdatasync;
  const auto figures = persistence::measure_write_methods(settings.data_dir, kBudget_ns);
  if (!figures) {  // what the log itself runs into is told when it does
    spdlog::warn("the write methods could not be measured: {}", figures.error().text());
    return persistence::WriteMethod::dsync;
  }
  spdlog::info("write method by measurement: {}", persistence::text_of(*figures));
  return persistence::better_method(*figures);
}

void StartProgress::note(const RecoveryProgress& progress) {
  const Clock::time_point now = Clock::now();
  if (phase_ != progress.phase) {
    phase_ = progress.phase;
    phase_began_ = told_at_ = now;
  }
  if (now - told_at_ < std::chrono::seconds(1)) return;
  told_at_ = now;
  const double seconds = std::chrono::duration<double>(now - phase_began_).count();
  const double left = static_cast<double>(progress.bytes_total - progress.bytes) /
                      static_cast<double>(progress.bytes) * seconds;
  const std::string done = bytes_text(progress.bytes);
  const std::string total = bytes_text(progress.bytes_total);
  if (progress.phase == RecoveryProgress::Phase::snapshot) {
    spdlog::info("start: snapshot, {} of {}, about {:.0f} s left", done, total, left);
  } else {
    // The last segment in use may be nearly empty.
    spdlog::info("start: log, {} records, {} of at most {}, at most {:.0f} s left",
                 count_text(progress.records), done, total, left);
  }
}

void log_start(const persistence::RecoveryReport& report, const persistence::FileIoTraits& io) {
  spdlog::info("log {}: {}, {}{}", id_text(report.log_id), io.name, io.write_method,
               report.direct ? ", past the page cache" : ", through the page cache");
  if (!io.notes.empty()) spdlog::warn("{}", io.notes);
  if (report.created) {
    spdlog::info("a new log was made");
    return;
  }
  for (const persistence::SkippedSnapshot& skipped : report.skipped) {
    spdlog::warn("the snapshot {}", skipped.text());
  }
  if (report.start->verdict == persistence::StartVerdict::warn) {
    spdlog::warn("{}", report.start->told);
  }
  if (!report.snapshot_position.is_zero()) {
    spdlog::info("loaded the snapshot of position {}, taken {} ({}), in {}",
                 report.snapshot_position.value, time_text(report.snapshot_taken_at),
                 bytes_text(report.snapshot_bytes), duration_text(report.snapshot_ns));
  }
  spdlog::info("recovered {} records in {} blocks ({}) in {}; last position {}",
               count_text(report.records), count_text(report.blocks), bytes_text(report.bytes),
               duration_text(report.duration_ns), report.last_position.value);
  if (!report.cut.empty()) spdlog::warn("cut an unfinished end: {}", report.cut);
}

void log_segments(persistence::SegmentEvent event, const std::string& why) {
  using persistence::SegmentEvent;
  switch (event) {
    case SegmentEvent::no_space:
      spdlog::error(
          "log: there is no room for another segment: {}; the one in use takes commands until it "
          "is full. Make room: it is tried again by itself",
          why);
      break;
    case SegmentEvent::starved:
      spdlog::critical(
          "log: full: new commands are declined cannot_decide_now (91) until there is room ({}). "
          "Answers given before and inquiries are still told",
          why);
      break;
    case SegmentEvent::space:
      spdlog::info("log: there is room again; commands are decided");
      break;
    case SegmentEvent::failed:
      spdlog::critical(
          "log: another segment cannot be made: {}; the server stops when the one in use is full. "
          "Look at the disk",
          why);
      break;
  }
}

persistence::IoResult<Housekeeping> keep_house(persistence::FileIo& io,
                                               const ServerSettings& settings,
                                               const persistence::OpenedLog& log) {
  persistence::RecyclerOptions recycler;
  recycler.dir = settings.data_dir;
  recycler.tell = [](bool is_trouble, const std::string& text) {
    spdlog::log(is_trouble ? spdlog::level::err : spdlog::level::info, "archive: {}", text);
  };
  if (!settings.archive_dir.empty()) {
    const auto identity = persistence::read_identity(io, settings.data_dir);
    if (!identity) return std::unexpected(identity.error());
    auto archive = persistence::SegmentArchive::open(io, settings.archive_dir, *identity);
    if (!archive) return std::unexpected(archive.error());
    recycler.archive.emplace(std::move(*archive));
  }
  Housekeeping house;
  house.recycler =
      std::make_unique<persistence::LogRecycler>(log.writer->segments(), std::move(recycler));

  if (!settings.snapshots) return house;
  persistence::SnapshotWriterOptions options;
  options.dir = settings.data_dir;
  options.log_id = log.report.log_id;
  options.kept = log.report.kept_snapshots;
  options.newest_time = log.report.snapshot_time;
  options.newest_bytes = log.report.snapshot_bytes;
  options.now = [] { return SystemClock().now(); };
  options.on_log_covered = [recycler_of = house.recycler.get()](LogPosition below) {
    recycler_of->recycle_below(below);
  };
  options.tell = [](SnapshotEvent event, std::string_view text) {
    const auto level = event == SnapshotEvent::counts   ? spdlog::level::info
                       : event == SnapshotEvent::failed ? spdlog::level::err
                                                        : spdlog::level::warn;
    spdlog::log(level, "{}", text);
  };
  house.snapshots = std::make_unique<persistence::SnapshotWriter>(io, std::move(options));
  return house;
}

}  // namespace holdfast::tools
