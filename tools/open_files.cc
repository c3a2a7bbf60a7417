#include "tools/open_files.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

namespace holdfast::tools {
namespace {

// Spare segments of the log (up to 128), snapshots, archive, rings, and connections that are only
// told that there are too many.
constexpr rlim_t kOtherFiles = 512;

}  // namespace

std::uint32_t allow_connections(std::uint32_t wanted) {
  const rlim_t files = rlim_t{wanted} + kOtherFiles;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  if (limit.rlim_cur < files) {
    limit.rlim_cur = std::min(files, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= files) return wanted;
  const rlim_t others = std::min(kOtherFiles, limit.rlim_cur / 2);
  const auto allowed =
      static_cast<std::uint32_t>(std::max<rlim_t>(limit.rlim_cur - others, 1));
  spdlog::warn(
      "this process may have {} open files: {} connections are taken at once instead of {}. For "
      "all of them raise the hard limit to {} (`ulimit -Hn`, LimitNOFILE= of the service)",
      limit.rlim_cur, allowed, wanted, files);
  return allowed;
}

}  // namespace holdfast::tools
