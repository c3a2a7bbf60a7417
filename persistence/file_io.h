// The seam between the log and the disk: everything that persistence asks of an operating system.
//
// Bound to Linux by `uring_file_io` (io_uring) and `posix_file_io` (plain system calls), and in
// tests by `testing/sim_file_io` (memory, with faults). Calls are per block or per file, never per
// command, so they are virtual.
//
// Threads: the asynchronous part (`submit_write`, `poll`, `park`) belongs to one thread, the core,
// that is the first to call any of it. `wake` may be called by any thread. All the rest blocks and
// may be called by any thread, also several at once.
// Errors are values; nothing here throws but for lack of memory, and nothing is retried: after a
// failed write or sync the kernel may have dropped the pages, so a second try proves nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::persistence {

struct IoError {
  std::string path;
  std::string operation;  // "open", "write", "sync", …
  int error_number = 0;   // errno, or 0 when the system gave none (a short read)
  std::string reason;     // errno's text, or what was wrong

  [[nodiscard]] bool is_no_space() const;  // ENOSPC or EDQUOT
  [[nodiscard]] bool is_want() const;      // of space, or of files that may be open: it may pass
  /// "cannot OPERATION PATH: REASON"
  [[nodiscard]] std::string text() const;
};

[[nodiscard]] IoError make_io_error(std::string_view path, std::string_view operation,
                                    int error_number);

template <class T>
using IoResult = std::expected<T, IoError>;

/// An open file; the FileIo that opened it owns the descriptor until `close`.
struct File {
  int id = -1;
  [[nodiscard]] bool is_open() const { return id >= 0; }
};

enum class OpenMode : std::uint8_t {
  read,        // must exist; through the page cache
  read_direct, // must exist; past the page cache where the volume can: for what is read once. While
               // it is open, in any process, nobody gets it with `reuse`
  log_write,   // must exist; read and write past the page cache where the volume can (O_DIRECT)
  create,      // made or emptied; read and write as with log_write
  reuse,       // must exist, to be written anew in place; EWOULDBLOCK: someone reads it by
               // `read_direct`. Read and write as with log_write
};

struct WriteRequest {
  File file;
  std::uint64_t offset = 0;          // multiple of limits::wal_sector_bytes
  std::span<const std::byte> bytes;  // address and length as well; must stay until completion
  std::uint64_t token = 0;           // comes back with the completion; unique among those under way
};

struct WriteCompletion {
  std::uint64_t token = 0;
  int error_number = 0;           // 0: all bytes are on stable storage
  std::uint64_t written_bytes = 0;  // fewer than asked without an error: a short write
};

/// What the layer can do here, for the start-up log.
struct FileIoTraits {
  std::string name;          // "io_uring", "system calls", "simulation"
  std::string write_method;  // "write with RWF_DSYNC", "write, then linked fdatasync"
  bool asynchronous = false;
  std::string notes;         // what the system refused, or empty
};

struct AlignedFree {
  void operator()(std::byte* bytes) const;
};
/// Memory aligned for direct I/O.
using AlignedBytes = std::unique_ptr<std::byte[], AlignedFree>;
/// Zeroed; `bytes` is a multiple of limits::wal_sector_bytes.
[[nodiscard]] AlignedBytes allocate_aligned(std::size_t bytes);

class FileIo {
 public:
  virtual ~FileIo() = default;
  FileIo() = default;
  FileIo(const FileIo&) = delete;
  FileIo& operator=(const FileIo&) = delete;

  [[nodiscard]] virtual FileIoTraits traits() const = 0;

  // Files and names: any thread, blocking ------------------------------------------------------
  [[nodiscard]] virtual IoResult<File> open(const std::string& path, OpenMode mode) = 0;
  virtual void close(File file) = 0;
  /// True when writes to the file bypass the page cache.
  [[nodiscard]] virtual bool is_direct(File file) const = 0;
  /// Takes the lock that the file stands for (made if need be) or fails at once: EWOULDBLOCK when
  /// another process holds it, even if somebody has removed the file meanwhile. `close` lets go,
  /// and so does the end of the process.
  [[nodiscard]] virtual IoResult<File> lock(const std::string& path) = 0;
  /// Reads until `out` is full or the file ends; returns how many bytes. Of a file that may be read
  /// past the page cache, offset and length are aligned as in a WriteRequest.
  [[nodiscard]] virtual IoResult<std::size_t> read_at(File file, std::uint64_t offset,
                                                      std::span<std::byte> out) = 0;
  /// Writes all of it, not yet durable. Aligned like a WriteRequest.
  [[nodiscard]] virtual IoResult<void> write_at(File file, std::uint64_t offset,
                                                std::span<const std::byte> bytes) = 0;
  /// Data and size of the file survive a crash after this.
  [[nodiscard]] virtual IoResult<void> sync(File file) = 0;
  [[nodiscard]] virtual IoResult<std::uint64_t> size(File file) = 0;
  /// Cuts the file, or lengthens it by zeroes, to so many bytes; durable after `sync`.
  [[nodiscard]] virtual IoResult<void> resize(File file, std::uint64_t bytes) = 0;
  /// Names made, moved or removed in the directory survive a crash after this.
  [[nodiscard]] virtual IoResult<void> sync_directory(const std::string& path) = 0;
  [[nodiscard]] virtual IoResult<void> make_directories(const std::string& path) = 0;
  /// Names only, without "." and "..", sorted.
  [[nodiscard]] virtual IoResult<std::vector<std::string>> list(const std::string& path) = 0;
  [[nodiscard]] virtual IoResult<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual IoResult<void> unlink(const std::string& path) = 0;

  // Durable writes: the core thread ------------------------------------------------------------
  /// Zeroed, aligned memory to submit writes from, made known to the kernel once where that helps.
  /// It lives as long as this object, so that no write under way can outlive its bytes, whatever
  /// becomes of the caller. Any thread.
  [[nodiscard]] std::span<std::byte> make_write_buffer(std::size_t bytes);
  /// Starts a write that is durable when its completion comes. Writes may complete in any order.
  /// At most limits::wal_writes_in_flight_max may be under way.
  [[nodiscard]] virtual IoResult<void> submit_write(const WriteRequest& request) = 0;
  /// Takes completions without waiting; returns how many.
  [[nodiscard]] virtual std::size_t poll(std::span<WriteCompletion> out) = 0;
  /// Sleeps until a completion is there, `wake` is called, or the time is over. May return early.
  virtual void park(std::uint64_t timeout_ns) = 0;
  /// Ends a `park`, the next one if none is under way. Any thread.
  virtual void wake() = 0;

 protected:
  virtual void announce_buffer(std::span<std::byte> buffer) = 0;

 private:
  std::vector<AlignedBytes> write_buffers_;
};

/// Joins a directory and a name.
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

/// Whole content of a small file, at most `bytes_max` (an error if it is longer).
[[nodiscard]] IoResult<std::vector<std::byte>> read_small_file(FileIo& io, const std::string& path,
                                                               std::size_t bytes_max);

/// Makes `directory`/`name` hold `bytes`, or leaves what was there: temporary name, sync, rename,
/// sync of the directory.
[[nodiscard]] IoResult<void> replace_file(FileIo& io, const std::string& directory,
                                          const std::string& name,
                                          std::span<const std::byte> bytes);

/// What a file is called while it is not yet whole; recovery removes such files.
inline constexpr std::string_view kTemporarySuffix = ".tmp";

}  // namespace holdfast::persistence
