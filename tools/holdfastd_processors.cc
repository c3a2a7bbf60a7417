#include "tools/holdfastd_processors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>

#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

namespace holdfast::tools {
namespace {

constexpr pid_t kThisThread = 0;

std::vector<unsigned> processors_of(const cpu_set_t& set) {
  std::vector<unsigned> processors;
  for (unsigned i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &set)) processors.push_back(i);
  }
  return processors;
}

}  // namespace

std::string objection_to_core_processor(unsigned processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(kThisThread, sizeof set, &set) != 0) {
    return "the system does not tell which processors this process may use: leave "
           "--core-processor out";
  }
  const std::vector<unsigned> processors = processors_of(set);
  if (processor >= CPU_SETSIZE || !CPU_ISSET(processor, &set)) {
    return fmt::format("--core-processor {}: this process may use {} {}", processor,
                       processors.size() == 1 ? "processor" : "processors",
                       fmt::join(processors, ", "));
  }
  if (processors.size() == 1) {
    return fmt::format(
        "--core-processor {}: it is the only processor that this process may use, and the other "
        "threads need one, too: leave the option out",
        processor);
  }
  return "";
}

void keep_threads_off(unsigned processor) {
  std::error_code ignored;  // a thread that has just ended
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
    const std::string name = entry.path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    cpu_set_t set;
    CPU_ZERO(&set);
    if (thread == 0 || ::sched_getaffinity(thread, sizeof set, &set) != 0) continue;
    CPU_CLR(processor, &set);
    (void)::sched_setaffinity(thread, sizeof set, &set);
  }
}

void bind_to_processor(unsigned processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  (void)::sched_setaffinity(kThisThread, sizeof set, &set);
}

}  // namespace holdfast::tools
