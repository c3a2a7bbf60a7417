// The floors, measured for a moment: every figure is there and sensible, nothing is left behind.
// How large a figure is depends on the machine, so only order and presence are judged.
#include "bench/floors/floor.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "bench/floors/durable_write.h"
#include "bench/floors/echo.h"
#include "bench/floors/floor_report.h"
#include "bench/floors/group_commit.h"
#include "bench/floors/many_echo.h"
#include "persistence/disk_interrupts.h"
#include "tests/bench/trace_files.h"

namespace holdfast::bench {
namespace {

class FloorTest : public TempDirTest {
 protected:
  std::string dir() const { return path("."); }
  FloorOptions tiny() const {
    FloorOptions options;
    options.data_dir = dir();
    options.duration_s = 0.3;
    options.pauses_s = 0.1;
    options.rounds = 2;
    options.file_bytes = 4 * 1024 * 1024;
    options.lookup_entries = {1'000, 20'000};
    return options;
  }
};

TEST_F(FloorTest, MeasuresEveryFloorAndLeavesNothing) {
  const auto report = measure_floors(tiny());
  ASSERT_TRUE(report.has_value()) << report.error();
  EXPECT_TRUE(std::filesystem::is_empty(dir()));
  const auto json = to_json(*report);
  EXPECT_EQ(json.at("kind"), "floor");
  for (const char* key : {"cpu", "processors", "kernel", "memory_bytes", "disk"}) {
    EXPECT_TRUE(json.at("machine").contains(key)) << key;
  }
  EXPECT_TRUE(json.at("machine").at("disk").contains("file_system"));
  EXPECT_EQ(json.at("machine").at("disk").at("interrupt_processors").is_null(),
            !persistence::disk_interrupt_processors(dir()).has_value());
  const auto& floors = json.at("floors");
  const bool has_ring = report->io_uring_refused.empty();
  if (!has_ring) {
    std::fprintf(stderr, "NOT TESTED: floors through io_uring: %s\n",
                 report->io_uring_refused.c_str());
  }
  std::set<std::string> methods;
  for (const auto& [name, latency] : floors.at("durable_write_4k_us").items()) {
    methods.insert(name);
    EXPECT_GT(latency.at("count"), 0) << name;
    EXPECT_GT(latency.at("p50"), 0) << name;
    EXPECT_LE(latency.at("p50"), latency.at("p99")) << name;
    EXPECT_LE(latency.at("p99"), latency.at("max")) << name;
  }
  EXPECT_EQ(methods.size(), has_ring ? kDurableMethodNames.size() : 3);
  ASSERT_EQ(floors.at("group_commit_us").size(), has_ring ? 3U : 0U);
  for (const auto& [block, waited] : floors.at("group_commit_us").items()) {
    EXPECT_GT(waited.at("count"), 0) << block;
    EXPECT_LT(waited.at("p50"), waited.at("max")) << block;
  }
  for (const char* key : {"echo_us", "echo_server_spinning_us", "echo_durable_pwritev2_us"}) {
    EXPECT_GT(floors.at(key).at("p50"), 0) << key;
  }
  if (has_ring) {
    for (const char* key : {"echo_durable_us", "echo_durable_server_spinning_us"}) {
      EXPECT_GT(floors.at(key).at("count"), 0) << key;
    }
    for (const char* key : {"64k_dsync", "64k", "256k_dsync", "256k"}) {
      EXPECT_GT(floors.at("sequential_write_mb_per_s").at(key), 0) << key;
    }
  }
  for (const char* key : {"one", "many", "many_durable"}) {
    EXPECT_GT(floors.at("many_echo_per_s").at(key), 0) << key;
  }
  ASSERT_EQ(floors.at("hash_lookup_ns").size(), 2U);
  for (const auto& [entries, figures] : floors.at("hash_lookup_ns").items()) {
    ASSERT_EQ(figures.size(), 4U) << entries;
    for (const auto& [name, ns] : figures.items()) EXPECT_GT(ns, 0) << entries << " " << name;
  }
  const auto& pauses = floors.at("pauses");
  ASSERT_FALSE(pauses.at("processors").empty());
  EXPECT_EQ(pauses.at("processors").front().at("above").size(), kPauseThresholds_ns.size());
  EXPECT_TRUE(pauses.contains("any"));
  EXPECT_NE(to_table(*report).find("processor "), std::string::npos) << to_table(*report);
  EXPECT_NE(to_table(*report).find("durable write"), std::string::npos);
}

TEST_F(FloorTest, RefusesWhatCannotBeMeasured) {
  const auto refused = [&](auto change) {
    FloorOptions options = tiny();
    change(options);
    return !measure_floors(options).has_value();
  };
  EXPECT_TRUE(refused([](FloorOptions& o) { o.duration_s = 0; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.duration_s = 1e9; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.pauses_s = -1; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.pauses_s = 1e9; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.rounds = 0; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.file_bytes = 5'000'000; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.lookup_entries = {10}; }));
  EXPECT_TRUE(refused([](FloorOptions& o) { o.echo_connections = 0; }));
  FloorOptions nowhere = tiny();
  nowhere.data_dir = dir() + "/missing";
  const auto report = measure_floors(nowhere);
  ASSERT_FALSE(report.has_value());
  EXPECT_NE(report.error().find("missing"), std::string::npos) << report.error();
}

TEST_F(FloorTest, ManyConnectionsEchoWithAndWithoutADurableWrite) {
  EchoesDone done;
  for (const std::uint32_t connections : {1U, 3U, 200U}) {
    const std::uint64_t before = done.echoes;
    ASSERT_TRUE(run_many_echo({.connections = connections}, 5'000'000, done).has_value());
    EXPECT_GT(done.echoes, before) << connections;
  }
  EXPECT_FALSE(run_many_echo({.connections = 0}, 5'000'000, done).has_value());
  EXPECT_FALSE(run_many_echo({.connections = 5'000}, 5'000'000, done).has_value());

  auto file = ScratchFile::make(dir(), 4 * 1024 * 1024);
  ASSERT_TRUE(file.has_value()) << file.error();
  EchoesDone durable;
  const auto ran = run_many_echo({.connections = 8, .file = &*file}, 20'000'000, durable);
  ASSERT_TRUE(ran.has_value()) << ran.error();
  EXPECT_GT(durable.echoes, 0U);
  EXPECT_GT(file->take(1), 4096U) << "nothing was written";
  EXPECT_GT(durable.per_s(), 0);
}

TEST_F(FloorTest, TheTableHoldsOneCircleThroughAllKeys) {
  constexpr std::uint64_t kEntries = 5'000;
  const auto table = LookupTable::make(kEntries, false);
  ASSERT_TRUE(table.has_value()) << table.error();
  std::set<std::uint64_t> seen;
  std::uint64_t key = 1;
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    seen.insert(key);
    key = table->find(key);
  }
  EXPECT_EQ(key, 1U);
  EXPECT_EQ(seen.size(), kEntries);
  EXPECT_EQ(table->find(kEntries + 1), 0U);
}

TEST_F(FloorTest, EachMethodWritesWhatItSays) {
  for (std::size_t i = 0; i < kDurableMethodNames.size(); ++i) {
    const auto method = static_cast<DurableMethod>(i);
    auto file = ScratchFile::make(dir(), 4 * 1024 * 1024,
                                  method == DurableMethod::buffered_pwrite_fdatasync);
    ASSERT_TRUE(file.has_value()) << file.error();
    auto probe = DurableWriter::make(method, *file);
    if (!probe) {
      std::fprintf(stderr, "NOT TESTED: %s: %s\n", std::string(kDurableMethodNames[i]).c_str(),
                   probe.error().c_str());
      continue;
    }
    Histogram latency_ns;
    ASSERT_TRUE(probe->run(1'000'000, latency_ns).has_value()) << kDurableMethodNames[i];
    EXPECT_GT(latency_ns.count(), 0U);
    // Those of the warm-up count as well: every block from the front of the file is written.
    const std::uint64_t written = std::min<std::uint64_t>(latency_ns.count() + 3, 1024);
    const persistence::AlignedBytes block = persistence::allocate_aligned(4096);
    for (std::uint64_t at = 0; at < written; ++at) {
      const auto offset = static_cast<off_t>(at * 4096);
      ASSERT_EQ(::pread(file->descriptor(), block.get(), 4096, offset), 4096);
      ASSERT_EQ(block[0], std::byte{0xA5}) << kDurableMethodNames[i] << " at block " << at;
      ASSERT_EQ(block[4095], std::byte{0xA5}) << kDurableMethodNames[i] << " at block " << at;
    }
  }
}

TEST_F(FloorTest, AGroupCommitIsTheRestOfOneWriteAndTheNext) {
  Histogram waited_ns;
  record_group_commit(100, 30, 25, waited_ns);
  EXPECT_EQ(waited_ns.count(), 4U);  // 130, 105, 80, 55
  EXPECT_EQ(waited_ns.max(), 130U);
  EXPECT_EQ(waited_ns.min(), 55U);
  EXPECT_DOUBLE_EQ(waited_ns.mean(), 92.5);
  record_group_commit(0, 1'000, 25, waited_ns);  // nobody came
  EXPECT_EQ(waited_ns.count(), 4U);
}

TEST_F(FloorTest, TheGroupCommitWritesItsBlocksInOrder) {
  auto file = ScratchFile::make(dir(), 4 * 1024 * 1024);
  ASSERT_TRUE(file.has_value()) << file.error();
  auto probe = GroupCommitProbe::make(*file, 16 * 1024);
  if (!probe) GTEST_SKIP() << "NOT TESTED: " << probe.error();
  Histogram waited_ns;
  // Nobody came before the first write: also the shortest run makes a second one.
  ASSERT_TRUE(probe->run(0, waited_ns).has_value());
  EXPECT_GT(waited_ns.count(), 0U);
  const persistence::AlignedBytes block = persistence::allocate_aligned(4096);
  for (const off_t offset : {0, 16 * 1024 - 4096, 16 * 1024}) {
    ASSERT_EQ(::pread(file->descriptor(), block.get(), 4096, offset), 4096);
    EXPECT_EQ(block[0], std::byte{0xA5}) << offset;
  }
}

TEST_F(FloorTest, TheDurableEchoWritesEachRequestBeforeItAnswers) {
  auto file = ScratchFile::make(dir(), 4 * 1024 * 1024);
  ASSERT_TRUE(file.has_value()) << file.error();
  if (!BareRing::make()) GTEST_SKIP() << "NOT TESTED: the system refuses io_uring";
  auto server = EchoServer::start({.file = &*file});
  ASSERT_TRUE(server.has_value()) << server.error();
  auto client = RoundTripClient::connect((*server)->endpoint());
  ASSERT_TRUE(client.has_value()) << client.error();
  std::array<std::byte, kEchoRequestBytes> request{};
  std::array<std::byte, kEchoReplyBytes> reply{};
  const persistence::AlignedBytes block = persistence::allocate_aligned(4096);
  for (int i = 1; i <= 5; ++i) {
    request.fill(static_cast<std::byte>(i));
    ASSERT_TRUE(client->round_trip(request, reply).has_value());
    EXPECT_EQ(reply[0], static_cast<std::byte>(i));
    ASSERT_EQ(::pread(file->descriptor(), block.get(), 4096, (i - 1) * 4096), 4096);
    EXPECT_EQ(block[kEchoRequestBytes - 1], static_cast<std::byte>(i));
  }
}

TEST_F(FloorTest, AServerGoesWhateverItsClientDoes) {
  { const auto nobody_came = EchoServer::start({}); }
  auto server = EchoServer::start({.waiting = Waiting::spinning});
  ASSERT_TRUE(server.has_value()) << server.error();
  auto client = RoundTripClient::connect((*server)->endpoint());
  ASSERT_TRUE(client.has_value()) << client.error();
  server->reset();  // with the client still there
  std::array<std::byte, kEchoRequestBytes> request{};
  std::array<std::byte, kEchoReplyBytes> reply{};
  EXPECT_FALSE(client->round_trip(request, reply).has_value());
}

TEST_F(FloorTest, AServerGoesWhileItAcceptsItsClient) {
  // The thread may be anywhere between its wait for a connection and the first bytes of it.
  for (int i = 0; i < 2'000; ++i) {
    const auto waiting = i % 2 == 0 ? Waiting::spinning : Waiting::blocking;
    auto server = EchoServer::start({.waiting = waiting});
    ASSERT_TRUE(server.has_value()) << server.error();
    const auto client = RoundTripClient::connect((*server)->endpoint());
    ASSERT_TRUE(client.has_value()) << client.error();
    server->reset();
  }
}

}  // namespace
}  // namespace holdfast::bench
