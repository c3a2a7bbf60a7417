// A turn of the core around the decisions: off the lane, into the FIFO of answers, past a journal
// that takes everything at once, back to the network thread. With and without stage times, whose
// cost is the difference.
#include <fmt/format.h>

#include <memory>

#include "bench/micro/piece.h"
#include "engine/check.h"
#include "engine/core_loop.h"
#include "tools/system_clock.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kInFlightMax = 4 * kRoundItems;

/// What is pumped is durable one pump later.
class InstantJournal {
 public:
  [[nodiscard]] JournalState state() const { return JournalState::ready; }
  void append(const Command&, const Outcome& outcome) { appended_ = outcome.position; }
  std::size_t pump() {
    durable_ = submitted_;
    submitted_ = appended_;
    return 1;
  }
  [[nodiscard]] LogPosition appended_through() const { return appended_; }
  [[nodiscard]] LogPosition submitted_through() const { return submitted_; }
  [[nodiscard]] LogPosition durable_through() const { return durable_; }
  void note_idle() {}
  [[nodiscard]] std::uint64_t bytes_written() const { return 0; }
  [[nodiscard]] std::uint64_t writes() const { return 0; }

 private:
  LogPosition appended_;
  LogPosition submitted_;
  LogPosition durable_;
};

/// Requests that the core passes through, `bulk` a turn.
class CoreTurn : public Piece {
 public:
  CoreTurn(std::size_t bulk, bool with_stages)
      : bulk_(bulk),
        lanes_(1, kInFlightMax),
        loop_(engine_, journal_, clock_, lanes_,
              {.log_id = {1, 2}, .stages = with_stages ? &board_ : nullptr}) {}
  void prepare() override {
    // As a network thread stamps what it hands over.
    now_ = stage_tick(tools::SystemClock{}.monotonic_ns());
  }
  void run() override {
    answered_ = 0;
    for (std::size_t i = 0; i < kRoundItems; i += bulk_) {
      for (std::size_t k = i; k < i + bulk_; ++k) {
        Request& request = lanes_[0].open();
        request.correlation = k;
        request.received = now_;
      }
      lanes_[0].hand_over(now_);
      loop_.turn();
      while (const Reply* reply = lanes_[0].front()) {
        is_good_ &= reply->correlation == answered_++;
        lanes_[0].pop();
      }
    }
  }
  void finish() override {
    HOLDFAST_CHECK(is_good_ && answered_ == kRoundItems,
                   "every request is answered in its turn, in order");
  }

 private:
  std::size_t bulk_;
  StateMachine engine_;
  InstantJournal journal_;
  tools::SystemClock clock_;
  Lanes lanes_;
  StageBoard board_{1};
  CoreLoop<InstantJournal, tools::SystemClock> loop_;
  StageTick now_ = 0;
  std::size_t answered_ = 0;
  bool is_good_ = true;
};

}  // namespace

void add_core_turn_pieces(PieceList& list) {
  for (const std::size_t bulk : {1, 16, 256}) {
    for (const bool with_stages : {false, true}) {
      list.push_back({fmt::format("core_turn/bulk:{}/stages:{}", bulk, with_stages ? "on" : "off"),
                      [=] { return std::make_unique<CoreTurn>(bulk, with_stages); }});
    }
  }
}

}  // namespace holdfast::bench
