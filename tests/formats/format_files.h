// The files that are kept in tests/data/formats, and how they are packed.
//
// A directory `v…` holds `data/` (identity, segments, snapshots) and `archive/` (older segments) as
// a server left them, `acked` (holdfast-bench), `dump.jsonl` (what `holdfast wal dump` told of all
// records then), each compressed with zstd, and `expected.json`: positions and digests.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast::test {

struct ExpectedOfFormat {
  std::string made;          // the day, and the program's version
  LogId log_id;
  std::uint64_t positions = 0;  // the last one
  StateDigest digest;           // there
  std::map<std::uint64_t, StateDigest> snapshots;  // positions of those kept, with their digests
  std::uint64_t acked = 0;      // records in `acked`
  std::map<std::string, std::string>
      copies;  // files that are the same as another one, and not kept twice
};
[[nodiscard]] nlohmann::json to_json(const ExpectedOfFormat& expected);
[[nodiscard]] ExpectedOfFormat expected_of(const nlohmann::json& json);

/// Copies a file into another, compressed. Throws std::runtime_error with the reason.
void pack_file(const std::string& from, const std::string& to);
/// The other way round.
void unpack_file(const std::string& from, const std::string& to);
/// What is kept in `from`, as it was, under `to`.
[[nodiscard]] ExpectedOfFormat unpack_all(const std::string& from, const std::string& to);

[[nodiscard]] std::string read_whole(const std::string& path);

}  // namespace holdfast::test
