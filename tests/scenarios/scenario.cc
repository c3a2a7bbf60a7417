#include "tests/scenarios/scenario.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

namespace holdfast::scenarios {
namespace {

struct Place {
  const std::string& file;
  int line;
  [[noreturn]] void fail(const std::string& what) const { throw ScenarioError(file, line, what); }
};

/// Words of a line: split at spaces, but not inside "…" (the quotes go); `#` starts a comment.
std::vector<std::string> words_of(const std::string& line, const Place& place) {
  std::vector<std::string> words;
  std::optional<std::string> word;
  bool quoted = false;
  for (const char c : line) {
    if (quoted) {
      if (c == '"') {
        quoted = false;
      } else {
        *word += c;
      }
    } else if (c == '"') {
      quoted = true;
      if (!word) word.emplace();
    } else if (c == '#' && !word) {
      break;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
    } else {
      if (!word) word.emplace();
      *word += c;
    }
  }
  if (quoted) place.fail("a quotation mark is not closed");
  if (word) words.push_back(*word);
  return words;
}

void sort_word(const std::string& word, std::vector<std::string>& words, Options& options,
               const Place& place) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) {
    words.push_back(word);
    return;
  }
  if (equals == 0) place.fail("'" + word + "' has no name before the '='");
  const auto [at, inserted] = options.emplace(word.substr(0, equals), word.substr(equals + 1));
  if (!inserted) place.fail("'" + at->first + "' is given twice");
}

Step step_of(const std::vector<std::string>& words, const std::string& text, const Place& place) {
  Step step;
  step.line = place.line;
  step.text = text.substr(text.find_first_not_of(" \t"));
  std::size_t at = 0;
  if (words[0][0] == '+' || words[0][0] == '@') step.time = words[at++];
  if (at < words.size() && words[at] != "->") step.verb = words[at++];
  for (; at < words.size(); ++at) {
    if (words[at] == "->") {
      if (step.has_arrow) place.fail("a step has one arrow at most");
      step.has_arrow = true;
    } else if (step.has_arrow) {
      sort_word(words[at], step.expected_words, step.expected, place);
    } else {
      sort_word(words[at], step.words, step.options, place);
    }
  }
  if (step.has_arrow && step.expected_words.empty()) {
    place.fail("after '->' comes a decision, such as approved or insufficient_funds");
  }
  if (step.has_arrow && step.verb.empty()) place.fail("there is no step before the '->'");
  return step;
}

}  // namespace

std::vector<Scenario> parse_scenarios(const std::string& path, const std::string& content) {
  const std::string file = std::filesystem::path(path).filename().string();
  std::vector<Scenario> scenarios;
  std::vector<Step> given;
  std::set<std::string> names;
  enum class Section { before, common, own } section = Section::before;
  std::istringstream input(content);
  std::string line;
  int number = 0;
  while (std::getline(input, line)) {
    const Place place{file, ++number};
    const std::vector<std::string> words = words_of(line, place);
    if (words.empty()) continue;
    const bool indented = line[0] == ' ' || line[0] == '\t';
    if (!indented && words[0] == "given") {
      if (words.size() != 1) place.fail("'given' stands alone; its steps follow, indented");
      if (section != Section::before) place.fail("'given' comes once, before the first scenario");
      section = Section::common;
    } else if (!indented && words[0] == "scenario") {
      if (words.size() < 2) place.fail("a scenario needs a name: scenario a purchase is captured");
      section = Section::own;
      std::string name = words[1];
      for (std::size_t i = 2; i < words.size(); ++i) name += " " + words[i];
      if (!names.insert(name).second) place.fail("this file has a scenario of that name already");
      scenarios.push_back(Scenario{file, path, number, name, given});
    } else if (!indented) {
      place.fail("'" + words[0] + "' is neither 'given' nor 'scenario'; steps are indented");
    } else if (section == Section::before) {
      place.fail("a step stands before the first 'given' or 'scenario'");
    } else {
      auto& steps = section == Section::common ? given : scenarios.back().steps;
      steps.push_back(step_of(words, line, place));
    }
  }
  if (scenarios.empty()) throw ScenarioError(file, number, "the file has no scenario");
  for (const Scenario& scenario : scenarios) {
    if (scenario.steps.size() == given.size()) {
      throw ScenarioError(file, scenario.line, "the scenario has no step");
    }
  }
  return scenarios;
}

std::vector<Scenario> read_scenarios(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  std::ostringstream content;
  content << input.rdbuf();
  if (!input) throw ScenarioError(path, 0, "the file cannot be read");
  return parse_scenarios(path, content.str());
}

}  // namespace holdfast::scenarios
