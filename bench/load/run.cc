#include "bench/load/run.h"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <thread>

#include "bench/load/load_thread.h"
#include "bench/load/stage_watch.h"
#include "bench/report/progress.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kBalanceErrorsMax = 10;
constexpr double kNsPerSecondReal = 1e9;

std::uint64_t ns_of(double seconds) {
  return static_cast<std::uint64_t>(seconds * kNsPerSecondReal);
}

double seconds_since(std::uint64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) / kNsPerSecondReal;
}

void watch(const RunOptions& options, const LiveProgress& live, std::uint64_t start_ns,
           const std::atomic<std::uint32_t>& running) {
  ProgressLine line;
  std::uint64_t last = 0;
  std::uint64_t last_ns = start_ns;
  while (running.load(std::memory_order_acquire) > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(line.is_shown() ? 200 : 20));
    if (!line.is_shown()) continue;
    const std::uint64_t now_ns = monotonic_ns();
    const std::uint64_t answered = live.answered.load(std::memory_order_relaxed);
    const double per_s = static_cast<double>(answered - last) * kNsPerSecondReal /
                         static_cast<double>(std::max<std::uint64_t>(1, now_ns - last_ns));
    const double at_s = seconds_since(start_ns);
    const std::uint64_t lost = live.connections_lost.load(std::memory_order_relaxed);
    line.show(fmt::format("{:5.1f} of {:.1f} s  {:>11} /s  {:>13} answered  {} errors{}{}", at_s,
                          options.warm_up_s + options.duration_s,
                          with_thousands(static_cast<std::uint64_t>(per_s)),
                          with_thousands(answered), live.errors.load(std::memory_order_relaxed),
                          at_s < options.warm_up_s ? "  (warming up)" : "",
                          lost > 0 ? fmt::format("  connection lost {} time(s)", lost) : ""));
    last = answered;
    last_ns = now_ns;
  }
}

ExpectedChange sum_of(const std::vector<LoadThread>& threads, std::uint32_t accounts) {
  ExpectedChange sum;
  sum.ledger.assign(accounts, 0);
  sum.held.assign(accounts, 0);
  for (const LoadThread& thread : threads) {
    const ExpectedChange& part = thread.expected();
    for (std::uint32_t i = 0; i < accounts; ++i) {
      sum.ledger[i] += part.ledger[i];
      sum.held[i] += part.held[i];
    }
    sum.settled += part.settled;
  }
  return sum;
}

Result<void> check_balances(const RunOptions& options, const std::vector<AccountBalance>& before,
                            const ExpectedChange& expected, RunReport& report) {
  if (report.counts.unknown_outcome > 0) return {};  // an honest check is not possible
  auto client = connect_to(options.endpoint, "holdfast-bench/books");
  if (!client) return std::unexpected(client.error());
  const auto after = read_balances(*client, options.population.all_accounts());
  if (!after) return std::unexpected(after.error());
  report.balance_errors = check_books(options.population, before, *after, expected);
  report.balances_conserved = report.balance_errors.empty();
  return {};
}

}  // namespace

std::optional<Money> sum_of_ledgers(const std::vector<AccountBalance>& balances) {
  Money sum;
  for (const AccountBalance& balance : balances) {
    const auto next = checked_add(sum, balance.ledger);
    if (!next) return std::nullopt;
    sum = *next;
  }
  return sum;
}

std::vector<std::string> check_books(const Population& population,
                                     const std::vector<AccountBalance>& before,
                                     const std::vector<AccountBalance>& after,
                                     const ExpectedChange& expected) {
  std::vector<std::string> wrong;
  const auto compare = [&](AccountId account, std::string_view what, std::int64_t was,
                           std::int64_t change, std::int64_t is) {
    if (is == was + change || wrong.size() >= kBalanceErrorsMax) return;
    wrong.push_back(
        fmt::format("account {}: {} was {}, the answers change it by {}, and now it is {}",
                    tools::id_text(account), what, was, change, is));
  };
  for (std::uint32_t i = 0; i < population.accounts; ++i) {
    compare(population.account(i), "ledger", before[i].ledger.minor, expected.ledger[i],
            after[i].ledger.minor);
    compare(population.account(i), "held", before[i].held.minor, expected.held[i],
            after[i].held.minor);
  }
  const std::size_t funding = population.accounts, settlement = funding + 1;
  compare(population.funding(), "ledger", before[funding].ledger.minor, 0,
          after[funding].ledger.minor);
  compare(population.settlement(), "ledger", before[settlement].ledger.minor, expected.settled,
          after[settlement].ledger.minor);
  const auto sum = sum_of_ledgers(after);
  if (!sum || sum->minor != 0) {
    wrong.push_back(fmt::format("the ledgers of all accounts sum to {}, not to 0",
                                sum ? std::to_string(sum->minor) : "more than 64 bits"));
  }
  return wrong;
}

Result<RunReport> run_load(RunOptions options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  while (options.run_id == 0) {
    std::random_device device;
    options.run_id = (static_cast<std::uint64_t>(device()) << 32) | device();
  }
  RunReport report;
  auto client = connect_to(options.endpoint, "holdfast-bench/setup");
  if (!client) return std::unexpected(client.error());
  const std::uint64_t setup_start_ns = monotonic_ns();
  const auto setup = options.population.set_up(*client);
  if (!setup) return std::unexpected(setup.error());
  const auto before = read_balances(*client, options.population.all_accounts());
  if (!before) return std::unexpected(before.error());
  (void)client->goodbye();  // setup is over; a lost connection shows in the run
  report.setup = *setup;
  report.setup_s = seconds_since(setup_start_ns);

  std::unique_ptr<AckedFile> acked;
  if (!options.acked_file.empty()) {
    AckedHeader header;
    header.population = options.population.number;
    header.accounts = options.population.accounts;
    header.run_id = options.run_id;
    header.currency = options.population.currency.numeric;
    auto created = AckedFile::create(options.acked_file, header);
    if (!created) return std::unexpected(created.error());
    acked = std::move(*created);
  }
  LiveProgress live;
  std::vector<LoadThread> threads;
  for (std::uint32_t i = 0; i < options.threads; ++i) {
    auto thread = LoadThread::prepare({&options, i, acked.get(), &live});
    if (!thread) return std::unexpected(thread.error());
    threads.push_back(std::move(*thread));
  }
  const std::uint64_t start_ns = monotonic_ns();
  std::atomic<std::uint32_t> running{options.threads};
  std::vector<std::thread> workers;
  for (LoadThread& thread : threads) {
    workers.emplace_back([&thread, &running, start_ns] {
      thread.run(start_ns);
      running.fetch_sub(1, std::memory_order_release);
    });
  }
  StageWatch stages(options.endpoint, start_ns + ns_of(options.warm_up_s),
                    start_ns + ns_of(options.warm_up_s + options.duration_s));
  watch(options, live, start_ns, running);
  report.stages = stages.finish();
  std::uint64_t finished_ns = 0;
  for (std::thread& worker : workers) worker.join();
  for (const LoadThread& thread : threads) {
    report.counts.merge(thread.counts());
    finished_ns = std::max(finished_ns, thread.finished_ns());
  }
  const double ran_s =
      static_cast<double>(finished_ns - start_ns) / kNsPerSecondReal - options.warm_up_s;
  report.measured_s = std::clamp(ran_s, 0.0, options.duration_s);
  report.options = options;
  if (auto checked =
          check_balances(options, *before, sum_of(threads, options.population.accounts), report);
      !checked) {
    report.balances_conserved = false;
    report.balance_errors.push_back(checked.error());
  }
  return report;
}

}  // namespace holdfast::bench
