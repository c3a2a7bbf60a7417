// Writes the files of today's formats, to be kept in tests/data/formats.
//
//   make_format_files tests/data/formats/v2 "2026-11-26, Holdfast 0.1.0"
//
// A small random world with every kind of command: a log of two segments, blocks with one record
// and with several, restarts, two snapshots, and the first segment let go to the archive.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>
#include <vector>

#include "bench/load/acked_file.h"
#include "engine/snapshot_capture.h"
#include "engine/state_machine.h"
#include "persistence/log_recycler.h"
#include "persistence/posix_file_io.h"
#include "persistence/recovery.h"
#include "persistence/segments.h"
#include "persistence/snapshot_writer.h"
#include "tests/formats/format_files.h"
#include "tests/model/random_commands.h"
#include "tests/process/server_process.h"

namespace holdfast::test {
namespace {

namespace fs = std::filesystem;
using persistence::SnapshotWriter;

constexpr std::uint64_t kBlocksOfSegment = limits::wal_segment_bytes_min / limits::wal_sector_bytes;
constexpr std::uint64_t kBlocks = kBlocksOfSegment + 45;
constexpr std::uint64_t kRoundsBetweenRestarts = 10;
constexpr std::uint64_t kSeeds = 200;  // to choose from
constexpr std::uint64_t kCommandsMax = 2'000;
constexpr std::uint64_t kRestartTimeNs = 1'795'132'800 * kNsPerSecond;
constexpr LogId kLogId{.low = 0x1122'3344'5566'7788, .high = 0x99AA'BBCC'DDEE'FF00};

constexpr CommandKind kAllKinds[] = {
#define HOLDFAST_COMMAND_KIND(name, number, type, member) CommandKind::name,
    HOLDFAST_COMMANDS(HOLDFAST_COMMAND_KIND)
#undef HOLDFAST_COMMAND_KIND
};

[[noreturn]] void stop(const std::string& why) { throw std::runtime_error(why); }

model::WorldShape shape() {
  model::WorldShape shape;
  shape.name = "formats";
  shape.accounts = 12;
  shape.cards = 16;
  shape.odd_fields = 0;
  shape.reuses = 0;
  // The acknowledged answers must be remembered as long as the files are read.
  shape.request_retention_s = 0xFFFF'FFFF;
  return shape;
}

/// How many commands a world makes until every kind was logged.
std::uint64_t commands_for_all_kinds(std::uint64_t seed) {
  StateMachine engine;
  model::RandomCommands commands(seed, shape());
  std::set<CommandKind> kinds;
  const auto apply = [&](const Command& command) {
    const Outcome outcome = engine.apply(command, commands.now());
    commands.observe(command, outcome);
    if (engine.must_log(outcome)) kinds.insert(command.kind);
  };
  std::uint64_t made = 0;
  for (; made < kCommandsMax && kinds.size() < std::size(kAllKinds); ++made) {
    const Command command = commands.next();
    std::vector<Command> due;
    static_cast<void>(engine.expiries_due(commands.now(), 16, due));
    for (const Command& expiry : due) apply(expiry);
    apply(command);
  }
  return made;
}

struct World {
  std::uint64_t seed = 0;
  std::uint64_t commands = kCommandsMax;
};

/// The one that needs the fewest: the files are kept for ever, and should be small.
World choose_world() {
  World best;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::uint64_t commands = commands_for_all_kinds(seed);
    if (commands < best.commands) best = {.seed = seed, .commands = commands};
  }
  fmt::print("every kind within {} commands of seed {}\n", best.commands, best.seed);
  return best;
}

class Maker {
 public:
  Maker(const std::string& data, const std::string& archive, const std::string& acked)
      : data_(data), archive_(archive) {
    io_ = persistence::PosixFileIo::make().value();
    auto file = bench::AckedFile::create(acked, {});
    if (!file) stop(file.error());
    acked_file_ = std::move(*file);
    acked_ = std::make_unique<bench::AckedWriter>(*acked_file_);
    open();
  }

