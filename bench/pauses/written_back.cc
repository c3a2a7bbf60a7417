#include "bench/pauses/written_back.h"

#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace holdfast::bench {

std::optional<std::uint64_t> parse_written_back(std::string_view vmstat,
                                                std::uint64_t page_bytes) {
  std::istringstream words{std::string(vmstat)};
  std::string name;
  for (std::uint64_t pages = 0; words >> name >> pages;) {
    if (name == "nr_written") return pages * page_bytes;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> written_back_bytes() {
  std::ifstream file("/proc/vmstat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return parse_written_back(text, static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
}

}  // namespace holdfast::bench
