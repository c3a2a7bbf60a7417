// docs/decisions.md shows the table of engine/decision.h, line by line.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "engine/decision.h"

namespace holdfast {
namespace {

TEST(DecisionsPage, ShowsTheTableOfTheCode) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/decisions.md");
  std::stringstream content;
  content << file.rdbuf();
  const std::string page = content.str();
  std::string table =
      "<!-- decisions -->\n| decision | number | DE39 | meaning |\n|---|---|---|---|\n";
  for (const DecisionInfo& info : kDecisions) {
    table += "| `" + std::string(info.name) + "` | " +
             std::to_string(static_cast<unsigned>(info.decision)) + " | " + std::string(info.de39) +
             " | " + std::string(info.text) + " |\n";
  }
  table += "<!-- /decisions -->";
  EXPECT_NE(page.find(table), std::string::npos)
      << "docs/decisions.md must hold this table:\n" << table;
}

}  // namespace
}  // namespace holdfast
