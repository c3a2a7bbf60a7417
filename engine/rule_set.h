// A program's rules: what it does with merchant categories (hold periods, tolerance, estimates),
// and its controls with their lists and zones.
//
// A rule set is built row by row by logged commands and takes effect whole. Versions of a program
// rise; each one that was activated stays, so that an operator can go back. Cold to write; what the
// hot path reads is a table by MCC here and the compiled controls of the active one. Thread: the
// owner's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"

namespace holdfast {

class ControlSet;

struct RuleSet {
  ProgramId program;
  std::uint32_t version = 0;
  /// How many rows of each kind there are in the end.
  std::uint32_t categories_announced = 0;
  std::uint32_t controls_announced = 0;
  std::uint32_t list_items_announced = 0;
  std::uint32_t zone_offsets_announced = 0;
  bool was_activated = false;
  std::uint32_t sequence = 0;  // how many of all programs were begun before it
  std::vector<AddCategory> categories;
  std::vector<AddControl> controls;
  std::vector<AddListItem> list_items;
  std::vector<AddZoneOffset> zone_offsets;
  std::map<std::uint16_t, ListKind> list_kinds;     // by number of the list
  std::map<std::uint16_t, std::int64_t> zone_ends;  // last `from_s`, by number of the zone
  /// By MCC: index into `categories` plus one; 0: no category.
  std::array<std::uint8_t, 10'000> category_of{};
  /// While the rule set is active or runs as a shadow, if it has controls; else null.
  std::unique_ptr<ControlSet> compiled;

  RuleSet();
  ~RuleSet();

  [[nodiscard]] const AddCategory* find(Mcc mcc) const {
    const std::uint8_t place = category_of[mcc.code];
    return place == 0 ? nullptr : &categories[place - 1U];
  }

  /// Whether the row is announced, not there yet, and agrees with the other rows.
  [[nodiscard]] bool accepts(const AddCategory& row) const;
  [[nodiscard]] bool accepts(const AddControl& row) const;
  [[nodiscard]] bool accepts(const AddListItem& row) const;
  [[nodiscard]] bool accepts(const AddZoneOffset& row) const;
  /// The row is acceptable.
  void add(const AddCategory& row);
  void add(const AddControl& row);
  void add(const AddListItem& row);
  void add(const AddZoneOffset& row);

  /// All announced rows are there, and every list and zone that a control names.
  [[nodiscard]] bool is_complete() const;
  /// Rows that are there.
  [[nodiscard]] std::size_t rows() const {
    return categories.size() + controls.size() + list_items.size() + zone_offsets.size();
  }
  /// The row of this number, as the command that brought it, without request id: categories,
  /// controls, list items, zone offsets, each in the order in which they came.
  [[nodiscard]] Command row(std::size_t number) const;
  void compile();
};

/// How far a rule set has come: all of it that changes, but for what it judges with.
struct RuleSetProgress {
  std::uint32_t categories = 0;  // rows that are there
  std::uint32_t controls = 0;
  std::uint32_t list_items = 0;
  std::uint32_t zone_offsets = 0;
  bool was_activated = false;

  [[nodiscard]] static RuleSetProgress of(const RuleSet& set);
};

/// All rule sets ever begun. While a snapshot is captured, each one is remembered as far as it had
/// come when that began: rows are only ever added.
class RuleSets {
 public:
  /// Null: never begun.
  [[nodiscard]] RuleSet* find(ProgramId program, std::uint32_t version) const;
  /// Highest version begun for the program; 0: none.
  [[nodiscard]] std::uint32_t last_version(ProgramId program) const;
  void begin(const BeginRuleSet& begin);
  /// The set accepts the row.
  template <class Row>
  void add(RuleSet& set, const Row& row) {
    before_change(set);
    set.add(row);
    row_bytes_ += sizeof(Row);
  }
  void set_activated(RuleSet& set) {
    before_change(set);
    set.was_activated = true;
  }
  [[nodiscard]] const RuleSet& operator[](std::size_t sequence) const {
    return *in_order_[sequence];
  }
  /// Of all rows.
  [[nodiscard]] std::uint64_t row_bytes() const { return row_bytes_; }

  void begin_capture() { is_capturing_ = true; }
  void end_capture() {
    is_capturing_ = false;
    before_.clear();
  }
  /// Of a set that was there when the capture began.
  [[nodiscard]] RuleSetProgress captured(std::size_t sequence) const;

  [[nodiscard]] std::size_t size() const { return rule_sets_.size(); }
  /// By program and version.
  using ByVersion = std::map<std::pair<ProgramId, std::uint32_t>, std::unique_ptr<RuleSet>>;
  [[nodiscard]] const ByVersion& all() const { return rule_sets_; }

 private:
  void before_change(const RuleSet& set) {
    if (is_capturing_) before_.try_emplace(set.sequence, RuleSetProgress::of(set));
  }

  ByVersion rule_sets_;  // addresses stay: programs point at them
  std::vector<const RuleSet*> in_order_;
  std::uint64_t row_bytes_ = 0;
  bool is_capturing_ = false;
  std::map<std::uint32_t, RuleSetProgress> before_;  // of those that changed during the capture
};

}  // namespace holdfast
