#include "tests/purchase_cards_rules/engine_side.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string_view>

#include "bench/traces/csv.h"
#include "bench/traces/trace.h"
#include "engine/state_machine.h"
#include "tools/cli/rule_set.h"

namespace holdfast::test {
namespace {

using bench::Result;

constexpr std::array<std::string_view, 8> kColumns = {"row_id",      "trans_date", "amount_minor",
                                                      "currency",    "merchant",   "mcc",
                                                      "card_masked", "directorate"};
constexpr std::size_t kRowId = 0;
constexpr std::size_t kDate = 1;
constexpr std::size_t kDirectorate = 7;

constexpr ProgramId kMainProgram{1};
constexpr std::uint32_t kHoldPeriod_s = 7 * 86'400;

/// What the trace does not tell of a row.
struct RowPlace {
  std::string row_id;
  std::string date;
  std::string directorate;
  TimestampNs time;
};

/// The first half of a day's rows is decided in its first second, the others in its last: a window
/// that began an hour early or late would take rows of another day.
Result<void> give_times(std::vector<RowPlace>& rows) {
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    while (end < rows.size() && rows[end].date == rows[begin].date) ++end;
    const auto day = london_day(rows[begin].date);
    if (!day) return std::unexpected(fmt::format("row {}: {}", rows[begin].row_id, day.error()));
    if (begin > 0 && day->first < rows[begin - 1].time) {
      return std::unexpected(fmt::format("row {}: {} is before the date of the row above it",
                                         rows[begin].row_id, rows[begin].date));
    }
    const std::size_t half = begin + (end - begin + 1) / 2;
    for (std::size_t at = begin; at < end; ++at) {
      rows[at].time = at < half ? day->first : day->last;
    }
    begin = end;
  }
  return {};
}

Result<std::vector<RowPlace>> read_places(const std::string& path) {
  auto csv = bench::CsvReader::open(path, kColumns);
  if (!csv) return std::unexpected(csv.error());
  std::vector<RowPlace> rows;
  for (;;) {
    const auto more = csv->next();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    const auto& field = csv->fields();
    rows.push_back({field[kRowId], field[kDate], field[kDirectorate], {}});
  }
  if (rows.empty()) return std::unexpected(path + ": no row");
  if (auto given = give_times(rows); !given) return std::unexpected(given.error());
  return rows;
}

Result<tools::RuleSet> read_policy(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(path.string() + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  auto rules = tools::parse_rule_set(text);
  if (!rules) return std::unexpected(fmt::format("{}: {}", path.string(), rules.error()));
  return std::move(*rules);
}

/// The directorate that "policy_INCLUSIVE_GROWTH.json" is for; empty: for all others.
std::string directorate_of(const std::filesystem::path& path) {
  std::string name = path.stem().string().substr(std::string_view("policy").size());
  std::replace(name.begin(), name.end(), '_', ' ');
  return name.empty() ? name : name.substr(1);
}

class EngineSide {
 public:
  EngineSide(const bench::Trace& trace, const std::vector<RowPlace>& places,
             const OnApplied& on_applied)
      : trace_(trace), places_(places), on_applied_(on_applied), now_(places.front().time) {
    EngineConfig config = default_engine_config();
    config.accounts_max = config.cards_max = trace.customers.size() + 2;
    config.authorizations_max = trace.rows.size() + 1;
    config.request_ids_max = 2 * trace.rows.size() + trace.setup.size() + 10'000;
    Command command;
    command.kind = CommandKind::configure;
    command.configure = {config};
    configured_ = apply(command).decision;
  }

  /// `shadow_policies` null: no shadows.
  Result<ShadowedRun> decide(const std::string& policies, const std::string* shadow_policies) {
    if (configured_ != Decision::approved) return std::unexpected("configure is declined");
    if (auto put = put_policies(policies, Use::activate); !put) return std::unexpected(put.error());
    if (shadow_policies != nullptr) {
      auto put = put_policies(*shadow_policies, Use::run_as_shadow);
      if (!put) return std::unexpected(put.error());
    }
    for (Command command : trace_.setup) {
      if (command.kind == CommandKind::create_card) {
        command.create_card.program = program_of(command.create_card.card);
      }
      if (auto done = must(command, "setup"); !done) return std::unexpected(done.error());
    }
    ShadowedRun run;
    for (std::size_t at = 0; at < trace_.rows.size(); ++at) {
      now_ = places_[at].time;
      auto answer = decide_row(trace_.rows[at], places_[at].row_id);
      if (!answer) {
        return std::unexpected(fmt::format("row {}: {}", places_[at].row_id, answer.error()));
      }
      run.answers.push_back(std::move(*answer));
      if (shadow_policies == nullptr) continue;
      auto said = shadow_decision(trace_.rows[at]);
      if (!said) {
        return std::unexpected(fmt::format("row {}: {}", places_[at].row_id, said.error()));
      }
      run.shadow_decisions.push_back(std::move(*said));
    }
    run.first_divergence = first_divergence();
    if (engine_.ledgers_sum(trace_.currency) != Money{0}) {
      return std::unexpected("the ledgers do not sum to 0");
    }
    engine_.check_invariants();
    return run;
  }

 private:
  using Use = tools::RuleSetUse;

  Outcome apply(const Command& command) {
    const Outcome outcome = engine_.apply(command, now_);
    if (on_applied_) on_applied_(command, outcome);
    return outcome;
  }

  Result<void> must(const Command& command, std::string_view what) {
    const Outcome outcome = apply(command);
    if (outcome.decision == Decision::approved && outcome.time == now_) return {};
    return std::unexpected(
        fmt::format("{} (command {}) is answered {} at {} ns, asked at {} ns", what,
                    static_cast<int>(command.kind), decision_name(outcome.decision),
                    outcome.time.ns, now_.ns));
  }

  Result<void> put_policies(const std::string& folder, Use use) {
    if (folder.empty()) {
      const auto program = put_program("");
      return program ? Result<void>{} : std::unexpected(program.error());
    }
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("policy") && name.ends_with(".json")) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      const auto program = put_program(directorate_of(path));
      if (!program) return std::unexpected(program.error());
      if (auto put = put_policy(path, *program, use); !put) return put;
    }
    if (!programs_.contains("")) return std::unexpected(folder + ": there is no policy.json");
    return {};
  }

