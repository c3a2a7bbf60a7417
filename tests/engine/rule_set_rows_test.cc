// The rows of a rule set as they are told, and the states that it goes through.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

TEST(RuleSetRows, AreToldInPagesAsTheyCame) {
  RuledWorld world({});
  AddCategory fuel;
  fuel.mcc_first = fuel.mcc_last = {5542};
  const std::uint32_t version =
      world.put({{cap_transaction(2, 7), cap_transaction(1, 8)},
                 {merchant_item(1, "SHADY"), mcc_item(2, 1, 3)},
                 {zone_offset(1, 0, 3600)},
                 {fuel}});
  std::vector<Command> rows;
  for (std::uint32_t first = 0; first < 6;) {
    const RuleSetView page = world.engine.show_rule_set({}, version, first, 4);
    ASSERT_TRUE(page.found);
    EXPECT_EQ(page.state, RuleSetState::complete);
    EXPECT_EQ(page.rows_total, 6U);
    EXPECT_EQ(page.announced.list_items, 2U);
    EXPECT_EQ(page.first_row, first);
    ASSERT_EQ(page.rows.size(), first == 0 ? 4U : 2U);
    rows.insert(rows.end(), page.rows.begin(), page.rows.end());
    first += static_cast<std::uint32_t>(page.rows.size());
  }
  EXPECT_EQ(rows[0].kind, CommandKind::add_category);
  EXPECT_EQ(rows[1].add_control.control, 2);
  EXPECT_EQ(rows[2].add_control.control, 1);
  EXPECT_EQ(rows[3].add_list_item.merchant, merchant("SHADY"));
  EXPECT_EQ(rows[4].add_list_item.mcc_last.code, 3);
  EXPECT_EQ(rows[5].kind, CommandKind::add_zone_offset);
  EXPECT_TRUE(rows[5].request_id.is_zero());
  EXPECT_TRUE(world.engine.show_rule_set({}, version, 6, 4).rows.empty());
  EXPECT_FALSE(world.engine.show_rule_set({}, version + 1, 0, 4).found);
  EXPECT_FALSE(world.engine.show_rule_set({55}, 1, 0, 4).found);

  const auto state = [&](std::uint32_t of) {
    return world.engine.show_rule_set({}, of, 0, 4).state;
  };
  EXPECT_EQ(state(0), RuleSetState::active) << "0: the active one";
  ASSERT_EQ(world.set_shadow(version, true), Decision::approved);
  EXPECT_EQ(state(version), RuleSetState::shadow);
  world.go_back_to(version);
  EXPECT_EQ(state(version), RuleSetState::active);
  EXPECT_EQ(state(1), RuleSetState::former);
  ASSERT_EQ(world.set_shadow(1, true), Decision::approved);
  EXPECT_EQ(state(1), RuleSetState::shadow);
}

}  // namespace
}  // namespace holdfast
