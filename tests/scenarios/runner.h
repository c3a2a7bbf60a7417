// Plays one scenario on one machine and tells every line whose answer is not the written one.
//
// Beside what a line says, each answer must also be whole: a decline moves nothing, an approval
// tells the amount asked, log positions rise by one, a repeated answer is the first one, and the
// ledgers of every currency sum to zero after every step.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/machine.h"
#include "tests/scenarios/names.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/steps.h"

namespace holdfast::scenarios {

struct Finding {
  int line = 0;
  std::string text;
};

class Runner {
 public:
  explicit Runner(Machine& machine);

  /// Throws ScenarioError for a line that is not understood. Stops at the first line with findings.
  std::vector<Finding> run(const Scenario& scenario);

 private:
  using Facts = std::map<std::string, std::string>;

  void step(const Step& step);
  void move_time(const std::string& text);
  void command(const Step& step, const CommandVerb& verb);
  void retry(const Step& step);
  void check(const Step& step);
  void expiries(const Step& step);
  void judge(const Step& step, const Told& told, const Outcome& outcome, LogPosition before,
             const Outcome* first);
  void judge_amount(const Step& step, const Told& told, const Outcome& outcome,
                    const Currency& currency);
  void judge_log(const Told& told, const Outcome& outcome, LogPosition before,
                 const Outcome* first);
  Outcome apply(const Command& command);

  [[nodiscard]] AccountView account_concerned(const Command& command, const Outcome& outcome) const;
  Facts account_facts(const AccountView& view, const Currency& currency) const;
  Facts authorization_facts(const AuthorizationView& view) const;
  Facts limit_facts(CardToken card, const std::string& control) const;
  // In checks.cc: what is known of a thing, by name.
  Facts shadow_facts(const Step& step, ProgramId program, const std::string& version,
                     const Currency& currency);
  Facts rule_set_facts(ProgramId program, const std::string& version);
  Facts check_facts(const Step& step, Arguments& arguments);
  void compare(const Options& expected, const Facts& facts);
  void find(std::string text);

  Machine& machine_;
  Names names_;
  TimestampNs now_;
  bool expires_by_itself_ = true;
  std::set<CurrencyCode> currencies_;
  int line_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace holdfast::scenarios
