// Starts from snapshots: each row of the two tables on a directory that is in that case, with what
// the operator is told.
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>

#include "persistence/wal_survey.h"
#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

using Kind = RecoveryError::Kind;

// Three snapshots of which two are kept, some records more, closed in good order; the log below the
// older one is gone, or in the archive. A segment has 1024 records.
constexpr std::uint64_t kRound = 2'200;
constexpr std::uint64_t kOlder = 2 * kRound;
constexpr std::uint64_t kNewer = 3 * kRound;
constexpr std::uint64_t kEnd = kNewer + 100;

std::vector<std::uint64_t> expected_salts(std::uint64_t count = kEnd) {
  std::vector<std::uint64_t> salts;
  for (std::uint64_t i = 0; i < count; ++i) salts.push_back(1 + i / kRound);
  return salts;
}

std::unique_ptr<SimFileIo> make_directory(const std::string& archive = "") {
  auto io = std::make_unique<SimFileIo>(1, SimFaults{.delay_polls_max = 0});
  auto server = must_serve(*io, archive);
  for (std::uint64_t round = 1; round <= 3; ++round) {
    server->append(*io, kRound, round);
    EXPECT_TRUE(server->snapshot(round));
  }
  server->append(*io, kEnd - kNewer, 4);
  EXPECT_TRUE(server->writer->close()) << server->writer->failure();
  server->drop();
  io->kill();
  return io;
}

class Start : public testing::Test {
 protected:
  // Built once; each test has a copy.
  static void SetUpTestSuite() {
    plain_ = make_directory();
    archived_ = make_directory(kArchive);
  }
  static void TearDownTestSuite() {
    plain_.reset();
    archived_.reset();
  }
  static void expect_start(FileIo& io, std::string_view row, std::uint64_t snapshot,
                           const std::string& archive = "") {
    const auto server = must_serve(io, archive);
    EXPECT_EQ(server->report.start->name, row);
    EXPECT_EQ(server->report.snapshot_position.value, snapshot);
    EXPECT_EQ(server->report.records, kEnd - snapshot);
    EXPECT_EQ(server->target.state.salts, expected_salts());
  }
  static RecoveryError expect_refusal(FileIo& io, const std::vector<std::string>& said,
                                      const std::string& archive = "") {
    RecoveryError error;
    EXPECT_EQ(SmallServer::open(io, archive, error), nullptr);
    EXPECT_EQ(error.kind, Kind::damaged) << error.text();
    for (const std::string& what : said) {
      EXPECT_NE(error.text().find(what), std::string::npos) << what << "\n" << error.text();
    }
    return error;
  }
  static inline std::unique_ptr<SimFileIo> plain_;
  static inline std::unique_ptr<SimFileIo> archived_;
  std::unique_ptr<SimFileIo> io_ = plain_->copy(1);
  std::unique_ptr<SimFileIo> with_archive_ = archived_->copy(1);
};

TEST_F(Start, FromTheNewestSnapshotAndTheLogAfterIt) {
  ASSERT_FALSE(io_->exists(segment_path(1)));
  ASSERT_TRUE(io_->exists(snapshot_path(kOlder)));
  const auto server = must_serve(*io_);
  EXPECT_EQ(server->report.start->name, "from_snapshot");
  EXPECT_TRUE(server->report.skipped.empty());
  EXPECT_EQ(server->report.kept_snapshots, (std::vector<LogPosition>{{kOlder}, {kNewer}}));
  EXPECT_EQ(server->report.snapshot_taken_at.ns, 77U);
  EXPECT_EQ(server->target.state.salts, expected_salts());
  // And goes on from there: log, snapshot, recycling.
  server->append(*io_, 100, 4);
  EXPECT_TRUE(server->snapshot());
  EXPECT_FALSE(io_->exists(snapshot_path(kOlder)));
}

