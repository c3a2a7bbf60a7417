#include "tests/process/operations_page.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>

namespace holdfast::test {
namespace {

// Names of files and numbers differ from one machine to the next, so does the step at which a disk
// is found to fail; and line ends stand elsewhere on a page.
std::string masked(const std::string& text) {
  static const std::regex kPath(R"(/[A-Za-z0-9_./-]*[A-Za-z0-9_/])");
  static const std::regex kNumber(R"([0-9][0-9,.]*[0-9]|[0-9])");
  static const std::regex kStep(R"(cannot [a-z ]+ PATH)");
  static const std::regex kSpace(R"(\s+)");
  std::string plain = std::regex_replace(text, kPath, "PATH");
  plain = std::regex_replace(plain, kStep, "cannot DO PATH");
  plain = std::regex_replace(plain, kNumber, "N");
  return std::regex_replace(plain, kSpace, " ");
}

const std::string& page() {
  static const std::string text = [] {
    std::ifstream in(std::string(HOLDFAST_SOURCE_DIR) + "/docs/operations.md");
    return masked({std::istreambuf_iterator<char>(in), {}});
  }();
  return text;
}

}  // namespace

void expect_told(const std::string& server_log, std::string_view what) {
  std::istringstream lines(server_log);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(what) == std::string::npos) continue;
    // Without its time and level.
    const std::size_t level = line.find(' ');
    const std::size_t said = level == std::string::npos ? level : line.find(' ', level + 1);
    ASSERT_NE(said, std::string::npos) << line;
    const std::string message = line.substr(said + 1);
    EXPECT_NE(page().find(masked(message)), std::string::npos)
        << "docs/operations.md does not quote: " << message << "\nmasked: " << masked(message);
    return;
  }
  FAIL() << "nothing was told with: " << what << "\nbut:\n" << server_log;
}

}  // namespace holdfast::test
