// Recovery: what it makes, what it cuts, what it refuses and how it says so.
#include "persistence/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "persistence/wal_survey.h"
#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {
namespace {

using Kind = RecoveryError::Kind;

// A closed log of `blocks` blocks with ten records each.
void write_log(SimFileIo& io, int blocks) {
  TestLog log = must_open(io);
  for (int i = 0; i < blocks; ++i) {
    log.append_many(io, 10);
    log.flush(io);
  }
  log.close(io);
}

RecoveryError must_refuse(FileIo& io, const OpenLogOptions& options = test_options()) {
  auto log = open_test_log(io, options);
  if (log) {
    ADD_FAILURE() << "the log opened with " << log->recovered.size() << " records";
    return {};
  }
  return log.error();
}

void expect_said(const RecoveryError& error, Kind kind, std::string_view what) {
  EXPECT_EQ(error.kind, kind) << error.text();
  EXPECT_NE(error.text().find(what), std::string::npos) << error.text();
  EXPECT_FALSE(error.what_to_do.empty());
}

// Changes a block on disk and makes its checksum right again.
void forge(SimFileIo& io, const BlockHeader& header, void (*change)(BlockHeader&)) {
  const std::string path = segment_path(header.segment_number);
  const auto& bytes = io.bytes_of(path);
  std::vector<std::byte> block(
      bytes.begin() + static_cast<std::ptrdiff_t>(header.offset),
      bytes.begin() + static_cast<std::ptrdiff_t>(header.offset + header.block_bytes));
  BlockHeader changed = header;
  change(changed);
  std::memcpy(block.data(), &changed, sizeof changed);
  changed.checksum = checksum_of(std::span(block).subspan(sizeof(Checksum)));
  std::memcpy(block.data(), &changed.checksum, sizeof changed.checksum);
  io.overwrite(path, header.offset, block);
}

TEST(Recovery, AnEmptyDirectoryBecomesALog) {
  SimFileIo io(1);
  TestLog log = must_open(io);
  EXPECT_TRUE(log.report.created);
  EXPECT_EQ(log.report.log_id, kTestLogId);
  EXPECT_EQ(log.report.incarnation, 1U);
  EXPECT_EQ(log.report.created_at.ns, 42U);
  EXPECT_TRUE(log.recovered.empty());
  log.append_many(io, 3);
  log.close(io);
  TestLog again = must_open(io);
  EXPECT_FALSE(again.report.created);
  EXPECT_EQ(again.report.incarnation, 2U);
  EXPECT_EQ(again.report.last_position.value, 3U);
  EXPECT_EQ(again.report.last_time, make_outcome(3).time);
  EXPECT_TRUE(again.report.cut.empty()) << again.report.cut;
  expect_records(again.recovered, 3);
}

TEST(Recovery, ACrashAtAnyStepOfMakingALogLeavesADirectoryThatOpens) {
  // Each operation fails in turn, the power goes, and the next start must work.
  for (const char* operation : {"open", "write", "sync", "rename", "sync directory"}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SimFileIo io(seed);
      io.fail_next(operation, EIO);
      const RecoveryError error = must_refuse(io);
      EXPECT_EQ(error.kind, Kind::io) << error.text();
      io.crash();
      TestLog log = must_open(io);
      EXPECT_TRUE(log.recovered.empty());
      log.append_many(io, 1);
      log.close(io);
    }
  }
}

TEST(Recovery, WhatToDoNamesTheDirectoriesAndNothingThatOnlyLooksLikeThem) {
  RecoveryError error{
      .path = {}, .reason = {}, .what_to_do = "cp ARCHIVE/a DIR/; MY_DIR; DIRS; DIR"};
  error.name_directories("/data", "");
  EXPECT_EQ(error.what_to_do, "cp ARCHIVE/a /data/; MY_DIR; DIRS; /data");
  error.name_directories("", "/archive");
  EXPECT_EQ(error.what_to_do, "cp /archive/a /data/; MY_DIR; DIRS; /data");
  error.what_to_do = "cp ARCHIVE/identity DIR/";
  error.name_directories("/ARCHIVE/DIR", "/DIR/ARCHIVE");
  EXPECT_EQ(error.what_to_do, "cp /DIR/ARCHIVE/identity /ARCHIVE/DIR/") << "nor what was put in";
}

