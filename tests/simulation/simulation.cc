#include "tests/simulation/simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "persistence/recovery_table.h"
#include "persistence/segments.h"
#include "persistence/snapshot_format.h"
#include "tests/simulation/vandal.h"

namespace holdfast::simulation {
namespace {

using persistence::CrashFate;
using persistence::RecoveryError;

constexpr LogId kLogId{.low = 0x1122'3344'5566'7788, .high = 0x99AA'BBCC'DDEE'FF00};
constexpr int kStartsMax = 12;  // of one life, with faults; then one without

// Calls that may fail at start-up and while the log lays out a segment.
constexpr const char* kCalls[] = {"open", "sync", "rename", "read",           "submit",
                                  "list", "lock", "write",  "sync directory", "unlink"};

}  // namespace

Simulation::Simulation(std::uint64_t seed)
    : seed_(seed),
      mix_(draw_fault_mix(seed)),
      random_(seed * 0x9E37'79B9'7F4A'7C15ULL + 1),
      world_(random_.next(), mix_.world),
      oracle_(mix_, world_, coverage_),
      clock_{world_},
      io_(random_.next(), {.delay_polls_max = mix_.disk.delay_polls_max}) {
  const Command first = world_.next();  // a world begins with its limits
  config_ = first.configure.config;
  for (std::uint32_t i = 0; i < mix_.gateways; ++i) {
    gateways_.emplace_back(i, random_.next(), mix_, oracle_, coverage_);
  }
}

std::string Simulation::where() const {
  return fmt::format("life {}, turn {}, {} decided, {} told", life_, turn_,
                     oracle_.history().size(), oracle_.told_through().value);
}

std::uint64_t Simulation::trace_hash() const { return oracle_.trace_hash() ^ io_.trace_hash(); }

void Simulation::run() {
  for (life_ = 1; life_ <= mix_.lives; ++life_) {
    if (!start_server()) return;  // a lying disk was found out
    end_life(live());
  }
  run_last_life();
  for (const auto& [what, times] : io_.struck()) coverage_.count("disk: " + what, times);
}

// Starts ---------------------------------------------------------------------------------------

DurabilityOptions Simulation::durability() const {
  persistence::OpenLogOptions log;
  log.dir = kDataDir;
  log.segment_bytes =
      limits::wal_segment_bytes_min + mix_.segment_bytes_extra * limits::wal_sector_bytes;
  log.segments_spare = mix_.segments_spare;
  log.segments_spare_max = 3;
  log.writes_in_flight = mix_.writes_in_flight;
  log.write_beside_bytes = mix_.write_beside_bytes;
  log.layout = persistence::LayoutMode::on_demand;
  log.now = clock_.now();
  log.new_log_id = kLogId;
  if (mix_.archive) log.archive_dir = kArchiveDir;
  return {.log = log,
          .snapshot_log_bytes = mix_.snapshot_log_bytes,
          .snapshot_steps = mix_.snapshot_steps};
}

// False: the run ends here, as the disk's lies were found out.
bool Simulation::start_server() {
  turn_ = 0;
  io_.set_capacity(UINT64_MAX);
  full_turns_ = 0;
  for (int tries = 0; tries < kStartsMax; ++tries) {
    if (try_start(true)) break;
    if (mix_.disk_lies) break;
  }
  if (server_ == nullptr && !mix_.disk_lies) try_start(false);
  if (server_ == nullptr) {
    for (const auto& [what, times] : io_.struck()) coverage_.count("disk: " + what, times);
    return false;
  }
  server_->configure(config_);
  if (life_ == 1) warm_up();
  io_.set_faults(mix_.disk);
  return true;
}

bool Simulation::try_start(bool with_faults) {
  ++starts_;
  io_.set_faults({.delay_polls_max = mix_.disk.delay_polls_max});
  io_.forget_failures();
  const bool stops = with_faults && random_.per_mille(mix_.stop_in_recovery);
  if (stops) io_.cut_power_after(random_.below(random_.per_mille(500) ? 5 : 20));
  const bool call_fails = with_faults && random_.per_mille(mix_.failing_calls);
  if (call_fails) {
    io_.fail_next(kCalls[random_.below(std::size(kCalls))], random_.per_mille(200) ? ENOSPC : EIO);
  }
  // What the disk is like before this start may let something go.
  std::unique_ptr<persistence::SimFileIo> twin;
  if (!mix_.disk_lies && !snapshot_told_.is_zero() && random_.per_mille(700)) {
    twin = io_.copy(random_.next());
  }
  failures_before_ = io_.failures_told();
  std::vector<persistence::Record> records;
  auto started = Server::start(io_, durability(), mix_, clock_, oracle_, coverage_, records);
  const bool failure_struck = call_fails && io_.forget_failures() == 0;
  if (io_.power_is_cut()) {
    if (started) started->reset();
    coverage_.count("end: during recovery");
    process_ends(random_.per_mille(700), false);
    return false;
  }
  io_.forget_power_cut();
  if (!started) {
    if (failure_struck && started.error().kind == RecoveryError::Kind::io) {
      coverage_.count("end: recovery refused by the system");
      process_ends(random_.per_mille(500), false);
      return false;
    }
    judge_refusal(started.error());
    return false;
  }
  server_ = std::move(*started);
  note_recovery(server_->report());
  const LogPosition snapshot = server_->report().snapshot_position;
  oracle_.judge_recovery(records, snapshot, server_->engine(), !mix_.disk_lies);
  if (mix_.disk_lies) judge_lying_disk();
  if (!mix_.disk_lies && snapshot < snapshot_told_) {
    throw Violation(
        fmt::format("a snapshot of position {} was told to count, and the start was from {}",
                    snapshot_told_.value, snapshot.value));
  }
  if (twin != nullptr) judge_older_snapshot(*twin);
  if (!snapshot.is_zero()) coverage_.count("server: started after a snapshot");
  if (!io_.exists(persistence::join_path(kDataDir, persistence::segment_name(1)))) {
    coverage_.count("server: segment recycled");
  }
  return true;
}

// A disk that keeps what it confirmed must never be refused.
void Simulation::judge_refusal(const Server::Failure& failure) {
  if (!mix_.disk_lies || failure.kind != RecoveryError::Kind::damaged) {
    throw Violation("recovery refused: " + failure.text());
  }
  coverage_.count("lying disk: refused");
  for (const persistence::RecoveryRow& row : persistence::recovery_table()) {
    if (failure.reason.find(row.told) != std::string::npos) coverage_.count(row_kind(row.name));
  }
}

// It opened: then what it gave is a true prefix (the oracle saw to that), and nothing that survived
// says that there was more.
void Simulation::judge_lying_disk() {
  coverage_.count("lying disk: a true prefix");
  const LogPosition last = server_->report().last_position;
  for (const persistence::BlockHeader& header : good_blocks(io_, kDataDir, kLogId)) {
    if (header.durable_position > last) {
      throw Violation(fmt::format(
          "{} positions were recovered, and the block at offset {} of segment "
          "{} knew {} to be durable",
          last.value, header.offset, header.segment_number, header.durable_position.value));
    }
  }
}

// Should the newest snapshot be damaged, the one before it and the log behind
// that must give the same.
void Simulation::judge_older_snapshot(persistence::SimFileIo& twin) {
  const auto snapshots = persistence::list_snapshots(twin, kDataDir);
  if (!snapshots || snapshots->empty()) throw Violation("the snapshot that counted is gone");
  const std::string path = persistence::join_path(kDataDir, snapshots->back().name);
  if (random_.per_mille(500)) {
    twin.remove(path);
  } else {
    const std::size_t at = random_.below(twin.size_of(path));
    const std::byte wrong = ~twin.bytes_of(path, at, 1).front();
    twin.overwrite(path, at, std::span(&wrong, 1));
  }
  const auto recovered = recover(twin, durability().log);
  if (!recovered) {
    throw Violation("without the newest snapshot there is no start: " + recovered.error().text());
  }
  oracle_.judge_copy(recovered->machine);
  coverage_.count("snapshot: the older one and more log gave the same");
}

void Simulation::note_recovery(const persistence::RecoveryReport& report) {
  if (report.blocks > 0) coverage_.count(row_kind("next_block"));
  if (report.created && starts_ > 1) coverage_.count("server: log made again after a crash");
  coverage_.count("start: " + std::string(report.start->name));
  for (const persistence::SkippedSnapshot& skipped : report.skipped) {
    coverage_.count("snapshot: " + std::string(skipped.row->name));
    if (!mix_.disk_lies) throw Violation("a snapshot that counted is not good: " + skipped.text());
  }
  bool cut = false;
  for (const persistence::RecoveryRow& row : persistence::recovery_table()) {
    if (report.cut.find(row.told) == std::string::npos) continue;
    coverage_.count(row_kind(row.name));
    cut = true;
  }
  if (!cut) coverage_.count(row_kind("nothing_here"));
}

// Ends -----------------------------------------------------------------------------------------

void Simulation::process_ends(bool power_fails, bool all_old) {
  io_.cut_power_after(0);  // a process that ends so does not tidy up
  server_.reset();
  if (!power_fails) {
    io_.kill();
  } else if (all_old) {
    io_.crash(std::vector<CrashFate>(io_.writes_under_way(), CrashFate::old_bytes));
  } else {
    io_.crash();
  }
}

void Simulation::end_life(End end) {
  static constexpr const char* kNames[] = {
      "end: clean stop", "end: killed", "end: power cut", "end: power cut right after an answer",
      "end: at a disk operation", "end: the log could not be written"};
  bool power_fails = end == End::power || end == End::answered ||
                     (end == End::operation && random_.per_mille(700));
  if (end == End::clean && !server_->stop()) end = End::log_failed;
  watch_snapshots();
  if (server_->has_failed() && !io_.power_is_cut()) judge_failure();
  coverage_.count(kNames[static_cast<std::size_t>(end)]);
  if (server_->log().counters().segments > 0) coverage_.count("server: segment filled");
  for (const auto& link : links_) {
    if (link->to_gateway.on_the_way() > 0) coverage_.count("net: answer came after the crash");
  }
  deliver_all();  // what left the server may still arrive
  oracle_.learn_through(server_->log().durable_through());
  if (end == End::clean) server_.reset();
  process_ends(power_fails, power_fails && random_.per_mille(end == End::answered ? 800 : 150));
  for (Gateway& gateway : gateways_) {
    gateway.receive();
    gateway.cut();
  }
  links_.clear();
}

// Without faults: every question gets its answer, and the history is judged once more as a whole.
void Simulation::run_last_life() {
  io_.set_capacity(UINT64_MAX);
  clock_.off_by_ns = 0;
  turn_ = 0;
  if (!try_start(false)) {
    if (mix_.disk_lies) return;
    throw Violation("the last start failed");
  }
  io_.set_faults({.delay_polls_max = mix_.disk.delay_polls_max});
  for (Gateway& gateway : gateways_) connect(gateway);
  const auto open_questions = [&] {
    std::size_t open = 0;
    for (const Gateway& gateway : gateways_) open += gateway.under_way() + gateway.to_resend();
    return open;
  };
  while (open_questions() > 0) {
    ++turn_;
    for (Gateway& gateway : gateways_) {
      while (gateway.has_credit() && gateway.resend_one()) {
      }
    }
    turn_server();
    deliver_all();
    for (Gateway& gateway : gateways_) {
      gateway.receive();
      gateway.note_turn();
    }
    watch_liveness();
  }
  end_life(End::clean);
  if (!try_start(false)) {
    if (mix_.disk_lies) return;
    throw Violation("the start after the last stop failed");
  }
  oracle_.judge_replay(server_->engine());
  const LogPosition snapshot = server_->report().snapshot_position;
  if (!server_->stop()) throw Violation("the last stop failed: " + server_->log().failure());
  process_ends(false, false);
  if (!mix_.disk_lies) {
    if (mix_.archive) judge_archive();
    Vandal(io_, durability(), oracle_, snapshot, random_.next(), coverage_).run();
  }
}

// Without its snapshots, archive and log must still give everything from the first command on.
void Simulation::judge_archive() {
  const auto twin = io_.copy(1);
  const auto names = twin->list(kDataDir);
  for (const std::string& name : *names) {
    if (name.starts_with("snapshot-")) twin->remove(persistence::join_path(kDataDir, name));
  }
  const auto recovered = recover(*twin, durability().log);
  if (!recovered) throw Violation("archive and log are not whole: " + recovered.error().text());
  oracle_.judge_copy(recovered->machine);
  coverage_.count("archive: replayed from the first command");
}

}  // namespace holdfast::simulation
