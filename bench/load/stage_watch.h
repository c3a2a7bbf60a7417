// Asks the server for its stage times when the measured time begins and when it ends, so that the
// difference is of exactly this run.
//
// On a thread and connections of its own: the load does not wait for it, and the server does not
// count its inquiries. Thread: made and finished by one.
#pragma once

#include <cstdint>

#include "bench/endpoint.h"
#include "bench/result.h"
#include "bench/window_thread.h"
#include "engine/stage_times.h"

namespace holdfast::bench {

class StageWatch {
 public:
  /// Both moments are of CLOCK_MONOTONIC.
  StageWatch(Endpoint endpoint, std::uint64_t from_ns, std::uint64_t until_ns);

  /// Once. Takes the second look at once if its moment has not come. An error is a sentence: the
  /// server is older, was started again, or is gone.
  [[nodiscard]] Result<StageProfile> finish();

 private:
  [[nodiscard]] Result<StageProfile> look() const;

  const Endpoint endpoint_;
  Result<StageProfile> before_, after_;
  WindowThread thread_;  // last: all else is there when it begins
};

}  // namespace holdfast::bench
