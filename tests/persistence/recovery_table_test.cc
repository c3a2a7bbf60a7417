// The decision table of recovery: complete, without two answers, and in line with its principle.
#include "persistence/recovery_table.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::persistence {
namespace {

BlockFacts facts_from(unsigned bits) {
  const auto bit = [&](unsigned n) { return (bits >> n & 1) != 0; };
  return {.magic = bit(0), .checksum = bit(1), .version = bit(2), .log_id = bit(3), .place = bit(4),
          .current = bit(5), .chain = bit(6), .sequence = bit(7), .known_durable = bit(8)};
}

// The principle, said a second time in other words than the rows'.
Verdict expected_verdict(const BlockFacts& f) {
  const bool is_block = f.magic && f.checksum;
  const bool readable = is_block && f.version && f.log_id;
  if (readable && f.place && f.current && f.chain && f.sequence) return Verdict::accept;
  if (f.known_durable) return Verdict::refuse;  // what was acknowledged is not here
  if (!f.magic) return Verdict::end;
  if (!f.checksum) return Verdict::cut;
  if (!readable) return Verdict::refuse;
  // A good block of this log that does not continue it: only what is from before is harmless.
  if (!f.current && (!f.place || !f.chain)) return Verdict::cut;
  return Verdict::refuse;
}

TEST(RecoveryTable, EveryCombinationHasExactlyOneRow) {
  for (unsigned bits = 0; bits < 512; ++bits) {
    int rows = 0;
    for (const RecoveryRow& row : recovery_table()) rows += row_fits(row, facts_from(bits)) ? 1 : 0;
    EXPECT_EQ(rows, 1) << "facts " << bits;
  }
}

TEST(RecoveryTable, EveryCombinationIsJudgedByThePrinciple) {
  for (unsigned bits = 0; bits < 512; ++bits) {
    const RecoveryRow& row = judge(facts_from(bits));
    EXPECT_EQ(verdict_name(row.verdict), verdict_name(expected_verdict(facts_from(bits))))
        << "facts " << bits << ", row " << row.name;
  }
}

TEST(RecoveryTable, EveryRowHasANameOfItsOwnAndSaysSomething) {
  std::set<std::string_view> names;
  for (const RecoveryRow& row : recovery_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.told.empty()) << row.name;
  }
}

}  // namespace
}  // namespace holdfast::persistence
