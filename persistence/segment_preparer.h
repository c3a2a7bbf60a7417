// Keeps empty segments ready ahead of the writer, so that the core never waits for one, and takes
// back the files of segments that nobody needs any more.
//
// Laying out (writing zeroes and syncing) makes the later writes overwrite blocks that the file
// system knows already: no metadata is written beside a durable write. A used file is as good as a
// laid-out one and costs a rename; its old blocks carry an older segment number and cannot be taken
// for new ones. So a log of steady length neither lays out nor removes files: where space that is
// given back goes to the disk at once (ext4 with `discard`), a removed file makes durable writes
// wait for tens of milliseconds.
//
// A volume without space is waited for, as long as it takes, and so is a process or a machine that
// may not open another file; any other trouble is final, and the log fails when the segment in use
// is full. `PreparerOptions::tell` says so long before that.
//
// Threads: `background` runs a thread of its own; `on_demand` does the work inside the calls, for
// simulation. The public calls are the core's but where another is named; none of them waits for
// the disk with `background`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/types.h"
#include "persistence/file_io.h"

namespace holdfast::persistence {

enum class LayoutMode : std::uint8_t { background, on_demand };

struct PreparedSegment {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
  File file;  // open for log_write; whoever takes it closes it
};

/// A segment that is full and durable, and still a file.
struct RetiredSegment {
  std::uint64_t number = 0;
  LogPosition last;  // of it, or of all before it, if it holds no record
};

/// What an operator should know of the segments to come.
enum class SegmentEvent : std::uint8_t {
  no_space,   // the next one cannot be made for want of space (or of open files); tried again
  starved,    // and the one in use is full: the log takes nothing until there is space
  space,      // there is one again
  failed,     // the next one cannot be made: the log fails when the one in use is full
};
/// `why`: what the system said. On the preparer's thread (with `on_demand`: the caller's); each
/// event once until another one comes.
using SegmentTell = std::function<void(SegmentEvent event, const std::string& why)>;

struct PreparerOptions {
  std::string dir;
  std::uint64_t segment_bytes = 0;
  std::size_t spares = 1;      // to keep ready, at least 1
  /// Used files are kept as spares up to this number, or as many as there are retired ones still
  /// needed, as the log will be that long again; beyond that they are removed.
  std::size_t spares_max = 4;
  LayoutMode mode = LayoutMode::background;
  SegmentTell tell = {};
};

/// Where laying out a segment stands, after one of its pieces.
struct LayoutPace {
  std::chrono::nanoseconds worked{};    // on the last piece
  std::uint64_t laid_bytes = 0;         // of the segment to come
  std::uint64_t used_bytes = 0;         // of the segment in use
  std::uint64_t used_before_bytes = 0;  // the same before the last piece
  bool has_spare = false;               // another one is ready
};
/// How long to rest before the next piece. What comes to the disk at the same time waits for each
/// other, so seven eighths of the disk's time are left to the log: a log write that met a piece of 1
/// MiB took 0.6 to 1.5 ms instead of 0.1, at 160 thousand payments a second one of a hundred did. No
/// rest when nothing is logged, nor when the segment to come would not be there before the one in use
/// is half full.
[[nodiscard]] std::chrono::nanoseconds layout_rest(const LayoutPace& pace);

class SegmentPreparer {
 public:
  enum class State : std::uint8_t { working, no_space, failed };

  /// `next_number`: of the next segment to lay out; `ready`: spares found at start, in order.
  SegmentPreparer(FileIo& io, PreparerOptions options, std::uint64_t next_number,
                  std::vector<PreparedSegment> ready);
  /// Stops the thread; closes the spares that nobody took.
  ~SegmentPreparer();
  SegmentPreparer(const SegmentPreparer&) = delete;
  SegmentPreparer& operator=(const SegmentPreparer&) = delete;

  /// The next segment in number, or nothing when it is not ready yet.
  [[nodiscard]] std::optional<PreparedSegment> take();
  /// Whether `take` would give one. With `on_demand` this lays one out if it can.
  [[nodiscard]] bool has_spare();
  [[nodiscard]] State state() const;
  /// Why `state` is failed or no_space; else empty.
  [[nodiscard]] std::string trouble() const;
  /// So many bytes of the segment in use are taken: how soon the next one is needed.
  void note_used(std::uint64_t bytes) { used_bytes_.store(bytes, std::memory_order_relaxed); }
  /// Whether the writer has nothing left to write to but a segment to come. Only told.
  void note_starved(bool is_starved);

  /// Segment `number` is full and durable; its last position is `last` (of all before it, if it
  /// holds no record). Segments come in order.
  void retire(std::uint64_t number, LogPosition last);
  /// Those that hold only positions below this one, oldest first. Any thread.
  [[nodiscard]] std::vector<RetiredSegment> retired_below(LogPosition position) const;
  /// Nobody needs retired segments up to this number any more: they become spares or are removed,
  /// oldest first. Any thread.
  void recycle_through(std::uint64_t number);

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  bool work(Lock& lock);
  void work_on_demand(Lock& lock);
  bool lay_out_one(Lock& lock);
  bool rest(LayoutPace pace);
  bool recycle_one(Lock& lock);
  IoResult<std::optional<File>> reuse_or_remove(std::uint64_t number, bool reuse,
                                                std::uint64_t as_number);
  void note_error(const IoError& error);
  [[nodiscard]] bool may_recycle() const;
  [[nodiscard]] bool wants_spare() const;
  [[nodiscard]] SegmentEvent event_now() const;
  void tell_news(Lock& lock);

  FileIo& io_;
  const PreparerOptions options_;
  std::atomic<std::uint64_t> used_bytes_ = 0;
  mutable std::mutex mutex_;  // guards all below; never held across a call to io_
  std::condition_variable changed_;
  std::deque<PreparedSegment> ready_;
  std::deque<RetiredSegment> retired_;
  std::uint64_t recycle_through_ = 0;
  std::uint64_t next_number_;
  State state_ = State::working;
  std::string trouble_;
  std::uint64_t backoff_ns_ = 0;
  bool is_starved_ = false;
  SegmentEvent told_ = SegmentEvent::space;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::persistence
