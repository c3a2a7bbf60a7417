// The hops between network thread and core: what a lane costs by itself (one thread), and what a
// round trip between two threads takes, awake and parked.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <thread>

#include "bench/micro/piece.h"
#include "engine/check.h"
#include "engine/lanes.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kInFlightMax = 4 * kRoundItems;

/// Opens `count` places, and writes into each what a network thread writes at least.
void open_places(Lane& lane, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < first + count; ++i) lane.open().correlation = i;
}
/// Answers what is there, as the core does, up to `out.size()`.
std::size_t answer_taken(Lanes& lanes, std::span<Lanes::Taken> out) {
  const std::size_t count = lanes.take(out);
  for (const Lanes::Taken& taken : out.first(count)) (void)lanes.answer(taken);
  lanes.release(0, count, 0);
  return count;
}

/// A round in bulks of so many: to the core, answered, and back.
class LaneHop : public Piece {
 public:
  explicit LaneHop(std::size_t bulk) : bulk_(bulk), lanes_(1, kInFlightMax) {}
  void run() override {
    returned_ = 0;
    for (std::size_t i = 0; i < kRoundItems; i += bulk_) {
      open_places(lanes_[0], i, bulk_);
      lanes_[0].hand_over(0);
      (void)answer_taken(lanes_, std::span(taken_).first(bulk_));
      while (const Reply* reply = lanes_[0].front()) {
        is_good_ &= reply->correlation == returned_++;
        lanes_[0].pop();
      }
    }
  }
  void finish() override {
    HOLDFAST_CHECK(is_good_ && returned_ == kRoundItems,
                   "what is handed over comes back, in order");
  }

 private:
  std::size_t bulk_;
  Lanes lanes_;
  std::array<Lanes::Taken, kRoundItems> taken_;
  std::size_t returned_ = 0;
  bool is_good_ = true;
};

/// A bulk goes to another thread, which answers it: there and back. The other thread spins, or
/// parks when there is nothing and must be woken (as the core does, with a futex in place of its
/// ring).
class LaneRoundTrip : public Piece {
 public:
  LaneRoundTrip(std::size_t bulk, bool parks)
      : Piece(bulk), parks_(parks), bulk_(bulk), lanes_(1, kInFlightMax) {
    lanes_.set_waker([this] { wake(); });
    core_ = std::thread([this] { answer(); });
  }
  ~LaneRoundTrip() override {
    stop_.store(true, std::memory_order_release);
    wake();
    core_.join();
  }
  void run() override {
    open_places(lanes_[0], 0, bulk_);
    lanes_[0].hand_over(0);
    for (std::size_t returned = 0; returned < bulk_;) {
      if (const Reply* reply = lanes_[0].front()) {
        is_good_ &= reply->correlation == returned++;
        lanes_[0].pop();
      } else {
        relax();
      }
    }
  }
  void finish() override { HOLDFAST_CHECK(is_good_, "replies keep the order of the requests"); }

 private:
  // With a processor for each thread, a pause; with fewer, the other one's turn now and then.
  static void relax() {
    thread_local unsigned turns = 0;
    if (++turns % 1024 == 0) {
      std::this_thread::yield();
    } else {
      __builtin_ia32_pause();
    }
  }
  void wake() {
    wakes_.fetch_add(1, std::memory_order_release);
    wakes_.notify_one();
  }
  void answer() {
    std::array<Lanes::Taken, kRoundItems> taken;
    while (!stop_.load(std::memory_order_acquire)) {
      const std::uint32_t wakes = wakes_.load(std::memory_order_acquire);
      if (answer_taken(lanes_, taken) > 0) continue;
      if (!parks_) {
        relax();
      } else if (lanes_.prepare_to_park()) {
        wakes_.wait(wakes, std::memory_order_acquire);
        lanes_.unpark();
      }
    }
  }

  bool parks_;
  std::size_t bulk_;
  Lanes lanes_;
  bool is_good_ = true;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> wakes_{0};
  std::thread core_;
};

}  // namespace

void add_lane_pieces(PieceList& list) {
  for (const std::size_t bulk : {1, 16, 256}) {
    list.push_back({fmt::format("lane_hop/bulk:{}", bulk),
                    [bulk] { return std::make_unique<LaneHop>(bulk); }});
  }
  for (const bool parks : {false, true}) {
    for (const std::size_t bulk : {1, 256}) {
      list.push_back({fmt::format("lane_round_trip/bulk:{}/{}", bulk, parks ? "parked" : "awake"),
                      [=] { return std::make_unique<LaneRoundTrip>(bulk, parks); },
                      /*counts_instructions=*/false});
    }
  }
}

}  // namespace holdfast::bench
