// holdfastd: the server. The composition root: the only file that knows all rooms.
//
// Threads: this one (start-up, recovery, signals), the core, the network threads, the log's own
// that lays segments out, and those that write snapshots and let old log go. Standard output
// carries one line, `ready …`; logs go to standard error. Exit codes are those of sysexits.h, told
// in `--help`.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sysexits.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/check.h"
#include "engine/core_loop.h"
#include "engine/huge_memory.h"
#include "engine/lanes.h"
#include "engine/scheduling.h"
#include "engine/stage_times.h"
#include "engine/state_machine.h"
#include "net/server.h"
#include "persistence/engine_replay.h"
#include "persistence/engine_target.h"
#include "persistence/recovery.h"
#include "persistence/uring_file_io.h"
#include "persistence/wal_writer.h"
#include "tools/holdfastd_descriptors.h"
#include "tools/holdfastd_options.h"
#include "tools/holdfastd_processors.h"
#include "tools/holdfastd_storage.h"
#include "tools/system_clock.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

constexpr std::size_t kMemoryAheadDefault = 32 * 1024 * 1024;

using Core = CoreLoop<persistence::WalWriter, SystemClock>;

int exit_code_of(const persistence::RecoveryError& error) {
  using Kind = persistence::RecoveryError::Kind;
  switch (error.kind) {
    case Kind::locked: return EX_TEMPFAIL;
    case Kind::damaged:
    case Kind::mismatch: return EX_DATAERR;
    case Kind::options: return EX_USAGE;
    case Kind::io: break;
  }
  return EX_IOERR;
}

/// Names the first limit that is below what the tables hold already; empty if none is.
std::string limit_too_low(const EngineConfig& config, const StatusView& now) {
  const auto check = [](std::string_view option, std::uint64_t limit, std::uint64_t there) {
    return limit >= there ? ""
                          : fmt::format("{} {} is below the {} that are there: give at least that",
                                        option, limit, there);
  };
  for (const std::string& problem :
       {check("--accounts-max", config.accounts_max, now.accounts),
        check("--cards-max", config.cards_max, now.cards),
        check("--programs-max", config.programs_max, now.programs),
        check("--authorizations-max", config.authorizations_max, now.authorizations),
        check("--request-ids-max", config.request_ids_max, now.request_ids)}) {
    if (!problem.empty()) return problem;
  }
  return "";
}

/// The limits take part in decisions, so a change of them is a command like any other. Core thread.
void configure(const EngineConfig& config, StateMachine& engine, persistence::WalWriter& log) {
  const bool is_new = engine.position().is_zero();
  if (!is_new && config == engine.config()) return;
  while (log.state() == JournalState::busy) log.pump();
  if (log.state() != JournalState::ready) {  // full or failed: the core loop deals with it
    spdlog::warn(
        "the limits given are not in force: they are kept in the log, and it takes nothing now "
        "({}). Start again when it does",
        log.failure());
    return;
  }
  Command command;
  command.kind = CommandKind::configure;
  command.configure = {config};
  const Outcome outcome = engine.apply(command, SystemClock{}.now());
  HOLDFAST_CHECK(outcome.decision == Decision::approved, "the limits were checked before");
  log.append(command, outcome);
}

void to_log(net::LogLevel level, std::string_view line) {
  const std::string text(line);
  switch (level) {
    case net::LogLevel::info: spdlog::info("{}", text); break;
    case net::LogLevel::warning: spdlog::warn("{}", text); break;
    case net::LogLevel::error: spdlog::error("{}", text); break;
  }
}

net::ServerOptions network_options(const ServerSettings& settings, std::uint32_t connections_max,
                                   LogId log_id, StageBoard& stages) {
  net::ServerOptions options;
  options.host = settings.host;
  options.port = settings.port;
  options.network_threads = settings.network_threads;
  options.connections_max = connections_max;
  options.in_flight_max = settings.in_flight_max;
  options.idle_timeout_ms = settings.idle_timeout_s * 1000;
  options.spin_us = settings.spin_us;
  options.server_name = "holdfastd " HOLDFAST_VERSION;
  options.log_id = log_id;
  options.log = to_log;
  options.stages = &stages;
  return options;
}

