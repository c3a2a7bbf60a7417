#include "engine/check.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast {

void check_failed(const char* file, int line, const char* condition, const char* meaning) {
  std::fprintf(stderr, "holdfast: check failed at %s:%d: %s: %s\n", file, line, condition, meaning);
  std::fflush(stderr);
  std::abort();
}

}  // namespace holdfast
