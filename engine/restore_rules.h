// The `state` stream of a snapshot, read back: programs' rule sets and shadows, judged by the same
// rules as the commands that once brought them. Private to the loader. Thread: the loader's.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <span>
#include <vector>

#include "engine/index.h"
#include "engine/restore.h"
#include "engine/rule_set.h"
#include "engine/shadows.h"
#include "engine/slots.h"
#include "engine/snapshot_state.h"

namespace holdfast {

class StateReader {
 public:
  explicit StateReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  /// The header, if it is one that this engine understands.
  [[nodiscard]] Restored read_header(StateHeader& header);
  /// False: the stream ends before it.
  template <class T>
  [[nodiscard]] bool read(T& value) {
    static_assert(is_plain_bytes<T>);
    if (bytes_.size() - at_ < sizeof value) return false;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return at_ == bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

/// Reads the rest of the stream: rule sets and shadows of programs whose slots are there, and
/// builds what the programs judge by.
class RulesRestorer {
 public:
  RulesRestorer(StateReader& reader, const SlotTable<ProgramSlot>& programs,
                Index<ProgramSlot, &ProgramSlot::id>& program_index,
                std::vector<ProgramRules>& program_rules, RuleSets& rule_sets,
                std::map<SlotNumber, ProgramShadows>& shadows)
      : reader_(reader),
        programs_(programs),
        program_index_(program_index),
        program_rules_(program_rules),
        rule_sets_(rule_sets),
        shadows_(shadows) {}

  [[nodiscard]] Restored restore(const StateHeader& header);

 private:
  /// What the stream says of one program's shadows; they need the rule sets, which come later.
  struct Run {
    ShadowRunEntry entry;
    std::vector<ShadowTallyEntry> tallies;
  };
  struct Told {
    ProgramShadowsEntry entry;
    std::vector<Run> runs;
    std::vector<WindowOriginEntry> windows;
  };

  [[nodiscard]] Restored index_programs();
  [[nodiscard]] bool read_shadows(Told& told);
  [[nodiscard]] Restored restore_rule_set();
  template <class Row>
  [[nodiscard]] bool restore_rows(CommandKind kind, Row Command::*member, std::uint32_t rows,
                                  RuleSet& set);
  [[nodiscard]] Restored restore_shadows(const Told& told);
  [[nodiscard]] Restored restore_run(const Told& told, const Run& run, ProgramShadows& shadows);
  [[nodiscard]] Restored activate(SlotNumber program);

  StateReader& reader_;
  const SlotTable<ProgramSlot>& programs_;
  Index<ProgramSlot, &ProgramSlot::id>& program_index_;
  std::vector<ProgramRules>& program_rules_;
  RuleSets& rule_sets_;
  std::map<SlotNumber, ProgramShadows>& shadows_;
};

}  // namespace holdfast