  Result<ProgramId> put_program(const std::string& directorate) {
    const ProgramId next{kMainProgram.value + static_cast<std::uint32_t>(programs_.size())};
    const auto [place, is_new] = programs_.try_emplace(directorate, next);
    if (!is_new) return place->second;
    Command command;
    command.kind = CommandKind::put_program;
    command.request_id = {.low = next.value, .high = 1};
    // Captures and refunds of a trace name the settlement account themselves.
    command.put_program = {
        .program = next, .hold_period_s = kHoldPeriod_s, .settlement_account = {}};
    if (auto done = must(command, "a program"); !done) return std::unexpected(done.error());
    return next;
  }

  Result<void> put_policy(const std::filesystem::path& path, ProgramId program, Use use) {
    auto rules = read_policy(path);
    if (!rules) return std::unexpected(rules.error());
    if (use == Use::run_as_shadow) ++rules->version;  // the same document may be the active one
    for (const Command& row : tools::rule_set_commands(*rules, program, use)) {
      if (auto done = must(row, path.string()); !done) return done;
    }
    const auto state = engine_.show_rule_set(program, rules->version, 0, 0).state;
    if (state == (use == Use::run_as_shadow ? RuleSetState::shadow : RuleSetState::active)) {
      return {};
    }
    return std::unexpected(path.string() + ": its version does not judge");
  }

  /// What the shadow of the card's program said to the row that was decided last.
  Result<std::string> shadow_decision(const bench::TraceRow& row) {
    if (row.first.kind != CommandKind::authorize) return std::string();
    const ProgramId program = program_of(row.first.authorize.card);
    const auto shadows = engine_.show_shadows(program).shadows;
    if (shadows.size() != 1) return std::unexpected("its program has no shadow");
    auto& before = tallies_[program];
    std::string said;
    for (const ShadowTally& tally : shadows[0].tallies) {
      std::uint64_t& count = before[{tally.active, tally.shadow}];
      if (count == tally.count) continue;
      if (tally.count != count + 1 || !said.empty()) return std::unexpected("it is judged twice");
      count = tally.count;
      said = decision_name(tally.shadow);
    }
    if (said.empty()) return std::unexpected("its shadow did not judge it");
    return said;
  }

  std::optional<std::size_t> first_divergence() const {
    std::optional<std::size_t> first;
    for (const auto& [directorate, program] : programs_) {
      for (const ShadowView& shadow : engine_.show_shadows(program).shadows) {
        if (shadow.first_divergence.is_zero()) continue;
        const std::size_t row = row_at_.at(shadow.first_divergence);
        first = std::min(first.value_or(row), row);
      }
    }
    return first;
  }

