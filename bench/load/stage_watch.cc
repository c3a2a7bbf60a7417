#include "bench/load/stage_watch.h"

#include <chrono>
#include <utility>

namespace holdfast::bench {

StageWatch::StageWatch(Endpoint endpoint, std::uint64_t from_ns, std::uint64_t until_ns)
    : endpoint_(std::move(endpoint)), result_(std::unexpected("it was not asked for")) {
  thread_ = std::thread([this, from_ns, until_ns] {
    wait_until(from_ns);
    const auto before = look();
    wait_until(until_ns);
    const auto after = before ? look() : before;
    if (!after) {
      result_ = std::unexpected(after.error());
    } else if (!after->continues(*before)) {
      result_ = std::unexpected("the server was started again during the run");
    } else {
      result_ = after->since(*before);
    }
  });
}

StageWatch::~StageWatch() { end(); }

Result<StageProfile> StageWatch::finish() {
  end();
  return std::move(result_);
}

void StageWatch::end() {
  {
    const std::scoped_lock lock(mutex_);
    is_over_ = true;
  }
  ended_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Result<StageProfile> StageWatch::look() const {
  auto client = connect_to(endpoint_, "holdfast-bench/stages");
  if (!client) return std::unexpected(client.error());
  auto profile = client->show_stages();
  if (!profile) return std::unexpected(profile.error().message);
  return std::move(*profile);
}

void StageWatch::wait_until(std::uint64_t moment_ns) {
  // steady_clock is CLOCK_MONOTONIC.
  const std::chrono::steady_clock::time_point moment{std::chrono::nanoseconds(moment_ns)};
  std::unique_lock lock(mutex_);
  ended_.wait_until(lock, moment, [this] { return is_over_; });
}

}  // namespace holdfast::bench
