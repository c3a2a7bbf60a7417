// What a report says of the machine and the disk that it was made on, as the kernel tells it.
//
// What the kernel does not tell is "unknown", never guessed. Thread: any; nothing here has state.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace holdfast::bench {

struct Machine {
  std::string cpu;
  unsigned processors = 0;  // online
  std::uint64_t memory_bytes = 0;
  std::string kernel;       // "Linux 6.1.0-18-amd64"
  std::string huge_pages;   // transparent ones: "always", "madvise", "never"
  std::string hypervisor;   // "none" on bare metal
};
[[nodiscard]] Machine machine_facts();

/// The file system and block device below a directory.
struct Disk {
  std::string file_system;    // "ext4"
  std::string mount_options;
  std::string device;         // "vda", "nvme0n1"
  std::string model;
  bool is_known = false;      // whether the kernel tells the following of the device
  bool is_rotational = false;
  bool has_write_cache = false;  // volatile: a durable write has to flush it
  bool has_fua = false;          // one write can go past that cache
  std::vector<unsigned> interrupts;  // processors that its interrupts come to; none: not known
};
[[nodiscard]] Disk disk_facts(const std::string& directory);

[[nodiscard]] nlohmann::ordered_json to_json(const Machine& machine);
[[nodiscard]] nlohmann::ordered_json to_json(const Disk& disk);
/// One line each, without a line end.
[[nodiscard]] std::string to_line(const Machine& machine);
[[nodiscard]] std::string to_line(const Disk& disk);

}  // namespace holdfast::bench
