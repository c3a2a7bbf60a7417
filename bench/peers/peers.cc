#include "bench/peers/peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "bench/clock.h"
#include "bench/pauses/processors.h"
#include "bench/processes/teardown.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

constexpr std::uint32_t kAccountsMax = 20'000'000;
constexpr double kWarmUpPart = 0.2;

struct Start {
  const char* name;
  ContenderResult (*start)(const ContenderOptions& options);
};
constexpr Start kStarts[] = {
    {"holdfast", start_holdfast}, {"redis", start_redis}, {"postgresql", start_postgresql}};

class Match {
 public:
  Match(PeersReport& report, std::string directory)
      : report_(report), directory_(std::move(directory)) {}
  Result<void> run();

 private:
  Result<void> start_all();
  Result<void> load_all();
  Result<void> choose_shapes();
  Result<void> choose_best(Contender& contender, const std::vector<LoadShape>& shapes,
                           ContenderFigures& figures);
  Result<void> measure_rounds();
  Result<void> measure(std::size_t index, ContenderFigures ContenderReport::*which);
  Result<void> finish();
  /// Names the contender in an error.
  static std::unexpected<std::string> failed(const Contender& contender, const std::string& what) {
    return std::unexpected(fmt::format("{}: {}", contender.name(), what));
  }
  void show(const std::string& what) { line_.show(what); }

  PeersReport& report_;
  std::string directory_;
  std::vector<std::unique_ptr<Contender>> contenders_;
  ProgressLine line_;
};

Result<void> Match::start_all() {
  for (const Start& start : kStarts) {
    show(fmt::format("starting {}", start.name));
    const std::string own = directory_ + "/" + start.name;
    std::error_code error;
    std::filesystem::create_directory(own, error);
    if (error) return std::unexpected(fmt::format("{}: {}", own, error.message()));
    auto contender = start.start({.directory = own,
                                  .accounts = report_.options.accounts,
                                  .seed = report_.options.seed,
                                  .holdfastd = report_.options.holdfastd,
                                  .holdfastd_arguments = report_.options.holdfastd_arguments,
                                  .load_processors = report_.options.load_processors});
    if (contender) {
      contenders_.push_back(std::move(*contender));
    } else if (start.start == start_holdfast) {
      return std::unexpected(contender.error());
    } else {
      report_.missing.push_back({.name = start.name, .why = contender.error()});
    }
  }
  return {};
}

Result<void> Match::load_all() {
  for (const auto& contender : contenders_) {
    show(fmt::format("{}: making {} accounts", contender->name(),
                     with_thousands(std::uint64_t{report_.options.accounts})));
    const std::uint64_t began_ns = monotonic_ns();
    if (auto loaded = contender->load(); !loaded) return failed(*contender, loaded.error());
    ContenderReport& told = report_.contenders.emplace_back();
    told.name = contender->name();
    told.version = contender->version();
    told.settings = contender->settings();
    told.load_s = static_cast<double>(monotonic_ns() - began_ns) / 1e9;
  }
  return {};
}

Result<void> Match::choose_best(Contender& contender, const std::vector<LoadShape>& shapes,
                                ContenderFigures& figures) {
  const double duration_s = report_.options.trial_s;
  if (duration_s == 0) {
    figures.shape = shapes.front();
    figures.shape.variant = contender.variants().front();
    return {};
  }
  for (const std::string& variant : contender.variants()) {
    for (LoadShape shape : shapes) {
      shape.variant = variant;
      show(fmt::format("{}: trying {}", contender.name(), shape.text()));
      const auto turn = contender.turn(shape, duration_s * kWarmUpPart, duration_s);
      if (!turn) return failed(contender, turn.error());
      figures.tried.push_back({.shape = shape, .rate_per_s = turn->rate_per_s});
    }
  }
  const auto best = std::max_element(
      figures.tried.begin(), figures.tried.end(),
      [](const ShapeTried& a, const ShapeTried& b) { return a.rate_per_s < b.rate_per_s; });
  figures.shape = best->shape;
  return {};
}

