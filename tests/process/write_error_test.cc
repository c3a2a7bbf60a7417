// Disks that fail under a running server, by the kernel's own hand: it tells nothing more, stops
// with 74 and its message, and once the disk works a start has everything that was acknowledged.
//
// Four ways, on a small ext4 on a loop device: the file system is shut down (EXT4_IOC_SHUTDOWN), the
// disk ends earlier than it did (the loop device is made smaller), or is gone but for its first
// block (smaller still), and the memory behind the disk is used up (a hole in an image in a full
// tmpfs).
#include <gtest/gtest.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>

#include "persistence/segments.h"
#include "tests/process/gateway.h"
#include "tests/process/operations_page.h"
#include "tests/process/server_process.h"
#include "tests/process/volume.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSegmentBytes = limits::wal_segment_bytes_min;
constexpr std::uint64_t kSectorBytes = limits::wal_sector_bytes;

bool says(const ServerProcess& server, std::string_view what) {
  return server.log().find(what) != std::string::npos;
}

/// The first byte of a segment behind the last that is not zero, in whole sectors.
std::uint64_t written_end(const std::string& segment) {
  std::ifstream file(segment, std::ios::binary);
  std::vector<char> sector(kSectorBytes);
  std::uint64_t end = 0;
  for (std::uint64_t at = 0; file.read(sector.data(), static_cast<std::streamsize>(sector.size()));
       at += kSectorBytes) {
    if (std::ranges::any_of(sector, [](char c) { return c != 0; })) end = at + kSectorBytes;
  }
  return end;
}

