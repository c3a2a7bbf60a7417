// What must be true, whatever happens to the server: the history of decisions, who was told what,
// and the checks after each end of a server's life.
//
// The history is what the core handed to its journal, in order of position. Three machines follow
// it: the server's own, which recovery rebuilds from the disk; a replica, fed with the surviving
// history alone; and, in some seeds, the reference model. Gateways report every answer that reached
// them. After each recovery:
//   - all that was told is there (on an honest disk), and all that is there was decided, bit for
//   bit;
//   - every answer told is the history's, a repeated one the same as the first;
//   - every view told is the replica's at the position that the view names;
//   - a request id was decided once; money is conserved; digests are equal.
// A failed check throws Violation. Thread: the simulation's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/request.h"
#include "engine/state_machine.h"
#include "persistence/wal_format.h"
#include "tests/model/random_commands.h"
#include "tests/model/reference_model.h"
#include "tests/simulation/coverage.h"
#include "tests/simulation/fault_mix.h"

namespace holdfast::simulation {

/// Something that must never be. The text says what, for a person.
struct Violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Oracle {
 public:
  Oracle(const FaultMix& mix, model::RandomCommands& world, Coverage& coverage);

  // While a server lives ---------------------------------------------------------------------
  /// The core appended this to its journal.
  void appended(const Command& command, const Outcome& outcome);
  /// A gateway got this answer to a command.
  void told(const Command& command, const Outcome& outcome);
  /// A gateway got this answer to an inquiry.
  void told(RequestKind kind, const Inquiry& inquiry, const InquiryAnswer& answer);
  /// Lets the world learn of what is durable, so that it aims well.
  void learn_through(LogPosition durable);
  /// From now on in this life, the engine may say that it cannot decide.
  void note_no_space() {
    if (!no_space_) decided_before_no_space_ = history_.size();
    no_space_ = true;
  }

  // After its end ----------------------------------------------------------------------------
  /// The next server has recovered `records` (those behind `start_after`) into `engine`.
  /// `honest`: the disk kept what it confirmed.
  void judge_recovery(const std::vector<persistence::Record>& records, LogPosition start_after,
                      const StateMachine& engine, bool honest);
  /// The whole surviving history once more, into a fresh machine; `engine` must be the same.
  void judge_replay(const StateMachine& engine) const;
  /// `engine`, recovered from a damaged copy of the files, must be the machine of the history.
  void judge_copy(const StateMachine& engine) const;
  [[nodiscard]] LogPosition last() const { return LogPosition{history_.size()}; }
  /// The highest position that a gateway was told, or that an answer showed.
  [[nodiscard]] LogPosition told_through() const { return told_through_; }
  [[nodiscard]] const std::vector<persistence::Record>& history() const { return history_; }
  /// A hash over all that was decided, told and recovered.
  [[nodiscard]] std::uint64_t trace_hash() const { return trace_; }
  void trace(std::uint64_t value);

 private:
  struct ToldOutcome {
    Command command;
    Outcome outcome;
  };
  struct ToldView {
    LogPosition position;
    RequestKind kind{};
    Inquiry inquiry;
    InquiryAnswer answer;
  };

  [[nodiscard]] bool must_be_remembered(std::uint64_t position, TimestampNs now) const;
  void judge_records(const std::vector<persistence::Record>& records,
                     LogPosition start_after) const;
  void judge_outcomes() const;
  void judge_outcome(const ToldOutcome& told) const;
  void judge_view(const ToldView& told) const;
  void advance_replica(LogPosition to);
  void judge_state(const StateMachine& engine) const;
  void judge_model(const StateMachine& engine) const;

  const FaultMix& mix_;
  model::RandomCommands& world_;
  Coverage& coverage_;
  std::vector<persistence::Record> history_;  // [i] has position i + 1
  std::multimap<RequestId, std::uint64_t> positions_of_;
  std::uint64_t learnt_ = 0;
  std::uint64_t retention_s_min_ = UINT64_MAX / kNsPerSecond / 2;  // that was ever asked for
  LogPosition told_through_;
  bool no_space_ = false;                      // at some time in this life
  std::uint64_t decided_before_no_space_ = 0;  // the first time
  std::vector<ToldOutcome> outcomes_;  // of the life that goes on, or just ended
  std::vector<ToldView> views_;

  StateMachine replica_;
  std::unique_ptr<model::ReferenceModel> model_;
  std::uint64_t trace_ = 0;
};

}  // namespace holdfast::simulation
