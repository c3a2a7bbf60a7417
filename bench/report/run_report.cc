#include "bench/report/run_report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/pauses/pauses_report.h"
#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/report/stage_report.h"
#include "engine/decision.h"
#include "tools/text/ids_text.h"
#include "tools/text/stages_text.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

}  // namespace

Json settings_to_json(const RunOptions& options) {
  Json mix;
  for (std::size_t i = 0; i < kStepKinds; ++i) {
    mix[std::string(kStepNames[i])] = options.mix.weights[i];
  }
  return {
      {"connect", fmt::format("{}:{}", options.endpoint.host, options.endpoint.port)},
      {"connections", options.connections},
      {"in_flight", options.in_flight},
      {"threads", options.threads},
      {"processors", options.processors},
      {"loop", options.rate_per_s > 0 ? "open" : "closed"},
      {"rate_per_s", options.rate_per_s > 0 ? Json(options.rate_per_s) : Json(nullptr)},
      {"duration_s", options.duration_s},
      {"warm_up_s", options.warm_up_s},
      {"population", options.population.number},
      {"accounts", options.population.accounts},
      {"fund_minor", options.population.fund.minor},
      {"currency", options.population.currency.numeric},
      {"zipf_exponent", options.zipf_exponent > 0 ? Json(options.zipf_exponent) : Json(nullptr)},
      {"mix", mix},
      {"amount_min", options.amount_min},
      {"amount_max", options.amount_max},
      {"seed", options.seed},
      {"run_id", fmt::format("{:016x}", options.run_id)},
      {"reconnect_s", options.reconnect_s}};
}

namespace {

void add_texts(std::back_insert_iterator<std::string> out, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) fmt::format_to(out, "  ! {}\n", text);
}

}  // namespace

Json decisions_to_json(const std::array<std::uint64_t, kDecisionNumbers>& counts,
                       bool declines_only) {
  Json object = Json::object();
  for (const DecisionInfo& info : kDecisions) {
    const std::uint64_t count = counts[static_cast<std::size_t>(info.decision)];
    if (count == 0 || (declines_only && is_approval(info.decision))) continue;
    object[std::string(info.name)] = count;
  }
  return object;
}

double found_no_room_part(const LoadCounts& counts) {
  const std::uint64_t all = counts.latency_ns.count();
  return all == 0 ? 0 : static_cast<double>(counts.found_no_room) / static_cast<double>(all);
}

std::string found_no_room_line(const LoadCounts& counts) {
  if (counts.found_no_room == 0) return "";
  return fmt::format(
      "           {:.2f} % were due when every connection was full: they waited in the generator\n",
      found_no_room_part(counts) * 100);
}

std::string decisions_to_table(const std::array<std::uint64_t, kDecisionNumbers>& counts) {
  std::string text;
  auto out = std::back_inserter(text);
  for (const DecisionInfo& info : kDecisions) {
    const std::uint64_t count = counts[static_cast<std::size_t>(info.decision)];
    if (count == 0) continue;
    fmt::format_to(out, "  {:<22} {:>15}   DE39 {}\n", info.name, with_thousands(count), info.de39);
  }
  return text;
}

Json to_json(const RunReport& report) {
  const LoadCounts& counts = report.counts;
  Json steps;
  for (std::size_t i = 0; i < kStepKinds; ++i) steps[std::string(kStepNames[i])] = counts.steps[i];
  return {{"passed", report.passed()},
          {"throughput_per_s", report.throughput_per_s()},
          {"latency_us", latency_to_json(counts.latency_ns)},
          {"stages_us", stages_to_json(report.stages)},
          {"stages_slowest_p999", slowest_stage_to_json(report.stages)},
          {"stages_error", report.stages ? Json(nullptr) : Json(report.stages.error())},
          {"pauses", watched_to_json(report.pauses, counts.latency_ns, counts.outside_pauses_ns)},
          {"pauses_error", watch_error_to_json(report.pauses)},
          {"decisions", decisions_to_json(counts.decisions, false)},
          {"steps", steps},
          {"acknowledged", counts.acknowledged},
          {"inquiries", counts.inquiries},
          {"repeated", counts.repeated},
          {"errors", counts.errors},
          {"error_texts", counts.error_texts},
          {"lost", or_null(counts.lost)},
          {"unknown_outcome", counts.unknown_outcome},
          {"reconnects", counts.reconnects},
          {"resent", counts.resent},
          {"never_sent", counts.never_sent},
          {"found_no_room", counts.found_no_room},
          {"balances_conserved", or_null(report.balances_conserved)},
          {"balance_errors", report.balance_errors},
          {"measured_s", report.measured_s},
          {"setup_s", report.setup_s},
          {"setup_done", report.setup.done},
          {"setup_repeated", report.setup.repeated},
          {"settings", settings_to_json(report.options)}};
}

