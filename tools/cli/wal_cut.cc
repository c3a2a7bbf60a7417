#include "tools/cli/wal_cut.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "persistence/posix_file_io.h"
#include "persistence/snapshot_format.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/report.h"
#include "tools/cli/wal_cut_loss.h"
#include "tools/cli/wal_log.h"
#include "tools/system_clock.h"

namespace holdfast::tools {
namespace {

namespace fs = std::filesystem;
using persistence::File;
using persistence::FileIo;
using persistence::IoResult;
using persistence::join_path;

template <class T>
T must(IoResult<T> result) {
  if (result) {
    if constexpr (!std::is_void_v<T>) {
      return std::move(*result);
    } else {
      return;
    }
  }
  throw Failure{
      .code = ExitCode::output,
      .kind = "output",
      .message = result.error().text(),
      .advice =
          "What was moved stands in the newest wal-cut-… of the directory; moved back, all "
          "is as before. The log is whole up to some position: holdfast wal ls tells which.",
      .request_id = {}};
}

class Lock {
 public:
  Lock(FileIo& io, const std::string& dir) : io_(io) {
    const auto names = io_.list(dir);
    if (!names) throw unreadable(names.error());
    const auto lock = io_.lock(join_path(dir, persistence::kLockName));
    if (lock) {
      file_ = *lock;
      return;
    }
    if (lock.error().error_number != EWOULDBLOCK) throw unreadable(lock.error());
    throw Failure{.code = ExitCode::unavailable,
                  .kind = "locked",
                  .message = fmt::format("{}: a server uses this directory", dir),
                  .advice = "Stop it first; a log is cut only while nobody writes it.",
                  .request_id = {}};
  }
  ~Lock() { io_.close(file_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  FileIo& io_;
  File file_;
};

// What would be lost ----------------------------------------------------------------------------

std::string sums_text(const std::map<std::uint16_t, std::int64_t>& sums) {
  std::string text;
  for (const auto& [currency, minor] : sums) {
    text += text.empty() ? "" : ", ";
    text += amount_text(Money{minor}, CurrencyCode{currency});
  }
  return text.empty() ? "none" : text;
}

std::vector<std::vector<Field>> sums_json(const std::map<std::uint16_t, std::int64_t>& sums) {
  std::vector<std::vector<Field>> rows;
  for (const auto& [currency, minor] : sums) {
    rows.push_back(
        {currency_field("currency", "", CurrencyCode{currency}), {"amount", minor, "", ""}});
  }
  return rows;
}

Report loss_report(const WalCutOptions& options, const CutPlan& plan) {
  const CutLoss& loss = plan.loss;
  Report report;
  report.headline = fmt::format("{} records behind position {} of {}", count_text(loss.records),
                                options.after.value, options.dir);
  report.add_json("dir", options.dir);
  report.add_json("after", options.after.value);
  report.add("records", loss.records, "records", count_text(loss.records));
  report.add("unreadable", loss.unreadable, loss.unreadable > 0 ? "unreadable" : "",
             count_text(loss.unreadable));
  report.add("position_first", loss.first.value, "positions",
             fmt::format("{} to {}", loss.first.value, loss.last.value));
  report.add_json("position_last", loss.last.value);
  report.fields.push_back(time_field("time_first", "from", loss.first_time));
  report.fields.push_back(time_field("time_last", "to", loss.last_time));
  std::string kinds;
  std::vector<Field> kind_fields;
  for (const auto& [kind, count] : loss.kinds) {
    kinds +=
        fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count_text(count), command_name(kind));
    kind_fields.push_back({std::string(command_name(kind)), count, "", ""});
  }
  report.add("commands", std::move(kind_fields), kinds.empty() ? "" : "commands", kinds);
  report.add("authorizations", loss.authorizations, "authorizations",
             loss.authorizations == 0
                 ? std::string("0")
                 : fmt::format("{} (ids {} to {}: they will be given again, to other payments)",
                               count_text(loss.authorizations), loss.authorization_first.value,
                               loss.authorization_last.value));
  report.add_json("authorization_first", loss.authorization_first.value);
  report.add_json("authorization_last", loss.authorization_last.value);
  report.add("approved", sums_json(loss.approved), "approved", sums_text(loss.approved));
  report.add("moved", sums_json(loss.moved), "moved", sums_text(loss.moved));
  for (const std::string& line : loss.last_answers) report.add_text("last answers", line);
  for (const std::string& line : loss.damage) report.add_text("damage", line);
  return report;
}

/// The operator's word, on a terminal or by option.
void ask(const WalCutOptions& options, const CutPlan& plan) {
  const std::uint64_t records = plan.loss.records;
  if (options.yes_lose) {
    if (*options.yes_lose == records) return;
    throw Failure{.code = ExitCode::usage,
                  .kind = "usage",
                  .message = fmt::format(
                      "--yes-lose {} was given, but {} records would be lost: nothing is cut",
                      *options.yes_lose, records),
                  .advice = "Look at what is lost, and give the number that it tells.",
                  .request_id = {}};
  }
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1) {
    fail_usage(fmt::format("{} records would be lost: nothing is cut without your word", records),
               fmt::format("Run it on a terminal, or give --yes-lose {}.", records));
  }
  fmt::print(stderr,
             "\nThese answers were given to gateways; after the cut nobody remembers them.\n"
             "Type the position to cut after ({}), or anything else to leave all as it is: ",
             options.after.value);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == std::to_string(options.after.value)) return;
  throw Failure{.code = ExitCode::not_so,
                .kind = "not_confirmed",
                .message = "nothing is cut",
                .advice = {},
                .request_id = {}};
}

// The cut ---------------------------------------------------------------------------------------

class Cutter {
 public:
  Cutter(FileIo& io, const WalCutOptions& options, const CutPlan& plan)
      : io_(io), dir_(options.dir), after_(options.after), plan_(plan) {}