TEST_F(Start, LogThatTheSnapshotHoldsIsNotReadButItsSegmentsAreKnown) {
  std::uint64_t first = 1;
  while (!io_->exists(segment_path(first))) ++first;
  const auto server = must_serve(*io_);
  const std::vector<RetiredSegment> below = server->writer->segments().retired_below({kNewer});
  ASSERT_FALSE(below.empty());
  EXPECT_EQ(below.front().number, first);
  EXPECT_EQ(below.front().last.value + 1, blocks_in(*io_, first + 1).front().position_first.value);
  EXPECT_LT(server->report.blocks, kEnd - kOlder);
  // So damage there does not matter to it.
  server->drop();
  io_->kill();
  rot(*io_, segment_path(first), 40'960);
  expect_start(*io_, "from_snapshot", kNewer);
}

TEST_F(Start, ADamagedNewestSnapshotIsPassedOverForTheOlderOneAndMoreLog) {
  for (const std::uint64_t at : {0ULL, 8'192ULL}) {
    const auto io = plain_->copy(1);
    rot(*io, snapshot_path(kNewer), at + 100);
    const auto server = must_serve(*io);
    EXPECT_EQ(server->report.start->name, "from_older_snapshot");
    EXPECT_EQ(server->report.start->verdict, StartVerdict::warn);
    EXPECT_EQ(server->report.snapshot_position.value, kOlder);
    EXPECT_EQ(server->target.discarded, 1);
    EXPECT_EQ(server->target.state.salts, expected_salts());
    ASSERT_EQ(server->report.skipped.size(), 1U);
    EXPECT_EQ(server->report.skipped[0].row->name, at == 0 ? "damaged_header" : "damaged_snapshot");
    EXPECT_NE(server->report.skipped[0].text().find(snapshot_path(kNewer)), std::string::npos);
    // The bad one is no way back: the next two are kept, and only then more log goes.
    EXPECT_EQ(server->report.kept_snapshots, (std::vector<LogPosition>{{kOlder}}));
    EXPECT_TRUE(io->exists(snapshot_path(kNewer))) << "evidence, until a newer one counts";
    ASSERT_TRUE(server->snapshot());
    EXPECT_FALSE(io->exists(snapshot_path(kNewer)));
    EXPECT_TRUE(io->exists(snapshot_path(kOlder)));
  }
}

TEST_F(Start, ASnapshotThatTheDiskCannotReadIsPassedOver) {
  io_->fail_next("read", 0, 0);
  SmallTarget target;
  const auto good = read_snapshot(*io_, snapshot_path(kNewer), kTestLogId, {}, nullptr, {});
  EXPECT_FALSE(good.facts.loads && !good.facts.body);
  io_->fail_next("read", EIO);
  const auto bad = read_snapshot(*io_, snapshot_path(kNewer), kTestLogId, {}, &target, {});
  EXPECT_EQ(judge(bad.facts).name, "damaged_header");
  EXPECT_FALSE(bad.io.has_value());
  io_->fail_next("open", EACCES);
  const auto forbidden = read_snapshot(*io_, snapshot_path(kNewer), kTestLogId, {}, &target, {});
  ASSERT_TRUE(forbidden.io.has_value());
  EXPECT_NE(forbidden.io->text().find("Permission denied"), std::string::npos);
}

TEST_F(Start, AMisnamedSnapshotIsPassedOver) {
  io_->overwrite(snapshot_path(kNewer + 50), 0, io_->bytes_of(snapshot_path(kNewer)));
  const auto server = must_serve(*io_);
  ASSERT_EQ(server->report.skipped.size(), 1U);
  EXPECT_EQ(server->report.skipped[0].row->name, "misnamed_snapshot");
  EXPECT_EQ(server->report.snapshot_position.value, kNewer);
  EXPECT_EQ(server->target.state.salts, expected_salts());
}

TEST_F(Start, ASnapshotThatTheEngineCannotTakeIsPassedOver) {
  SmallServer server;
  server.target.objection = "slot 7 of cards names account 99";
  OpenLogOptions options = test_options();
  options.snapshots = &server.target;
  const auto opened = open_log(*io_, options, [&](const Command&, const Outcome&) {
    return std::optional<std::string>();
  });
  // Both have good checksums and are refused by the engine; the log does not begin with 1.
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().text().find("no snapshot is good, and the log does not begin"),
            std::string::npos)
      << opened.error().text();
  EXPECT_EQ(server.target.discarded, 2);
}

SnapshotHeaderPage header_of(const SimFileIo& io, const std::string& path) {
  SnapshotHeaderPage page;
  std::memcpy(&page, io.bytes_of(path).data(), sizeof page);
  return page;
}

void put_header(SimFileIo& io, const std::string& path, SnapshotHeaderPage page) {
  auto bytes = std::as_writable_bytes(std::span(&page, 1));
  const Checksum checksum = checksum_of(bytes.subspan(sizeof(Checksum)));
  std::memcpy(bytes.data(), &checksum, sizeof checksum);
  io.overwrite(path, 0, bytes);
}

TEST_F(Start, ASnapshotOfANewerFormatIsRefused) {
  SnapshotHeaderPage page = header_of(*io_, snapshot_path(kNewer));
  ++page.head.format_version;
  put_header(*io_, snapshot_path(kNewer), page);
  expect_refusal(*io_, {snapshot_path(kNewer), "format version that this Holdfast does not read",
                        "start the newer one that wrote it", "move that file away"});
}

TEST_F(Start, ASnapshotOfAnotherLogIsRefused) {
  SnapshotHeaderPage page = header_of(*io_, snapshot_path(kNewer));
  page.head.log_id.low ^= 1;
  put_header(*io_, snapshot_path(kNewer), page);
  expect_refusal(*io_, {snapshot_path(kNewer), "belongs to another log"});
  io_->remove(snapshot_path(kNewer));
  expect_start(*io_, "from_snapshot", kOlder);
}

// As where the wrong volume is mounted, or none.
TEST_F(Start, NoNewLogIsMadeWhereOneWas) {
  const auto remove_log = [](SimFileIo& io) {
    const auto names = io.list(kDir);
    for (const std::string& name : *names) {
      if (name == kIdentityName || parse_segment_name(name)) io.remove(join_path(kDir, name));
    }
  };
  remove_log(*io_);
  const auto before = *io_->list(kDir);
  expect_refusal(*io_, {kDir, "has snapshots, but no log segments", "put back"});
  EXPECT_EQ(*io_->list(kDir), before);

  remove_log(*with_archive_);
  const auto left = with_archive_->list(kDir);
  for (const std::string& name : *left) {
    if (parse_snapshot_name(name)) with_archive_->remove(join_path(kDir, name));
  }
  const auto empty = *with_archive_->list(kDir);
  expect_refusal(*with_archive_, {kDir, "holds no log, and its archive " + kArchive, "is mounted"},
                 kArchive);
  EXPECT_EQ(*with_archive_->list(kDir), empty);
}

TEST_F(Start, WithoutAnySnapshotTheWholeLogIsReplayed) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  EXPECT_EQ(server->report.start->name, "whole_log") << "a new one";
  server->append(io, 300, 1);
  server->drop();
  io.kill();
  EXPECT_EQ(must_serve(io)->report.start->name, "whole_log");
}