/// The core thread: owns the engine and the log until it ends. A log that cannot be written any
/// more ends the process at once: nothing that is not durable may be told, by nobody.
void run_core(Core& core, persistence::FileIo& io, persistence::WalWriter& log,
              std::optional<unsigned> processor, const std::atomic<bool>& stop) {
  pthread_setname_np(pthread_self(), "holdfast-core");
  if (processor) {
    if (const std::string trouble = bind_core_to(*processor); !trouble.empty()) {
      spdlog::warn("{}", trouble);
    }
  }
  (void)ask_for_short_turns();  // done without on kernels that do not know it
  core.run(io, stop);
  if (log.state() == JournalState::failed || !log.close()) {
    spdlog::critical("the log cannot be written: {}", log.failure());
    spdlog::critical(
        "stopped; nothing was told that is not durable. Look at the disk, then start again");
    spdlog::shutdown();
    std::_Exit(EX_IOERR);
  }
}

int wait_for_stop_signal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  return signal;
}

// Before any thread starts, so that all of them inherit it and only
// `wait_for_stop_signal` gets them.
void block_stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a write that may not make a file longer fails, and is told
}

/// Kept in the directory that it is let go from, log would be gone.
bool is_archived_in_place(const ServerSettings& settings) {
  namespace fs = std::filesystem;
  if (settings.archive_dir.empty()) return false;
  std::error_code unknown;
  return fs::weakly_canonical(settings.archive_dir, unknown) ==
             fs::weakly_canonical(settings.data_dir, unknown) ||
         fs::equivalent(settings.archive_dir, settings.data_dir, unknown);
}

/// Files could not be used, or the archive has no good identity.
int fail(const persistence::IoError& error, const ServerSettings& settings) {
  if (error.error_number == 0) {
    spdlog::error("{}. What to do: put it back (`cp {}/identity {}/`), then start again.",
                  error.text(), settings.data_dir, settings.archive_dir);
    return EX_DATAERR;
  }
  spdlog::error("{}. What to do: {}.", error.text(), persistence::what_to_do_about(error));
  return EX_IOERR;
}

/// Whoever started the server waits for this line.
void tell_ready(const std::string& listen, const ServerSettings& settings,
                const persistence::RecoveryReport& report) {
  std::printf(
      "ready listen=%s data_dir=%s log_id=%s position=%lu recovered_records=%lu recovery_ms=%lu "
      "snapshot_position=%lu snapshot_ms=%lu replay_ms=%lu\n",
      listen.c_str(), settings.data_dir.c_str(), id_text(report.log_id).c_str(),
      report.last_position.value, report.records,
      (report.snapshot_ns + report.duration_ns) / 1'000'000, report.snapshot_position.value,
      report.snapshot_ns / 1'000'000, report.duration_ns / 1'000'000);
  std::fflush(stdout);
  spdlog::info("serving on {}", listen);
}

/// As many as were asked for, or as there are open files for; 0 when it cannot be served (told).
std::uint32_t connections_to_serve(const ServerSettings& settings) {
  const ConnectionsFit fit = make_room_for_connections(settings.connections_max);
  if (fit.connections == 0 || (settings.connections_max_is_given && !fit.advice.empty())) {
    spdlog::error("{}", fit.advice);
    return 0;
  }
  if (!fit.advice.empty()) {
    spdlog::warn("at most {} connections are served: {}", fit.connections, fit.advice);
  }
  return fit.connections;
}

persistence::OpenLogOptions open_log_options(const ServerSettings& settings, TimestampNs now,
                                             persistence::EngineTarget& target,
                                             StartProgress& progress) {
  persistence::OpenLogOptions options;
  options.dir = settings.data_dir;
  options.segment_bytes = settings.segment_bytes;
  options.writes_in_flight = settings.writes_in_flight;
  options.now = now;
  options.snapshots = &target;
  options.archive_dir = settings.archive_dir;
  options.tell_segments = log_segments;
  options.on_progress = [&progress](const persistence::RecoveryProgress& p) { progress.note(p); };
  options.read_ahead = persistence::ReadAheadMode::background;
  return options;
}

void warn_if_others_reach(const net::Server::Endpoint& endpoint) {
  if (endpoint.is_loopback()) return;
  spdlog::warn(
      "{} is reached from other machines, and there is no authentication: whoever reaches it may "
      "do everything. Let only gateways and operators through to it",
      endpoint.text());
}

/// Keeps the threads that there are off the core's processor, if it gets one, and names that.
std::optional<unsigned> give_core_a_processor(const ServerSettings& settings) {
  if (!settings.core_processor && !settings.core_processor_auto) return std::nullopt;
  const CoreProcessorChoice choice =
      choose_core_processor(settings.core_processor, settings.data_dir);
  spdlog::log(choice.is_warning ? spdlog::level::warn : spdlog::level::info, "{}", choice.remark);
  if (choice.processor) keep_threads_off(*choice.processor);
  return choice.processor;
}

