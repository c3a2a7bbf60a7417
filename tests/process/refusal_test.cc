// What a server refuses to start on: a directory in use, files that it may not touch, files of
// another log. Each with its exit code and its message, and with nothing changed.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>

#include "persistence/segments.h"
#include "tests/engine/commands.h"
#include "tests/process/operations_page.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNobody = "65534";
const std::vector<std::string> kOptions{"--segment-bytes", "4194304", "--snapshot-log-bytes", "0"};

std::map<std::string, std::string> contents(const std::string& dir) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(dir)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

std::string newest(const std::string& dir, std::string_view prefix, std::string_view suffix) {
  std::string found;
  for (const auto& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(prefix) && name.ends_with(suffix)) found = std::max(found, name);
  }
  EXPECT_NE(found, "") << "no " << prefix << " in " << dir;
  return found;
}

/// A log of a little more than two segments, the first two of them archived, and two snapshots.
class WrittenDirectory {
 public:
  explicit WrittenDirectory(const std::string& root)
      : data(root + "/data"), archive(root + "/archive") {
    std::vector<std::string> options = kOptions;
    options.insert(options.end(), {"--archive-dir", archive});
    ServerProcess server(data, options);
    EXPECT_TRUE(server.start()) << server.log();
    net::Client client = server.connect();
    std::uint64_t request = 0;
    for (int round = 0; round < 2; ++round) {
      // One at a time each takes a block of 4 KiB.
      for (int i = 0; i < 1'200; ++i, ++request) {
        EXPECT_EQ(client.execute(create_account(request + 1, request + 1, 0))->decision,
                  Decision::approved);
      }
      const ProcessResult now = run_program("holdfast",
                                            {"--connect", server.endpoint(), "snapshot", "now"});
      EXPECT_EQ(now.exit_code, 0) << now.err;
    }
    const std::string first = archive + "/" + persistence::segment_name(1);
    wait_for("a segment is archived", [&] { return fs::exists(first); });
    EXPECT_EQ(server.terminate(), 0) << server.log();
  }
  const std::string data;
  const std::string archive;
};

class Refusal : public testing::Test {
 protected:
  // Each test has the same two directories of different logs.
  static void SetUpTestSuite() {
    root_ = new TemporaryDirectory();
    ours_ = new WrittenDirectory(root_->path() + "/ours");
    other_ = new WrittenDirectory(root_->path() + "/other");
  }
  static void TearDownTestSuite() {
    delete ours_;
    delete other_;
    delete root_;
  }
  void SetUp() override {
    fs::copy(root_->path() + "/ours", dir_.path() + "/ours", fs::copy_options::recursive);
  }

  [[nodiscard]] std::string data(const std::string& name = "") const {
    return dir_.path() + "/ours/data/" + name;
  }
  [[nodiscard]] std::string archive(const std::string& name = "") const {
    return dir_.path() + "/ours/archive/" + name;
  }
  static std::string other_data(const std::string& name = "") { return other_->data + "/" + name; }

  /// It says so, changes nothing in the directory, and starts again once `mend` was done.
  template <class Mend>
  void expect_refusal(int exit_code, const std::string& said, Mend&& mend,
                      bool with_archive = false) {
    std::vector<std::string> arguments = arguments_of(with_archive);
    const auto before = contents(data());
    const ProcessResult refused = run_command(server_, arguments);
    EXPECT_EQ(refused.exit_code, exit_code) << refused.err;
    EXPECT_EQ(refused.out, "");
    expect_told(refused.err, said);
    EXPECT_TRUE(contents(data()) == before) << "a start that is refused changes nothing";
    mend();
    std::vector<std::string> options = kOptions;
    if (with_archive) options.insert(options.end(), {"--archive-dir", archive()});
    ServerProcess again(data(), options);
    EXPECT_TRUE(again.start()) << again.log();
    EXPECT_EQ(again.connect().execute(create_account(1, 1, 0))->flags, kOutcomeRepeated);
  }
  void expect_refusal(int exit_code, const std::string& said, bool with_archive = false) {
    expect_refusal(exit_code, said, [] {}, with_archive);
  }

