#include "bench/traces/wal_drive.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

#include "bench/clock.h"
#include "bench/load/acked_file.h"
#include "bench/pipeline.h"
#include "bench/report/progress.h"
#include "bench/setup.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kErrorTextsMax = 10;
constexpr std::uint64_t kProgressCommands = 4096;

class WalDriver {
 public:
  WalDriver(const WalTrace& trace, double speed, net::Client& client, std::size_t in_flight,
            AckedWriter* acked, WalDriveReport& report)
      : trace_(trace),
        speed_(speed),
        acked_(acked),
        report_(report),
        told_(trace.accounts.size()),
        pipeline_(client, in_flight,
                  [this](std::uint64_t tag, const net::ClientReply& reply) -> Result<void> {
                    const auto outcome = outcome_of(reply);
                    if (!outcome) return std::unexpected(outcome.error());
                    return answered(trace_.commands[tag], **outcome);
                  }) {}

  Result<void> run() {
    ProgressLine line;
    start_ns_ = monotonic_ns();
    for (std::size_t i = 0; i < trace_.commands.size(); ++i) {
      const RecordedCommand& recorded = trace_.commands[i];
      if (speed_ > 0) {
        if (auto due = pipeline_.wait_until(due_ns(recorded)); !due) return at_command(i, due);
      }
      if (auto sent = pipeline_.send(recorded.command, i); !sent) return at_command(i, sent);
      if (i % kProgressCommands == 0) {
        line.show(fmt::format("{} of {} commands", with_thousands(std::uint64_t{i}),
                              with_thousands(std::uint64_t{trace_.commands.size()})));
      }
    }
    return pipeline_.finish();
  }

  /// Each account that answers told of holds what the last of them said.
  Result<void> check_ledgers(net::Client& client) {
    std::vector<AccountId> accounts;
    std::vector<Money> wanted;
    for (std::size_t i = 0; i < told_.size(); ++i) {
      if (!told_[i] || trace_.settles_unseen[i]) continue;
      accounts.push_back(trace_.accounts[i]);
      wanted.push_back(*told_[i]);
    }
    report_.accounts_judged = accounts.size();
    const auto balances = read_balances(client, accounts);
    if (!balances) return std::unexpected(balances.error());
    for (std::size_t i = 0; i < accounts.size(); ++i) {
      if ((*balances)[i].ledger == wanted[i]) continue;
      error(fmt::format("account {}: the last answer about it told a ledger of {}, it holds {}",
                        tools::id_text(accounts[i]), wanted[i].minor,
                        (*balances)[i].ledger.minor));
    }
    return {};
  }

 private:
  static Result<void> at_command(std::size_t index, const Result<void>& failed) {
    return std::unexpected(fmt::format("at command {}: {}", index + 1, failed.error()));
  }
  [[nodiscard]] std::uint64_t due_ns(const RecordedCommand& recorded) const {
    return start_ns_ +
           static_cast<std::uint64_t>(static_cast<double>(recorded.recorded_ns) / speed_);
  }

  Result<void> answered(const RecordedCommand& recorded, const Outcome& outcome) {
    if (speed_ > 0) report_.latency_ns.record(monotonic_ns() - due_ns(recorded));
    if (acked_ != nullptr) {
      if (auto added = acked_->add(recorded.command, outcome); !added) return added;
    }
    const bool repeated = (outcome.flags & kOutcomeRepeated) != 0;
    const bool approved = is_approval(outcome.decision);
    if (repeated) ++report_.repeated;
    if (approved) ++report_.approved;
    judge(recorded, outcome, repeated, approved);
    if (outcome.decision != recorded.decision) {
      ++report_.otherwise[{recorded.decision, outcome.decision}];
    } else if (outcome.amount == recorded.amount) {
      ++report_.as_recorded;
    }
    // A repeat tells the ledger of its first time.
    if (approved && !repeated) {
      tell(recorded.account, outcome.ledger_balance);
      tell(recorded.counterparty, outcome.counterparty_balance);
    }
    return {};
  }

  void judge(const RecordedCommand& recorded, const Outcome& outcome, bool repeated,
             bool approved) {
    const auto wrong = [&](std::string_view what) {
      error(fmt::format("{} with request id {}: {}", command_name(recorded.command.kind),
                        tools::id_text(recorded.command.request_id), what));
    };
    if (!decision_info(outcome.decision)) return wrong("the decision is none that Holdfast gives");
    if (!approved && outcome.amount.minor != 0) return wrong("declined, but with an amount");
    if (approved && outcome.position.is_zero()) return wrong("approved without a log position");
    if (!repeated && !outcome.position.is_zero()) {
      if (outcome.position <= last_position_) return wrong("the log position does not rise");
      last_position_ = outcome.position;
    }
  }

  void tell(std::uint32_t account, Money ledger) {
    if (account != kNoAccount) told_[account] = ledger;
  }

  void error(std::string text) {
    ++report_.errors;
    if (report_.error_texts.size() < kErrorTextsMax) {
      report_.error_texts.push_back(std::move(text));
    }
  }

  const WalTrace& trace_;
  double speed_;
  AckedWriter* acked_;
  WalDriveReport& report_;
  std::vector<std::optional<Money>> told_;  // by account: its ledger by the last answer about it
  LogPosition last_position_;
  std::uint64_t start_ns_ = 0;
  Pipeline pipeline_;
};

}  // namespace

Result<WalDriveReport> drive_wal(const WalDriveOptions& options) {
  const auto trace = load_wal_trace(options.dir, options.archive_dir);
  if (!trace) return std::unexpected(trace.error());
  if (trace->commands.empty()) {
    return std::unexpected(fmt::format("the log of {} has no command to send", options.dir));
  }
  auto client = connect_to(options.endpoint, "holdfast-bench/drive");
  if (!client) return std::unexpected(client.error());
  WalDriveReport report;
  report.dir = options.dir;
  report.records = trace->records;
  report.left_out_own = trace->left_out_own;
  report.left_out_unknown = trace->left_out_unknown;
  report.renamed = trace->renamed;
  report.sent = trace->commands.size();
  report.accounts = trace->accounts.size();
  report.speed = options.speed;
  report.recorded_seconds = static_cast<double>(trace->commands.back().recorded_ns) / 1e9;
  std::unique_ptr<AckedFile> acked_file;
  std::optional<AckedWriter> acked;
  if (!options.acked_file.empty()) {
    auto created = AckedFile::create(options.acked_file, {});
    if (!created) return std::unexpected(created.error());
    acked_file = std::move(*created);
    acked.emplace(*acked_file);
  }
  const std::uint64_t start_ns = monotonic_ns();
  WalDriver driver(*trace, options.speed, *client, options.in_flight, acked ? &*acked : nullptr,
                   report);
  const auto driven = driver.run();
  report.seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  if (acked) {
    if (auto flushed = acked->flush(); !flushed) return std::unexpected(flushed.error());
  }
  if (!driven) return std::unexpected(driven.error());
  if (auto checked = driver.check_ledgers(*client); !checked) {
    return std::unexpected(checked.error());
  }
  const auto status = client->show_status(options.with_digest);
  if (!status) return std::unexpected(status.error().message);
  report.has_digest = status->has_digest;
  report.digest = status->digest;
  report.position = status->position;
  return report;
}

}  // namespace holdfast::bench
