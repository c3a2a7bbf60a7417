// What a measurement in turns on a holdfastd of its own is told, what it tells of machine, disk and
// server, and how its report writes both. Thread: no state.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bench/load/population.h"
#include "bench/report/machine.h"

namespace holdfast::bench {

struct OwnServerOptions {
  std::string data_dir = ".";  // exists; all that is written lies below it for the time of the run
  std::uint32_t rounds = 7;
  double turn_s = 1;  // of each thing that is measured, in each round
  Population population{.accounts = 10'000};
  std::uint64_t seed = 1;
  std::string holdfastd;  // empty: beside this program
  std::vector<std::string> holdfastd_arguments;

  /// Empty when each is in its range, else a sentence.
  [[nodiscard]] std::string check() const;
};

struct OwnServerFacts {
  Machine machine;
  Disk disk;  // of the data directory
  std::string version;
  std::string log;  // how it writes
};

/// `machine` of a report.
[[nodiscard]] nlohmann::ordered_json to_json(const OwnServerFacts& facts);
/// `settings` of a report; what the measurement is told besides comes behind them.
[[nodiscard]] nlohmann::ordered_json settings_to_json(const OwnServerOptions& options,
                                                      const OwnServerFacts& facts);
/// The lines above a table, each with its line end.
[[nodiscard]] std::string to_lines(const OwnServerFacts& facts);

}  // namespace holdfast::bench
