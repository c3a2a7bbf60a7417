// The bytes of a simulated file, in pages that copies share until one of them is written.
//
// A simulated disk is copied often (what a sync made durable, what a crash leaves, a twin to
// damage) and is nearly all zeroes, which take no memory here. Thread:
// one for all copies of a file.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace holdfast::persistence {

class SimBytes {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }

  /// What is added is zero.
  void resize(std::size_t size) {
    if (size < size_ && size % kPageBytes != 0) {  // what is cut off is zero when it comes back
      const auto tail = std::min(size_, size / kPageBytes * kPageBytes + kPageBytes) - size;
      static constexpr std::array<std::byte, kPageBytes> kZeroes{};
      write(size, std::span(kZeroes).first(tail));
    }
    size_ = size;
    pages_.resize((size + kPageBytes - 1) / kPageBytes);
  }

  /// Makes the file longer when it must be.
  void write(std::uint64_t offset, std::span<const std::byte> bytes) {
    auto at = static_cast<std::size_t>(offset);
    if (at + bytes.size() > size_) resize(at + bytes.size());
    while (!bytes.empty()) {
      const std::size_t skip = at % kPageBytes;
      const auto piece = bytes.first(std::min(bytes.size(), kPageBytes - skip));
      std::shared_ptr<Page>& page = pages_[at / kPageBytes];
      if (page == nullptr) {
        if (!is_zero(piece)) page = std::make_shared<Page>();
      } else if (page.use_count() > 1) {
        page = std::make_shared<Page>(*page);
      }
      if (page != nullptr) std::memcpy(page->data() + skip, piece.data(), piece.size());
      at += piece.size();
      bytes = bytes.subspan(piece.size());
    }
  }

  /// Returns how many bytes there were from `offset` on, at most those of `out`.
  std::size_t read(std::uint64_t offset, std::span<std::byte> out) const {
    if (offset >= size_) return 0;
    auto at = static_cast<std::size_t>(offset);
    const std::size_t count = std::min(out.size(), size_ - at);
    for (std::span<std::byte> rest = out.first(count); !rest.empty();) {
      const std::size_t skip = at % kPageBytes;
      const std::size_t piece = std::min(rest.size(), kPageBytes - skip);
      if (const auto& page = pages_[at / kPageBytes]) {
        std::memcpy(rest.data(), page->data() + skip, piece);
      } else {
        std::memset(rest.data(), 0, piece);
      }
      at += piece;
      rest = rest.subspan(piece);
    }
    return count;
  }

  [[nodiscard]] std::vector<std::byte> copy(std::uint64_t offset, std::size_t bytes) const {
    std::vector<std::byte> copied(bytes);
    copied.resize(read(offset, copied));
    return copied;
  }

 private:
  static constexpr std::size_t kPageBytes = 16 * 1024;
  using Page = std::array<std::byte, kPageBytes>;

  static bool is_zero(std::span<const std::byte> bytes) {
    return bytes.front() == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
  }

  std::vector<std::shared_ptr<Page>> pages_;  // null: all zero
  std::size_t size_ = 0;
};

}  // namespace holdfast::persistence
