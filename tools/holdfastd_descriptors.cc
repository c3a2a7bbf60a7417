#include "tools/holdfastd_descriptors.h"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::tools {

ConnectionsFit fit_connections(std::uint32_t wanted, rlim_t files) {
  const rlim_t needed = wanted + kFilesKeptApart;
  if (files >= needed) return {wanted, ""};
  const rlim_t left = files > kFilesKeptApart ? files - kFilesKeptApart : 0;
  return {static_cast<std::uint32_t>(left),
          fmt::format("this process may open {} files, {} are kept for the log and the like, and "
                      "{} connections were to be served: raise the limit to {} (`ulimit -n` before "
                      "starting, or LimitNOFILE= of the service){}",
                      files, kFilesKeptApart, wanted, needed,
                      left > 0 ? fmt::format(", or give --connections-max {}", left) : "")};
}

ConnectionsFit make_room_for_connections(std::uint32_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {wanted, ""};  // not known: as ever
  const rlim_t needed = wanted + kFilesKeptApart;
  if (limit.rlim_cur < needed) {
    rlimit raised = limit;
    raised.rlim_cur = std::min(needed, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return fit_connections(wanted, limit.rlim_cur);
}

}  // namespace holdfast::tools
