#include "tests/persistence/snapshot_fixture.h"

#include <algorithm>
#include <cstring>

namespace holdfast::persistence {
namespace {

constexpr std::size_t kSlotsPerPage = kSnapshotPageBytes / SmallState::kSlotBytes;

std::uint64_t pages_for(std::uint64_t items, std::uint64_t per_page) {
  return (items + per_page - 1) / per_page;
}

// What a slot must hold; bytes that follow from position and salt.
std::byte slot_byte(std::uint64_t position, std::uint64_t salt, std::size_t at) {
  return static_cast<std::byte>(position * 7 + salt * 131 + at);
}

}  // namespace

std::string snapshot_path(std::uint64_t position) {
  return join_path(kDir, snapshot_name({position}));
}

SnapshotWriterOptions stepped_writer_options() {
  SnapshotWriterOptions options;
  options.mode = SnapshotWriterOptions::Mode::on_demand;
  options.dir = kDir;
  options.log_id = kTestLogId;
  return options;
}

SnapshotPlan SmallState::plan() const {
  return {.position = {salts.size()},
          .time = salts.empty() ? TimestampNs{} : make_outcome(salts.size()).time,
          .tables = {{.table = SnapshotTable::state, .slot_bytes = 1, .slots = 5, .pages = 1},
                     {.table = SnapshotTable::accounts,
                      .slot_bytes = kSlotBytes,
                      .slots = salts.size(),
                      .pages = pages_for(salts.size(), kSlotsPerPage)},
                     {.table = SnapshotTable::cards, .slot_bytes = 8, .slots = 0, .pages = 0}}};
}

void SmallState::fill(SnapshotPageName name, std::byte* page) const {
  std::memset(page, 0, kSnapshotPageBytes);
  if (name.table == SnapshotTable::state) {
    std::memcpy(page, "small", 5);
    return;
  }
  for (std::size_t i = 0; i < kSlotsPerPage; ++i) {
    const std::size_t slot = name.page * kSlotsPerPage + i;
    if (slot >= salts.size()) return;
    std::byte* bytes = page + i * kSlotBytes;
    for (std::size_t at = 8; at < kSlotBytes; ++at) bytes[at] = slot_byte(slot + 1, salts[slot], at);
    std::memcpy(bytes, &salts[slot], 8);
  }
}

bool feed(SnapshotSink& sink, const SmallState& state, std::uint64_t seed,
          const std::function<void()>& step) {
  const SnapshotPlan plan = state.plan();
  if (!sink.begin(plan)) return false;
  std::vector<SnapshotPageName> names;
  for (const SnapshotTableSize& table : plan.tables) {
    for (std::uint32_t page = 0; page < table.pages; ++page) {
      names.push_back({.table = table.table, .reserved = 0, .page = page});
    }
  }
  std::mt19937_64 random(seed);
  std::shuffle(names.begin(), names.end(), random);
  for (std::size_t next = 0; next < names.size();) {
    SnapshotPacket* packet = sink.take_packet(SnapshotPacketUse::in_turn);
    if (packet == nullptr) {
      step();
      continue;
    }
    const std::size_t room = 1 + random() % kSnapshotPagesPerPacket;
    while (packet->count < room && next < names.size() && !sink.has_failed()) {
      state.fill(names[next], packet->pages + packet->count * kSnapshotPageBytes);
      packet->names[packet->count++] = names[next++];
    }
    sink.put_packet(packet);
    if (sink.has_failed()) {
      sink.abandon("the sink has failed");
      return false;
    }
  }
  sink.finish();
  return true;
}

std::optional<std::string> SmallTarget::begin(const SnapshotPlan& plan) {
  plan_ = plan;
  state.salts.assign(plan.position.value, UINT64_MAX);
  return std::nullopt;
}

std::optional<std::string> SmallTarget::add_page(SnapshotTable table, std::uint32_t page,
                                                 std::span<const std::byte> bytes) {
  if (table != SnapshotTable::accounts) return std::nullopt;
  for (std::size_t i = 0; i < kSlotsPerPage; ++i) {
    const std::size_t slot = page * kSlotsPerPage + i;
    if (slot >= state.salts.size()) return std::nullopt;
    const auto from = bytes.subspan(i * SmallState::kSlotBytes, SmallState::kSlotBytes);
    std::memcpy(&state.salts[slot], from.data(), 8);
    for (std::size_t at = 8; at < from.size(); ++at) {
      EXPECT_EQ(from[at], slot_byte(slot + 1, state.salts[slot], at)) << "slot " << slot;
    }
  }
  return std::nullopt;
}

std::optional<std::string> SmallTarget::finish() {
  if (!objection.empty()) return objection;
  EXPECT_EQ(std::count(state.salts.begin(), state.salts.end(), UINT64_MAX), 0);
  return std::nullopt;
}

void SmallTarget::discard() {
  ++discarded;
  state.salts.clear();
}

std::unique_ptr<SmallServer> SmallServer::open(FileIo& io, const std::string& archive_dir,
                                               RecoveryError& error) {
  auto server = std::make_unique<SmallServer>();
  OpenLogOptions options = test_options();
  options.snapshots = &server->target;
  options.archive_dir = archive_dir;
  auto opened = open_log(io, options, [&](const Command&, const Outcome& outcome) {
    server->target.state.apply(outcome);
    return std::optional<std::string>();
  });
  if (!opened) {
    error = opened.error();
    return nullptr;
  }
  server->report = opened->report;
  server->writer = std::move(opened->writer);
  server->lock = opened->lock;
  const auto tell = [told = &server->told](const std::string& text) { told->push_back(text); };

  RecyclerOptions recycler{.dir = kDir,
                           .archive = std::nullopt,
                           .mode = LayoutMode::on_demand,
                           .retry_after_ns = 0,
                           .tell = [tell](bool, const std::string& text) { tell(text); }};
  if (!archive_dir.empty()) {
    const auto identity = read_identity(io, kDir);
    auto archive = identity ? SegmentArchive::open(io, archive_dir, *identity)
                            : IoResult<SegmentArchive>(std::unexpected(identity.error()));
    if (!archive) {
      error = {.kind = RecoveryError::Kind::io, .path = {}, .reason = archive.error().text(), .what_to_do = {}};
      return nullptr;
    }
    recycler.archive.emplace(std::move(*archive));
  }
  server->recycler = std::make_unique<LogRecycler>(server->writer->segments(), std::move(recycler));
  SnapshotWriterOptions snapshots = stepped_writer_options();
  snapshots.kept = server->report.kept_snapshots;
  snapshots.now = [] { return TimestampNs{77}; };
  snapshots.on_log_covered = [of = server->recycler.get()](LogPosition below) { of->recycle_below(below); };
  snapshots.tell = [tell](SnapshotEvent, std::string_view text) { tell(std::string(text)); };
  server->snapshots = std::make_unique<SnapshotWriter>(io, std::move(snapshots));
  return server;
}

void SmallServer::append(FileIo& io, std::uint64_t count, std::uint64_t salt) {
  for (std::uint64_t i = 0; i < count; ++i) {
    while (writer->state() == JournalState::busy) {
      if (writer->pump() == 0) io.park(1);
    }
    if (writer->state() != JournalState::ready) return;
    const std::uint64_t position = writer->appended_through().value + 1;
    const Outcome outcome = make_outcome(position, salt);
    writer->append(make_command(position, salt), outcome);
    target.state.apply(outcome);
    writer->pump();
    while (!writer->is_idle() && writer->state() != JournalState::failed) {
      io.park(1);
      writer->pump();
    }
  }
}

bool SmallServer::snapshot(std::uint64_t seed) {
  // As the core does: none is finished before the log has it all.
  if (writer->durable_through() < target.state.plan().position) return false;
  const std::uint64_t completed = snapshots->report().completed;
  const auto step = [this] { static_cast<void>(snapshots->step()); };
  static_cast<void>(feed(*snapshots, target.state, seed, step));
  while (snapshots->step()) {
  }
  return snapshots->report().completed > completed;
}

void SmallServer::drop() {
  snapshots.reset();
  recycler.reset();
  writer.reset();
}

std::unique_ptr<SmallServer> must_serve(FileIo& io, const std::string& archive_dir) {
  RecoveryError error;
  auto server = SmallServer::open(io, archive_dir, error);
  if (server == nullptr) {
    ADD_FAILURE() << error.text();
    throw std::runtime_error(error.text());
  }
  return server;
}

}  // namespace holdfast::persistence
