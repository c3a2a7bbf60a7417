// A producer in a thread of its own that keeps a few pieces ahead of whoever takes them: a start
// reads and checks what comes next on one core while another makes use of what came before.
//
// Pieces are made one after the other, in order, and their memory is used again. Or on demand, in
// the taker's thread, one at a time: for simulation, and for files that do not bear a second
// thread. Whatever the producer uses is its own until the last piece was taken. Thread: one owner
// for all calls; `make` runs in the thread of this object, or with `on_demand` in the owner's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"

namespace holdfast::persistence {

enum class ReadAheadMode : std::uint8_t { on_demand, background };

template <class Piece>
class ReadAhead {
 public:
  /// `make` fills in a piece, which may be an earlier one, and returns false when it is the last.
  ReadAhead(ReadAheadMode mode, std::size_t pieces, std::function<bool(Piece&)> make)
      : mode_(mode),
        make_(std::move(make)),
        pieces_(mode == ReadAheadMode::background ? pieces : 1) {
    HOLDFAST_CHECK(pieces >= 2, "one piece is used while the next is made");
    if (mode_ == ReadAheadMode::background) thread_ = std::thread([this] { run(); });
  }
  /// Stops the producer after the piece that it is making.
  ~ReadAhead() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard guard(mutex_);
      is_stopping_ = true;
    }
    has_room_.notify_one();
    thread_.join();
  }
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next piece, good until the next call; null behind the last. Waits for it.
  [[nodiscard]] Piece* next() {
    if (mode_ == ReadAheadMode::on_demand) {
      if (is_last_made_) return nullptr;
      is_last_made_ = !make_(pieces_.front());
      return &pieces_.front();
    }
    std::unique_lock lock(mutex_);
    if (is_one_out_) {
      is_one_out_ = false;
      ++taken_;
      // Not for each: the producer then makes several before it sleeps again.
      if (made_ - taken_ <= pieces_.size() / 2) has_room_.notify_one();
    }
    if (made_ == taken_ && !is_last_made_) {
      const auto since = std::chrono::steady_clock::now();
      has_piece_.wait(lock, [this] { return made_ != taken_ || is_last_made_; });
      waited_ns_ += static_cast<std::uint64_t>(
          std::chrono::nanoseconds(std::chrono::steady_clock::now() - since).count());
    }
    if (made_ == taken_) return nullptr;
    is_one_out_ = true;
    return &pieces_[taken_ % pieces_.size()];
  }

  /// How long `next` has waited for the producer so far; 0 with `on_demand`.
  [[nodiscard]] std::uint64_t waited_ns() const { return waited_ns_; }

 private:
  void run() {
    for (std::uint64_t number = 0;; ++number) {
      {
        std::unique_lock lock(mutex_);
        has_room_.wait(lock, [&] { return is_stopping_ || number - taken_ < pieces_.size(); });
        if (is_stopping_) return;
      }
      const bool has_more = make_(pieces_[number % pieces_.size()]);
      const std::lock_guard guard(mutex_);
      made_ = number + 1;
      is_last_made_ = !has_more;
      has_piece_.notify_one();
      if (!has_more) return;
    }
  }

  const ReadAheadMode mode_;
  const std::function<bool(Piece&)> make_;
  std::vector<Piece> pieces_;      // a ring
  std::uint64_t waited_ns_ = 0;    // the owner's
  bool is_one_out_ = false;        // the owner's: it uses the piece of number `taken_`
  std::mutex mutex_;               // guards what follows
  std::condition_variable has_room_;
  std::condition_variable has_piece_;
  std::uint64_t made_ = 0;         // counts that only rise
  std::uint64_t taken_ = 0;
  bool is_last_made_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast::persistence
