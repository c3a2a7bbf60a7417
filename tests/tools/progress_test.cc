// Progress: what the line says, and that only a terminal gets it.
#include "tools/cli/progress.h"

#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <chrono>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

TEST(ProgressLine, TellsRecordsBytesAndTheTimeThatIsLeft) {
  EXPECT_EQ(progress_line("replayed", 1'234'567, 300 << 20, 1'200 << 20, 4 * kSecondNs),
            "replayed 1,234,567 records, 300.0 MiB of 1.2 GiB (25 %), 12 s left");
  EXPECT_EQ(progress_line("snapshot: loaded", 0, 1 << 20, 4 << 20, 2 * kSecondNs),
            "snapshot: loaded 1.0 MiB of 4.0 MiB (25 %), 6 s left");
  EXPECT_EQ(progress_line("checked", 5, 1 << 20, 2'000 << 20, 10 * kSecondNs),
            "checked 5 records, 1.0 MiB of 2.0 GiB (0 %), 5 h 33 min left");
}

TEST(ProgressLine, TellsNoTimeThatWouldBeAGuess) {
  EXPECT_EQ(progress_line("replayed", 10, 1 << 20, 4 << 20, kSecondNs / 2),
            "replayed 10 records, 1.0 MiB of 4.0 MiB (25 %)");
  EXPECT_EQ(progress_line("read", 10, 1 << 20, 0, 9 * kSecondNs), "read 10 records, 1.0 MiB");
  EXPECT_EQ(progress_line("read", 0, 0, 4 << 20, 9 * kSecondNs), "read 0 B of 4.0 MiB (0 %)");
  // More than was expected, beside a server that writes.
  EXPECT_EQ(progress_line("read", 1, 5 << 20, 4 << 20, 9 * kSecondNs),
            "read 1 records, 5.0 MiB of 5.0 MiB (100 %), 0 s left");
}

enum class Target { terminal, file, pipe };

/// What is written to a terminal that is standard error while `work` runs,
/// with standard output as told.
template <class Work>
std::string on_terminal(Target out, Work&& work) {
  int master = -1;
  int slave = -1;
  if (::openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) {
    ADD_FAILURE() << "no pseudo terminal: " << std::strerror(errno);
    return {};
  }
  int pipe_ends[2] = {-1, -1};
  EXPECT_EQ(::pipe(pipe_ends), 0);
  std::FILE* file = std::tmpfile();
  const int to = out == Target::terminal ? slave
                 : out == Target::file   ? ::fileno(file)
                                         : pipe_ends[1];
  std::fflush(stdout);
  std::fflush(stderr);
  const int saved_out = ::dup(STDOUT_FILENO);
  const int saved_err = ::dup(STDERR_FILENO);
  ::dup2(to, STDOUT_FILENO);
  ::dup2(slave, STDERR_FILENO);
  work();
  std::fflush(stderr);
  ::dup2(saved_out, STDOUT_FILENO);
  ::dup2(saved_err, STDERR_FILENO);
  for (const int fd : {saved_out, saved_err, slave, pipe_ends[0], pipe_ends[1]}) ::close(fd);
  std::fclose(file);
  // The kernel hands over what was written a little later and in pieces; the last is followed by an
  // error, since nobody has the other end open any more.
  std::string text;
  char piece[4096];
  for (ssize_t count; (count = ::read(master, piece, sizeof piece)) > 0;) {
    text.append(piece, static_cast<std::size_t>(count));
  }
  ::close(master);
  return text;
}

void work_a_while(Beside beside) {
  Progress progress("replayed", 4 << 20, beside);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  progress.add(7, 1 << 20);
}

TEST(Progress, StandsOnATerminalAndIsGoneAtTheEnd) {
  for (const Target out : {Target::terminal, Target::file}) {
    const std::string text = on_terminal(out, [] { work_a_while(Beside::report); });
    EXPECT_NE(text.find("replayed 7 records, 1.0 MiB of 4.0 MiB (25 %)"), std::string::npos)
        << text;
    EXPECT_TRUE(text.ends_with("\r\x1b[K")) << text;
  }
}

TEST(Progress, IsQuietInAPipeAndBetweenLines) {
  EXPECT_EQ(on_terminal(Target::pipe, [] { work_a_while(Beside::report); }), "");
  EXPECT_EQ(on_terminal(Target::terminal, [] { work_a_while(Beside::lines); }), "");
  EXPECT_NE(on_terminal(Target::file, [] { work_a_while(Beside::lines); }), "");
}

TEST(Progress, SaysNothingOfWhatIsShort) {
  EXPECT_EQ(on_terminal(Target::terminal, [] { Progress("replayed", 4 << 20).add(7, 1 << 20); }),
            "");
}

}  // namespace
}  // namespace holdfast::tools
