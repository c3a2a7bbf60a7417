#include "bench/page/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "bench/processes/server_process.h"
#include "bench/report/machine.h"
#include "bench/report/progress.h"

namespace holdfast::bench {
namespace {

/// One call of a command. `{}` among its words becomes the address of a
/// server that has nothing yet.
struct Step {
  std::string_view part;
  std::vector<std::string> words;
  std::uint64_t memory_ahead_bytes = 0;  // of each of its servers; 0: what a server does itself
  std::vector<std::string> server_options = {};  // more of them
};

constexpr std::uint64_t kQuickMemoryAheadBytes = std::uint64_t{64} << 20;

/// What the servers of a part touch before they serve. A measurement adds memory all the time, which
/// a server in balance does not, and on a virtual machine the first touch of 2 MiB can take 4 ms: as
/// much as the part will need, within what the machine has.
std::uint64_t memory_ahead_of(std::string_view part, std::uint64_t machine_bytes) {
  constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
  if (part == "sweep" || part == "run") return std::min(6 * kGiB, machine_bytes / 4);
  if (part == "peers") return std::min(2 * kGiB, machine_bytes / 8);
  if (part == "unloaded" || part == "many" || part == "scale") {
    return std::min(kGiB, machine_bytes / 16);
  }
  return 0;
}

bool starts_servers(std::string_view part) { return part != "floor" && part != "apply_ratio"; }

bool knows_load_processors(std::string_view part) {
  return part == "sweep" || part == "run" || part == "peers" || part == "soak";
}

constexpr std::string_view kAuthorizeOnly = "100,0,0,0";

std::vector<Step> steps_of(std::string_view part, bool quick, const std::string& temp) {
  const auto pick = [quick](const char* full, const char* small) {
    return std::string(quick ? small : full);
  };
  const std::string accounts = pick("1000000", "10000");
  const auto run = [&](const char* connections, const char* in_flight) {
    return Step{"run",
                {"run", "--connect", "{}", "--connections", connections, "--in-flight", in_flight,
                 "--accounts", accounts, "--mix", std::string(kAuthorizeOnly), "--duration",
                 pick("10", "1")}};
  };
  if (part == "floor") {
    return {{part, {"floor", "--data-dir", temp, "--duration", pick("10", "1"), "--lookup-entries",
                    pick("10000,1000000,10000000", "10000")}}};
  }
  if (part == "unloaded") {
    return {{part, {"unloaded", "--data-dir", temp, "--rounds", pick("5", "2"), "--turn",
                    pick("2", "0.3")}}};
  }
  if (part == "many") {
    return {{part, {"many", "--data-dir", temp, "--rounds", pick("7", "2"), "--turn",
                    pick("1", "0.2")}}};
  }
  if (part == "sweep") {
    std::vector<std::string> words{"sweep",
                                   "--connect", "{}",
                                   "--accounts", accounts,
                                   "--connections", "4",
                                   "--in-flight", "1024",
                                   "--mix", std::string(kAuthorizeOnly),
                                   "--step-duration", pick("5", "0.5")};
    if (quick) {
      words.insert(words.end(), {"--saturation-duration", "1", "--unloaded-duration", "1"});
    }
    return {{part, words}};
  }
  if (part == "run") return {run("4", "1024"), run("64", "1"), run("1", "1")};
  if (part == "peers") {
    return {{part, {"peers", "--data-dir", temp, "--accounts", accounts, "--rounds", pick("5", "1"),
                    "--turn", pick("3", "0.5"), "--trial", pick("1", "0.2")}}};
  }
  if (part == "apply_ratio") {
    return {{part, {"apply-ratio", "--accounts", pick("10000,1000000", "10000"), "--pairs",
                    pick("31", "5")}}};
  }
  if (part == "scale") {
    return {
        {part,
         {"scale", "--temp-dir", temp, "--accounts", pick("10000,1000000,10000000", "1000,10000"),
          "--rounds", pick("5", "2"), "--turn", pick("2", "0.3")}}};
  }
  if (part == "restart") {
    return {{part, {"restart", "--temp-dir", temp, "--accounts", pick("1000000", "5000"),
                    "--records", pick("2000000", "10000")}}};
  }
  if (part == "snapshot_cost") {
    return {{part, {"snapshot-cost", "--temp-dir", temp, "--accounts", pick("1000000", "5000"),
                    "--duration", pick("20", "3"), "--window", pick("3", "0.5")}}};
  }
  if (part == "soak") {
    return {{part, {"soak", "--temp-dir", temp, "--duration", pick("3600", "5")}}};
  }
  return {};
}

/// Or why it is not told.
std::string told_version(const std::string& program) {
  auto version = version_of(program);
  return version ? std::move(*version) : version.error();
}

/// A build: this one, or another whose programs lie in one directory.
class Build {
 public:
  Build(std::string bench, std::string server, std::string temp, const MeasureOptions& options)
      : bench_(std::move(bench)), server_(std::move(server)), temp_(std::move(temp)) {
    report_ = new_report();
    if (!options.server_options.empty()) report_["server_options"] = options.server_options;
    if (!options.load_processors.empty()) report_["load_processors"] = options.load_processors;
    report_["machine"] = to_json(machine_facts());
    report_["machine"]["disk"] = to_json(disk_facts(temp_));
    report_["versions"] = {{"holdfast_bench", told_version(bench_)},
                           {"holdfastd", told_version(server_)}};
  }