  /// Where the copy is.
  std::string run() {
    make_copy_directory();
    const std::vector<std::string> behind = names_behind();
    for (const std::string& name : behind) {
      must(io_.rename(join_path(dir_, name), join_path(copy_, name)));
      must(io_.sync_directory(copy_));
      must(io_.sync_directory(dir_));
    }
    shorten_segment();
    return copy_;
  }

 private:
  void make_copy_directory() {
    std::string stamp = time_text(SystemClock().now());
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':' || c == '.'; });
    copy_ = join_path(dir_, "wal-cut-" + stamp);
    must(io_.make_directories(copy_));
    must(io_.sync_directory(dir_));
    std::error_code error;
    fs::copy_file(join_path(dir_, persistence::kIdentityName),
                  join_path(copy_, persistence::kIdentityName), error);
    if (error) {
      must(IoResult<void>(std::unexpected(
          persistence::make_io_error(copy_, "copy the identity into", error.value()))));
    }
  }

  /// Snapshots that know more than is kept, then segments, the last first.
  std::vector<std::string> names_behind() {
    std::vector<std::string> names;
    for (const std::string& name : must(io_.list(dir_))) {
      const auto position = persistence::parse_snapshot_name(name);
      if (position && *position > after_) names.push_back(name);
    }
    const auto segments = must(persistence::list_segments(io_, dir_));
    for (auto at = segments.rbegin(); at != segments.rend(); ++at) {
      if (at->number > plan_.segment_number) names.push_back(at->name);
    }
    return names;
  }

  void shorten_segment() {
    const std::string name = persistence::segment_name(plan_.segment_number);
    const std::string path = join_path(dir_, name);
    const std::string temporary = path + std::string(persistence::kTemporarySuffix);
    write_shortened(path, temporary);
    std::error_code error;
    fs::create_hard_link(path, join_path(copy_, name), error);
    if (error) fs::copy_file(path, join_path(copy_, name), error);  // no links on this volume
    if (error) {
      must(IoResult<void>(
          std::unexpected(persistence::make_io_error(path, "keep a copy of", error.value()))));
    }
    const File kept = must(io_.open(join_path(copy_, name), persistence::OpenMode::read));
    must(io_.sync(kept));
    io_.close(kept);
    must(io_.sync_directory(copy_));
    must(io_.rename(temporary, path));
    must(io_.sync_directory(dir_));
  }

  /// The front of the segment, the shortened block if there is one, zeroes to the old length.
  void write_shortened(const std::string& from_path, const std::string& to_path) {
    constexpr std::size_t kPieceBytes = 1 << 20;
    static_assert(kPieceBytes >= limits::wal_block_bytes_max);
    const persistence::AlignedBytes memory = persistence::allocate_aligned(kPieceBytes);
    const File from = must(io_.open(from_path, persistence::OpenMode::read));
    const File to = must(io_.open(to_path, persistence::OpenMode::create));
    // A file that was cut short gets a length that a server gives one.
    const std::uint64_t bytes = std::max(must(io_.size(from)) / limits::wal_sector_bytes *
                                             limits::wal_sector_bytes,
                                         plan_.identity.segment_bytes);
    std::uint64_t at = 0;
    while (at < plan_.offset) {
      const std::size_t count = std::min<std::uint64_t>(kPieceBytes, plan_.offset - at);
      static_cast<void>(must(io_.read_at(from, at, {memory.get(), count})));
      must(io_.write_at(to, at, {memory.get(), count}));
      at += count;
    }
    if (!plan_.shortened_payload.empty()) {
      std::memcpy(memory.get() + sizeof(persistence::BlockHeader), plan_.shortened_payload.data(),
                  plan_.shortened_payload.size());
      persistence::BlockHeader header = plan_.shortened;
      const std::size_t count = persistence::seal_block({memory.get(), kPieceBytes}, header);
      must(io_.write_at(to, at, {memory.get(), count}));
      at += count;
    }
    const std::uint64_t end = at;
    std::memset(memory.get(), 0, kPieceBytes);
    while (at < bytes) {
      const std::size_t count = std::min<std::uint64_t>(kPieceBytes, bytes - at);
      must(io_.write_at(to, at, {memory.get(), count}));
      at += count;
    }
    must(io_.sync(to));
    io_.close(from);
    io_.close(to);
    if (end == bytes) make_next_segment(bytes);
  }

  /// A full segment has one behind it, always.
  void make_next_segment(std::uint64_t bytes) {
    const std::uint64_t number = plan_.segment_number + 1;
    io_.close(must(persistence::lay_out_segment(io_, dir_, number, bytes)));
    must(persistence::name_segment(io_, dir_, number));
  }

  FileIo& io_;
  const std::string dir_;
  const LogPosition after_;
  const CutPlan& plan_;
  std::string copy_;
};

