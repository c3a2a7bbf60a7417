#include "engine/scheduling.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace holdfast {
namespace {

// As in linux/sched/types.h, which glibc's sched.h does not let be included beside it.
struct SchedulingAttributes {
  std::uint32_t size;
  std::uint32_t policy;
  std::uint64_t flags;
  std::int32_t nice;
  std::uint32_t priority;
  std::uint64_t runtime_ns;
  std::uint64_t deadline_ns;
  std::uint64_t period_ns;
};

// Linux itself is built for 8192 at most.
constexpr unsigned kProcessorsMax = 8192;

// Large enough for any machine; the C library's own ends at 1024.
class ProcessorSet {
 public:
  ProcessorSet() : bits_(CPU_ALLOC_SIZE(kProcessorsMax) / sizeof(cpu_set_t)) {}
  cpu_set_t* get() { return bits_.data(); }
  [[nodiscard]] std::size_t bytes() const { return bits_.size() * sizeof(cpu_set_t); }

 private:
  std::vector<cpu_set_t> bits_;
};

}  // namespace

std::vector<unsigned> processors_of(pid_t thread) {
  ProcessorSet set;
  std::vector<unsigned> processors;
  if (::sched_getaffinity(thread, set.bytes(), set.get()) != 0) return processors;
  for (unsigned processor = 0; processor < kProcessorsMax; ++processor) {
    if (CPU_ISSET_S(processor, set.bytes(), set.get())) processors.push_back(processor);
  }
  return processors;
}

int bind_thread(std::span<const unsigned> processors, pid_t thread) {
  ProcessorSet set;
  for (const unsigned processor : processors) CPU_SET_S(processor, set.bytes(), set.get());
  return ::sched_setaffinity(thread, set.bytes(), set.get()) == 0 ? 0 : errno;
}

bool ask_for_short_turns(std::uint64_t slice_ns) {
  SchedulingAttributes attributes{};
  constexpr long kThisThread = 0;
  if (syscall(SYS_sched_getattr, kThisThread, &attributes, sizeof attributes, 0) != 0) return false;
  if (attributes.policy != SCHED_OTHER) return false;  // someone chose better already
  attributes.size = sizeof attributes;
  attributes.runtime_ns = slice_ns;
  if (syscall(SYS_sched_setattr, kThisThread, &attributes, 0) != 0) return false;
  SchedulingAttributes now{};
  return syscall(SYS_sched_getattr, kThisThread, &now, sizeof now, 0) == 0 &&
         now.runtime_ns == slice_ns;  // older kernels take the call and ignore it
}

}  // namespace holdfast