  ExpectedOfFormat make() {
    for (std::uint64_t round = 0; made_ < world_.commands; ++round) {
      step_round(round);
      if (round % kRoundsBetweenRestarts == 0) restart();
    }
    // A restart writes a block without records: cheap to keep, and many incarnations to read.
    while (blocks() < kBlocksOfSegment + 5) restart();
    for (std::uint64_t round = 0; blocks() < kBlocks; ++round) {
      step_round(round);
      const std::uint64_t done = blocks();
      if (expected_.snapshots.empty() && done > kBlocksOfSegment + 15) snapshot();
      if (expected_.snapshots.size() == 1 && done > kBlocksOfSegment + 30) snapshot();
    }
    for (const CommandKind kind : kAllKinds) {
      if (!kinds_.contains(kind)) {
        stop(fmt::format("no {} was logged: take another seed", command_name(kind)));
      }
    }
    expected_.log_id = kLogId;
    expected_.positions = engine_.position().value;
    expected_.digest = engine_.digest();
    close();
    if (auto flushed = acked_->flush(); !flushed) stop(flushed.error());
    return expected_;
  }

 private:
  [[nodiscard]] std::uint64_t blocks() const { return blocks_before_ + writer_->counters().blocks; }

  void open() {
    persistence::OpenLogOptions options;
    options.dir = data_;
    options.segment_bytes = limits::wal_segment_bytes_min;
    options.now = {kRestartTimeNs};
    options.new_log_id = kLogId;
    options.layout = persistence::LayoutMode::on_demand;
    options.archive_dir = archive_;
    auto opened = persistence::open_log(*io_, options, [](const Command&, const Outcome&) {
      return std::optional<std::string>();
    });
    if (!opened) stop(opened.error().text());
    writer_ = std::move(opened->writer);
    lock_ = opened->lock;
    persistence::RecyclerOptions recycler;
    recycler.dir = data_;
    recycler.mode = persistence::LayoutMode::on_demand;
    auto archive = persistence::SegmentArchive::open(
        *io_, archive_, persistence::read_identity(*io_, data_).value());
    if (!archive) stop(archive.error().text());
    recycler.archive.emplace(std::move(*archive));
    recycler.tell = [](bool is_trouble, const std::string& text) {
      if (is_trouble) stop(text);
    };
    recycler_ =
        std::make_unique<persistence::LogRecycler>(writer_->segments(), std::move(recycler));
    flush();
  }

  void close() {
    recycler_.reset();
    if (!writer_->close()) stop(writer_->failure());
    blocks_before_ = blocks();
    writer_.reset();
    io_->close(lock_);
  }

  void restart() {
    close();
    open();
  }

  // Every third time several records in a block; every fourth a block without any behind it.
  void step_round(std::uint64_t round) {
    for (std::uint64_t i = 0; i < (round % 3 == 0 ? 3 : 1); ++i) step();
    flush();
    if (round % 4 != 0) return;
    writer_->note_idle();
    flush();
  }

  void flush() {
    do {
      static_cast<void>(writer_->pump());
    } while (!writer_->is_idle());
  }

  void step() {
    const Command command = commands_.next();
    ++made_;
    std::vector<Command> due;
    static_cast<void>(engine_.expiries_due(commands_.now(), 16, due));
    for (const Command& expiry : due) apply(expiry);
    apply(command);
  }

  void apply(const Command& command) {
    const Outcome outcome = engine_.apply(command, commands_.now());
    commands_.observe(command, outcome);
    if (!engine_.must_log(outcome)) return;
    while (writer_->state() != JournalState::ready) {
      if (writer_->state() == JournalState::failed) stop(writer_->failure());
      static_cast<void>(writer_->pump());
    }
    writer_->append(command, outcome);
    kinds_.insert(command.kind);
    if (command.request_id.is_zero() || !seen_.insert(command.request_id).second) return;
    if (auto added = acked_->add(command, outcome); !added) stop(added.error());
    ++expected_.acked;
  }