class WriteErrors : public VolumeTest {
 protected:
  void begin(ServerProcess& server) {
    ASSERT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    gateway.set_up(client);
    load(client, 3'000);
  }
  void load(net::Client& client, std::size_t answers) {
    const std::size_t goal = gateway.answers().size() + answers;
    ASSERT_EQ(gateway.load(client, [&] { return gateway.answers().size() >= goal; }),
              Gateway::End::asked_to);
  }
  // Until the server has ended by itself, as it must.
  void load_until_it_ends(ServerProcess& server) {
    net::Client client = server.connect();
    ASSERT_EQ(gateway.load(client, [] { return false; }), Gateway::End::connection_lost);
    EXPECT_EQ(server.wait(), EX_IOERR) << server.log();
    expect_told(server.log(), "the log cannot be written: ");
    expect_told(server.log(), "stopped; nothing was told that is not durable");
  }
  void expect_all_there(ServerProcess& server, const std::string& data_dir,
                        const std::string& archive = "") {
    ASSERT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    ASSERT_NO_FATAL_FAILURE(gateway.check_answers(client, 0));
    ASSERT_NO_FATAL_FAILURE(gateway.resolve(client));
    ASSERT_NO_FATAL_FAILURE(load(client, 1'000));
    const auto told = client.show_status(true);
    ASSERT_TRUE(told.has_value());
    server.kill();
    gateway.check_log(data_dir, archive, *told);
    std::printf("%zu answers checked, none lost\n", gateway.answers().size());
  }

  Gateway gateway{number_from_environment("HOLDFAST_SEED", 1)};
};

/// How a log write becomes durable, and whether past the page cache.
struct Way {
  const char* name;
  const char* write_method;
  const char* mount_options;
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

class LogWriteErrors : public WriteErrors, public testing::WithParamInterface<Way> {
 protected:
  static std::vector<std::string> options() {
    return {"--segment-bytes", std::to_string(kSegmentBytes), "--write-method",
            GetParam().write_method};
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, LogWriteErrors,
                         testing::Values(Way{"dsync", "dsync", ""},
                                         Way{"fdatasync", "fdatasync", ""},
                                         Way{"dsync_cached", "dsync", "data=journal"},
                                         Way{"fdatasync_cached", "fdatasync", "data=journal"}),
                         [](const auto& test) { return test.param.name; });

TEST_P(LogWriteErrors, AFileSystemThatShutsDown) {
  Volume volume({.mount_options = GetParam().mount_options});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options());
  ASSERT_NO_FATAL_FAILURE(begin(server));
  net::Client client = server.connect();
  const std::size_t goal = gateway.answers().size() + 2'000;
  bool is_shut_down = false;
  const auto end = gateway.load(client, [&] {
    if (!is_shut_down && gateway.answers().size() >= goal) {
      volume.shut_down();
      is_shut_down = true;
    }
    return false;
  });
  ASSERT_EQ(end, Gateway::End::connection_lost);
  EXPECT_EQ(server.wait(), EX_IOERR) << server.log();
  expect_told(server.log(), "the log cannot be written: ");
  expect_told(server.log(), "stopped; nothing was told that is not durable");

  EXPECT_FALSE(server.start()) << "the volume is still gone";
  EXPECT_EQ(server.wait(), EX_IOERR) << server.log();
  expect_told(server.log(), "What to do: look at the disk and at the kernel's log");
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  expect_all_there(server, dir);
}

TEST_P(LogWriteErrors, ADiskThatEndsInTheMiddleOfASegment) {
  Volume volume({.mount_options = GetParam().mount_options});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options());
  ASSERT_NO_FATAL_FAILURE(begin(server));
  const std::string segment = dir + "/" + persistence::segment_name(1);
  const std::uint64_t end = written_end(segment) + 16 * kSectorBytes;
  ASSERT_LT(end, kSegmentBytes);
  volume.lose_disk_from(volume.disk_offset_of(segment, end));
  ASSERT_NO_FATAL_FAILURE(load_until_it_ends(server));
  volume.restore_disk();
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  expect_all_there(server, dir);
}

TEST_P(LogWriteErrors, ADiskThatFailsAsAWhole) {
  Volume volume({.mount_options = GetParam().mount_options});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options());
  ASSERT_NO_FATAL_FAILURE(begin(server));
  volume.lose_disk();
  ASSERT_NO_FATAL_FAILURE(load_until_it_ends(server));
  volume.restore_disk();
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  expect_all_there(server, dir);
}

// The holes begin with a segment: of a write that begins before one, the loop device (Linux 6.18)
// writes the part that it can and confirms all of it, as no disk should.
class ThinDisk : public LogWriteErrors {};

// Past the page cache only: with data=journal it is ext4's journal that takes the data.
INSTANTIATE_TEST_SUITE_P(Ways, ThinDisk,
                         testing::Values(Way{"dsync", "dsync", ""},
                                         Way{"fdatasync", "fdatasync", ""}),
                         [](const auto& test) { return test.param.name; });

TEST_P(ThinDisk, HasNoBlocksForWhatWasPromised) {
  Volume volume({.mount_options = GetParam().mount_options, .memory_bytes = 40ULL << 20});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(dir, options());
  ASSERT_NO_FATAL_FAILURE(begin(server));
  const std::string spare = dir + "/" + persistence::segment_name(2);
  wait_for("a spare segment", [&] { return fs::exists(spare); });
  ASSERT_EQ(written_end(spare), 0U);
  const std::uint64_t on_disk = volume.disk_offset_of(spare, 0);
  ASSERT_EQ(volume.disk_offset_of(spare, kSegmentBytes - 1), on_disk + kSegmentBytes - 1)
      << "it lies in one piece";
  volume.lose_memory(on_disk, on_disk + kSegmentBytes);
  ASSERT_NO_FATAL_FAILURE(load_until_it_ends(server));
  volume.restore_memory();
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  expect_all_there(server, dir);
}

TEST_F(WriteErrors, WhereNoNewSegmentCanBeMadeTheServerUsesWhatItHasAndSaysSo) {
  Volume volume({});
  const std::string dir = volume.path() + "/data";
  ServerProcess server(
      dir, {"--segment-bytes", std::to_string(kSegmentBytes), "--snapshot-log-bytes", "0"});
  ASSERT_NO_FATAL_FAILURE(begin(server));
  const std::string spare = dir + "/" + persistence::segment_name(2);
  wait_for("a spare segment", [&] { return fs::exists(spare); });
  std::uint64_t end = 0;
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (entry.file_size() == 0) continue;
    end = std::max(end, volume.disk_offset_of(entry.path(), entry.file_size() - 1) + 1);
  }
  volume.lose_disk_from((end + kSectorBytes - 1) / kSectorBytes * kSectorBytes);

  // A snapshot needs new blocks, the log has its own.
  const ProcessResult now =
      run_program("holdfast", {"--connect", server.endpoint(), "snapshot", "now"});
  EXPECT_EQ(now.exit_code, 1) << now.out;
  expect_told(server.log(), "failed: cannot write");
  EXPECT_TRUE(says(server, "Input/output error")) << server.log();
  {
    net::Client client = server.connect();
    load(client, 1'000);
  }
  ASSERT_NO_FATAL_FAILURE(load_until_it_ends(server));
  expect_told(server.log(), "log: another segment cannot be made");
  EXPECT_GT(gateway.answers().size(), 10'000U) << "the spare segment was used first";
  volume.restore_disk();
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  expect_all_there(server, dir);
}

TEST_F(WriteErrors, AnArchiveThatFailsHoldsUpNobodyAndTakesAllOnceItWorks) {
  Volume volume({});
  const std::string archive = volume.path() + "/archive";
  const TemporaryDirectory directory;
  ServerProcess server(directory.path(),
                       {"--segment-bytes", std::to_string(kSegmentBytes), "--snapshot-log-bytes",
                        "1000000", "--archive-dir", archive});
  ASSERT_NO_FATAL_FAILURE(begin(server));
  net::Client client = server.connect();
  bool is_shut_down = false;
  ASSERT_EQ(gateway.load(client, [&] {
    if (!is_shut_down && fs::exists(archive + "/" + persistence::segment_name(1))) {
      volume.shut_down();
      is_shut_down = true;
    }
    return is_shut_down && says(server, "archive: cannot");
  }), Gateway::End::asked_to) << server.log();
  expect_told(server.log(), "archive: cannot");
  load(client, 20'000);
  EXPECT_EQ(gateway.declined(), 0U);
  server.kill();
  EXPECT_FALSE(server.start()) << "it would let go what it cannot keep";
  EXPECT_EQ(server.wait(), EX_IOERR) << server.log();
  ServerProcess without(directory.path(),
                        {"--segment-bytes", std::to_string(kSegmentBytes), "--no-snapshots"});
  ASSERT_TRUE(without.start()) << without.log();
  {
    net::Client meanwhile = without.connect();
    gateway.resolve(meanwhile);
    load(meanwhile, 1'000);
  }
  without.kill();
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  ASSERT_TRUE(server.start()) << server.log();

  // Once more, and this time it comes back while the server runs.
  volume.shut_down();
  client = server.connect();
  const std::string before = server.log();
  ASSERT_EQ(
      gateway.load(
          client,
          [&] { return server.log().find("archive: cannot", before.size()) != std::string::npos; }),
      Gateway::End::asked_to);
  ASSERT_NO_FATAL_FAILURE(volume.remount());
  wait_for("the archive takes segments again",
           [&] { return says(server, "archive: the archive takes segments again"); });
  server.kill();
  expect_all_there(server, directory.path(), archive);
}

}  // namespace
}  // namespace holdfast::test