  [[nodiscard]] std::vector<std::string> arguments_of(bool with_archive) const {
    std::vector<std::string> arguments{"--data-dir", data(), "--listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), kOptions.begin(), kOptions.end());
    if (with_archive) arguments.insert(arguments.end(), {"--archive-dir", archive()});
    return arguments;
  }

  static inline TemporaryDirectory* root_ = nullptr;
  static inline WrittenDirectory* ours_ = nullptr;
  static inline WrittenDirectory* other_ = nullptr;
  TemporaryDirectory dir_;
  std::string server_ = program_path("holdfastd");
};

TEST_F(Refusal, ADirectoryThatAnotherServerUses) {
  ServerProcess first(data(), kOptions);
  ASSERT_TRUE(first.start()) << first.log();
  // The first one lays a segment out and marks its last records before it rests.
  auto before = contents(data());
  for (bool rests = false; !rests;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    auto now = contents(data());
    rests = now == before;
    before = std::move(now);
  }
  const ProcessResult second = run_command(server_, arguments_of(false));
  EXPECT_EQ(second.exit_code, EX_TEMPFAIL) << second.err;
  expect_told(second.err, "another holdfastd uses the data directory");
  EXPECT_TRUE(contents(data()) == before);

  // By another name, and after somebody took the lock file for left over.
  const std::string link = dir_.path() + "/link";
  fs::create_directory_symlink(data(), link);
  fs::remove(data("LOCK"));
  std::vector<std::string> by_link = arguments_of(false);
  std::ranges::replace(by_link, data(), link);
  const ProcessResult third = run_command(server_, by_link);
  EXPECT_EQ(third.exit_code, EX_TEMPFAIL) << third.err;
  EXPECT_TRUE(first.connect().ping().has_value()) << "the first one does not notice";
}

TEST_F(Refusal, AnArchiveInTheDataDirectoryItself) {
  for (const std::string& archive : {data(), data("../data")}) {
    std::vector<std::string> arguments = arguments_of(false);
    arguments.insert(arguments.end(), {"--archive-dir", archive});
    const ProcessResult refused = run_command(server_, arguments);
    EXPECT_EQ(refused.exit_code, EX_USAGE) << refused.err;
    expect_told(refused.err, "is the data directory itself");
  }
}

// Limits of the process --------------------------------------------------------------------------

TEST_F(Refusal, FilesThatMayNotBeLongEnough) {
  const ProcessResult refused =
      run_command("/bin/sh", {"-c", "ulimit -f 2000; exec \"$0\" \"$@\"", server_, "--data-dir",
                              dir_.path() + "/new", "--listen", "127.0.0.1:0"});
  EXPECT_EQ(refused.exit_code, EX_IOERR) << refused.err;
  expect_told(refused.err, "What to do: raise the limit on the size of files");
}

// Files of another log -------------------------------------------------------------------------

TEST_F(Refusal, AnIdentityOfAnotherLog) {
  fs::copy_file(other_data("identity"), data("identity"), fs::copy_options::overwrite_existing);
  expect_refusal(EX_DATAERR, "the identity belongs to another log", [&] {
    fs::copy_file(archive("identity"), data("identity"), fs::copy_options::overwrite_existing);
  });
}

TEST_F(Refusal, ASnapshotOfAnotherLog) {
  const std::string name = newest(other_data(), "snapshot-", ".snap");
  fs::rename(data(name), data("kept"));
  fs::copy_file(other_data(name), data(name));
  expect_refusal(EX_DATAERR, "the snapshot belongs to another log",
                 [&] { fs::rename(data("kept"), data(name)); });
}

TEST_F(Refusal, ASegmentOfAnotherLog) {
  const std::string name = persistence::segment_name(3);
  fs::rename(data(name), data("kept"));
  fs::copy_file(other_data(name), data(name));
  expect_refusal(EX_DATAERR, "the block belongs to another log",
                 [&] { fs::rename(data("kept"), data(name)); });
}

TEST_F(Refusal, ASegmentOfAnotherLogBehindTheEndWhereItWouldBeOverwritten) {
  const std::string spare = newest(data(), "wal-", ".log");
  const std::string name = persistence::segment_name(*persistence::parse_segment_name(spare) + 1);
  fs::copy_file(other_data(persistence::segment_name(3)), data(name));
  const ProcessResult verified = run_program("holdfast", {"wal", "verify", data()});
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_NE(verified.out.find("the block belongs to another log"), std::string::npos)
      << verified.out;
  expect_refusal(EX_DATAERR, "the block belongs to another log", [&] { fs::remove(data(name)); });
}

TEST_F(Refusal, AnArchiveOfAnotherLog) {
  fs::remove_all(archive());
  fs::copy(other_->archive, archive(), fs::copy_options::recursive);
  expect_refusal(EX_DATAERR, "the archive holds the log of another data directory", [&] {
    fs::remove_all(archive());
    fs::copy(ours_->archive, archive(), fs::copy_options::recursive);
  }, true);
}

TEST_F(Refusal, AnArchiveWhoseIdentityIsDamaged) {
  std::ofstream(archive("identity"), std::ios::trunc) << "nothing that was written here";
  expect_refusal(EX_DATAERR, "What to do: put it back", [&] {
    fs::copy_file(data("identity"), archive("identity"), fs::copy_options::overwrite_existing);
  }, true);
}

TEST_F(Refusal, ASegmentOfAnotherLogInTheArchiveWhereItIsNeeded) {
  const std::string name = persistence::segment_name(1);
  fs::copy_file(other_->archive + "/" + name, archive(name), fs::copy_options::overwrite_existing);
  for (const auto& entry : fs::directory_iterator(data())) {
    if (entry.path().extension() == ".snap") {
      fs::rename(entry.path(), entry.path().string() + ".kept");
    }
  }
  expect_refusal(EX_DATAERR, "the block belongs to another log", [&] {
    fs::copy_file(ours_->archive + "/" + name, archive(name), fs::copy_options::overwrite_existing);
  }, true);
}

// Files that it may not touch --------------------------------------------------------------------

/// Run as somebody who may only what the mode of a file says; root may all.
class Forbidden : public Refusal {
 protected:
  void SetUp() override {
    Refusal::SetUp();
    if (::geteuid() != 0) return;
    // A copy, since the build may lie where only its owner looks.
    server_ = dir_.path() + "/holdfastd";
    fs::copy_file(program_path("holdfastd"), server_);
    for (const std::string& path : {dir_.path(), dir_.path() + "/ours"}) {
      fs::permissions(path, fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read);
    }
    const ProcessResult given = run_command(
        "/bin/chown", {"-R", std::string(kNobody) + ":" + kNobody, dir_.path() + "/ours"});
    ASSERT_EQ(given.exit_code, 0) << given.err;
  }

