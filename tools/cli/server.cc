#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <thread>

#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/gateway.h"
#include "tools/text/stages_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

struct PingOptions {
  unsigned count = 1;
};

ExitCode ping(const Globals& globals, const PingOptions& options) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kPause{200};
  Gateway gateway(globals);
  for (unsigned sent = 0; sent < options.count; ++sent) {
    if (sent > 0) std::this_thread::sleep_for(kPause);
    const auto start = Clock::now();
    gateway.ping();
    const auto round_trip_ns = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(Clock::now() - start).count());
    Report report;
    report.headline = fmt::format("{} ({}) answered in {}", gateway.peer(),
                                  gateway.server().server_name, duration_text(round_trip_ns));
    report.add_json("peer", gateway.peer());
    report.add_json("server_name", gateway.server().server_name);
    report.add_json("schema_version", std::uint64_t{gateway.server().schema_version});
    report.add_json("log_id", id_text(gateway.server().log_id));
    report.add_json("round_trip_ns", round_trip_ns);
    print_report(globals, report);
  }
  return ExitCode::ok;
}

struct StatusOptions {
  bool with_digest = false;
  bool latency = false;
  std::uint32_t interval_s = 0;  // 0: since the server's start
};

// The server closes what is quiet for long, so each look has its own connection.
ExitCode latency(const Globals& globals, std::uint32_t interval_s) {
  const StageProfile before = interval_s > 0 ? Gateway(globals).show_stages() : StageProfile{};
  std::this_thread::sleep_for(std::chrono::seconds(interval_s));
  Gateway gateway(globals);
  StageProfile profile = gateway.show_stages();
  if (interval_s > 0) {
    if (!profile.continues(before)) {
      throw Failure{.code = ExitCode::unavailable,
                    .kind = "restarted",
                    .message = fmt::format("{} was started again meanwhile", gateway.peer()),
                    .advice = "Ask again.",
                    .request_id = {}};
    }
    profile = profile.since(before);
  }
  const Report report = describe_stages(profile, gateway.peer(), interval_s == 0);
  if (globals.json) {
    print_report(globals, report);
  } else {
    print_text(fmt::format("{}{}  {}\n", report.human(), stage_table(profile, "  "),
                           slowest_stage_text(profile)));
  }
  return ExitCode::ok;
}

ExitCode status(const Globals& globals, const StatusOptions& options) {
  if (options.latency) return latency(globals, options.interval_s);
  if (options.interval_s > 0) fail_usage("--interval belongs to --latency", "Add --latency.");
  Gateway gateway(globals);
  print_report(globals, describe_status(gateway.show_status(options.with_digest), gateway.peer()));
  return ExitCode::ok;
}

}  // namespace

void add_server_commands(CLI::App& app, Action& action) {
  auto ping_options = std::make_shared<PingOptions>();
  CLI::App* command = app.add_subcommand("ping", "Ask the server for a sign of life");
  add_number(*command, "--count", ping_options->count, 1'000'000, "a count",
             "How often, five times a second");
  add_examples(*command, {"holdfast ping", "holdfast --connect 10.0.0.7:7420 ping --count 5"});
  on_run(*command, action, [ping_options](const Globals& g) { return ping(g, *ping_options); });

  auto status_options = std::make_shared<StatusOptions>();
  command = app.add_subcommand(
      "status",
      "Show log position, durable position, table sizes and, if asked, the digest or stage times");
  CLI::Option* digest = command->add_flag(
      "--digest", status_options->with_digest,
      "Also compute the digest of all state; the server decides nothing meanwhile "
      "(seconds when the tables are large)");
  command
      ->add_flag("--latency", status_options->latency,
                 "Show instead how long requests spent in each stage of the server")
      ->excludes(digest);
  add_number(*command, "--interval", status_options->interval_s, 86'400, "a number of seconds",
             "With --latency: only the requests of the next N seconds, not all since the start");
  add_examples(*command, {"holdfast status", "holdfast status --digest --json",
                          "holdfast status --latency --interval 5"});
  on_run(*command, action,
         [status_options](const Globals& g) { return status(g, *status_options); });
}

}  // namespace holdfast::tools
