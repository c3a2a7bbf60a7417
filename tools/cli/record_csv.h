// Log records as CSV (RFC 4180): one row a record, the same columns for every kind of command, so
// that a spreadsheet or a database can load them. What does not apply is empty; amounts are in
// minor units of the column `currency`, ids as text. Thread: no state; any.
#pragma once

#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/outcome.h"
#include "tools/cli/record_links.h"
#include "tools/cli/record_text.h"

namespace holdfast::tools {

inline constexpr std::string_view kRecordCsvHead =
    "position,time,command,request_id,decision,de39,authorization,card,account,counterparty,"
    "asked,asked_currency,amount,ledger_balance,available_balance,counterparty_balance,currency,"
    "merchant,mcc,country,channel,type,late,overdrawn,forced,original_forgotten\n";

/// Ends with a newline. `asked`: what the command names; `amount`: what the decision made of it.
[[nodiscard]] std::string record_csv(const Command& command, const Outcome& outcome,
                                     const RecordLinks::Linked& linked,
                                     const RecordLines::Currencies& currencies);

/// A field, in quotes where it needs them.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace holdfast::tools
