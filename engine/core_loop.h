// The one thread that owns all state: takes requests, applies them, logs them, and releases each
// answer only when everything that it reflects is durable.
//
//   take -> release what is due by time -> apply -> append -> pump the journal -> release answers
//
// Answers wait in one FIFO, each behind the log position that it reflects (also reads: a balance
// that a crash could still undo is not told). So replies keep the order of the requests, and only
// the journal decides when. `turn` is a bounded piece of work without waiting; `run` drives it and
// parks. Thread: the core thread; with a simulated journal and clock, a test's only thread.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/core_stages.h"
#include "engine/journal.h"
#include "engine/lanes.h"
#include "engine/limits.h"
#include "engine/prefetch.h"
#include "engine/request.h"
#include "engine/scheduling.h"
#include "engine/snapshot_driver.h"
#include "engine/state_machine.h"

namespace holdfast {

/// A clock may have `monotonic_ns()` beside it, which never goes back: with it the lengths of turns
/// are right on a machine whose time is being set; and `thread_cpu_ns()`, the calling thread's
/// processor time, which does not count what the system gave to other threads meanwhile.
template <class C>
concept Clock = requires(C clock) {
  { clock.now() } -> std::same_as<TimestampNs>;
};

/// What the loop waits on when there is nothing to do. `park` returns after a wake-up, a completed
/// write, or `timeout_ns`, whichever is first.
template <class P>
concept Parker = requires(P parker, std::uint64_t timeout_ns) { parker.park(timeout_ns); };

template <Journal J, Clock C>
class CoreLoop {
 public:
  struct Options {
    LogId log_id;
    /// How long the core looks for work before it parks: being woken costs more than a short wait.
    /// It yields meanwhile, so that the kernel and the network threads get the processor.
    std::uint64_t spin_ns = 0;
    /// After this long without work, the journal may mark how far durable reaches.
    std::uint64_t idle_ns = 100'000'000;
    /// Who writes snapshots; outlives the loop. Null: none are taken.
    SnapshotSink* snapshots = nullptr;
    SnapshotPolicy snapshot_policy{};
    /// Where stage times are recorded, by the clock's monotonic_ns(), which is then the same as that
    /// of whoever stamps requests; outlives the loop. Null: none are.
    StageBoard* stages = nullptr;
  };

  /// All references outlive the loop.
  CoreLoop(StateMachine& engine, J& journal, C& clock, Lanes& lanes, Options options)
      : engine_(engine), journal_(journal), clock_(clock), lanes_(lanes), options_(options),
        started_(clock.now()), snapshots_(engine, options.snapshots, options.snapshot_policy),
        waiting_(std::bit_ceil(lanes.in_flight_max())), released_(lanes.size()),
        stages_(options.stages == nullptr ? nullptr : &options.stages->core(), waiting_.size()) {
    started_ns_ = stages_.is_on() ? ticks() : 0;
    expiries_.reserve(limits::core_expiries_per_turn_max);
  }

  /// Does a bounded piece of work; returns how much (0: nothing to do now).
  std::size_t turn() {
    now_ = clock_.now();
    const std::uint64_t start_ns = ticks();
    stages_.turn_began(start_ns);
    std::size_t work = release_expired();
    work += decide_batch();
    work += journal_.pump();
    work += release_durable();
    const bool was_under_way = snapshots_.is_under_way();
    const std::size_t copied = go_on_with_snapshot(work == 0);
    work += copied;
    if (work > 0) count_turn(ticks() - start_ns, was_under_way || copied > 0);
    return work;
  }

  /// Nothing is taken and unanswered. What is still in the queue does not count.
  [[nodiscard]] bool is_drained() const { return batch_next_ == batch_end_ && waiting_count_ == 0; }

