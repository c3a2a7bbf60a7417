#include "persistence/snapshot_writer.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

/// After a piece of reading back, at most.
constexpr std::chrono::milliseconds kRestMax{10};

std::uint64_t monotonic_ns() {
  return static_cast<std::uint64_t>(
      std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count());
}

}  // namespace

SnapshotWriter::SnapshotWriter(FileIo& io, SnapshotWriterOptions options)
    : io_(io),
      options_(std::move(options)),
      packets_(io),
      kept_(options_.kept) {
  HOLDFAST_CHECK(std::is_sorted(kept_.begin(), kept_.end()), "kept snapshots come oldest first");
  if (!kept_.empty()) {
    report_.newest_position = kept_.back();
    report_.newest_time = options_.newest_time;
    report_.newest_bytes = options_.newest_bytes;
  }
  tell_log_covered();
  if (options_.mode == SnapshotWriterOptions::Mode::background) {
    thread_ = std::thread([this] { run(); });
  }
}

SnapshotWriter::~SnapshotWriter() {
  stopping_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    signals_.fetch_add(1, std::memory_order_release);
    signals_.notify_one();
    thread_.join();
  }
  file_.reset();
  check_.reset();
  // A file that is not whole; if it cannot be removed, recovery will.
  const bool has_file = stage_ != Stage::idle && stage_ != Stage::tidying && stage_ != Stage::broken;
  if (has_file) static_cast<void>(io_.unlink(temporary_path()));
  if (!spare_.empty()) static_cast<void>(io_.unlink(spare_));
}

// The core's side ----------------------------------------------------------------------------

std::expected<void, SnapshotDelay> SnapshotWriter::begin(const SnapshotPlan& plan) {
  if (busy_.load(std::memory_order_acquire)) return std::unexpected(busy_with_);
  plan_ = plan;
  const bool has_packets = packets_.are_enough_for(plan_);
  if (has_packets) failed_.store(false, std::memory_order_relaxed);
  busy_with_ = has_packets ? SnapshotDelay::being_written : SnapshotDelay::making_memory;
  busy_.store(true, std::memory_order_relaxed);
  send({.ask = has_packets ? Ask::begin : Ask::make_packets});
  if (!has_packets) return std::unexpected(busy_with_);
  return {};
}

void SnapshotWriter::put_packet(SnapshotPacket* packet) {
  if (packet->count > 0) ++packets_put_;
  send({.ask = Ask::packet, .packet = packet});
}
void SnapshotWriter::finish() { send({.ask = Ask::finish}); }

void SnapshotWriter::abandon(std::string_view why) {
  abandoned_why_ = why;
  send({.ask = Ask::abandon});
}

void SnapshotWriter::send(Message message) {
  // There are twice as many places as packets, and two messages of a snapshot besides them.
  HOLDFAST_CHECK(messages_.push(message), "every message has its place");
  signals_.fetch_add(1, std::memory_order_release);
  signals_.notify_one();
}

template <class Change>
void SnapshotWriter::change_report(Change&& change) {
  {
    const std::lock_guard guard(mutex_);
    change(report_);
  }
  report_changes_.fetch_add(1, std::memory_order_release);
}

// The writer's side --------------------------------------------------------------------------

void SnapshotWriter::run() {
  pthread_setname_np(pthread_self(), "holdfast-snap");
  // The core sets the pace of writing, by what it copies. A writer of low priority would not keep up
  // with that where all processors are busy: the core gives snapshots up then, one after the other,
  // and the log grows. Nothing waits for reading back: it takes half of the time.
  while (!stopping_.load(std::memory_order_acquire)) {
    const int seen = signals_.load(std::memory_order_acquire);
    const bool rests = stage_ == Stage::verifying;
    const auto begun = std::chrono::steady_clock::now();
    if (step()) {
      if (!rests) continue;
      const auto took = std::chrono::steady_clock::now() - begun;
      std::this_thread::sleep_for(std::min<std::chrono::steady_clock::duration>(took, kRestMax));
      continue;
    }
    signals_.wait(seen, std::memory_order_acquire);
  }
}

bool SnapshotWriter::step() {
  switch (stage_) {
    case Stage::sealing: seal_file(); return true;
    case Stage::verifying: verify_some(); return true;
    case Stage::naming: name_file(); return true;
    case Stage::tidying: tidy(); return true;
    case Stage::idle:
    case Stage::writing:
    case Stage::broken: break;
  }
  return take_message();
}

