#include "tools/cli/state_diff.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>

#include "engine/decision.h"
#include "engine/known_names.h"
#include "engine/state_machine.h"
#include "tools/cli/commands.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/replay.h"
#include "tools/cli/report.h"

namespace holdfast::tools {
namespace {

/// What an answer is compared by.
struct AnswerOf {
  CommandKind kind{};
  Outcome outcome;
};

/// One state, and all that it knows by name.
struct State {
  StateMachine engine;
  std::set<AccountId> accounts;
  std::set<CardToken> cards;
  std::set<ProgramId> programs;
  std::set<AuthorizationId> authorizations;
  absl::flat_hash_map<RequestId, AnswerOf> requests;
  StateDigest digest;
  std::string began_with;
  LogPosition start_position;
};

void note_names(State& state) {
  const KnownNames known = state.engine.known_names();
  state.accounts.insert(known.accounts.begin(), known.accounts.end());
  state.cards.insert(known.cards.begin(), known.cards.end());
  state.programs.insert(known.programs.begin(), known.programs.end());
  state.authorizations.insert(known.authorizations.begin(), known.authorizations.end());
  state.engine.for_each_request([&state](const RememberedRequest& request) {
    state.requests[request.request] = {request.kind, request.outcome};
  });
}

std::unique_ptr<State> rebuild(const StateDiffOptions& options,
                               const StateDiffOptions::Side& side) {
  std::optional<LogPoint> until;
  if (side.position) until = LogPoint{.position = side.position, .time = std::nullopt};
  const ReplayFrom from{.place = {.dir = side.dir, .archives = options.archives},
                        .point = until,
                        .wanted = options.wanted};
  return replay_from(from, [&](ReplayStart& start) {
    auto state = std::make_unique<State>();
    state->engine = start.take_engine();
    static_cast<void>(replay(start, state->engine, until));
    state->digest = digest_of(state->engine, start.progress());
    state->began_with = start.text();
    state->start_position = start.position();
    return state;
  });
}

/// Fields of a report by their JSON keys, as texts.
using Fields = std::map<std::string, std::string>;

std::string text_of(const Field& field) {
  if (!field.text.empty()) return field.text;
  return std::visit(
      [](const auto& value) -> std::string {
        using Held = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Held, std::monostate>) return "none";
        else if constexpr (std::is_same_v<Held, bool>) return value ? "yes" : "no";
        else if constexpr (std::is_same_v<Held, std::string>) return value;
        else if constexpr (std::is_arithmetic_v<Held>) return fmt::format("{}", value);
        else return fmt::format("{} entries", value.size());
      },
      field.value);
}

Fields fields_of(const Report& report) {
  Fields fields;
  for (const Field& field : report.fields) {
    // Each holds at its own position; that the states have different ones is told once.
    if (!field.key.empty() && field.key != "position") fields[field.key] = text_of(field);
  }
  return fields;
}

std::optional<Fields> account_fields(const State& state, AccountId id) {
  const AccountView view = state.engine.show_account(id);
  if (!view.found) return std::nullopt;
  return fields_of(describe_account(view));
}

std::optional<Fields> card_fields(const State& state, CardToken id, TimestampNs now) {
  const CardView view = state.engine.show_card(id);
  if (!view.found) return std::nullopt;
  Fields fields = fields_of(describe_card(view));
  const CurrencyCode currency = state.engine.show_account(view.account).currency;
  for (const LimitView& limit : state.engine.show_limits(id, now).limits) {
    fields[fmt::format("control {} used", limit.control)] = fmt::format(
        "{} in {}", amount_text(limit.amount_used, currency), count_text(limit.count_used));
  }
  return fields;
}

std::optional<Fields> program_fields(const State& state, ProgramId id) {
  const ProgramView view = state.engine.show_program(id);
  if (!view.found) return std::nullopt;
  return fields_of(describe_program(view));
}

std::optional<Fields> authorization_fields(const State& state, AuthorizationId id) {
  const AuthorizationView view = state.engine.show_authorization(id, {});
  if (!view.found) return std::nullopt;
  const CurrencyCode currency = state.engine.show_account(view.account).currency;
  return fields_of(describe_authorization(view, currency));
}

std::optional<Fields> request_fields(const State& state, RequestId id) {
  const auto found = state.requests.find(id);
  if (found == state.requests.end()) return std::nullopt;
  const auto& [kind, outcome] = found->second;
  if (kind == CommandKind{}) return Fields{{"command", "named by a reversal only"}};
  return Fields{{"command", std::string(command_name(kind))},
                {"decision", std::string(decision_name(outcome.decision))},
                {"authorization", std::to_string(outcome.authorization.value)},
                {"amount", std::to_string(outcome.amount.minor)},
                {"ledger_balance", std::to_string(outcome.ledger_balance.minor)},
                {"available_balance", std::to_string(outcome.available_balance.minor)},
                {"position", std::to_string(outcome.position.value)},
                {"time", time_text(outcome.time)}};
}

/// The differences of one kind, up to a number of them, and how many there are.
class Kind {
 public:
  Kind(std::string name, std::uint64_t shown_max) : name_(std::move(name)), shown_max_(shown_max) {}