TEST_F(Start, WithNoGoodSnapshotAWholeLogIsReplayedAndSaidSo) {
  SimFileIo io(1, {.delay_polls_max = 0});
  auto server = must_serve(io);
  server->append(io, 300, 1);
  ASSERT_TRUE(server->snapshot());
  server->drop();
  io.kill();
  rot(io, snapshot_path(300), 5'000);
  server = must_serve(io);
  EXPECT_EQ(server->report.start->name, "whole_log_instead");
  EXPECT_EQ(server->report.start->verdict, StartVerdict::warn);
  EXPECT_EQ(server->report.records, 300U);
  EXPECT_EQ(server->target.state.salts, std::vector<std::uint64_t>(300, 1));
}

TEST_F(Start, WithNoGoodSnapshotAndTheLogsFrontGoneItIsRefused) {
  std::uint64_t first = 1;
  while (!io_->exists(segment_path(first))) ++first;
  const std::uint64_t begins = blocks_in(*io_, first).front().position_first.value;
  rot(*io_, snapshot_path(kNewer), 5'000);
  rot(*io_, snapshot_path(kOlder), 5'000);
  expect_refusal(*io_, {"no snapshot is good, and the log does not begin with the first command",
                        "positions 1 to " + std::to_string(begins - 1) + " are missing",
                        "--archive-dir"});
}

TEST_F(Start, AGapBetweenSnapshotAndLogIsRefusedAndNamed) {
  // The older snapshot's log is removed by hand, then the newer snapshot goes bad.
  std::uint64_t first = 1;
  while (!io_->exists(segment_path(first))) ++first;
  const std::uint64_t begins = blocks_in(*io_, first + 1).front().position_first.value;
  ASSERT_GT(begins, kOlder + 1);
  io_->remove(segment_path(first));
  rot(*io_, snapshot_path(kNewer), 5'000);
  expect_refusal(*io_, {"the log begins too late for the newest good snapshot",
                        "positions 4401 to " + std::to_string(begins - 1) + " are missing"});
}

TEST_F(Start, ALogThatEndsBeforeTheSnapshotIsRefused) {
  // All from the newest snapshot's own segment on is taken away, as by a bad copy.
  std::uint64_t last = 1;
  while (!io_->exists(segment_path(last))) ++last;
  const auto last_position =
      [&](std::uint64_t number) {  // without what a recycled file held before
        std::uint64_t position = 0;
        for (const BlockHeader& header : blocks_in(*io_, number)) {
          if (header.segment_number == number) position = header.position_last.value;
        }
        return position;
      };
  while (last_position(last) < kNewer) ++last;
  ASSERT_LT(blocks_in(*io_, last).front().position_first.value, kNewer);
  for (std::uint64_t number = last; io_->exists(segment_path(number)); ++number) {
    io_->remove(segment_path(number));
  }
  expect_refusal(*io_, {"the log ends before the snapshot's position",
                        "and the snapshot is of position 6600", "keep a copy of /data",
                        "`holdfast restore BACKUP NEW`"});
}

TEST_F(Start, TheArchiveFillsTheGapBehindAnOlderSnapshot) {
  std::uint64_t first = 1;
  while (!with_archive_->exists(segment_path(first))) ++first;
  const std::string path = segment_path(first);
  with_archive_->overwrite(join_path(kArchive, segment_name(first)), 0,
                           with_archive_->bytes_of(path));
  with_archive_->remove(path);
  rot(*with_archive_, snapshot_path(kNewer), 5'000);
  expect_start(*with_archive_, "from_snapshot_and_archive", kOlder, kArchive);
}

TEST_F(Start, TheArchiveAndTheLogAreReplayedWhenNoSnapshotIsGood) {
  rot(*with_archive_, snapshot_path(kNewer), 5'000);
  rot(*with_archive_, snapshot_path(kOlder), 5'000);
  expect_refusal(*with_archive_->copy(1), {"are missing", "--archive-dir"});
  expect_start(*with_archive_, "whole_log_with_archive", 0, kArchive);
}

TEST_F(Start, AnArchiveThatLacksSegmentsTooIsNamed) {
  rot(*with_archive_, snapshot_path(kNewer), 5'000);
  rot(*with_archive_, snapshot_path(kOlder), 5'000);
  with_archive_->remove(join_path(kArchive, segment_name(1)));
  expect_refusal(*with_archive_, {"no snapshot is good", "the archive /archive does not have them"},
                 kArchive);
}

TEST_F(Start, AnArchiveThatIsAheadOfTheDirectoryIsRefused) {
  // The directory as it was early on, put back beside the archive of later.
  SimFileIo early(1, {.delay_polls_max = 0});
  auto server = must_serve(early);
  server->append(early, 300, 1);
  server->drop();
  early.kill();
  const std::vector<std::string> names = with_archive_->list(kArchive).value();
  for (const std::string& name : names) {
    early.overwrite(join_path(kArchive, name), 0,
                    with_archive_->bytes_of(join_path(kArchive, name)));
  }
  expect_refusal(early, {"the archive holds log that the data directory does not", "older copy",
                         "`cp /archive/wal-*.log /data/`", "new, empty --archive-dir"},
                 kArchive);
  // What it says to do when there is no backup.
  for (const std::string& name : names) {
    if (!parse_segment_name(name)) continue;
    early.overwrite(join_path(kDir, name), 0, early.bytes_of(join_path(kArchive, name)));
  }
  // What came after the archive's end is gone: that takes the operator's word.
  const RecoveryError lost = expect_refusal(
      early, {"is missing: a server fills none", "`holdfast wal cut /data --after "}, "/archive-2");
  const auto segments = list_segments(early, kDir);
  ASSERT_TRUE(segments.has_value());
  EXPECT_EQ(lost.path, segments->back().path);
  early.overwrite(segment_path(segments->back().number + 1), 0,  // as the cut does
                  std::vector<std::byte>(limits::wal_segment_bytes_min));
  RecoveryError error;
  const auto again = SmallServer::open(early, "/archive-2", error);
  ASSERT_NE(again, nullptr) << error.text();
  EXPECT_GT(again->report.last_position.value, 300U) << "what the archive has is back";
}

TEST_F(Start, AHalfWrittenSnapshotIsRemovedAndWithItNothingElse) {
  io_->overwrite(snapshot_path(kEnd) + ".tmp", 0, std::vector<std::byte>(8'192));
  io_->overwrite(kDir + "/snapshot-mine.snap", 0, std::vector<std::byte>(100));
  expect_start(*io_, "from_snapshot", kNewer);
  EXPECT_FALSE(io_->exists(snapshot_path(kEnd) + ".tmp"));
  EXPECT_TRUE(io_->exists(kDir + "/snapshot-mine.snap"));
}

TEST_F(Start, ProgressIsToldOfSnapshotAndLog) {
  SmallTarget target;
  OpenLogOptions options = test_options();
  options.snapshots = &target;
  std::uint64_t snapshot_bytes = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t log_bytes_total = 0;
  options.on_progress = [&](const RecoveryProgress& progress) {
    EXPECT_LE(progress.bytes, progress.bytes_total);
    auto& seen = progress.phase == RecoveryProgress::Phase::snapshot ? snapshot_bytes : log_bytes;
    EXPECT_GT(progress.bytes, seen);
    seen = progress.bytes;
    if (progress.phase == RecoveryProgress::Phase::log) log_bytes_total = progress.bytes_total;
  };
  const auto opened = open_log(*io_, options, [&](const Command&, const Outcome& outcome) {
    target.state.apply(outcome);
    return std::optional<std::string>();
  });
  ASSERT_TRUE(opened.has_value());
  EXPECT_GT(snapshot_bytes, 0U);
  EXPECT_EQ(log_bytes, opened->report.bytes);
  // From the front of the first segment that is read to the end of the last one in use: spares are
  // not waited for.
  EXPECT_LT(log_bytes_total - log_bytes, 2 * limits::wal_segment_bytes_min);
}

TEST_F(Start, ASegmentOfAnotherLogBehindTheEndIsRefusedAndNotOverwritten) {
  std::uint64_t last = 1;
  while (!io_->exists(segment_path(last))) ++last;
  while (io_->exists(segment_path(last + 1))) ++last;
  std::vector<std::byte> block(limits::wal_sector_bytes);
  BlockHeader header;
  header.log_id = {.low = 1, .high = 2};
  header.segment_number = last;
  seal_block(block, header);
  io_->overwrite(segment_path(last), 0, block);
  const RecoveryError error = expect_refusal(*io_, {"the block belongs to another log"});
  EXPECT_EQ(error.path, segment_path(last));
}

}  // namespace
}  // namespace holdfast::persistence
