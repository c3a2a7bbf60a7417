#include "bench/scale/scale.h"

#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <thread>

#include "bench/load/load_thread.h"
#include "bench/load/population.h"
#include "bench/load/random.h"
#include "bench/pipeline.h"
#include "bench/processes/server_process.h"
#include "bench/report/progress.h"
#include "bench/restart/filled_directory.h"
#include "engine/check.h"
#include "engine/state_machine.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kErrorsMax = 5;

Population population_of(std::uint32_t accounts) {
  Population population;
  population.accounts = accounts;
  return population;
}

/// One connection to one server, over all rounds.
class Load {
 public:
  Load(Population population, RequestId first, std::uint64_t seed, net::Client client,
       std::uint32_t in_flight)
      : population_(population), next_(first), random_(seed), client_(std::move(client)),
        pipeline_(client_, in_flight, [this](std::uint64_t, const net::ClientReply& reply) {
          return judge(reply);
        }) {}

  /// Answers in so many seconds; what is still under way then is waited for and not counted.
  Result<std::uint64_t> run(double seconds) {
    const std::uint64_t end_ns = monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
    const std::uint64_t before = answers_;
    std::uint64_t until_end = 0;
    for (bool is_over = false; !is_over;) {
      // The clock is asked once in a while only.
      for (std::size_t i = 0; i < 64; ++i) {
        if (auto sent = pipeline_.send(authorize(), 0); !sent) return std::unexpected(sent.error());
      }
      is_over = monotonic_ns() >= end_ns;
      until_end = answers_ - before;
    }
    if (auto done = pipeline_.finish(); !done) return std::unexpected(done.error());
    return until_end;
  }

  [[nodiscard]] std::uint64_t answers() const { return answers_; }
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }

 private:
  static constexpr Money kAmount{1};

  Command authorize() {
    Command command;
    command.kind = CommandKind::authorize;
    command.request_id = next_;
    ++next_.low;
    const auto account = static_cast<std::uint32_t>(random_.below(population_.accounts));
    command.authorize.card = population_.card(account);
    command.authorize.amount = kAmount;
    command.authorize.currency = population_.currency;
    command.authorize.mcc = Mcc{5411};
    command.authorize.country = CountryCode{250};
    return command;
  }

  Result<void> judge(const net::ClientReply& reply) {
    const auto outcome = outcome_of(reply);
    if (!outcome) return std::unexpected(outcome.error());
    const Outcome& told = **outcome;
    ++answers_;
    const bool is_right = told.decision == Decision::approved && told.amount == kAmount &&
                          told.flags == 0 && !told.authorization.is_zero() &&
                          told.authorization > last_;
    if (told.authorization > last_) last_ = told.authorization;
    if (!is_right && errors_.size() < kErrorsMax) {
      errors_.push_back(
          fmt::format("{} accounts: an authorization of {} was answered {} of {}, id {}",
                      population_.accounts, kAmount.minor, decision_name(told.decision),
                      told.amount.minor, told.authorization.value));
    }
    return {};
  }

  Population population_;
  RequestId next_;
  Random random_;
  AuthorizationId last_;  // ids rise along a connection
  std::uint64_t answers_ = 0;
  std::vector<std::string> errors_;
  net::Client client_;
  Pipeline pipeline_;
};

/// A server of one size, with its load.
struct Contender {
  std::unique_ptr<TemporaryDirectory> directory;
  std::unique_ptr<ServerProcess> server;
  std::vector<std::unique_ptr<Load>> loads;

  /// Answers a second of all connections together.
  Result<double> run(double seconds) {
    std::vector<Result<std::uint64_t>> answers(loads.size(), Result<std::uint64_t>(0));
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < loads.size(); ++i) {
      threads.emplace_back([&, i] { answers[i] = loads[i]->run(seconds); });
    }
    for (std::thread& thread : threads) thread.join();
    double sum = 0;
    for (const auto& answer : answers) {
      if (!answer) return std::unexpected(answer.error());
      sum += static_cast<double>(*answer);
    }
    return sum / seconds;
  }
};

