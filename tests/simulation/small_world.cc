#include "tests/simulation/small_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "persistence/recovery.h"
#include "persistence/testing/sim_file_io.h"
#include "tests/model/random_source.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/server.h"

namespace holdfast::simulation {
namespace {

using persistence::OpenLogOptions;
using persistence::Record;
using persistence::SimFileIo;

// Records follow from their position and from the life that wrote them: after a crash, another life
// writes other records to the same positions.
Record make_record(std::uint64_t position, std::uint64_t life) {
  Record record;
  record.command.kind = CommandKind::create_account;
  record.command.request_id = {.low = position, .high = life};
  record.command.create_account.account = {.low = position * 7 + life, .high = 1};
  record.outcome.ledger_balance = {static_cast<std::int64_t>(position * life)};
  record.outcome.position = {position};
  record.outcome.time = {position};
  return record;
}

bool is_record(const Record& found, std::uint64_t position, std::uint64_t life) {
  const Record made = make_record(position, life);
  return found.command.kind == made.command.kind &&
         found.command.request_id == made.command.request_id &&
         std::memcmp(found.command.body, made.command.body, sizeof(CreateAccount)) == 0 &&
         std::memcmp(&found.outcome, &made.outcome, sizeof made.outcome) == 0;
}

// What a workload leaves behind for the judge.
struct Past {
  std::vector<std::uint64_t> lives;  // [i]: who wrote position i + 1
  std::uint64_t durable = 0;
};

OpenLogOptions log_options() {
  OpenLogOptions options;
  options.dir = kDataDir;
  options.segment_bytes = limits::wal_segment_bytes_min;
  options.segments_spare = 1;
  options.segments_spare_max = 2;
  options.writes_in_flight = 3;
  options.write_beside_bytes = 0;
  options.layout = persistence::LayoutMode::on_demand;
  options.now = {42};
  options.new_log_id = LogId{.low = 1, .high = 2};
  return options;
}

class Life {
 public:
  Life(SimFileIo& io, Past& past, std::uint64_t number) : io_(io), past_(past), number_(number) {
    std::uint64_t last = 0;
    auto opened = persistence::open_log(io, log_options(),
                                        [&](const Command&, const Outcome& outcome) {
                                          last = outcome.position.value;
                                          return std::optional<std::string>();
                                        });
    if (!opened) {
      if (!io.power_is_cut()) {
        throw Violation("the workload cannot open its log: " + opened.error().text());
      }
      return;
    }
    past_.lives.resize(last);
    opened_.emplace(std::move(*opened));
    note();
  }
  ~Life() {
    if (!opened_) return;
    opened_->writer.reset();
    io_.close(opened_->lock);
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  [[nodiscard]] bool goes_on() const {
    return opened_ && !io_.power_is_cut() && log().state() != JournalState::failed;
  }
  void append(std::uint64_t records) {
    for (; records > 0 && goes_on(); --records) {
      while (goes_on() && log().state() != JournalState::ready) pump(true);
      if (!goes_on()) return;
      const std::uint64_t position = log().appended_through().value + 1;
      const Record record = make_record(position, number_);
      past_.lives.push_back(number_);
      log().append(record.command, record.outcome);
    }
  }
  void pump(bool wait) {
    if (!goes_on()) return;
    if (wait) io_.park(0);
    log().pump();
    note();
  }
  void flush() {
    pump(false);
    while (goes_on() && !log().is_idle()) pump(true);
  }
  void mark() {
    if (goes_on()) log().mark_durable();
  }
  void close() {
    if (!goes_on()) return;
    if (!log().close() && !io_.power_is_cut()) throw Violation("the log does not close");
    note();
  }

 private:
  [[nodiscard]] persistence::WalWriter& log() const { return *opened_->writer; }
  void note() { past_.durable = std::max(past_.durable, log().durable_through().value); }

  SimFileIo& io_;
  Past& past_;
  std::uint64_t number_;
  std::optional<persistence::OpenedLog> opened_;
};

// `kill` ends the process and with it the planned stop: plan the rest of it again.
void kill_and_go_on(SimFileIo& io, std::uint64_t stop_at) {
  io.kill();
  io.cut_power_after(stop_at - io.changes());
}

void first_steps(SimFileIo& io, Past& past, std::uint64_t stop_at) {
  {
    Life life(io, past, 1);
    life.append(3);
    life.flush();
    for (const std::uint64_t records : {1U, 60U, 2U}) {  // three writes side by side
      life.append(records);
      life.pump(false);
    }
    life.flush();
    life.mark();
    life.append(2);
    life.pump(false);
  }
  if (io.power_is_cut()) return;
  kill_and_go_on(io, stop_at);
  {
    Life life(io, past, 2);
    life.append(1);
    life.pump(false);
    life.append(30);
    life.flush();
    life.close();
  }
  if (io.power_is_cut()) return;
  kill_and_go_on(io, stop_at);
  Life life(io, past, 3);
  life.append(2);
  life.pump(false);
}

void segment_change(SimFileIo& io, Past& past, std::uint64_t stop_at) {
  constexpr std::uint64_t kSegmentRecords = 36'000;  // more than a segment holds
  {
    Life life(io, past, 1);
    life.append(kSegmentRecords);
    life.flush();
    life.append(kSegmentRecords);
    life.flush();
  }
  if (io.power_is_cut()) return;
  kill_and_go_on(io, stop_at);
  Life life(io, past, 2);
  life.append(40);
  life.flush();
  life.append(1);
  life.pump(false);
}

// Runs until operation `stop_at`; the disk is left as it is then, before the crash.
Past run_until(SmallWorkload workload, SimFileIo& io, std::uint64_t stop_at) {
  Past past;
  io.cut_power_after(stop_at);
  if (workload == SmallWorkload::first_steps) {
    first_steps(io, past, stop_at);
  } else {
    segment_change(io, past, stop_at);
  }
  return past;
}

// Counts through all answers that `crash` may get, the first question changing slowest.
class Odometer {
 public:
  std::uint64_t operator()(std::uint64_t options) {
    if (at_ == digits_.size()) digits_.push_back({0, options});
    digits_[at_].options = options;
    return digits_[at_++].value;
  }
  /// To the next combination; false after the last.
  bool next() {
    digits_.resize(at_);
    at_ = 0;
    while (!digits_.empty()) {
      if (++digits_.back().value < digits_.back().options) return true;
      digits_.pop_back();
    }
    return false;
  }

