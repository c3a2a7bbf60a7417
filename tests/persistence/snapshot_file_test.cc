// Snapshot files: what is written reads back, and nothing that was changed on its way does.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

constexpr std::uint64_t kRecords = 600;  // 75 pages and one of `state`

SmallState state_of(std::uint64_t records) {
  SmallState state;
  for (std::uint64_t position = 1; position <= records; ++position) {
    state.salts.push_back(position % 5);
  }
  return state;
}

// A snapshot file on its own, written through the writer.
void write_snapshot(SimFileIo& io, std::uint64_t records, std::uint64_t seed = 1) {
  SnapshotWriter writer(io, stepped_writer_options());
  const SmallState state = state_of(records);
  ASSERT_TRUE(feed(writer, state, seed, [&] { static_cast<void>(writer.step()); }));
  while (writer.step()) {
  }
  ASSERT_EQ(writer.report().completed, 1U);
}

SnapshotReading read_back(FileIo& io, const std::string& path, SnapshotTarget* target = nullptr) {
  return read_snapshot(io, path, kTestLogId, LogPosition{kRecords}, target, {});
}

void change_head(SimFileIo& io, const std::string& path, std::uint64_t offset,
                 const std::function<void(SnapshotPartHead&)>& change) {
  const auto& bytes = io.bytes_of(path);
  SnapshotPartHead head;
  std::memcpy(&head, bytes.data() + offset, sizeof head);
  std::vector<std::byte> part(
      bytes.begin() + static_cast<std::ptrdiff_t>(offset),
      bytes.begin() + static_cast<std::ptrdiff_t>(offset + head.part_bytes));
  change(head);
  std::memcpy(part.data(), &head, sizeof head);
  const Checksum checksum = checksum_of(std::span(part).subspan(sizeof(Checksum)));
  std::memcpy(part.data(), &checksum, sizeof checksum);
  io.overwrite(path, offset, part);
}

TEST(SnapshotFormat, NamesAreReadBackAndHaveOneSpelling) {
  EXPECT_EQ(snapshot_name({0xABC}), "snapshot-0000000000000abc.snap");
  EXPECT_EQ(parse_snapshot_name("snapshot-0000000000000abc.snap"), LogPosition{0xABC});
  for (const char* other : {"snapshot-0000000000000ABC.snap", "snapshot-abc.snap", "snapshot-.snap",
                            "snapshot-0000000000000abc.snap.tmp", "wal-0000000000000abc.log",
                            "snapshot-+000000000000abc.snap"}) {
    EXPECT_FALSE(parse_snapshot_name(other)) << other;
  }
}

TEST(SnapshotFormat, AHeaderTellsItsPlanAndRefusesOneThatMakesNoSense) {
  const SnapshotPlan plan = state_of(kRecords).plan();
  const auto page = header_page_of(plan, kTestLogId, {9});
  ASSERT_TRUE(page.has_value());
  const auto read = plan_of(*page);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->position, plan.position);
  EXPECT_EQ(read->time, plan.time);
  ASSERT_EQ(read->tables.size(), plan.tables.size());
  EXPECT_EQ(std::memcmp(read->tables.data(), plan.tables.data(),
                        plan.tables.size() * sizeof(SnapshotTableSize)), 0);

  const auto refused = [&](auto&& change, std::string_view why) {
    SnapshotPlan changed = plan;
    change(changed);
    const auto made = header_page_of(changed, kTestLogId, {9});
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().find(why), std::string::npos) << made.error();
  };
  refused([](SnapshotPlan& p) { p.tables.resize(65); }, "65 tables are more than the 64");
  refused([](SnapshotPlan& p) { p.tables[2].table = SnapshotTable::accounts; }, "accounts twice");
  refused([](SnapshotPlan& p) { p.tables[1].slot_bytes = 0; }, "slots have no bytes");
  refused([](SnapshotPlan& p) { --p.tables[1].pages; },
          "600 slots of 512 bytes do not fit 74 pages");
  refused([](SnapshotPlan& p) { p.tables[1].slots = 0; }, "75 pages hold no slot");
  refused([](SnapshotPlan& p) { p.tables[1].pages = 1ULL << 33; }, "more than can be named");
}

TEST(SnapshotFile, WhatWasWrittenReadsBack) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    SimFileIo io(seed);
    write_snapshot(io, kRecords, seed);
    EXPECT_FALSE(io.exists(snapshot_path(kRecords) + ".tmp"));
    SmallTarget target;
    const SnapshotReading reading = read_back(io, snapshot_path(kRecords), &target);
    EXPECT_EQ(judge(reading.facts).name, "good_snapshot") << reading.finding.text();
    EXPECT_EQ(target.state.salts, state_of(kRecords).salts);
    EXPECT_EQ(reading.header.taken_at, make_outcome(kRecords).time)
        << "without a clock: logged time";
    EXPECT_EQ(reading.bytes, io.bytes_of(snapshot_path(kRecords)).size());
  }
}

