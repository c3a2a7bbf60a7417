// What an operator can set when starting holdfastd: parsed once, then frozen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "engine/command.h"
#include "engine/limits.h"

namespace holdfast::tools {

struct ServerSettings {
  std::string data_dir;
  std::string host = "127.0.0.1";
  std::uint16_t port = 7420;

  std::uint32_t network_threads = 1;
  std::uint32_t connections_max = limits::connections_max_default;
  bool connections_max_is_given = false;  // else as many of them as there are open files for
  std::uint32_t in_flight_max = limits::session_in_flight_max;
  std::uint32_t idle_timeout_s = 60;

  std::uint64_t segment_bytes = limits::wal_segment_bytes_default;
  std::uint32_t writes_in_flight = limits::wal_writes_in_flight_max;
  std::string write_method = "dsync";

  std::uint32_t spin_us = 200;

  std::optional<unsigned> core_processor;  // none: the kernel chooses, but for `auto`
  bool core_processor_auto = false;        // one that the disk's interrupts do not come to

  /// Memory for tables that is touched ahead. Given: before the server serves;
  /// else behind its back.
  std::optional<std::uint64_t> memory_ahead_bytes;

  /// Room in the index of request ids before the server serves; 0: it grows.
  std::uint64_t request_ids_ahead = 0;

  bool snapshots = true;
  std::uint64_t snapshot_log_bytes = std::uint64_t{1} << 30;  // 0: not by size
  std::uint64_t snapshot_interval_s = 0;                      // 0: not by time
  std::string archive_dir;                                    // empty: none

  // Part of decisions: kept in the log. Not given: as they were, or the defaults for a new log.
  std::optional<std::uint64_t> accounts_max;
  std::optional<std::uint64_t> cards_max;
  std::optional<std::uint64_t> authorizations_max;
  std::optional<std::uint64_t> request_ids_max;
  std::optional<std::uint32_t> programs_max;
  std::optional<std::uint32_t> request_retention_s;
  std::optional<std::uint32_t> authorization_retention_s;  // 0: never forgotten

  std::string log_level = "info";

  /// `base` with what was given on the command line.
  [[nodiscard]] EngineConfig engine_config(EngineConfig base) const;
};

/// The settings, or the exit code when there is nothing to serve (help, version, usage error: told
/// on the standard streams already).
[[nodiscard]] std::variant<ServerSettings, int> parse_server_settings(int argc, char** argv);

}  // namespace holdfast::tools
