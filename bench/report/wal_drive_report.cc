#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/traces/wal_drive.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

nlohmann::ordered_json to_json(const WalDriveReport& report) {
  using Json = nlohmann::ordered_json;
  const Json none = nullptr;
  Json otherwise = Json::array();
  for (const auto& [decisions, count] : report.otherwise) {
    otherwise.push_back({{"recorded", decision_name(decisions.first)},
                         {"now", decision_name(decisions.second)},
                         {"count", count}});
  }
  return {{"passed", report.passed()},
          {"trace", "wal"},
          {"file", report.dir},
          {"records", report.records},
          {"sent", report.sent},
          {"left_out_own", report.left_out_own},
          {"left_out_unknown_authorization", report.left_out_unknown},
          {"named_by_request_id", report.renamed},
          {"approved", report.approved},
          {"repeated", report.repeated},
          {"as_recorded", report.as_recorded},
          {"otherwise", otherwise},
          {"accounts", report.accounts},
          {"accounts_judged", report.accounts_judged},
          {"speed", report.speed > 0 ? Json(report.speed) : none},
          {"recorded_seconds", report.recorded_seconds},
          {"seconds", report.seconds},
          {"latency_us", report.speed > 0 ? latency_to_json(report.latency_ns) : none},
          {"digest", report.has_digest ? Json(tools::digest_text(report.digest)) : none},
          {"position", report.position.value},
          {"errors", report.errors},
          {"error_texts", report.error_texts}};
}

std::string to_table(const WalDriveReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  const auto line = [&](std::string_view name, std::uint64_t value, std::string_view remark = "") {
    fmt::format_to(out, "  {:<22} {:>20}  {}\n", name, with_thousands(value), remark);
  };
  const double rate = report.seconds > 0 ? static_cast<double>(report.sent) / report.seconds : 0;
  fmt::format_to(out, "log: {}, recorded in {:.1f} s, {}\n", report.dir, report.recorded_seconds,
                 report.speed > 0 ? fmt::format("sent {:g} times as fast", report.speed)
                                  : std::string("sent as fast as the window allows"));
  line("records", report.records);
  line("sent", report.sent,
       fmt::format("in {:.2f} s, {} /s", report.seconds,
                   with_thousands(static_cast<std::uint64_t>(rate))));
  line("left out", report.left_out_own, "logged by the server itself");
  if (report.left_out_unknown > 0) {
    line("left out", report.left_out_unknown, "name an authorization that the log does not have");
  }
  line("named by request id", report.renamed, "were named by the old authorization id");
  if (report.speed > 0) {
    fmt::format_to(out, "  latency  {}\n", latency_line(report.latency_ns));
  }
  line("approved", report.approved);
  if (report.repeated > 0) line("answered as repeats", report.repeated, "commands driven before");
  line("decided as recorded", report.as_recorded);
  for (const auto& [decisions, count] : report.otherwise) {
    line("decided otherwise", count,
         fmt::format("{}, now {}", decision_name(decisions.first),
                     decision_name(decisions.second)));
  }
  line("accounts", report.accounts,
       fmt::format("{} hold what the last answer about them told",
                   with_thousands(report.accounts_judged)));
  line("log position", report.position.value);
  if (report.has_digest) {
    fmt::format_to(out, "  state digest   {}\n", tools::digest_text(report.digest));
  }
  line("unexplained answers", report.errors);
  for (const std::string& error : report.error_texts) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
