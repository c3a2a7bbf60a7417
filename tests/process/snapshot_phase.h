// Which step of a snapshot, or of letting log go behind it, a kill has hit.
//
// Two witnesses. `PhaseKiller` watches the directories (inotify) and kills the server the moment it
// begins a step. `find_phases` looks at what is left in the files afterwards;
// it knows nothing of why.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <thread>

namespace holdfast::test {

enum class Phase : std::uint8_t {
  copying,    // pages are written to the temporary file
  verifying,  // that is whole, and read back
  naming,     // renamed, and not told yet that it counts
  tidying,    // it counts; older ones are removed
  archiving,  // a segment is copied to the archive
  archived,   // it is there, and still in the data directory
  recycling,  // a segment was given its new name, or removed
  count,
};
[[nodiscard]] std::string_view phase_name(Phase phase);
using PhaseCounts = std::array<std::uint64_t, static_cast<std::size_t>(Phase::count)>;

/// What the files of a killed server show; `server_log` is its standard error. `recycling` leaves
/// no trace and is never found, `tidying` hardly ever. May be empty, may be several.
[[nodiscard]] std::set<Phase> find_phases(const std::string& data_dir,
                                          const std::string& archive_dir,
                                          const std::string& server_log);

/// Kills a process the next time that it begins a step.
class PhaseKiller {
 public:
  /// Begins to watch. `pause_us`: from the beginning of the step to the kill.
  PhaseKiller(Phase phase, std::string data_dir, std::string archive_dir, pid_t pid,
              unsigned pause_us);
  ~PhaseKiller();
  PhaseKiller(const PhaseKiller&) = delete;
  PhaseKiller& operator=(const PhaseKiller&) = delete;
  /// Whether the step came; once the process is dead.
  [[nodiscard]] bool has_killed() const { return has_killed_.load(); }

 private:
  void watch();
  [[nodiscard]] bool begins(int watched, std::uint32_t mask, std::string_view name) const;

  const Phase phase_;
  const pid_t pid_;
  const unsigned pause_us_;
  int inotify_ = -1;
  int of_data_ = -1;
  int of_archive_ = -1;
  std::string moved_from_;  // the last name that a rename took away
  std::atomic<bool> stopping_{false};
  std::atomic<bool> has_killed_{false};
  std::thread thread_;
};

}  // namespace holdfast::test
