#include "bench/floors/floor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "bench/clock.h"
#include "bench/floors/durable_write.h"
#include "bench/floors/echo.h"
#include "bench/floors/group_commit.h"
#include "bench/pauses/gap_probe.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

constexpr double kDurationMax_s = 600;
constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kFileBytesMin = 4 * kMiB, kFileBytesMax = 1024 * kMiB;
/// A block of the log with a few requests, with a hundred, with five hundred.
constexpr std::array<std::size_t, 3> kGroupCommitKiB = {4, 16, 64};
constexpr std::uint64_t kEntriesMin = 1'000, kEntriesMax = 100'000'000;

/// One thing to measure for a while; called once a round.
using Slice = std::function<Result<void>(std::uint64_t duration_ns)>;

class Floors {
 public:
  explicit Floors(FloorReport& report) : report_(report) {}
  /// Makes the files and tables and the list of what to measure.
  Result<void> prepare();
  Result<void> run();

 private:
  Result<void> add_writes();
  Result<void> add_group_commits();
  Result<void> add_sequential_writes();
  void add_durable(DurableMethod method, DurableWriter writer);
  void add_echo(const EchoOptions& options, Histogram& latency_ns);
  void add_many_echo(const ManyEchoOptions& options, EchoesDone& done);
  Result<void> add_lookups(std::uint64_t entries);

  FloorReport& report_;
  std::unique_ptr<ScratchFile> direct_;
  std::unique_ptr<ScratchFile> buffered_;
  std::vector<Slice> slices_;
};

Result<void> Floors::prepare() {
  const FloorOptions& options = report_.options;
  auto direct = ScratchFile::make(options.data_dir, options.file_bytes);
  if (!direct) return std::unexpected(direct.error());
  auto buffered = ScratchFile::make(options.data_dir, options.file_bytes, true);
  if (!buffered) return std::unexpected(buffered.error());
  direct_ = std::make_unique<ScratchFile>(std::move(*direct));
  buffered_ = std::make_unique<ScratchFile>(std::move(*buffered));
  report_.is_direct = direct_->is_direct();
  if (const auto ring = BareRing::make(); !ring) report_.io_uring_refused = ring.error();
  if (auto added = add_writes(); !added) return added;
  add_echo({}, report_.echo_ns);
  add_echo({.waiting = Waiting::spinning}, report_.echo_server_spinning_ns);
  ScratchFile* const file = direct_.get();
  add_echo({.file = file, .method = DurableMethod::pwritev2_dsync},
           report_.echo_durable_pwritev2_ns);
  if (report_.io_uring_refused.empty()) {
    add_echo({.file = file}, report_.echo_durable_ns);
    add_echo({.waiting = Waiting::spinning, .file = file},
             report_.echo_durable_server_spinning_ns);
  }
  add_many_echo({.connections = 1}, report_.echo_one);
  add_many_echo({.connections = options.echo_connections}, report_.echo_many);
  add_many_echo({.connections = options.echo_connections, .file = file}, report_.echo_many_durable);
  for (const std::uint64_t entries : options.lookup_entries) {
    if (auto added = add_lookups(entries); !added) return added;
  }
  return {};
}

Result<void> Floors::add_writes() {
  const bool has_ring = report_.io_uring_refused.empty();
  report_.durable_write_ns.reserve(kDurableMethodNames.size());  // slices keep addresses
  for (std::size_t i = 0; i < kDurableMethodNames.size(); ++i) {
    const auto method = static_cast<DurableMethod>(i);
    if (!has_ring && method <= DurableMethod::io_uring_write_fdatasync) continue;
    const bool is_buffered = method == DurableMethod::buffered_pwrite_fdatasync;
    auto probe = DurableWriter::make(method, is_buffered ? *buffered_ : *direct_);
    if (!probe) return std::unexpected(probe.error());
    add_durable(method, std::move(*probe));
  }
  if (!has_ring) return {};
  if (auto added = add_group_commits(); !added) return added;
  return add_sequential_writes();
}

Result<void> Floors::add_group_commits() {
  report_.group_commit_ns.reserve(kGroupCommitKiB.size());
  for (const std::size_t kib : kGroupCommitKiB) {
    auto made = GroupCommitProbe::make(*direct_, kib * 1024);
    if (!made) return std::unexpected(made.error());
    const auto probe = std::make_shared<GroupCommitProbe>(std::move(*made));
    auto& waited = report_.group_commit_ns.emplace_back(fmt::format("{}k", kib), Histogram());
    slices_.push_back([probe, &waited](std::uint64_t duration_ns) {
      return probe->run(duration_ns, waited.second);
    });
  }
  return {};
}

