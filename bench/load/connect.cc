#include "bench/load/connect.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

namespace holdfast::bench {

namespace {

/// Connecting waits for the server's Hello: some at a time, well below any listener's backlog.
constexpr std::uint32_t kConnectThreadsMax = 16;
constexpr std::uint32_t kConnectionsPerThread = 8;
/// Files that the program has open besides its connections.
constexpr std::uint64_t kOtherFiles = 64;

}  // namespace

Result<void> allow_open_files(std::uint64_t files) {
  const rlim_t wanted = files + kOtherFiles;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return {};
  const rlim_t hard = limit.rlim_max;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(hard, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &limit) == 0) return {};
  return std::unexpected(fmt::format(
      "{} open files are needed and this process may have {}: raise the limit (`ulimit -Hn {}` as "
      "root before starting, or LimitNOFILE= of the service), or ask for fewer connections",
      wanted, hard, wanted));
}

Result<net::DetachedClient> connect_one(const ConnectPlan& plan, std::string_view gateway_name) {
  auto client = connect_to(plan.endpoint, gateway_name);
  if (!client) return std::unexpected(client.error());
  if (plan.in_flight > client->server().in_flight_max) {
    return std::unexpected(fmt::format("--in-flight {} is above what the server allows, {}",
                                       plan.in_flight, client->server().in_flight_max));
  }
  return std::move(*client).detach();
}

Result<std::vector<net::DetachedClient>> connect_all(const ConnectPlan& plan) {
  if (auto allowed = allow_open_files(plan.connections); !allowed) {
    return std::unexpected(allowed.error());
  }
  std::vector<std::optional<net::DetachedClient>> made(plan.connections);
  std::vector<std::string> errors(plan.connections);
  std::atomic<std::uint32_t> next{0};
  std::atomic<bool> failed{false};
  const auto work = [&] {
    for (std::uint32_t i = next++; i < plan.connections && !failed; i = next++) {
      auto client = connect_one(plan, fmt::format("holdfast-bench/{}", i));
      if (client) {
        made[i].emplace(std::move(*client));
      } else {
        errors[i] = client.error();
        failed = true;
      }
    }
  };
  std::vector<std::thread> helpers;
  const std::uint32_t threads =
      std::min(kConnectThreadsMax, plan.connections / kConnectionsPerThread);
  for (std::uint32_t i = 0; i < threads; ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();

  if (failed) {
    const auto first = std::find_if(errors.begin(), errors.end(),
                                    [](const std::string& error) { return !error.empty(); });
    const auto connected = std::count_if(made.begin(), made.end(),
                                         [](const auto& client) { return client.has_value(); });
    if (connected == 0) return std::unexpected(*first);
    return std::unexpected(fmt::format(
        "{} of {} connections were made, then: {}; the server may allow fewer (holdfastd "
        "--connections-max) or may open fewer files (`ulimit -n` of holdfastd)",
        connected, plan.connections, *first));
  }
  std::vector<net::DetachedClient> all;
  all.reserve(made.size());
  for (auto& client : made) all.push_back(std::move(*client));
  return all;
}

}  // namespace holdfast::bench
