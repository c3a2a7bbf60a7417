#include "bench/load/stage_watch.h"

#include <utility>

namespace holdfast::bench {

StageWatch::StageWatch(Endpoint endpoint, std::uint64_t from_ns, std::uint64_t until_ns)
    : endpoint_(std::move(endpoint)),
      thread_(
          from_ns, until_ns, [this] { before_ = look(); },
          [this] { after_ = before_ ? look() : before_; }) {}

Result<StageProfile> StageWatch::finish() {
  thread_.finish();
  if (!after_) return std::unexpected(after_.error());
  if (!after_->continues(*before_)) {
    return std::unexpected("the server was started again during the run");
  }
  return after_->since(*before_);
}

Result<StageProfile> StageWatch::look() const {
  auto client = connect_to(endpoint_, "holdfast-bench/stages");
  if (!client) return std::unexpected(client.error());
  auto profile = client->show_stages();
  if (!profile) return std::unexpected(profile.error().message);
  return std::move(*profile);
}

}  // namespace holdfast::bench
