#include "tools/cli/explain.h"

#include <fmt/core.h>

#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "engine/state_machine.h"
#include "tools/cli/commands.h"
#include "tools/cli/data_dir.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/gateway.h"
#include "tools/cli/record_text.h"
#include "tools/cli/replay_start.h"
#include "tools/cli/wal_mismatch.h"

namespace holdfast::tools {
namespace {

struct ExplainOptions {
  LogPlace place;
  std::string id;        // an authorization, or a request
  RequestId request;     // named as such
  LogPosition at;        // zero: the whole log
  Wanted wanted = Wanted::oldest;
};

/// What is looked for. One text may name both an authorization and a request.
struct Subject {
  std::string text;
  AuthorizationId authorization;
  RequestId request;
  LogPosition only;      // the command at this position and nothing else

  [[nodiscard]] bool by_position() const { return !only.is_zero(); }
};

/// "0b8f6d8e7a394c0e9a550c5a3ff0f6d1", as a message carries it.
bool is_32_hex(const std::string& text) {
  return text.size() == 32 && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
}

Subject wanted_by(const ExplainOptions& options) {
  Subject wanted;
  if (options.id.empty() && options.request.is_zero()) {
    if (options.at.is_zero()) {
      fail_usage("it is not said what to explain",
                 "Give the number of an authorization or the id of a request, or --at POSITION.");
    }
    wanted.only = options.at;
    wanted.text = fmt::format("position {}", options.at.value);
    return wanted;
  }
  if (!options.request.is_zero()) {
    if (!options.id.empty()) fail_usage("ID and --request are both given", "Give one of them.");
    wanted.request = options.request;
    wanted.text = "request " + id_text(options.request);
    return wanted;
  }
  const bool hex = is_32_hex(options.id);
  const auto request = parse_id128<RequestId>(hex ? "0x" + options.id : options.id);
  if (!request) fail_usage(request.error(), "Run holdfast explain --help.");
  wanted.request = *request;
  wanted.text = "id " + options.id;
  if (!hex && request->high == 0) wanted.authorization = {request->low};
  return wanted;
}

AuthorizationId named_authorization(const Command& command) {
  switch (command.kind) {
    case CommandKind::capture: return command.capture.authorization;
    case CommandKind::reverse: return command.reverse.authorization;
    case CommandKind::refund: return command.refund.authorization;
    case CommandKind::increment: return command.increment.authorization;
    case CommandKind::expire: return command.expire.authorization;
    default: return {};
  }
}

RequestId named_request(const Command& command) {
  switch (command.kind) {
    case CommandKind::capture: return command.capture.original_request;
    case CommandKind::reverse: return command.reverse.original_request;
    case CommandKind::refund: return command.refund.original_request;
    case CommandKind::increment: return command.increment.original_request;
    default: return {};
  }
}

/// A pass over the log that keeps the steps of what is wanted.
class Search {
 public:
  Search(ReplayStart& start, const Subject& wanted)
      : start_(start), wanted_(wanted), engine_(start.take_engine()) {
    lines_.know(engine_);
    // Steps from before the log begins are in nobody's files.
    const AuthorizationView before =
        engine_.show_authorization(wanted.authorization, wanted.request);
    if (!wanted.by_position() && before.found) made_before_ = before;
  }

  void run(LogPosition last) {
    WalLog& log = start_.log();
    bool go_on = engine_.position() < last;
    while (go_on && log.next_block()) {
      log.for_each_record([&](const persistence::Record& record) {
        if (record.outcome.position > last) return go_on = false;
        replay(record);
        return go_on = record.outcome.position < last;
      });
      start_.progress().add(log.reader().header().record_count(),
                            log.reader().header().block_bytes);
    }
    start_.progress().done();
  }

  [[nodiscard]] ReplayStart& start() const { return start_; }
  /// The authorization, as it was when the log begins; nothing: it was not there yet.
  [[nodiscard]] const std::optional<AuthorizationView>& made_before() const { return made_before_; }
  [[nodiscard]] const StateMachine& engine() const { return engine_; }
  [[nodiscard]] const std::vector<ExplainedStep>& of_authorization() const {
    return of_authorization_;
  }
  [[nodiscard]] const std::vector<ExplainedStep>& of_request() const { return of_request_; }

