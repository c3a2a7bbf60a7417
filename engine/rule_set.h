// What a program does with merchant categories: hold periods, tolerance, estimates.
//
// A rule set is built row by row by logged commands and takes effect whole. Versions of a program
// rise; each one that was activated stays, so that an operator can go back. Cold to write, one byte
// load to look up. Thread: the owner's.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/command.h"
#include "engine/types.h"

namespace holdfast {

struct RuleSet {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint32_t categories_announced = 0;
  bool was_activated = false;
  std::vector<AddCategory> categories;
  /// By MCC: index into `categories` plus one; 0: no category.
  std::array<std::uint8_t, 10'000> category_of{};

  [[nodiscard]] const AddCategory* find(Mcc mcc) const {
    const std::uint8_t place = category_of[mcc.code];
    return place == 0 ? nullptr : &categories[place - 1U];
  }
  [[nodiscard]] bool is_complete() const { return categories.size() == categories_announced; }
  [[nodiscard]] bool overlaps(const AddCategory& row) const;
  void add(const AddCategory& row);
};

/// All rule sets ever begun, in that order.
class RuleSets {
 public:
  [[nodiscard]] RuleSet* find(ProgramId program, std::uint32_t version);
  /// Highest version begun for the program; 0: none.
  [[nodiscard]] std::uint32_t last_version(ProgramId program) const;
  void begin(const BeginRuleSet& begin);
  [[nodiscard]] std::size_t size() const { return rule_sets_.size(); }
  [[nodiscard]] const std::vector<std::unique_ptr<RuleSet>>& all() const { return rule_sets_; }

 private:
  std::vector<std::unique_ptr<RuleSet>> rule_sets_;  // addresses stay: programs point at them
};

}  // namespace holdfast