TEST(Recovery, ASecondServerIsRefused) {
  SimFileIo io(1);
  TestLog log = must_open(io);
  expect_said(must_refuse(io), Kind::locked, "another holdfastd uses the data directory /data");
  log.close(io);
  must_open(io);
}

TEST(Recovery, OptionsOutOfRangeAreNamed) {
  SimFileIo io(1);
  OpenLogOptions options = test_options();
  options.segment_bytes = limits::wal_segment_bytes_min + 1;
  expect_said(must_refuse(io, options), Kind::options, "4194305 bytes");
  options = test_options();
  options.writes_in_flight = 5;
  expect_said(must_refuse(io, options), Kind::options, "5 log writes");
  options = test_options();
  options.dir.clear();
  expect_said(must_refuse(io, options), Kind::options, "no data directory");
}

TEST(Recovery, EveryBlockThatRotsBeforeTheEndIsRefusedByPlace) {
  SimFileIo io(1);
  write_log(io, 6);
  const auto blocks = blocks_in(io, 1);
  ASSERT_EQ(blocks.size(), 7U);  // six with records, the mark of the end
  for (std::size_t i = 0; i + 1 < blocks.size(); ++i) {
    for (const std::uint64_t inside : {0U, 40U, 50U, 120U, 200U, 4095U}) {
      const auto twin = io.copy(1);
      rot(*twin, segment_path(1), blocks[i].offset + inside);
      const RecoveryError error = must_refuse(*twin);
      expect_said(error, Kind::damaged, "`holdfast wal verify /data`");
      EXPECT_EQ(error.path, segment_path(1));
      EXPECT_EQ(error.offset, blocks[i].offset) << "block " << i << " byte " << inside;
    }
  }
}

TEST(Recovery, ABlockThatNothingBearsWitnessForIsATornTail) {
  SimFileIo io(1);
  write_log(io, 3);
  rot(io, segment_path(1), blocks_in(io, 1).back().offset + 300);  // the mark itself
  TestLog log = must_open(io);
  expect_records(log.recovered, 30);
  EXPECT_NE(log.report.cut.find("being written when"), std::string::npos) << log.report.cut;
  log.append_many(io, 1);
  log.close(io);
  EXPECT_EQ(must_open(io).recovered.size(), 31U);
}

TEST(Recovery, RotInTheLastRecordsIsDamageOnceTheyWereMarked) {
  SimFileIo io(1);
  {
    TestLog log = must_open(io);
    log.append_many(io, 10);
    log.flush(io);
    log.writer.reset();
    io.kill();  // without a mark
  }
  const auto blocks = blocks_in(io, 1);
  const auto twin = io.copy(1);
  rot(*twin, segment_path(1), blocks.back().offset + 300);
  EXPECT_TRUE(must_open(*twin).recovered.empty());  // cannot be told from a torn tail
  // A start alone bears witness to what it showed.
  {
    TestLog log = must_open(io);
    log.flush(io);
    log.writer.reset();
    io.crash();
  }
  rot(io, segment_path(1), blocks.back().offset + 300);
  expect_said(must_refuse(io), Kind::damaged, "acknowledged records are damaged");
}