Result<Contender> start(const ScaleOptions& options, ScaleRow& row) {
  Contender contender;
  auto directory = TemporaryDirectory::make(options.temp_parent);
  if (!directory) return std::unexpected(directory.error());
  contender.directory = std::make_unique<TemporaryDirectory>(std::move(*directory));
  FillOptions fill;
  fill.dir = contender.directory->path() + "/data";
  fill.population = population_of(row.accounts);
  const auto filled = fill_directory(fill);
  if (!filled) return std::unexpected(filled.error());
  ::malloc_trim(0);  // it was an engine in this process
  row.fill_s = filled->seconds;
  // A snapshot in some rounds and not in others would be no fair turn.
  std::vector<std::string> words{"--snapshot-log-bytes", "0", "--snapshot-interval", "0"};
  words.insert(words.end(), options.server_options.begin(), options.server_options.end());
  auto server = ServerProcess::start({.program = options.server,
                                      .data_dir = fill.dir,
                                      .arguments = std::move(words),
                                      // Silent for minutes while the next directory is filled.
                                      .keeps_idle = true});
  if (!server) return std::unexpected(server.error());
  contender.server = std::make_unique<ServerProcess>(std::move(*server));
  row.start_s = contender.server->start_seconds();
  row.resident_bytes = memory_of(contender.server->pid()).resident_bytes;
  std::random_device device;
  for (std::uint32_t i = 0; i < options.connections; ++i) {
    auto client = connect_to(contender.server->endpoint(), "holdfast-bench/scale");
    if (!client) return std::unexpected(client.error());
    const RequestId first{.low = 1, .high = (std::uint64_t{device()} << 32) | device()};
    contender.loads.push_back(std::make_unique<Load>(population_of(row.accounts), first,
                                                     options.seed + i, std::move(*client),
                                                     options.in_flight));
  }
  return contender;
}

}  // namespace

double measure_table_bytes(std::uint32_t accounts) {
  constexpr TimestampNs kStart{1'700'000'000ULL * kNsPerSecond};
  ::malloc_trim(0);
  // Not resident memory: the program's own text would count, where it is touched first.
  const std::uint64_t before = memory_of(::getpid()).anonymous_bytes;
  StateMachine engine;
  const auto apply = [&engine](const Command& command, std::uint64_t number) -> Result<void> {
    const Outcome outcome = engine.apply(command, {kStart.ns + number * 1'000'000});
    HOLDFAST_CHECK(is_approval(outcome.decision), "accounts can be made");
    return {};
  };
  Command configure;
  configure.kind = CommandKind::configure;
  configure.configure.config = engine.config();
  configure.configure.config.request_retention_s = 1;  // of a thousand commands
  (void)apply(configure, 0);
  std::uint64_t number = 0;
  (void)population_of(accounts).for_each_setup_command(
      [&](const Command& command) { return apply(command, ++number); });
  const std::uint64_t after = memory_of(::getpid()).anonymous_bytes;
  return after > before ? static_cast<double>(after - before) / accounts : 0;
}

Result<ScaleReport> measure_scale(const ScaleOptions& options) {
  ScaleReport report{.options = options, .rows = {}, .approved = 0, .errors = {}};
  ProgressLine line;
  for (const std::uint32_t accounts : options.accounts) {
    report.rows.push_back({.accounts = accounts});
    line.show(fmt::format("{} accounts: memory", with_thousands(std::uint64_t{accounts})));
    report.rows.back().bytes_per_account = measure_table_bytes(accounts);
  }
  std::vector<Contender> contenders;
  for (ScaleRow& row : report.rows) {
    line.show(fmt::format("{} accounts: filling", with_thousands(std::uint64_t{row.accounts})));
    auto contender = start(options, row);
    if (!contender) return std::unexpected(contender.error());
    contenders.push_back(std::move(*contender));
    // Not counted: the first touches of memory.
    if (auto warm = contenders.back().run(options.turn_s / 2); !warm) {
      return std::unexpected(warm.error());
    }
  }
  for (std::uint32_t round = 0; round < options.rounds; ++round) {
    for (std::size_t i = 0; i < contenders.size(); ++i) {
      // Each is first, and behind each, about as often.
      const std::size_t turn = (i + round) % contenders.size();
      line.show(fmt::format("round {} of {}: {} accounts", round + 1, options.rounds,
                            with_thousands(std::uint64_t{report.rows[turn].accounts})));
      const auto rate = contenders[turn].run(options.turn_s);
      if (!rate) return std::unexpected(rate.error());
      report.rows[turn].rates_per_s.push_back(*rate);
    }
    for (ScaleRow& row : report.rows) {
      row.of_smallest.push_back(row.rates_per_s.back() / report.rows.front().rates_per_s.back());
    }
  }
  for (Contender& contender : contenders) {
    for (const auto& load : contender.loads) {
      report.approved += load->answers();
      report.errors.insert(report.errors.end(), load->errors().begin(), load->errors().end());
    }
    contender.loads.clear();
    if (auto stopped = contender.server->stop(); !stopped) return std::unexpected(stopped.error());
  }
  return report;
}

}  // namespace holdfast::bench
