// Drives an engine, a replica fed from the engine's log, and the reference model side by side.
//
// Every command goes to the engine and the model and the whole answers must be equal; what the
// engine says must be logged goes to the replica, as a recovery would, and its answer must be equal
// again. `compare_all` compares every view and the sums. A difference is told as text and ends the
// run: what follows a difference means nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/state_machine.h"
#include "tests/model/random_commands.h"
#include "tests/model/reference_model.h"

namespace holdfast::model {

class Comparison {
 public:
  /// `exact`: nothing is ever past its retention in this run, so every answer is determined; else
  /// the model follows the engine in forgetting (see reference_model.h).
  explicit Comparison(bool exact) : exact_(exact) {}

  /// Applies one command everywhere. False when something differs: see `difference()`.
  bool apply(const Command& command, TimestampNs now);

  /// Expires what is due, as the server does before a batch: at most `most` at a time.
  bool expire_due(TimestampNs now, std::size_t most);

  /// Lets the short retentions pass and gives the engine enough idle commands to forget all that it
  /// may: then it must remember exactly what the model does.
  bool let_it_forget(RandomCommands& world);

  /// What one card's controls have counted.
  bool compare_limits(CardToken card, TimestampNs now);

  /// All views, table sizes, sums, invariants, and the digests of engine and replica.
  bool compare_all(const RandomCommands& world);

  [[nodiscard]] const std::string& difference() const { return difference_; }
  [[nodiscard]] const Outcome& last_outcome() const { return outcome_; }
  [[nodiscard]] const std::vector<Command>& expired() const { return expired_; }
  [[nodiscard]] const std::vector<Outcome>& expired_outcomes() const { return expired_outcomes_; }
  [[nodiscard]] const StateMachine& engine() const { return engine_; }
  [[nodiscard]] const ReferenceModel& model() const { return model_; }

 private:
  bool differ(std::string text);
  bool compare_programs(const RandomCommands& world);
  /// All pages of one version; 0: the active one.
  bool compare_rule_set(ProgramId program, std::uint32_t version);
  template <class View>
  bool same(const View& engine, const View& model);

  bool exact_;
  StateMachine engine_;
  StateMachine replica_;
  ReferenceModel model_;
  Outcome outcome_;
  std::vector<Command> expired_;
  std::vector<Outcome> expired_outcomes_;
  std::uint32_t full_checks_ = 0;
  std::string difference_;
};

}  // namespace holdfast::model
