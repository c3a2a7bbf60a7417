// --core-processor: the core alone runs there, and what cannot be is refused.
#include <gtest/gtest.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/scheduling.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

TEST(CoreProcessor, TheCoreHasItAlone) {
  const std::vector<unsigned> all = processors_of();
  if (all.size() < 2) GTEST_SKIP() << "SKIPPED: this machine has one processor";
  const unsigned processor = all.back();
  const TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/data",
                       {"--core-processor", std::to_string(processor)});
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  ASSERT_TRUE(client.show_status(false).has_value());  // the core answers, so it is bound
  const std::vector<unsigned> others(all.begin(), all.end() - 1);
  std::size_t cores = 0;
  std::size_t threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    const bool is_core = name == "holdfast-core";
    // The kernel's own workers for the core's writes go where the kernel wants them.
    if (name.starts_with("iou-")) continue;
    cores += is_core ? 1 : 0;
    ++threads;
    EXPECT_EQ(processors_of(std::stoi(task.path().filename())),
              is_core ? std::vector{processor} : others)
        << name;
  }
  EXPECT_EQ(cores, 1U);
  EXPECT_GT(threads, 2U);
  EXPECT_EQ(server.terminate(), 0) << server.log();
}

TEST(CoreProcessor, OneThatIsNotThereIsRefused) {
  const TemporaryDirectory directory;
  const std::string data = directory.path() + "/data";
  const auto none = run_program("holdfastd", {"--data-dir", data, "--core-processor", "1023"});
  EXPECT_EQ(none.exit_code, EX_USAGE) << none.err;
  EXPECT_NE(none.err.find("--core-processor 1023: this process may use processor"),
            std::string::npos)
      << none.err;
  EXPECT_FALSE(std::filesystem::exists(data)) << "nothing is made before";
}

TEST(CoreProcessor, TheOnlyOneIsRefused) {
  const TemporaryDirectory directory;
  const std::string data = directory.path() + "/data";
  const std::string only = std::to_string(processors_of().front());
  const auto refused =
      run_command("/usr/bin/taskset", {"-c", only, program_path("holdfastd"), "--data-dir", data,
                                       "--core-processor", only});
  EXPECT_EQ(refused.exit_code, EX_USAGE) << refused.err;
  EXPECT_NE(refused.err.find("the only processor that this process may use"), std::string::npos)
      << refused.err;
}

}  // namespace
}  // namespace holdfast::test
