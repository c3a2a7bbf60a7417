// A data directory's log, with its archive if it has one,
// replayed from its files into a fresh engine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "engine/state_machine.h"

namespace holdfast::test {

struct ReplayedLog {
  std::unique_ptr<StateMachine> engine;
  std::unordered_map<std::uint64_t, Outcome> outcomes;  // by the low half of the request id
  StateDigest digest_there;  // at the position that was asked for
  std::string error;  // empty: every record read, every decision recomputed alike, each id once
};

/// `digest_at`: a position of the log whose digest is wanted; zero: none.
[[nodiscard]] ReplayedLog replay_log(const std::string& data_dir,
                                     const std::string& archive_dir = "",
                                     LogPosition digest_at = {});

}  // namespace holdfast::test