std::string to_table(const RunReport& report) {
  const RunOptions& options = report.options;
  const LoadCounts& counts = report.counts;
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(
      out, "load: {} connection(s) x {} in flight, {}, {} accounts {}, {:.1f} s measured\n",
      options.connections, options.in_flight,
      options.rate_per_s > 0
          ? fmt::format("open loop at {} /s",
                        with_thousands(static_cast<std::uint64_t>(options.rate_per_s)))
          : std::string("closed loop"),
      with_thousands(std::uint64_t{options.population.accounts}),
      options.zipf_exponent > 0 ? fmt::format("by Zipf {}", options.zipf_exponent) : "alike",
      report.measured_s);
  fmt::format_to(out, "  throughput             {:>15} /s\n",
                 with_thousands(static_cast<std::uint64_t>(report.throughput_per_s())));
  fmt::format_to(out, "  latency  {}\n", latency_line(counts.latency_ns));
  text += found_no_room_line(counts);
  text += watched_to_table(report.pauses, counts.latency_ns, counts.outside_pauses_ns);
  if (report.stages) text += tools::stage_table(*report.stages, "  ");
  fmt::format_to(out, "  {}\n", stages_line(report.stages));
  text += decisions_to_table(counts.decisions);
  if (counts.inquiries > 0) {
    fmt::format_to(out, "  {:<22} {:>15}\n", "inquiries", with_thousands(counts.inquiries));
  }
  if (counts.repeated > 0) {
    fmt::format_to(out, "  {:<22} {:>15}\n", "answered as repeats",
                   with_thousands(counts.repeated));
  }
  if (counts.reconnects > 0) {
    fmt::format_to(out, "  {:<22} {:>15}   {} requests sent again\n", "new connections",
                   with_thousands(counts.reconnects), with_thousands(counts.resent));
  }
  if (counts.never_sent > 0) {
    fmt::format_to(out, "  {:<22} {:>15}   due, but there was no room to send them\n", "never sent",
                   with_thousands(counts.never_sent));
  }
  if (counts.lost) {
    fmt::format_to(out,
                   "  connection lost: {}\n  {} commands were acknowledged; the outcome of {} "
                   "requests is unknown\n",
                   *counts.lost, with_thousands(counts.acknowledged),
                   with_thousands(counts.unknown_outcome));
  }
  fmt::format_to(out, "  {:<22} {:>15}\n", "unexplained answers", with_thousands(counts.errors));
  add_texts(out, counts.error_texts);
  fmt::format_to(out, "  books                  {:>15}\n",
                 !report.balances_conserved   ? "not checked"
                 : *report.balances_conserved ? "balanced"
                                              : "WRONG");
  add_texts(out, report.balance_errors);
  return text;
}

Json to_json(const VerifyReport& report) {
  return {{"passed", report.passed()},
          {"file", report.acked_file},
          {"records", report.records},
          {"not_logged", report.not_logged},
          {"checked", report.checked},
          {"same", report.same},
          {"lost", report.lost},
          {"different", report.different},
          {"file_was_cut", report.file_was_cut},
          {"one_effect", or_null(report.one_effect)},
          {"balances_conserved", or_null(report.balances_conserved)},
          {"position", report.position.value},
          {"digest", tools::digest_text(report.digest)},
          {"seconds", report.seconds},
          {"error_texts", report.error_texts}};
}

std::string to_table(const VerifyReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  if (report.passed()) {
    fmt::format_to(out, "nothing acknowledged was lost: {} of {} checked\n",
                   with_thousands(report.same), with_thousands(report.checked));
  } else {
    fmt::format_to(out, "ACKNOWLEDGED ANSWERS WERE LOST OR CHANGED: {} of {} are as they were\n",
                   with_thousands(report.same), with_thousands(report.checked));
    fmt::format_to(out, "  {:<22} {:>15}\n  {:<22} {:>15}\n", "forgotten",
                   with_thousands(report.lost), "answered differently",
                   with_thousands(report.different));
  }
  if (report.not_logged > 0) {
    fmt::format_to(out, "  {:<22} {:>15}   nothing was done and nothing logged\n", "not sent again",
                   with_thousands(report.not_logged));
  }
  if (report.file_was_cut) {
    fmt::format_to(out, "  the file ends in the middle of a chunk; the rest was checked\n");
  }
  fmt::format_to(out, "  each had one effect    {:>15}\n",
                 !report.one_effect   ? "not checked"
                 : *report.one_effect ? "yes"
                                      : "NO");
  fmt::format_to(out, "  books                  {:>15}\n",
                 !report.balances_conserved   ? "not checked"
                 : *report.balances_conserved ? "balanced"
                                              : "WRONG");
  add_texts(out, report.error_texts);
  return text;
}

Result<void> write_text_file(const std::string& path, const std::string& text) {
  std::FILE* file = path == "-" ? stdout : std::fopen(path.c_str(), "we");
  if (file == nullptr) return std::unexpected(fmt::format("{}: {}", path, std::strerror(errno)));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                       std::fputc('\n', file) != EOF && std::fflush(file) == 0;
  const int error = errno;
  if (file != stdout) std::fclose(file);
  if (!written) return std::unexpected(fmt::format("{}: {}", path, std::strerror(error)));
  return {};
}

}  // namespace holdfast::bench
