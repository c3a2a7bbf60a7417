// A data directory's log, with its archive if it has one, replayed from its files into a fresh engine.
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
  std::string error;  // empty: every record read, every decision recomputed alike, each id once
};

[[nodiscard]] ReplayedLog replay_log(const std::string& data_dir, const std::string& archive_dir = "");

}  // namespace holdfast::test
