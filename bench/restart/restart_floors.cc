#include "bench/restart/restart_floors.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "bench/load/load_thread.h"
#include "bench/memory_ahead.h"
#include "engine/authorization_index.h"
#include "engine/index.h"
#include "engine/prefetch.h"
#include "engine/slots.h"
#include "engine/state_machine.h"
#include "persistence/engine_target.h"
#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::bench {
namespace {

using persistence::FileIo;
using persistence::Record;

template <class Work>
Result<double> timed(Work&& work) {
  const std::uint64_t start_ns = monotonic_ns();
  if (Result<void> done = work(); !done) return std::unexpected(done.error());
  return static_cast<double>(monotonic_ns() - start_ns) / 1e9;
}

Result<void> read_raw(const std::string& path) {
  constexpr std::size_t kPiece = 1024 * 1024;
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT);
  if (fd < 0 && errno == EINVAL) fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  const auto memory = persistence::allocate_aligned(kPiece);
  ssize_t count = 0;
  do {
    count = ::read(fd, memory.get(), kPiece);
  } while (count > 0);
  const int error_number = errno;
  ::close(fd);
  if (count == 0) return {};
  return std::unexpected(fmt::format("cannot read {}: {}", path, std::strerror(error_number)));
}

Result<void> read_verified(FileIo& io, const std::string& path,
                           persistence::SnapshotTarget* target) {
  const auto reading = persistence::read_snapshot(io, path, {}, {}, target, {},
                                                  persistence::ReadAheadMode::background);
  if (reading.io) return std::unexpected(reading.io->text());
  const bool is_good = reading.facts.body && (target == nullptr || reading.facts.loads);
  return is_good ? Result<void>() : std::unexpected(reading.finding.text());
}

/// The tables whose slots have keys, as the snapshot has them, and nothing built from them.
class KeysTarget final : public persistence::SnapshotTarget {
 public:
  std::optional<std::string> begin(const SnapshotPlan& plan) override {
    for (const SnapshotTableSize& size : plan.tables) {
      with(size.table, [&](auto& table) { table.restore(size.slots); });
    }
    return std::nullopt;
  }
  std::optional<std::string> add_page(SnapshotTable name, std::uint32_t page,
                                      std::span<const std::byte> bytes) override {
    with(name, [&](auto& table) { std::memcpy(table.page(page), bytes.data(), bytes.size()); });
    return std::nullopt;
  }
  std::optional<std::string> finish() override { return std::nullopt; }
  void discard() override {}

  /// Of the tables of this target, which outlives them.
  struct Indexes {
    explicit Indexes(const KeysTarget& keys)
        : accounts(keys.accounts_), cards(keys.cards_), requests(keys.requests_) {}
    Index<AccountSlot, &AccountSlot::id> accounts;
    Index<CardSlot, &CardSlot::token> cards;
    AuthorizationIndex authorizations;
    Index<RequestSlot, &RequestSlot::id> requests;
    [[nodiscard]] std::uint64_t size() const {
      return accounts.size() + cards.size() + authorizations.size() + requests.size();
    }
  };
  void build(Indexes& indexes) const {
    std::thread other([&] {
      for (SlotNumber i = 0; i < authorizations_.size(); ++i) {
        const AuthorizationId id = authorizations_[i].id;
        if (!id.is_zero()) static_cast<void>(indexes.authorizations.insert(id, i));
      }
      static_cast<void>(indexes.requests.insert_all(
          [this](SlotNumber number) { return !requests_[number].id.is_zero(); }));
    });
    const auto all = [](SlotNumber) { return true; };
    static_cast<void>(indexes.accounts.insert_all(all));
    static_cast<void>(indexes.cards.insert_all(all));
    other.join();
  }

 private:
  template <class Visit>
  void with(SnapshotTable name, Visit visit) {
    if (name == SnapshotTable::accounts) visit(accounts_);
    if (name == SnapshotTable::cards) visit(cards_);
    if (name == SnapshotTable::authorizations) visit(authorizations_);
    if (name == SnapshotTable::requests) visit(requests_);
  }
  SlotTable<AccountSlot> accounts_;
  SlotTable<CardSlot> cards_;
  SlotTable<AuthorizationSlot> authorizations_;
  SlotTable<RequestSlot> requests_;
};

