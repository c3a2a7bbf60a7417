// Outcomes, views and commands of the engine as reports: the same words wherever they are shown,
// from a server's answer as from a log record.
//
// A `currency` of code 0 means "not known here": amounts are then told in minor units. JSON keys
// are stable and all of them are always there. Thread: no state; any.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/types.h"
#include "tools/cli/report.h"

namespace holdfast::tools {

/// The answer to `command`: headline with decision and DE39, then what it says. `currency`: the
/// account's, which all amounts of an outcome are in.
[[nodiscard]] Report describe_outcome(const Command& command, const Outcome& outcome,
                                      CurrencyCode currency);

[[nodiscard]] Report describe_account(const AccountView& view);
[[nodiscard]] Report describe_card(const CardView& view);
/// `account_currency`: of all its amounts but the requested one; code 0: not known.
[[nodiscard]] Report describe_authorization(const AuthorizationView& view,
                                            CurrencyCode account_currency);
[[nodiscard]] Report describe_program(const ProgramView& view);
/// How a shadow answered: `currency` is the accounts'. A person gets the pairs of decisions as a
/// table; the JSON has them in the fields.
[[nodiscard]] Report describe_shadow(const ShadowsView& view, const ShadowView& shadow,
                                     CurrencyCode currency);
[[nodiscard]] std::string shadow_table(const ShadowView& shadow, CurrencyCode currency);
/// `currency`: of the card's account. The limits are in the JSON; a person gets them as a table.
[[nodiscard]] Report describe_limits(const LimitsView& view, CurrencyCode currency);
[[nodiscard]] std::string limits_table(const LimitsView& view, CurrencyCode currency);
[[nodiscard]] Report describe_status(const StatusView& view, std::string_view peer);
/// Where the server's time goes; a person gets the stages as a table (tools/text/stages_text.h).
[[nodiscard]] Report describe_stages(const StageProfile& profile, std::string_view peer,
                                     bool since_start);

/// The fields of a command's body, those that were given; for people and JSON alike.
[[nodiscard]] std::vector<Field> describe_command_body(const Command& command,
                                                       CurrencyCode currency);
/// The fields of an outcome that stand in the log.
[[nodiscard]] std::vector<Field> describe_logged_outcome(const Command& command,
                                                         const Outcome& outcome,
                                                         CurrencyCode currency);

/// The currency that the command itself names; code 0 if it names none.
[[nodiscard]] CurrencyCode command_currency(const Command& command);

/// "2028-09", or "none".
[[nodiscard]] std::string expiry_text(ExpiryMonth expiry);

}  // namespace holdfast::tools