 private:
  [[nodiscard]] bool concerns_authorization(const Command& command, const Outcome& outcome) const {
    const AuthorizationId id = wanted_.authorization;
    return !id.is_zero() && (outcome.authorization == id || named_authorization(command) == id);
  }
  // Its own command, and the reversal that overtook it:
  // without that nobody sees why it was declined.
  [[nodiscard]] bool concerns_request(const Command& command, const Outcome& outcome) const {
    if (wanted_.by_position()) return outcome.position == wanted_.only;
    if (wanted_.request.is_zero()) return false;
    return command.request_id == wanted_.request || named_request(command) == wanted_.request;
  }

  [[nodiscard]] Surroundings look(const Explanation& e, AuthorizationId authorization,
                                  TimestampNs now) const {
    Surroundings around;
    around.account = engine_.show_account(e.account);
    around.counterparty = engine_.show_account(e.counterparty);
    around.authorization = engine_.show_authorization(authorization, RequestId{});
    if (!e.card.is_zero()) around.limits = engine_.show_limits(e.card, now);
    return around;
  }

  void replay(const persistence::Record& record) {
    const auto& [command, logged] = record;
    const bool authorization = concerns_authorization(command, logged);
    const bool request = concerns_request(command, logged);
    ExplainedStep step;
    if (authorization || request) {
      step.command = command;
      step.explanation = engine_.explain(command, logged.time);
      step.before = look(step.explanation, logged.authorization, logged.time);
    }
    step.outcome = engine_.apply(command, logged.time);
    lines_.observe(command, logged);
    // Plain bytes without padding: equal bytes are equal outcomes.
    if (std::memcmp(&step.outcome, &logged, sizeof logged) != 0) {
      throw replay_mismatch(start_.log().dir(), record, step.outcome, engine_);
    }
    if (!authorization && !request) return;
    step.after = look(step.explanation, logged.authorization, logged.time);
    const auto currencies = lines_.currencies_of(command, logged);
    step.asked_currency = currencies.body;
    step.account_currency = currencies.account;
    if (authorization) of_authorization_.push_back(step);
    if (request) of_request_.push_back(std::move(step));
  }

