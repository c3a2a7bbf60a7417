// The processors that a disk's interrupts come to, as /sys and /proc tell it; laid out in a directory.
#include "persistence/disk_interrupts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace holdfast::persistence {
namespace {

namespace fs = std::filesystem;
using Processors = std::vector<unsigned>;

class DiskInterruptsTest : public testing::Test {
 protected:
  DiskInterruptsTest() {
    std::string name = fs::temp_directory_path() / "holdfast-interrupts-XXXXXX";
    root_ = ::mkdtemp(name.data());
    write("proc/interrupts",
          "           CPU0       CPU1       CPU2\n"
          " 31:          9          0          0  PCI-MSIX-0000:00:02.0   0-edge      virtio1-config\n"
          " 32:        100    5000000          0  PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0\n"
          " 33:          0          0    7000000  PCI-MSIX-0000:00:03.0   0-edge      nvme0q1\n"
          " 34:    8000000          0          0  PCI-MSIX-0000:00:03.0   1-edge      nvme0q2\n"
          " 35:          0          0          0  PCI-MSIX-0000:00:03.0   2-edge      nvme0q3\n"
          " 40:          0         77          0  GSI  virtio7\n"
          "NMI:          1          2          3   Non-maskable interrupts\n");
    device("8:0", "pci0000:00/0000:00:02.0/virtio1/block/vda");
    device("8:1", "pci0000:00/0000:00:02.0/virtio1/block/vda/vda1");
    interrupts_of("pci0000:00/0000:00:02.0", {"31", "32"});
    device("8:16", "pci0000:00/0000:00:03.0/nvme/nvme0/nvme0n1");
    interrupts_of("pci0000:00/0000:00:03.0", {"33", "34", "35"});
    device("8:32", "platform/mmio/virtio7/block/vdb");
  }
  ~DiskInterruptsTest() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  void device(const std::string& number, const std::string& path) {
    const fs::path at = root_ / "sys/devices" / path;
    fs::create_directories(at);
    fs::create_directories(root_ / "sys/dev/block");
    fs::create_symlink(at, root_ / "sys/dev/block" / number);
  }
  void interrupts_of(const std::string& device, const std::vector<std::string>& numbers) {
    for (const auto& number : numbers) {
      write("sys/devices/" + device + "/msi_irqs/" + number, "msix\n");
    }
  }
  auto processors(unsigned minor) const { return disk_interrupt_processors(8, minor, root_); }

  fs::path root_;
};

TEST_F(DiskInterruptsTest, WhereTheDataIsDoneNotWhereARareOneCame) {
  EXPECT_EQ(processors(0), (Processors{0, 1}));  // counted: nothing says where they come now
  write("proc/irq/31/effective_affinity_list", "0\n");
  write("proc/irq/32/effective_affinity_list", "1\n");
  EXPECT_EQ(processors(0), Processors{1});
  EXPECT_EQ(processors(1), Processors{1}) << "a partition has its disk's";
}

TEST_F(DiskInterruptsTest, AQueueForEachProcessor) {
  write("proc/irq/33/effective_affinity_list", "2\n");
  write("proc/irq/34/effective_affinity_list", "0-1,5\n");
  write("proc/irq/35/effective_affinity_list", "7\n");
  EXPECT_EQ(processors(16), (Processors{0, 1, 2, 5}));
}

TEST_F(DiskInterruptsTest, AVirtualDiskWithoutPci) { EXPECT_EQ(processors(32), Processors{1}); }

TEST_F(DiskInterruptsTest, AVolumeHasThoseOfAllItsDisks) {
  device("8:48", "virtual/block/dm-0");
  const fs::path slaves = root_ / "sys/devices/virtual/block/dm-0/slaves";
  fs::create_directories(slaves);
  fs::create_symlink(root_ / "sys/devices/platform/mmio/virtio7/block/vdb", slaves / "vdb");
  fs::create_symlink(root_ / "sys/devices/pci0000:00/0000:00:03.0/nvme/nvme0/nvme0n1",
                     slaves / "nvme0n1");
  EXPECT_EQ(processors(48), (Processors{0, 1, 2}));
}

TEST_F(DiskInterruptsTest, SaysWhatIsNotTold) {
  const auto none = processors(99);
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error(), "the system tells of no block device 8:99");
  device("8:64", "virtual/block/loop0");
  const auto silent = processors(64);
  ASSERT_FALSE(silent.has_value());
  EXPECT_EQ(silent.error(), "the system does not tell the interrupts of loop0");
  const auto missing = disk_interrupt_processors(root_ / "missing");
  ASSERT_FALSE(missing.has_value());
  EXPECT_NE(missing.error().find("missing"), std::string::npos);
}

TEST_F(DiskInterruptsTest, ThisMachineAnswersOrSaysWhyNot) {
  const auto here = disk_interrupt_processors(root_);
  if (here) {
    EXPECT_FALSE(here->empty());
  } else {
    EXPECT_FALSE(here.error().empty());
  }
}

}  // namespace
}  // namespace holdfast::persistence