  /// Turns until `stop`, then until drained; returns early when the journal has failed.
  template <Parker P>
  void run(P& parker, const std::atomic<bool>& stop) {
    const auto work = [this, &stop] {
      if (journal_.state() == JournalState::failed) return WorkResult::over;
      const bool is_asked_to_stop = stop.load(std::memory_order_acquire);
      if (is_asked_to_stop && snapshots_.is_under_way()) snapshots_.stop("the server stops");
      if (turn() > 0) return WorkResult::worked;
      return is_asked_to_stop && is_drained() ? WorkResult::over : WorkResult::nothing_to_do;
    };
    run_busy_thread(
        options_.spin_ns, work, [this] { return ticks(); }, [this, &parker] { park(parker); });
    snapshots_.stop(journal_.state() == JournalState::failed ? "the log has failed"
                                                             : "the server stops");
  }

  [[nodiscard]] const StateMachine& engine() const { return engine_; }

 private:
  static constexpr std::uint64_t kBusyWait_ns = 1'000'000;
  static constexpr std::uint64_t kLongTurn_ns = 1'000'000;

  // An answer that is to be released: what that needs, so that nobody goes back to its place.
  struct Waiting {
    LogPosition gate;  // when durable reaches it
    std::uint32_t lane;
    bool is_timed;     // counts in the stages
  };

  // Holds whose time has come are released before anything of this turn is decided; those of one
  // second have their turns one after the other within the next.
  std::size_t release_expired() {
    if (journal_.state() != JournalState::ready) return 0;
    expiries_.clear();
    const std::size_t most =
        std::min(engine_.expiries_in_turn(now_), limits::core_expiries_per_turn_max);
    if (engine_.expiries_due(now_, most, expiries_) == 0) return 0;
    std::size_t released = 0;
    do_in_rows(
        engine_, 0, expiries_.size(), [this](std::size_t i) { return &expiries_[i]; },
        [&](std::size_t i) {
          if (journal_.state() != JournalState::ready || snapshots_.is_turn_full()) return false;
          const Outcome outcome = engine_.apply(expiries_[i], now_);
          journal_.append(expiries_[i], outcome);
          ++applied_;
          ++released;
          return true;
        });
    return released;
  }

  std::size_t decide_batch() {
    if (batch_next_ == batch_end_) {
      batch_next_ = 0;
      batch_end_ = lanes_.take(batch_);
      const std::size_t first_row = std::min(batch_end_, kPrefetchRow);
      for (std::size_t i = 0; i < first_row; ++i) batch_[i].prefetch();
    }
    const std::size_t first = batch_next_;
    do_in_rows(
        engine_, batch_next_, batch_end_,
        [this](std::size_t i) {
          // A row ahead, so that it is there when that row's commands are looked at.
          if (i + kPrefetchRow < batch_end_) batch_[i + kPrefetchRow].prefetch();
          const Request& request = batch_[i].request();
          return request.kind == RequestKind::command ? &request.command : nullptr;
        },
        [this](std::size_t i) {
          // A full journal pauses the batch; what is left goes on in a later turn, in order.
          const JournalState state = journal_.state();
          if (state == JournalState::busy || state == JournalState::failed) return false;
          if (snapshots_.is_turn_full()) return false;
          answer(batch_[i], state);
          batch_next_ = i + 1;
          return true;
        });
    const std::size_t decided = batch_next_ - first;
    if (stages_.is_on() && decided > 0) stages_.decided(ticks());
    return decided;
  }

  void answer(const Lanes::Taken& taken, JournalState state) {
    const Request& request = taken.request();
    const bool is_timed = request.received != 0;
    stages_.take(taken.handed_over_at, is_timed);
    // What is asked goes when the reply takes its place.
    if (request.kind == RequestKind::command) {
      const CommandKind kind = request.command.kind;
      const Outcome outcome = state == JournalState::ready ? decide(request.command)
                                                           : answer_without_log(request.command);
      Reply& reply = lanes_.answer(taken);
      reply.command_kind = kind;
      reply.outcome = outcome;
    } else if (request.kind == RequestKind::pass_through) {
      (void)lanes_.answer(taken);
    } else {
      if (request.kind == RequestKind::take_snapshot) snapshots_.ask();
      auto view = std::make_unique<InquiryAnswer>(inquire(request.kind, request.inquiry));
      lanes_.answer(taken).answer = std::move(view);
    }
    const LogPosition gate = journal_.appended_through();
    push_waiting({gate, taken.lane, is_timed});
  }