  ProgramId program_of(CardToken card) {
    if (directorates_.empty()) {
      for (std::size_t at = 0; at < trace_.rows.size(); ++at) {
        const AccountId account = trace_.customers[trace_.rows[at].customer];
        directorates_.emplace(CardToken{account.low, account.high}, places_[at].directorate);
      }
    }
    const auto own = programs_.find(directorates_.at(card));
    return own != programs_.end() ? own->second : programs_.at("");
  }

  Result<RowAnswer> decide_row(const bench::TraceRow& row, const std::string& row_id) {
    const AccountId account = trace_.customers[row.customer];
    const AccountView before = engine_.show_account(account);
    const Outcome outcome = apply(row.first);
    if (outcome.time != now_) return std::unexpected("it is not decided at its own time");
    row_at_.emplace(outcome.position, row_at_.size());
    const AccountView between = engine_.show_account(account);
    if (row.captures && outcome.decision == Decision::approved) {
      const auto captured = must(bench::capture_of(trace_, row), "the capture");
      if (!captured) return std::unexpected(captured.error());
    }
    const AccountView after = engine_.show_account(account);
    if (before.held != Money{0} || after.held != Money{0}) {
      return std::unexpected(fmt::format("{} held before it and {} after it", before.held.minor,
                                         after.held.minor));
    }
    return RowAnswer{.row_id = row_id,
                     .decision = std::string(decision_name(outcome.decision)),
                     .held_minor = between.held.minor,
                     .posted_minor = before.ledger_balance.minor - after.ledger_balance.minor};
  }

  const bench::Trace& trace_;
  const std::vector<RowPlace>& places_;
  const OnApplied& on_applied_;
  StateMachine engine_;
  TimestampNs now_;
  Decision configured_{};
  std::map<std::string, ProgramId> programs_;  // by directorate; "": all others
  std::map<CardToken, std::string> directorates_;
  std::map<LogPosition, std::size_t> row_at_;
  /// How often each pair of decisions was told, by program.
  std::map<ProgramId, std::map<std::pair<Decision, Decision>, std::uint64_t>> tallies_;
};

}  // namespace

Result<LondonDay> london_day(const std::string& date) {
  using namespace std::chrono;
  const std::string_view text = date;
  const auto y = bench::parse_number<int>(text.substr(0, 4));
  const auto m = bench::parse_number<unsigned>(text.size() == 10 ? text.substr(5, 2) : "");
  const auto d = bench::parse_number<unsigned>(text.size() == 10 ? text.substr(8, 2) : "");
  if (!y || !m || !d || !year_month_day(year(*y), month(*m), day(*d)).ok() || *y < 1996) {
    return std::unexpected(fmt::format("\"{}\" is no date from 1996 on, as 2014-04-01", date));
  }
  // Since 1996 summer time is from the last Sunday of March to that of October, 01:00 UTC.
  const sys_days today = year(*y) / month(*m) / day(*d);
  const sys_days begins = year(*y) / March / Sunday[last];
  const sys_days ends = year(*y) / October / Sunday[last];
  const auto utc = [](sys_days midnight, bool is_summer, seconds time) {
    const seconds since = midnight.time_since_epoch() + time - (is_summer ? 1h : 0h);
    return TimestampNs{static_cast<std::uint64_t>(since.count()) * kNsPerSecond};
  };
  return LondonDay{.first = utc(today, today > begins && today <= ends, 0s),
                   .last = utc(today, today >= begins && today < ends, 24h - 1s)};
}

namespace {

Result<ShadowedRun> decide(const PurchaseCardFiles& files, const std::string* shadow_policies,
                           const OnApplied& on_applied) {
  bench::TraceOptions options;
  options.mcc_file = files.mcc;
  const auto trace = bench::load_purchase_cards(files.transactions, options);
  if (!trace) return std::unexpected(trace.error());
  const auto places = read_places(files.transactions);
  if (!places) return std::unexpected(places.error());
  if (places->size() != trace->rows.size()) {
    return std::unexpected(fmt::format("{}: {} rows of it are in the trace, {} in the file",
                                       files.transactions, trace->rows.size(), places->size()));
  }
  return EngineSide(*trace, *places, on_applied).decide(files.policies, shadow_policies);
}

}  // namespace

Result<std::vector<RowAnswer>> decide_by_engine(const PurchaseCardFiles& files,
                                                const OnApplied& on_applied) {
  auto run = decide(files, nullptr, on_applied);
  if (!run) return std::unexpected(run.error());
  return std::move(run->answers);
}

Result<ShadowedRun> decide_beside_shadows(const PurchaseCardFiles& files,
                                          const std::string& shadow_policies) {
  return decide(files, &shadow_policies, {});
}

}  // namespace holdfast::test
