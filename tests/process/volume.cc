#include "tests/process/volume.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace holdfast::test {
namespace {

constexpr std::uint64_t kBlockBytes = 4096;
constexpr off_t kMetadataBytes = 12 << 20;  // at the front of the disk: inodes, a journal of 4 MiB
// linux/ext4.h, which is not among the headers for programs.
constexpr unsigned long kShutDown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kShutDownWithoutFlush = 2;

std::string failed(const std::string& what) { return what + ": " + std::strerror(errno); }

// Mounts of this process are nobody else's from now on. Empty, or why it cannot be.
std::string keep_mounts_private() {
  static const std::string trouble = []() -> std::string {
    if (unshare(CLONE_NEWNS) != 0) return failed("no mount namespace of its own");
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      return failed("mounts cannot be private");
    }
    return "";
  }();
  return trouble;
}

constexpr const char* kMkfs = "/sbin/mkfs.ext4";

std::string filler(const std::string& dir) { return dir + "/filler"; }

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

const std::string& Volume::why_not() {
  static const std::string trouble = []() -> std::string {
    if (geteuid() != 0) return "only root can mount a file system";
    if (const std::string shared = keep_mounts_private(); !shared.empty()) return shared;
    if (access("/dev/loop-control", W_OK) != 0) return failed("/dev/loop-control");
    if (access(kMkfs, X_OK) != 0) return "there is no /sbin/mkfs.ext4 (Debian: e2fsprogs)";
    std::string failure;
    const Volume volume({.bytes = 16ULL << 20}, failure);
    return failure;
  }();
  return trouble;
}

Volume::Volume(Options options, std::string& trouble) : options_(std::move(options)) {
  trouble = make_image();
  if (trouble.empty()) trouble = try_to_mount();
}

Volume::Volume(Options options) : options_(std::move(options)) {
  std::string trouble = make_image();
  if (trouble.empty()) trouble = try_to_mount();
  EXPECT_EQ(trouble, "");
}

Volume::~Volume() {
  if (is_mounted_) umount2(path().c_str(), MNT_DETACH);
  image_ = Descriptor();
  if (options_.memory_bytes > 0) umount2(memory_point_.path().c_str(), MNT_DETACH);
}

std::string Volume::make_image() {
  const TemporaryDirectory on_disk;
  if (options_.memory_bytes > 0) {
    const std::string size = "size=" + std::to_string(options_.memory_bytes);
    if (::mount("tmpfs", memory_point_.path().c_str(), "tmpfs", 0, size.c_str()) != 0) {
      return failed("a tmpfs");
    }
  }
  const std::string path =
      (options_.memory_bytes > 0 ? memory_point_.path() : on_disk.path()) + "/image";
  image_ = Descriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!image_.is_open() || ftruncate(image_.get(), static_cast<off_t>(options_.bytes)) != 0) {
    return failed(path);
  }
  // All that the file system wants to know is written now: later writes are the test's alone.
  const ProcessResult made = run_command(
      kMkfs, {"-q", "-F", "-m", "0", "-b", std::to_string(kBlockBytes), "-N", "64", "-J", "size=4",
                          "-E", "lazy_itable_init=0,lazy_journal_init=0", path});
  if (made.exit_code != 0) return "mkfs.ext4: " + made.err;
  // What the file system itself writes, its journal above all, is not what should fail.
  if (options_.memory_bytes > 0 && fallocate(image_.get(), 0, 0, kMetadataBytes) != 0) {
    return failed(path);
  }
  return unlink(path.c_str()) == 0 ? "" : failed(path);
}

// A free loop device with the image in it, which frees itself when nobody uses it any more.
std::string Volume::attach(Descriptor& loop) {
  const Descriptor control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
  if (!control.is_open()) return failed("/dev/loop-control");
  constexpr int kTries = 50;  // another process may take the same one
  for (int i = 0; i < kTries; ++i) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return failed("no free loop device");
    device_ = "/dev/loop" + std::to_string(number);
    loop = Descriptor(open(device_.c_str(), O_RDWR | O_CLOEXEC));
    if (!loop.is_open()) return failed(device_);
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(image_.get());
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (ioctl(loop.get(), LOOP_CONFIGURE, &config) == 0) return "";
    if (errno != EBUSY) return failed(device_);
    usleep(10'000);
  }
  return "no loop device stays free";
}

std::string Volume::try_to_mount() {
  Descriptor loop;
  if (std::string trouble = attach(loop); !trouble.empty()) return trouble;
  if (::mount(device_.c_str(), path().c_str(), "ext4", 0, options_.mount_options.c_str()) != 0) {
    return failed("an ext4 on " + device_);
  }
  is_mounted_ = true;
  return "";
}

