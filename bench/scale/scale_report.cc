#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/report/machine.h"
#include "bench/report/progress.h"
#include "bench/scale/scale.h"

namespace holdfast::bench {

nlohmann::ordered_json to_json(const ScaleReport& report) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const ScaleRow& row : report.rows) {
    rows.push_back({{"accounts", row.accounts},
                    {"throughput_per_s", to_json(spread_of(row.rates_per_s))},
                    {"of_smallest", to_json(spread_of(row.of_smallest))},
                    {"rates_per_s", row.rates_per_s},
                    {"bytes_per_account", row.bytes_per_account},
                    {"resident_bytes", row.resident_bytes},
                    {"start_s", row.start_s},
                    {"fill_s", row.fill_s}});
  }
  return {{"kind", "scale"},
          {"passed", report.passed()},
          {"machine", to_json(machine_facts())},
          {"scale", rows},
          {"approved", report.approved},
          {"errors", report.errors},
          {"settings",
           {{"rounds", report.options.rounds},
            {"turn_s", report.options.turn_s},
            {"connections", report.options.connections},
            {"in_flight", report.options.in_flight},
            {"seed", report.options.seed}}}};
}

std::string to_table(const ScaleReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out,
                 "pipelined durable authorizations, {} connections x {} in flight, medians of {} "
                 "rounds of {} s\n{:>12} {:>12} {:>22} {:>14} {:>14} {:>9}\n",
                 report.options.connections, report.options.in_flight, report.options.rounds,
                 report.options.turn_s, "accounts", "answers /s", "of the smallest",
                 "bytes/account", "resident MiB", "start s");
  for (const ScaleRow& row : report.rows) {
    const Spread ratio = spread_of(row.of_smallest);
    fmt::format_to(
        out, "{:>12} {:>12} {:>22} {:>14.0f} {:>14.0f} {:>9.2f}\n",
        with_thousands(std::uint64_t{row.accounts}),
        with_thousands(static_cast<std::uint64_t>(spread_of(row.rates_per_s).median)),
        fmt::format("{:.2f} ({:.2f} .. {:.2f})", ratio.median, ratio.min, ratio.max),
        row.bytes_per_account, static_cast<double>(row.resident_bytes) / (1 << 20), row.start_s);
  }
  fmt::format_to(out, "{} approved, {}\n", with_thousands(report.approved),
                 report.passed() ? "every answer as it must be" : "WRONG:");
  for (const std::string& error : report.errors) fmt::format_to(out, "  ! {}\n", error);
  return text;
}

}  // namespace holdfast::bench