TEST(Recovery, WipedOrMissingPiecesAreRefused) {
  SimFileIo io(1);
  {
    TestLog log = must_open(io);
    log.append_many(io, 90'000);
    log.close(io);
  }
  ASSERT_TRUE(io.exists(segment_path(3)));
  {  // a lost extent, many blocks long
    const auto twin = io.copy(1);
    const auto blocks = blocks_in(io, 1);
    const std::uint64_t from = blocks[3].offset;
    twin->overwrite(segment_path(1), from,
                    std::vector<std::byte>(limits::wal_segment_bytes_min - from));
    const RecoveryError error = must_refuse(*twin);
    expect_said(error, Kind::damaged, "there is no block here");
    EXPECT_EQ(error.offset, from);
  }
  {  // a segment cut short, as by a copy that was broken off
    const auto twin = io.copy(1);
    twin->truncate(segment_path(2), 1'000'000);
    expect_said(must_refuse(*twin), Kind::damaged, segment_path(2).c_str());
  }
  {  // a segment in the middle is gone
    const auto twin = io.copy(1);
    twin->remove(segment_path(2));
    expect_said(must_refuse(*twin), Kind::damaged, "wal-0000000000000002.log, is missing");
  }
  {  // the first one is gone
    const auto twin = io.copy(1);
    twin->remove(segment_path(1));
    expect_said(must_refuse(*twin), Kind::damaged, "does not begin with the first command");
  }
  {  // all are gone
    const auto twin = io.copy(1);
    for (std::uint64_t i = 1; twin->exists(segment_path(i)); ++i) twin->remove(segment_path(i));
    expect_said(must_refuse(*twin), Kind::damaged, "no log segments");
  }
  {  // two segments in each other's place
    const auto twin = io.copy(1);
    const auto first = io.bytes_of(segment_path(1));
    const auto second = io.bytes_of(segment_path(2));
    twin->overwrite(segment_path(1), 0, second);
    twin->overwrite(segment_path(2), 0, first);
    expect_said(must_refuse(*twin), Kind::damaged, "misdirected");
  }
}

// Nothing that is left says that there was more, but a server leaves no such files.
TEST(Recovery, ADirectoryThatLostItsEndIsRefused) {
  SimFileIo io(1);
  OpenLogOptions options = test_options();
  options.segment_bytes = 2 * limits::wal_segment_bytes_min;
  std::uint64_t records = 0;
  {
    TestLog log = must_open(io, options);
    while (!io.exists(segment_path(3))) log.append_many(io, 1'000);
    log.append_many(io, 40'000);
    records = log.writer->appended_through().value;
    log.flush(io);
    log.writer.reset();
    io.kill();  // without a mark
  }
  const auto last_blocks = blocks_in(io, 3);
  ASSERT_FALSE(last_blocks.empty());
  ASSERT_FALSE(io.exists(segment_path(4)));
  io.overwrite(segment_path(4), 0, std::vector<std::byte>(options.segment_bytes));  // a spare
  const auto expect_lost = [&](SimFileIo& twin, const std::string& said) {
    expect_said(must_refuse(twin, options), Kind::damaged, said.c_str());
    const auto survey = survey_log(twin, kDir, {}, {});
    ASSERT_TRUE(survey.has_value());
    ASSERT_FALSE(survey->problems.empty()) << said;
    EXPECT_NE(survey->problems.front().text().find(said), std::string::npos)
        << survey->problems.front().text();
  };
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{limits::wal_sector_bytes}, std::uint64_t{1'000'000},
        last_blocks[1].offset, std::uint64_t{limits::wal_segment_bytes_min} + 1}) {
    const auto twin = io.copy(1);
    twin->truncate(segment_path(3), bytes);
    expect_lost(*twin, "was cut short");
  }
  // Of a length that a segment can have: in the middle of a block, and between two.
  const auto behind = std::ranges::find_if(last_blocks, [](const BlockHeader& header) {
    return header.offset > limits::wal_segment_bytes_min &&
           header.block_bytes > limits::wal_sector_bytes;
  });
  ASSERT_NE(behind, last_blocks.end());
  {
    const auto twin = io.copy(1);
    twin->truncate(segment_path(3), behind->offset + limits::wal_sector_bytes);
    expect_lost(*twin, "longer than what is left of the segment");
  }
  {
    const auto twin = io.copy(1);
    twin->truncate(segment_path(3), behind->offset);
    expect_lost(*twin, "ends with the last byte of this segment");
  }
  {  // the segments from some one on are gone
    const auto twin = io.copy(1);
    for (std::uint64_t i = 3; twin->exists(segment_path(i)); ++i) twin->remove(segment_path(i));
    expect_lost(*twin, "the next one, wal-0000000000000003.log, is missing");
  }
  {  // only empty ones are: nothing is lost
    const auto twin = io.copy(1);
    for (std::uint64_t i = 4; twin->exists(segment_path(i)); ++i) twin->remove(segment_path(i));
    EXPECT_EQ(must_open(*twin, options).recovered.size(), records);
  }
}

// So that a log which ends with the last byte of its last segment has lost the next one.
TEST(Recovery, NoSegmentIsFullBeforeTheNextIsThereHoweverOftenAFullVolumeSeesAStart) {
  SimFileIo io(1);
  std::uint64_t records = 0;
  {
    TestLog log = must_open(io);
    log.flush(io);
    io.set_capacity(2 * limits::wal_segment_bytes_min + 100'000);
    while (log.writer->state() != JournalState::no_space) {
      if (log.writer->state() == JournalState::ready) log.append();
      log.writer->pump();
    }
    records = log.writer->appended_through().value;
    log.close(io);
  }
  for (int start = 0; start < 40; ++start) {
    TestLog log = must_open(io);
    ASSERT_EQ(log.recovered.size(), records) << "start " << start;
    EXPECT_EQ(log.writer->state(), JournalState::no_space);
    log.close(io);
  }
  io.set_capacity(UINT64_MAX);
  TestLog log = must_open(io);
  log.append_many(io, 10);
  log.close(io);
  EXPECT_EQ(must_open(io).recovered.size(), records + 10);
}

TEST(Recovery, WhereALogIsLeftInPartTheMissingPartIsSaid) {
  SimFileIo io(1);
  write_log(io, 3);
  io.overwrite(segment_path(2), 0, std::vector<std::byte>(limits::wal_segment_bytes_min));
  io.remove(segment_path(1));  // all that is left is blank
  expect_said(must_refuse(io), Kind::damaged, "the segment before it is missing");
}

TEST(Recovery, TheIdentityFileMatters) {
  SimFileIo io(1);
  write_log(io, 1);
  const std::string path = join_path(kDir, kIdentityName);
  {
    const auto twin = io.copy(1);
    twin->remove(path);
    expect_said(must_refuse(*twin), Kind::damaged, "identity file is missing");
  }
  {
    const auto twin = io.copy(1);
    rot(*twin, path, 40);
    expect_said(must_refuse(*twin), Kind::damaged, "its checksum is wrong");
  }
  {
    const auto twin = io.copy(1);
    twin->truncate(path, 10);
    expect_said(must_refuse(*twin), Kind::damaged, "fewer than");
  }
  {
    const auto twin = io.copy(1);
    rot(*twin, path, 24);
    expect_said(must_refuse(*twin), Kind::damaged, "version");
  }
}

TEST(Recovery, BlocksThatNoCrashExplainsAreRefused) {
  SimFileIo io(1);
  write_log(io, 4);
  const auto last = blocks_in(io, 1).back();  // nothing bears witness for it
  struct Case {
    void (*change)(BlockHeader&);
    const char* said;
  };
  for (const Case& c : {
           Case{[](BlockHeader& h) { h.log_id.low ^= 1; }, "another log"},
           Case{[](BlockHeader& h) { h.format_version = 2; }, "format version"},
           Case{[](BlockHeader& h) { h.offset += 4096; }, "misdirected"},
           Case{[](BlockHeader& h) { h.segment_number = 7; }, "misdirected"},
           Case{[](BlockHeader& h) { h.previous_checksum.low ^= 1; }, "does not continue"},
           Case{[](BlockHeader& h) { h.incarnation = 0; }, "lower incarnation"},
           Case{[](BlockHeader& h) { h.block_number += 1; }, "wrong block number"},
           Case{[](BlockHeader& h) { h.position_first.value += 1; },
                "wrong block number or position"},
           Case{[](BlockHeader& h) { h.position_last.value += 1; }, "announces positions"},
       }) {
    const auto twin = io.copy(1);
    forge(*twin, last, c.change);
    const RecoveryError error = must_refuse(*twin);
    expect_said(error, Kind::damaged, c.said);
    EXPECT_EQ(error.offset, last.offset);
  }
}

TEST(Recovery, ARecordThatCannotBeReadIsNamedByPosition) {
  SimFileIo io(1);
  write_log(io, 1);
  const auto blocks = blocks_in(io, 1);
  const BlockHeader header = blocks[0];
  // The kind of the first record becomes unknown, and the checksum is right again.
  const std::uint16_t kind = 999;
  io.overwrite(segment_path(1), header.offset + sizeof(BlockHeader) + 2,
               std::as_bytes(std::span(&kind, 1)));
  forge(io, header, [](BlockHeader&) {});
  expect_said(must_refuse(io), Kind::damaged, "position 1 cannot be read: command kind 999");
}

TEST(Recovery, AnObjectionOfTheEngineIsNamedByPosition) {
  SimFileIo io(1);
  write_log(io, 2);
  const auto opened = open_log(io, test_options(), [](const Command&, const Outcome& outcome) {
    return outcome.position.value == 13 ? std::optional<std::string>("balance 1 is not 2")
                                        : std::nullopt;
  });
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().position.value, 13U);
  expect_said(opened.error(), Kind::mismatch, "position 13");
  expect_said(opened.error(), Kind::mismatch, "balance 1 is not 2");
  must_open(io);  // the lock was let go
}

TEST(Recovery, TemporaryFilesOfOursAreRemovedAndOthersAreLeft) {
  SimFileIo io(1);
  write_log(io, 1);
  const std::vector<std::byte> some(100);
  io.overwrite(segment_path(9) + ".tmp", 0, some);
  io.overwrite(kDir + "/notes.tmp", 0, some);
  must_open(io);
  EXPECT_FALSE(io.exists(segment_path(9) + ".tmp"));
  EXPECT_TRUE(io.exists(kDir + "/notes.tmp"));
}

TEST(Recovery, SystemErrorsWhileReadingAreToldAndNothingIsChanged) {
  SimFileIo io(1);
  write_log(io, 2);
  for (const char* operation : {"lock", "list", "open", "sync", "sync directory", "read"}) {
    const auto twin = io.copy(1);
    twin->fail_next(operation, EIO);
    expect_said(must_refuse(*twin), Kind::io, "Input/output error");
    EXPECT_EQ(must_open(*twin).recovered.size(), 20U) << operation;
  }
}

TEST(Survey, TellsWhatIsInEachSegment) {
  SimFileIo io(1);
  {
    TestLog log = must_open(io);
    log.append_many(io, 70'000);
    log.close(io);
  }
  const auto survey = survey_log(io, kDir);
  ASSERT_TRUE(survey.has_value()) << survey.error().text();
  EXPECT_TRUE(survey->problems.empty()) << survey->problems.front().text();
  EXPECT_TRUE(survey->notes.empty()) << survey->notes.front();
  EXPECT_EQ(survey->end.position.value, 70'000U);
  ASSERT_GE(survey->segments.size(), 3U);
  EXPECT_EQ(survey->segments[0].state, SegmentState::full);
  EXPECT_EQ(survey->segments[0].position_first.value, 1U);
  EXPECT_EQ(survey->segments[0].used_bytes, limits::wal_segment_bytes_min);
  EXPECT_EQ(survey->segments[0].time_first, make_outcome(1).time);
  EXPECT_EQ(survey->segments[1].position_first, survey->segments[0].position_last.next());
  std::uint64_t records = 0;
  std::size_t current = 0;
  for (const SegmentSummary& segment : survey->segments) {
    records += segment.records;
    current += segment.state == SegmentState::current ? 1 : 0;
  }
  EXPECT_EQ(records, 70'000U);
  EXPECT_EQ(current, 1U);
}

TEST(Survey, ReportsEveryProblemAndGoesOn) {
  SimFileIo io(1);
  write_log(io, 8);
  const auto blocks = blocks_in(io, 1);
  rot(io, segment_path(1), blocks[2].offset + 1000);
  rot(io, segment_path(1), blocks[5].offset + 50);
  rot(io, join_path(kDir, kIdentityName), 17);
  const auto survey = survey_log(io, kDir);
  ASSERT_TRUE(survey.has_value());
  ASSERT_EQ(survey->problems.size(), 5U);  // the identity, and two blocks with what each lost
  EXPECT_EQ(survey->problems[1].offset, blocks[2].offset);
  EXPECT_NE(survey->problems[2].reason.find("positions 21 to 30 are lost"), std::string::npos)
      << survey->problems[2].text();
  EXPECT_EQ(survey->problems[3].offset, blocks[5].offset);
  EXPECT_EQ(survey->segments[0].records, 60U);
}

TEST(Survey, ReadsBesideAServerThatWrites) {
  SimFileIo io(1, {.delay_polls_max = 5});
  TestLog log = must_open(io);
  std::uint64_t seen = 0;
  for (int i = 0; i < 50; ++i) {
    log.append_many(io, 40);
    log.writer->pump();
    std::uint64_t records = 0;
    const auto read = read_log(io, kDir, {}, [&](const Record& record, const RecordPlace& place) {
      ++records;
      EXPECT_EQ(record.outcome.position.value, records);
      EXPECT_EQ(place.incarnation, 1U);
      return true;
    });
    ASSERT_TRUE(read.has_value()) << read.error().text();
    ASSERT_GE(records, log.writer->durable_through().value);
    ASSERT_GE(records, seen);
    seen = records;
  }
}

}  // namespace
}  // namespace holdfast::persistence