  Outcome decide(const Command& command) {
    const Outcome outcome = engine_.apply(command, now_);
    if (engine_.must_log(outcome)) {
      journal_.append(command, outcome);
      ++applied_;
    } else if ((outcome.flags & kOutcomeRepeated) != 0) {
      ++repeated_;
    }
    return outcome;
  }

  // The volume is full: nothing new is decided, what was answered before still is.
  Outcome answer_without_log(const Command& command) {
    if (const std::optional<Outcome> known = engine_.recall(command, now_)) return *known;
    Outcome outcome;
    outcome.decision = Decision::cannot_decide_now;
    outcome.time = std::max(now_, engine_.time());
    return outcome;
  }

  InquiryAnswer inquire(RequestKind kind, const Inquiry& inquiry) {
    switch (kind) {
      case RequestKind::show_account: return engine_.show_account(inquiry.account);
      case RequestKind::show_card: return engine_.show_card(inquiry.card);
      case RequestKind::show_authorization:
        return engine_.show_authorization(inquiry.authorization, inquiry.original_request);
      case RequestKind::show_program: return engine_.show_program(inquiry.program);
      case RequestKind::show_limits:
        return engine_.show_limits(inquiry.card, std::max(now_, engine_.time()));
      case RequestKind::show_shadows: return engine_.show_shadows(inquiry.program);
      case RequestKind::show_rule_set:
        return engine_.show_rule_set(inquiry.program, inquiry.rule_set_version, inquiry.first_row,
                                     limits::rule_set_rows_per_reply);
      case RequestKind::show_stages:
        return stage_page(options_.stages, inquiry, engine_.position(), ticks() - started_ns_);
      default: return status(inquiry.with_digest != 0);
    }
  }

  StatusView status(bool with_digest) const {
    StatusView view = engine_.show_status();
    view.log_id = options_.log_id;
    view.durable_position = journal_.durable_through();
    view.now = std::max(now_, engine_.time());
    view.uptime_ns = now_ > started_ ? now_.ns - started_.ns : 0;
    view.commands_applied = applied_;
    view.commands_repeated = repeated_;
    view.log_bytes_written = journal_.bytes_written();
    view.log_writes = journal_.writes();
    view.snapshots = snapshots_.status();
    view.stalls = stalls_;
    view.has_digest = with_digest;
    if (with_digest) view.digest = engine_.digest();
    return view;
  }

  void push_waiting(const Waiting& waiting) {
    HOLDFAST_CHECK(waiting_count_ < waiting_.size(), "admission bounds the answers that wait");
    waiting_[(waiting_first_ + waiting_count_) & (waiting_.size() - 1)] = waiting;
    ++waiting_count_;
  }

  std::size_t release_durable() {
    // After a failed write the position of what is durable is unknown: nothing is told any more.
    if (waiting_count_ == 0 || journal_.state() == JournalState::failed) return 0;
    const LogPosition durable = journal_.durable_through();
    const bool releases = waiting_[waiting_first_].gate <= durable;
    const LogPosition submitted = journal_.submitted_through();
    if (stages_.is_on() && (releases || stages_.is_news(submitted))) {
      stages_.pumped(submitted, ticks());
    }
    if (!releases) return 0;
    std::size_t released = 0;
    while (waiting_count_ > 0 && waiting_[waiting_first_].gate <= durable) {
      const Waiting& waiting = waiting_[waiting_first_];
      stages_.release(waiting.gate, waiting.is_timed);
      ++released_[waiting.lane];
      waiting_first_ = (waiting_first_ + 1) & (waiting_.size() - 1);
      --waiting_count_;
      ++released;
    }
    const StageTick now = stages_.released_all();
    for (std::size_t lane = 0; lane < released_.size(); ++lane) {
      lanes_.release(lane, std::exchange(released_[lane], 0), now);
    }
    return released;
  }

