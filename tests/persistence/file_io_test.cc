// The real file layers, on a real directory: each test runs over io_uring with both ways to make a
// write durable, and over plain system calls.
#include "persistence/file_io.h"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <ostream>
#include <thread>

#include "persistence/posix_file_io.h"
#include "persistence/uring_file_io.h"
#include "persistence/wal_survey.h"
#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

enum class Layer { uring_dsync, uring_fdatasync, posix };
void PrintTo(Layer layer, std::ostream* out) {
  switch (layer) {
    case Layer::uring_dsync: *out << "uring_dsync"; return;
    case Layer::uring_fdatasync: *out << "uring_fdatasync"; return;
    case Layer::posix: *out << "posix"; return;
  }
}

class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const std::filesystem::path& under) {
    std::string pattern = (under / "holdfast-persistence-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class FileIoTest : public testing::TestWithParam<Layer> {
 protected:
  // The build directory: on a disk, where /tmp may be memory.
  FileIoTest() : directory_(std::filesystem::current_path()) {}

  std::unique_ptr<FileIo> make() {
    if (GetParam() == Layer::posix) return std::move(*PosixFileIo::make());
    auto uring = UringFileIo::make({.write_method = GetParam() == Layer::uring_dsync
                                                        ? WriteMethod::dsync
                                                        : WriteMethod::write_then_fdatasync});
    if (!uring) {
      ADD_FAILURE() << uring.error().text();
      return std::move(*PosixFileIo::make());
    }
    return std::move(*uring);
  }
  std::string file(std::string_view name) const { return join_path(directory_.path(), name); }
  OpenLogOptions log_options() const {
    OpenLogOptions options = test_options();
    options.dir = file("log");
    options.layout = LayoutMode::background;
    return options;
  }

  TemporaryDirectory directory_;
};

INSTANTIATE_TEST_SUITE_P(Layers, FileIoTest,
                         testing::Values(Layer::uring_dsync, Layer::uring_fdatasync, Layer::posix),
                         testing::PrintToStringParamName());

std::vector<WriteCompletion> wait_for(FileIo& io, std::size_t count) {
  std::vector<WriteCompletion> all;
  while (all.size() < count) {
    std::array<WriteCompletion, 4> some;
    const std::size_t got = io.poll(some);
    all.insert(all.end(), some.begin(), some.begin() + static_cast<std::ptrdiff_t>(got));
    if (got == 0) io.park(kSecondNs);
  }
  return all;
}

TEST_P(FileIoTest, DurableWritesCompleteWithTheirTokensAndAreReadBack) {
  const auto io = make();
  const auto opened = io->open(file("data"), OpenMode::create);
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  const auto buffer = io->make_write_buffer(4 * limits::wal_sector_bytes);
  for (std::size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<std::byte>(i / 4096 + 1);
  for (std::uint64_t i = 0; i < 4; ++i) {
    ASSERT_TRUE(io->submit_write({.file = *opened,
                                  .offset = (3 - i) * limits::wal_sector_bytes,
                                  .bytes = buffer.subspan(i * 4096, 4096),
                                  .token = 100 + i})
                    .has_value());
  }
  std::uint64_t tokens = 0;
  for (const WriteCompletion& completion : wait_for(*io, 4)) {
    EXPECT_EQ(completion.error_number, 0);
    EXPECT_EQ(completion.written_bytes, limits::wal_sector_bytes);
    tokens += completion.token;
  }
  EXPECT_EQ(tokens, 406U);
  EXPECT_EQ(*io->size(*opened), 4 * limits::wal_sector_bytes);
  io->close(*opened);
  const auto bytes = read_small_file(*io, file("data"), 1 << 20);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_EQ((*bytes)[0], std::byte{4});
  EXPECT_EQ((*bytes)[3 * 4096], std::byte{1});
}

TEST_P(FileIoTest, AWriteThatTheSystemRefusesCompletesWithItsError) {
  const auto io = make();
  ASSERT_TRUE(replace_file(*io, directory_.path(), "data", std::vector<std::byte>(10)).has_value());
  const auto opened = io->open(file("data"), OpenMode::read);  // not for writing
  ASSERT_TRUE(opened.has_value());
  const auto buffer = io->make_write_buffer(limits::wal_sector_bytes);
  ASSERT_TRUE(
      io->submit_write({.file = *opened, .offset = 0, .bytes = buffer, .token = 7}).has_value());
  const auto completions = wait_for(*io, 1);
  EXPECT_EQ(completions[0].token, 7U);
  EXPECT_EQ(completions[0].error_number, EBADF);
  io->close(*opened);
}

TEST_P(FileIoTest, ParkEndsByAWakeFromAnotherThreadOrByTime) {
  const auto io = make();
  io->park(1'000'000);  // by time
  std::atomic<bool> woken{false};
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    woken.store(true);
    io->wake();
  });
  while (!woken.load()) io->park(600 * kSecondNs);
  other.join();
  io->wake();  // before the park: it ends at once
  io->park(600 * kSecondNs);
}

TEST_P(FileIoTest, AWakeThatPollSweptUpStillEndsTheNextPark) {
  const auto io = make();
  io->park(1'000'000);  // arms
  io->wake();
  std::array<WriteCompletion, 4> none;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(io->poll(none), 0U);
  io->park(600 * kSecondNs);
}

