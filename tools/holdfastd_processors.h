// A processor for the core alone.
//
// Core, network threads and whoever else is busy are all ready to run all the time, so the kernel sees
// no reason to move them: on two processors the core may share one with a network thread for as long
// as a load goes on, while the load generator has the other, and a load that the machine could serve
// becomes a queue. Bound to a processor of its own the core keeps it, and all other threads of the
// server stay away. Thread: the main one, but where another is named.
#pragma once

#include <optional>
#include <string>

namespace holdfast::tools {

/// Why the core cannot have `processor` (numbered as the kernel does) for itself, for a person; empty
/// when it can: this process may use it, and another one beside it.
[[nodiscard]] std::string objection_to_core_processor(unsigned processor);

/// The core's processor, and what the log says of it.
struct CoreProcessorChoice {
  std::optional<unsigned> processor;  // none: the core is not bound
  std::string remark;
  bool is_warning = false;
};

/// What comes of `--core-processor`: the one that was `asked` for (without an objection to it), or,
/// none asked for (auto), the last of those that this process may use and the interrupts of the
/// disk of `data_dir`, which exists, do not come to. The last, because other devices' come to the
/// first more often.
[[nodiscard]] CoreProcessorChoice choose_core_processor(std::optional<unsigned> asked,
                                                        const std::string& data_dir);

/// Takes `processor` from all threads of this process, and from those that they will start. A thread
/// that ends meanwhile does not matter; one that starts meanwhile may be missed.
void keep_threads_off(unsigned processor);

/// The calling thread, the core, runs there only from now on. Why it does not, for the log, or empty.
[[nodiscard]] std::string bind_core_to(unsigned processor);

}  // namespace holdfast::tools