void Volume::mount() { ASSERT_EQ(try_to_mount(), ""); }

void Volume::unmount() {
  constexpr int kTries = 200;  // somebody may just be looking
  int result = -1;
  for (int i = 0; i < kTries && result != 0; ++i) {
    result = umount2(path().c_str(), 0);
    if (result != 0) usleep(20'000);
  }
  ASSERT_EQ(result, 0) << failed("cannot unmount " + path());
  is_mounted_ = false;
}

void Volume::remount() {
  unmount();
  if (!testing::Test::HasFatalFailure()) mount();
}

std::uint64_t Volume::free_bytes() const {
  struct statvfs status {};
  EXPECT_EQ(statvfs(path().c_str(), &status), 0) << failed(path());
  return status.f_bavail * status.f_frsize;
}

void Volume::fill(std::uint64_t leave_bytes) {
  const Descriptor file(
      open(filler(path()).c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  ASSERT_TRUE(file.is_open()) << failed(filler(path()));
  // The server may take and give back meanwhile, so this looks again.
  constexpr int kLooks = 20;
  for (int look = 0; look < kLooks; ++look) {
    while (free_bytes() > leave_bytes) {
      const off_t at = lseek(file.get(), 0, SEEK_END);
      const std::uint64_t blocks =
          std::max<std::uint64_t>(1, (free_bytes() - leave_bytes) / 2 / kBlockBytes);
      if (fallocate(file.get(), 0, at, static_cast<off_t>(blocks * kBlockBytes)) != 0) break;
    }
    usleep(20'000);
  }
}

void Volume::make_room() { std::filesystem::remove(filler(path())); }

void Volume::shut_down() {
  const Descriptor root(open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::uint32_t how = kShutDownWithoutFlush;
  ASSERT_EQ(ioctl(root.get(), kShutDown, &how), 0) << failed("EXT4_IOC_SHUTDOWN");
}

void Volume::lose_disk_from(std::uint64_t disk_offset) {
  const Descriptor loop(open(device_.c_str(), O_RDWR | O_CLOEXEC));
  loop_info64 info{};
  ASSERT_EQ(ioctl(loop.get(), LOOP_GET_STATUS64, &info), 0) << failed(device_);
  info.lo_sizelimit = disk_offset;
  ASSERT_EQ(ioctl(loop.get(), LOOP_SET_STATUS64, &info), 0) << failed(device_);
}

// A limit of 0 is none.
void Volume::lose_disk() { lose_disk_from(kBlockBytes); }
void Volume::restore_disk() { lose_disk_from(0); }

std::uint64_t Volume::disk_offset_of(const std::string& file, std::uint64_t offset) const {
  const Descriptor opened(open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::vector<std::byte> bytes(sizeof(fiemap) + sizeof(fiemap_extent));
  auto* map = reinterpret_cast<fiemap*>(bytes.data());
  map->fm_start = offset;
  map->fm_length = 1;
  map->fm_extent_count = 1;
  EXPECT_EQ(ioctl(opened.get(), FS_IOC_FIEMAP, map), 0) << failed(file);
  EXPECT_EQ(map->fm_mapped_extents, 1U) << file << " has no block at " << offset;
  const fiemap_extent& extent = map->fm_extents[0];
  return extent.fe_physical + (offset - extent.fe_logical);
}

void Volume::lose_memory(std::uint64_t disk_from, std::uint64_t disk_to) {
  ASSERT_EQ(fallocate(image_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(disk_from), static_cast<off_t>(disk_to - disk_from)),
            0)
      << failed("a hole in the image");
  const Descriptor file(open(filler(memory_point_.path()).c_str(),
                             O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const std::vector<char> block(kBlockBytes, 'x');
  while (write(file.get(), block.data(), block.size()) > 0) {
  }
  ASSERT_EQ(errno, ENOSPC) << failed("filling the memory");
}

void Volume::restore_memory() { std::filesystem::remove(filler(memory_point_.path())); }

// Skipping ------------------------------------------------------------------------------------

void say_not_tested(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "\n*** NOT TESTED ON THIS MACHINE: %.*s\n*** because: %.*s\n\n",
               static_cast<int>(what.size()), what.data(), static_cast<int>(why.size()),
               why.data());
}

void VolumeTest::SetUp() {
  if (Volume::why_not().empty()) return;
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  say_not_tested(std::string(test->test_suite_name()) + "." + test->name(), Volume::why_not());
  GTEST_SKIP() << Volume::why_not();
}

}  // namespace holdfast::test
