// The frame of a measurement on a holdfastd of its own: a directory that goes at the end, and a
// server in it. Thread: the main thread.
#pragma once

#include <string>

#include "bench/floors/own_server.h"
#include "bench/processes/server_process.h"
#include "bench/result.h"

namespace holdfast::bench {

/// `measure(directory, server, report)` does the work. `Options` are OwnServerOptions with what
/// else is told; `Report` holds them as `options`, and OwnServerFacts as `server`.
template <class Report, class Options, class Measure>
[[nodiscard]] Result<Report> with_own_server(const Options& options, Measure measure) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  Report report;
  report.options = options;
  report.server.machine = machine_facts();
  report.server.disk = disk_facts(options.data_dir);
  const auto directory = TemporaryDirectory::make(options.data_dir);
  if (!directory) return std::unexpected(directory.error());
  auto server = ServerProcess::start({.program = options.holdfastd,
                                      .data_dir = directory->path() + "/holdfastd-data",
                                      .arguments = options.holdfastd_arguments,
                                      .keeps_idle = true});
  if (!server) return std::unexpected(server.error());
  const auto version = server->version();
  if (!version) return std::unexpected(version.error());
  report.server.version = *version;
  report.server.log = server->log_facts();
  if (auto done = measure(directory->path(), *server, report); !done) {
    return std::unexpected(done.error());
  }
  if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
  return report;
}

}  // namespace holdfast::bench
