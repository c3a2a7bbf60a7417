// Exchange in plain decimal digits: the reference model's own arithmetic.
//
// `amount x rate x (10000 + markup) / (10^scale x 10000)` is, written in decimal digits, one long
// multiplication and a decimal point that moves `scale + 4` places. So nothing is divided here, and
// a mistake of the engine's division cannot stand in the model too.
#pragma once

#include <cstdint>
#include <optional>

namespace holdfast::model {

struct Rate {
  std::int64_t rate = 0;
  std::uint8_t scale = 0;
  std::uint16_t markup_bp = 0;
};

/// `amount` (0 or more) in the other currency, rounded half to even. Nothing when the product does
/// not fit 128 bits or the result does not fit 63.
[[nodiscard]] std::optional<std::int64_t> exchanged(std::int64_t amount, const Rate& rate);

}  // namespace holdfast::model