TEST_P(FileIoTest, NamesAndLocks) {
  const auto io = make();
  const std::string deep = file("a/b/c");
  ASSERT_TRUE(io->make_directories(deep).has_value());
  ASSERT_TRUE(io->make_directories(deep).has_value());
  ASSERT_TRUE(
      replace_file(*io, deep, "one", std::vector<std::byte>(5000, std::byte{7})).has_value());
  ASSERT_TRUE(io->rename(join_path(deep, "one"), join_path(deep, "two")).has_value());
  EXPECT_EQ(*io->list(deep), std::vector<std::string>{"two"});
  EXPECT_EQ(read_small_file(*io, join_path(deep, "two"), 100).error().reason,
            "longer than 100 bytes");
  ASSERT_TRUE(io->unlink(join_path(deep, "two")).has_value());
  EXPECT_EQ(io->open(join_path(deep, "two"), OpenMode::read).error().error_number, ENOENT);
  EXPECT_NE(io->unlink(join_path(deep, "two")).error().text().find("a/b/c/two: No such file"),
            std::string::npos);
  const auto other = make();
  const auto lock = io->lock(join_path(deep, "LOCK"));
  ASSERT_TRUE(lock.has_value());
  EXPECT_EQ(other->lock(join_path(deep, "LOCK")).error().error_number, EWOULDBLOCK);
  // Somebody takes it for left over.
  ASSERT_TRUE(io->unlink(join_path(deep, "LOCK")).has_value());
  EXPECT_EQ(other->lock(join_path(deep, "LOCK")).error().error_number, EWOULDBLOCK);
  io->close(*lock);
  EXPECT_TRUE(other->lock(join_path(deep, "LOCK")).has_value());
  const std::string not_a_directory = join_path(deep, "LOCK/x");
  EXPECT_EQ(io->make_directories(not_a_directory).error().error_number, ENOTDIR);
}

TEST_P(FileIoTest, ALogLivesThroughSegmentsAndRestarts) {
  constexpr std::uint64_t kEach = 40'000;
  for (std::uint64_t life = 0; life < 3; ++life) {
    // Opened on one thread and used on another, as the server does.
    const auto io = make();
    TestLog log = must_open(*io, log_options());
    expect_records(log.recovered, life * kEach);
    std::thread core([&] {
      log.append_many(*io, kEach);
      log.flush(*io);
      EXPECT_EQ(log.writer->durable_through().value, (life + 1) * kEach);
      log.close(*io);
    });
    core.join();
  }
  const auto io = make();
  const auto survey = survey_log(*io, log_options().dir);
  ASSERT_TRUE(survey.has_value()) << survey.error().text();
  EXPECT_TRUE(survey->problems.empty());
  EXPECT_EQ(survey->end.position.value, 3 * kEach);
}

TEST_P(FileIoTest, AWriterThatIsDroppedWithWritesUnderWayLeavesALogThatOpens) {
  std::uint64_t durable = 0;
  {
    const auto io = make();
    TestLog log = must_open(*io, log_options());
    for (int i = 0; i < 300; ++i) {
      log.append_many(*io, 10);
      log.writer->pump();
    }
    durable = log.writer->durable_through().value;
    log.writer.reset();
    io->close(log.lock);
  }
  const auto io = make();
  const TestLog again = must_open(*io, log_options());
  EXPECT_GE(again.recovered.size(), durable);
  expect_records(again.recovered, again.recovered.size());
}

// tmpfs, where O_DIRECT used to be refused (Linux before 6.6): there the log works through the page
// cache, and says so.
TEST(FileIo, ALogInMemoryWorksAndTellsHowItWrites) {
  if (!std::filesystem::is_directory("/dev/shm")) GTEST_SKIP() << "this system has no /dev/shm";
  const TemporaryDirectory directory("/dev/shm");
  const auto io = make_file_io({});
  ASSERT_TRUE(io.has_value()) << io.error().text();
  OpenLogOptions options = test_options();
  options.dir = directory.path();
  TestLog log = must_open(**io, options);
  const auto probe = (*io)->open(directory.path() + "/probe", OpenMode::create);
  ASSERT_TRUE(probe.has_value()) << probe.error().text();
  EXPECT_EQ(log.report.direct, (*io)->is_direct(*probe));
  (*io)->close(*probe);
  log.append_many(**io, 1'000);
  log.close(**io);
  expect_records(must_open(**io, options).recovered, 1'000);
}

// In a process of its own: from then on one system call is refused there, as a container may.
void refuse_system_call(unsigned number) {
  std::array<sock_filter, 4> program = {
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::_Exit(2);
  }
}

TEST(FileIoDeathTest, WhereAnyPartOfIoUringIsForbiddenSystemCallsDoTheWork) {
  for (const unsigned call : {__NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register}) {
    EXPECT_EXIT(
        {
          refuse_system_call(call);
          const auto io = make_file_io({});
          const bool is_told = io.has_value() && (*io)->traits().name == "system calls" &&
                               (*io)->traits().notes.find("forbidden") != std::string::npos;
          std::_Exit(is_told ? 0 : 1);
        },
        testing::ExitedWithCode(0), "")
        << "system call " << call;
  }
}

TEST(FileIo, TheLayerThatIsChosenSaysWhatItIs) {
  const auto io = make_file_io({});
  ASSERT_TRUE(io.has_value()) << io.error().text();
  const FileIoTraits traits = (*io)->traits();
  EXPECT_EQ(traits.asynchronous, traits.name == "io_uring") << traits.notes;
  EXPECT_EQ(traits.write_method, "write with RWF_DSYNC");
}

}  // namespace
}  // namespace holdfast::persistence
