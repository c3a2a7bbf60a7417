// What a power cut or a kill leaves of a simulated disk.
#include <algorithm>

#include "persistence/testing/sim_file_io.h"

namespace holdfast::persistence {

// Of a torn write: with a chooser one half is new, else each sector for itself.
CrashFate SimFileIo::sector_fate(std::size_t sector, std::size_t sectors, std::uint64_t half) {
  if (chooser_) {
    return (sector < (sectors + 1) / 2) == (half == 0) ? CrashFate::new_bytes
                                                       : CrashFate::old_bytes;
  }
  const std::uint64_t drawn = below(16);
  return drawn < 8 ? CrashFate::new_bytes : drawn < 15 ? CrashFate::old_bytes : CrashFate::zeroes;
}

void SimFileIo::meet_fate(const UnderWay& write, CrashFate fate) {
  static constexpr std::string_view kNames[] = {"crash: new", "crash: old", "crash: torn",
                                                "crash: zeroes"};
  ++struck_[std::string(kNames[static_cast<std::size_t>(fate)])];
  const std::uint64_t half = chooser_ && fate == CrashFate::torn ? chooser_(2) : 0;
  const std::size_t sectors = (write.bytes.size() + kDiskSectorBytes - 1) / kDiskSectorBytes;
  for (std::size_t i = 0; i < sectors; ++i) {
    const std::size_t at = i * kDiskSectorBytes;
    const std::size_t count = std::min(kDiskSectorBytes, write.bytes.size() - at);
    const CrashFate sector = fate == CrashFate::torn ? sector_fate(i, sectors, half) : fate;
    if (sector == CrashFate::old_bytes) continue;
    if (sector == CrashFate::new_bytes) {
      write.content->synced.write(write.offset + at, std::span(write.bytes).subspan(at, count));
    } else {
      write.content->synced.write(write.offset + at, std::vector<std::byte>(count));
    }
  }
}

// What was written and not synced: each write is there, is not, or is there in parts.
void SimFileIo::settle(Content& content) {
  for (const Range& range : content.unsynced) {
    const std::uint64_t fate = choose(3);
    const std::uint64_t half = chooser_ && fate == 2 ? chooser_(2) : 0;
    ++struck_[fate == 0   ? "crash: unsynced write kept"
              : fate == 1 ? "crash: unsynced write gone"
                          : "crash: unsynced write torn"];
    if (fate == 1) continue;
    const std::size_t sectors = (range.bytes + kDiskSectorBytes - 1) / kDiskSectorBytes;
    for (std::size_t i = 0; i < sectors; ++i) {
      if (fate == 2 && sector_fate(i, sectors, half) != CrashFate::new_bytes) continue;
      const std::uint64_t at = range.offset + i * kDiskSectorBytes;
      const std::size_t count = std::min(kDiskSectorBytes, range.bytes - i * kDiskSectorBytes);
      content.synced.write(at, content.bytes.copy(at, count));
    }
  }
  content.unsynced.clear();
  content.bytes = content.synced;
}

void SimFileIo::crash(std::vector<CrashFate> fates) {
  note("crash", under_way_.size(), names_since_sync_.size());
  for (std::size_t i = 0; i < under_way_.size(); ++i) {
    meet_fate(under_way_[i], i < fates.size() ? fates[i] : static_cast<CrashFate>(choose(4)));
  }
  // Of each directory any of its states since its last sync.
  names_ = durable_names_;
  for (const auto& [directory, states] : names_since_sync_) {
    const std::uint64_t state = choose(states.size() + 1);
    if (state < states.size()) ++struck_["crash: unsynced name gone"];
    if (state == 0) continue;
    std::erase_if(names_, [&](const auto& name) { return parent_of(name.first) == directory; });
    names_.insert(states[state - 1].begin(), states[state - 1].end());
  }
  for (auto& [path, content] : names_) settle(*content);
  durable_names_ = names_;
  names_since_sync_.clear();
  end_process();
}

// What was under way is in the kernel's hands or the disk's cache: seen by readers, and no sync has
// said that it is durable.
void SimFileIo::kill() {
  note("kill", under_way_.size(), names_since_sync_.size());
  for (const UnderWay& write : under_way_) {
    write.content->bytes.write(write.offset, write.bytes);
    write.content->unsynced.push_back({.offset = write.offset, .bytes = write.bytes.size()});
  }
  end_process();
}

void SimFileIo::end_process() {
  under_way_.clear();
  told_after_cut_ = 0;
  cut_at_ = UINT64_MAX;
  files_.clear();
  locked_.clear();
}

}  // namespace holdfast::persistence
