#include "bench/soak/soak.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "bench/processes/server_process.h"
#include "bench/report/progress.h"
#include "bench/soak/process_sample.h"

namespace holdfast::bench {

namespace {

/// Of its own, so that its holds run out soon.
constexpr ProgramId kProgram{1};

Result<void> put_program(const Endpoint& endpoint, std::uint32_t hold_period_s) {
  auto client = connect_to(endpoint, "holdfast-bench/soak");
  if (!client) return std::unexpected(client.error());
  Command command;
  command.kind = CommandKind::put_program;
  command.request_id = {.low = 1, .high = 0x50A4'0000'0000'0000};
  command.put_program = PutProgram{.program = kProgram, .hold_period_s = hold_period_s};
  const auto outcome = client->execute(command);
  if (!outcome) return std::unexpected(outcome.error().message);
  if (!is_approval(outcome->decision)) {
    return std::unexpected(fmt::format("the program for the soak was declined: {}",
                                       decision_name(outcome->decision)));
  }
  return {};
}

SoakStages stages_of(const StageProfile& profile) {
  SoakStages stages;
  for (std::size_t i = 0; i < kStages; ++i) {
    stages.p999_ns[i] = profile.stages[i].value_at_ns(0.999);
    stages.max_ns[i] = profile.stages[i].max_ns;
  }
  stages.slowest = profile.slowest_at(0.999);
  return stages;
}

class Sampler {
 public:
  Sampler(const SoakOptions& options, const ServerProcess& server, std::string data_dir,
          net::Client client, std::vector<SoakSample>& samples)
      : options_(options),
        server_(server),
        data_dir_(std::move(data_dir)),
        client_(std::move(client)),
        samples_(samples) {}

  /// Before the load: what the first sample's stage times begin with.
  void begin() {
    if (auto stages = client_.show_stages()) stages_ = std::move(*stages);
  }

  void watch(LiveProgress& live, std::uint64_t start_ns) {
    const std::uint64_t now_ns = monotonic_ns();
    if (last_ns_ == 0) last_ns_ = start_ns;
    if (static_cast<double>(now_ns - last_ns_) < options_.sample_s * 1e9) return;
    const Histogram latency = live.take_latencies();
    const double took_s = static_cast<double>(now_ns - last_ns_) / 1e9;
    last_ns_ = now_ns;
    SoakSample& sample = samples_.emplace_back();
    sample.at_s = static_cast<double>(now_ns - start_ns) / 1e9;
    sample.answered_per_s = static_cast<double>(latency.count()) / took_s;
    sample.p50_ns = latency.value_at(0.5);
    sample.p99_ns = latency.value_at(0.99);
    sample.p999_ns = latency.value_at(0.999);
    sample.max_ns = latency.max();
    if (options_.load.watch_pauses) sample.longest_pause_ns = live.pauses.longest_ns.exchange(0);
    sample.resident_bytes = resident_bytes_of(server_.pid());
    sample.open_files = open_files_of(server_.pid());
    const DirectorySize size = size_of_directory(data_dir_);
    sample.files = size.files;
    sample.directory_bytes = size.bytes;
    // A server that is lost shows in the load; here it only leaves zeroes.
    if (auto stages = client_.show_stages()) {
      if (stages_ && stages->continues(*stages_)) {
        sample.stages = stages_of(stages->since(*stages_));
      }
      stages_ = std::move(*stages);
    }
    if (const auto status = client_.show_status(false)) {
      sample.open_authorizations = status->open_authorizations;
      sample.authorizations = status->authorizations;
      sample.request_ids = status->request_ids;
      sample.snapshots = status->snapshots.report.completed;
      sample.snapshot_waits = status->snapshots.waits.count;
    }
    line_.show(fmt::format("{:6.0f} of {:.0f} s  {:>9} /s  p99.9 {:>9}  {:>6} MiB resident",
                           sample.at_s, options_.duration_s,
                           with_thousands(static_cast<std::uint64_t>(sample.answered_per_s)),
                           with_thousands(sample.p999_ns / 1000) + " us",
                           with_thousands(sample.resident_bytes >> 20)));
  }

 private:
  const SoakOptions& options_;
  const ServerProcess& server_;
  std::string data_dir_;
  net::Client client_;
  std::vector<SoakSample>& samples_;
  std::optional<StageProfile> stages_;  // as of the last sample
  std::uint64_t last_ns_ = 0;
  ProgressLine line_;
};

void add_errors(const PhaseReport& phase, SoakReport& report) {
  report.errors += phase.counts.errors;
  for (const std::string& text : phase.counts.error_texts) report.error_texts.push_back(text);
  if (phase.counts.lost) report.error_texts.push_back("connection lost: " + *phase.counts.lost);
}

std::vector<std::string> server_options(const SoakOptions& options) {
  std::vector<std::string> words{
      "--request-retention",       fmt::format("{}", options.retention_s),
      "--authorization-retention", fmt::format("{}", options.retention_s),
      "--segment-bytes",           fmt::format("{}", options.segment_bytes),
      "--snapshot-log-bytes",      fmt::format("{}", options.snapshot_log_bytes),
      "--log-level",               "warn"};
  words.insert(words.end(), options.server_options.begin(), options.server_options.end());
  return words;
}

// Between start and stop of the server.
Result<void> load_it(const ServerProcess& server, const std::string& data_dir, SoakReport& report) {
  const SoakOptions& options = report.options;
  report.load.endpoint = server.endpoint();
  // What other programs wrote through the page cache would be written beside the load, hundreds of
  // megabytes at once and up to half a minute later; durable writes then wait behind it.
  ::sync();
  if (auto put = put_program(report.load.endpoint, options.hold_period_s); !put) return put;
  auto session = LoadSession::prepare(report.load);
  if (!session) return std::unexpected(session.error());
  report.load = session->options();
  report.rate_per_s = options.rate_per_s;
  if (options.rate_per_s == 0) {
    // Not before holds run out, records are forgotten and snapshots are written: a short closed
    // loop does twice of what can be kept up.
    report.calibration =
        session->run({.warm_up_s = options.judged_from_s(), .duration_s = options.calibrate_s});
    add_errors(*report.calibration, report);
    report.rate_per_s = report.calibration->throughput_per_s() * options.percent / 100;
    if (report.rate_per_s <= 0) return std::unexpected("nothing was answered in the calibration");
  }
  auto watcher = connect_to(report.load.endpoint, "holdfast-bench/samples");
  if (!watcher) return std::unexpected(watcher.error());
  if (!session->is_lost()) {
    Sampler sampler(options, server, data_dir, std::move(*watcher), report.samples);
    sampler.begin();
    report.phase = session->run(
        {.rate_per_s = report.rate_per_s,
         .duration_s = options.duration_s,
         .gives_latencies = true},
        [&](LiveProgress& live, std::uint64_t start_ns) { sampler.watch(live, start_ns); });
    add_errors(report.phase, report);
  }
  report.books = session->check_books();
  if (!report.samples.empty()) report.snapshots = report.samples.back().snapshots;
  return {};
}

}  // namespace

std::string SoakOptions::check() const {
  if (!(duration_s > 0) || !(sample_s > 0) || !(calibrate_s > 0) || !(warm_up_s >= 0) ||
      !(rate_per_s >= 0)) {
    return "--duration, --sample and --calibrate must be above 0, --warm-up and --rate not "
           "negative";
  }
  if (!(percent > 0) || percent > 100) return "--percent must be above 0 and at most 100";
  if (hold_period_s == 0 || retention_s == 0) {
    return "--hold-period and --retention must be 1 second or more";
  }
  if (judged_from_s() >= duration_s) {
    return fmt::format(
        "--duration {} leaves nothing to judge behind a warm-up of {} s; make it longer, or "
        "--hold-period, --retention or --warm-up shorter",
        duration_s, judged_from_s());
  }
  return load.check();
}

double SoakOptions::judged_from_s() const {
  return warm_up_s > 0 ? warm_up_s : 3.0 * (hold_period_s + retention_s);
}

bool SoakReport::passed() const {
  return errors == 0 && !phase.counts.lost && phase.counts.never_sent == 0 &&
         phase.pauses.has_value() &&
         books.balances_conserved.value_or(false) && left_behind.empty() && judgement.all_flat();
}

Result<SoakReport> soak(const SoakOptions& options) {
  if (const std::string wrong = options.check(); !wrong.empty()) return std::unexpected(wrong);
  SoakReport report;
  report.options = options;
  report.load = options.load;
  report.load.population.program = kProgram;
  report.load.hold_period_s = options.hold_period_s;
  auto directory = TemporaryDirectory::make(options.temp_dir);
  if (!directory) return std::unexpected(directory.error());
  const std::string data_dir = directory->path() + "/data";
  auto server = ServerProcess::start(
      {.program = options.server, .data_dir = data_dir, .arguments = server_options(options)});
  if (!server) return std::unexpected(server.error());
  if (auto loaded = load_it(*server, data_dir, report); !loaded) {
    return std::unexpected(loaded.error());
  }
  if (auto stopped = server->stop(); !stopped) return std::unexpected(stopped.error());
  report.left_behind = strange_files(data_dir);
  report.judgement = judge_soak(report.samples, options.judged_from_s());
  return report;
}

}  // namespace holdfast::bench
