// A small file system of its own for a test: ext4 in an image on a loop device. It can be full, and
// its disk can fail, as the kernel makes it so.
//
// Needs root, a loop device and mkfs.ext4; `Volume::why_not` says what is missing, and a test that
// needs one is skipped with that reason. All mounts stand in a mount namespace of this process: the
// kernel takes them down and frees the loop devices with the last process in it, however that ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/process/server_process.h"

namespace holdfast::test {

/// A descriptor that is closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

class Volume {
 public:
  struct Options {
    std::uint64_t bytes = 48ULL << 20;
    /// Of the mount: "data=journal" has direct writes go through the page cache, so that it is the
    /// sync that fails.
    std::string mount_options = {};
    /// The image lies in a tmpfs of so many bytes, which may be fewer; 0:
    /// in the temporary directory.
    std::uint64_t memory_bytes = 0;
  };

  /// Why this machine cannot have one; empty: it can. Tried once.
  [[nodiscard]] static const std::string& why_not();

  /// Made and mounted, or a failed test.
  explicit Volume(Options options);
  /// Unmounted, whatever still uses it.
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  /// Where it is mounted.
  [[nodiscard]] const std::string& path() const { return mount_point_.path(); }
  void unmount();
  void mount();
  /// Mounts it anew, as after a boot: the file system's journal is replayed.
  void remount();

  // Space.
  [[nodiscard]] std::uint64_t free_bytes() const;
  /// Takes space until only so much is left.
  void fill(std::uint64_t leave_bytes);
  /// Gives back what `fill` took.
  void make_room();

  // Faults.
  /// Every later read and write fails with EIO (EXT4_IOC_SHUTDOWN, what is not on disk is lost),
  /// until it is mounted anew.
  void shut_down();
  /// What lies on the disk from this byte on fails with EIO, reads and writes.
  void lose_disk_from(std::uint64_t disk_offset);
  /// All of the disk, but for its first block.
  void lose_disk();
  void restore_disk();
  /// Where a byte of a file lies on the disk.
  [[nodiscard]] std::uint64_t disk_offset_of(const std::string& file, std::uint64_t offset) const;
  /// With `memory_bytes`: lets go the image's memory there, and takes all that is left: writes to
  /// there fail, though the file system knows its blocks.
  void lose_memory(std::uint64_t disk_from, std::uint64_t disk_to);
  void restore_memory();

 private:
  Volume(Options options, std::string& trouble);
  // Empty, or what went wrong.
  [[nodiscard]] std::string make_image();
  [[nodiscard]] std::string attach(Descriptor& loop);
  [[nodiscard]] std::string try_to_mount();

  Options options_;
  TemporaryDirectory mount_point_;
  TemporaryDirectory memory_point_;
  Descriptor image_;  // without a name, so that nothing is left of it
  std::string device_;
  bool is_mounted_ = false;
};

/// A test in a class of this kind is skipped, and says so, where no volume can be made.
class VolumeTest : public testing::Test {
 protected:
  void SetUp() override;
};

/// Says on standard error what is not tested on this machine, and why.
void say_not_tested(std::string_view what, std::string_view why);

}  // namespace holdfast::test
