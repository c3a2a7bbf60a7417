#include "bench/cli/load_options.h"

#include <fmt/format.h>

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

}  // namespace holdfast::bench