 private:
  struct Digit {
    std::uint64_t value = 0;
    std::uint64_t options = 0;
  };
  std::vector<Digit> digits_;
  std::size_t at_ = 0;
};

std::uint64_t recover(SimFileIo& io, const Past& past) {
  std::uint64_t last = 0;
  std::string wrong;
  const auto opened = persistence::open_log(
      io, log_options(), [&](const Command& command, const Outcome& outcome) {
        ++last;
        const bool known = last <= past.lives.size() &&
                           is_record({command, outcome}, last, past.lives[last - 1]);
        if (!known && wrong.empty()) {
          wrong = fmt::format("position {} is not what was written", last);
        }
        return std::optional<std::string>();
      });
  if (!opened) throw Violation("recovery refused: " + opened.error().text());
  if (!wrong.empty()) throw Violation(wrong);
  if (last < past.durable) {
    throw Violation(
        fmt::format("{} positions were durable, {} were recovered", past.durable, last));
  }
  return last;
}

// One state of the disk: recovered, and shown the same again after another crash.
void judge_state(SmallWorkload workload, std::uint64_t stop_at, const SimFileIo::Chooser& chooser) {
  SimFileIo io(1, {.delay_polls_max = 4});
  const Past past = run_until(workload, io, stop_at);
  io.set_chooser(chooser);
  io.crash();
  io.set_chooser({});
  const std::uint64_t shown = recover(io, past);
  io.crash();
  const std::uint64_t again = recover(io, past);
  if (again != shown) {
    throw Violation(
        fmt::format("the first start showed {} positions, the second {}", shown, again));
  }
}

std::uint64_t judge_point(SmallWorkload workload, std::uint64_t stop_at, std::uint64_t states_max,
                          model::RandomSource& random, bool& bounded) {
  Odometer odometer;
  std::uint64_t states = 0;
  do {
    if (states == states_max) {  // as many again, from all of them
      bounded = true;
      const auto draw = [&](std::uint64_t options) { return random.below(options); };
      for (; states < 2 * states_max; ++states) judge_state(workload, stop_at, draw);
      return states;
    }
    judge_state(workload, stop_at, [&](std::uint64_t options) { return odometer(options); });
    ++states;
  } while (odometer.next());
  return states;
}

}  // namespace

SmallWorldResult run_small_world(SmallWorkload workload, std::uint64_t states_max,
                                 std::uint64_t seed) {
  model::RandomSource random(seed);
  SmallWorldResult result;
  SimFileIo whole(1, {.delay_polls_max = 4});
  run_until(workload, whole, UINT32_MAX);
  const std::uint64_t operations = whole.changes();
  for (std::uint64_t stop_at = 0; stop_at <= operations; ++stop_at) {
    bool bounded = false;
    try {
      result.states += judge_point(workload, stop_at, states_max, random, bounded);
    } catch (const Violation& violation) {
      throw Violation(fmt::format("after operation {} of {}: {}", stop_at, operations,
                                  violation.what()));
    }
    ++result.crash_points;
    result.points_bounded += bounded ? 1 : 0;
  }
  return result;
}

}  // namespace holdfast::simulation
