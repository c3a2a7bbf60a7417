#include "bench/snapshots/snapshot_cost.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "bench/load/load_thread.h"
#include "bench/processes/server_process.h"
#include "bench/report/progress.h"
#include "bench/restart/filled_directory.h"

namespace holdfast::bench {
namespace {

constexpr auto kSampleEvery = std::chrono::milliseconds(20);

/// Cheap enough to ask often; the kernel's count may lag by some pages for each thread.
std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  std::uint64_t size_pages = 0, resident_pages = 0;
  file >> size_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

struct Sample {
  std::uint64_t at_ns = 0;
  StatusView status;
};

/// The server as it is watched while it is loaded.
class Watched {
 public:
  Watched(const ServerProcess& server, net::Client client)
      : pid_(server.pid()), client_(std::move(client)) {}

  Result<Sample> look() {
    auto status = client_.show_status(/*with_digest=*/false);
    if (!status) return std::unexpected(status.error().message);
    return Sample{monotonic_ns(), std::move(*status)};
  }

  /// Load alone.
  Result<CostWindow> quiet(double seconds) {
    return window(false, [until_ns = monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9)](
                             const Sample& now) { return now.at_ns >= until_ns; });
  }

  /// Asks for a snapshot and waits until it counts, or has failed.
  Result<CostWindow> with_snapshot() {
    const auto before = client_.take_snapshot();
    if (!before) return std::unexpected(before.error().message);
    const std::uint64_t ended =
        before->snapshots.report.completed + before->snapshots.report.failed;
    return window(true, [ended](const Sample& now) {
      const SnapshotReport& report = now.status.snapshots.report;
      return report.completed + report.failed > ended;
    });
  }

 private:
  template <class IsOver>
  Result<CostWindow> window(bool has_snapshot, const IsOver& is_over) {
    CostWindow window{.has_snapshot = has_snapshot};
    const auto first = look();
    if (!first) return std::unexpected(first.error());
    window.resident_begin_bytes = window.resident_max_bytes = resident_bytes(pid_);
    auto last = first;
    do {
      std::this_thread::sleep_for(kSampleEvery);
      last = look();
      if (!last) return std::unexpected(last.error());
      window.resident_max_bytes = std::max(window.resident_max_bytes, resident_bytes(pid_));
      window.pages_ahead = std::max(window.pages_ahead, last->status.snapshots.running.pages_ahead);
    } while (!is_over(*last));
    const StallStatus& from = first->status.stalls;
    const StallStatus& to = last->status.stalls;
    window.seconds = static_cast<double>(last->at_ns - first->at_ns) / 1e9;
    window.applied = last->status.commands_applied - first->status.commands_applied;
    window.turns = to.turns - from.turns;
    window.long_turns =
        to.long_turns - from.long_turns + to.long_snapshot_turns - from.long_snapshot_turns;
    return window;
  }

  pid_t pid_;
  net::Client client_;
};

std::vector<std::string> load_words(const SnapshotCostOptions& options, const Endpoint& endpoint) {
  std::vector<std::string> words{"run",
                                 "--connect",
                                 fmt::format("{}:{}", endpoint.host, endpoint.port),
                                 "--accounts",
                                 std::to_string(options.accounts),
                                 "--connections",
                                 std::to_string(options.connections),
                                 "--in-flight",
                                 std::to_string(options.in_flight),
                                 "--duration",
                                 fmt::format("{}", options.load_seconds)};
  if (options.rate_per_s > 0) {
    words.insert(words.end(), {"--rate", fmt::format("{}", options.rate_per_s)});
  }
  return words;
}

/// Until commands are applied in a row: before, what is there is set up again and only repeated.
Result<void> wait_for_load(Watched& server, ChildProcess& load) {
  constexpr std::uint64_t kApplied = 100;  // more than the status command's own
  auto before = server.look();
  while (before) {
    std::this_thread::sleep_for(kSampleEvery * 5);
    if (!load.is_running()) {
      return std::unexpected("the load ended before it began: " + load.last_words());
    }
    const auto now = server.look();
    if (!now) return std::unexpected(now.error());
    if (now->status.commands_applied >= before->status.commands_applied + kApplied) return {};
    before = now;
  }
  return std::unexpected(before.error());
}

/// Windows in turns for as long as the load lasts; the one that it ends in does not count.
Result<void> measure(Watched& server, ChildProcess& load, SnapshotCostReport& report) {
  const SnapshotCostOptions& options = report.options;
  if (auto begun = wait_for_load(server, load); !begun) return begun;
  std::this_thread::sleep_for(std::chrono::seconds(1));  // its warm-up
  const auto end_ns = monotonic_ns() + static_cast<std::uint64_t>(options.load_seconds * 1e9);
  ProgressLine progress;
  for (bool has_snapshot = false;; has_snapshot = !has_snapshot) {
    if (progress.is_shown()) {
      progress.show(fmt::format("window {}: {}", report.windows.size() + 1,
                                has_snapshot ? "a snapshot" : "load alone"));
    }
    const auto window =
        has_snapshot ? server.with_snapshot() : server.quiet(options.window_seconds);
    if (!window) return std::unexpected(window.error());
    if (monotonic_ns() >= end_ns) return {};
    report.windows.push_back(*window);
  }
}

}  // namespace

std::size_t SnapshotCostReport::count(bool has_snapshot) const {
  return static_cast<std::size_t>(
      std::ranges::count(windows, has_snapshot, &CostWindow::has_snapshot));
}

Result<SnapshotCostReport> run_snapshot_cost(SnapshotCostOptions options) {
  FillOptions fill;
  fill.dir = options.dir;
  fill.population.accounts = options.accounts;
  const auto directory = measured_directory(std::move(fill), options.temp_parent);
  if (!directory) return std::unexpected(directory.error());
  options.dir = directory->path;
  SnapshotCostReport report;
  report.fill_seconds = directory->fill_seconds;
  report.options = options;

  // Snapshots only when this asks for them.
  std::vector<std::string> words{"--snapshot-log-bytes", "0", "--snapshot-interval", "0"};
  words.insert(words.end(), options.server_options.begin(), options.server_options.end());
  auto server = ServerProcess::start({.program = options.server,
                                      .data_dir = options.dir,
                                      .arguments = std::move(words),
                                      .keeps_idle = true});
  if (!server) return std::unexpected(server.error());
  auto client = connect_to(server->endpoint(), "holdfast-bench/watch");
  if (!client) return std::unexpected(client.error());
  Watched watched(*server, std::move(*client));
  auto load = ChildProcess::start(
      {.program = "/proc/self/exe", .arguments = load_words(options, server->endpoint())});
  if (!load) return std::unexpected(load.error());
  if (auto measured = measure(watched, *load, report); !measured) {
    return std::unexpected(measured.error());
  }
  report.load_passed = load->wait() == 0;
  if (!report.load_passed) return std::unexpected("the load went wrong:\n" + load->log_tail());
  const auto end = watched.look();
  if (!end) return std::unexpected(end.error());
  report.accounts = end->status.accounts;
  report.cards = end->status.cards;
  report.snapshot_bytes = end->status.snapshots.report.newest_bytes;
  report.snapshots_failed = end->status.snapshots.report.failed;
  report.longest_copying_ns = end->status.stalls.longest_copying_ns;
  report.longest_turn_ns = end->status.stalls.longest_turn_ns;
  report.longest_snapshot_turn_ns = end->status.stalls.longest_snapshot_turn_ns;
  if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
  return report;
}

}  // namespace holdfast::bench
