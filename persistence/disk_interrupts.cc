#include "persistence/disk_interrupts.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string_view>

namespace holdfast::persistence {
namespace {

namespace fs = std::filesystem;

/// One line of /proc/interrupts.
struct Interrupt {
  std::uint64_t count = 0;
  std::set<unsigned> came_to;  // processors, since the machine started
  std::string action;          // "virtio1-req.0"
};
using Interrupts = std::map<unsigned, Interrupt>;  // by number

// Of the disk's own: below one in so many of the most frequent it is no data that is done.
constexpr std::uint64_t kRare = 100;

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string first_line(const fs::path& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

// "0-3,8"
std::set<unsigned> processors_in(const std::string& list) {
  std::set<unsigned> processors;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    const std::size_t dash = range.find('-');
    unsigned first = 0, last = 0;
    if (!read_number(std::string_view(range).substr(0, dash), first)) continue;
    last = first;
    if (dash != std::string::npos) read_number(std::string_view(range).substr(dash + 1), last);
    for (unsigned processor = first; processor <= last; ++processor) processors.insert(processor);
  }
  return processors;
}

Interrupts all_interrupts(const fs::path& root) {
  Interrupts interrupts;
  std::ifstream file(root / "proc/interrupts");
  std::string line, word;
  std::getline(file, line);
  std::vector<unsigned> columns;  // "CPU0 CPU2": those that are online
  for (std::istringstream words(line); words >> word;) {
    unsigned processor = 0;
    if (word.starts_with("CPU") && read_number(std::string_view(word).substr(3), processor)) {
      columns.push_back(processor);
    }
  }
  while (std::getline(file, line)) {
    std::istringstream words(line);
    unsigned number = 0;
    if (!(words >> word) || !word.ends_with(':')) continue;
    word.pop_back();
    if (!read_number(word, number)) continue;  // NMI and its like
    Interrupt& interrupt = interrupts[number];
    for (const unsigned processor : columns) {
      std::uint64_t count = 0;
      words >> count;
      interrupt.count += count;
      if (count > 0) interrupt.came_to.insert(processor);
    }
    while (words >> word) interrupt.action = word;
  }
  return interrupts;
}

// The numbers that the device or a bus device above it has. A virtual disk without a PCI device
// (virtio-mmio) has its name in /proc/interrupts only.
std::set<unsigned> numbers_of(const fs::path& device, const fs::path& root,
                              const Interrupts& interrupts) {
  std::set<unsigned> numbers;
  std::error_code error;
  for (fs::path at = device; at.has_relative_path() && at != root; at = at.parent_path()) {
    if (fs::is_directory(at / "msi_irqs", error)) {
      for (const auto& entry : fs::directory_iterator(at / "msi_irqs", error)) {
        unsigned number = 0;
        if (read_number(entry.path().filename().native(), number)) numbers.insert(number);
      }
      return numbers;
    }
    unsigned number = 0;
    if (read_number(first_line(at / "irq"), number) && number != 0) return {number};
    const std::string name = at.filename();
    if (!name.starts_with("virtio")) continue;
    for (const auto& [irq, interrupt] : interrupts) {
      if (interrupt.action == name || interrupt.action.starts_with(name + "-")) numbers.insert(irq);
    }
    if (!numbers.empty()) return numbers;
  }
  return numbers;
}

// Where it comes from now on; where the kernel does not say, where it came.
std::set<unsigned> processors_of_interrupt(unsigned number, const Interrupt& interrupt,
                                           const fs::path& root) {
  const fs::path at = root / "proc/irq" / std::to_string(number) / "effective_affinity_list";
  std::set<unsigned> processors = processors_in(first_line(at));
  return processors.empty() ? interrupt.came_to : processors;
}

// Adds those of a disk, or of all disks below a volume.
void add_processors(const fs::path& device, const fs::path& root, const Interrupts& interrupts,
                    std::set<unsigned>& processors) {
  std::error_code error;
  bool has_parts = false;
  for (const auto& part : fs::directory_iterator(device / "slaves", error)) {
    const fs::path below = fs::canonical(part.path(), error);
    if (error) continue;
    has_parts = true;
    add_processors(below, root, interrupts, processors);
  }
  if (has_parts) return;
  const std::set<unsigned> numbers = numbers_of(device, root, interrupts);
  std::uint64_t most = 0;
  for (const auto& [number, interrupt] : interrupts) {
    if (numbers.contains(number)) most = std::max(most, interrupt.count);
  }
  for (const auto& [number, interrupt] : interrupts) {
    if (!numbers.contains(number) || interrupt.count == 0) continue;
    if (interrupt.count < most / kRare) continue;
    processors.merge(processors_of_interrupt(number, interrupt, root));
  }
}

}  // namespace

std::expected<std::vector<unsigned>, std::string> disk_interrupt_processors(
    unsigned device_major, unsigned device_minor, const std::string& root_path) {
  std::error_code error;
  const fs::path root = fs::canonical(root_path, error);
  const fs::path device =
      fs::canonical(root / fmt::format("sys/dev/block/{}:{}", device_major, device_minor), error);
  if (error) {
    return std::unexpected(
        fmt::format("the system tells of no block device {}:{}", device_major, device_minor));
  }
  std::set<unsigned> processors;
  add_processors(device, root, all_interrupts(root), processors);
  if (processors.empty()) {
    return std::unexpected(fmt::format("the system does not tell the interrupts of {}",
                                       device.filename().string()));
  }
  return std::vector(processors.begin(), processors.end());
}

std::expected<std::vector<unsigned>, std::string> disk_interrupt_processors(
    const std::string& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    return std::unexpected(fmt::format("cannot look at {}: {}", directory, std::strerror(errno)));
  }
  return disk_interrupt_processors(major(status.st_dev), minor(status.st_dev), "/");
}

}  // namespace holdfast::persistence
