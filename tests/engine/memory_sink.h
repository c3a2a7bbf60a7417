// A snapshot's writer for tests: keeps the pages, and is as slow or as broken as the test wants.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/snapshot.h"
#include "engine/snapshot_loader.h"

namespace holdfast::test {

struct KeptPage {
  SnapshotPageName name;
  std::array<std::byte, kSnapshotPageBytes> bytes;
};

class MemorySink : public SnapshotSink {
 public:
  /// `packets`: how many there are; those put come back at once, or with `release` when `is_slow`.
  explicit MemorySink(std::size_t packets = 12, bool slow = false) : is_slow(slow) {
    for (std::size_t i = 0; i < packets; ++i) {
      Memory& memory = memory_.emplace_back();
      memory.pages = std::make_unique<std::byte[]>(kSnapshotPagesPerPacket * kSnapshotPageBytes);
      memory.packet.pages = memory.pages.get();
      free_.push_back(&memory.packet);
    }
  }

  std::expected<void, SnapshotDelay> begin(const SnapshotPlan& given) override {
    if (refuses) return std::unexpected(SnapshotDelay::making_memory);
    EXPECT_FALSE(is_under_way) << "one at a time";
    is_under_way = true;
    is_finished = false;
    plan = given;
    pages.clear();
    return {};
  }
  SnapshotPacket* take_packet(SnapshotPacketUse) override {
    EXPECT_TRUE(is_under_way);
    if (free_.empty()) return nullptr;
    SnapshotPacket* packet = free_.front();
    free_.pop_front();
    packet->count = 0;
    ++packets_out;
    return packet;
  }
  void put_packet(SnapshotPacket* packet) override {
    EXPECT_TRUE(is_under_way);
    --packets_out;
    for (std::uint32_t i = 0; i < packet->count; ++i) {
      KeptPage& page = pages.emplace_back();
      page.name = packet->names[i];
      std::copy_n(packet->pages + i * kSnapshotPageBytes, kSnapshotPageBytes, page.bytes.begin());
    }
    (is_slow ? busy_ : free_).push_back(packet);
  }
  void finish() override {
    EXPECT_TRUE(is_under_way);
    EXPECT_EQ(packets_out, 0);
    is_under_way = false;
    is_finished = true;
    ++totals.completed;
    totals.newest_position = plan.position;
    totals.newest_time = plan.time;
  }
  void abandon(std::string_view why) override {
    EXPECT_TRUE(is_under_way);
    EXPECT_EQ(packets_out, 0);
    is_under_way = false;
    ++totals.failed;
    reason = why;
    for (SnapshotPacket* packet : std::exchange(busy_, {})) free_.push_back(packet);
  }
  bool has_failed() const override { return is_broken; }
  std::uint64_t packets_waiting() const override { return busy_.size(); }
  SnapshotReport report() const override { return totals; }

  /// The disk has taken up to so many packets.
  void release(std::size_t packets) {
    for (; packets > 0 && !busy_.empty(); --packets) {
      free_.push_back(busy_.front());
      busy_.pop_front();
    }
  }

  /// What a reader of the pages makes of them.
  [[nodiscard]] std::expected<StateMachine, std::string> load() const {
    SnapshotLoader loader;
    if (auto begun = loader.begin(plan); !begun) return std::unexpected(begun.error());
    for (const KeptPage& page : pages) {
      if (auto added = loader.add_page(page.name, page.bytes); !added) {
        return std::unexpected(added.error());
      }
    }
    return loader.finish();
  }

  SnapshotPlan plan;
  std::vector<KeptPage> pages;
  bool is_slow = false;
  bool refuses = false;
  bool is_broken = false;
  bool is_under_way = false;
  bool is_finished = false;
  int packets_out = 0;
  std::string reason;
  SnapshotReport totals;

 private:
  struct Memory {
    SnapshotPacket packet;
    std::unique_ptr<std::byte[]> pages;
  };
  std::deque<Memory> memory_;
  std::deque<SnapshotPacket*> free_;
  std::deque<SnapshotPacket*> busy_;
};

/// A whole snapshot at once.
inline void take_snapshot(StateMachine& engine, MemorySink& sink) {
  ASSERT_TRUE(engine.begin_snapshot(sink));
  while (engine.copy_for_snapshot(64).phase == SnapshotPhase::copying) sink.release(1);
  ASSERT_EQ(engine.snapshot_progress().phase, SnapshotPhase::copied);
  engine.finish_snapshot();
}

}  // namespace holdfast::test
