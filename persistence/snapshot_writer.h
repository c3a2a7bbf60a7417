// Takes a snapshot's pages from the core and makes them a file that counts: written under a
// temporary name, synced, read back and verified whole, renamed, the directory synced. Then older
// files go, and the log that no kept snapshot needs.
//
// Invariants: at most one snapshot is under way. A file has its final name only after all of it was
// read back good. Two good ones are kept, the newest and the one before it; a file is let go, and
// log too, only after a newer one counts. What goes wrong (no space, a disk error, pages that
// were not all there) is told, the temporary file removed, and the next try is a fresh file; the
// server goes on. When that is, the core decides.
//
// A file that is let go becomes the spare: it gets its temporary name and is written over by the next
// snapshot. Removing gigabytes makes durable writes wait for a tenth of a second where space that is
// given back goes to the disk at once (ext4 with `discard`). It costs no more space than the next
// snapshot needs anyway. Whoever still reads it keeps it: it is removed then, and a fresh one made.
//
// Threads: the SnapshotSink part is the core's and never waits: packets (SnapshotPackets) go
// by rings without locks.
// `Mode::background` has a thread of its own for all that touches the disk; with `Mode::on_demand`,
// for simulation, `step` does one piece of it when called.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/snapshot.h"
#include "persistence/file_io.h"
#include "persistence/snapshot_file.h"
#include "persistence/snapshot_packets.h"
#include "persistence/spsc_ring.h"

namespace holdfast::persistence {

/// What the writer has to say, for the server's log.
enum class SnapshotEvent : std::uint8_t { counts, failed, abandoned, trouble };

struct SnapshotWriterOptions {
  enum class Mode : std::uint8_t { background, on_demand };
  Mode mode = Mode::background;
  std::string dir;
  LogId log_id;
  /// Good ones from before, as recovery found them, oldest first, at most two.
  std::vector<LogPosition> kept;
  /// Of the newest of them, for the report.
  TimestampNs newest_time = {};
  std::uint64_t newest_bytes = 0;
  /// Wall clock, for the header. The writer's thread.
  std::function<TimestampNs()> now;
  /// All log up to this position is in both kept snapshots. The writer's thread.
  std::function<void(LogPosition)> on_log_covered;
  /// The writer's thread, or the core's.
  std::function<void(SnapshotEvent, std::string_view text)> tell;
};

class SnapshotWriter final : public SnapshotSink {
 public:
  /// `io` outlives it. Tells `on_log_covered` of what was kept before, so that log which a crash kept
  /// from being let go is let go now.
  SnapshotWriter(FileIo& io, SnapshotWriterOptions options);
  /// Stops the thread; what is under way is dropped and its file removed.
  ~SnapshotWriter() override;
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // The sink, see engine/snapshot.h. Each `begin` that succeeded is ended by `finish` or `abandon`,
  // with all packets put.
  [[nodiscard]] std::expected<void, SnapshotDelay> begin(const SnapshotPlan& plan) override;
  [[nodiscard]] SnapshotPacket* take_packet(SnapshotPacketUse use) override {
    return packets_.take(use);
  }
  void put_packet(SnapshotPacket* packet) override;
  void finish() override;
  void abandon(std::string_view why) override;
  [[nodiscard]] bool has_failed() const override { return failed_.load(std::memory_order_acquire); }
  [[nodiscard]] std::uint64_t packets_waiting() const override {
    return packets_put_ - packets_done_.load(std::memory_order_relaxed);
  }

  /// One piece of the work, with `on_demand`; false: nothing to do before the core's next call.
  bool step();

  [[nodiscard]] SnapshotReport report() const override;

 private:
  enum class Stage : std::uint8_t { idle, writing, sealing, verifying, naming, tidying, broken };
  enum class Ask : std::uint8_t { make_packets, begin, packet, finish, abandon };
  struct Message {
    Ask ask{};
    SnapshotPacket* packet = nullptr;
  };

  void send(Message message);
  void run();
  [[nodiscard]] bool take_message();
  void take_back(SnapshotPacket& packet);
  void start_file();
  IoResult<SnapshotFileWriter> make_file(const SnapshotHeaderPage& header);
  void write_packet(SnapshotPacket& packet);
  void seal_file();
  void verify_some();
  void name_file();
  void tidy();
  void fail(std::string why);
  void give_up(SnapshotEvent event, const std::string& why);
  void become_idle();
  void tell(SnapshotEvent event, const std::string& text) const;
  void tell_log_covered();
  template <class Change>
  void change_report(Change&& change);
  IoResult<void> let_older_go();
  [[nodiscard]] std::string final_path() const;
  [[nodiscard]] std::string temporary_path() const;

  FileIo& io_;
  const SnapshotWriterOptions options_;
  SnapshotPackets packets_;
  SpscRing<Message, 2 * SnapshotPackets::kMost> messages_;  // core to writer
  std::atomic<int> signals_{0};                             // rises with each message; waited on
  std::atomic<std::uint64_t> packets_done_{0};            // of packets_put_
  std::atomic<bool> busy_{false};                         // from `begin` until idle again
  std::atomic<bool> failed_{false};

  // The core's while not busy, then read by the writer.
  SnapshotPlan plan_;
  std::string abandoned_why_;

  // The core's.
  SnapshotDelay busy_with_ = SnapshotDelay::none;  // when it was last made busy
  std::uint64_t packets_put_ = 0;  // with pages in them

  // The writer's.
  Stage stage_ = Stage::idle;
  std::string failure_;  // in `broken`
  std::optional<SnapshotFileWriter> file_;
  std::unique_ptr<SnapshotFileReader> check_;
  std::vector<LogPosition> kept_;
  std::string spare_;    // path, of a temporary name that is durable; empty: there is none
  TimestampNs taken_at_;
  std::uint64_t begun_at_ns_ = 0;
  std::uint64_t file_bytes_ = 0;

  // The core asks often and it changes rarely, so the core keeps a copy and takes the lock only when
  // `report_changes_` has risen.
  mutable std::mutex mutex_;  // guards report_
  SnapshotReport report_;
  std::atomic<std::uint64_t> report_changes_{1};
  mutable std::uint64_t report_seen_ = 0;
  mutable SnapshotReport report_copy_;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace holdfast::persistence
