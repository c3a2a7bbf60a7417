#include "persistence/testing/sim_file_io.h"

#include <algorithm>
#include <cerrno>

#include "engine/check.h"
#include "engine/limits.h"

namespace holdfast::persistence {

SimFileIo::SimFileIo(std::uint64_t seed, SimFaults faults) : random_(seed), faults_(faults) {}

FileIoTraits SimFileIo::traits() const {
  return {.name = "simulation", .write_method = "simulated", .asynchronous = true, .notes = {}};
}

void SimFileIo::fail_next(std::string operation, int error_number, std::uint32_t times) {
  planned_.push_back({std::move(operation), error_number, times});
}

std::uint32_t SimFileIo::forget_failures() {
  std::uint32_t forgotten = 0;
  for (const Planned& planned : planned_) forgotten += planned.times;
  planned_.clear();
  return forgotten;
}

void SimFileIo::note(std::string_view what, std::uint64_t a, std::uint64_t b) {
  const auto mix = [this](std::uint64_t value) {
    trace_ = (trace_ ^ value) * 0x9E3779B97F4A7C15ULL;
    trace_ ^= trace_ >> 29;
  };
  for (const char c : what) mix(static_cast<unsigned char>(c));
  mix(a);
  mix(b);
}

std::optional<IoError> SimFileIo::changing(std::string_view operation, const std::string& path,
                                           std::uint64_t offset, std::span<const std::byte> bytes) {
  if (power_is_cut()) return make_io_error(path, operation, EIO);
  ++changes_;
  note(operation, offset, bytes.size());
  note(path, bytes.empty() ? 0 : static_cast<std::uint64_t>(bytes.front()),
       bytes.empty() ? 0 : static_cast<std::uint64_t>(bytes.back()));
  return injected(operation, path);
}

std::optional<IoError> SimFileIo::injected(std::string_view operation, const std::string& path) {
  if (power_is_cut()) return make_io_error(path, operation, EIO);
  for (Planned& planned : planned_) {
    if (planned.operation != operation || planned.times == 0) continue;
    --planned.times;
    strike_failure(std::string(operation) + " fails");
    return make_io_error(path, operation, planned.error_number);
  }
  return std::nullopt;
}

// The directory of `path` has changed.
void SimFileIo::note_names(const std::string& path) {
  const std::string directory = parent_of(path);
  Names state;
  for (const auto& [full, content] : names_) {
    if (parent_of(full) == directory) state.emplace(full, content);
  }
  names_since_sync_[directory].push_back(std::move(state));
}

SimFileIo::Opened& SimFileIo::opened(File file) {
  const auto index = static_cast<std::size_t>(file.id);
  HOLDFAST_CHECK(file.is_open() && index < files_.size() && files_[index].has_value(),
                 "a file is used that is not open");
  return *files_[index];
}

std::uint64_t SimFileIo::bytes_used() const {
  std::uint64_t used = 0;
  for (const auto& [path, content] : names_) used += content->bytes.size();
  return used;
}

const SimBytes& SimFileIo::bytes_at(const std::string& path) const {
  const auto found = names_.find(path);
  HOLDFAST_CHECK(found != names_.end(), "no such file in the simulation");
  return found->second->bytes;
}

std::size_t SimFileIo::size_of(const std::string& path) const { return bytes_at(path).size(); }

std::vector<std::byte> SimFileIo::bytes_of(const std::string& path, std::uint64_t offset,
                                           std::size_t bytes) const {
  return bytes_at(path).copy(offset, bytes);
}

std::vector<std::byte> SimFileIo::bytes_of(const std::string& path) const {
  return bytes_of(path, 0, size_of(path));
}

void SimFileIo::overwrite(const std::string& path, std::uint64_t offset,
                          std::span<const std::byte> bytes) {
  auto& content = names_[path];
  if (content == nullptr) content = std::make_shared<Content>();
  durable_names_[path] = content;
  content->bytes.write(offset, bytes);
  content->synced.write(offset, bytes);
}

void SimFileIo::truncate(const std::string& path, std::uint64_t bytes) {
  const auto found = names_.find(path);
  HOLDFAST_CHECK(found != names_.end(), "no such file in the simulation");
  found->second->bytes.resize(bytes);
  found->second->synced.resize(bytes);
}

void SimFileIo::remove(const std::string& path) {
  names_.erase(path);
  durable_names_.erase(path);
}

std::unique_ptr<SimFileIo> SimFileIo::copy(std::uint64_t seed) const {
  auto twin = std::make_unique<SimFileIo>(seed);
  for (const auto& [path, content] : names_) {
    auto bytes = std::make_shared<Content>();
    bytes->bytes = content->bytes;
    bytes->synced = content->bytes;
    twin->names_[path] = bytes;
  }
  twin->durable_names_ = twin->names_;
  return twin;
}

IoResult<File> SimFileIo::open(const std::string& path, OpenMode mode) {
  auto found = names_.find(path);
  if (auto error = mode == OpenMode::create ? changing("open", path) : injected("open", path)) {
    return std::unexpected(*error);
  }
  if (mode == OpenMode::create) {
    names_[path] = std::make_shared<Content>();
    note_names(path);
    found = names_.find(path);
  }
  if (found == names_.end()) return std::unexpected(make_io_error(path, "open", ENOENT));
  if (mode == OpenMode::reuse && is_read(*found->second)) {
    return std::unexpected(make_io_error(path, "open for reuse", EWOULDBLOCK));
  }
  files_.push_back(Opened{.path = path,
                          .content = found->second,
                          .locks = false,
                          .keeps_from_reuse = mode == OpenMode::read_direct});
  return File{static_cast<int>(files_.size() - 1)};
}

bool SimFileIo::is_read(const Content& content) const {
  return std::ranges::any_of(files_, [&](const std::optional<Opened>& file) {
    return file && file->keeps_from_reuse && file->content.get() == &content;
  });
}

void SimFileIo::close(File file) {
  if (!file.is_open()) return;
  if (opened(file).locks) locked_.erase(opened(file).path);
  files_[static_cast<std::size_t>(file.id)].reset();
}

IoResult<File> SimFileIo::lock(const std::string& path) {
  if (auto error = injected("lock", path)) return std::unexpected(*error);
  if (locked_.contains(path)) return std::unexpected(make_io_error(path, "lock", EWOULDBLOCK));
  if (!names_.contains(path)) {
    names_[path] = std::make_shared<Content>();
    note_names(path);
  }
  files_.push_back(
      Opened{.path = path, .content = names_[path], .locks = true, .keeps_from_reuse = false});
  locked_[path] = 1;
  return File{static_cast<int>(files_.size() - 1)};
}

IoResult<std::size_t> SimFileIo::read_at(File file, std::uint64_t offset,
                                         std::span<std::byte> out) {
  const Opened& source = opened(file);
  if (auto error = injected("read", source.path)) return std::unexpected(*error);
  return source.content->bytes.read(offset, out);
}

IoResult<void> SimFileIo::write_at(File file, std::uint64_t offset,
                                   std::span<const std::byte> bytes) {
  Opened& target = opened(file);
  if (auto error = changing("write", target.path, offset, bytes)) return std::unexpected(*error);
  const std::uint64_t end =
      std::max<std::uint64_t>(offset + bytes.size(), target.content->bytes.size());
  if (bytes_used() - target.content->bytes.size() + end > capacity_bytes_) {
    ++struck_["no space"];
    return std::unexpected(make_io_error(target.path, "write", ENOSPC));
  }
  auto& content = *target.content;
  content.unsynced.push_back({.offset = offset, .bytes = bytes.size()});
  if (content.bytes.size() < end) content.bytes.resize(static_cast<std::size_t>(end));
  if (chance(faults_.plain_error_per_10k)) {
    strike_failure("plain write error");
    if (below(2) == 0) content.bytes.write(offset, bytes);
    return std::unexpected(make_io_error(target.path, "write", EIO));
  }
  if (chance(faults_.plain_lost_per_10k)) {
    ++struck_["lost plain write"];
    return {};
  }
  content.bytes.write(offset, bytes);
  if (!bytes.empty() && chance(faults_.plain_bit_flip_per_10k)) {
    ++struck_["flipped bit of a plain write"];
    const std::uint64_t at = offset + below(bytes.size());
    auto wrong = content.bytes.copy(at, 1);
    wrong.front() ^= static_cast<std::byte>(1U << below(8));
    content.bytes.write(at, wrong);
  }
  return {};
}

IoResult<void> SimFileIo::sync(File file) {
  Opened& target = opened(file);
  if (auto error = changing("sync", target.path)) return std::unexpected(*error);
  Content& content = *target.content;
  if (chance(faults_.sync_error_per_10k)) {
    // The kernel takes the pages for clean, and what readers see is not what a crash leaves.
    strike_failure("sync error");
    content.unsynced.clear();
    return std::unexpected(make_io_error(target.path, "sync", EIO));
  }
  if (!content.unsynced.empty()) content.synced = content.bytes;
  content.unsynced.clear();
  return {};
}

IoResult<std::uint64_t> SimFileIo::size(File file) {
  return std::uint64_t{opened(file).content->bytes.size()};
}

IoResult<void> SimFileIo::resize(File file, std::uint64_t bytes) {
  Opened& target = opened(file);
  if (auto error = changing("resize", target.path, bytes)) return std::unexpected(*error);
  target.content->bytes.resize(bytes);
  target.content->unsynced.push_back({.offset = bytes, .bytes = 0});
  return {};
}

IoResult<void> SimFileIo::sync_directory(const std::string& path) {
  if (auto error = changing("sync directory", path)) return std::unexpected(*error);
  std::erase_if(durable_names_, [&](const auto& name) { return parent_of(name.first) == path; });
  for (const auto& [full, content] : names_) {
    if (parent_of(full) == path) durable_names_.emplace(full, content);
  }
  names_since_sync_.erase(path);
  return {};
}

IoResult<void> SimFileIo::make_directories(const std::string&) { return {}; }

IoResult<std::vector<std::string>> SimFileIo::list(const std::string& path) {
  if (auto error = injected("list", path)) return std::unexpected(*error);
  std::vector<std::string> names;
  for (const auto& [full, content] : names_) {
    if (parent_of(full) == path) names.push_back(full.substr(path.size() + 1));
  }
  return names;
}

IoResult<void> SimFileIo::rename(const std::string& from, const std::string& to) {
  HOLDFAST_CHECK(parent_of(from) == parent_of(to), "files are renamed in their directory");
  if (auto error = changing("rename", from)) return std::unexpected(*error);
  const auto found = names_.find(from);
  if (found == names_.end()) return std::unexpected(make_io_error(from, "rename", ENOENT));
  const auto content = found->second;
  names_.erase(found);
  names_[to] = content;
  note_names(to);
  return {};
}

IoResult<void> SimFileIo::unlink(const std::string& path) {
  if (auto error = changing("unlink", path)) return std::unexpected(*error);
  if (names_.erase(path) == 0) return std::unexpected(make_io_error(path, "remove", ENOENT));
  note_names(path);
  return {};
}

IoResult<void> SimFileIo::submit_write(const WriteRequest& request) {
  const Opened& target = opened(request.file);
  if (auto error = changing("submit", target.path, request.offset, request.bytes)) {
    return std::unexpected(*error);
  }
  HOLDFAST_CHECK(request.offset % limits::wal_sector_bytes == 0 &&
                     request.bytes.size() % limits::wal_sector_bytes == 0 &&
                     reinterpret_cast<std::uintptr_t>(request.bytes.data()) %
                             limits::wal_sector_bytes ==
                         0,
                 "a durable write is not aligned");
  HOLDFAST_CHECK(under_way_.size() < limits::wal_writes_in_flight_max, "too many writes under way");
  under_way_.push_back(
      {.content = target.content,
       .path = target.path,
       .offset = request.offset,
       .bytes = {request.bytes.begin(), request.bytes.end()},
       .completion = {.token = request.token,
                      .error_number = 0,
                      .written_bytes = request.bytes.size()},
       .polls_left = static_cast<std::uint32_t>(below(faults_.delay_polls_max + 1))});
  return {};
}

// The write reaches the disk, with whatever goes wrong on the way.
void SimFileIo::apply(UnderWay& write) {
  std::uint64_t offset = write.offset;
  if (chance(faults_.error_per_10k)) {
    strike_failure("write error");
    write.completion.error_number = EIO;
    write.completion.written_bytes = 0;
    if (below(2) == 0) return;
  } else if (chance(faults_.short_per_10k)) {
    strike_failure("short write");
    write.bytes.resize(below(write.bytes.size() / kDiskSectorBytes) * kDiskSectorBytes);
    write.completion.written_bytes = write.bytes.size();
  } else if (chance(faults_.lost_per_10k)) {
    ++struck_["lost write"];
    return;
  } else if (chance(faults_.misdirected_per_10k)) {
    const std::uint64_t sectors =
        (write.content->bytes.size() - write.bytes.size()) / limits::wal_sector_bytes;
    offset = below(sectors + 1) * limits::wal_sector_bytes;
    ++struck_["misdirected write"];
  } else if (chance(faults_.bit_flip_per_10k)) {
    ++struck_["flipped bit"];
    write.bytes[below(write.bytes.size())] ^= static_cast<std::byte>(1U << below(8));
  }
  write.content->bytes.write(offset, write.bytes);
  // Durable in itself: it does not wait for a sync of the rest of the file.
  write.content->synced.write(offset, write.bytes);
}

std::size_t SimFileIo::poll(std::span<WriteCompletion> out) {
  std::size_t count = 0;
  if (power_is_cut()) {
    // Whoever still waits is told something, so that it ends; the disk keeps them as they are.
    for (; told_after_cut_ < under_way_.size() && count < out.size(); ++told_after_cut_) {
      out[count++] = {.token = under_way_[told_after_cut_].completion.token,
                      .error_number = EIO,
                      .written_bytes = 0};
    }
    return count;
  }
  for (auto write = under_way_.begin(); write != under_way_.end() && count < out.size();) {
    if (write->polls_left > 0) {
      --write->polls_left;
      ++write;
      continue;
    }
    if (changing("complete", write->path, write->offset)) break;
    apply(*write);
    out[count++] = write->completion;
    write = under_way_.erase(write);
  }
  return count;
}

void SimFileIo::park(std::uint64_t) {
  for (UnderWay& write : under_way_) write.polls_left = 0;
}

}  // namespace holdfast::persistence
