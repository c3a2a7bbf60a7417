// Scenario files as data: which scenarios there are and what steps they take, line by line.
//
// The language is told in README.md beside this file. This reader knows only its shape (words,
// options, arrows); what a verb means is the runner's affair.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace holdfast::scenarios {

/// "file:line: what is wrong".
class ScenarioError : public std::runtime_error {
 public:
  ScenarioError(const std::string& file, int line, const std::string& what)
      : std::runtime_error(file + ":" + std::to_string(line) + ": " + what) {}
};

using Options = std::map<std::string, std::string>;

/// `[TIME] VERB word… key=value… [-> word… key=value…]`
struct Step {
  int line = 0;
  std::string text;  // the line as it stands, for messages
  std::string time;  // "+2h", "@2026-03-01", or empty
  std::string verb;  // empty: the line only moves time
  std::vector<std::string> words;
  Options options;
  bool has_arrow = false;
  std::vector<std::string> expected_words;
  Options expected;
};

struct Scenario {
  std::string file;  // without its folder
  std::string path;
  int line = 0;
  std::string name;
  std::vector<Step> steps;  // those of the file's `given` first
};

/// All scenarios of one file. Throws ScenarioError; a file without scenarios is an error too.
[[nodiscard]] std::vector<Scenario> read_scenarios(const std::string& path);
/// As `read_scenarios`, from text; `path` is only told.
[[nodiscard]] std::vector<Scenario> parse_scenarios(const std::string& path,
                                                    const std::string& content);

}  // namespace holdfast::scenarios
