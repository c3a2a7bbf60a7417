#include "tests/scenarios/machine.h"

#include "engine/state_machine.h"
#include "tests/model/reference_model.h"

namespace holdfast::scenarios {
namespace {

/// The inquiries have the same names on both.
template <class Subject>
class MachineOf : public Machine {
 public:
  Outcome apply(const Command& command, TimestampNs now) override {
    return subject_.apply(command, now);
  }
  AccountView show_account(AccountId id) const override { return subject_.show_account(id); }
  CardView show_card(CardToken token) const override { return subject_.show_card(token); }
  AuthorizationView show_authorization(AuthorizationId id, RequestId request) const override {
    return subject_.show_authorization(id, request);
  }
  ProgramView show_program(ProgramId id) const override { return subject_.show_program(id); }
  LimitsView show_limits(CardToken card, TimestampNs now) const override {
    return subject_.show_limits(card, now);
  }
  ShadowsView show_shadows(ProgramId program) const override {
    return subject_.show_shadows(program);
  }
  RuleSetView show_rule_set(ProgramId program, std::uint32_t version, std::uint32_t first_row,
                            std::uint32_t most) const override {
    return subject_.show_rule_set(program, version, first_row, most);
  }
  StatusView show_status() const override { return subject_.show_status(); }
  Money ledgers_sum(CurrencyCode currency) const override {
    return subject_.ledgers_sum(currency);
  }

 protected:
  Subject subject_;
};

class EngineMachine final : public MachineOf<StateMachine> {
 public:
  std::string_view name() const override { return "engine"; }
  std::vector<Command> expiries_due(TimestampNs now) override {
    std::vector<Command> commands;
    (void)subject_.expiries_due(now, 1'000'000, commands);
    return commands;
  }
  void check_invariants() const override { subject_.check_invariants(); }
};

class ModelMachine final : public MachineOf<model::ReferenceModel> {
 public:
  std::string_view name() const override { return "reference model"; }
  std::vector<Command> expiries_due(TimestampNs now) override {
    std::vector<Command> commands;
    for (const AuthorizationId id : subject_.due(now)) {
      Command command;
      command.kind = CommandKind::expire;
      command.expire.authorization = id;
      commands.push_back(command);
    }
    return commands;
  }
  // By itself the model never forgets; scenarios wait until the engine must have done so.
  Outcome apply(const Command& command, TimestampNs now) override {
    const Outcome outcome = MachineOf::apply(command, now);
    subject_.forget_all_it_may();
    return outcome;
  }
  // The model keeps nothing twice that could disagree.
  void check_invariants() const override {}
};

}  // namespace

std::unique_ptr<Machine> make_engine_machine() { return std::make_unique<EngineMachine>(); }
std::unique_ptr<Machine> make_model_machine() { return std::make_unique<ModelMachine>(); }

}  // namespace holdfast::scenarios
