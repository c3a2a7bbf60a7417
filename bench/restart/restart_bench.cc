#include "bench/restart/restart_bench.h"

#include <fmt/format.h>

#include "bench/processes/server_process.h"
#include "bench/restart/filled_directory.h"

namespace holdfast::bench {
namespace {

Result<ServerStart> start_once(const RestartOptions& options) {
  if (auto dropped = drop_from_page_cache(options.dir); !dropped) {
    return std::unexpected(dropped.error());
  }
  // No snapshot begins meanwhile: the next run finds the directory as this one did.
  std::vector<std::string> words{"--snapshot-log-bytes", "0", "--snapshot-interval", "0"};
  words.insert(words.end(), options.server_options.begin(), options.server_options.end());
  auto server = ServerProcess::start(
      {.program = options.server, .data_dir = options.dir, .arguments = std::move(words)});
  if (!server) return std::unexpected(server.error());
  ServerStart start;
  start.seconds = server->start_seconds();
  start.snapshot_seconds = static_cast<double>(server->ready("snapshot_ms")) / 1e3;
  start.replay_seconds = static_cast<double>(server->ready("replay_ms")) / 1e3;
  start.records = server->ready("recovered_records");
  start.resident_bytes = memory_of(server->pid()).resident_bytes;
  auto client = connect_to(server->endpoint(), "holdfast-bench/restart");
  if (!client) return std::unexpected(client.error());
  const auto status = client->show_status(/*with_digest=*/true);
  if (!status) return std::unexpected(status.error().message);
  start.accounts = status->accounts;
  start.cards = status->cards;
  start.position = status->position;
  start.digest = status->digest;
  static_cast<void>(client->goodbye());
  if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
  return start;
}

}  // namespace

bool RestartReport::passed() const {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (starts[i].position != floors[i].position || starts[i].digest != floors[i].digest) {
      return false;
    }
  }
  return true;
}

Result<RestartReport> run_restart(RestartOptions options) {
  FillOptions fill;
  fill.dir = options.dir;
  fill.population.accounts = options.accounts;
  fill.records = options.records;
  const auto directory = measured_directory(std::move(fill), options.temp_parent);
  if (!directory) return std::unexpected(directory.error());
  options.dir = directory->path;
  RestartReport report;
  report.fill_seconds = directory->fill_seconds;
  report.options = options;
  if (options.fill_only) return report;
  for (std::uint32_t run = 0; run < options.runs; ++run) {
    const auto start = start_once(options);
    if (!start) return std::unexpected(start.error());
    report.starts.push_back(*start);
    const auto floors = measure_restart_floors(options.dir);
    if (!floors) return std::unexpected(floors.error());
    report.floors.push_back(*floors);
  }
  return report;
}

}  // namespace holdfast::bench
