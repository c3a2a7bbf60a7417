#include "tests/scenarios/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace holdfast::scenarios {
namespace {

const TimestampNs kStart = time_of("2026-01-15T12:00:00");

constexpr struct {
  std::string_view word;
  std::uint16_t flag;
} kFlagWords[] = {
    {"repeated", kOutcomeRepeated},
    {"late", kOutcomeLate},
    {"overdrawn", kOutcomeOverdrawn},
    {"forced", kOutcomeForced},
    {"original_forgotten", kOutcomeOriginalForgotten}};

bool equal(const Outcome& a, const Outcome& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

std::string told_as(const Outcome& outcome, const Currency& currency) {
  std::string text(decision_name(outcome.decision));
  for (const auto& [word, flag] : kFlagWords) {
    if ((outcome.flags & flag) != 0) text += fmt::format(" {}", word);
  }
  if (outcome.position.is_zero()) text += " not_logged";
  return text + fmt::format(" amount={} ledger={} available={} counterparty={} authorization={}",
                            text_of(outcome.amount, currency),
                            text_of(outcome.ledger_balance, currency),
                            text_of(outcome.available_balance, currency),
                            text_of(outcome.counterparty_balance, currency),
                            outcome.authorization.value);
}

}  // namespace

Runner::Runner(Machine& machine) : machine_(machine), now_(kStart) {}

std::vector<Finding> Runner::run(const Scenario& scenario) {
  for (const Step& each : scenario.steps) {
    line_ = each.line;
    try {
      step(each);
    } catch (const BadWord& wrong) {
      throw ScenarioError(scenario.file, each.line, wrong.what());
    }
    machine_.check_invariants();
    for (const CurrencyCode currency : currencies_) {
      if (const Money sum = machine_.ledgers_sum(currency); sum != Money{}) {
        find(fmt::format("the ledgers of {} sum to {}, not to zero",
                         currency_numbered(currency).letters, sum.minor));
      }
    }
    if (!findings_.empty()) break;
  }
  return findings_;
}

void Runner::find(std::string text) { findings_.push_back(Finding{line_, std::move(text)}); }

void Runner::step(const Step& step) {
  move_time(step.time);
  if (step.verb.empty()) return;
  if (step.verb == "retry") return retry(step);
  if (step.verb == "check") return check(step);
  if (step.verb == "expiries") return expiries(step);
  std::string all = " retry check expiries";
  for (const CommandVerb& verb : command_verbs()) {
    if (verb.name == step.verb) return command(step, verb);
    all += fmt::format(" {}", verb.name);
  }
  throw BadWord(fmt::format("'{}' is no step; there are{}", step.verb, all));
}

// Time moves as a server's does: what is due expires before anything else is decided.
void Runner::move_time(const std::string& text) {
  if (text.starts_with('+')) now_.ns += duration_ns_of(text.substr(1));
  if (text.starts_with('@')) now_ = time_of(text.substr(1));
  if (!expires_by_itself_) return;
  for (const Command& command : machine_.expiries_due(now_)) {
    const Outcome outcome = apply(command);
    if (outcome.decision != Decision::approved) {
      find(fmt::format("expiry of authorization {} was answered {}",
                       command.expire.authorization.value, decision_name(outcome.decision)));
    }
  }
}

void Runner::expiries(const Step& step) {
  Arguments arguments(step);
  const std::string value = arguments.word("on or off");
  arguments.finish();
  if (value != "on" && value != "off") throw BadWord("'expiries' takes on or off");
  expires_by_itself_ = value == "on";
}

Outcome Runner::apply(const Command& command) { return machine_.apply(command, now_); }

// Commands -------------------------------------------------------------------------------------

void Runner::command(const Step& step, const CommandVerb& verb) {
  Arguments arguments(step);
  Told told = verb.tell(arguments, names_, machine_.show_status().config);
  if (const auto name = arguments.option("request")) told.request = *name;
  arguments.finish();
  if (told.request.empty()) told.request = fmt::format("line {}", step.line);
  if (told.command.kind == CommandKind::create_account) currencies_.insert(told.currency.code);

  Names::Request& request = names_.introduce_request(told.request);
  told.command.request_id = request.id;
  const LogPosition before = machine_.show_status().position;
  const Outcome outcome = apply(told.command);
  const Outcome first = request.outcome;
  const bool had_first = request.answered;
  if (!outcome.position.is_zero() && (outcome.flags & kOutcomeRepeated) == 0) {
    request.answered = true;
    request.command = told.command;
    request.outcome = outcome;
    request.currency = told.currency;
  }
  judge(step, told, outcome, before, had_first ? &first : nullptr);
}

/// The very same command again.
void Runner::retry(const Step& step) {
  Arguments arguments(step);
  const std::string name = arguments.word("a request");
  arguments.finish();
  const Names::Request& request = names_.answered_request(name);
  const Outcome first = request.outcome;
  Told told{request.command, name, request.currency, std::nullopt};
  const LogPosition before = machine_.show_status().position;
  const Outcome outcome = apply(told.command);
  if (!outcome.position.is_zero() && (outcome.flags & kOutcomeRepeated) == 0) {
    names_.introduce_request(name).outcome = outcome;
  }
  judge(step, told, outcome, before, &first);
}

void Runner::judge(const Step& step, const Told& told, const Outcome& outcome, LogPosition before,
                   const Outcome* first) {
  const AccountView account = account_concerned(told.command, outcome);
  const Currency currency = account.found ? currency_numbered(account.currency) : told.currency;
  // A step without an arrow sets something up: it must be approved.
  std::string decision = step.has_arrow ? step.expected_words[0] : "approved";
  if (decision_name(outcome.decision) != decision) {
    const auto known =
        std::find_if(std::begin(kDecisions), std::end(kDecisions),
                     [&](const DecisionInfo& info) { return info.name == decision; });
    if (known == std::end(kDecisions)) throw BadWord(fmt::format("'{}' is no decision", decision));
    find(fmt::format("{} was expected, but told was: {}", decision, told_as(outcome, currency)));
    return;
  }
  std::uint16_t flags = 0;
  bool not_logged = false;
  for (std::size_t i = 1; i < step.expected_words.size(); ++i) {
    const std::string& word = step.expected_words[i];
    bool known = word == "not_logged";
    not_logged |= known;
    for (const auto& [name, flag] : kFlagWords) {
      if (name != word) continue;
      flags |= flag;
      known = true;
    }
    if (!known) {
      throw BadWord(fmt::format("'{}' is no word for an answer; there are repeated late overdrawn "
                                "forced original_forgotten not_logged", word));
    }
  }
  if (outcome.flags != flags || outcome.position.is_zero() != not_logged) {
    find(fmt::format("the answer's words differ; told was: {}", told_as(outcome, currency)));
  }
  judge_amount(step, told, outcome, currency);
  if (!is_approval(outcome.decision) && outcome.counterparty_balance != Money{}) {
    find("a decline tells a counterparty's balance");
  }
  judge_log(told, outcome, before, first);

  Facts facts = account.found ? account_facts(account, currency) : Facts{};
  facts["amount"] = text_of(outcome.amount, currency);
  facts["ledger"] = text_of(outcome.ledger_balance, currency);
  facts["available"] = text_of(outcome.available_balance, currency);
  facts["counterparty"] = text_of(outcome.counterparty_balance, currency);
  facts["authorization"] = fmt::format("{}", outcome.authorization.value);
  facts["de39"] = decision_de39(outcome.decision);
  compare(step.expected, facts);
}

// A decline moves nothing; an approval moves what was asked, or the line says how much.
void Runner::judge_amount(const Step& step, const Told& told, const Outcome& outcome,
                          const Currency& currency) {
  const bool is_known = told.amount && (told.currency.code == currency.code ||
                                        told.currency.letters.empty());
  const bool is_less = outcome.decision == Decision::approved_partially ||
                       outcome.decision == Decision::approved_purchase_only;
  if (step.expected.contains("amount") || (outcome.flags & kOutcomeRepeated) != 0) return;
  if (is_approval(outcome.decision) && (!is_known || is_less)) {
    if (is_less) throw BadWord("an approval of less than was asked needs amount=");
    return;
  }
  const Money asked = is_approval(outcome.decision) ? *told.amount : Money{};
  if (outcome.amount != asked) {
    find(fmt::format("amount={} was told, not {}", text_of(outcome.amount, currency),
                     text_of(asked, currency)));
  }
}

void Runner::judge_log(const Told& told, const Outcome& outcome, LogPosition before,
                       const Outcome* first) {
  const LogPosition after = machine_.show_status().position;
  if ((outcome.flags & kOutcomeRepeated) != 0) {
    Outcome again = outcome;
    again.flags &= static_cast<std::uint16_t>(~kOutcomeRepeated);
    if (first == nullptr || !equal(again, *first)) {
      find(fmt::format("the repeated answer is not the first answer to '{}'", told.request));
    }
    if (after != before) find("a repeated answer was logged");
    return;
  }
  const bool logged = !outcome.position.is_zero();
  if (after != (logged ? before.next() : before) || (logged && outcome.position != after)) {
    find(fmt::format("the answer has log position {}, and the log went from {} to {}",
                     outcome.position.value, before.value, after.value));
  }
  if (outcome.time < now_) find("the answer's time is before the step's");
}

AccountView Runner::account_concerned(const Command& command, const Outcome& outcome) const {
  const auto of_card = [&](CardToken token) {
    const CardView card = machine_.show_card(token);
    return card.found ? machine_.show_account(card.account) : AccountView{};
  };
  const AuthorizationView hold = machine_.show_authorization(outcome.authorization, {});
  if (hold.found) return machine_.show_account(hold.account);
  switch (command.kind) {
    case CommandKind::create_account: return machine_.show_account(command.create_account.account);
    case CommandKind::update_account: return machine_.show_account(command.update_account.account);
    case CommandKind::create_card: return of_card(command.create_card.card);
    case CommandKind::update_card: return of_card(command.update_card.card);
    case CommandKind::transfer: return machine_.show_account(command.transfer.debit);
    case CommandKind::authorize: return of_card(command.authorize.card);
    case CommandKind::advise: return of_card(command.advise.card);
    case CommandKind::capture: return of_card(command.capture.card);
    case CommandKind::refund: return of_card(command.refund.card);
    default: return {};
  }
}

}  // namespace holdfast::scenarios