int serve(const ServerSettings& settings) {
  if (is_archived_in_place(settings)) {
    spdlog::error(
        "--archive-dir {} is the data directory itself: give the archive a directory of its own, "
        "best on another volume",
        settings.archive_dir);
    return EX_USAGE;
  }
  if (settings.core_processor) {
    const std::string objection = objection_to_core_processor(*settings.core_processor);
    if (!objection.empty()) {
      spdlog::error("{}", objection);
      return EX_USAGE;
    }
  }
  const std::uint32_t connections_max = connections_to_serve(settings);
  if (connections_max == 0) return EX_USAGE;
  auto io = persistence::make_file_io({.write_method = choose_write_method(settings)});
  if (!io) return fail(io.error(), settings);

  MemoryReserve::of_process().keep_ahead(settings.memory_ahead_bytes.value_or(kMemoryAheadDefault));
  StateMachine engine;
  persistence::EngineTarget target(engine);
  StartProgress progress;
  SystemClock clock;
  const persistence::RecordsCallback replay = persistence::EngineReplay(engine);
  auto log = persistence::open_log(
      **io, open_log_options(settings, clock.now(), target, progress), replay);
  if (!log) {
    spdlog::error("{}", log.error().text());
    return exit_code_of(log.error());
  }
  const persistence::RecoveryReport& report = log->report;
  log_start(report, (*io)->traits());
  auto house = keep_house(**io, settings, *log);
  if (!house) return fail(house.error(), settings);

  const EngineConfig config = settings.engine_config(engine.config());
  if (const std::string problem = limit_too_low(config, engine.show_status()); !problem.empty()) {
    spdlog::error("{}", problem);
    return EX_USAGE;
  }
  if (settings.request_ids_ahead > config.request_ids_max) {
    spdlog::error("--request-ids-ahead {} is above the {} of --request-ids-max",
                  settings.request_ids_ahead, config.request_ids_max);
    return EX_USAGE;
  }
  engine.reserve_request_ids(settings.request_ids_ahead);

  Lanes lanes(settings.network_threads, limits::network_thread_in_flight_max);
  lanes.set_waker([&io] { (*io)->wake(); });
  StageBoard stages(settings.network_threads);
  auto server =
      net::Server::create(network_options(settings, connections_max, report.log_id, stages), lanes);
  if (!server) {
    spdlog::error("{}", server.error());
    return EX_UNAVAILABLE;
  }

  Core core(engine, *log->writer, clock, lanes,
            {.log_id = report.log_id,
             .spin_ns = std::uint64_t{settings.spin_us} * 1000,
             .snapshots = house->snapshots.get(),
             .snapshot_policy = {.log_bytes = settings.snapshot_log_bytes,
                                 .interval_ns = settings.snapshot_interval_s * kNsPerSecond,
                                 .log_bytes_before = report.bytes},
             .stages = &stages});
  std::atomic<bool> stop{false};
  // Not before: until here all processors loaded and replayed.
  const std::optional<unsigned> core_processor = give_core_a_processor(settings);
  // The log's writes belong to one thread, the core, from the first one on.
  std::thread core_thread([&] {
    configure(config, engine, *log->writer);
    run_core(core, **io, *log->writer, core_processor, stop);
  });
  if (settings.memory_ahead_bytes) MemoryReserve::of_process().wait_until_ready();
  (*server)->start();
  const net::Server::Endpoint& endpoint = (*server)->local_endpoint();
  warn_if_others_reach(endpoint);
  tell_ready(endpoint.text(), settings, report);
  const int signal = wait_for_stop_signal();
  spdlog::info("{}: stopping", strsignal(signal));
  (*server)->stop();
  stop.store(true, std::memory_order_release);
  (*io)->wake();
  core_thread.join();
  spdlog::info("stopped; last position {}, all of it durable", engine.position().value);
  return EX_OK;
}

}  // namespace
}  // namespace holdfast::tools

int main(int argc, char** argv) {
  using namespace holdfast::tools;
  const auto parsed = parse_server_settings(argc, argv);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  const auto& settings = std::get<ServerSettings>(parsed);

  spdlog::set_default_logger(spdlog::stderr_logger_mt("holdfastd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(spdlog::level::from_str(settings.log_level));
  block_stop_signals();
  return serve(settings);
}