  void compare(const std::string& id, const std::optional<Fields>& a,
               const std::optional<Fields>& b) {
    if (a == b) return;
    ++count_;
    if (shown_.size() >= shown_max_) return;
    Difference difference{.kind = name_, .id = id, .where = Difference::Where::both, .fields = {}};
    if (!a) difference.where = Difference::Where::only_b;
    if (!b) difference.where = Difference::Where::only_a;
    if (a && b) {
      std::set<std::string> keys;
      for (const auto& [key, value] : *a) keys.insert(key);
      for (const auto& [key, value] : *b) keys.insert(key);
      for (const std::string& key : keys) {
        const auto in = [&key](const Fields& fields) {
          const auto found = fields.find(key);
          return found == fields.end() ? std::string("none") : found->second;
        };
        if (in(*a) != in(*b)) difference.fields.push_back({key, in(*a), in(*b)});
      }
    }
    shown_.push_back(std::move(difference));
  }

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] const std::vector<Difference>& shown() const { return shown_; }

 private:
  std::string name_;
  std::uint64_t shown_max_;
  std::uint64_t count_ = 0;
  std::vector<Difference> shown_;
};

template <class Id>
std::set<Id> of_both(const std::set<Id>& a, const std::set<Id>& b) {
  std::set<Id> all = a;
  all.insert(b.begin(), b.end());
  return all;
}

std::vector<Kind> compare(const State& a, const State& b, std::uint64_t shown_max) {
  // Windows are told for one moment, or a window that has merely passed would look used up in one.
  const TimestampNs now = std::max(a.engine.time(), b.engine.time());
  Kind accounts("account", shown_max);
  for (const AccountId id : of_both(a.accounts, b.accounts)) {
    accounts.compare(id_text(id), account_fields(a, id), account_fields(b, id));
  }
  Kind cards("card", shown_max);
  for (const CardToken card : of_both(a.cards, b.cards)) {
    cards.compare(id_text(card), card_fields(a, card, now), card_fields(b, card, now));
  }
  Kind programs("program", shown_max);
  for (const ProgramId id : of_both(a.programs, b.programs)) {
    programs.compare(std::to_string(id.value), program_fields(a, id), program_fields(b, id));
  }
  Kind authorizations("authorization", shown_max);
  for (const AuthorizationId id : of_both(a.authorizations, b.authorizations)) {
    authorizations.compare(std::to_string(id.value), authorization_fields(a, id),
                           authorization_fields(b, id));
  }
  Kind requests("request", shown_max);
  std::set<RequestId> ids;
  for (const State* state : {&a, &b}) {
    for (const auto& [id, answer] : state->requests) ids.insert(id);
  }
  for (const RequestId id : ids) {
    requests.compare(id_text(id), request_fields(a, id), request_fields(b, id));
  }
  return {accounts, cards, programs, authorizations, requests};
}

std::string in_lines(const Difference& difference) {
  std::string text = fmt::format("  {} {}", difference.kind, difference.id);
  if (difference.where == Difference::Where::only_a) return text + ": only in A\n";
  if (difference.where == Difference::Where::only_b) return text + ": only in B\n";
  for (std::size_t at = 0; at < difference.fields.size(); ++at) {
    const auto& [field, a, b] = difference.fields[at];
    text += fmt::format("{}{}: {} -> {}", at == 0 ? ": " : ", ", field, a, b);
  }
  return text + "\n";
}

