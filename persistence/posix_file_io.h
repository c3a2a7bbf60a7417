// FileIo by plain system calls: what the tools use to read, the blocking half of `uring_file_io`,
// and a working (slower) log where a container forbids io_uring: `submit_write` then writes before
// it returns, with pwritev2(RWF_DSYNC), and `poll` tells of it.
//
// Threads: as in file_io.h. Descriptors are the process's; File::id is the descriptor.
#pragma once

#include <deque>
#include <mutex>

#include "persistence/file_io.h"

namespace holdfast::persistence {

class PosixFileIo : public FileIo {
 public:
  /// Fails when the process cannot have an eventfd (out of descriptors).
  [[nodiscard]] static IoResult<std::unique_ptr<PosixFileIo>> make();
  ~PosixFileIo() override;

  [[nodiscard]] FileIoTraits traits() const override;
  [[nodiscard]] IoResult<File> open(const std::string& path, OpenMode mode) override;
  void close(File file) override;
  [[nodiscard]] bool is_direct(File file) const override;
  [[nodiscard]] IoResult<File> lock(const std::string& path) override;
  [[nodiscard]] IoResult<std::size_t> read_at(File file, std::uint64_t offset,
                                              std::span<std::byte> out) override;
  [[nodiscard]] IoResult<void> write_at(File file, std::uint64_t offset,
                                        std::span<const std::byte> bytes) override;
  [[nodiscard]] IoResult<void> sync(File file) override;
  [[nodiscard]] IoResult<std::uint64_t> size(File file) override;
  [[nodiscard]] IoResult<void> resize(File file, std::uint64_t bytes) override;
  [[nodiscard]] IoResult<void> sync_directory(const std::string& path) override;
  [[nodiscard]] IoResult<void> make_directories(const std::string& path) override;
  [[nodiscard]] IoResult<std::vector<std::string>> list(const std::string& path) override;
  [[nodiscard]] IoResult<void> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] IoResult<void> unlink(const std::string& path) override;

  [[nodiscard]] IoResult<void> submit_write(const WriteRequest& request) override;
  [[nodiscard]] std::size_t poll(std::span<WriteCompletion> out) override;
  void park(std::uint64_t timeout_ns) override;
  void wake() override;

 protected:
  void announce_buffer(std::span<std::byte> buffer) override;
  explicit PosixFileIo(int wake_fd) : wake_fd_(wake_fd) {}
  /// The path that the file was opened by, for messages.
  [[nodiscard]] std::string path_of(File file) const;
  const int wake_fd_;  // an eventfd

 private:
  struct Opened {
    std::string path;
    bool direct = false;
    int locked_directory = -1;  // closed with the lock that it was taken for
  };
  [[nodiscard]] IoError error_of(File file, std::string_view operation, int error_number) const;

  mutable std::mutex mutex_;  // guards opened_
  std::vector<Opened> opened_;  // by descriptor
  std::deque<WriteCompletion> completed_;
};

}  // namespace holdfast::persistence