void SnapshotWriter::take_back(SnapshotPacket& packet) {
  if (packet.count > 0) packets_done_.fetch_add(1, std::memory_order_relaxed);
  packets_.give_back(&packet);
}

bool SnapshotWriter::take_message() {
  const auto message = messages_.pop();
  if (!message) return false;
  switch (message->ask) {
    case Ask::make_packets:
      while (!stopping_.load(std::memory_order_relaxed) && packets_.make_some_for(plan_)) {
      }
      become_idle();
      break;
    case Ask::begin:
      start_file();
      break;
    case Ask::packet:
      // One that is broken takes what still comes, until the core ends it.
      if (stage_ == Stage::writing && message->packet->count > 0) write_packet(*message->packet);
      take_back(*message->packet);
      if (stage_ == Stage::writing) packets_.keep_ready_for(plan_);
      break;
    case Ask::finish:
      if (stage_ == Stage::broken) {
        become_idle();
      } else {
        stage_ = Stage::sealing;
      }
      break;
    case Ask::abandon:
      if (stage_ == Stage::broken) {
        become_idle();
      } else {
        give_up(SnapshotEvent::abandoned, abandoned_why_);
        become_idle();
      }
      break;
  }
  return true;
}

std::string SnapshotWriter::final_path() const {
  return join_path(options_.dir, snapshot_name(plan_.position));
}
std::string SnapshotWriter::temporary_path() const {
  return final_path() + std::string(kTemporarySuffix);
}

void SnapshotWriter::start_file() {
  begun_at_ns_ = monotonic_ns();
  taken_at_ = options_.now ? options_.now() : plan_.time;
  const auto header = header_page_of(plan_, options_.log_id, taken_at_);
  if (!header) return fail(header.error());
  auto file = make_file(*header);
  if (!file) return fail(file.error().text());
  file_.emplace(std::move(*file));
  stage_ = Stage::writing;
}

IoResult<SnapshotFileWriter> SnapshotWriter::make_file(const SnapshotHeaderPage& header) {
  if (!spare_.empty()) {
    const std::string spare = std::exchange(spare_, {});
    if (const auto renamed = io_.rename(spare, temporary_path()); !renamed) {
      static_cast<void>(io_.unlink(spare));
      return std::unexpected(renamed.error());
    }
    auto file = SnapshotFileWriter::reuse(io_, temporary_path(), header);
    if (file || file.error().error_number != EWOULDBLOCK) return file;
    // Removed, it stays whole for a backup that has it open.
    if (const auto gone = io_.unlink(temporary_path()); !gone) return std::unexpected(gone.error());
  }
  return SnapshotFileWriter::create(io_, temporary_path(), header);
}

void SnapshotWriter::write_packet(SnapshotPacket& packet) {
  const std::span<const SnapshotPageName> names = std::span(packet.names).first(packet.count);
  const auto written =
      file_->add_packet(names, {packet.pages - kSnapshotPageBytes, kSnapshotPacketBytesMax});
  if (!written) fail(written.error().text());
}

void SnapshotWriter::seal_file() {
  const auto sealed = file_->finish();
  if (!sealed) {
    fail(sealed.error().text());
    return become_idle();
  }
  file_bytes_ = file_->bytes();
  file_.reset();
  check_ = std::make_unique<SnapshotFileReader>(io_, temporary_path(), options_.log_id);
  stage_ = Stage::verifying;
  if (check_->begin(plan_.position)) return;
  fail("what was written does not read back: " + check_->finding().text());
  become_idle();
}

void SnapshotWriter::verify_some() {
  switch (check_->next()) {
    case SnapshotFileReader::Step::packet: return;
    case SnapshotFileReader::Step::whole:
      check_.reset();
      stage_ = Stage::naming;
      return;
    case SnapshotFileReader::Step::bad: break;
  }
  fail("what was written does not read back: " + check_->finding().text());
  become_idle();
}

