// The writer of snapshots: what counts, what is kept, what goes, and what happens when it cannot.
#include "persistence/snapshot_writer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "persistence/posix_file_io.h"
#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

std::vector<std::string> snapshot_files(FileIo& io, const std::string& dir = kDir) {
  std::vector<std::string> names = io.list(dir).value();
  std::erase_if(names, [](const std::string& name) { return !parse_snapshot_name(name); });
  return names;
}

/// Files under a temporary name: one being written, or the spare.
std::vector<std::string> temporary_files(FileIo& io, const std::string& dir = kDir) {
  std::vector<std::string> names = io.list(dir).value();
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(kTemporarySuffix); });
  return names;
}

TEST(SnapshotWriter, TheNewestTwoAreKeptAndTheLogBelowTheOlderGoes) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 1'100, 1);  // one block of 4 KiB each: more than a segment
  ASSERT_TRUE(server->snapshot());
  EXPECT_EQ(snapshot_files(io), std::vector{snapshot_name({1'100})});
  EXPECT_TRUE(io.exists(segment_path(1))) << "the log is the other way to the state";
  server->append(io, 1'100, 2);
  ASSERT_TRUE(server->snapshot());
  EXPECT_EQ(snapshot_files(io).size(), 2U);
  EXPECT_FALSE(io.exists(segment_path(1)));
  EXPECT_TRUE(io.exists(segment_path(2))) << "position 1100 is in it";
  server->append(io, 1'100, 3);
  ASSERT_TRUE(server->snapshot());
  EXPECT_EQ(snapshot_files(io), (std::vector{snapshot_name({2'200}), snapshot_name({3'300})}));
  EXPECT_FALSE(io.exists(segment_path(2)));
  const SnapshotReport report = server->snapshots->report();
  EXPECT_EQ(report.newest_position.value, 3'300U);
  EXPECT_EQ(report.newest_time, make_outcome(3'300).time);
  EXPECT_EQ(report.newest_bytes, io.bytes_of(snapshot_path(3'300)).size());
  EXPECT_EQ(report.completed, 3U);
  EXPECT_EQ(report.failed, 0U);
}

TEST(SnapshotWriter, WhatIsLetGoIsWrittenOverByTheNext) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  for (const std::uint64_t more : {900, 10, 10}) {
    server->append(io, more, 1);
    ASSERT_TRUE(server->snapshot());
  }
  EXPECT_EQ(temporary_files(io), std::vector{snapshot_name({900}) + ".tmp"});
  const std::uint64_t used = io.bytes_used();
  // Far from enough for another file from now on.
  io.set_capacity(used + 16 * kSnapshotPageBytes);
  for (const std::uint64_t position : {930, 940}) {
    server->append(io, 10, 1);
    ASSERT_TRUE(server->snapshot()) << server->told.back();
    EXPECT_EQ(snapshot_files(io), (std::vector{snapshot_name({position - 10}), snapshot_name({position})}));
    EXPECT_EQ(temporary_files(io), std::vector{snapshot_name({position - 20}) + ".tmp"});
  }
  server->drop();
  io.crash();
  auto again = must_serve(io);
  EXPECT_TRUE(again->report.skipped.empty());
  EXPECT_EQ(again->target.state.salts, std::vector<std::uint64_t>(940, 1));
  EXPECT_TRUE(temporary_files(io).empty()) << "a start removes it";
}

TEST(SnapshotWriter, AFileThatSomeoneReadsIsNotWrittenOver) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 900, 1);
  ASSERT_TRUE(server->snapshot());
  SnapshotFileReader reader(io, snapshot_path(900), kTestLogId);
  ASSERT_TRUE(reader.begin(LogPosition{900}));
  for (int i = 0; i < 4; ++i) {
    server->append(io, 10, 1);
    ASSERT_TRUE(server->snapshot());
  }
  EXPECT_FALSE(io.exists(snapshot_path(900)));
  auto step = reader.next();
  while (step == SnapshotFileReader::Step::packet) step = reader.next();
  EXPECT_EQ(step, SnapshotFileReader::Step::whole) << reader.finding().text();
  EXPECT_EQ(temporary_files(io).size(), 1U) << "the next ones are written over again";
}

// The spare holds bytes of an older snapshot of the same log, at the same places.
TEST(SnapshotWriter, ALostWriteOverAnOlderSnapshotIsFound) {
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SimFileIo io(seed, {.delay_polls_max = 0});
    auto server = must_serve(io);
    for (const std::uint64_t more : {600, 10, 10}) {
      server->append(io, more, 1);
      ASSERT_TRUE(server->snapshot());
    }
    server->append(io, 10, 1);
    io.set_faults({.delay_polls_max = 0, .plain_lost_per_10k = 2'000U});
    const bool counts = server->snapshot(seed);
    io.set_faults({.delay_polls_max = 0});
    server->drop();
    io.crash();
    auto again = must_serve(io);
    EXPECT_TRUE(again->report.skipped.empty()) << "a file that was named was read back before";
    EXPECT_EQ(again->report.kept_snapshots.back().value, counts ? 630U : 620U);
    failed += counts ? 0 : 1;
  }
  EXPECT_GT(failed, 10);
  EXPECT_LT(failed, 40);
}

TEST(SnapshotWriter, WithNothingNewTheSamePositionIsWrittenAgainAndCountsOnce) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 50, 1);
  ASSERT_TRUE(server->snapshot());
  ASSERT_TRUE(server->snapshot());
  EXPECT_EQ(snapshot_files(io).size(), 1U);
  server->drop();
  io.kill();
  EXPECT_EQ(must_serve(io)->report.kept_snapshots.size(), 1U);
}

// Each call of the disk that may fail, at its time: told, no file left, the next one counts.
TEST(SnapshotWriter, WhateverFailsIsToldAndTheNextOneCounts) {
  for (const char* operation : {"open", "write", "sync", "read", "rename", "sync directory"}) {
    SCOPED_TRACE(operation);
    SimFileIo io(1, {.delay_polls_max = 0});
    auto server = must_serve(io);
    server->append(io, 700, 1);
    ASSERT_TRUE(server->snapshot());
    server->append(io, 10, 2);
    io.fail_next(operation, EIO);
    EXPECT_FALSE(server->snapshot());
    EXPECT_EQ(server->snapshots->report().failed, 1U);
    EXPECT_EQ(server->snapshots->report().newest_position.value, 700U);
    EXPECT_NE(server->told.back().find("snapshot of position 710 failed: "), std::string::npos)
        << server->told.back();
    EXPECT_NE(server->told.back().find("Input/output error"), std::string::npos);
    EXPECT_FALSE(io.exists(snapshot_path(710) + ".tmp"));
    EXPECT_TRUE(io.exists(snapshot_path(700)));
    server->append(io, 10, 2);
    EXPECT_TRUE(server->snapshot());
    EXPECT_EQ(server->snapshots->report().newest_position.value, 720U);
    EXPECT_EQ(snapshot_files(io), (std::vector{snapshot_name({700}), snapshot_name({720})}));
  }
}

TEST(SnapshotWriter, AFullVolumeFailsItAndLeavesTheSpaceToTheLog) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 700, 1);
  std::uint64_t used = 0;
  const std::vector<std::string> names = io.list(kDir).value();
  for (const std::string& name : names) used += io.bytes_of(join_path(kDir, name)).size();
  io.set_capacity(used + 100'000);
  EXPECT_FALSE(server->snapshot());
  EXPECT_NE(server->told.back().find("No space left on device"), std::string::npos) << server->told.back();
  EXPECT_TRUE(snapshot_files(io).empty());
  server->append(io, 10, 1);
  EXPECT_EQ(server->writer->durable_through().value, 710U) << "the server goes on";
  io.set_capacity(UINT64_MAX);
  EXPECT_TRUE(server->snapshot());
}

// A disk that says yes and does something else is found out by reading back.
TEST(SnapshotWriter, WhatDoesNotReadBackNeverCounts) {
  int failed = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SimFileIo io(seed, {.delay_polls_max = 0});
    auto server = must_serve(io);
    server->append(io, 600, 1);
    io.set_faults({.delay_polls_max = 0,
                   .plain_lost_per_10k = seed % 2 == 0 ? 2'000U : 0U,
                   .plain_bit_flip_per_10k = seed % 2 == 1 ? 2'000U : 0U});
    const bool counts = server->snapshot(seed);
    io.set_faults({.delay_polls_max = 0});
    EXPECT_EQ(snapshot_files(io).size(), counts ? 1U : 0U);
    server->drop();
    io.crash();
    auto again = must_serve(io);
    EXPECT_TRUE(again->report.skipped.empty()) << "a file that was named was read back before";
    EXPECT_EQ(again->target.state.salts, std::vector<std::uint64_t>(600, 1));
    failed += counts ? 0 : 1;
  }
  EXPECT_GT(failed, 10);
  EXPECT_LT(failed, 40);
}

TEST(SnapshotWriter, AnAbandonedOneLeavesNothingButTheSpare) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 600, 1);
  SnapshotWriter& writer = *server->snapshots;
  for (const int steps : {0, 1, 2}) {
    ASSERT_TRUE(writer.begin(server->target.state.plan()));
    EXPECT_EQ(writer.begin(server->target.state.plan()),
              std::unexpected(SnapshotDelay::being_written)) << "one at a time";
    SnapshotPacket* packet = writer.take_packet(SnapshotPacketUse::in_turn);
    ASSERT_NE(packet, nullptr);
    server->target.state.fill({.table = SnapshotTable::accounts, .reserved = 0, .page = 3}, packet->pages);
    packet->names[packet->count++] = {.table = SnapshotTable::accounts, .reserved = 0, .page = 3};
    writer.put_packet(packet);
    SnapshotPacket* empty = writer.take_packet(SnapshotPacketUse::in_turn);
    ASSERT_NE(empty, nullptr);
    writer.put_packet(empty);
    for (int i = 0; i < steps; ++i) EXPECT_TRUE(writer.step());
    writer.abandon("the disk is too slow");
    while (writer.step()) {
    }
    EXPECT_NE(server->told.back().find("was abandoned: the disk is too slow"), std::string::npos);
    EXPECT_TRUE(snapshot_files(io).empty());
    EXPECT_EQ(temporary_files(io).size(), 1U);
  }
  EXPECT_EQ(writer.report().failed, 3U);
  EXPECT_TRUE(server->snapshot());
  EXPECT_TRUE(temporary_files(io).empty());
}

TEST(SnapshotWriter, PacketsAreMadeBeforeItBeginsAndMoreWhenTheyRunShort) {
  SimFileIo io(1);
  SnapshotWriter writer(io, stepped_writer_options());
  // Of so many pages a sixteenth fills 80 packets, an eighth 160.
  SnapshotPlan plan = SmallState{.salts = {1}}.plan();
  plan.tables.back().pages = 16 * 80 * kSnapshotPagesPerPacket;
  plan.tables.back().slots = plan.tables.back().pages * kSnapshotPageBytes / plan.tables.back().slot_bytes;
  EXPECT_EQ(writer.begin(plan), std::unexpected(SnapshotDelay::making_memory));
  EXPECT_EQ(writer.begin(plan), std::unexpected(SnapshotDelay::making_memory)) << "still";
  EXPECT_TRUE(writer.step());
  ASSERT_TRUE(writer.begin(plan));
  EXPECT_TRUE(writer.step());
  std::vector<SnapshotPacket*> taken;
  const auto take_all = [&](SnapshotPacketUse use) {
    std::size_t count = 0;
    while (SnapshotPacket* packet = writer.take_packet(use)) {
      taken.push_back(packet);
      ++count;
    }
    return count;
  };
  EXPECT_EQ(take_all(SnapshotPacketUse::in_turn), 32U) << "what can wait leaves some to what cannot";
  EXPECT_EQ(take_all(SnapshotPacketUse::ahead), 48U);
  const auto put = [&] {
    SnapshotPacket* packet = taken.back();
    taken.pop_back();
    packet->names[packet->count] = {.table = plan.tables.back().table, .reserved = 0, .page = 0};
    std::memset(packet->pages, 0, kSnapshotPageBytes);
    ++packet->count;
    writer.put_packet(packet);
  };
  put();
  EXPECT_EQ(writer.packets_waiting(), 1U);
  EXPECT_TRUE(writer.step());
  EXPECT_EQ(writer.packets_waiting(), 0U);
  EXPECT_EQ(take_all(SnapshotPacketUse::ahead), 9U) << "the one that is written, and eight more";
  for (int i = 0; i < 80; ++i) {
    put();
    EXPECT_TRUE(writer.step());
    take_all(SnapshotPacketUse::ahead);
  }
  EXPECT_EQ(taken.size(), 160U) << "an eighth of the state, and no more";
  for (SnapshotPacket* packet : taken) {
    packet->count = 0;
    writer.put_packet(packet);
  }
  writer.abandon("the test ends");
  while (writer.step()) {
  }
  EXPECT_TRUE(writer.begin(plan)) << "they stay for the next one";
}

TEST(SnapshotWriter, AFailedOneIsTheCoresToEnd) {
  SimFileIo io(1);
  SnapshotWriter writer(io, stepped_writer_options());
  SmallState state;
  state.salts = {1};
  const SnapshotPlan plan = state.plan();
  io.fail_next("open", EIO);
  ASSERT_TRUE(writer.begin(plan));
  EXPECT_TRUE(writer.step());
  EXPECT_TRUE(writer.has_failed());
  EXPECT_EQ(writer.begin(plan), std::unexpected(SnapshotDelay::being_written))
      << "the core has not ended it yet";
  writer.abandon("the sink has failed");
  EXPECT_TRUE(writer.step());
  EXPECT_EQ(writer.report().failed, 1U);
  EXPECT_TRUE(writer.begin(plan));
  EXPECT_FALSE(writer.has_failed());
}

TEST(SnapshotWriter, DestroyedInTheMiddleItLeavesNoFile) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 600, 1);
  // Every place to stop: the pieces of one whole snapshot.
  for (int steps = 0;; ++steps) {
    const SmallState& state = server->target.state;
    static_cast<void>(feed(*server->snapshots, state, 1, [] {}));
    for (int i = 0; i < steps; ++i) static_cast<void>(server->snapshots->step());
    const bool counts = server->snapshots->report().completed > 0;
    server->snapshots.reset();
    EXPECT_EQ(snapshot_files(io).size(), counts ? 1U : 0U) << steps;
    EXPECT_TRUE(temporary_files(io).empty()) << steps;
    server->drop();
    io.kill();
    if (counts) break;
    ASSERT_LT(steps, 100);
    server = must_serve(io);
  }
}

// With a thread of its own, on a real disk: what the sanitizers look at.
TEST(SnapshotWriter, InTheBackgroundItWritesWhatTheCoreHandsOver) {
  std::string pattern = (std::filesystem::current_path() / "holdfast-snapshot-XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  {
    auto io = PosixFileIo::make();
    ASSERT_TRUE(io.has_value());
    std::atomic<std::uint64_t> covered{0};
    SnapshotWriterOptions options;
    options.dir = pattern;
    options.log_id = kTestLogId;
    options.on_log_covered = [&](LogPosition below) { covered = below.value; };
    SmallState state;
    {
      SnapshotWriter writer(**io, options);
      for (std::uint64_t round = 1; round <= 4; ++round) {
        // Larger than all packets together, so that the core has to wait for free ones.
        state.salts.resize(20'000 * round, round);
        while (!feed(writer, state, round, [] { std::this_thread::yield(); })) std::this_thread::yield();
        while (writer.report().completed < round) {
          ASSERT_EQ(writer.report().failed, 0U);
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        SmallTarget target;
        const auto reading = read_snapshot(**io, join_path(pattern, snapshot_name({20'000 * round})),
                                           kTestLogId, LogPosition{20'000 * round}, &target, {});
        EXPECT_EQ(judge(reading.facts).name, "good_snapshot") << reading.finding.text();
        EXPECT_EQ(target.state.salts, state.salts);
      }
      ASSERT_TRUE(writer.begin(state.plan()));  // and stopped with one under way
    }
    EXPECT_EQ(covered.load(), 60'000U);
    EXPECT_EQ(snapshot_files(**io, pattern).size(), 2U);
  }
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace holdfast::persistence
