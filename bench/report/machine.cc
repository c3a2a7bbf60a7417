#include "bench/report/machine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "persistence/disk_interrupts.h"

namespace holdfast::bench {

namespace {

constexpr const char* kUnknown = "unknown";

/// The first line of a file, or "unknown".
std::string first_line(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line.empty() ? kUnknown : line;
}

/// What stands behind "KEY :" in /proc/cpuinfo.
std::string cpu_fact(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (line.starts_with(key) && colon != std::string::npos && colon + 2 <= line.size()) {
      return line.substr(colon + 2);
    }
  }
  return kUnknown;
}

/// "always [madvise] never" → "madvise".
std::string chosen_of(const std::string& line) {
  const std::size_t open = line.find('['), close = line.find(']');
  return open == std::string::npos || close == std::string::npos
             ? line
             : line.substr(open + 1, close - open - 1);
}

std::string hypervisor_of() {
  if (cpu_fact("flags").find(" hypervisor") == std::string::npos) return "none";
  const std::string vendor = first_line("/sys/class/dmi/id/sys_vendor");
  return vendor == kUnknown ? "one that does not tell its name" : vendor;
}

/// The file system of a device number, from /proc/self/mountinfo.
void find_mount(dev_t device, Disk& disk) {
  const std::string wanted = fmt::format("{}:{}", major(device), minor(device));
  std::ifstream file("/proc/self/mountinfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string id, parent, numbers, root, point, options, word;
    words >> id >> parent >> numbers >> root >> point >> options;
    if (numbers != wanted) continue;
    while (words >> word && word != "-") {
    }
    std::string type, source, super_options;
    words >> type >> source >> super_options;
    disk.file_system = type;
    disk.mount_options = super_options;
    return;
  }
}

}  // namespace

Machine machine_facts() {
  utsname names{};
  ::uname(&names);
  const long pages = ::sysconf(_SC_PHYS_PAGES), page_bytes = ::sysconf(_SC_PAGE_SIZE);
  return {.cpu = cpu_fact("model name"),
          .processors = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)),
          .memory_bytes = static_cast<std::uint64_t>(pages * page_bytes),
          .kernel = fmt::format("{} {}", names.sysname, names.release),
          .huge_pages = chosen_of(first_line("/sys/kernel/mm/transparent_hugepage/enabled")),
          .hypervisor = hypervisor_of()};
}

Disk disk_facts(const std::string& directory) {
  Disk disk{.file_system = kUnknown,
            .mount_options = kUnknown,
            .device = kUnknown,
            .model = kUnknown};
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return disk;
  find_mount(status.st_dev, disk);
  std::error_code error;
  auto path = std::filesystem::canonical(
      fmt::format("/sys/dev/block/{}:{}", major(status.st_dev), minor(status.st_dev)), error);
  if (error) return disk;  // no block device: tmpfs, a network file system
  disk.device = path.filename();
  // A partition's queue is its disk's.
  if (std::filesystem::exists(path / "partition", error)) path = path.parent_path();
  const std::string cache = first_line(path / "queue/write_cache");
  disk.model = first_line(path / "device/model");
  disk.is_known = cache != kUnknown;
  disk.is_rotational = first_line(path / "queue/rotational") == "1";
  disk.has_write_cache = cache == "write back";
  disk.has_fua = first_line(path / "queue/fua") == "1";
  disk.interrupts = persistence::disk_interrupt_processors(directory).value_or(disk.interrupts);
  return disk;
}

nlohmann::ordered_json to_json(const Machine& machine) {
  return {{"cpu", machine.cpu},       {"processors", machine.processors},
          {"memory_bytes", machine.memory_bytes}, {"kernel", machine.kernel},
          {"huge_pages", machine.huge_pages},     {"hypervisor", machine.hypervisor}};
}

nlohmann::ordered_json to_json(const Disk& disk) {
  nlohmann::ordered_json json = {{"file_system", disk.file_system},
                                 {"mount_options", disk.mount_options},
                                 {"device", disk.device},
                                 {"model", disk.model}};
  const auto add = [&](const char* key, bool value) {
    json[key] = disk.is_known ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
  };
  add("rotational", disk.is_rotational);
  add("volatile_write_cache", disk.has_write_cache);
  add("fua", disk.has_fua);
  json["interrupt_processors"] = disk.interrupts;
  if (disk.interrupts.empty()) json["interrupt_processors"] = nullptr;
  return json;
}

std::string to_line(const Machine& machine) {
  return fmt::format("{}, {} processors, {} GB, {}, hypervisor: {}, huge pages: {}", machine.cpu,
                     machine.processors, (machine.memory_bytes + 500'000'000) / 1'000'000'000,
                     machine.kernel, machine.hypervisor, machine.huge_pages);
}

std::string to_line(const Disk& disk) {
  std::string line = fmt::format("{} on {}", disk.file_system, disk.device);
  if (disk.model != kUnknown) line += fmt::format(" ({})", disk.model);
  if (disk.is_known) {
    line += fmt::format(", {}, {} FUA",
                        disk.has_write_cache ? "volatile write cache" : "no volatile write cache",
                        disk.has_fua ? "with" : "no");
  }
  if (!disk.interrupts.empty()) {
    line += fmt::format(", interrupts to {} {}",
                        disk.interrupts.size() == 1 ? "processor" : "processors",
                        fmt::join(disk.interrupts, ", "));
  }
  return line;
}

}  // namespace holdfast::bench
