#include "tests/formats/format_files.h"

#include <fmt/format.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacked = ".zst";
constexpr int kLevel = 19;

std::string hex(std::uint64_t high, std::uint64_t low) {
  return fmt::format("{:016x}{:016x}", high, low);
}

template <class Pair>
Pair from_hex(const std::string& text) {
  Pair pair;
  pair.high = std::stoull(text.substr(0, 16), nullptr, 16);
  pair.low = std::stoull(text.substr(16), nullptr, 16);
  return pair;
}

void write_whole(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

}  // namespace

nlohmann::json to_json(const ExpectedOfFormat& expected) {
  nlohmann::json snapshots = nlohmann::json::object();
  for (const auto& [position, digest] : expected.snapshots) {
    snapshots[std::to_string(position)] = hex(digest.high, digest.low);
  }
  return {{"made", expected.made},
          {"log_id", hex(expected.log_id.high, expected.log_id.low)},
          {"positions", expected.positions},
          {"digest", hex(expected.digest.high, expected.digest.low)},
          {"snapshots", snapshots},
          {"acked", expected.acked},
          {"copies", expected.copies}};
}

ExpectedOfFormat expected_of(const nlohmann::json& json) {
  ExpectedOfFormat expected;
  expected.made = json.at("made");
  expected.log_id = from_hex<LogId>(json.at("log_id"));
  expected.positions = json.at("positions");
  expected.digest = from_hex<StateDigest>(json.at("digest"));
  for (const auto& [position, digest] : json.at("snapshots").items()) {
    expected.snapshots[std::stoull(position)] = from_hex<StateDigest>(digest);
  }
  expected.acked = json.at("acked");
  expected.copies = json.at("copies");
  return expected;
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw std::runtime_error("cannot read " + path);
  return bytes;
}

void pack_file(const std::string& from, const std::string& to) {
  const std::string bytes = read_whole(from);
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(),
                                         kLevel);
  if (ZSTD_isError(size) != 0) throw std::runtime_error(from + ": " + ZSTD_getErrorName(size));
  packed.resize(size);
  write_whole(to, packed);
}

void unpack_file(const std::string& from, const std::string& to) {
  const std::string packed = read_whole(from);
  const auto whole = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (whole == ZSTD_CONTENTSIZE_ERROR || whole == ZSTD_CONTENTSIZE_UNKNOWN) {
    throw std::runtime_error(from + " is not a whole zstd frame");
  }
  std::string bytes(whole, '\0');
  const std::size_t size =
      ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
  if (ZSTD_isError(size) != 0) throw std::runtime_error(from + ": " + ZSTD_getErrorName(size));
  write_whole(to, bytes);
}

ExpectedOfFormat unpack_all(const std::string& from, const std::string& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file() || entry.path().extension() != kPacked) continue;
    const fs::path target = fs::path(to) / fs::relative(entry.path(), from).replace_extension();
    fs::create_directories(target.parent_path());
    unpack_file(entry.path(), target);
  }
  const ExpectedOfFormat expected =
      expected_of(nlohmann::json::parse(read_whole(from + "/expected.json")));
  for (const auto& [copy, original] : expected.copies) {
    fs::copy_file(to + "/" + original, to + "/" + copy);
  }
  return expected;
}

}  // namespace holdfast::test
