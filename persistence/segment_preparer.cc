#include "persistence/segment_preparer.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

#include "engine/check.h"
#include "persistence/segments.h"

namespace holdfast::persistence {
namespace {

constexpr std::size_t kSparesOpenMax = 128;  // each is an open file
constexpr int kRests = 7;  // times as long as the piece before took
constexpr auto kRestMax = std::chrono::milliseconds(5);
constexpr std::uint64_t kBackoffMinNs = 100'000'000;
constexpr std::uint64_t kBackoffMaxNs = 5'000'000'000;

}  // namespace

std::chrono::nanoseconds layout_rest(const LayoutPace& pace) {
  const bool is_late = !pace.has_spare && pace.laid_bytes / 2 < pace.used_bytes;
  const bool is_idle = pace.used_bytes == pace.used_before_bytes;
  if (is_late || is_idle) return std::chrono::nanoseconds::zero();
  return std::min<std::chrono::nanoseconds>(pace.worked * kRests, kRestMax);
}

SegmentPreparer::SegmentPreparer(FileIo& io, PreparerOptions options, std::uint64_t next_number,
                                 std::vector<PreparedSegment> ready)
    : io_(io),
      options_(std::move(options)),
      ready_(ready.begin(), ready.end()),
      next_number_(next_number) {
  HOLDFAST_CHECK(options_.spares >= 1, "the log needs a spare segment to go on to");
  if (options_.mode == LayoutMode::background) thread_ = std::thread([this] { run(); });
}

SegmentPreparer::~SegmentPreparer() {
  if (thread_.joinable()) {
    {
      const Lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  for (const PreparedSegment& segment : ready_) io_.close(segment.file);
}

std::optional<PreparedSegment> SegmentPreparer::take() {
  Lock lock(mutex_);
  work_on_demand(lock);
  if (ready_.empty()) return std::nullopt;
  const PreparedSegment segment = ready_.front();
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return segment;
}

bool SegmentPreparer::has_spare() {
  Lock lock(mutex_);
  work_on_demand(lock);
  return !ready_.empty();
}

void SegmentPreparer::work_on_demand(Lock& lock) {
  if (options_.mode != LayoutMode::on_demand) return;
  while (ready_.empty() && state_ != State::failed && work(lock)) {
  }
}

SegmentPreparer::State SegmentPreparer::state() const {
  const Lock lock(mutex_);
  return state_;
}

std::string SegmentPreparer::trouble() const {
  const Lock lock(mutex_);
  return trouble_;
}

void SegmentPreparer::note_starved(bool is_starved) {
  Lock lock(mutex_);
  is_starved_ = is_starved;
  if (options_.mode == LayoutMode::on_demand) return tell_news(lock);
  lock.unlock();
  changed_.notify_all();
}

SegmentEvent SegmentPreparer::event_now() const {
  switch (state_) {
    case State::working: break;
    case State::no_space: return is_starved_ ? SegmentEvent::starved : SegmentEvent::no_space;
    case State::failed: return SegmentEvent::failed;
  }
  return SegmentEvent::space;
}

void SegmentPreparer::tell_news(Lock& lock) {
  const SegmentEvent event = event_now();
  if (event == told_) return;
  told_ = event;
  if (!options_.tell) return;
  const std::string why = trouble_;
  lock.unlock();
  options_.tell(event, why);
  lock.lock();
}

void SegmentPreparer::retire(std::uint64_t number, LogPosition last) {
  const Lock lock(mutex_);
  HOLDFAST_CHECK(retired_.empty() || retired_.back().number + 1 == number,
                 "segments retire in order");
  retired_.push_back({number, last});
}

std::vector<RetiredSegment> SegmentPreparer::retired_below(LogPosition position) const {
  const Lock lock(mutex_);
  std::vector<RetiredSegment> below;
  for (const RetiredSegment& retired : retired_) {
    if (retired.last >= position) break;
    if (retired.number > recycle_through_) below.push_back(retired);
  }
  return below;
}

void SegmentPreparer::recycle_through(std::uint64_t number) {
  Lock lock(mutex_);
  recycle_through_ = std::max(recycle_through_, number);
  if (options_.mode == LayoutMode::on_demand) {
    while (may_recycle() && recycle_one(lock)) {
    }
  }
  lock.unlock();
  changed_.notify_all();
}

bool SegmentPreparer::may_recycle() const {
  return !retired_.empty() && retired_.front().number <= recycle_through_;
}

// Of a used file, while the oldest retired segment is the one in hand.
bool SegmentPreparer::wants_spare() const {
  const std::size_t as_long_again = std::min(retired_.size() - 1, kSparesOpenMax);
  return ready_.size() < std::max(options_.spares_max, as_long_again);
}

void SegmentPreparer::run() {
  pthread_setname_np(pthread_self(), "holdfast-log");
  Lock lock(mutex_);
  while (!stopping_) {
    const auto has_work = [this] {
      return state_ != State::failed && (may_recycle() || ready_.size() < options_.spares);
    };
    const auto has_news = [this] { return event_now() != told_; };
    changed_.wait(lock, [&] { return stopping_ || has_work() || has_news(); });
    tell_news(lock);
    if (stopping_ || !has_work() || work(lock)) continue;
    // No space: somebody must free some, or a snapshot must let segments go. A used segment is
    // space as well, so a call that allows recycling ends the wait.
    const std::uint64_t before = recycle_through_;
    changed_.wait_for(lock, std::chrono::nanoseconds(backoff_ns_),
                      [&] { return stopping_ || recycle_through_ > before || has_news(); });
  }
}

// Does one piece; false when it could not.
bool SegmentPreparer::work(Lock& lock) {
  const bool done = may_recycle() ? recycle_one(lock) : lay_out_one(lock);
  tell_news(lock);
  return done;
}

void SegmentPreparer::note_error(const IoError& error) {
  if (error.error_number == ECANCELED) return;  // stopping
  trouble_ = error.text();
  state_ = error.is_want() ? State::no_space : State::failed;
  backoff_ns_ = std::clamp(backoff_ns_ * 2, kBackoffMinNs, kBackoffMaxNs);
}

bool SegmentPreparer::lay_out_one(Lock& lock) {
  const std::uint64_t number = next_number_;
  lock.unlock();
  auto piece_began = std::chrono::steady_clock::now();
  std::uint64_t used_before = used_bytes_.load(std::memory_order_relaxed);
  const auto keep_going = [&](std::uint64_t laid_bytes) {
    const std::uint64_t used = used_bytes_.load(std::memory_order_relaxed);
    const bool going = rest({.worked = std::chrono::steady_clock::now() - piece_began,
                             .laid_bytes = laid_bytes,
                             .used_bytes = used,
                             .used_before_bytes = used_before});
    used_before = used;
    piece_began = std::chrono::steady_clock::now();
    return going;
  };
  auto file = lay_out_segment(io_, options_.dir, number, options_.segment_bytes, keep_going);
  if (file) {
    if (const auto named = name_segment(io_, options_.dir, number); !named) {
      io_.close(*file);
      file = std::unexpected(named.error());
    }
  }
  lock.lock();
  if (!file) {
    note_error(file.error());
    return false;
  }
  ready_.push_back({.number = number, .bytes = options_.segment_bytes, .file = *file});
  next_number_ = number + 1;
  state_ = State::working;
  trouble_.clear();
  backoff_ns_ = 0;
  lock.unlock();
  io_.wake();  // a core that had to park for want of a segment
  lock.lock();
  return true;
}

// Between two pieces; false when there is to be no other.
bool SegmentPreparer::rest(LayoutPace pace) {
  Lock lock(mutex_);
  if (options_.mode == LayoutMode::on_demand) return !stopping_;
  pace.has_spare = !ready_.empty();
  changed_.wait_for(lock, layout_rest(pace), [this] { return stopping_; });
  return !stopping_;
}

bool SegmentPreparer::recycle_one(Lock& lock) {
  const RetiredSegment oldest = retired_.front();
  const bool reuse = wants_spare();
  const std::uint64_t as_number = next_number_;
  lock.unlock();
  const auto reused = reuse_or_remove(oldest.number, reuse, as_number);
  lock.lock();
  if (!reused) {
    note_error(reused.error());
    return false;
  }
  retired_.pop_front();
  if (reused->has_value()) {
    ready_.push_back({.number = as_number, .bytes = options_.segment_bytes, .file = **reused});
    next_number_ = as_number + 1;
    state_ = State::working;
    trouble_.clear();
    backoff_ns_ = 0;
    lock.unlock();
    io_.wake();
    lock.lock();
  }
  return true;
}

// The file as the segment `as_number`, or nothing when it was removed.
IoResult<std::optional<File>> SegmentPreparer::reuse_or_remove(std::uint64_t number, bool reuse,
                                                               std::uint64_t as_number) {
  const std::string path = join_path(options_.dir, segment_name(number));
  const std::string new_path = join_path(options_.dir, segment_name(as_number));
  if (reuse) {
    const auto old_file = io_.open(path, OpenMode::read);
    if (!old_file) return std::unexpected(old_file.error());
    const auto bytes = io_.size(*old_file);
    io_.close(*old_file);
    if (!bytes) return std::unexpected(bytes.error());
    reuse = *bytes == options_.segment_bytes;  // another length was configured since
  }
  auto done = reuse ? io_.rename(path, new_path) : io_.unlink(path);
  if (done) done = io_.sync_directory(options_.dir);
  if (!done) return std::unexpected(done.error());
  if (!reuse) return std::nullopt;
  const auto file = io_.open(new_path, OpenMode::log_write);
  if (!file) return std::unexpected(file.error());
  return *file;
}

}  // namespace holdfast::persistence