Result<void> Match::choose_shapes() {
  for (std::size_t i = 0; i < contenders_.size(); ++i) {
    Contender& contender = *contenders_[i];
    ContenderReport& told = report_.contenders[i];
    if (auto done = choose_best(contender, contender.shapes(), told.pipelined); !done) return done;
    if (contender.variants().size() == 1) continue;  // one request at a time has one shape
    if (auto done = choose_best(contender, {LoadShape{}}, told.single); !done) return done;
  }
  return {};
}

Result<void> Match::measure(std::size_t index, ContenderFigures ContenderReport::*which) {
  ContenderFigures& figures = report_.contenders[index].*which;
  const double duration_s = report_.options.turn_s;
  auto turn = contenders_[index]->turn(figures.shape, duration_s * kWarmUpPart, duration_s);
  if (!turn) return failed(*contenders_[index], turn.error());
  figures.rates_per_s.push_back(turn->rate_per_s);
  figures.latency_ns.merge(turn->latency_ns);
  return {};
}

Result<void> Match::measure_rounds() {
  for (std::uint32_t round = 0; round < report_.options.rounds; ++round) {
    for (const auto which : {&ContenderReport::pipelined, &ContenderReport::single}) {
      for (std::size_t i = 0; i < contenders_.size(); ++i) {
        show(fmt::format("round {} of {}: {}, {}", round + 1, report_.options.rounds,
                         contenders_[i]->name(),
                         which == &ContenderReport::pipelined ? "pipelined" : "one at a time"));
        if (auto done = measure(i, which); !done) return done;
      }
    }
  }
  return {};
}

Result<void> Match::finish() {
  for (std::size_t i = 0; i < contenders_.size(); ++i) {
    Contender& contender = *contenders_[i];
    show(fmt::format("{}: checking the books", contender.name()));
    auto books = contender.check_books();
    if (!books) return failed(contender, books.error());
    report_.contenders[i].books = std::move(*books);
    if (auto stopped = contender.stop(); !stopped) return failed(contender, stopped.error());
  }
  return {};
}

Result<void> Match::run() {
  if (auto done = start_all(); !done) return done;
  if (auto done = load_all(); !done) return done;
  if (auto done = choose_shapes(); !done) return done;
  if (auto done = measure_rounds(); !done) return done;
  return finish();
}

}  // namespace

std::string PeersOptions::check() const {
  if (accounts < 1 || accounts > kAccountsMax) {
    return fmt::format("--accounts must be 1..{}", kAccountsMax);
  }
  if (rounds < 1 || rounds > 1'000) return "--rounds must be 1..1000";
  if (!(turn_s > 0) || turn_s > 600 || !(trial_s >= 0) || trial_s > 600) {
    return "--turn must be above 0, --trial 0 or more, and both at most 600 seconds";
  }
  return check_load_processors(load_processors);
}

bool PeersReport::passed() const {
  return std::all_of(contenders.begin(), contenders.end(),
                     [](const ContenderReport& told) { return told.books.errors.empty(); });
}

Spread ratio_of(const ContenderFigures& holdfast, const ContenderFigures& peer) {
  std::vector<double> ratios;
  const std::size_t rounds = std::min(holdfast.rates_per_s.size(), peer.rates_per_s.size());
  for (std::size_t i = 0; i < rounds; ++i) {
    if (peer.rates_per_s[i] > 0) ratios.push_back(holdfast.rates_per_s[i] / peer.rates_per_s[i]);
  }
  return spread_of(std::move(ratios));
}

Result<PeersReport> measure_peers(const PeersOptions& options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  PeersReport report;
  report.options = options;
  report.machine = machine_facts();
  report.disk = disk_facts(options.data_dir);
  const auto directory = TemporaryDirectory::make(options.data_dir);
  if (!directory) return std::unexpected(directory.error());
  // Servers that run as another user reach what is theirs in it.
  std::filesystem::permissions(directory->path(), std::filesystem::perms(0711));
  if (auto done = Match(report, directory->path()).run(); !done) {
    return std::unexpected(done.error());
  }
  return report;
}

}  // namespace holdfast::bench
