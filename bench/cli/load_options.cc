#include "bench/cli/load_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace holdfast::bench {

Result<Mix> parse_mix(const std::string& text) {
  Mix mix;
  mix.weights = {};
  std::size_t place = 0;
  for (const std::string& part : CLI::detail::split(text, ',')) {
    const std::size_t equals = part.find('=');
    std::size_t kind = place++;
    std::string number = part;
    if (equals != std::string::npos) {
      const auto name = std::find(kStepNames.begin(), kStepNames.end(), part.substr(0, equals));
      kind = static_cast<std::size_t>(name - kStepNames.begin());
      number = part.substr(equals + 1);
    }
    std::uint32_t weight = 0;
    if (kind >= kStepKinds || !CLI::detail::lexical_cast(number, weight) || weight > 1'000'000) {
      return std::unexpected(
          fmt::format("--mix: \"{}\" is not a weight of 0..1000000 of authorize, capture, reverse "
                      "or inquiry; write "
                      "70,20,5,5 or authorize=70,capture=20",
                      part));
    }
    mix.weights[kind] = weight;
  }
  return mix;
}

void add_load_processors(CLI::App& command, std::vector<unsigned>& processors) {
  command.add_option("--load-processors", processors,
                     "Processors on which the load's threads run, as 0,1; all without: keep them "
                     "off the one that the server has for its core (holdfastd --core-processor)")
      ->delimiter(',')->allow_extra_args(false)->type_name("LIST");  // one word, `--` may follow
}

void LoadOptions::add_connect(CLI::App& command) {
  command.add_option("--connect", connect_, "The server, HOST:PORT")
      ->type_name("HOST:PORT")->required();
}

void LoadOptions::add_load(CLI::App& command) {
  const auto option = [&](const char* name, auto& value, const char* what) {
    return command.add_option(name, value, what)->capture_default_str();
  };
  Population& population = options_.population;
  option("--connections", options_.connections, "Connections");
  option("--in-flight", options_.in_flight, "Requests under way on each connection");
  option("--threads", options_.threads, "Load threads");
  option("--accounts", population.accounts, "Accounts, each with a card; made if missing");
  option("--population", population.number,
         "Number of the set of accounts; runs at the same time need different ones");
  option("--fund", population.fund.minor, "Moved to each account once, in minor units");
  option("--currency", population.currency.numeric, "ISO 4217 number")->check(CLI::Range(1, 999));
  option("--program", population.program.value, "Program of the cards");
  option("--zipf", options_.zipf_exponent,
         "Choose accounts by Zipf's law with this exponent; 0: alike")
      ->check(CLI::Range(0.0, 10.0));
  mix_ = fmt::format("{}", fmt::join(options_.mix.weights, ","));
  option("--mix", mix_, "Weights of authorize, capture, reverse, inquiry")->type_name("WEIGHTS");
  option("--amount-min", options_.amount_min, "Smallest amount, minor units");
  option("--amount-max", options_.amount_max, "Largest amount, minor units");
  command.add_flag("--watch-pauses", options_.watch_pauses,
                   "Tell the machine's own pauses in the measured time, by a real-time thread on "
                   "each processor");
  add_load_processors(command, options_.processors);
  option("--seed", options_.seed, "The same seed asks for the same things");
}

Result<void> LoadOptions::take() {
  if (!connect_.empty()) {
    const auto endpoint = parse_endpoint(connect_);
    if (!endpoint) return std::unexpected(endpoint.error());
    options_.endpoint = *endpoint;
  }
  const auto mix = parse_mix(mix_);
  if (!mix) return std::unexpected(mix.error());
  options_.mix = *mix;
  return {};
}

}  // namespace holdfast::bench
