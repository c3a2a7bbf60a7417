// The steps that bring a rule set, row by row, and put it to work;
// steps.cc names them in its table.
#pragma once

#include "tests/scenarios/steps.h"

namespace holdfast::scenarios::rule_set_steps {

[[nodiscard]] Told rules(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told category(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told control(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told list(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told zone(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told activate(Arguments& arguments, Names& names, const EngineConfig&);
[[nodiscard]] Told shadow(Arguments& arguments, Names& names, const EngineConfig&);

}  // namespace holdfast::scenarios::rule_set_steps
