#include "bench/soak/process_sample.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "persistence/segments.h"
#include "persistence/snapshot_format.h"

namespace holdfast::bench {

namespace {

namespace fs = std::filesystem;

/// What `st_blocks` counts in.
constexpr std::uint64_t kBlockBytes = 512;

}  // namespace

std::uint64_t resident_bytes_of(pid_t pid) {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  std::uint64_t total = 0, resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t open_files_of(pid_t pid) {
  std::error_code error;
  std::uint64_t count = 0;
  fs::directory_iterator entry(fmt::format("/proc/{}/fd", pid), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) ++count;
  return count;
}

DirectorySize size_of_directory(const std::string& path) {
  DirectorySize size;
  std::error_code error;
  fs::recursive_directory_iterator entry(path, error);
  // A file that goes while we look is no error: the server lets segments and snapshots go.
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    struct stat facts{};
    if (::stat(entry->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode)) continue;
    ++size.files;
    size.bytes += static_cast<std::uint64_t>(facts.st_blocks) * kBlockBytes;
  }
  return size;
}

std::vector<std::string> strange_files(const std::string& data_dir) {
  std::vector<std::string> strange;
  std::error_code error;
  fs::directory_iterator entry(data_dir, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool known = name == persistence::kLockName || name == persistence::kIdentityName ||
                       persistence::parse_segment_name(name).has_value() ||
                       persistence::parse_snapshot_name(name).has_value();
    if (!known) strange.push_back(name);
  }
  return strange;
}

}  // namespace holdfast::bench
