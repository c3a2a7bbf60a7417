// `holdfast explain`: why a command was decided as it was, from a replay of the log to just before
// it.
//
// A step is one command of the log with what the engine says of it (engine/explain.h) and how the
// state around it was before and after. `explain.cc` collects the steps, `explain_words.cc` has the
// sentence of each check, `explain_report.cc` puts a step on the terminal or into JSON.
// Thread: the only one.
#pragma once

#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/explain.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "tools/cli/report.h"

namespace holdfast::tools {

/// What a command may change, as far as it is concerned.
struct Surroundings {
  AccountView account;
  AccountView counterparty;
  AuthorizationView authorization;
  LimitsView limits;
};

struct ExplainedStep {
  Command command;
  Outcome outcome;  // as logged, and as the replay gave it
  Explanation explanation;
  Surroundings before;
  Surroundings after;
  CurrencyCode asked_currency;    // of the amount in the command; code 0: not known
  CurrencyCode account_currency;  // of all other amounts
};

/// "480.00 GBP used + 25.00 GBP = 505.00 GBP, above 500.00 GBP (control 4)".
[[nodiscard]] std::string check_sentence(const ExplainedStep& step, const Check& check);
/// "card reported lost": what a decision means.
[[nodiscard]] std::string decision_sentence(Decision decision);
/// "card, month".
[[nodiscard]] std::string control_kind(const AddControl& control);

/// For a terminal; ends with a newline.
[[nodiscard]] std::string step_text(const ExplainedStep& step);
/// One object.
[[nodiscard]] Report step_json(const ExplainedStep& step);

}  // namespace holdfast::tools