  void expect_forbidden(const std::string& path, const std::string& said,
                        bool with_archive = false) {
    const fs::perms before = fs::status(path).permissions();
    fs::permissions(path, fs::perms::none);
    std::vector<std::string> arguments = arguments_of(with_archive);
    std::string program = server_;
    if (::geteuid() == 0) {
      arguments.insert(arguments.begin(),
                       {"--reuid", kNobody, "--regid", kNobody, "--clear-groups", server_});
      program = "/usr/bin/setpriv";
    }
    const ProcessResult refused = run_command(program, arguments);
    EXPECT_EQ(refused.exit_code, EX_IOERR) << refused.err;
    EXPECT_EQ(refused.out, "");
    expect_told(refused.err, said);
    expect_told(refused.err, "Permission denied. What to do: start it as the user who owns");
    fs::permissions(path, before);
    std::vector<std::string> options = kOptions;
    if (with_archive) options.insert(options.end(), {"--archive-dir", archive()});
    ServerProcess again(data(), options);
    EXPECT_TRUE(again.start()) << again.log();
  }
};

TEST_F(Forbidden, TheDataDirectory) { expect_forbidden(data(), "LOCK: Permission denied"); }
TEST_F(Forbidden, TheLock) { expect_forbidden(data("LOCK"), "LOCK: Permission denied"); }
TEST_F(Forbidden, TheIdentity) {
  expect_forbidden(data("identity"), "identity: Permission denied");
}
TEST_F(Forbidden, ASegment) {
  expect_forbidden(data(persistence::segment_name(3)),
                   persistence::segment_name(3) + ": Permission denied");
}
TEST_F(Forbidden, ASpareSegment) {
  const std::string spare = newest(data(), "wal-", ".log");
  expect_forbidden(data(spare), spare + ": Permission denied");
}
TEST_F(Forbidden, ASnapshot) {
  const std::string name = newest(data(), "snapshot-", ".snap");
  expect_forbidden(data(name), name + ": Permission denied");
}
TEST_F(Forbidden, TheArchive) { expect_forbidden(archive(), "cannot list ", true); }
TEST_F(Forbidden, TheArchivesIdentity) {
  expect_forbidden(archive("identity"), "identity: Permission denied", true);
}

}  // namespace
}  // namespace holdfast::test
