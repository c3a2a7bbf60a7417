// libFuzzer builds only: writes the target's own seeds as files, for the corpus, before the run.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* dir = std::getenv("HOLDFAST_FUZZ_SEEDS_DIR");
  if (dir == nullptr || holdfast_fuzz_seeds == nullptr) return 0;
  const auto seeds = holdfast_fuzz_seeds();
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const std::string path = std::string(dir) + "/seed-" + std::to_string(i);
    std::FILE* file = std::fopen(path.c_str(), "wb");
    const bool written = file != nullptr &&
                         std::fwrite(seeds[i].data(), 1, seeds[i].size(), file) == seeds[i].size();
    if (!written || std::fclose(file) != 0) {
      std::fprintf(stderr, "cannot write the seed %s\n", path.c_str());
      std::exit(1);
    }
  }
  return 0;
}
