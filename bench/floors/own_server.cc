#include "bench/floors/own_server.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace holdfast::bench {

using Json = nlohmann::ordered_json;

std::string OwnServerOptions::check() const {
  if (rounds < 1 || rounds > 1'000) return "--rounds must be 1..1000";
  if (!(turn_s > 0) || turn_s > 60) return "--turn must be above 0 and at most 60 seconds";
  if (population.accounts < 1 || population.accounts > 10'000'000) {
    return "--accounts must be 1..10000000";
  }
  return "";
}

Json to_json(const OwnServerFacts& facts) {
  Json machine = to_json(facts.machine);
  machine["disk"] = to_json(facts.disk);
  return machine;
}

Json settings_to_json(const OwnServerOptions& options, const OwnServerFacts& facts) {
  return {{"data_dir", options.data_dir},
          {"rounds", options.rounds},
          {"turn_s", options.turn_s},
          {"accounts", options.population.accounts},
          {"seed", options.seed},
          {"holdfastd", facts.version},
          {"holdfastd_log", facts.log},
          {"holdfastd_arguments", options.holdfastd_arguments}};
}

std::string to_lines(const OwnServerFacts& facts) {
  return fmt::format("{}\n{}\n{}: {}\n", to_line(facts.machine), to_line(facts.disk), facts.version,
                     facts.log);
}

}  // namespace holdfast::bench
