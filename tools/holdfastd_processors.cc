#include "tools/holdfastd_processors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

#include "engine/scheduling.h"

namespace holdfast::tools {

std::string objection_to_core_processor(unsigned processor) {
  const std::vector<unsigned> processors = processors_of();
  if (processors.empty()) {
    return "the system does not tell which processors this process may use: leave "
           "--core-processor out";
  }
  if (std::find(processors.begin(), processors.end(), processor) == processors.end()) {
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
  std::error_code ended;
  std::filesystem::directory_iterator tasks("/proc/self/task", ended);
  for (; !ended && tasks != std::filesystem::directory_iterator(); tasks.increment(ended)) {
    const std::string name = tasks->path().filename();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    std::vector<unsigned> others = processors_of(thread);
    std::erase(others, processor);
    // Refused for the kernel's own workers and for who has ended meanwhile.
    if (!others.empty()) (void)bind_thread(others, thread);
  }
}

std::string bind_core_to(unsigned processor) {
  const int error = bind_thread({&processor, 1});
  return error == 0 ? ""
                    : fmt::format("the core is not bound to processor {}: {}", processor,
                                  std::strerror(error));
}

}  // namespace holdfast::tools
