#include "persistence/posix_file_io.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "engine/check.h"
#include "engine/limits.h"

namespace holdfast::persistence {
namespace {

constexpr mode_t kFileMode = 0640;       // payments are not for everyone on the machine
constexpr mode_t kDirectoryMode = 0750;

int open_retrying(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

// Where a volume has no such locks nobody can be told apart, and nothing is reused.
void keep_from_reuse(int fd) { static_cast<void>(::flock(fd, LOCK_SH | LOCK_NB)); }

bool is_read_by_others(int fd) {
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return true;
  static_cast<void>(::flock(fd, LOCK_UN));  // whoever reads back what is written may do so
  return false;
}

}  // namespace

IoResult<std::unique_ptr<PosixFileIo>> PosixFileIo::make() {
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) return std::unexpected(make_io_error("an eventfd", "make", errno));
  return std::unique_ptr<PosixFileIo>(new PosixFileIo(wake_fd));
}

PosixFileIo::~PosixFileIo() { ::close(wake_fd_); }

FileIoTraits PosixFileIo::traits() const {
  return {.name = "system calls",
          .write_method = "write with RWF_DSYNC",
          .asynchronous = false,
          .notes = {}};
}

IoResult<File> PosixFileIo::open(const std::string& path, OpenMode mode) {
  int flags = O_RDONLY;
  bool direct = mode != OpenMode::read;
  if (mode == OpenMode::log_write || mode == OpenMode::create || mode == OpenMode::reuse) {
    flags = O_RDWR | (mode == OpenMode::create ? O_CREAT | O_TRUNC : 0);
  }
  int fd = open_retrying(path, flags | (direct ? O_DIRECT : 0));
  if (fd < 0 && direct && errno == EINVAL) {
    // tmpfs and some overlays have no O_DIRECT; writes are as durable there, through the cache.
    direct = false;
    fd = open_retrying(path, flags);
  }
  if (fd < 0) return std::unexpected(make_io_error(path, "open", errno));
  if (mode == OpenMode::read_direct) keep_from_reuse(fd);
  if (mode == OpenMode::reuse && is_read_by_others(fd)) {
    ::close(fd);
    return std::unexpected(make_io_error(path, "open for reuse", EWOULDBLOCK));
  }
  const std::lock_guard guard(mutex_);
  const auto index = static_cast<std::size_t>(fd);
  if (opened_.size() <= index) opened_.resize(index + 1);
  opened_[index] = Opened{.path = path, .direct = direct};
  return File{fd};
}

void PosixFileIo::close(File file) {
  if (!file.is_open()) return;
  int directory = -1;
  {
    const std::lock_guard guard(mutex_);
    directory = std::exchange(opened_[static_cast<std::size_t>(file.id)].locked_directory, -1);
  }
  ::close(file.id);
  if (directory >= 0) ::close(directory);
}

bool PosixFileIo::is_direct(File file) const {
  const std::lock_guard guard(mutex_);
  return opened_[static_cast<std::size_t>(file.id)].direct;
}

std::string PosixFileIo::path_of(File file) const {
  const std::lock_guard guard(mutex_);
  return opened_[static_cast<std::size_t>(file.id)].path;
}

IoError PosixFileIo::error_of(File file, std::string_view operation, int error_number) const {
  return make_io_error(path_of(file), operation, error_number);
}

IoResult<File> PosixFileIo::lock(const std::string& path) {
  const int fd = open_retrying(path, O_RDWR | O_CREAT);
  if (fd < 0) return std::unexpected(make_io_error(path, "open", errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error_number = errno;
    ::close(fd);
    return std::unexpected(make_io_error(path, "lock", error_number));
  }
  // The directory, too: a lock file that looks left over gets removed, and made anew by the next.
  const int directory = open_retrying(parent_of(path), O_RDONLY | O_DIRECTORY);
  // Where directories have no such locks (NFS) the file's has to do.
  if (directory >= 0 && ::flock(directory, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(directory);
    ::close(fd);
    return std::unexpected(make_io_error(path, "lock", EWOULDBLOCK));
  }
  const std::lock_guard guard(mutex_);
  const auto index = static_cast<std::size_t>(fd);
  if (opened_.size() <= index) opened_.resize(index + 1);
  opened_[index] = Opened{.path = path, .direct = false, .locked_directory = directory};
  return File{fd};
}

IoResult<std::size_t> PosixFileIo::read_at(File file, std::uint64_t offset,
                                           std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t count = ::pread(file.id, out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    // Past the page cache nothing can be asked from within a sector, where the file has ended.
    if (count < 0 && errno == EINVAL && done % limits::wal_sector_bytes != 0) break;
    if (count < 0) return std::unexpected(error_of(file, "read", errno));
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

IoResult<void> PosixFileIo::write_at(File file, std::uint64_t offset,
                                     std::span<const std::byte> bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::pwrite(file.id, bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(error_of(file, "write", errno));
    if (count == 0) return std::unexpected(error_of(file, "write", EIO));
    done += static_cast<std::size_t>(count);
  }
  return {};
}

IoResult<void> PosixFileIo::sync(File file) {
  if (::fsync(file.id) != 0) return std::unexpected(error_of(file, "sync", errno));
  return {};
}

IoResult<void> PosixFileIo::resize(File file, std::uint64_t bytes) {
  if (::ftruncate(file.id, static_cast<off_t>(bytes)) != 0) {
    return std::unexpected(error_of(file, "resize", errno));
  }
  return {};
}

IoResult<std::uint64_t> PosixFileIo::size(File file) {
  struct stat status {};
  if (::fstat(file.id, &status) != 0) return std::unexpected(error_of(file, "size", errno));
  return static_cast<std::uint64_t>(status.st_size);
}

IoResult<void> PosixFileIo::sync_directory(const std::string& path) {
  const int fd = open_retrying(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return std::unexpected(make_io_error(path, "open the directory", errno));
  const int result = ::fsync(fd);
  const int error_number = errno;
  ::close(fd);
  if (result != 0) return std::unexpected(make_io_error(path, "sync the directory", error_number));
  return {};
}

IoResult<void> PosixFileIo::make_directories(const std::string& path) {
  for (std::size_t end = 1; end <= path.size(); ++end) {
    if (end < path.size() && path[end] != '/') continue;
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), kDirectoryMode) == 0) {
      // The name must survive as well as what is put into it.
      if (const auto synced = sync_directory(parent_of(part)); !synced) return synced;
    } else if (errno != EEXIST) {
      return std::unexpected(make_io_error(part, "make the directory", errno));
    }
  }
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return std::unexpected(make_io_error(path, "look at", errno));
  }
  if (!S_ISDIR(status.st_mode)) return std::unexpected(make_io_error(path, "use", ENOTDIR));
  return {};
}

IoResult<std::vector<std::string>> PosixFileIo::list(const std::string& path) {
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return std::unexpected(make_io_error(path, "list", errno));
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int error_number = errno;
  ::closedir(directory);
  if (error_number != 0) return std::unexpected(make_io_error(path, "list", error_number));
  std::sort(names.begin(), names.end());
  return names;
}

IoResult<void> PosixFileIo::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return std::unexpected(make_io_error(from, "rename", errno));
  }
  return {};
}

