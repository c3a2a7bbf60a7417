// What to do with the bytes at the place where the next block should stand: the decision table of
// recovery, as data. The page docs/wal-format.md shows the same rows (a test holds it to them).
//
// The principle: a crash can leave anything in blocks whose write was under way, and nothing else.
// So what a crash explains is cut, as long as no block bears witness that what stood here was
// durable; what no crash explains is damage, and Holdfast refuses to start on it.
// Thread: pure functions and constants.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast::persistence {

/// What was found. A fact behind one that is false says nothing, but for `known_durable`.
struct BlockFacts {
  bool magic = false;     // begins like a block
  bool checksum = false;  // lengths make sense and the checksum is right
  bool version = false;   // of a format version that this code reads
  bool log_id = false;    // of this log
  bool place = false;     // its own segment number and offset are where it stands
  bool current = false;   // not from before: its incarnation is not below that of the block before,
                          // and, if it stands in the wrong place, its number was not passed yet
  bool chain = false;     // carries the checksum of the block before
  bool sequence = false;  // its block number and first position continue the block before
  bool known_durable = false;  // a good block of this log says that the block expected here was
                               // durable
};

enum class Verdict : std::uint8_t {
  accept,  // the next block of the log
  end,     // the log ends here, as after a clean stop
  cut,     // the log ends here; what stands here was never acknowledged and will be overwritten
  refuse,  // damage: do not start
};

/// `yes`, `no`: the fact must be so; `any`: it does not matter.
enum class Need : std::uint8_t { any, yes, no };

struct RecoveryRow {
  std::string_view name;
  Need magic, checksum, version, log_id, place, current, chain, sequence, known_durable;
  Verdict verdict;
  std::string_view told;  // to the operator
};

[[nodiscard]] std::span<const RecoveryRow> recovery_table();

/// The one row that fits (rows are disjoint and cover everything; a test walks all combinations).
[[nodiscard]] const RecoveryRow& judge(const BlockFacts& facts);

[[nodiscard]] bool row_fits(const RecoveryRow& row, const BlockFacts& facts);
[[nodiscard]] std::string_view verdict_name(Verdict verdict);

}  // namespace holdfast::persistence
