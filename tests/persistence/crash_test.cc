// Crashes on the simulated disk: what was told durable is there afterwards, whatever the disk made
// of the writes under way, again and again.
#include <gtest/gtest.h>


#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {
namespace {

// Every fate of every write under way, for short traces: 4^3 outcomes of each of several stages.
TEST(Crash, EveryFateOfThreeWritesUnderWayKeepsWhatWasDurable) {
  for (const std::uint64_t before : {0U, 200U}) {
    for (unsigned fates = 0; fates < 64; ++fates) {
      SimFileIo io(fates, {.delay_polls_max = 0});
      TestLog log = must_open(io);
      log.append_many(io, before, 1);
      log.flush(io);
      const std::uint64_t durable = log.writer->durable_through().value;
      ASSERT_EQ(durable, before);
      // Nothing completes any more: three writes of different length, side by side.
      io.set_faults({.delay_polls_max = 1'000'000'000});
      for (const std::uint64_t records : {1U, 60U, 3U}) {
        for (std::uint64_t i = 0; i < records; ++i) log.append(2);
        log.writer->pump();
      }
      ASSERT_EQ(io.writes_under_way(), 3U);
      log.writer.reset();
      io.crash({static_cast<CrashFate>(fates % 4), static_cast<CrashFate>(fates / 4 % 4),
                static_cast<CrashFate>(fates / 16)});
      // Twice: the second start must show what the first showed.
      std::uint64_t shown = 0;
      for (int start = 0; start < 2; ++start) {
        io.set_faults({.delay_polls_max = 0});
        TestLog again = must_open(io);
        ASSERT_GE(again.recovered.size(), durable) << "fates " << fates;
        std::vector<std::uint64_t> salts(durable, 1);
        salts.resize(again.recovered.size(), 2);
        expect_records(again.recovered, again.recovered.size(), salts);
        if (start == 1) {
          EXPECT_EQ(again.recovered.size(), shown);
        }
        shown = again.recovered.size();
        again.flush(io);
        again.writer.reset();
        io.crash();
      }
    }
  }
}

// A life of many crashes: random batches, random crash points, torn and reordered writes.
void live_through_crashes(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  SimFileIo io(seed, {.delay_polls_max = 6});
  std::vector<std::uint64_t> salts;  // of what is known to be in the log, by position - 1
  std::uint64_t acknowledged = 0;
  std::uint64_t incarnation = 0;
  for (std::uint64_t life = 1; life <= 12; ++life) {
    TestLog log = must_open(io);
    ASSERT_GT(log.report.incarnation, incarnation);
    ASSERT_GE(log.recovered.size(), acknowledged);
    ASSERT_LE(log.recovered.size(), salts.size());
    salts.resize(log.recovered.size());
    expect_records(log.recovered, log.recovered.size(), salts);
    if (testing::Test::HasFatalFailure()) return;
    std::uint64_t turns = random() % 120;
    while (turns-- > 0) {
      for (std::uint64_t batch = random() % 400; batch > 0; --batch) {
        if (log.writer->state() != JournalState::ready) break;
        log.append(life);
        salts.push_back(life);
      }
      log.writer->pump();
      if (random() % 8 == 0) io.park(0);
      if (random() % 16 == 0 && log.writer->is_idle()) log.writer->mark_durable();
      ASSERT_NE(log.writer->state(), JournalState::failed) << log.writer->failure();
    }
    acknowledged = log.writer->durable_through().value;
    // An incarnation that wrote nothing durable leaves no trace, and needs none.
    if (log.writer->is_idle() || acknowledged > log.recovered.size()) {
      incarnation = log.report.incarnation;
    }
    log.writer.reset();
    if (random() % 4 == 0) {
      io.kill();
    } else {
      io.crash();
    }
  }
}

TEST(Crash, ManyLivesKeepWhatWasAcknowledged) {
  for_each_crash_seed(live_through_crashes);
}

// A disk that lies: confirmed writes are lost, misdirected or come out wrong. What such a disk
// loses cannot be brought back, but it must never be told as if it were the whole log: either
// recovery refuses, or what it gives is a true prefix and nothing that survived
// says that there was more.
void live_on_a_lying_disk(std::uint64_t seed, int& refused, int& opened) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  SimFileIo io(seed, {.delay_polls_max = 3});
  TestLog log = must_open(io);
  log.append_many(io, random() % 500);
  log.flush(io);
  const std::uint32_t odds = 200 + static_cast<std::uint32_t>(random() % 2'000);
  io.set_faults({.lost_per_10k = seed % 3 == 0 ? odds : 0,
                 .misdirected_per_10k = seed % 3 == 1 ? odds : 0,
                 .bit_flip_per_10k = seed % 3 == 2 ? odds : 0,
                 .delay_polls_max = 3});
  for (int batch = 0; batch < 30; ++batch) {
    log.append_many(io, random() % 80);
    log.writer->pump();
  }
  log.flush(io);
  log.writer.reset();
  io.crash();
  io.set_faults({});
  const auto again = open_test_log(io);
  if (!again) {
    ++refused;
    EXPECT_EQ(again.error().kind, RecoveryError::Kind::damaged) << again.error().text();
    return;
  }
  ++opened;
  expect_records(again->recovered, again->recovered.size());
  for (std::uint64_t segment = 1; io.exists(segment_path(segment)); ++segment) {
    for (const BlockHeader& header : blocks_in(io, segment)) {
      EXPECT_LE(header.durable_position.value, again->recovered.size())
          << "the block at " << header.offset << " of segment " << segment << " knew of more";
    }
  }
}

TEST(Crash, ALyingDiskIsFoundOutOrTheLogIsATruePrefix) {
  int refused = 0;
  int opened = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    live_on_a_lying_disk(seed, refused, opened);
    if (HasFatalFailure()) return;
  }
  // Both must have been tried for this to mean anything.
  EXPECT_GT(refused, 10);
  EXPECT_GT(opened, 5);
}

}  // namespace
}  // namespace holdfast::persistence
