// FileIo in memory, with a disk that misbehaves as told: for tests and the simulator.
//
// One seed decides everything: when writes complete and in which order, which are torn, lost,
// misdirected or fail, and what a power cut leaves of what was under way. The same seed and calls
// give the same bytes. Thread: one (no locks inside; use LayoutMode::on_demand).
//
// The model: a file is bytes; a name in a directory is durable only after `sync_directory` of it;
// data by `write_at` only after `sync`; data by `submit_write` when its completion has been polled,
// or, if a crash comes first, by the mercy of the seed: for each write all of it, none, or a mix of
// new, old and zero sectors. A process that is killed leaves its unsynced writes with the kernel:
// readers see them, and the next crash may still take them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "persistence/file_io.h"
#include "persistence/testing/sim_bytes.h"

namespace holdfast::persistence {

/// What a crash leaves of one write that was under way.
enum class CrashFate : std::uint8_t { new_bytes, old_bytes, torn, zeroes };

struct SimFaults {
  // Chances in 10,000 for each durable write.
  std::uint32_t error_per_10k = 0;        // completes with EIO; the bytes may be there or not
  std::uint32_t short_per_10k = 0;        // completes with fewer bytes
  std::uint32_t lost_per_10k = 0;         // completes well, and nothing was written
  std::uint32_t misdirected_per_10k = 0;  // completes well, written to another place of the file
  std::uint32_t bit_flip_per_10k = 0;     // completes well, one bit of it wrong
  std::uint32_t delay_polls_max = 3;      // polls until a completion shows, drawn 0..this
  // Chances in 10,000 for each blocking write, and for each sync of a file.
  std::uint32_t plain_error_per_10k = 0;     // EIO; the bytes may be there or not
  std::uint32_t plain_lost_per_10k = 0;      // done, and nothing was written
  std::uint32_t plain_bit_flip_per_10k = 0;  // done, one bit of it wrong
  std::uint32_t sync_error_per_10k = 0;      // EIO, and what was not synced is dropped by a crash
};

class SimFileIo final : public FileIo {
 public:
  explicit SimFileIo(std::uint64_t seed, SimFaults faults = {});

  void set_faults(const SimFaults& faults) { faults_ = faults; }
  /// Bytes that all files together may have; laying out beyond it gives ENOSPC.
  void set_capacity(std::uint64_t bytes) { capacity_bytes_ = bytes; }
  /// The next calls of an operation ("sync", "rename", "open", …) fail with this errno.
  void fail_next(std::string operation, int error_number, std::uint32_t times = 1);
  /// Takes back what `fail_next` planned and has not happened; returns how many calls that was.
  std::uint32_t forget_failures();

  /// The power goes: what is under way meets its fate, what is not synced may be gone, all files
  /// are closed, all locks free. `fates`: for the writes under way in the order of submission;
  /// missing ones are drawn.
  void crash(std::vector<CrashFate> fates = {});
  /// The process is killed, the disk is not: what is under way is written (and not yet durable),
  /// names stay.
  void kill();
  /// The power goes in the middle of something: after so many more calls that change something (a
  /// file made, written, synced, renamed or removed, a durable write submitted or completed)
  /// nothing changes any more and all calls fail with EIO. `crash` (or `kill`: then it was the
  /// process that ended there) tells what is left, and ends it.
  /// For crashes at each step of something.
  void cut_power_after(std::uint64_t changes) { cut_at_ = changes_ + changes; }
  /// The planned cut does not come, unless it came already.
  void forget_power_cut() {
    if (!power_is_cut()) cut_at_ = UINT64_MAX;
  }
  [[nodiscard]] bool power_is_cut() const { return changes_ >= cut_at_; }
  /// Calls so far that change something.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  /// Decides what `crash` leaves, instead of the seed: asked for a number below `options`, in an
  /// order that is always the same. To try everything that a crash may leave.
  using Chooser = std::function<std::uint64_t(std::uint64_t options)>;
  void set_chooser(Chooser chooser) { chooser_ = std::move(chooser); }
  /// What went wrong, by name ("lost write", "crash: torn", "sync fails"), and how often.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& struck() const { return struck_; }
  /// Calls and writes so far that were told to have failed, other than for want of space.
  [[nodiscard]] std::uint64_t failures_told() const { return failures_told_; }
  /// A hash over all operations that changed something, their places and bytes.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_; }
  [[nodiscard]] std::size_t writes_under_way() const { return under_way_.size(); }

  /// The bytes of a file as a reader sees them, all or a piece. The file must exist.
  [[nodiscard]] std::vector<std::byte> bytes_of(const std::string& path) const;
  [[nodiscard]] std::vector<std::byte> bytes_of(const std::string& path, std::uint64_t offset,
                                                std::size_t bytes) const;
  [[nodiscard]] std::size_t size_of(const std::string& path) const;
  /// Bytes that all files together have.
  [[nodiscard]] std::uint64_t bytes_used() const;
  /// Rot, or somebody's hand: changes the bytes for good. A file that is not there is made.
  void overwrite(const std::string& path, std::uint64_t offset, std::span<const std::byte> bytes);
  void truncate(const std::string& path, std::uint64_t bytes);
  void remove(const std::string& path);
  [[nodiscard]] bool exists(const std::string& path) const { return names_.contains(path); }
  /// A copy of all files, closed and without faults: to try several things from one state.
  [[nodiscard]] std::unique_ptr<SimFileIo> copy(std::uint64_t seed) const;

