// Steps of a scenario that are commands: words in, `Command` out.
//
// The table of verbs (`command_verbs`) is the whole language of commands: a new command of the
// engine is one function and one line there; those of rule sets stand in rule_set_steps.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "tests/scenarios/arguments.h"
#include "tests/scenarios/names.h"

namespace holdfast::scenarios {

/// A command as a step tells it, before it is sent.
struct Told {
  Command command;
  std::string request;          // the request's name; empty: the runner makes one up
  Currency currency;            // of the amounts on the line
  std::optional<Money> amount;  // that an approval must tell; none: not known beforehand
};
/// A command without a body, with an amount of zero.
[[nodiscard]] inline Told begin(CommandKind kind) {
  Told told;
  told.command.kind = kind;
  told.amount = Money{};
  return told;
}

struct CommandVerb {
  std::string_view name;
  Told (*tell)(Arguments& arguments, Names& names, const EngineConfig& config);
};
[[nodiscard]] std::span<const CommandVerb> command_verbs();

}  // namespace holdfast::scenarios
