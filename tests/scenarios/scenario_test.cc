// Every scenario of every .txt file in this folder is one test, on the engine and on the reference
// model. How to write one: README.md beside this file. --gtest_filter='*NAME*' runs some.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

#include "tests/scenarios/machine.h"
#include "tests/scenarios/runner.h"
#include "tests/scenarios/scenario.h"

namespace holdfast::scenarios {
namespace {

/// A scenario, or why its file cannot be read (then the test fails with that).
struct Tested {
  Scenario scenario;
  std::string error;
};

// Prints the name where GoogleTest would print the bytes of the value.
void PrintTo(const Tested& tested, std::ostream* out) {
  *out << tested.scenario.file << ": " << tested.scenario.name;
}

std::vector<Tested> all_scenarios() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_SCENARIOS_DIR)) {
    const bool is_build_file = entry.path().filename() == "CMakeLists.txt";
    if (entry.path().extension() == ".txt" && !is_build_file) {
      paths.push_back(entry.path().string());
    }
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Tested> all;
  for (const std::string& path : paths) {
    try {
      for (Scenario& scenario : read_scenarios(path)) {
        all.push_back(Tested{std::move(scenario), ""});
      }
    } catch (const ScenarioError& error) {
      Scenario unreadable;
      unreadable.file = std::filesystem::path(path).filename().string();
      unreadable.name = "cannot be read";
      all.push_back(Tested{unreadable, error.what()});
    }
  }
  return all;
}

/// "lifecycle.txt", "a purchase is captured": "lifecycle_a_purchase_is_captured".
std::string test_name(const Tested& tested) {
  std::string name =
      std::filesystem::path(tested.scenario.file).stem().string() + " " + tested.scenario.name;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

class Scenarios : public ::testing::TestWithParam<Tested> {
 protected:
  void run_on(std::unique_ptr<Machine> machine) {
    const auto& [scenario, error] = GetParam();
    if (!error.empty()) FAIL() << error;
    try {
      for (const Finding& finding : Runner(*machine).run(scenario)) {
        ADD_FAILURE_AT(scenario.path.c_str(), finding.line)
            << "on the " << machine->name() << ": " << finding.text;
      }
    } catch (const ScenarioError& wrong) {
      ADD_FAILURE_AT(scenario.path.c_str(), scenario.line) << wrong.what();
    }
  }
};

TEST_P(Scenarios, Run) {
  run_on(make_engine_machine());
  run_on(make_model_machine());
}

INSTANTIATE_TEST_SUITE_P(All, Scenarios, ::testing::ValuesIn(all_scenarios()),
                         [](const auto& tested) { return test_name(tested.param); });

}  // namespace

}  // namespace holdfast::scenarios