  std::uint64_t ticks() {
    if constexpr (requires { clock_.monotonic_ns(); }) {
      return clock_.monotonic_ns();
    } else {
      ticks_ns_ = std::max(ticks_ns_, clock_.now().ns);  // a clock that is set back stands still
      return ticks_ns_;
    }
  }

  std::size_t go_on_with_snapshot(bool is_idle) {
    if (options_.snapshots == nullptr) return 0;
    const SnapshotDriver::Turn turn{.ticks_ns = ticks(),
                                    .durable = journal_.durable_through(),
                                    .log_bytes = journal_.bytes_written(),
                                    .is_idle = is_idle,
                                    .is_log_full = journal_.state() == JournalState::no_space};
    // Asking for processor time enters the kernel: not for each turn in which there is nothing to do.
    if (!snapshots_.has_work(turn.ticks_ns)) return 0;
    const std::uint64_t start_ns = own_ticks();
    const std::size_t copied = snapshots_.step(turn, [this] { return ticks(); });
    stalls_.longest_copying_ns = std::max(stalls_.longest_copying_ns, own_ticks() - start_ns);
    return copied;
  }

  /// Time that this thread itself spends, as far as the clock tells it.
  std::uint64_t own_ticks() {
    if constexpr (requires { clock_.thread_cpu_ns(); }) {
      return clock_.thread_cpu_ns();
    } else {
      return ticks();
    }
  }

  void count_turn(std::uint64_t took_ns, bool is_in_snapshot) {
    ++stalls_.turns;
    std::uint64_t& longest_ns =
        is_in_snapshot ? stalls_.longest_snapshot_turn_ns : stalls_.longest_turn_ns;
    longest_ns = std::max(longest_ns, took_ns);
    if (took_ns > kLongTurn_ns) {
      ++(is_in_snapshot ? stalls_.long_snapshot_turns : stalls_.long_turns);
    }
  }

  template <Parker P>
  void park(P& parker) {
    if (batch_next_ < batch_end_) {
      // The journal is busy, so only a completed write (or a new segment, which nobody announces)
      // lets the batch go on. Spinning here would take the processor from who makes it.
      parker.park(kBusyWait_ns);
      return;
    }
    if (!lanes_.prepare_to_park()) return;
    // A snapshot waits for its writer, who wakes nobody.
    parker.park(snapshots_.is_under_way() ? kBusyWait_ns : options_.idle_ns);
    lanes_.unpark();
    // Nothing came for the whole time: a good moment to note in the log how far durable reaches.
    if (clock_.now().ns >= now_.ns + options_.idle_ns) journal_.note_idle();
  }

  StateMachine& engine_;
  J& journal_;
  C& clock_;
  Lanes& lanes_;
  Options options_;
  TimestampNs started_;
  TimestampNs now_;
  SnapshotDriver snapshots_;
  StallStatus stalls_;
  std::uint64_t ticks_ns_ = 0;  // of a clock without monotonic_ns()

  std::array<Lanes::Taken, limits::core_batch_commands_max> batch_;
  std::size_t batch_next_ = 0;
  std::size_t batch_end_ = 0;
  std::vector<Command> expiries_;

  std::vector<Waiting> waiting_;  // a ring; its size is a power of two
  std::size_t waiting_first_ = 0;
  std::size_t waiting_count_ = 0;
  std::vector<std::size_t> released_;  // in this turn, by lane
  CoreStages stages_;
  std::uint64_t started_ns_ = 0;

  std::uint64_t applied_ = 0;
  std::uint64_t repeated_ = 0;
};

}  // namespace holdfast
