// `holdfast state diff A B`: what differs between the states that two logs lead to.
//
// Each side is a data directory, or DIR@POSITION for the state after that position. Both are
// rebuilt by replaying the log; equal digests end it there. Else everything that either state knows
// by name is asked of both engines and compared field by field: accounts, cards with what their
// windows have counted, programs, authorizations, and the answers to request ids.
// Thread: the only one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/options.h"
#include "tools/cli/replay_start.h"

namespace holdfast::tools {

struct StateDiffOptions {
  struct Side {
    std::string text;  // as it was given
    std::string dir;
    std::optional<LogPosition> position;
  };
  Side a;
  Side b;
  std::vector<std::string> archives;  // older parts of the log, of both sides
  Wanted wanted = Wanted::newest;
  std::uint64_t shown_max = 100;  // things that differ, of each kind; the counts tell all
};

struct FieldDifference {
  std::string field;
  std::string a;
  std::string b;
};

struct Difference {
  std::string kind;  // "account", "card", "program", "authorization", "request"
  std::string id;
  /// Empty: it is only there.
  enum class Where { both, only_a, only_b } where = Where::both;
  std::vector<FieldDifference> fields;
};

/// "DIR" or "DIR@POSITION"; a directory whose name ends so is meant when it exists.
[[nodiscard]] std::expected<StateDiffOptions::Side, std::string> parse_state_side(
    const std::string& text);

/// Exit code ok when the states are equal, else not_so.
[[nodiscard]] ExitCode state_diff(const Globals& globals, const StateDiffOptions& options);

}  // namespace holdfast::tools
