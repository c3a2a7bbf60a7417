// The sum of which the state digest is made: modulo 2^128, of one XXH3-128 for each entry, so that
// it depends on neither slot numbers nor any order. Each table mixes in its own seed, so that equal
// bytes in two tables differ. For .cc files of the engine only:
// it brings all of xxHash. Thread: any.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast {

enum class DigestSeed : std::uint64_t {
  engine = 1, account, card, program, authorization, request, rate, rule_set, category,
  control, list_item, zone_offset, counter, charge, shadow, tally, shadow_runs, window_origin
};

class DigestSum {
 public:
  template <class Entry>
  void add(DigestSeed seed, const Entry& entry) {
    static_assert(is_plain_bytes<Entry>, "padding would make the digest depend on stray bytes");
    const XXH128_hash_t hash =
        XXH3_128bits_withSeed(&entry, sizeof entry, static_cast<std::uint64_t>(seed));
    const bool carry = __builtin_add_overflow(sum_.low, hash.low64, &sum_.low);
    sum_.high += hash.high64 + (carry ? 1 : 0);
  }
  [[nodiscard]] StateDigest sum() const { return sum_; }

 private:
  StateDigest sum_;
};

}  // namespace holdfast