IoResult<void> PosixFileIo::unlink(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return std::unexpected(make_io_error(path, "remove", errno));
  return {};
}

void PosixFileIo::announce_buffer(std::span<std::byte>) {}

IoResult<void> PosixFileIo::submit_write(const WriteRequest& request) {
  const iovec piece{.iov_base = const_cast<std::byte*>(request.bytes.data()),
                    .iov_len = request.bytes.size()};
  WriteCompletion completion{.token = request.token};
  ssize_t count = 0;
  do {
    count = ::pwritev2(request.file.id, &piece, 1, static_cast<off_t>(request.offset), RWF_DSYNC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    completion.error_number = errno;
  } else {
    completion.written_bytes = static_cast<std::uint64_t>(count);
  }
  completed_.push_back(completion);
  return {};
}

std::size_t PosixFileIo::poll(std::span<WriteCompletion> out) {
  std::size_t count = 0;
  while (count < out.size() && !completed_.empty()) {
    out[count++] = completed_.front();
    completed_.pop_front();
  }
  return count;
}

void PosixFileIo::park(std::uint64_t timeout_ns) {
  if (!completed_.empty()) return;
  pollfd wait{.fd = wake_fd_, .events = POLLIN, .revents = 0};
  const timespec timeout{.tv_sec = static_cast<time_t>(timeout_ns / 1'000'000'000),
                         .tv_nsec = static_cast<long>(timeout_ns % 1'000'000'000)};
  if (::ppoll(&wait, 1, &timeout, nullptr) > 0) {
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t count = ::read(wake_fd_, &times, sizeof times);
  }
}

void PosixFileIo::wake() {
  const std::uint64_t once = 1;
  // Fails only when 2^64-2 wakes are pending, and then the sleeper wakes anyway.
  [[maybe_unused]] const ssize_t count = ::write(wake_fd_, &once, sizeof once);
}

}  // namespace holdfast::persistence
