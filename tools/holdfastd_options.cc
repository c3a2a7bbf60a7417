#include "tools/holdfastd_options.h"

#include <sysexits.h>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <charconv>
#include <memory>
#include <string_view>

#include "tools/text/bytes_option.h"
#include "tools/text/help_format.h"

namespace holdfast::tools {
namespace {

constexpr std::string_view kFooter = R"(
BYTES may have a unit: 64mb, 4g (a kb is 1024 bytes).

Standard output carries one line once the server answers:
  ready listen=HOST:PORT data_dir=DIR log_id=ID position=N recovered_records=N recovery_ms=N
        snapshot_position=N snapshot_ms=N replay_ms=N
Logs go to standard error. SIGTERM or SIGINT stops it: what is under way is answered first.

Exit codes:
  0 stopped by a signal  64 wrong usage                       65 damaged data: nothing was changed
  69 address in use      74 a file cannot be read or written  75 another server uses the directory

Examples:
  holdfastd --data-dir ./data
  holdfastd --data-dir /var/lib/holdfast --listen 127.0.0.1:0 --network-threads 2
)";

// HOST:PORT or [HOST]:PORT; empty on success.
std::string parse_listen(const std::string& text, std::string& host, std::uint16_t& port) {
  const std::size_t colon = text.rfind(':');
  const std::string error = "'" + text + "' is not HOST:PORT (for example 127.0.0.1:7420, or "
                            "127.0.0.1:0 for any free port)";
  if (colon == std::string::npos || colon == 0) return error;
  host = text.substr(0, colon);
  if (host.front() == '[') {
    if (host.back() != ']') return error;
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view digits = std::string_view(text).substr(colon + 1);
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = failure == std::errc() && end == digits.data() + digits.size();
  return whole && !digits.empty() ? "" : error;
}

std::string check_segment_bytes(const std::string& text) {
  std::uint64_t bytes = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (failure == std::errc() && end == text.data() + text.size() &&
      bytes >= limits::wal_segment_bytes_min && bytes % limits::wal_sector_bytes == 0) {
    return "";
  }
  return "segment size must be a multiple of " + std::to_string(limits::wal_sector_bytes) +
         " and at least " + std::to_string(limits::wal_segment_bytes_min);
}

void add_snapshots(CLI::App& app, ServerSettings& s) {
  const std::string group = "Snapshots and archive";
  in_bytes(app.add_option("--snapshot-log-bytes", s.snapshot_log_bytes,
                          "take a snapshot after so many bytes of log; 0: not by size"))
      ->default_str("1gb")->group(group);
  app.add_option("--snapshot-interval", s.snapshot_interval_s,
                 "take a snapshot every so many seconds; 0: not by time")
      ->type_name("SECONDS")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{366} * 86'400))
      ->group(group);
  app.add_flag("!--no-snapshots", s.snapshots,
               "take none, not on request either; the log then grows for ever (those that are "
               "there are used at start)")
      ->group(group);
  app.add_option("--archive-dir", s.archive_dir,
                 "keep each log segment here before it is used again; made if it is not there")
      ->type_name("DIR")->group(group);
}

void add_limits(CLI::App& app, ServerSettings& s) {
  const std::string group =
      "Limits that take part in decisions (kept in the log; default: as before)";
  const CLI::Range slots(std::uint64_t{1}, limits::table_slots_max);
  app.add_option("--accounts-max", s.accounts_max, "accounts")->check(slots)->group(group);
  app.add_option("--cards-max", s.cards_max, "cards")->check(slots)->group(group);
  app.add_option("--authorizations-max", s.authorizations_max, "authorizations kept")
      ->check(slots)->group(group);
  app.add_option("--request-ids-max", s.request_ids_max, "request ids remembered")
      ->check(slots)->group(group);
  app.add_option("--programs-max", s.programs_max, "programs")
      ->check(CLI::Range(1U, limits::programs_max))->group(group);
  app.add_option("--request-retention", s.request_retention_s,
                 "seconds for which a request id is remembered at least")
      ->check(CLI::Range(1U, 10U * 366 * 86'400))->group(group);
  app.add_option("--authorization-retention", s.authorization_retention_s,
                 "seconds for which an authorization is remembered after its end; 0: for ever")
      ->check(CLI::Range(0U, 10U * 366 * 86'400))->group(group);
}

}  // namespace

EngineConfig ServerSettings::engine_config(EngineConfig base) const {
  base.accounts_max = accounts_max.value_or(base.accounts_max);
  base.cards_max = cards_max.value_or(base.cards_max);
  base.authorizations_max = authorizations_max.value_or(base.authorizations_max);
  base.request_ids_max = request_ids_max.value_or(base.request_ids_max);
  base.programs_max = programs_max.value_or(base.programs_max);
  base.request_retention_s = request_retention_s.value_or(base.request_retention_s);
  base.authorization_retention_s =
      authorization_retention_s.value_or(base.authorization_retention_s);
  return base;
}

namespace {

// N or auto; empty on success.
std::string read_core_processor(const std::string& text, ServerSettings& s) {
  constexpr unsigned kMax = 1023;
  s.core_processor_auto = text == "auto";
  if (s.core_processor_auto) return "";
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > kMax) {
    return fmt::format("'{}' is not a processor's number (0 to {}), nor auto", text, kMax);
  }
  s.core_processor = number;
  return "";
}

}  // namespace

std::variant<ServerSettings, int> parse_server_settings(int argc, char** argv) {
  ServerSettings s;
  std::string listen = "127.0.0.1:7420";
  CLI::App app("holdfastd: decides card payments; every answer is on disk before it is told.",
               "holdfastd");
  app.footer(std::string(kFooter));
  app.set_version_flag("--version", "holdfastd " HOLDFAST_VERSION);
  app.formatter(std::make_shared<HelpFormatter>());
  app.option_defaults()->always_capture_default();

  app.add_option("--data-dir", s.data_dir, "directory of the log; made if it is not there")
      ->required()->type_name("DIR")->check(
          [](const std::string& dir) { return dir.empty() ? "name a directory" : ""; }, "");
  app.add_option("--listen", listen, "address to serve; port 0: any free one")
      ->type_name("HOST:PORT");
  app.add_option("--network-threads", s.network_threads, "threads that serve connections")
      ->check(CLI::Range(1U, limits::network_threads_max));
  app.add_option("--connections-max", s.connections_max, "connections at once")
      ->check(CLI::Range(1U, 1'000'000U));
  app.add_option("--in-flight-max", s.in_flight_max,
                 "unanswered requests of a connection before it is not read")
      ->check(CLI::Range(1U, limits::session_in_flight_max));
  app.add_option("--idle-timeout", s.idle_timeout_s,
                 "seconds after which a silent connection is closed; 0: never")
      ->check(CLI::Range(0U, 86'400U));
  in_bytes(app.add_option("--segment-bytes", s.segment_bytes, "size of a new log segment"))
      ->default_str("64mb")->check(CLI::Validator(check_segment_bytes, ""));
  app.add_option("--writes-in-flight", s.writes_in_flight, "log writes under way at once")
      ->check(CLI::Range(std::uint32_t{1},
                         static_cast<std::uint32_t>(limits::wal_writes_in_flight_max)));
  app.add_option("--write-method", s.write_method,
                 "how a log write becomes durable: one write with RWF_DSYNC, or write and "
                 "fdatasync; auto: what a tenth of a second of measuring at start finds faster")
      ->check(CLI::IsMember({"dsync", "fdatasync", "auto"}));
  app.add_option("--spin", s.spin_us,
                 "microseconds for which the core and the network threads look for work, yielding, "
                 "before they sleep; 0: sleep at once")
      ->check(CLI::Range(0U, 1'000'000U));
  std::string core_processor;
  app.add_option("--core-processor", core_processor,
                 "a processor (0, 1, ..) for the core alone: the server's other threads keep off "
                 "it; auto: one that the disk's interrupts do not come to (default: the kernel "
                 "shares all processors among all threads)")
      ->type_name("N|auto")
      ->check([&s](const std::string& text) { return read_core_processor(text, s); }, "");
  in_bytes(app.add_option(
      "--memory-ahead", s.memory_ahead_bytes,
      "memory for the tables to touch before serving, and to keep touched ahead; for load "
      "tests and steady latencies (default: 32 MiB, touched while serving); 0: none"))
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 44).description(""));
  app.add_option("--request-ids-ahead", s.request_ids_ahead,
                 "request ids for which the index has room before serving, so that it need not "
                 "grow under load: the rate times --request-retention; some 30 bytes each; 0: none")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{limits::table_slots_max}));
  app.add_option("--log-level", s.log_level, "least severe that is logged")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  add_snapshots(app, s);
  add_limits(app, s);

  try {
    app.parse(argc, argv);
    s.connections_max_is_given = app.count("--connections-max") > 0;
    if (const std::string error = parse_listen(listen, s.host, s.port); !error.empty()) {
      throw CLI::ValidationError("--listen", error);
    }
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : EX_USAGE;
  }
  return s;
}

}  // namespace holdfast::tools
