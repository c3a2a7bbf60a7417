// The main of a fuzz target where there is no libFuzzer: runs every seed and then deterministic
// mutations of the seeds. The same arguments give the same inputs on every machine.
//
//   fuzz_NAME [--mutations N] [--seed S] [FILE|DIRECTORY]…
//
// A finding aborts the process; the driver prints the number of the input it is about to run when
// HOLDFAST_FUZZ_VERBOSE is set, so that the input can be found again.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_target.h"

namespace {

using Input = std::vector<std::uint8_t>;

Input read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    std::fprintf(stderr, "cannot read the corpus file %s\n", path.c_str());
    std::exit(1);
  }
  return Input(std::istreambuf_iterator<char>(in), {});
}

void collect(const std::filesystem::path& path, std::vector<Input>& out) {
  if (std::filesystem::is_directory(path)) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) collect(file, out);
  } else if (std::filesystem::is_regular_file(path)) {
    out.push_back(read_file(path));
  }
}

// mt19937_64 and plain remainders: the standard's distributions differ between libraries.
struct Draw {
  std::mt19937_64 random;
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random() % bound; }
};

void mutate_once(Input& input, const std::vector<Input>& seeds, Draw& draw) {
  static constexpr std::uint64_t kEdges[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff,
                                             0xffffffff, 0x7fffffffffffffff, 0xffffffffffffffff};
  // Headers stand at the front, and most of what there is to get wrong with them.
  const auto place = [&] {
    return draw.below(2) == 0 ? draw.below(std::min<std::size_t>(input.size(), 192))
                              : draw.below(input.size());
  };
  switch (draw.below(8)) {
    case 0:
      if (!input.empty()) input[place()] ^= static_cast<std::uint8_t>(1U << draw.below(8));
      break;
    case 1:
      if (!input.empty()) input[place()] = static_cast<std::uint8_t>(draw.random());
      break;
    case 2: {  // a number at the edge of its range
      const std::size_t width = std::size_t{1} << draw.below(4);
      const std::uint64_t value = kEdges[draw.below(std::size(kEdges))];
      const std::size_t at = place();
      for (std::size_t i = 0; i < width && at + i < input.size(); ++i) {
        input[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
      }
      break;
    }
    case 3:
      input.resize(draw.below(input.size() + 1));
      break;
    case 4: {
      const std::size_t count = draw.below(64);
      for (std::size_t i = 0; i < count; ++i) {
        input.push_back(static_cast<std::uint8_t>(draw.random()));
      }
      break;
    }
    case 5: {
      if (input.empty()) break;
      const std::size_t from = place();
      const std::size_t count = draw.below(std::min<std::size_t>(input.size() - from, 64) + 1);
      input.erase(input.begin() + static_cast<std::ptrdiff_t>(from),
                  input.begin() + static_cast<std::ptrdiff_t>(from + count));
      break;
    }
    case 6: {  // a piece of another seed
      const Input& other = seeds[draw.below(seeds.size())];
      if (other.empty() || input.empty()) break;
      const std::size_t from = draw.below(other.size());
      const std::size_t at = place();
      const std::size_t count =
          std::min({draw.below(256) + 1, other.size() - from, input.size() - at});
      std::copy_n(other.begin() + static_cast<std::ptrdiff_t>(from), count,
                  input.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    }
    default: {
      if (input.empty()) break;
      const std::size_t at = place();
      const std::size_t count = std::min(draw.below(512) + 1, input.size() - at);
      std::fill_n(input.begin() + static_cast<std::ptrdiff_t>(at), count, std::uint8_t{0});
    }
  }
}

std::uint64_t number_or_exit(const char* name, const char* text) {
  char* end = nullptr;
  const std::uint64_t value = text == nullptr ? 0 : std::strtoull(text, &end, 10);
  if (text == nullptr || end == text || *end != '\0') {
    std::fprintf(stderr, "%s takes a number\n", name);
    std::exit(2);
  }
  return value;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t mutations = 10'000;
  std::uint64_t seed = 1;
  std::vector<Input> seeds;
  if (holdfast_fuzz_seeds != nullptr) seeds = holdfast_fuzz_seeds();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--mutations") {
      mutations = number_or_exit("--mutations", argv[++i]);
    } else if (argument == "--seed") {
      seed = number_or_exit("--seed", argv[++i]);
    } else {
      collect(argv[i], seeds);
    }
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "no seeds: give a corpus, or let the target define holdfast_fuzz_seeds\n");
    return 2;
  }
  const bool verbose = std::getenv("HOLDFAST_FUZZ_VERBOSE") != nullptr;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (const Input& input : seeds) LLVMFuzzerTestOneInput(input.data(), input.size());
  Draw draw{std::mt19937_64(seed)};
  for (std::uint64_t n = 0; n < mutations; ++n) {
    Input input = seeds[draw.below(seeds.size())];
    for (std::size_t times = draw.below(8) + 1; times > 0; --times) mutate_once(input, seeds, draw);
    if (verbose) std::fprintf(stderr, "input %llu\n", static_cast<unsigned long long>(n));
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  std::printf("%zu seeds and %llu mutations of them (seed %llu): no finding\n", seeds.size(),
              static_cast<unsigned long long>(mutations), static_cast<unsigned long long>(seed));
  return 0;
}