  [[nodiscard]] FileIoTraits traits() const override;
  [[nodiscard]] IoResult<File> open(const std::string& path, OpenMode mode) override;
  void close(File file) override;
  [[nodiscard]] bool is_direct(File) const override { return true; }
  [[nodiscard]] IoResult<File> lock(const std::string& path) override;
  [[nodiscard]] IoResult<std::size_t> read_at(File file, std::uint64_t offset,
                                              std::span<std::byte> out) override;
  [[nodiscard]] IoResult<void> write_at(File file, std::uint64_t offset,
                                        std::span<const std::byte> bytes) override;
  [[nodiscard]] IoResult<void> sync(File file) override;
  [[nodiscard]] IoResult<std::uint64_t> size(File file) override;
  [[nodiscard]] IoResult<void> resize(File file, std::uint64_t bytes) override;
  [[nodiscard]] IoResult<void> sync_directory(const std::string& path) override;
  [[nodiscard]] IoResult<void> make_directories(const std::string& path) override;
  [[nodiscard]] IoResult<std::vector<std::string>> list(const std::string& path) override;
  [[nodiscard]] IoResult<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] IoResult<void> unlink(const std::string& path) override;
  [[nodiscard]] IoResult<void> submit_write(const WriteRequest& request) override;
  [[nodiscard]] std::size_t poll(std::span<WriteCompletion> out) override;
  void park(std::uint64_t timeout_ns) override;
  void wake() override {}

 protected:
  void announce_buffer(std::span<std::byte>) override {}

 private:
  struct Range {
    std::uint64_t offset = 0;
    std::size_t bytes = 0;
  };
  struct Content {
    SimBytes bytes;               // as a reader sees it
    SimBytes synced;              // as of the last `sync`, with all durable writes since
    std::vector<Range> unsynced;  // where they differ: writes since then, in order
  };
  struct Opened {
    std::string path;
    std::shared_ptr<Content> content;
    bool locks = false;
    bool keeps_from_reuse = false;
  };
  struct UnderWay {
    std::shared_ptr<Content> content;
    std::string path;
    std::uint64_t offset = 0;
    std::vector<std::byte> bytes;
    WriteCompletion completion;
    std::uint32_t polls_left = 0;
  };
  using Names = std::map<std::string, std::shared_ptr<Content>>;

  // What a disk writes as a whole or not at all.
  static constexpr std::size_t kDiskSectorBytes = 512;

  [[nodiscard]] static std::string parent_of(const std::string& path) {
    return path.substr(0, path.find_last_of('/'));
  }
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    return bound == 0 ? 0 : random_() % bound;
  }
  [[nodiscard]] bool chance(std::uint32_t per_10k) {
    return per_10k > 0 && below(10'000) < per_10k;
  }
  [[nodiscard]] std::optional<IoError> injected(std::string_view operation,
                                                const std::string& path);
  /// For what changes something: counts it; the error when it must not happen.
  [[nodiscard]] std::optional<IoError> changing(std::string_view operation, const std::string& path,
                                                std::uint64_t offset = 0,
                                                std::span<const std::byte> bytes = {});
  void strike_failure(const std::string& what) {
    ++struck_[what];
    ++failures_told_;
  }
  [[nodiscard]] std::uint64_t choose(std::uint64_t options) {
    return chooser_ ? chooser_(options) : below(options);
  }
  void note(std::string_view what, std::uint64_t a, std::uint64_t b);
  void note_names(const std::string& path);
  [[nodiscard]] Opened& opened(File file);
  [[nodiscard]] bool is_read(const Content& content) const;
  [[nodiscard]] const SimBytes& bytes_at(const std::string& path) const;
  void apply(UnderWay& write);

  // What a crash leaves, see sim_crash.cc.
  void meet_fate(const UnderWay& write, CrashFate fate);
  void settle(Content& content);
  [[nodiscard]] CrashFate sector_fate(std::size_t sector, std::size_t sectors, std::uint64_t half);
  void end_process();

  std::mt19937_64 random_;
  SimFaults faults_;
  std::uint64_t capacity_bytes_ = UINT64_MAX;
  struct Planned {
    std::string operation;
    int error_number = 0;
    std::uint32_t times = 0;
  };
  std::vector<Planned> planned_;
  Names names_;          // what is there now
  Names durable_names_;  // what a crash leaves for sure
  // By directory: its states since its last sync, each of which a crash may leave.
  std::map<std::string, std::vector<Names>> names_since_sync_;
  std::vector<std::optional<Opened>> files_;
  std::map<std::string, int> locked_;
  std::deque<UnderWay> under_way_;  // in the order of submission
  std::uint64_t changes_ = 0;
  std::uint64_t cut_at_ = UINT64_MAX;
  std::size_t told_after_cut_ = 0;  // of under_way_
  Chooser chooser_;
  std::map<std::string, std::uint64_t> struck_;
  std::uint64_t failures_told_ = 0;
  std::uint64_t trace_ = 0;
};

}  // namespace holdfast::persistence
