// A real holdfastd on loopback, started for a measurement and stopped at its end.
//
// Thread: the main thread (see `PeerProcess`).
#pragma once

#include <string>
#include <vector>

#include "bench/endpoint.h"
#include "bench/peers/teardown.h"

namespace holdfast::bench {

struct HoldfastdOptions {
  std::string program;                 // empty: beside this program
  std::vector<std::string> arguments;  // more than where it listens and what it keeps
  std::string directory;               // exists; its data and its log file come below
};

class HoldfastdServer {
 public:
  /// Returns when it answers.
  [[nodiscard]] static Result<HoldfastdServer> start(const HoldfastdOptions& options);

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] const std::string& version() const { return version_; }
  /// How its log writes: the method, and whether past the page cache; from its own log.
  [[nodiscard]] const std::string& log_facts() const { return log_facts_; }
  /// Stops it; an error when it did not end as it should.
  [[nodiscard]] Result<void> stop() { return child_.finish(); }

 private:
  HoldfastdServer(PeerProcess child, Endpoint endpoint)
      : child_(std::move(child)), endpoint_(std::move(endpoint)) {}
  PeerProcess child_;
  Endpoint endpoint_;
  std::string version_;
  std::string log_facts_;
};

/// The program that stands beside this one in its directory.
[[nodiscard]] std::string program_beside(const std::string& name);

}  // namespace holdfast::bench
