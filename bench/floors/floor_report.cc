#include "bench/floors/floor_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

#include "bench/floors/echo.h"
#include "bench/pauses/pauses_report.h"
#include "bench/report/latency.h"
#include "bench/report/progress.h"

namespace holdfast::bench {

namespace {

using Json = nlohmann::ordered_json;
using Out = std::back_insert_iterator<std::string>;

/// Null when it could not be measured here.
Json latency_or_null(const Histogram& latency_ns) {
  return latency_ns.count() == 0 ? Json(nullptr) : latency_to_json(latency_ns);
}

Json by_name(const Named<Histogram>& latencies_ns) {
  Json named = Json::object();
  for (const auto& [name, latency_ns] : latencies_ns) named[name] = latency_or_null(latency_ns);
  return named;
}

void add_latency(Out out, std::string_view name, const Histogram& latency_ns) {
  if (latency_ns.count() == 0) return;
  fmt::format_to(out, "  {:<30} {:>10} {:>10} {:>10} {:>10} {:>9}\n", name,
                 time_for_people(latency_ns.value_at(0.5)),
                 time_for_people(latency_ns.value_at(0.9)),
                 time_for_people(latency_ns.value_at(0.99)),
                 time_for_people(latency_ns.value_at(0.999)), with_thousands(latency_ns.count()));
}

}  // namespace

Json to_json(const FloorReport& report) {
  Json sequential = Json::object(), lookups = Json::object();
  for (const auto& [name, written] : report.sequential_write) {
    sequential[name] = written.mb_per_s();
  }
  for (const auto& [entries, named] : report.lookups) {
    Json& of_size = lookups[std::to_string(entries)];
    for (const auto& [name, done] : named) of_size[name] = done.ns_per_lookup();
  }
  Json machine = to_json(report.machine);
  machine["disk"] = to_json(report.disk);
  return {{"kind", "floor"},
          {"machine", machine},
          {"floors",
           {{"durable_write_4k_us", by_name(report.durable_write_ns)},
            {"group_commit_us", by_name(report.group_commit_ns)},
            {"echo_us", latency_or_null(report.echo_ns)},
            {"echo_server_spinning_us", latency_or_null(report.echo_server_spinning_ns)},
            {"echo_durable_us", latency_or_null(report.echo_durable_ns)},
            {"echo_durable_pwritev2_us", latency_or_null(report.echo_durable_pwritev2_ns)},
            {"echo_durable_server_spinning_us",
             latency_or_null(report.echo_durable_server_spinning_ns)},
            {"many_echo_per_s",
             {{"one", report.echo_one.per_s()},
              {"many", report.echo_many.per_s()},
              {"many_durable", report.echo_many_durable.per_s()}}},
            {"sequential_write_mb_per_s", sequential},
            {"hash_lookup_ns", lookups},
            {"pauses", report.pauses.processors.empty() ? Json(nullptr) : to_json(report.pauses)}}},
          {"io_uring_refused",
           report.io_uring_refused.empty() ? Json(nullptr) : Json(report.io_uring_refused)},
          {"settings",
           {{"data_dir", report.options.data_dir},
            {"duration_s", report.options.duration_s},
            {"pauses_s", report.options.pauses_s},
            {"rounds", report.options.rounds},
            {"file_bytes", report.options.file_bytes},
            {"past_page_cache", report.is_direct},
            {"echo_request_bytes", kEchoRequestBytes},
            {"echo_reply_bytes", kEchoReplyBytes},
            {"echo_connections", report.options.echo_connections},
            {"sequential_writes_in_flight", SequentialWriteProbe::kWritesInFlight}}}};
}

std::string to_table(const FloorReport& report) {
  std::string text;
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{}\n{}, {}\n", to_line(report.machine), to_line(report.disk),
                 report.is_direct ? "past the page cache"
                                  : "THROUGH THE PAGE CACHE: the file system has no O_DIRECT");
  if (!report.io_uring_refused.empty()) {
    fmt::format_to(out, "floors through io_uring are missing: {}\n", report.io_uring_refused);
  }
  fmt::format_to(out, "  {:<30} {:>10} {:>10} {:>10} {:>10} {:>9}\n", "", "p50", "p90", "p99",
                 "p99.9", "count");
  text += "durable write of 4 KiB, one at a time\n";
  for (const auto& [name, latency_ns] : report.durable_write_ns) {
    add_latency(out, name, latency_ns);
  }
  if (!report.group_commit_ns.empty()) {
    text += "group commit, one durable block after another: the rest of one and then the next\n";
  }
  for (const auto& [name, waited_ns] : report.group_commit_ns) {
    add_latency(out, "blocks of " + name, waited_ns);
  }
  fmt::format_to(out, "loopback round trip, {} bytes there and {} back\n", kEchoRequestBytes,
                 kEchoReplyBytes);
  add_latency(out, "echo", report.echo_ns);
  add_latency(out, "echo, the server spinning", report.echo_server_spinning_ns);
  add_latency(out, "echo with a durable write", report.echo_durable_ns);
  add_latency(out, "the same, by pwritev2", report.echo_durable_pwritev2_ns);
  add_latency(out, "the same, the server spinning", report.echo_durable_server_spinning_ns);
  text += "loopback, one request under way on each connection, a second\n";
  const auto rate = [&](std::string_view name, std::uint32_t connections, const EchoesDone& done) {
    fmt::format_to(out, "  {:<30} {:>10}  {:.1f} of one\n",
                   fmt::format("{}: {}", name, connections),
                   with_thousands(static_cast<std::uint64_t>(done.per_s())),
                   done.per_s() / report.echo_one.per_s());
  };
  rate("echo", 1, report.echo_one);
  rate("echo", report.options.echo_connections, report.echo_many);
  rate("with durable writes", report.options.echo_connections, report.echo_many_durable);
  fmt::format_to(out, "sequential writes, {} under way\n", SequentialWriteProbe::kWritesInFlight);
  for (const auto& [name, written] : report.sequential_write) {
    fmt::format_to(out, "  {:<30} {:>10.0f} MB/s\n", name, written.mb_per_s());
  }
  text += "hash lookup at random, ns\n";
  for (const auto& [entries, named] : report.lookups) {
    fmt::format_to(out, "  {:<14}", with_thousands(entries));
    for (const auto& [name, done] : named) {
      fmt::format_to(out, "  {} {:.1f}", name, done.ns_per_lookup());
    }
    text += '\n';
  }
  if (!report.pauses.processors.empty()) {
    fmt::format_to(out,
                   "pauses: a thread on each processor that only looks at the clock, {:g} s; share "
                   "of the time (how many)\n",
                   report.options.pauses_s);
    text += to_table(report.pauses);
  }
  return text;
}

}  // namespace holdfast::bench
