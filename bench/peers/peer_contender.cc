#include "bench/peers/peer_contender.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <vector>

#include "bench/pauses/processors.h"

namespace holdfast::bench {

Result<void> PeerContender::wait_until_ready() {
  constexpr auto kLongest = std::chrono::seconds(120);
  const auto until = std::chrono::steady_clock::now() + kLongest;
  while (true) {
    auto version = ask_version();
    if (version) {
      version_ = std::move(*version);
      return {};
    }
    if (!server_.is_running() || std::chrono::steady_clock::now() > until) {
      return std::unexpected(
          fmt::format("{} does not start ({}):\n{}", name(), version.error(), server_.log_tail()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

Result<TurnResult> PeerContender::turn(const LoadShape& shape, double warm_up_s,
                                       double duration_s) {
  if (auto applied = apply_variant(shape.variant); !applied) {
    return std::unexpected(applied.error());
  }
  std::vector<std::unique_ptr<PeerConnection>> connections;
  for (std::uint32_t i = 0; i < shape.connections; ++i) {
    auto connection = connect_for_load();
    if (!connection) return std::unexpected(connection.error());
    connections.push_back(std::move(*connection));
  }
  // Not before: a server that was started for its variant would be bound, too.
  const BoundForNow bound(options_.load_processors);
  return run_closed_loop(connections,
                         {.in_flight = shape.in_flight,
                          .warm_up_s = warm_up_s,
                          .duration_s = duration_s,
                          .accounts = options_.accounts,
                          .seed = options_.seed++},
                         tally_);
}

Result<ContenderBooks> PeerContender::check_books() {
  {
    auto connection = connect_for_load();
    if (!connection) return std::unexpected(connection.error());
    if (auto again = ask_again(**connection, tally_); !again) return std::unexpected(again.error());
    if (auto asked = ask_what_must_be_declined(**connection, options_.accounts, tally_); !asked) {
      return std::unexpected(asked.error());
    }
  }
  ContenderBooks books{.approved = tally_.approved,
                       .declined = tally_.declined,
                       .asked_again = tally_.sample.size(),
                       .errors = tally_.errors};
  if (auto checked = check_sums(books); !checked) return std::unexpected(checked.error());
  return books;
}

void expect_sum(ContenderBooks& books, std::string_view what, std::string_view is,
                std::int64_t wanted) {
  if (is != std::to_string(wanted)) {
    books.errors.push_back(fmt::format("{}: {}, not {}", what, is, wanted));
  }
}

}  // namespace holdfast::bench
