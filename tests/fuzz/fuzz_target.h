// What a fuzz target offers, to libFuzzer and to the replay driver alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Handles one input of any bytes; returns 0. A crash, a sanitizer report or a failed check is a
/// finding. Must not depend on earlier inputs.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Inputs made by the code under test itself (valid bytes of today's format), to start mutating
/// from. A target need not define it.
__attribute__((weak)) std::vector<std::vector<std::uint8_t>> holdfast_fuzz_seeds();