  void snapshot() {
    persistence::SnapshotWriterOptions options;
    options.mode = persistence::SnapshotWriterOptions::Mode::on_demand;
    options.dir = data_;
    options.log_id = kLogId;
    options.now = [this] { return commands_.now(); };
    for (const auto& [position, digest] : expected_.snapshots) options.kept.push_back({position});
    options.on_log_covered = [this](LogPosition below) { recycler_->recycle_below(below); };
    options.tell = [](persistence::SnapshotEvent event, std::string_view text) {
      if (event != persistence::SnapshotEvent::counts) stop(std::string(text));
    };
    SnapshotWriter writer(*io_, options);
    if (!engine_.begin_snapshot(writer)) stop("no snapshot begins");
    const auto work = [&] {
      while (writer.step()) {
      }
    };
    while (engine_.copy_for_snapshot(64).phase == SnapshotPhase::copying) work();
    engine_.finish_snapshot();
    work();
    expected_.snapshots[engine_.position().value] = engine_.digest();
  }

  const std::string data_;
  const std::string archive_;
  std::unique_ptr<persistence::PosixFileIo> io_;
  std::unique_ptr<bench::AckedFile> acked_file_;
  std::unique_ptr<bench::AckedWriter> acked_;
  std::unique_ptr<persistence::WalWriter> writer_;
  std::unique_ptr<persistence::LogRecycler> recycler_;
  persistence::File lock_;
  StateMachine engine_;
  const World world_ = choose_world();
  model::RandomCommands commands_{world_.seed, shape()};
  std::uint64_t made_ = 0;
  std::set<CommandKind> kinds_;
  std::set<RequestId> seen_;
  std::uint64_t blocks_before_ = 0;
  ExpectedOfFormat expected_;
};

// A segment of the data directory that is an archived one under a new name, to be used again.
std::string twin_in_archive(const fs::directory_entry& file, const std::string& root) {
  if (file.path().parent_path().filename() != "data" || file.path().extension() != ".log") {
    return "";
  }
  for (const auto& archived : fs::directory_iterator(root + "/archive")) {
    if (archived.path().extension() == ".log" &&
        read_whole(archived.path()) == read_whole(file.path())) {
      return fs::relative(archived.path(), root);
    }
  }
  return "";
}

void make(const std::string& target, const std::string& made) {
  if (fs::exists(target)) stop(target + " is there already: formats are kept, not made anew");
  const TemporaryDirectory scratch;
  const std::string root = scratch.path();
  ExpectedOfFormat expected = Maker(root + "/data", root + "/archive", root + "/acked").make();
  expected.made = made;
  const ProcessResult dump = run_program(
      "holdfast", {"wal", "dump", root + "/data", "--archive-dir", root + "/archive", "--json"});
  if (dump.exit_code != 0) stop(dump.err);
  std::ofstream(root + "/dump.jsonl") << dump.out;

  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const fs::path path = fs::relative(entry.path(), root);
    if (!entry.is_regular_file() || path.filename() == "LOCK") continue;
    if (const std::string same = twin_in_archive(entry, root); !same.empty()) {
      expected.copies[path.string()] = same;
      continue;
    }
    const fs::path packed = fs::path(target) / (path.string() + ".zst");
    fs::create_directories(packed.parent_path());
    pack_file(entry.path(), packed);
    bytes += fs::file_size(packed);
    fmt::print("{:>8} {}\n", fs::file_size(packed), packed.string());
  }
  std::ofstream(target + "/expected.json") << to_json(expected).dump(2) << "\n";
  fmt::print("{} positions, {} snapshots, {} bytes in all\n", expected.positions,
             expected.snapshots.size(), bytes);
}

}  // namespace
}  // namespace holdfast::test

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: make_format_files DIRECTORY \"DAY, HOLDFAST VERSION\"\n");
    return 64;
  }
  try {
    holdfast::test::make(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make_format_files: %s\n", error.what());
    return 1;
  }
  return 0;
}
