// Creating accounts and cards so that doing it again changes nothing.
//
// Setup commands carry request ids made of their content, so a second setup is answered as repeats.
// When the server has forgotten the request id (it keeps them for days) a creation comes back as
// `already_exists`: then what exists is looked up and must be what was asked for, else setup fails.
// Thread: one owner. The client is the caller's.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/pipeline.h"
#include "bench/result.h"
#include "engine/command.h"
#include "net/client/client.h"

namespace holdfast::bench {

struct SetupCounts {
  std::uint64_t done = 0;      // took effect now
  std::uint64_t repeated = 0;  // had taken effect before
};

class Setup {
 public:
  explicit Setup(net::Client& client);
  /// `command`: create_account, create_card, put_program or transfer.
  [[nodiscard]] Result<void> send(const Command& command);
  /// Waits for all answers and looks up what existed already.
  [[nodiscard]] Result<SetupCounts> finish();

 private:
  Result<void> answered(const Command& command, const Outcome& outcome);

  net::Client& client_;
  Pipeline pipeline_;
  std::vector<Command> sent_;  // ring by tag, as long as the largest window
  std::uint64_t next_tag_ = 0;
  std::vector<Command> existing_;
  SetupCounts counts_;
};

struct AccountBalance {
  Money ledger;
  Money held;
};
/// Ledger and held amount of each, asked pipelined. An account that the server does not show is an
/// error.
[[nodiscard]] Result<std::vector<AccountBalance>> read_balances(
    net::Client& client, const std::vector<AccountId>& accounts);

}  // namespace holdfast::bench
