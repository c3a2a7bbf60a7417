// Commands and answers as one line of text, for the messages of failing tests.
#pragma once

#include <string>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"

namespace holdfast::model {

/// "authorize request=0:7 card=1:3 amount=2500 currency=826 …": every field that is not zero.
[[nodiscard]] std::string describe(const Command& command);

/// "approved amount=2500 ledger=0 available=7500 … position=12".
[[nodiscard]] std::string describe(const Outcome& outcome);

[[nodiscard]] std::string describe(const AccountView& view);
[[nodiscard]] std::string describe(const CardView& view);
[[nodiscard]] std::string describe(const AuthorizationView& view);
[[nodiscard]] std::string describe(const ProgramView& view);
[[nodiscard]] std::string describe(const LimitsView& view);
[[nodiscard]] std::string describe(const ShadowsView& view);
/// The rows on lines of their own.
[[nodiscard]] std::string describe(const RuleSetView& view);

}  // namespace holdfast::model
