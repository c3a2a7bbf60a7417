// The groups of subcommands, one file each: every function adds its subcommands to `app`, and sets
// `action` when one of them was named on the command line.
#pragma once

#include "tools/cli/options.h"

namespace holdfast::tools {

void add_account_commands(CLI::App& app, Action& action);        // account create|update|show
void add_card_commands(CLI::App& app, Action& action);           // card create|update|show|limits
void add_program_commands(CLI::App& app, Action& action);        // program put|check …
void add_program_show_commands(CLI::App& program_group, Action& action);    // … show|diff
void add_program_shadow_commands(CLI::App& program_group, Action& action);  // … promote|shadow …
void add_rate_commands(CLI::App& app, Action& action);           // rate set
void add_transfer_command(CLI::App& app, Action& action);        // transfer
void add_authorize_commands(CLI::App& app, Action& action);      // authorize, advise
void add_authorization_commands(CLI::App& app, Action& action);  // capture … authorization show
void add_server_commands(CLI::App& app, Action& action);         // ping, status
void add_wal_commands(CLI::App& app, Action& action);            // wal ls|dump|verify|replay|…
void add_backup_commands(CLI::App& app, Action& action);         // backup, restore
void add_state_commands(CLI::App& app, Action& action);          // state diff

void add_explain_command(CLI::App& app, Action& action);         // explain
void add_holds_commands(CLI::App& app, Action& action);          // holds, holds release
void add_snapshot_commands(CLI::App& app, Action& action);       // snapshot now|ls|show|verify

/// PROGRAM, required.
CLI::Option* add_program(CLI::App& app, std::uint32_t& target);
/// --currency, of amounts that the server tells in minor units without naming it.
CLI::Option* add_accounts_currency(CLI::App& app, CurrencyCode& target);

}  // namespace holdfast::tools