void SnapshotWriter::name_file() {
  auto named = io_.rename(temporary_path(), final_path());
  if (!named) {
    fail(named.error().text());
    return become_idle();
  }
  // From here on it may count after a crash, so nothing more is undone.
  named = io_.sync_directory(options_.dir);
  if (!named) {
    stage_ = Stage::tidying;  // no temporary file is left
    fail(named.error().text());
    return become_idle();
  }
  std::erase_if(kept_, [&](LogPosition position) { return position >= plan_.position; });
  kept_.push_back(plan_.position);
  if (kept_.size() > 2) kept_.erase(kept_.begin(), kept_.end() - 2);
  const std::uint64_t duration_ns = monotonic_ns() - begun_at_ns_;
  change_report([&](SnapshotReport& report) {
    report.newest_position = plan_.position;
    report.newest_time = plan_.time;
    report.newest_bytes = file_bytes_;
    ++report.completed;
  });
  tell(SnapshotEvent::counts,
       fmt::format("snapshot of position {} counts: {} bytes, verified, {} ms", plan_.position.value,
                   file_bytes_, duration_ns / 1'000'000));
  stage_ = Stage::tidying;
}

void SnapshotWriter::tidy() {
  if (const auto gone = let_older_go(); !gone) {
    tell(SnapshotEvent::trouble,
         "an older snapshot is still there and takes space: " + gone.error().text());
  }
  tell_log_covered();
  become_idle();
}

// All but the kept ones, also such as recovery found damaged. One of them becomes the spare, once
// the directory is synced: a crash must not bring its name back after it was written over.
IoResult<void> SnapshotWriter::let_older_go() {
  const auto snapshots = list_snapshots(io_, options_.dir);
  if (!snapshots) return std::unexpected(snapshots.error());
  std::string spare = spare_;
  bool any = false;
  for (const SnapshotFile& snapshot : *snapshots) {
    if (std::find(kept_.begin(), kept_.end(), snapshot.position) != kept_.end()) continue;
    const std::string path = join_path(options_.dir, snapshot.name);
    const bool is_spare = spare.empty();
    if (is_spare) spare = path + std::string(kTemporarySuffix);
    if (const auto gone = is_spare ? io_.rename(path, spare) : io_.unlink(path); !gone) return gone;
    any = true;
  }
  if (!any) return {};
  if (const auto synced = io_.sync_directory(options_.dir); !synced) return synced;
  spare_ = spare;
  return {};
}

void SnapshotWriter::tell_log_covered() {
  // With one alone the log is the second way to the state, from its beginning.
  if (kept_.size() >= 2 && options_.on_log_covered) options_.on_log_covered(kept_.front());
}

// The core sees `has_failed` and ends what it began; until then its packets come and are dropped.
void SnapshotWriter::fail(std::string why) {
  give_up(SnapshotEvent::failed, why);
  stage_ = Stage::broken;
  failed_.store(true, std::memory_order_release);
}

void SnapshotWriter::give_up(SnapshotEvent event, const std::string& why) {
  change_report([](SnapshotReport& report) { ++report.failed; });
  file_.reset();
  check_.reset();
  const bool has_file = stage_ != Stage::tidying;
  const bool is_good_spare = event == SnapshotEvent::abandoned && stage_ == Stage::writing;
  std::string text = fmt::format("snapshot of position {} {}: {}; the server goes on, and the log "
                                 "keeps what it would have covered",
                                 plan_.position.value,
                                 event == SnapshotEvent::failed ? "failed" : "was abandoned", why);
  if (is_good_spare) {
    spare_ = temporary_path();  // the next try comes soon
  } else if (has_file) {
    if (const auto gone = io_.unlink(temporary_path()); !gone && gone.error().error_number != ENOENT) {
      text += fmt::format(" ({})", gone.error().text());
    }
  }
  tell(event, text);
}

void SnapshotWriter::become_idle() {
  stage_ = Stage::idle;
  busy_.store(false, std::memory_order_release);
}

void SnapshotWriter::tell(SnapshotEvent event, const std::string& text) const {
  if (options_.tell) options_.tell(event, text);
}

SnapshotReport SnapshotWriter::report() const {
  const std::uint64_t changes = report_changes_.load(std::memory_order_acquire);
  if (changes != report_seen_) {
    const std::lock_guard guard(mutex_);
    report_copy_ = report_;
    report_seen_ = changes;
  }
  return report_copy_;
}

}  // namespace holdfast::persistence
