#include "bench/load/verify.h"

#include <fmt/format.h>

#include <bit>
#include <iterator>

#include "bench/load/acked_file.h"
#include "bench/load/load_thread.h"
#include "bench/load/population.h"
#include "bench/load/books.h"
#include "bench/pipeline.h"
#include "engine/limits.h"
#include "tools/text/ids_text.h"

namespace holdfast::bench {

namespace {

constexpr std::size_t kErrorTextsMax = 10;
constexpr std::size_t kWindow = limits::session_in_flight_max;
static_assert(std::has_single_bit(kWindow));

class Verifier {
 public:
  Verifier(net::Client& client, VerifyReport& report)
      : report_(report),
        sent_(kWindow),
        pipeline_(client, kWindow, [this](std::uint64_t tag, const net::ClientReply& reply) {
          return answered(sent_[tag & (kWindow - 1)], reply);
        }) {}

  Result<void> check(const AckedRecord& record) {
    ++report_.records;
    if (record.outcome.position.is_zero()) {
      ++report_.not_logged;
      return {};
    }
    sent_[next_tag_ & (kWindow - 1)] = record;
    return pipeline_.send(record.command, next_tag_++);
  }
  Result<void> finish() { return pipeline_.finish(); }

 private:
  Result<void> answered(const AckedRecord& record, const net::ClientReply& reply) {
    const auto outcome = outcome_of(reply);
    if (!outcome) return std::unexpected(outcome.error());
    ++report_.checked;
    const Outcome& now = **outcome;
    const std::string difference = difference_of(record.outcome, now);
    if (difference.empty()) {
      ++report_.same;
      return {};
    }
    const bool repeated = (now.flags & kOutcomeRepeated) != 0;
    ++(repeated || now.position.is_zero() ? report_.different : report_.lost);
    if (report_.error_texts.size() < kErrorTextsMax) {
      report_.error_texts.push_back(
          fmt::format("{} with request id {}: {}", command_name(record.command.kind),
                      tools::id_text(record.command.request_id), difference));
    }
    return {};
  }

  VerifyReport& report_;
  std::vector<AckedRecord> sent_;  // ring by tag
  std::uint64_t next_tag_ = 0;
  Pipeline pipeline_;
};

Result<void> check_population(net::Client& client, const AckedHeader& header,
                              VerifyReport& report) {
  if (header.population == 0) return {};
  Population population;
  population.number = header.population;
  population.accounts = static_cast<std::uint32_t>(header.accounts);
  const auto balances = read_balances(client, population.all_accounts());
  if (!balances) return std::unexpected(balances.error());
  const auto sum = sum_of_ledgers(*balances);
  report.balances_conserved = sum && sum->minor == 0;
  if (!*report.balances_conserved) {
    report.error_texts.push_back(
        fmt::format("the ledgers of population {} sum to {}, not to 0", header.population,
                    sum ? std::to_string(sum->minor) : "more than 64 bits"));
  }
  return {};
}

}  // namespace

bool VerifyReport::passed() const {
  return lost == 0 && different == 0 && same == checked && checked + not_logged == records &&
         one_effect.value_or(true) && balances_conserved.value_or(true);
}

std::string difference_of(const Outcome& before, const Outcome& now) {
  std::string text;
  auto out = std::back_inserter(text);
  const auto compare = [&](std::string_view name, auto was, auto is) {
    if (was != is) {
      fmt::format_to(out, "{}{} was {}, now {}", text.empty() ? "" : "; ", name, was, is);
    }
  };
  if ((now.flags & kOutcomeRepeated) == 0) {
    text =
        now.position.is_zero() ? "answered as not done" : "answered as new: it had been forgotten";
  }
  compare("decision", decision_name(before.decision), decision_name(now.decision));
  compare("flags", before.flags | kOutcomeRepeated, now.flags | kOutcomeRepeated);
  compare("authorization", before.authorization.value, now.authorization.value);
  compare("amount", before.amount.minor, now.amount.minor);
  compare("ledger balance", before.ledger_balance.minor, now.ledger_balance.minor);
  compare("available balance", before.available_balance.minor, now.available_balance.minor);
  compare("counterparty balance", before.counterparty_balance.minor,
          now.counterparty_balance.minor);
  compare("position", before.position.value, now.position.value);
  compare("time", before.time.ns, now.time.ns);
  return text;
}

Result<VerifyReport> verify_acked(const VerifyOptions& options) {
  const std::uint64_t start_ns = monotonic_ns();
  VerifyReport report;
  report.acked_file = options.acked_file;
  auto reader = AckedReader::open(options.acked_file);
  if (!reader) return std::unexpected(reader.error());
  auto client = connect_to(options.endpoint, "holdfast-bench/verify");
  if (!client) return std::unexpected(client.error());
  const auto before = client->show_status(options.with_digest);
  if (!before) return std::unexpected(before.error().message);

  Verifier verifier(*client, report);
  for (;;) {
    const auto record = reader->next();
    if (!record) return std::unexpected(record.error());
    if (!*record) break;
    if (auto sent = verifier.check(**record); !sent) return std::unexpected(sent.error());
  }
  if (auto finished = verifier.finish(); !finished) return std::unexpected(finished.error());
  report.file_was_cut = reader->was_cut();
  if (auto checked = check_population(*client, reader->header(), report); !checked) {
    return std::unexpected(checked.error());
  }
  const auto after = client->show_status(options.with_digest);
  if (!after) return std::unexpected(after.error().message);
  report.position = after->position;
  report.digest = after->digest;
  if (before->has_digest && after->has_digest && before->position == after->position) {
    report.one_effect = before->digest == after->digest;
    if (!*report.one_effect) {
      report.error_texts.push_back("sending again changed the server's state digest");
    }
  }
  report.seconds = static_cast<double>(monotonic_ns() - start_ns) / 1e9;
  return report;
}

}  // namespace holdfast::bench
