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
#include "persistence/disk_interrupts.h"

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

CoreProcessorChoice choose_core_processor(std::optional<unsigned> asked,
                                          const std::string& data_dir) {
  const std::vector<unsigned> allowed = processors_of();
  const auto interrupted = persistence::disk_interrupt_processors(data_dir);
  std::vector<unsigned> quiet = allowed;  // no interrupts of the disk come there, as far as known
  if (interrupted) {
    std::erase_if(quiet, [&](unsigned processor) {
      return std::binary_search(interrupted->begin(), interrupted->end(), processor);
    });
  }
  if (asked) {
    const bool is_quiet = std::find(quiet.begin(), quiet.end(), *asked) != quiet.end();
    if (is_quiet || quiet.empty()) return {asked, fmt::format("the core has processor {}", *asked)};
    return {asked,
            fmt::format("the core has processor {}, and the interrupts of the disk come there, "
                        "too, thousands of times a second under load: --core-processor {} has none",
                        *asked, quiet.back()),
            true};
  }
  if (allowed.size() < 2) {
    return {std::nullopt,
            "--core-processor auto: this process may use one processor only, and the other threads "
            "need one, too: the core is not bound",
            true};
  }
  if (!interrupted) {
    return {quiet.back(), fmt::format("the core has processor {}; {}", quiet.back(),
                                      interrupted.error())};
  }
  const unsigned processor = quiet.empty() ? allowed.back() : quiet.back();
  return {processor, fmt::format("the core has processor {}; the interrupts of the disk come to {}",
                                 processor, fmt::join(*interrupted, ", "))};
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
