#include "bench/peers/programs.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace holdfast::bench {

namespace {

constexpr const char* kPostgresqlRoot = "/usr/lib/postgresql";
constexpr const char* kPostgresqlWanted = "15";

bool is_program(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name,
                                        const std::vector<std::string>& directories) {
  std::vector<std::string> places = directories;
  const char* path = std::getenv("PATH");
  std::istringstream parts(path == nullptr ? "" : path);
  for (std::string part; std::getline(parts, part, ':');) places.push_back(part);
  for (const std::string& place : places) {
    if (is_program(place + "/" + name)) return place + "/" + name;
  }
  return std::nullopt;
}

std::vector<std::string> postgresql_directories() {
  std::vector<std::string> versions;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(kPostgresqlRoot, error)) {
    versions.push_back(entry.path().filename());
  }
  std::sort(versions.begin(), versions.end(), [](const std::string& a, const std::string& b) {
    const bool a_wanted = a == kPostgresqlWanted, b_wanted = b == kPostgresqlWanted;
    return a_wanted != b_wanted ? a_wanted : std::atoi(a.c_str()) > std::atoi(b.c_str());
  });
  for (std::string& version : versions) {
    version = std::string(kPostgresqlRoot) + "/" + version + "/bin";
  }
  return versions;
}

}  // namespace holdfast::bench
