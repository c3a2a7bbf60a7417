#include "persistence/recovery_table.h"

#include "engine/check.h"

namespace holdfast::persistence {
namespace {

constexpr Need any = Need::any;
constexpr Need yes = Need::yes;
constexpr Need no = Need::no;

// clang-format off
constexpr RecoveryRow kTable[] = {
  // name                magic csum  vers  logid place curr  chain seq   known-durable
  {"next_block",         yes,  yes,  yes,  yes,  yes,  yes,  yes,  yes,  any, Verdict::accept,
   "the next block of the log"},
  {"nothing_here",       no,   any,  any,  any,  any,  any,  any,  any,  no,  Verdict::end,
   "no block was written here yet: the log ends here"},
  {"block_gone",         no,   any,  any,  any,  any,  any,  any,  any,  yes, Verdict::refuse,
   "there is no block here, but a good block says that one was durable: it was overwritten, or the "
   "disk lost a write that it had confirmed"},
  {"torn_block",         yes,  no,   any,  any,  any,  any,  any,  any,  no,  Verdict::cut,
   "a block that was being written when the server or the machine stopped; nothing in it was "
   "acknowledged"},
  {"damaged_block",      yes,  no,   any,  any,  any,  any,  any,  any,  yes, Verdict::refuse,
   "the block's checksum is wrong, and a good block says that it was durable: acknowledged records "
   "are damaged"},
  {"newer_version",      yes,  yes,  no,   any,  any,  any,  any,  any,  any, Verdict::refuse,
   "the block is of a format version that this Holdfast does not read: start the newer one that "
   "wrote it"},
  {"foreign_block",      yes,  yes,  yes,  no,   any,  any,  any,  any,  any, Verdict::refuse,
   "the block belongs to another log: a file of another data directory stands here"},
  {"recycled_leftover",  yes,  yes,  yes,  yes,  no,   no,   any,  any,  no,  Verdict::cut,
   "an older block that this file held before it was recycled: the log ends here"},
  {"recycled_but_gone",  yes,  yes,  yes,  yes,  no,   no,   any,  any,  yes, Verdict::refuse,
   "an older block stands here, but a good block says that a newer one was durable in this place: "
   "the disk lost a write that it had confirmed"},
  {"misdirected_block",  yes,  yes,  yes,  yes,  no,   yes,  any,  any,  any, Verdict::refuse,
   "the block was written for another place: the disk or its driver misdirected a write"},
  {"stale_leftover",     yes,  yes,  yes,  yes,  yes,  no,   no,   any,  no,  Verdict::cut,
   "a block that an earlier crash left behind the end of the log; nothing in it was acknowledged"},
  {"stale_but_gone",     yes,  yes,  yes,  yes,  yes,  no,   no,   any,  yes, Verdict::refuse,
   "a block of an earlier incarnation stands here, but a good block says that a newer one was "
   "durable in this place: the disk lost a write that it had confirmed"},
  {"incarnation_fell",   yes,  yes,  yes,  yes,  yes,  no,   yes,  any,  any, Verdict::refuse,
   "the block continues the log with a lower incarnation than the block before: no writer does "
   "that"},
  {"chain_broken",       yes,  yes,  yes,  yes,  yes,  yes,  no,   any,  any, Verdict::refuse,
   "the block does not continue the block before it: a block between them, or the one before, was "
   "replaced"},
  {"sequence_broken",    yes,  yes,  yes,  yes,  yes,  yes,  yes,  no,   any, Verdict::refuse,
   "the block continues the block before it with a wrong block number or position: no writer does "
   "that"},
};
// clang-format on

bool fits(Need need, bool fact) { return need == any || (need == yes) == fact; }

}  // namespace

std::span<const RecoveryRow> recovery_table() { return kTable; }

bool row_fits(const RecoveryRow& row, const BlockFacts& facts) {
  return fits(row.magic, facts.magic) && fits(row.checksum, facts.checksum) &&
         fits(row.version, facts.version) && fits(row.log_id, facts.log_id) &&
         fits(row.place, facts.place) && fits(row.current, facts.current) &&
         fits(row.chain, facts.chain) && fits(row.sequence, facts.sequence) &&
         fits(row.known_durable, facts.known_durable);
}

const RecoveryRow& judge(const BlockFacts& facts) {
  for (const RecoveryRow& row : kTable) {
    if (row_fits(row, facts)) return row;
  }
  check_failed(__FILE__, __LINE__, "a row fits", "the recovery table does not cover every case");
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::accept: return "accept";
    case Verdict::end: return "end";
    case Verdict::cut: return "cut";
    case Verdict::refuse: return "refuse";
  }
  return "unknown";
}

}  // namespace holdfast::persistence
