// What each kind of payment costs the core thread: `StateMachine::apply`, prefetched as in a turn
// of the core; no queue, log or socket.
//
// 10^4 accounts stay in the processor's caches, 10^6 do not: the difference is the price of memory.
// Every round is of one kind alone. What it needs (a hold to capture) is made before it, and what
// it left is taken away after it, both unmeasured.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "bench/micro/piece.h"
#include "bench/micro/world.h"
#include "engine/check.h"

namespace holdfast::bench {
namespace {

using Commands = std::array<Command, kRoundItems>;
using Outcomes = std::array<Outcome, kRoundItems>;

/// Filling a large world takes longer than a benchmark. Its state is steady, so that the next piece
/// may go on with it.
std::shared_ptr<World> shared_world(const WorldOptions& options) {
  static std::weak_ptr<World> last;
  static std::pair<std::uint64_t, std::uint32_t> last_key;
  const std::pair key{options.accounts, options.controls};
  std::shared_ptr<World> world = key == last_key ? last.lock() : nullptr;
  if (world == nullptr) world = std::make_shared<World>(options);
  last = world;
  last_key = key;
  return world;
}

class ApplyPiece : public Piece {
 public:
  explicit ApplyPiece(std::shared_ptr<World> world) : world_(std::move(world)) {}

  void prepare() override {
    make_needs();
    for (std::size_t i = 0; i < commands_.size(); ++i) commands_[i] = make(i);
  }
  void run() override { world_->apply(commands_, outcomes_); }
  void finish() override {
    for (const Outcome& outcome : outcomes_) {
      HOLDFAST_CHECK(is_approval(outcome.decision), "a benchmark's payments are approved");
    }
    clean_up();
  }

 protected:
  virtual void make_needs() {}
  virtual Command make(std::size_t i) = 0;
  virtual void clean_up() {}

  World& world() { return *world_; }
  /// Fills `needs_`, with the holds that the measured commands are about.
  void hold() {
    for (Command& command : extra_) command = world_->authorize();
    world_->must_apply(extra_, needs_);
  }
  /// The same step for the authorization of each of `outcomes`.
  void follow(Command (World::*step)(AuthorizationId), const Outcomes& outcomes) {
    for (std::size_t i = 0; i < extra_.size(); ++i) {
      extra_[i] = (world_.get()->*step)(outcomes[i].authorization);
    }
    world_->must_apply(extra_, results_);
  }

  Outcomes needs_;
  Commands commands_;
  Outcomes outcomes_;

 private:
  std::shared_ptr<World> world_;
  Commands extra_;
  Outcomes results_;
};

class AuthorizePiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  Command make(std::size_t) override { return world().authorize(); }
  void clean_up() override { follow(&World::reverse, outcomes_); }
};

class AdvisePiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  Command make(std::size_t) override { return world().advise(); }
  void clean_up() override { follow(&World::reverse, outcomes_); }
};

class CapturePiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  void make_needs() override { hold(); }
  Command make(std::size_t i) override { return world().capture(needs_[i].authorization); }
};

class ReversePiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  void make_needs() override { hold(); }
  Command make(std::size_t i) override { return world().reverse(needs_[i].authorization); }
};

class IncrementPiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  void make_needs() override { hold(); }
  Command make(std::size_t i) override { return world().increment(needs_[i].authorization); }
  void clean_up() override { follow(&World::reverse, needs_); }
};

class RefundPiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  void make_needs() override {
    hold();
    follow(&World::capture, needs_);
  }
  Command make(std::size_t i) override { return world().refund(needs_[i].authorization); }
};

class TransferPiece : public ApplyPiece {
  using ApplyPiece::ApplyPiece;
  Command make(std::size_t) override { return world().transfer(); }
};

/// A gateway that asks again: the same ids, the same answers, nothing done.
class RepeatPiece : public ApplyPiece {
 public:
  explicit RepeatPiece(std::shared_ptr<World> world) : ApplyPiece(std::move(world)) {
    for (Command& command : commands_) command = this->world().authorize();
    this->world().must_apply(commands_, outcomes_);
  }
  void prepare() override {}
  Command make(std::size_t i) override { return commands_[i]; }
};

template <class Kind>
void add(PieceList& list, std::string_view name, WorldOptions options) {
  std::string full = fmt::format("apply/{}/accounts:{}", name, options.accounts);
  if (options.controls > 0) full += fmt::format("/controls:{}", options.controls);
  list.push_back({std::move(full),
                  [options] { return std::make_unique<Kind>(shared_world(options)); },
                  options.accounts <= 10'000});
}

}  // namespace

void add_apply_pieces(PieceList& list) {
  for (const std::uint64_t accounts : {10'000, 1'000'000, 10'000'000}) {
    const WorldOptions options{.accounts = accounts};
    add<AuthorizePiece>(list, "authorize", options);
    add<CapturePiece>(list, "capture", options);
    add<ReversePiece>(list, "reverse", options);
    add<IncrementPiece>(list, "increment", options);
    add<RefundPiece>(list, "refund", options);
    add<TransferPiece>(list, "transfer", options);
    add<AdvisePiece>(list, "advise", options);
    add<RepeatPiece>(list, "repeat", options);
  }
  for (const std::uint64_t accounts : {10'000, 1'000'000}) {
    for (const std::uint32_t controls : {8U, 64U}) {
      add<AuthorizePiece>(list, "authorize", {.accounts = accounts, .controls = controls});
    }
  }
}

}  // namespace holdfast::bench
