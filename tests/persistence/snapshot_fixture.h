// What the tests of snapshots share: a small state that follows from the log, a source that hands its
// pages to a sink as the core does, and a target that makes a state of them again.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "persistence/log_recycler.h"
#include "persistence/snapshot_load.h"
#include "persistence/snapshot_writer.h"
#include "tests/persistence/log_fixture.h"

namespace holdfast::persistence {

/// All state that the test log's records make: which salt each position was written with. A slot is
/// large, so that few records fill many pages.
struct SmallState {
  static constexpr std::size_t kSlotBytes = 512;
  std::vector<std::uint64_t> salts;

  void apply(const Outcome& outcome) {
    EXPECT_EQ(outcome.position.value, salts.size() + 1) << "positions come in order";
    salts.push_back(static_cast<std::uint64_t>(-outcome.ledger_balance.minor) - 1);
  }
  [[nodiscard]] SnapshotPlan plan() const;
  /// A page of one of the plan's tables.
  void fill(SnapshotPageName name, std::byte* page) const;
};

/// Begins a snapshot of `state` and hands over all pages, in an order drawn from `seed`, calling
/// `step` when no packet is free. False: the sink would not begin, or has failed (then abandoned).
bool feed(SnapshotSink& sink, const SmallState& state, std::uint64_t seed,
          const std::function<void()>& step);

/// Makes a SmallState of a snapshot. Objects as told.
class SmallTarget final : public SnapshotTarget {
 public:
  SmallState state;
  std::string objection;  // `finish` says this
  int discarded = 0;

  std::optional<std::string> begin(const SnapshotPlan& plan) override;
  std::optional<std::string> add_page(SnapshotTable table, std::uint32_t page,
                                      std::span<const std::byte> bytes) override;
  std::optional<std::string> finish() override;
  void discard() override;

 private:
  SnapshotPlan plan_;
};

inline const std::string kArchive = "/archive";

/// A server's persistence on a simulated disk: log, snapshots, archive, and the state they keep.
struct SmallServer {
  std::vector<std::string> told;
  SmallTarget target;
  RecoveryReport report;
  std::unique_ptr<WalWriter> writer;
  File lock;
  std::unique_ptr<LogRecycler> recycler;
  std::unique_ptr<SnapshotWriter> snapshots;

  /// Opens the directory; with an archive if `archive_dir` names one. Null: `error` says why.
  static std::unique_ptr<SmallServer> open(FileIo& io, const std::string& archive_dir,
                                           RecoveryError& error);
  /// Appends up to `count` records, one block each, and makes them durable; fewer when the log fails.
  void append(FileIo& io, std::uint64_t count, std::uint64_t salt);
  /// Takes a snapshot of all, to the end; whether it counts. None when not all is durable.
  bool snapshot(std::uint64_t seed = 1);
  /// Leaves the files as they are: a crash or a kill comes.
  void drop();
};

/// As above, and a failed test with the reason if it does not open.
std::unique_ptr<SmallServer> must_serve(FileIo& io, const std::string& archive_dir = "");

[[nodiscard]] std::string snapshot_path(std::uint64_t position);

/// Of a writer on its own, in the test log's directory: it does a piece of its work at each `step`.
[[nodiscard]] SnapshotWriterOptions stepped_writer_options();

}  // namespace holdfast::persistence
