#include "tests/process/snapshot_phase.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <vector>

#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/snapshot_file.h"
#include "persistence/snapshot_load.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLog = ".log";
constexpr std::string_view kLogTemporary = ".log.tmp";
constexpr std::string_view kSnapshot = ".snap";
constexpr std::string_view kSnapshotTemporary = ".snap.tmp";

bool has(const std::string& dir, std::string_view ending) {
  return std::ranges::any_of(fs::directory_iterator(dir), [&](const fs::directory_entry& entry) {
    return entry.path().filename().string().ends_with(ending);
  });
}

}  // namespace

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::copying: return "copying pages";
    case Phase::verifying: return "reading back";
    case Phase::naming: return "renamed, not told";
    case Phase::tidying: return "letting an older one go";
    case Phase::archiving: return "copying to the archive";
    case Phase::archived: return "archived, not let go";
    case Phase::recycling: return "letting a segment go";
    case Phase::count: break;
  }
  return "?";
}

std::set<Phase> find_phases(const std::string& data_dir, const std::string& archive_dir,
                            const std::string& server_log) {
  std::set<Phase> phases;
  const auto io = persistence::PosixFileIo::make().value();
  const auto snapshots = persistence::list_snapshots(*io, data_dir).value();
  for (const auto& entry : fs::directory_iterator(data_dir)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(kSnapshotTemporary)) continue;
    const auto position = persistence::parse_snapshot_name(name.substr(0, name.rfind('.')));
    const bool is_spare = !snapshots.empty() && position <= snapshots.back().position;
    if (is_spare) continue;
    const persistence::SnapshotReading reading = persistence::read_snapshot(
        *io, entry.path(), std::nullopt, std::nullopt, nullptr, {});
    phases.insert(reading.facts.body ? Phase::verifying : Phase::copying);
  }
  if (!snapshots.empty()) {
    const std::string told =
        "snapshot of position " + std::to_string(snapshots.back().position.value) + " counts";
    const bool counts = server_log.find(told) != std::string::npos;
    if (!counts) phases.insert(Phase::naming);
    if (counts && snapshots.size() > 2) phases.insert(Phase::tidying);
  }
  if (fs::exists(archive_dir)) {
    if (has(archive_dir, kLogTemporary)) phases.insert(Phase::archiving);
    const auto archived = persistence::list_segments(*io, archive_dir).value();
    const auto kept = persistence::list_segments(*io, data_dir).value();
    if (!archived.empty() && !kept.empty() && archived.back().number >= kept.front().number) {
      phases.insert(Phase::archived);
    }
  }
  return phases;
}

PhaseKiller::PhaseKiller(Phase phase, std::string data_dir, std::string archive_dir, pid_t pid,
                         unsigned pause_us)
    : phase_(phase), pid_(pid), pause_us_(pause_us) {
  inotify_ = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  constexpr std::uint32_t kEvents =
      IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE;
  of_data_ = inotify_add_watch(inotify_, data_dir.c_str(), kEvents);
  of_archive_ = inotify_add_watch(inotify_, archive_dir.c_str(), kEvents);
  EXPECT_TRUE(of_data_ >= 0 && of_archive_ >= 0) << "the directories cannot be watched";
  thread_ = std::thread([this] { watch(); });
}

PhaseKiller::~PhaseKiller() {
  stopping_.store(true);
  thread_.join();
  close(inotify_);
}

bool PhaseKiller::begins(int watched, std::uint32_t mask, std::string_view name) const {
  const bool in_data = watched == of_data_;
  // An old snapshot becomes the spare by a new name, and the spare the next one's file by another.
  const bool becomes_temporary = (mask & IN_MOVED_TO) != 0 && name.ends_with(kSnapshotTemporary);
  switch (phase_) {
    case Phase::copying:
      return in_data && (((mask & IN_CREATE) != 0 && name.ends_with(kSnapshotTemporary)) ||
                         (becomes_temporary && moved_from_.ends_with(kSnapshotTemporary)));
    case Phase::verifying:
      return in_data && (mask & IN_CLOSE_WRITE) != 0 && name.ends_with(kSnapshotTemporary);
    case Phase::naming: return in_data && (mask & IN_MOVED_TO) != 0 && name.ends_with(kSnapshot);
    case Phase::tidying:
      return in_data && (((mask & IN_DELETE) != 0 && name.ends_with(kSnapshot)) ||
                         (becomes_temporary && moved_from_.ends_with(kSnapshot)));
    case Phase::archiving:
      return !in_data && (mask & IN_CREATE) != 0 && name.ends_with(kLogTemporary);
    case Phase::archived: return !in_data && (mask & IN_MOVED_TO) != 0 && name.ends_with(kLog);
    case Phase::recycling:
      return in_data && (mask & (IN_MOVED_FROM | IN_DELETE)) != 0 && name.ends_with(kLog);
    case Phase::count: break;
  }
  return false;
}

void PhaseKiller::watch() {
  std::vector<char> bytes(64 * 1024);
  constexpr int kLookAroundMs = 20;
  while (!stopping_.load()) {
    pollfd ready{.fd = inotify_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, kLookAroundMs) <= 0) continue;
    const ssize_t count = read(inotify_, bytes.data(), bytes.size());
    for (ssize_t at = 0; at < count;) {
      const auto* event = reinterpret_cast<const inotify_event*>(bytes.data() + at);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      const std::string_view name = event->len == 0 ? std::string_view() : event->name;
      const bool is_it = begins(event->wd, event->mask, name);
      if ((event->mask & IN_MOVED_FROM) != 0) moved_from_ = name;
      if (!is_it) continue;
      if (pause_us_ > 0) usleep(pause_us_);
      has_killed_.store(true);  // before: the load may see the end of it sooner than this thread
      if (::kill(pid_, SIGKILL) != 0) has_killed_.store(false);
      return;
    }
  }
}

}  // namespace holdfast::test