  ReplayStart& start_;
  const Subject& wanted_;
  StateMachine engine_;
  std::optional<AuthorizationView> made_before_;
  RecordLines lines_;
  std::vector<ExplainedStep> of_authorization_;
  std::vector<ExplainedStep> of_request_;
};

std::string begins_text(const Search& search) {
  return fmt::format(
      "The log there begins behind position {}: what came before is in the archive, if "
      "the server keeps one (--archive-dir), or in a backup.",
      search.start().position().value);
}

Failure nothing_found(const Search& search, const Subject& wanted, const std::string& dir) {
  const std::uint64_t position = search.engine().position().value;
  const LogPosition first = search.start().position().next();
  if (wanted.by_position()) {
    return not_found(fmt::format("{} has no {}: it has positions {} to {}", dir, wanted.text,
                                 first.value, position),
                     "holdfast wal dump DIR shows what is there.");
  }
  if (search.made_before()) {
    return not_found(
        fmt::format("{} was made before position {}, and nothing in the log of {} "
                    "behind it concerns it",
                    wanted.text, first.value, dir),
        begins_text(search));
  }
  std::string advice =
      "The log has what was decided. What was refused before that is not in it: a frame that was "
      "rejected, a request id used again with other content (94), a full table (96).";
  if (!wanted.authorization.is_zero()) {
    advice = "No authorization has this number yet, and no request this id. " + advice;
  }
  if (first.value > 1) advice += ' ' + begins_text(search);
  return not_found(fmt::format("{} is not in the log of {} (positions {} to {})", wanted.text, dir,
                               first.value, position),
                   std::move(advice));
}

/// What a gateway is told that sends the request again.
std::string repeat_text(const Search& search, const Subject& wanted) {
  const ExplainedStep* own = nullptr;
  for (const ExplainedStep& step : search.of_request()) {
    if (step.command.request_id == wanted.request) own = &step;
  }
  if (own == nullptr) return fmt::format("{} itself never came; others name it.\n", wanted.text);
  const Explanation again = search.engine().explain(own->command, search.engine().time());
  if (again.repeated) {
    return "A repeat of this request gets this answer again, marked as repeated; nothing is done "
           "twice.\n";
  }
  return "This request id is no longer remembered: the same request would be decided anew.\n";
}

ExitCode tell(const Globals& globals, const ExplainOptions& options, const Subject& wanted,
              Search& search) {
  const std::string& dir = search.start().log().dir();
  const bool by_authorization = !search.of_authorization().empty();
  const auto& steps = by_authorization ? search.of_authorization() : search.of_request();
  if (steps.empty()) throw nothing_found(search, wanted, dir);

  std::string text;
  if (!globals.json) {
    text = by_authorization ? fmt::format("authorization {}", wanted.authorization.value)
                            : wanted.text;
    text += fmt::format(": {} step{} in the log of {}\n", steps.size(),
                        steps.size() == 1 ? "" : "s", dir);
    if (by_authorization && !search.of_request().empty() && wanted.authorization.value != 0) {
      text +=
          fmt::format("(there is also a request {}: see --request {})\n", options.id, options.id);
    }
    if (search.made_before()) {
      text += fmt::format("(it was made before, {}: {})\n",
                          time_text(search.made_before()->created_at), begins_text(search));
    }
  }
  for (const ExplainedStep& step : steps) {
    text += globals.json ? step_json(step).json() : '\n' + step_text(step);
  }
  if (!globals.json) {
    text += '\n';
    if (!by_authorization && !wanted.by_position()) text += repeat_text(search, wanted);
    const LogPosition from = search.start().position();
    text += fmt::format("Replayed {} positions{}; every decision came out as logged.\n",
                        count_text(search.engine().position().value - from.value),
                        from.is_zero() ? "" : " from " + search.start().text());
  }
  print_text(text);
  return ExitCode::ok;
}

ExitCode explain(const Globals& globals, const ExplainOptions& options) {
  const Subject wanted = wanted_by(options);
  ReplayFrom from{.place = chosen_place(options.place), .point = {}, .wanted = options.wanted};
  if (!options.at.is_zero()) {
    // One command alone: the state just before it will do, the nearer the better.
    from.point = LogPoint{.position = LogPosition{options.at.value - 1}, .time = {}};
    if (wanted.by_position() && from.wanted == Wanted::oldest) from.wanted = Wanted::newest;
  }
  const LogPosition last =
      options.at.is_zero() ? LogPosition{std::numeric_limits<std::uint64_t>::max()} : options.at;
  return replay_from(from, [&](ReplayStart& start) {
    Search search(start, wanted);
    search.run(last);
    return tell(globals, options, wanted, search);
  });
}

}  // namespace

void add_explain_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand(
      "explain", "Tell why a payment was decided as it was: every check, counter and balance");
  command->add_option("ID", options->id,
                      "Number of an authorization (all its steps), or id of a request")
      ->type_name("");
  add_id(*command, "--request", options->request, "Id of a request, when it is also a number");
  add_data_dir(*command, options->place);
  add_from_start(*command, options->wanted);
  add_parsed(
      *command, "--at", options->at,
      [](const std::string& text) -> std::expected<LogPosition, std::string> {
        const auto parsed =
            parse_unsigned(text, std::numeric_limits<std::uint64_t>::max(), "a log position");
        if (!parsed) return std::unexpected(parsed.error());
        if (*parsed == 0) return std::unexpected("positions begin with 1");
        return LogPosition{*parsed};
      },
      "Only up to this log position; without ID: the command that stands there", "POSITION");
  add_examples(*command, {"holdfast explain 17 --dir data",
                          "holdfast explain 0b8f6d8e-7a39-4c0e-9a55-0c5a3ff0f6d1 --dir data",
                          "holdfast explain --at 412 --dir data --json"});
  on_run(*command, action, [options](const Globals& g) { return explain(g, *options); });
}

}  // namespace holdfast::tools