TEST(SnapshotFile, AnEmptyStateIsASnapshotToo) {
  SimFileIo io(1);
  write_snapshot(io, 0);
  SmallTarget target;
  const auto reading = read_snapshot(io, snapshot_path(0), kTestLogId, LogPosition{}, &target, {});
  EXPECT_EQ(judge(reading.facts).name, "good_snapshot") << reading.finding.text();
  EXPECT_TRUE(target.state.salts.empty());
}

// A flipped bit anywhere, padding and unused fields too, is found.
TEST(SnapshotFile, NoByteCanBeChangedUnseen) {
  SimFileIo io(1);
  write_snapshot(io, kRecords);
  const std::string path = snapshot_path(kRecords);
  const std::uint64_t size = io.bytes_of(path).size();
  for (std::uint64_t at = 0; at < size; at += 509) {
    rot(io, path, at);
    const SnapshotRow& row = judge(read_back(io, path).facts);
    EXPECT_EQ(row.name, at < kSnapshotPageBytes ? "damaged_header" : "damaged_snapshot") << at;
    rot(io, path, at);
  }
  EXPECT_TRUE(read_back(io, path).facts.body);
}

TEST(SnapshotFile, NoPartCanBeMissingOrMoreThanWritten) {
  SimFileIo io(1);
  write_snapshot(io, kRecords);
  const std::string path = snapshot_path(kRecords);
  const std::vector<std::byte> whole = io.bytes_of(path);
  for (std::uint64_t size = 0; size < whole.size(); size += kSnapshotPageBytes) {
    io.truncate(path, size);
    EXPECT_FALSE(read_back(io, path).facts.body) << size;
  }
  io.overwrite(path, 0, whole);
  io.overwrite(path, whole.size(), std::vector<std::byte>(kSnapshotPageBytes));
  const SnapshotReading longer = read_back(io, path);
  EXPECT_FALSE(longer.facts.body);
  EXPECT_NE(longer.finding.reason.find("the footer tells of"), std::string::npos)
      << longer.finding.text();
}

TEST(SnapshotFile, AWriteThatWasLostOrMisdirectedIsFound) {
  SimFileIo io(1);
  write_snapshot(io, kRecords);
  const std::string path = snapshot_path(kRecords);
  const std::vector<std::byte> whole = io.bytes_of(path);
  SnapshotPartHead first;
  std::memcpy(&first, whole.data() + kSnapshotPageBytes, sizeof first);
  SnapshotPartHead second;
  const std::uint64_t at = kSnapshotPageBytes + first.part_bytes;
  std::memcpy(&second, whole.data() + at, sizeof second);
  ASSERT_EQ(second.part, SnapshotPart::packet);
  // The first packet once more in place of the second: good in itself.
  io.overwrite(path, at, std::span(whole).subspan(kSnapshotPageBytes, first.part_bytes));
  const SnapshotReading reading = read_back(io, path);
  EXPECT_EQ(judge(reading.facts).name, "damaged_snapshot");
  EXPECT_NE(reading.finding.reason.find("lost or misdirected"), std::string::npos)
      << reading.finding.text();
  EXPECT_EQ(reading.finding.offset, at);
}

TEST(SnapshotFile, APageOfNoTableOrASecondTimeIsFoundThoughChecksumsAreRight) {
  for (const bool twice : {true, false}) {
    SimFileIo io(1);
    write_snapshot(io, kRecords);
    const std::string path = snapshot_path(kRecords);
    auto bytes = io.bytes_of(path);
    SnapshotPacketPage page;
    std::memcpy(&page, bytes.data() + kSnapshotPageBytes, sizeof page);
    page.names[1] = twice
                        ? page.names[0]
                        : SnapshotPageName{.table = SnapshotTable::cards, .reserved = 0, .page = 0};
    std::memcpy(bytes.data() + kSnapshotPageBytes, &page, sizeof page);
    io.overwrite(path, 0, bytes);
    change_head(io, path, kSnapshotPageBytes, [](SnapshotPartHead&) {});
    const SnapshotReading reading = read_back(io, path);
    EXPECT_FALSE(reading.facts.body);
    EXPECT_NE(
        reading.finding.reason.find(twice ? "comes a second time" : "page 0 of cards is not in"),
        std::string::npos)
        << reading.finding.text();
  }
}

// A writer that was not given all pages makes no snapshot.
TEST(SnapshotFile, PagesThatWereNeverPutAreMissed) {
  SimFileIo io(1);
  SnapshotWriterOptions options = stepped_writer_options();
  std::string told;
  options.tell = [&](SnapshotEvent, std::string_view text) { told = text; };
  SnapshotWriter writer(io, options);
  ASSERT_TRUE(writer.begin(state_of(kRecords).plan()));
  writer.finish();
  while (writer.step()) {
  }
  EXPECT_EQ(writer.report().failed, 1U);
  EXPECT_NE(told.find("and the file has"), std::string::npos) << told;
  EXPECT_TRUE(io.list(kDir)->empty());
}

}  // namespace
}  // namespace holdfast::persistence
