// --core-processor: the core alone runs there, and what cannot be is refused.
#include <gtest/gtest.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/scheduling.h"
#include "persistence/disk_interrupts.h"
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

// The processors of a server's core thread.
std::vector<unsigned> processors_of_core(pid_t server) {
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(server) + "/task")) {
    std::string name;
    std::getline(std::ifstream(task.path() / "comm"), name);
    if (name == "holdfast-core") return processors_of(std::stoi(task.path().filename()));
  }
  return {};
}

TEST(CoreProcessor, AutoTakesOneThatTheDiskDoesNotInterrupt) {
  const std::vector<unsigned> all = processors_of();
  if (all.size() < 2) GTEST_SKIP() << "SKIPPED: this machine has one processor";
  const TemporaryDirectory directory;
  ServerProcess server(directory.path() + "/data", {"--core-processor", "auto"});
  ASSERT_TRUE(server.start()) << server.log();
  net::Client client = server.connect();
  ASSERT_TRUE(client.show_status(false).has_value());
  const auto interrupted = persistence::disk_interrupt_processors(directory.path());
  const auto is_interrupted = [&](unsigned processor) {
    return interrupted && std::count(interrupted->begin(), interrupted->end(), processor) > 0;
  };
  unsigned expected = all.back();
  for (const unsigned processor : all) {
    if (!is_interrupted(processor) || is_interrupted(expected)) expected = processor;
  }
  EXPECT_EQ(processors_of_core(server.pid()), std::vector{expected}) << server.log();
  EXPECT_NE(server.log().find("the core has processor " + std::to_string(expected) + "; "),
            std::string::npos)
      << server.log();
  EXPECT_EQ(server.terminate(), 0) << server.log();
}

TEST(CoreProcessor, OneThatTheDiskInterruptsIsTold) {
  const TemporaryDirectory directory;
  const auto interrupted = persistence::disk_interrupt_processors(directory.path());
  if (!interrupted) GTEST_SKIP() << "SKIPPED: " << interrupted.error();
  const std::vector<unsigned> all = processors_of();
  std::vector<unsigned> quiet, busy;
  for (const unsigned processor : all) {
    const bool is_busy = std::count(interrupted->begin(), interrupted->end(), processor) > 0;
    (is_busy ? busy : quiet).push_back(processor);
  }
  if (quiet.empty() || busy.empty()) GTEST_SKIP() << "SKIPPED: all processors are alike";
  for (const auto& [processor, is_told] : {std::pair{busy[0], true}, {quiet[0], false}}) {
    ServerProcess server(directory.path() + "/data",
                         {"--core-processor", std::to_string(processor)});
    ASSERT_TRUE(server.start()) << server.log();
    EXPECT_EQ(server.log().find("--core-processor " + std::to_string(quiet.back()) +
                                " has none") != std::string::npos,
              is_told)
        << server.log();
    EXPECT_EQ(server.terminate(), 0) << server.log();
  }
}

TEST(CoreProcessor, WhatIsNoProcessorIsRefused) {
  const TemporaryDirectory directory;
  for (const std::string text : {"any", "-1", "1024", "1x", ""}) {
    const auto refused = run_program(
        "holdfastd", {"--data-dir", directory.path() + "/data", "--core-processor=" + text});
    EXPECT_EQ(refused.exit_code, EX_USAGE) << refused.err;
    EXPECT_NE(refused.err.find("--core-processor"), std::string::npos) << text << refused.err;
  }
}

TEST(CoreProcessor, AutoWithOneProcessorLeavesTheCoreFree) {
  const TemporaryDirectory directory;
  const std::string only = std::to_string(processors_of().front());
  const std::string script = directory.path() + "/on_one";
  std::ofstream(script) << "#!/bin/sh\nexec /usr/bin/taskset -c " << only << " "
                        << program_path("holdfastd") << " \"$@\"\n";
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  ServerProcess server(directory.path() + "/data", {"--core-processor", "auto"}, script);
  ASSERT_TRUE(server.start()) << server.log();
  EXPECT_NE(server.log().find("the core is not bound"), std::string::npos) << server.log();
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
