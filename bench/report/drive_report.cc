#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/latency.h"
#include "bench/report/progress.h"
#include "bench/report/run_report.h"
#include "bench/traces/drive.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

nlohmann::ordered_json to_json(const DriveReport& report) {
  using Json = nlohmann::ordered_json;
  const Json none = nullptr;
  const bool berka = report.kind == TraceKind::berka;
  const Json balance_min = berka && report.balance_min ? Json(report.balance_min->minor) : none;
  return {{"passed", report.passed()},
          {"trace", trace_kind_name(report.kind)},
          {"file", report.path},
          {"rows", report.rows},
          {"approved", report.approved},
          {"declined", decisions_to_json(report.declined, true)},
          {"repeated", report.repeated},
          {"accounts", report.accounts},
          {"rows_balance_equal", berka ? Json(report.rows_balance_equal) : none},
          {"balances_sum", report.balances_sum.minor},
          {"balance_min", balance_min},
          {"purchases_sum", berka ? none : Json(report.purchases_sum.minor)},
          {"refunds_sum", berka ? none : Json(report.refunds_sum.minor)},
          {"currency_sum", report.currency_sum.minor},
          {"fund_per_account", berka ? none : Json(report.fund_per_account.minor)},
          {"mcc_from_row", report.mcc_from_row},
          {"mcc_imputed", report.mcc_imputed},
          {"mcc_absent", report.mcc_absent},
          {"digest", report.has_digest ? Json(tools::digest_text(report.digest)) : none},
          {"position", report.position.value},
          {"seconds", report.seconds},
          {"speed", report.speed > 0 ? Json(report.speed) : none},
          {"recorded_seconds", report.speed > 0 ? Json(report.recorded_seconds) : none},
          {"latency_us", report.speed > 0 ? latency_to_json(report.latency_ns) : none},
          {"errors", report.errors},
          {"error_texts", report.error_texts}};
}

std::string to_table(const DriveReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  const auto line = [&](std::string_view name, const std::string& value,
                        std::string_view remark = "") {
    fmt::format_to(out, "  {:<22} {:>20}  {}\n", name, value, remark);
  };
  const double rate = report.seconds > 0 ? static_cast<double>(report.rows) / report.seconds : 0;
  fmt::format_to(out, "{}: {}\n", trace_kind_name(report.kind), report.path);
  line("rows", with_thousands(report.rows),
       fmt::format("in {:.2f} s, {} rows/s", report.seconds,
                   with_thousands(static_cast<std::uint64_t>(rate))));
  if (report.speed > 0) {
    line("speed", fmt::format("{:g} x", report.speed),
         fmt::format("recorded in {:.0f} s; latency from when each row was due",
                     report.recorded_seconds));
    line("latency", time_for_people(report.latency_ns.value_at(0.5)),
         latency_line(report.latency_ns));
  }
  line("approved", with_thousands(report.approved));
  for (const DecisionInfo& info : kDecisions) {
    const std::uint64_t count = report.declined[static_cast<std::size_t>(info.decision)];
    if (count > 0) line(fmt::format("declined {}", info.de39), with_thousands(count), info.text);
  }
  if (report.repeated > 0) {
    line("answered as repeats", with_thousands(report.repeated), "commands driven before");
  }
  line("accounts", with_thousands(report.accounts));
  if (report.kind == TraceKind::berka) {
    line("balance as in the file", with_thousands(report.rows_balance_equal), "rows");
    if (report.balance_min) line("lowest balance seen", with_thousands(report.balance_min->minor));
  } else {
    line("purchases", with_thousands(report.purchases_sum.minor), "pence, authorized and captured");
    line("refunds", with_thousands(report.refunds_sum.minor), "pence");
    line("funded", with_thousands(report.fund_per_account.minor), "pence, each account");
  }
  line("merchant category", with_thousands(report.mcc_from_row),
       fmt::format("rows have their own, {} imputed, {} without",
                   with_thousands(report.mcc_imputed), with_thousands(report.mcc_absent)));
  line("customers' balances", with_thousands(report.balances_sum.minor), "sum");
  line("all ledgers", with_thousands(report.currency_sum.minor), "sum, must be 0");
  line("log position", with_thousands(report.position.value));
  if (report.has_digest) {
    fmt::format_to(out, "  state digest   {}\n", tools::digest_text(report.digest));
  }
  line("unexplained answers", with_thousands(report.errors));
  for (const std::string& error : report.error_texts) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