std::string human(const StateDiffOptions& options, const State& a, const State& b,
                  const std::vector<Kind>& kinds) {
  const auto side = [](const char* name, const StateDiffOptions::Side& given, const State& state) {
    return fmt::format("{}: {}, position {}, {}, digest {}{}\n", name, given.dir,
                       state.engine.position().value, time_text(state.engine.time()),
                       digest_text(state.digest),
                       state.start_position.is_zero() ? "" : ", from " + state.began_with);
  };
  std::string text = side("A", options.a, a) + side("B", options.b, b);
  if (a.digest == b.digest) return text + "the states are equal\n";
  std::string told;
  for (const Kind& kind : kinds) {
    if (kind.count() == 0) continue;
    told += fmt::format("{} {}{} differ{}\n", count_text(kind.count()), kind.name(),
                        kind.count() == 1 ? "" : "s", kind.count() == 1 ? "s" : "");
    for (const Difference& difference : kind.shown()) told += in_lines(difference);
    if (kind.count() > kind.shown().size()) {
      told += fmt::format("  and {} more; --most tells more\n",
                          count_text(kind.count() - kind.shown().size()));
    }
  }
  if (told.empty()) {
    told =
        "the digests differ, but no account, card, program, authorization or answer does: "
        "position, rates or what is remembered\n";
  }
  return text + told;
}

std::string json(const StateDiffOptions& options, const State& a, const State& b,
                 const std::vector<Kind>& kinds) {
  const auto side = [](const StateDiffOptions::Side& given, const State& state) {
    return std::vector<Field>{{"dir", given.dir, "", ""},
                              {"position", state.engine.position().value, "", ""},
                              time_field("time", "", state.engine.time()),
                              {"digest", digest_text(state.digest), "", ""},
                              {"start_position", state.start_position.value, "", ""}};
  };
  Report report;
  report.add_json("equal", a.digest == b.digest);
  report.add_json("a", side(options.a, a));
  report.add_json("b", side(options.b, b));
  std::vector<Field> counts;
  std::vector<std::vector<Field>> rows;
  for (const Kind& kind : kinds) {
    counts.push_back({kind.name(), kind.count(), "", ""});
    for (const Difference& difference : kind.shown()) {
      std::vector<std::vector<Field>> fields;
      for (const auto& [field, in_a, in_b] : difference.fields) {
        fields.push_back({{"field", field, "", ""}, {"a", in_a, "", ""}, {"b", in_b, "", ""}});
      }
      constexpr std::array<const char*, 3> kWhere = {"both", "only_a", "only_b"};
      rows.push_back(
          {{"kind", difference.kind, "", ""},
           {"id", difference.id, "", ""},
           {"where", std::string(kWhere[static_cast<std::size_t>(difference.where)]), "", ""},
           {"fields", std::move(fields), "", ""}});
    }
  }
  report.add_json("counts", std::move(counts));
  report.add_json("differences", std::move(rows));
  return report.json();
}

}  // namespace

std::expected<StateDiffOptions::Side, std::string> parse_state_side(const std::string& text) {
  StateDiffOptions::Side side{.text = text, .dir = text, .position = std::nullopt};
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos || std::filesystem::exists(text)) return side;
  const auto position = parse_unsigned(text.substr(at + 1),
                                       std::numeric_limits<std::uint64_t>::max(), "a log position");
  if (!position) return std::unexpected(position.error() + "; write DIR or DIR@POSITION");
  side.dir = text.substr(0, at);
  side.position = LogPosition{*position};
  return side;
}

ExitCode state_diff(const Globals& globals, const StateDiffOptions& options) {
  const auto a = rebuild(options, options.a);
  const auto b = rebuild(options, options.b);
  const bool equal = a->digest == b->digest;
  if (!equal) {
    note_names(*a);
    note_names(*b);
  }
  const std::vector<Kind> kinds = equal ? std::vector<Kind>() : compare(*a, *b, options.shown_max);
  print_text(globals.json ? json(options, *a, *b, kinds) : human(options, *a, *b, kinds));
  return equal ? ExitCode::ok : ExitCode::not_so;
}

void add_state_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "state", "Compare the states that logs lead to");
  CLI::App* command = group->add_subcommand(
      "diff",
      "What differs between two states: accounts, cards, authorizations, answers (exit code 1)");
  auto options = std::make_shared<StateDiffOptions>();
  const auto add_side = [command](const std::string& name, StateDiffOptions::Side& side) {
    add_parsed(
        *command, name, side, [](const std::string& text) { return parse_state_side(text); },
        "Data directory, or DIR@POSITION for its state after that position", "DIR[@POSITION]")
        ->required();
  };
  add_side("A", options->a);
  add_side("B", options->b);
  add_archives(*command, options->archives);
  add_from_start(*command, options->wanted);
  add_number(*command, "--most", options->shown_max, std::numeric_limits<std::uint32_t>::max(),
             "a number of differences", "How many to show of each kind (100)");
  add_examples(*command, {"holdfast state diff data restored",
                          "holdfast state diff data@605000 data@605594"});
  on_run(*command, action, [options](const Globals& g) { return state_diff(g, *options); });
}

}  // namespace holdfast::tools