/// What is kept must be something that a server starts on.
void check_beginning(FileIo& io, const WalCutOptions& options, const CutPlan& plan) {
  if (plan.log_first.value <= 1) return;
  for (const std::string& name : must(io.list(options.dir))) {
    const auto position = persistence::parse_snapshot_name(name);
    if (position && *position <= options.after && position->next() >= plan.log_first) return;
  }
  throw Failure{
      .code = ExitCode::not_so,
      .kind = "no_beginning",
      .message = fmt::format("{} begins with position {}, and no snapshot there is of a position "
                             "from {} to {}: no server could start on what is left",
                             options.dir, plan.log_first.value, plan.log_first.value - 1,
                             options.after.value),
      .advice =
          "Cut behind the oldest snapshot, or bring the older segments back from "
          "the archive first.",
      .request_id = {}};
}

}  // namespace

ExitCode wal_cut(const Globals& globals, const WalCutOptions& options) {
  const auto io = persistence::PosixFileIo::make();
  if (!io) throw unreadable(io.error());
  // Says what is missing before a lock file is made in a directory of something else.
  static_cast<void>(WalLog(options.dir));
  const Lock lock(**io, options.dir);
  const CutPlan plan = plan_cut(**io, options.dir, options.after);
  if (plan.loss.records == 0 && plan.loss.damage.empty()) {
    throw not_found(fmt::format("the log of {} ends at position {}: there is nothing to cut",
                                options.dir, options.after.value),
                    "A torn tail is cut by the server itself when it starts.");
  }
  check_beginning(**io, options, plan);
  Report report = loss_report(options, plan);
  if (!globals.json) print_text(report.human());
  std::fflush(stdout);
  ask(options, plan);
  const std::string copy = Cutter(**io, options, plan).run();
  if (globals.json) {
    report.add_json("copy", copy);
    print_text(report.json());
  } else {
    print_text(fmt::format("cut: the log now ends at position {}; what was cut is in {}\n",
                           options.after.value, copy));
  }
  return ExitCode::ok;
}

void add_cut(CLI::App& group, Action& action) {
  CLI::App* command = group.add_subcommand(
      "cut", "Take the end off the log of a stopped server, after telling what is lost");
  auto options = std::make_shared<WalCutOptions>();
  command->add_option("DIR", options->dir, "Data directory of a stopped server")
      ->required()
      ->type_name("");
  add_position(*command, "--after", options->after, "Last position that is kept")->required();
  add_parsed(
      *command, "--yes-lose", options->yes_lose,
      [](const std::string& text) -> std::expected<std::optional<std::uint64_t>, std::string> {
        const auto parsed =
            parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(), "a count");
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      "Do not ask: N is the number of records that are lost", "N");
  add_examples(*command, {"holdfast wal cut DIR --after 605590",
                          "holdfast wal cut DIR --after 605590 --yes-lose 4"});
  on_run(*command, action, [options](const Globals& g) { return wal_cut(g, *options); });
}

}  // namespace holdfast::tools
