// One request of the load: what it is, and the command that it stands for.
//
// A `Step` is all that a connection keeps of a request under way, 40 bytes; the command is made
// from it when it is sent, made again, equal byte for byte, when it must be sent again after a lost
// connection, and again when its answer is written to the file of acknowledged commands. Thread: no
// state.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bench/load/population.h"
#include "engine/command.h"
#include "engine/request.h"

namespace holdfast::bench {

enum class StepKind : std::uint8_t { authorize = 0, capture = 1, reverse = 2, inquiry = 3 };
inline constexpr std::size_t kStepKinds = 4;
inline constexpr std::array<std::string_view, kStepKinds> kStepNames = {"authorize", "capture",
                                                                        "reverse", "inquiry"};

struct Step {
  std::uint64_t started_ns = 0;   // when it was meant to be sent; latency counts from here
  std::uint64_t request_low = 0;  // request id, low half; the high half is the run's id
  AuthorizationId authorization;  // capture, reverse: of which hold
  Money amount;                   // authorize, capture, reverse: what is asked
  std::uint32_t account = 0;      // index in the population
  StepKind kind = StepKind::authorize;
  bool resent = false;  // sent again after a lost connection: may come back repeated
};
static_assert(sizeof(Step) == 40);

/// Places to pay at: enough for rules about merchants and categories to have something to tell
/// apart.
inline constexpr std::size_t kPlaces = 64;
/// At which of them an authorization is asked for.
[[nodiscard]] constexpr std::size_t place_of(const Step& step) {
  return step.request_low % kPlaces;
}

/// The command of a step other than an inquiry.
[[nodiscard]] Command command_of(const Step& step, const Population& population,
                                 std::uint64_t run_id);
[[nodiscard]] Inquiry inquiry_of(const Step& step, const Population& population);

/// Which step comes next, by weight.
struct Mix {
  std::array<std::uint32_t, kStepKinds> weights = {70, 20, 5, 5};  // by StepKind
  [[nodiscard]] std::uint32_t total() const {
    return weights[0] + weights[1] + weights[2] + weights[3];
  }
  /// `draw` is 0 .. total()-1.
  [[nodiscard]] StepKind choose(std::uint64_t draw) const {
    for (std::size_t i = 0; i + 1 < kStepKinds; ++i) {
      if (draw < weights[i]) return static_cast<StepKind>(i);
      draw -= weights[i];
    }
    return StepKind::inquiry;
  }
};

}  // namespace holdfast::bench
