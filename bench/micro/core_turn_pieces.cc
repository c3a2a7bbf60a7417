// A turn of the core around the decisions: out of the queue, into the FIFO of answers, past a
// journal that takes everything at once, into the reply queue. With and without stage times, whose
// cost is the difference.
#include <fmt/format.h>

#include <array>
#include <memory>
#include <span>

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
        ingress_(1, kInFlightMax),
        replies_(kInFlightMax),
        loop_(engine_, journal_, clock_, ingress_, {&replies_},
              {.log_id = {1, 2},
               .in_flight_max = kInFlightMax,
               .stages = with_stages ? &board_ : nullptr}) {
    for (std::size_t i = 0; i < in_.size(); ++i) in_[i].correlation = i;
  }
  void prepare() override {
    for (std::size_t i = 0; i < in_.size(); i += bulk_) {
      // As a network thread stamps a bulk.
      const StageTick now = stage_tick(tools::SystemClock{}.monotonic_ns());
      for (Request& request : std::span(in_).subspan(i, bulk_)) request.stamps = {now, now};
    }
  }
  void run() override {
    taken_ = 0;
    for (std::size_t i = 0; i < in_.size(); i += bulk_) {
      is_good_ &= ingress_.submit(0, std::span(in_).subspan(i, bulk_));
      loop_.turn();
      taken_ += replies_.take(std::span(out_).subspan(i, bulk_));
    }
  }
  void finish() override {
    HOLDFAST_CHECK(is_good_ && taken_ == out_.size() && out_.back().correlation == taken_ - 1,
                   "every request is answered in its turn, in order");
  }

 private:
  std::size_t bulk_;
  StateMachine engine_;
  InstantJournal journal_;
  tools::SystemClock clock_;
  Ingress ingress_;
  ReplyQueue replies_;
  StageBoard board_{1};
  CoreLoop<InstantJournal, tools::SystemClock> loop_;
  std::array<Request, kRoundItems> in_;
  std::array<Reply, kRoundItems> out_;
  std::size_t taken_ = 0;
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
