// What a scenario runs on: the engine, or the reference model. Both must give the written answers.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"

namespace holdfast::scenarios {

class Machine {
 public:
  virtual ~Machine() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  virtual Outcome apply(const Command& command, TimestampNs now) = 0;
  [[nodiscard]] virtual std::vector<Command> expiries_due(TimestampNs now) = 0;
  [[nodiscard]] virtual AccountView show_account(AccountId id) const = 0;
  [[nodiscard]] virtual CardView show_card(CardToken token) const = 0;
  [[nodiscard]] virtual AuthorizationView show_authorization(AuthorizationId id,
                                                             RequestId request) const = 0;
  [[nodiscard]] virtual ProgramView show_program(ProgramId id) const = 0;
  [[nodiscard]] virtual LimitsView show_limits(CardToken card, TimestampNs now) const = 0;
  [[nodiscard]] virtual ShadowsView show_shadows(ProgramId program) const = 0;
  [[nodiscard]] virtual RuleSetView show_rule_set(ProgramId program, std::uint32_t version,
                                                  std::uint32_t first_row,
                                                  std::uint32_t most) const = 0;
  [[nodiscard]] virtual StatusView show_status() const = 0;
  [[nodiscard]] virtual Money ledgers_sum(CurrencyCode currency) const = 0;
  virtual void check_invariants() const = 0;
};

[[nodiscard]] std::unique_ptr<Machine> make_engine_machine();
[[nodiscard]] std::unique_ptr<Machine> make_model_machine();

}  // namespace holdfast::scenarios
