// Crashes at every step of taking a snapshot, naming it, removing older ones, archiving and
// recycling: what was acknowledged is there afterwards, and so is all of history
// where there is an archive.
#include <gtest/gtest.h>


#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

// Salts of what may be in the log, by position; acknowledged ones must be, and all must be as here.
struct Expected {
  std::vector<std::uint64_t> salts;
  std::uint64_t acknowledged = 0;
};

void expect_state(const SmallServer& server, const Expected& expected) {
  const auto& there = server.target.state.salts;
  ASSERT_GE(there.size(), expected.acknowledged);
  ASSERT_LE(there.size(), expected.salts.size());
  for (std::size_t i = 0; i < there.size(); ++i) {
    ASSERT_EQ(there[i], expected.salts[i]) << "position " << i + 1;
  }
}

void expect_history(FileIo& io, std::uint64_t acknowledged) {
  WalReader reader(io, kDir, kTestLogId, {.start_after = {}, .archive_dir = kArchive});
  std::uint64_t last = 0;
  WalReader::Step step = WalReader::Step::block;
  while ((step = reader.next_block()) == WalReader::Step::block) {
    ASSERT_EQ(reader.header().position_first.value, last + 1);
    last = reader.header().position_last.value;
  }
  ASSERT_EQ(step, WalReader::Step::end)
      << (step == WalReader::Step::damage ? reader.damage().text() : reader.io_error().text());
  ASSERT_GE(last, acknowledged);
}

// A server that has one snapshot and log that the next one lets go.
std::unique_ptr<SimFileIo> make_base(const std::string& archive, Expected& expected) {
  auto io = std::make_unique<SimFileIo>(1, SimFaults{.delay_polls_max = 0});
  auto server = must_serve(*io, archive);
  server->append(*io, 2'200, 1);
  EXPECT_TRUE(server->snapshot());
  server->append(*io, 100, 1);
  expected = {.salts = server->target.state.salts,
              .acknowledged = server->writer->durable_through().value};
  server->drop();
  io->kill();
  return io;
}

// What a server does with its disk in the piece of life under test.
void live(SmallServer& server, FileIo& io, Expected& expected) {
  for (std::uint64_t round = 2; round <= 3; ++round) {
    server.append(io, 20, round);
    static_cast<void>(server.snapshot(round));
  }
  server.append(io, 20, 4);
  expected.salts = server.target.state.salts;
  expected.acknowledged = server.writer->durable_through().value;
}

// `stride` above 1 takes only so many of them: the changes are nearly the same without an archive.
void crash_at_changes(const std::string& archive, std::uint64_t stride) {
  Expected before;
  const auto base = make_base(archive, before);
  std::uint64_t changes = 0;
  {
    const auto io = base->copy(1);
    const std::uint64_t start = io->changes();
    auto server = must_serve(*io, archive);
    Expected expected = before;
    live(*server, *io, expected);
    ASSERT_EQ(server->snapshots->report().completed, 2U);
    ASSERT_EQ(expected.acknowledged, 2'360U);
    ASSERT_FALSE(io->exists(segment_path(1)));
    server->drop();
    changes = io->changes() - start;
  }
  ASSERT_GT(changes, 80U);
  for (std::uint64_t cut = 0; cut <= changes; cut += stride) {
    SCOPED_TRACE("cut after " + std::to_string(cut) + " of " + std::to_string(changes) +
                 " changes");
    const auto io = base->copy(cut + 1);
    io->set_faults({.delay_polls_max = 0});
    io->cut_power_after(cut);
    Expected expected = before;
    RecoveryError error;
    if (auto server = SmallServer::open(*io, archive, error)) {
      live(*server, *io, expected);
      server->drop();
    } else {
      ASSERT_EQ(error.kind, RecoveryError::Kind::io) << error.text();
    }
    io->crash();
    // Twice: the second start must show what the first showed, and go on from there.
    std::size_t shown = 0;
    for (int start = 0; start < 2; ++start) {
      io->set_faults({.delay_polls_max = 0});
      auto again = must_serve(*io, archive);
      expect_state(*again, expected);
      if (testing::Test::HasFatalFailure()) return;
      EXPECT_TRUE(again->report.skipped.empty()) << again->report.skipped.front().text();
      if (start == 1) {
        EXPECT_EQ(again->target.state.salts.size(), shown);
      }
      shown = again->target.state.salts.size();
      if (start == 1) {
        again->append(*io, 5, 9);
        EXPECT_TRUE(again->snapshot());
      }
      again->drop();
      io->crash();
    }
    if (!archive.empty()) expect_history(*io, expected.acknowledged);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// Every change in the release build. Sanitizers take 6 and 50 times as long: they look at fewer,
// and one thread has nothing to show to the thread sanitizer but that it runs.
#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kThin = 61;
#elif defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t kThin = 5;
#else
constexpr std::uint64_t kThin = 1;
#endif

TEST(SnapshotCrash, AtChangesWithoutAnArchive) { crash_at_changes("", 3 * kThin); }
TEST(SnapshotCrash, AtEveryChangeWithAnArchive) { crash_at_changes(kArchive, kThin); }

// A life of many crashes with snapshots and archiving at random, faults of the disk in some seeds.
void live_through_crashes(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  SimFileIo io(seed, {.delay_polls_max = 3});
  const bool cruel = seed % 2 == 0;
  Expected expected;
  for (std::uint64_t life = 1; life <= 8; ++life) {
    io.set_faults({.delay_polls_max = 3});
    auto server = must_serve(io, kArchive);
    expect_state(*server, expected);
    if (testing::Test::HasFatalFailure()) return;
    const std::uint32_t odds = cruel ? static_cast<std::uint32_t>(random() % 600) : 0;
    io.set_faults({.delay_polls_max = 3,
                   .plain_error_per_10k = odds / 4,
                   .plain_lost_per_10k = odds / 8,
                   .plain_bit_flip_per_10k = odds / 8,
                   .sync_error_per_10k = odds / 4});
    if (random() % 2 == 0) io.cut_power_after(random() % 2'500);
    for (std::uint64_t turn = random() % 6; turn > 0; --turn) {
      server->append(io, random() % 900, life);
      if (random() % 3 != 0) static_cast<void>(server->snapshot(random()));
    }
    expected.salts = server->target.state.salts;
    expected.acknowledged = server->writer->durable_through().value;
    server->drop();
    if (random() % 4 == 0) {
      io.kill();
    } else {
      io.crash();
    }
  }
  io.set_faults({});
  auto server = must_serve(io, kArchive);
  expect_state(*server, expected);
  expect_history(io, expected.acknowledged);
}

TEST(SnapshotCrash, ManyLivesKeepWhatWasAcknowledged) {
  for_each_crash_seed(live_through_crashes);
}

}  // namespace
}  // namespace holdfast::persistence