  void run(const Step& step) {
    const std::string part(step.part);
    if (step.memory_ahead_bytes > 0) report_["memory_ahead_bytes"][part] = step.memory_ahead_bytes;
    if (const auto done = try_run(step); done) {
      report_["parts"][part].push_back(*done);
    } else {
      report_["missing"][part] = done.error();
    }
  }
  [[nodiscard]] Json take() {
    report_["made_at"] = new_report()["made_at"];
    return std::move(report_);
  }

 private:
  static std::vector<std::string> server_arguments(const Step& step) {
    std::vector<std::string> arguments;
    if (step.memory_ahead_bytes > 0) {
      arguments = {"--memory-ahead", fmt::format("{}", step.memory_ahead_bytes)};
    }
    arguments.insert(arguments.end(), step.server_options.begin(), step.server_options.end());
    return arguments;
  }

  Result<Json> try_run(const Step& step) {
    auto directory = TemporaryDirectory::make(temp_);
    if (!directory) return std::unexpected(directory.error());
    const std::string json_path = directory->path() + "/figures.json";
    std::vector<std::string> words = step.words;
    std::optional<ServerProcess> server;
    if (const auto place = std::find(words.begin(), words.end(), "{}"); place != words.end()) {
      auto started = ServerProcess::start({.program = server_,
                                           .data_dir = directory->path() + "/data",
                                           .arguments = server_arguments(step)});
      if (!started) return std::unexpected(started.error());
      server.emplace(std::move(*started));
      *place = fmt::format("{}:{}", server->endpoint().host, server->endpoint().port);
    }
    words.insert(words.end(), {"--json", json_path, "--quiet"});
    if (const auto arguments = server_arguments(step); !server && !arguments.empty()) {
      words.push_back("--");
      words.insert(words.end(), arguments.begin(), arguments.end());
    }
    auto child = ChildProcess::start({.program = bench_, .arguments = std::move(words)});
    if (!child) return std::unexpected(child.error());
    const int code = child->wait();
    if (server) {
      if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
    }
    auto json = read_json_file(json_path);
    if (!json) {
      return std::unexpected(fmt::format("holdfast-bench {} ended with {}: {}", step.words.front(),
                                         code, child->last_words()));
    }
    return json;  // one that did not pass says so itself
  }

  std::string bench_;
  std::string server_;
  std::string temp_;
  Json report_;
};

}  // namespace

Result<Measured> measure_report(const MeasureOptions& options) {
  const std::string temp = options.temp_parent.empty()
                               ? std::filesystem::temp_directory_path().string()
                               : options.temp_parent;
  std::vector<std::string> parts = options.parts;
  if (parts.empty()) parts.assign(std::begin(kMeasuredParts), std::end(kMeasuredParts));
  std::vector<Build> builds;
  builds.emplace_back("/proc/self/exe", program_beside("holdfastd"), temp, options);
  if (!options.against.empty()) {
    for (const char* program : {"/holdfast-bench", "/holdfastd"}) {
      if (!std::filesystem::exists(options.against + program)) {
        return std::unexpected(
            fmt::format("--against: there is no {}{}", options.against, program));
      }
    }
    builds.emplace_back(options.against + "/holdfast-bench", options.against + "/holdfastd", temp,
                        options);
  }
  const std::uint64_t machine_bytes = machine_facts().memory_bytes;
  ProgressLine line;
  std::size_t turn = 0;
  for (std::uint32_t repeat = 0; repeat < options.repeats; ++repeat) {
    for (const std::string& part : parts) {
      for (Step& step : steps_of(part, options.is_quick, temp)) {
        step.memory_ahead_bytes = memory_ahead_of(part, machine_bytes);
        if (options.is_quick) {
          step.memory_ahead_bytes = std::min(step.memory_ahead_bytes, kQuickMemoryAheadBytes);
        }
        if (starts_servers(part)) step.server_options = options.server_options;
        if (knows_load_processors(part) && !options.load_processors.empty()) {
          step.words.push_back("--load-processors");
          step.words.push_back(fmt::format("{}", fmt::join(options.load_processors, ",")));
        }
        line.show(
            fmt::format("{} of {}: {}", repeat + 1, options.repeats, fmt::join(step.words, " ")));
        for (std::size_t i = 0; i < builds.size(); ++i) {
          builds[(i + turn) % builds.size()].run(step);
        }
        ++turn;
      }
    }
  }
  Measured measured{builds.front().take(), nullptr};
  if (builds.size() > 1) measured.against = builds.back().take();
  return measured;
}

}  // namespace holdfast::bench
