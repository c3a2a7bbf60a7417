// The tables of the start: complete, without two answers, and in line with their principle.
#include "persistence/start_table.h"

#include <gtest/gtest.h>

#include <set>

namespace holdfast::persistence {
namespace {

SnapshotFacts snapshot_facts(unsigned bits) {
  const auto bit = [&](unsigned n) { return (bits >> n & 1) != 0; };
  return {.header = bit(0), .version = bit(1), .log_id = bit(2), .name = bit(3), .body = bit(4),
          .loads = bit(5)};
}

StartFacts start_facts(unsigned bits) {
  const auto bit = [&](unsigned n) { return (bits >> n & 1) != 0; };
  return {.snapshot = bit(0), .skipped = bit(1), .reaches = bit(2), .archive = bit(3),
          .covered = bit(4), .archive_ahead = bit(5)};
}

// The principle, said a second time in other words than the rows'.
SnapshotVerdict expected(const SnapshotFacts& f) {
  if (!f.header) return SnapshotVerdict::skip;
  if (!f.version || !f.log_id) return SnapshotVerdict::refuse;  // not a bad file: a wrong one
  return f.name && f.body && f.loads ? SnapshotVerdict::use : SnapshotVerdict::skip;
}

StartVerdict expected(const StartFacts& f) {
  if (f.archive_ahead || !f.reaches) return StartVerdict::refuse;
  if (f.snapshot && !f.covered) return StartVerdict::refuse;  // acknowledged commands are gone
  return f.skipped || f.archive ? StartVerdict::warn : StartVerdict::start;
}

TEST(StartTable, EveryCombinationHasExactlyOneRowAndThePrinciplesVerdict) {
  for (unsigned bits = 0; bits < 64; ++bits) {
    int snapshot_rows = 0;
    for (const SnapshotRow& row : snapshot_table()) {
      snapshot_rows += row_fits(row, snapshot_facts(bits)) ? 1 : 0;
    }
    EXPECT_EQ(snapshot_rows, 1) << "snapshot facts " << bits;
    EXPECT_EQ(judge(snapshot_facts(bits)).verdict, expected(snapshot_facts(bits)))
        << judge(snapshot_facts(bits)).name;
    int start_rows = 0;
    for (const StartRow& row : start_table()) {
      start_rows += row_fits(row, start_facts(bits)) ? 1 : 0;
    }
    EXPECT_EQ(start_rows, 1) << "start facts " << bits;
    EXPECT_EQ(judge(start_facts(bits)).verdict, expected(start_facts(bits)))
        << judge(start_facts(bits)).name;
  }
}

TEST(StartTable, EveryRowHasANameOfItsOwnAndSaysSomething) {
  std::set<std::string_view> names;
  for (const SnapshotRow& row : snapshot_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.told.empty()) << row.name;
  }
  for (const StartRow& row : start_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.told.empty()) << row.name;
    EXPECT_EQ(row.what_to_do.empty(), row.verdict != StartVerdict::refuse) << row.name;
  }
}

}  // namespace
}  // namespace holdfast::persistence
