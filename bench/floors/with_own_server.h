// The frame of a measurement on a holdfastd of its own: a directory that goes at the end, a server
// in it, and what a report tells of machine, disk and server. Thread: the main thread.
#pragma once

#include <string>

#include "bench/processes/server_process.h"
#include "bench/report/machine.h"
#include "bench/result.h"

namespace holdfast::bench {

/// `measure(directory, server, report)` does the work. `Options` and `Report` have the fields of
/// `UnloadedOptions` and `UnloadedReport` that are named here.
template <class Report, class Options, class Measure>
[[nodiscard]] Result<Report> with_own_server(const Options& options, Measure measure) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  Report report;
  report.options = options;
  report.machine = machine_facts();
  report.disk = disk_facts(options.data_dir);
  const auto directory = TemporaryDirectory::make(options.data_dir);
  if (!directory) return std::unexpected(directory.error());
  auto server = ServerProcess::start({.program = options.holdfastd,
                                      .data_dir = directory->path() + "/holdfastd-data",
                                      .arguments = options.holdfastd_arguments,
                                      .keeps_idle = true});
  if (!server) return std::unexpected(server.error());
  const auto version = server->version();
  if (!version) return std::unexpected(version.error());
  report.holdfastd_version = *version;
  report.holdfastd_log = server->log_facts();
  if (auto done = measure(directory->path(), *server, report); !done) {
    return std::unexpected(done.error());
  }
  if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
  return report;
}

}  // namespace holdfast::bench
