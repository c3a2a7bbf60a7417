#include "engine/scheduling.h"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

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

}  // namespace

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
