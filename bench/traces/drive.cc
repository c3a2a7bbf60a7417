#include "bench/traces/drive.h"

#include <fmt/format.h>

#include <memory>

#include "bench/clock.h"
#include "bench/load/books.h"
#include "bench/pipeline.h"
#include "bench/report/progress.h"
#include "bench/setup.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kErrorTextsMax = 10;
constexpr std::uint64_t kProgressRows = 4096;

/// Sends the rows and gathers what their answers say.
class Driver {
 public:
  /// `due_ns`: when each row is to be sent, behind the start; empty: as soon as there is room.
  Driver(const Trace& trace, std::vector<std::uint64_t> due_ns, net::Client& client,
         std::size_t in_flight, AckedWriter* acked, DriveReport& report)
      : trace_(trace),
        due_ns_(std::move(due_ns)),
        acked_(acked),
        report_(report),
        first_decision_(trace.rows.size(), Decision::approved),
        pipeline_(client, in_flight,
                  [this](std::uint64_t tag, const net::ClientReply& reply) -> Result<void> {
                    const auto outcome = outcome_of(reply);
                    if (!outcome) return std::unexpected(outcome.error());
                    return answered(tag / 2, tag % 2 == 1, **outcome);
                  }) {}

  Result<void> run() {
    ProgressLine line;
    start_ns_ = monotonic_ns();
    for (std::size_t i = 0; i < trace_.rows.size(); ++i) {
      const TraceRow& row = trace_.rows[i];
      if (!due_ns_.empty()) {
        if (auto due = pipeline_.wait_until(start_ns_ + due_ns_[i]); !due) {
          return at_row(i, due.error());
        }
      }
      // A tag is the row's number and whether it is the capture.
      if (auto sent = pipeline_.send(row.first, i * 2); !sent) return at_row(i, sent.error());
      if (row.captures) {
        if (auto sent = pipeline_.send(capture_of(trace_, row), i * 2 + 1); !sent) {
          return at_row(i, sent.error());
        }
      }
      if (i % kProgressRows == 0) {
        line.show(fmt::format("{} of {} rows", with_thousands(std::uint64_t{i}),
                              with_thousands(std::uint64_t{trace_.rows.size()})));
      }
    }
    return pipeline_.finish();
  }

 private:
  static Result<void> at_row(std::size_t row, const std::string& what) {
    return std::unexpected(fmt::format("at row {}: {}", row + 1, what));
  }

  Result<void> answered(std::size_t index, bool is_capture, const Outcome& outcome) {
    const TraceRow& row = trace_.rows[index];
    if (!due_ns_.empty()) {
      report_.latency_ns.record(monotonic_ns() - start_ns_ - due_ns_[index]);
    }
    if (acked_ != nullptr) {
      const auto added = acked_->add(is_capture ? capture_of(trace_, row) : row.first, outcome);
      if (!added) return added;
    }
    if ((outcome.flags & kOutcomeRepeated) != 0) ++report_.repeated;
    if (!decision_info(outcome.decision)) error(index, "the decision is none that Holdfast gives");
    const Money asked = amount_of(row);
    if (is_approval(outcome.decision) && outcome.amount != asked) {
      error(index, fmt::format("{} was asked, {} approved", asked.minor, outcome.amount.minor));
    }
    if (row.captures && !is_capture) {
      first_decision_[index] = outcome.decision;
      if (is_approval(outcome.decision)) see_balance(outcome.ledger_balance);
      return {};
    }
    const Decision first = first_decision_[index];
    const Decision decision = is_approval(first) ? outcome.decision : first;
    if (!is_approval(decision)) {
      const auto number = static_cast<std::size_t>(decision);
      if (number < report_.declined.size()) ++report_.declined[number];
      return {};
    }
    if (!is_approval(outcome.decision)) return {};
    ++report_.approved;
    const bool credit = row.first.kind == CommandKind::transfer;
    const Money balance = credit ? outcome.counterparty_balance : outcome.ledger_balance;
    see_balance(balance);
    if (balance == row.balance_in_file) ++report_.rows_balance_equal;
    if (row.captures) {
      add(report_.purchases_sum, outcome.amount, index);
    } else if (row.first.kind == CommandKind::refund) {
      add(report_.refunds_sum, outcome.amount, index);
    }
    return {};
  }

  static Money amount_of(const TraceRow& row) {
    switch (row.first.kind) {
      case CommandKind::transfer:
        return row.first.transfer.amount;
      case CommandKind::refund:
        return row.first.refund.amount;
      default:
        return row.first.authorize.amount;
    }
  }

