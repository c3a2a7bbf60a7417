// Which processors are interrupted when a disk is done with a write.
//
// The kernel finishes a durable write where its interrupt comes: the interrupt itself, and the
// workers that flush and report it, thousands of times a second under load. A core that has that
// processor to itself does not.
//
// As Linux tells it in /sys and /proc. Thread: any; nothing here has state.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace holdfast::persistence {

/// The disk (or disks, below a device-mapper or md volume) of `directory`, which exists: the
/// processors that its interrupts come to, sorted, numbered as the kernel does. Interrupts that are
/// rare beside the others (of a change of its configuration) do not count. A sentence when the
/// system does not tell: no block device, a container without /sys, a disk without interrupts yet.
[[nodiscard]] std::expected<std::vector<unsigned>, std::string> disk_interrupt_processors(
    const std::string& directory);

/// The same for a block device by its number, in another `root` than "/"; for tests.
[[nodiscard]] std::expected<std::vector<unsigned>, std::string> disk_interrupt_processors(
    unsigned device_major, unsigned device_minor, const std::string& root);

}  // namespace holdfast::persistence
