#include "bench/load/load_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "bench/load/books.h"
#include "bench/load/connect.h"
#include "bench/load/stage_watch.h"

namespace holdfast::bench {

namespace {

constexpr double kNsPerSecondReal = 1e9;
constexpr std::uint64_t kReleaseSpareS = 30;
constexpr auto kReleasePause = std::chrono::milliseconds(200);
constexpr auto kWatchEvery = std::chrono::milliseconds(20);

double seconds_since(std::uint64_t start_ns) {
  return static_cast<double>(monotonic_ns() - start_ns) / kNsPerSecondReal;
}

std::uint64_t random_run_id() {
  std::random_device device;
  std::uint64_t id = 0;
  while (id == 0) id = (static_cast<std::uint64_t>(device()) << 32) | device();
  return id;
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

/// Until no authorization is open. The server releases a hold within its period and a little.
Result<void> wait_for_releases(net::Client& client, std::uint32_t hold_period_s) {
  const std::uint64_t until_ns = monotonic_ns() + (hold_period_s + kReleaseSpareS) * kNsPerSecond;
  for (;;) {
    const auto status = client.show_status(false);
    if (!status) return std::unexpected(status.error().message);
    if (status->open_authorizations == 0) return {};
    if (monotonic_ns() > until_ns) {
      return std::unexpected(fmt::format(
          "{} authorizations are still open {} s after the load ended; holds last {} s",
          status->open_authorizations, hold_period_s + kReleaseSpareS, hold_period_s));
    }
    std::this_thread::sleep_for(kReleasePause);
  }
}

Result<std::unique_ptr<AckedFile>> create_acked_file(const RunOptions& options) {
  if (options.acked_file.empty()) return nullptr;
  AckedHeader header;
  header.population = options.population.number;
  header.accounts = options.population.accounts;
  header.run_id = options.run_id;
  header.currency = options.population.currency.numeric;
  return AckedFile::create(options.acked_file, header);
}

}  // namespace

Result<LoadSession> LoadSession::prepare(RunOptions options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  if (options.watch_pauses) {
    if (const auto may = PauseWatch::permitted(); !may) return std::unexpected(may.error());
  }
  if (options.run_id == 0) options.run_id = random_run_id();
  LoadSession session;
  session.options_ = std::make_unique<RunOptions>(std::move(options));
  session.live_ = std::make_unique<LiveProgress>();
  const RunOptions& settled = *session.options_;

  auto client = connect_to(settled.endpoint, "holdfast-bench/setup");
  if (!client) return std::unexpected(client.error());
  const std::uint64_t setup_start_ns = monotonic_ns();
  const auto setup = settled.population.set_up(*client);
  if (!setup) return std::unexpected(setup.error());
  auto before = read_balances(*client, settled.population.all_accounts());
  if (!before) return std::unexpected(before.error());
  session.before_ = std::move(*before);
  (void)client->goodbye();  // setup is over; a lost connection shows in the run
  session.setup_ = *setup;
  session.setup_s_ = seconds_since(setup_start_ns);

  auto acked = create_acked_file(settled);
  if (!acked) return std::unexpected(acked.error());
  session.acked_ = std::move(*acked);
  auto clients = connect_all({settled.endpoint, settled.connections, settled.in_flight});
  if (!clients) return std::unexpected(clients.error());
  for (std::uint32_t i = 0; i < settled.threads; ++i) {
    std::vector<net::DetachedClient> share;
    for (std::size_t c = i; c < clients->size(); c += settled.threads) {
      share.push_back(std::move((*clients)[c]));
    }
    auto thread = LoadThread::prepare(
        {&settled, i, session.acked_.get(), session.live_.get()}, std::move(share));
    if (!thread) return std::unexpected(thread.error());
    session.threads_.push_back(std::move(*thread));
  }
  return session;
}

PhaseReport LoadSession::run(LoadPhase phase, const Watch& watch) {
  phase.start_ns = monotonic_ns();
  const auto after_start = [&](double seconds) {
    return phase.start_ns + static_cast<std::uint64_t>(seconds * kNsPerSecondReal);
  };
  const std::uint64_t from_ns = after_start(phase.warm_up_s);
  const std::uint64_t until_ns = after_start(phase.warm_up_s + phase.duration_s);
  Result<std::unique_ptr<PauseWatch>> pauses;
  if (options_->watch_pauses) pauses = PauseWatch::start(from_ns, until_ns, live_->pauses);
  std::atomic<std::uint32_t> running{options_->threads};
  std::vector<std::thread> workers;
  for (LoadThread& thread : threads_) {
    workers.emplace_back([&thread, &running, &phase] {
      thread.run(phase);
      running.fetch_sub(1, std::memory_order_release);
    });
  }
  StageWatch stages(options_->endpoint, from_ns, until_ns);
  while (running.load(std::memory_order_acquire) > 0) {
    std::this_thread::sleep_for(kWatchEvery);
    if (watch) watch(*live_, phase.start_ns);
  }
  for (std::thread& worker : workers) worker.join();

  PhaseReport report;
  report.stages = stages.finish();
  if (!pauses) {
    report.pauses = std::unexpected(pauses.error());
  } else if (*pauses) {
    report.pauses = (*pauses)->finish();
  }
  std::uint64_t finished_ns = 0;
  for (const LoadThread& thread : threads_) {
    report.counts.merge(thread.counts());
    finished_ns = std::max(finished_ns, thread.finished_ns());
  }
  const double ran_s =
      static_cast<double>(finished_ns - phase.start_ns) / kNsPerSecondReal - phase.warm_up_s;
  report.measured_s = std::clamp(ran_s, 0.0, phase.duration_s);
  unknown_outcome_ += report.counts.unknown_outcome;
  is_lost_ = is_lost_ || report.counts.lost.has_value();
  return report;
}

BooksReport LoadSession::check_books() {
  BooksReport report;
  if (unknown_outcome_ > 0) return report;  // an honest check is not possible
  const auto fail = [&](const std::string& why) {
    report.balances_conserved = false;
    report.errors.push_back(why);
    return report;
  };
  auto client = connect_to(options_->endpoint, "holdfast-bench/books");
  if (!client) return fail(client.error());
  ExpectedChange expected = sum_of(threads_, options_->population.accounts);
  if (options_->hold_period_s > 0) {
    expected.held.clear();
    if (auto released = wait_for_releases(*client, options_->hold_period_s); !released) {
      return fail(released.error());
    }
  }
  const auto after = read_balances(*client, options_->population.all_accounts());
  if (!after) return fail(after.error());
  report.errors = bench::check_books(options_->population, before_, *after, expected);
  report.balances_conserved = report.errors.empty();
  return report;
}

}  // namespace holdfast::bench
