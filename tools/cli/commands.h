// The groups of subcommands, one file each: every function adds its subcommands to `app`, and sets
// `action` when one of them was named on the command line.
#pragma once

#include "tools/cli/options.h"

namespace holdfast::tools {

void add_account_commands(CLI::App& app, Action& action);        // account create|update|show
void add_card_commands(CLI::App& app, Action& action);           // card create|update|show
void add_program_commands(CLI::App& app, Action& action);        // program put|show
void add_transfer_command(CLI::App& app, Action& action);        // transfer
void add_authorization_commands(CLI::App& app, Action& action);  // authorize … authorization show
void add_server_commands(CLI::App& app, Action& action);         // ping, status
void add_wal_commands(CLI::App& app, Action& action);            // wal ls|dump|verify|replay

}  // namespace holdfast::tools
