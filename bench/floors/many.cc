#include "bench/floors/many.h"

#include <fmt/format.h>

#include <utility>

#include "bench/floors/with_own_server.h"
#include "bench/load/load_session.h"
#include "bench/report/progress.h"
#include "engine/limits.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kScratchBytes = limits::wal_segment_bytes_default;
constexpr double kWarmUpShare = 0.1;

Result<double> echoes_per_s(const ManyEchoOptions& echo, double turn_s) {
  EchoesDone done;
  if (auto ran = run_many_echo(echo, static_cast<std::uint64_t>(turn_s * 1e9), done); !ran) {
    return std::unexpected(ran.error());
  }
  return done.per_s();
}

Result<double> holdfast_per_s(LoadSession& load, std::uint32_t connections, ManyReport& report) {
  LoadPhase phase;
  phase.warm_up_s = report.options.turn_s * kWarmUpShare;
  phase.duration_s = report.options.turn_s - phase.warm_up_s;
  phase.connections = connections;
  const PhaseReport done = load.run(phase);
  report.acknowledged += done.counts.acknowledged;
  report.errors.insert(report.errors.end(), done.counts.error_texts.begin(),
                       done.counts.error_texts.end());
  if (done.counts.lost) return std::unexpected(*done.counts.lost);
  return done.throughput_per_s();
}

Result<void> measure_round(ScratchFile& file, LoadSession& load, ManyReport& report) {
  const ManyOptions& options = report.options;
  ManyRound round;
  const auto keep = [](double& into, Result<double> from) -> Result<void> {
    if (!from) return std::unexpected(from.error());
    into = *from;
    return {};
  };
  const auto echo = [&](double& into, const ManyEchoOptions& how) {
    return keep(into, echoes_per_s(how, options.turn_s));
  };
  const auto holdfast = [&](double& into, std::uint32_t connections) {
    return keep(into, holdfast_per_s(load, connections, report));
  };
  const std::uint32_t many = options.connections;
  if (auto done = echo(round.echo_one, {.connections = 1}); !done) return done;
  if (auto done = echo(round.echo_many, {.connections = many}); !done) return done;
  if (auto done = echo(round.echo_many_durable, {.connections = many, .file = &file}); !done) {
    return done;
  }
  if (auto done = holdfast(round.holdfast_one, 1); !done) return done;
  if (auto done = holdfast(round.holdfast_many, many); !done) return done;
  report.rounds.push_back(round);
  return {};
}

Result<void> measure_rounds(const std::string& directory, const ServerProcess& server,
                            ManyReport& report) {
  const ManyOptions& options = report.options;
  auto file = ScratchFile::make(directory, kScratchBytes);
  if (!file) return std::unexpected(file.error());
  RunOptions run;
  run.endpoint = server.endpoint();
  run.connections = options.connections;
  run.in_flight = 1;
  run.population = options.population;
  run.seed = options.seed;
  run.mix.weights = {100, 0, 0, 0};
  auto load = LoadSession::prepare(std::move(run));
  if (!load) return std::unexpected(load.error());
  ProgressLine line;
  for (std::uint32_t i = 0; i < options.rounds; ++i) {
    line.show(fmt::format("round {} of {}", i + 1, options.rounds));
    if (auto done = measure_round(*file, *load, report); !done) return done;
  }
  BooksReport books = load->check_books();
  if (!books.balances_conserved.has_value()) {
    report.errors.push_back("the books were not checked: the outcome of some requests is unknown");
  }
  for (std::string& wrong : books.errors) report.errors.push_back(std::move(wrong));
  return {};
}

}  // namespace

std::string ManyOptions::check() const {
  if (connections < 2 || connections > kEchoConnectionsMax) {
    return fmt::format("--connections must be 2..{}", kEchoConnectionsMax);
  }
  return OwnServerOptions::check();
}

Spread ManyReport::rate(double ManyRound::* of) const {
  std::vector<double> rates;
  for (const ManyRound& round : rounds) rates.push_back(round.*of);
  return spread_of(std::move(rates));
}

Spread ManyReport::ratio(double ManyRound::* above, double ManyRound::* below) const {
  std::vector<double> ratios;
  for (const ManyRound& round : rounds) {
    if (round.*below > 0) ratios.push_back(round.*above / round.*below);
  }
  return spread_of(std::move(ratios));
}

Result<ManyReport> measure_many(const ManyOptions& options) {
  return with_own_server<ManyReport>(options, measure_rounds);
}

}  // namespace holdfast::bench
