// The hops between network thread and core: what the queues cost by themselves (one thread), and
// what a round trip between two threads takes, awake and parked.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "bench/micro/piece.h"
#include "engine/check.h"
#include "engine/queues.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kInFlightMax = 4 * kRoundItems;

/// A round in bulks of so many: into the queue, out of the queue.
class IngressHop : public Piece {
 public:
  explicit IngressHop(std::size_t bulk) : bulk_(bulk), queue_(1, kInFlightMax) {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i].correlation = i;
  }
  void run() override {
    taken_ = 0;
    for (std::size_t i = 0; i < in_.size(); i += bulk_) {
      is_good_ &= queue_.submit(0, std::span(in_).subspan(i, bulk_));
      taken_ += queue_.take(std::span(out_).subspan(i, bulk_));
    }
  }
  void finish() override {
    HOLDFAST_CHECK(is_good_ && taken_ == out_.size() && out_.back().correlation == taken_ - 1,
                   "what is submitted is taken, in order");
  }

 private:
  std::size_t bulk_;
  Ingress queue_;
  std::array<Request, kRoundItems> in_;
  std::array<Request, kRoundItems> out_;
  std::size_t taken_ = 0;
  bool is_good_ = true;
};

class ReplyHop : public Piece {
 public:
  explicit ReplyHop(std::size_t bulk) : bulk_(bulk), queue_(kInFlightMax) {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i].correlation = i;
  }
  void run() override {
    taken_ = 0;
    for (std::size_t i = 0; i < in_.size(); i += bulk_) {
      queue_.deliver(std::span(in_).subspan(i, bulk_));
      taken_ += queue_.take(std::span(out_).subspan(i, bulk_));
    }
  }
  void finish() override {
    HOLDFAST_CHECK(taken_ == out_.size() && out_.back().correlation == taken_ - 1,
                   "what is delivered is taken, in order");
  }

 private:
  std::size_t bulk_;
  ReplyQueue queue_;
  std::array<Reply, kRoundItems> in_;
  std::array<Reply, kRoundItems> out_;
  std::size_t taken_ = 0;
};

/// A bulk goes to another thread, which answers it: both queues, there and back. The other thread
/// spins, or parks when there is nothing and must be woken (as the core does, with a futex in place
/// of its ring).
class QueueRoundTrip : public Piece {
 public:
  QueueRoundTrip(std::size_t bulk, bool parks)
      : Piece(bulk), parks_(parks), ingress_(1, kInFlightMax), replies_(kInFlightMax),
        in_(bulk), out_(bulk) {
    ingress_.set_waker([this] { wake(); });
    core_ = std::thread([this] { answer(); });
  }
  ~QueueRoundTrip() override {
    stop_.store(true, std::memory_order_release);
    wake();
    core_.join();
  }
  void run() override {
    is_good_ &= ingress_.submit(0, in_);
    for (std::size_t taken = 0; taken < out_.size();) {
      const std::size_t more = replies_.take(std::span(out_).subspan(taken));
      taken += more;
      if (more == 0) relax();
    }
  }
  void finish() override { HOLDFAST_CHECK(is_good_, "admission bounds the queue"); }

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
    std::vector<Request> requests(out_.size());
    std::vector<Reply> replies(out_.size());
    while (!stop_.load(std::memory_order_acquire)) {
      const std::uint32_t wakes = wakes_.load(std::memory_order_acquire);
      const std::size_t taken = ingress_.take(requests);
      for (std::size_t i = 0; i < taken; ++i) replies[i].correlation = requests[i].correlation;
      replies_.deliver(std::span(replies).first(taken));
      if (taken > 0) continue;
      if (!parks_) {
        relax();
      } else if (ingress_.prepare_to_park()) {
        wakes_.wait(wakes, std::memory_order_acquire);
        ingress_.unpark();
      }
    }
  }

  bool parks_;
  Ingress ingress_;
  ReplyQueue replies_;
  std::vector<Request> in_;
  std::vector<Reply> out_;
  bool is_good_ = true;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> wakes_{0};
  std::thread core_;
};

}  // namespace

void add_queue_pieces(PieceList& list) {
  for (const std::size_t bulk : {1, 16, 256}) {
    list.push_back({fmt::format("ingress_hop/bulk:{}", bulk),
                    [bulk] { return std::make_unique<IngressHop>(bulk); }});
    list.push_back({fmt::format("reply_hop/bulk:{}", bulk),
                    [bulk] { return std::make_unique<ReplyHop>(bulk); }});
  }
  for (const bool parks : {false, true}) {
    for (const std::size_t bulk : {1, 256}) {
      list.push_back({fmt::format("queue_round_trip/bulk:{}/{}", bulk, parks ? "parked" : "awake"),
                      [=] { return std::make_unique<QueueRoundTrip>(bulk, parks); },
                      /*counts_instructions=*/false});
    }
  }
}

}  // namespace holdfast::bench