Result<std::vector<Record>> read_log(FileIo& io, const std::string& dir, LogPosition after) {
  const auto identity = persistence::read_identity(io, dir);
  if (!identity) return std::unexpected(identity.error().text());
  persistence::WalReader reader(io, dir, identity->log_id, {.start_after = after});
  std::vector<Record> records;
  while (true) {
    switch (reader.next_block()) {
      case persistence::WalReader::Step::block: {
        const auto walked = persistence::for_each_record(reader.header(), reader.payload(),
                                                         [&](const Record& record) {
                                                           if (record.outcome.position > after)
                                                             records.push_back(record);
                                                           return true;
                                                         });
        if (!walked) return std::unexpected(walked.error());
        continue;
      }
      case persistence::WalReader::Step::end: return records;
      case persistence::WalReader::Step::damage: return std::unexpected(reader.damage().text());
      case persistence::WalReader::Step::error: return std::unexpected(reader.io_error().text());
    }
  }
}

Result<void> apply_all(StateMachine& engine, const std::vector<Record>& records) {
  std::uint64_t same = 0;  // keeps the answers from being thrown away unread
  PrefetchAhead ahead(engine);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ahead.before(i, records.size(),
                 [&records](std::size_t at) -> const Command& { return records[at].command; });
    const Outcome outcome = engine.apply(records[i].command, records[i].outcome.time);
    same += outcome.decision == records[i].outcome.decision ? 1 : 0;
  }
  if (same == records.size()) return {};
  return std::unexpected("a command was not decided as it was logged");
}

Result<void> put_out_of_cache(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(fmt::format("cannot open {}: {}", path, std::strerror(errno)));
  // Only clean pages leave the cache.
  const bool done = ::fdatasync(fd) == 0 && ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0;
  ::close(fd);
  return done ? Result<void>() : std::unexpected(fmt::format("cannot sync {}", path));
}

}  // namespace

Result<void> drop_from_page_cache(const std::string& dir) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    if (!entry.is_regular_file()) continue;
    if (auto dropped = put_out_of_cache(entry.path()); !dropped) return dropped;
  }
  if (error) return std::unexpected(fmt::format("cannot list {}: {}", dir, error.message()));
  return {};
}

namespace {

constexpr std::size_t kMemoryAheadBytes = std::size_t{32} << 20;  // as a server, unless it is told
constexpr std::size_t kPaymentBytes = 320;                        // that one adds, about

}  // namespace

Result<RestartFloors> measure_restart_floors(const std::string& dir) {
  const MemoryAhead memory_ahead(kMemoryAheadBytes);
  auto io = persistence::PosixFileIo::make();
  if (!io) return std::unexpected(io.error().text());
  const auto snapshots = persistence::list_snapshots(**io, dir);
  if (!snapshots) return std::unexpected(snapshots.error().text());
  if (snapshots->empty()) return std::unexpected(fmt::format("{} has no snapshot", dir));
  const std::string path = persistence::join_path(dir, snapshots->back().name);
  RestartFloors floors;
  floors.snapshot_bytes = std::filesystem::file_size(path);

  // Each on its own, with the files where a restart finds them.
  const auto measure = [&](double& seconds, const auto& work) -> Result<void> {
    if (auto dropped = drop_from_page_cache(dir); !dropped) return dropped;
    const auto took = timed(work);
    if (!took) return std::unexpected(took.error());
    seconds = *took;
    return {};
  };
  if (auto done = measure(floors.raw_read_seconds, [&] { return read_raw(path); }); !done) {
    return std::unexpected(done.error());
  }
  if (auto done =
          measure(floors.verified_read_seconds, [&] { return read_verified(**io, path, nullptr); });
      !done) {
    return std::unexpected(done.error());
  }
  {
    KeysTarget keys;
    if (auto read = read_verified(**io, path, &keys); !read) return std::unexpected(read.error());
    const auto indexes = std::make_unique<KeysTarget::Indexes>(keys);
    const std::uint64_t start_ns = monotonic_ns();
    keys.build(*indexes);
    floors.indexes_seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
    floors.index_keys = indexes->size();
  }
  StateMachine engine;
  persistence::EngineTarget target(engine);
  if (auto done = measure(floors.load_seconds, [&] { return read_verified(**io, path, &target); });
      !done) {
    return std::unexpected(done.error());
  }
  const auto records = read_log(**io, dir, engine.position());
  if (!records) return std::unexpected(records.error());
  // What is timed next shall not wait for memory.
  memory_ahead.wait_for(records->size() * kPaymentBytes);
  const auto applied = timed([&] { return apply_all(engine, *records); });
  if (!applied) return std::unexpected(applied.error());
  floors.commands = records->size();
  floors.apply_seconds = *applied;
  floors.position = engine.position();
  floors.digest = engine.digest();
  return floors;
}

}  // namespace holdfast::bench