Result<void> Floors::add_sequential_writes() {
  report_.sequential_write.reserve(4);
  for (const std::size_t write_bytes : {std::size_t{64} * 1024, std::size_t{256} * 1024}) {
    for (const bool is_dsync : {true, false}) {
      auto made = SequentialWriteProbe::make(*direct_, write_bytes, is_dsync);
      if (!made) return std::unexpected(made.error());
      const auto probe = std::make_shared<SequentialWriteProbe>(std::move(*made));
      auto& written = report_.sequential_write.emplace_back(
          fmt::format("{}k{}", write_bytes / 1024, is_dsync ? "_dsync" : ""), SequentialWritten{});
      slices_.push_back([probe, &written](std::uint64_t duration_ns) {
        return probe->run(duration_ns, written.second);
      });
    }
  }
  return {};
}

void Floors::add_many_echo(const ManyEchoOptions& options, EchoesDone& done) {
  slices_.push_back([options, &done](std::uint64_t duration_ns) {
    return run_many_echo(options, duration_ns, done);
  });
}

void Floors::add_durable(DurableMethod method, DurableWriter writer) {
  const auto kept = std::make_shared<DurableWriter>(std::move(writer));
  auto& latency = report_.durable_write_ns.emplace_back(
      kDurableMethodNames[static_cast<std::size_t>(method)], Histogram());
  slices_.push_back([kept, &latency](std::uint64_t duration_ns) {
    return kept->run(duration_ns, latency.second);
  });
}

void Floors::add_echo(const EchoOptions& options, Histogram& latency_ns) {
  slices_.push_back([options, &latency_ns](std::uint64_t duration_ns) {
    return run_echo(options, duration_ns, latency_ns);
  });
}

Result<void> Floors::add_lookups(std::uint64_t entries) {
  auto& [number, named] = report_.lookups.emplace_back(entries, Named<LookupsDone>{});
  named.reserve(4);
  for (const bool huge : {false, true}) {
    auto made = LookupTable::make(entries, huge);
    if (!made) return std::unexpected(made.error());
    const auto table = std::make_shared<LookupTable>(std::move(*made));
    const std::string suffix = huge ? "_huge_pages" : "";
    auto& dependent = named.emplace_back("dependent" + suffix, LookupsDone{});
    auto& prefetched = named.emplace_back("prefetched" + suffix, LookupsDone{});
    slices_.push_back([table, &dependent, &prefetched](std::uint64_t duration_ns) -> Result<void> {
      table->run_dependent(duration_ns / 2, dependent.second);
      table->run_prefetched(duration_ns / 2, prefetched.second);
      return {};
    });
  }
  return {};
}

Result<void> Floors::run() {
  const FloorOptions& options = report_.options;
  const double slice_s =
      options.duration_s / static_cast<double>(options.rounds * slices_.size());
  ProgressLine line;
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    line.show(fmt::format("round {} of {}", round + 1, options.rounds));
    for (const Slice& slice : slices_) {
      if (auto done = slice(static_cast<std::uint64_t>(slice_s * 1e9)); !done) return done;
    }
    if (options.pauses_s == 0) continue;
    const double looking_s = options.pauses_s / options.rounds;
    const auto looked =
        look_for_gaps(static_cast<std::uint64_t>(looking_s * 1e9), report_.pauses);
    if (!looked) return looked;
  }
  return {};
}

}  // namespace

std::string FloorOptions::check() const {
  if (!(duration_s > 0) || duration_s > kDurationMax_s) {
    return fmt::format("--duration must be above 0 and at most {} seconds", kDurationMax_s);
  }
  if (!(pauses_s >= 0) || pauses_s > kDurationMax_s) {
    return fmt::format("--pauses-duration must be 0 to {} seconds", kDurationMax_s);
  }
  if (rounds < 1 || rounds > 1'000) return "--rounds must be 1..1000";
  if (file_bytes < kFileBytesMin || file_bytes > kFileBytesMax || file_bytes % kMiB != 0) {
    return fmt::format("--file-mb must be {}..{}", kFileBytesMin / kMiB,
                       kFileBytesMax / kMiB);
  }
  if (echo_connections < 1 || echo_connections > kEchoConnectionsMax) {
    return fmt::format("--echo-connections must be 1..{}", kEchoConnectionsMax);
  }
  for (const std::uint64_t entries : lookup_entries) {
    if (entries < kEntriesMin || entries > kEntriesMax) {
      return fmt::format("--lookup-entries must be {}..{}, each", kEntriesMin, kEntriesMax);
    }
  }
  return "";
}

Result<FloorReport> measure_floors(const FloorOptions& options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  FloorReport report;
  report.options = options;
  report.machine = machine_facts();
  report.disk = disk_facts(options.data_dir);
  report.lookups.reserve(options.lookup_entries.size());
  Floors floors(report);
  if (auto prepared = floors.prepare(); !prepared) return std::unexpected(prepared.error());
  if (auto done = floors.run(); !done) return std::unexpected(done.error());
  return report;
}

}  // namespace holdfast::bench
