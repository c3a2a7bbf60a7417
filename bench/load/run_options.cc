#include "bench/load/run_options.h"

#include <fmt/format.h>

#include "bench/pauses/processors.h"
#include "engine/limits.h"

namespace holdfast::bench {

namespace {
constexpr std::size_t kErrorTextsMax = 10;
/// Below the 28,000 ports that Linux gives out to one destination.
constexpr std::uint32_t kConnectionsMax = 20'000;
/// Ten times what was ever measured; the generator needs some 20 bytes for each.
constexpr std::uint32_t kAccountsMax = 100'000'000;
}

std::string RunOptions::check() const {
  if (connections == 0 || in_flight == 0 || threads == 0) {
    return "--connections, --in-flight and --threads must be 1 or more";
  }
  if (in_flight > limits::session_in_flight_max) {
    return fmt::format("--in-flight must be {} or less, which is what a server allows at most",
                       limits::session_in_flight_max);
  }
  if (threads > connections) {
    return fmt::format("--threads {} needs as many connections; there are {}", threads,
                       connections);
  }
  if (connections > kConnectionsMax) {
    return fmt::format("--connections must be {} or less: each is a local port of this machine",
                       kConnectionsMax);
  }
  if (!(rate_per_s >= 0) || !(duration_s > 0) || !(warm_up_s >= 0) || !(reconnect_s >= 0)) {
    return "--rate, --warm-up and --reconnect must not be negative, --duration must be above 0";
  }
  if (std::string wrong = check_load_processors(processors); !wrong.empty()) return wrong;
  if (mix.total() == 0) return "the weights of --mix are all 0: there is nothing to send";
  if (mix.weights[0] == 0 && mix.weights[3] == 0) {
    return "--mix has captures or reversals but no authorizations to apply them to";
  }
  if (amount_min < 1 || amount_max < amount_min) {
    return "--amount-min must be 1 or more and not above --amount-max";
  }
  if (population.accounts == 0 || population.accounts > kAccountsMax || population.number == 0 ||
      population.number > 0xFFFF'FFFF) {
    return fmt::format("--accounts must be 1..{} and --population 1..4294967295", kAccountsMax);
  }
  if (population.fund.minor < 1) return "--fund must be 1 or more";
  if (repeats_expected && run_id == 0) {
    return "--repeats-expected needs the --run-id that is repeated";
  }
  return "";
}

void LoadCounts::merge(const LoadCounts& other) {
  latency_ns.merge(other.latency_ns);
  outside_pauses_ns.merge(other.outside_pauses_ns);
  completions += other.completions;
  acknowledged += other.acknowledged;
  inquiries += other.inquiries;
  repeated += other.repeated;
  resent += other.resent;
  reconnects += other.reconnects;
  errors += other.errors;
  unknown_outcome += other.unknown_outcome;
  never_sent += other.never_sent;
  found_no_room += other.found_no_room;
  for (std::size_t i = 0; i < decisions.size(); ++i) decisions[i] += other.decisions[i];
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i] += other.steps[i];
  for (const std::string& text : other.error_texts) {
    if (error_texts.size() < kErrorTextsMax) error_texts.push_back(text);
  }
  if (!lost) lost = other.lost;
}

void LoadCounts::add_error(std::string text) {
  ++errors;
  if (error_texts.size() < kErrorTextsMax) error_texts.push_back(std::move(text));
}

bool RunReport::passed() const {
  if (counts.errors != 0 || counts.never_sent != 0) return false;
  if (counts.lost && !options.allow_lost) return false;
  if (!pauses) return false;  // asked for, and not told
  return !balances_conserved || *balances_conserved;
}

}  // namespace holdfast::bench
