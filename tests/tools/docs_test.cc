// docs/command-line.md tells what the programs print: its console blocks are run again, in order,
// against a fresh server, and must print the same but for what differs from run to run.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/process/server_process.h"

namespace holdfast::tools {
namespace {

struct Example {
  std::vector<std::string> arguments;
  std::string command;
  std::string printed;
};

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

/// The examples of all console blocks, in order.
std::vector<Example> examples_of(const std::string& path) {
  std::vector<Example> examples;
  std::ifstream file(path);
  constexpr std::string_view kPrompt = "$ holdfast ";
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      in_block = line == "```console";
    } else if (in_block && line.starts_with(kPrompt)) {
      const std::string command = line.substr(kPrompt.size());
      examples.push_back({.arguments = words_of(command), .command = command, .printed = {}});
    } else if (in_block && !examples.empty()) {
      examples.back().printed.append(line).append("\n");
    }
  }
  return examples;
}

/// The page's JSON blocks: the documents that examples put, in order.
std::vector<std::string> documents_of(const std::string& path) {
  std::vector<std::string> documents;
  std::ifstream file(path);
  bool in_block = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      in_block = line == "```json";
      if (in_block) documents.emplace_back();
    } else if (in_block) {
      documents.back().append(line).append("\n");
    }
  }
  return documents;
}

/// What differs from run to run becomes a letter; columns that follow its width close up.
std::string masked(std::string text) {
  const std::pair<const char*, const char*> kMasks[] = {
      {R"(\d{4}-\d\d-\d\dT[0-9:.]+Z)", "TIME"},
      {R"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "UUID"},
      {R"([0-9a-f]{32})", "DIGEST"},
      {R"(127\.0\.0\.1:\d+)", "PEER"},
      {R"(\d+(\.\d+)? (ns|us|ms|s)\b)", "DURATION"},
      {R"([0-9,]+ records/s)", "RATE"},
      {R"([0-9.,]+ times as long)", "RATIO"},
      // How many blocks a session takes depends on when the server was idle, and the spare segment
      // is laid out in the background.
      {R"((log writes|blocks?|segments) +\d+)", "$1 N"},
      {R"(wal-\d+\.log .*spare\n)", ""},
      {R"(\d+ above)", "N above"},  // long turns of the core: the machine's
      {R"(\d+ +[0-9.]+ (B|KiB|MiB))", "SIZE"},
      {R"([0-9.]+ (B|KiB|MiB))", "SIZE"},
      {R"(offset \d+)", "offset N"},
      {R"( +)", " "},
  };
  for (const auto& [pattern, letter] : kMasks) {
    text = std::regex_replace(text, std::regex(pattern), letter);
  }
  return text;
}

TEST(CommandLinePage, EveryExamplePrintsWhatThePageSays) {
  const auto examples = examples_of(HOLDFAST_SOURCE_DIR "/docs/command-line.md");
  ASSERT_GT(examples.size(), 25U);
  const test::TemporaryDirectory directory;
  std::filesystem::current_path(directory.path());  // the page says "data"
  const auto documents = documents_of(HOLDFAST_SOURCE_DIR "/docs/command-line.md");
  ASSERT_EQ(documents.size(), 2U);
  std::ofstream("rules.json") << documents[0];
  std::ofstream("stricter.json") << documents[1];
  test::ServerProcess server("data");
  ASSERT_TRUE(server.start()) << server.log();
  ASSERT_EQ(::setenv("HOLDFAST_CONNECT", server.endpoint().c_str(), 1), 0);
  std::size_t pings = 0;
  for (const Example& example : examples) {
    if (example.command == "ping" && ++pings == 2) server.terminate();  // "Without a server"
    if (example.command == "wal verify damaged") {
      std::filesystem::copy("data", "damaged");
      std::fstream file("damaged/wal-0000000000000001.log",
                        std::ios::in | std::ios::out | std::ios::binary);
      constexpr std::streamoff kInTheSixthBlock = 5 * 4096 + 200;
      file.seekg(kInTheSixthBlock);
      const int byte = file.get();
      file.seekp(kInTheSixthBlock);
      file.put(static_cast<char>(byte ^ 1));
    }
    const test::ProcessResult result = test::run_program("holdfast", example.arguments);
    std::string printed = masked(result.out + result.err);
    std::string expected = masked(example.printed);
    if (example.command == "wal verify damaged") {
      // Whether the sixth block holds a record depends on the same; the first finding does not.
      const auto front = [](const std::string& text) {
        const std::size_t wrong = text.find(" wrong ");
        return text.substr(0, text.find(' ')) +
               text.substr(wrong, text.find("(the", wrong) - wrong);
      };
      printed = front(printed);
      expected = front(expected);
    }
    EXPECT_FALSE(expected.empty()) << "holdfast " << example.command;
    EXPECT_EQ(printed, expected) << "holdfast " << example.command;
  }
  ::unsetenv("HOLDFAST_CONNECT");
  std::filesystem::current_path("/");
}

}  // namespace
}  // namespace holdfast::tools
