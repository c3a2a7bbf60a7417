// What contenders share whose server is another's program, asked through its own client library:
// turns in a closed loop, the questions behind the last turn, start and stop.
//
// Thread: the main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bench/peers/contender.h"
#include "bench/processes/child_process.h"

namespace holdfast::bench {

class PeerContender : public Contender {
 public:
  PeerContender(const ContenderOptions& options, ChildProcess server, std::uint16_t port)
      : options_(options), server_(std::move(server)), port_(port) {}

  std::string version() const override { return version_; }
  Result<TurnResult> turn(const LoadShape& shape, double warm_up_s, double duration_s) override;
  Result<ContenderBooks> check_books() override;
  Result<void> stop() override { return server_.finish(); }

  /// Until the server answers; its version is then known.
  Result<void> wait_until_ready();

 protected:
  /// Asks the server who it is; an error as long as it does not answer.
  [[nodiscard]] virtual Result<std::string> ask_version() = 0;
  [[nodiscard]] virtual Result<void> apply_variant(const std::string&) { return {}; }
  [[nodiscard]] virtual Result<std::unique_ptr<PeerConnection>> connect_for_load() = 0;
  /// Compares what the server's tables add up to with what was answered.
  [[nodiscard]] virtual Result<void> check_sums(ContenderBooks& books) = 0;

  ContenderOptions options_;
  ChildProcess server_;
  std::uint16_t port_;
  PeerTally tally_;

 private:
  std::string version_ = "unknown";
};

/// An error of the books, unless `is` is that number.
void expect_sum(ContenderBooks& books, std::string_view what, std::string_view is,
                std::int64_t wanted);

}  // namespace holdfast::bench
