#include "bench/page/report_data.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "bench/report/progress.h"

namespace holdfast::bench {
namespace {

using nlohmann::literals::operator""_json_pointer;

bool is_part(std::string_view name) {
  return std::find(std::begin(kReportParts), std::end(kReportParts), name) !=
         std::end(kReportParts);
}

std::string accounts_text(const Json& settings) {
  const auto accounts = number_at(settings, "/accounts");
  return accounts ? fmt::format(", {} accounts",
                                with_thousands(static_cast<std::uint64_t>(*accounts)))
                  : std::string();
}

}  // namespace

std::string part_of(const Json& json) {
  if (!json.is_object()) return {};
  if (const auto kind = json.find("kind"); kind != json.end() && kind->is_string()) {
    const std::string name = kind->get<std::string>();
    return is_part(name) ? name : std::string();
  }
  // These do not name themselves.
  if (json.contains("saturation_per_s") && json.contains("steps")) return "sweep";
  if (json.contains("/ratios/throughput"_json_pointer) && json.contains("windows")) {
    return "snapshot_cost";
  }
  if (json.contains("memory_flat")) return "soak";
  if (json.contains("throughput_per_s") && json.contains("settings")) return "run";
  if (json.contains("/ratios/replay_to_apply"_json_pointer)) return "restart";
  return {};
}

Json new_report() {
  const std::time_t now = std::time(nullptr);
  return {{"kind", "report"},
          {"made_at", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))},
          {"parts", Json::object()},
          {"missing", Json::object()}};
}

Result<void> add_to_report(Json& report, const Json& json, const std::string& path) {
  if (json.is_object() && json.value("kind", std::string()) == "report") {
    if (!json.contains("parts") || !json["parts"].is_object()) {
      return std::unexpected(fmt::format("{}: a report without its \"parts\"", path));
    }
    for (const auto& [name, entries] : json["parts"].items()) {
      if (!is_part(name) || !entries.is_array()) {
        return std::unexpected(fmt::format("{}: \"{}\" is no part of a report", path, name));
      }
      for (const Json& entry : entries) report["parts"][name].push_back(entry);
    }
    if (json.contains("missing")) report["missing"].update(json["missing"]);
    for (const char* key : {"machine", "versions", "made_at", "memory_ahead_bytes",
                            "server_options", "load_processors"}) {
      if (json.contains(key)) report[key] = json[key];
    }
    return {};
  }
  const std::string part = part_of(json);
  if (part.empty()) {
    return std::unexpected(
        fmt::format("{}: not what a command of holdfast-bench writes with --json", path));
  }
  report["parts"][part].push_back(json);
  return {};
}

Result<Json> read_json_file(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::unexpected(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return std::unexpected(fmt::format("{}: not JSON", path));
  return json;
}

std::string label_of(std::string_view part, const Json& entry) {
  if (!entry.contains("settings")) return {};
  const Json& settings = entry["settings"];
  if (part == "many") {
    return fmt::format("{} connections", number_at(settings, "/connections").value_or(0));
  }
  if (part != "run") return {};
  const auto rate = number_at(settings, "/rate_per_s");
  const std::string loop =
      rate ? fmt::format("open loop at {} /s", with_thousands(static_cast<std::uint64_t>(*rate)))
           : std::string("closed loop");
  std::string text = fmt::format("{}, {} x {} in flight{}", loop,
                                 number_at(settings, "/connections").value_or(0),
                                 number_at(settings, "/in_flight").value_or(0),
                                 accounts_text(settings));
  if (const auto zipf = number_at(settings, "/zipf_exponent")) {
    text += fmt::format(" by Zipf {}", *zipf);
  }
  if (settings.contains("mix") && settings["mix"].is_object()) {
    std::string mix;
    for (const auto& [step, weight] : settings["mix"].items()) {
      if (weight != 0) mix += fmt::format("{}{} {}", mix.empty() ? "" : ", ", weight.dump(), step);
    }
    // One kind needs no weight.
    if (mix.find(',') == std::string::npos) mix = mix.substr(mix.find(' ') + 1) + " only";
    text += ", " + mix;
  }
  return text;
}

std::optional<double> number_at(const Json& json, const std::string& pointer) {
  const Json::json_pointer at(pointer);
  if (!json.contains(at) || !json.at(at).is_number()) return std::nullopt;
  return json.at(at).get<double>();
}

Spread RunGroup::spread(const std::string& pointer) const {
  std::vector<double> values;
  for (const Json* run : runs) {
    if (const auto value = number_at(*run, pointer)) values.push_back(*value);
  }
  return spread_of(std::move(values));
}

const Json& RunGroup::typical(const std::string& pointer) const {
  std::vector<std::pair<double, const Json*>> order;
  for (const Json* run : runs) {
    if (const auto value = number_at(*run, pointer)) order.emplace_back(*value, run);
  }
  if (order.empty()) return *runs.front();
  std::sort(order.begin(), order.end());
  return *order[(order.size() - 1) / 2].second;
}

std::vector<RunGroup> groups_of(const Json& report, std::string_view part) {
  std::vector<RunGroup> groups;
  const auto entries = report.at("parts").find(std::string(part));
  if (entries == report.at("parts").end()) return groups;
  for (const Json& entry : *entries) {
    const std::string label = label_of(part, entry);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&label](const RunGroup& g) { return g.label == label; });
    if (group == groups.end()) group = groups.insert(groups.end(), RunGroup{label, {}});
    group->runs.push_back(&entry);
  }
  return groups;
}

}  // namespace holdfast::bench
