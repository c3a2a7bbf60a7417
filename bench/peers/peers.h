// Holdfast and what else is installed, side by side in one run: the same rule, the same machine and
// disk, the same load, in turns.
//
// Every contender is started on loopback in a directory of its own, filled, and then tried in a few
// shapes (connections, requests under way, settings of the server); its best is what counts, for
// Holdfast as for the peers. Then rounds: each contender pipelined, then each with one request at
// a time. At the end each one's books are checked. Ratios are Holdfast's rate divided by the
// peer's of the same round; the median of the rounds is told. Thread: the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "bench/peers/contender.h"
#include "bench/report/machine.h"
#include "bench/report/spread.h"
#include "bench/result.h"

namespace holdfast::bench {

struct PeersOptions {
  std::string data_dir = ".";  // exists; all that is written lies below it for the time of the run
  std::uint32_t accounts = 1'000'000;
  std::uint32_t rounds = 5;
  double turn_s = 3;   // each turn; a fifth of it before, to warm up
  double trial_s = 1;  // each shape tried; 0: the first is taken untried
  std::uint64_t seed = 1;
  std::string holdfastd;  // empty: beside this program
  std::vector<std::string> holdfastd_arguments;
  std::vector<unsigned> load_processors;  // on which the load of each runs; none: all

  [[nodiscard]] std::string check() const;
};

struct ShapeTried {
  LoadShape shape;
  double rate_per_s = 0;
};

/// One way of driving a contender: all its rounds.
struct ContenderFigures {
  LoadShape shape;  // the best of those tried
  std::vector<ShapeTried> tried;
  std::vector<double> rates_per_s;  // by round
  Histogram latency_ns;             // all rounds
};

struct ContenderReport {
  std::string name;
  std::string version;
  std::vector<std::pair<std::string, std::string>> settings;
  double load_s = 0;
  ContenderFigures pipelined;
  ContenderFigures single;
  ContenderBooks books;
};

struct MissingPeer {
  std::string name;
  std::string why;
};

struct PeersReport {
  PeersOptions options;
  Machine machine;
  Disk disk;
  std::vector<ContenderReport> contenders;  // Holdfast first
  std::vector<MissingPeer> missing;

  /// Every answer was explicable, and all books balance. A peer that is not there is no failure.
  [[nodiscard]] bool passed() const;
};

/// Holdfast's rate divided by the peer's, of each round.
[[nodiscard]] Spread ratio_of(const ContenderFigures& holdfast, const ContenderFigures& peer);

[[nodiscard]] Result<PeersReport> measure_peers(const PeersOptions& options);

}  // namespace holdfast::bench