  void see_balance(Money balance) {
    if (!report_.balance_min || balance < *report_.balance_min) report_.balance_min = balance;
  }

  void add(Money& sum, Money amount, std::size_t index) {
    const auto next = checked_add(sum, amount);
    if (!next) return error(index, "a sum does not fit 64 bits");
    sum = *next;
  }

  void error(std::size_t index, std::string_view what) {
    ++report_.errors;
    if (report_.error_texts.size() < kErrorTextsMax) {
      report_.error_texts.push_back(fmt::format("row {}: {}", index + 1, what));
    }
  }

  const Trace& trace_;
  std::vector<std::uint64_t> due_ns_;
  std::uint64_t start_ns_ = 0;
  AckedWriter* acked_;
  DriveReport& report_;
  std::vector<Decision> first_decision_;  // of a row's authorization, until its capture is answered
  Pipeline pipeline_;
};

Result<void> set_up(net::Client& client, const Trace& trace) {
  Setup setup(client);
  for (const Command& command : trace.setup) {
    if (auto sent = setup.send(command); !sent) return sent;
  }
  const auto finished = setup.finish();
  return finished ? Result<void>{} : std::unexpected(finished.error());
}

Result<void> read_end(net::Client& client, const Trace& trace, bool with_digest,
                      DriveReport& report) {
  const auto customers = read_balances(client, trace.customers);
  if (!customers) return std::unexpected(customers.error());
  const auto banks = read_balances(client, {trace.funding, trace.settlement});
  if (!banks) return std::unexpected(banks.error());
  const auto customers_sum = sum_of_ledgers(*customers);
  const auto banks_sum = sum_of_ledgers(*banks);
  const auto all =
      customers_sum && banks_sum ? checked_add(*customers_sum, *banks_sum) : std::nullopt;
  if (!all) return std::unexpected("the sum of the ledgers does not fit 64 bits");
  report.balances_sum = *customers_sum;
  report.currency_sum = *all;
  const auto status = client.show_status(with_digest);
  if (!status) return std::unexpected(status.error().message);
  report.has_digest = status->has_digest;
  report.digest = status->digest;
  report.position = status->position;
  return {};
}

}  // namespace

Result<DriveReport> drive(const DriveOptions& options) {
  const auto trace = load_trace(options.kind, options.path, options.trace);
  if (!trace) return std::unexpected(trace.error());
  std::vector<std::uint64_t> due_ns;
  double recorded_seconds = 0;
  if (options.speed > 0) {
    auto recorded = recorded_times(trace->rows);
    if (!recorded) return std::unexpected(recorded.error());
    due_ns = std::move(*recorded);
    if (!due_ns.empty()) recorded_seconds = static_cast<double>(due_ns.back()) / 1e9;
    for (std::uint64_t& due : due_ns) {
      due = static_cast<std::uint64_t>(static_cast<double>(due) / options.speed);
    }
  }
  auto client = connect_to(options.endpoint, "holdfast-bench/drive");
  if (!client) return std::unexpected(client.error());
  DriveReport report;
  report.kind = options.kind;
  report.path = options.path;
  report.speed = options.speed;
  report.recorded_seconds = recorded_seconds;
  report.rows = trace->rows.size();
  report.accounts = trace->customers.size();
  report.fund_per_account = trace->fund_per_account;
  report.mcc_from_row = trace->mcc_from_row;
  report.mcc_imputed = trace->mcc_imputed;
  report.mcc_absent = trace->mcc_absent;

  const std::uint64_t setup_ns = monotonic_ns();
  if (auto ready = set_up(*client, *trace); !ready) return std::unexpected(ready.error());
  const std::uint64_t start_ns = monotonic_ns();
  report.setup_seconds = static_cast<double>(start_ns - setup_ns) / 1e9;
  std::unique_ptr<AckedFile> acked_file;
  std::optional<AckedWriter> acked;
  if (!options.acked_file.empty()) {
    auto created = AckedFile::create(options.acked_file, {});
    if (!created) return std::unexpected(created.error());
    acked_file = std::move(*created);
    acked.emplace(*acked_file);
  }
  Driver driver(*trace, std::move(due_ns), *client, options.in_flight, acked ? &*acked : nullptr,
                report);
  const auto driven = driver.run();
  report.seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  if (acked) {
    if (auto flushed = acked->flush(); !flushed) return std::unexpected(flushed.error());
  }
  if (!driven) return std::unexpected(driven.error());
  if (auto ended = read_end(*client, *trace, options.with_digest, report); !ended) {
    return std::unexpected(ended.error());
  }
  return report;
}

}  // namespace holdfast::bench
