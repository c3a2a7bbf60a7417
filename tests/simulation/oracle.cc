#include "tests/simulation/oracle.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "tests/model/describe.h"

namespace holdfast::simulation {
namespace {

using model::describe;

bool equal(const Outcome& a, const Outcome& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

bool same_content(const Command& a, const Command& b) {
  return a.kind == b.kind && std::memcmp(a.body, b.body, command_body_bytes(a.kind)) == 0;
}

LogPosition position_of(const InquiryAnswer& answer) {
  return std::visit([](const auto& view) { return view.position; }, answer);
}

const char* kind_name(RequestKind kind) {
  switch (kind) {
    case RequestKind::show_account: return "account";
    case RequestKind::show_card: return "card";
    case RequestKind::show_authorization: return "authorization";
    case RequestKind::show_program: return "program";
    case RequestKind::show_limits: return "limits";
    case RequestKind::show_status: return "status with digest";
    case RequestKind::take_snapshot: return "asked for a snapshot";
    default: return "other";
  }
}

}  // namespace

Oracle::Oracle(const FaultMix& mix, model::RandomCommands& world, Coverage& coverage)
    : mix_(mix), world_(world), coverage_(coverage) {
  if (mix.with_model) model_ = std::make_unique<model::ReferenceModel>();
}

void Oracle::trace(std::uint64_t value) {
  trace_ = (trace_ ^ value) * 0x9E3779B97F4A7C15ULL;
  trace_ ^= trace_ >> 31;
}

// While a server lives -------------------------------------------------------------------------

void Oracle::appended(const Command& command, const Outcome& outcome) {
  if (outcome.position != last().next()) {
    throw Violation(fmt::format("the journal got position {} after position {}",
                                outcome.position.value, last().value));
  }
  if (!history_.empty() && outcome.time < history_.back().outcome.time) {
    throw Violation(fmt::format("logged time went back at position {}", outcome.position.value));
  }
  if (!command.request_id.is_zero()) {
    const auto [first, end] = positions_of_.equal_range(command.request_id);
    for (auto before = first; before != end; ++before) {
      if (mix_.exact_answers && must_be_remembered(before->second, outcome.time)) {
        throw Violation(fmt::format("request {}:{} was decided twice, at positions {} and {}: {}",
                                    command.request_id.high, command.request_id.low, before->second,
                                    outcome.position.value, describe(command)));
      }
      coverage_.count("content: forgotten and decided again");
    }
    positions_of_.emplace(command.request_id, outcome.position.value);
  }
  if (command.kind == CommandKind::configure) {
    retention_s_min_ =
        std::min<std::uint64_t>(retention_s_min_, command.configure.config.request_retention_s);
  }
  history_.push_back({command, outcome});
  trace(outcome.position.value);
  trace(static_cast<std::uint64_t>(outcome.decision) + outcome.time.ns);
}

// Even in a world of long memory: its clock jumps, and a long seed may see twenty years.
bool Oracle::must_be_remembered(std::uint64_t position, TimestampNs now) const {
  const TimestampNs then = history_[static_cast<std::size_t>(position - 1)].outcome.time;
  return now.ns < then.ns + retention_s_min_ * kNsPerSecond;
}

void Oracle::told(const Command& command, const Outcome& outcome) {
  told_through_ = std::max(told_through_, outcome.position);
  outcomes_.push_back({command, outcome});
  trace(outcome.position.value * 31 + outcome.flags);
  if (outcome.decision == Decision::cannot_decide_now) {
    coverage_.count("answer: no space for the log");
    if (!no_space_) {
      throw Violation("\"cannot decide now\" was told while the log could be written");
    }
    // What was answered before needs no log to be answered again.
    const auto [first, end] = positions_of_.equal_range(command.request_id);
    const bool known = std::any_of(first, end, [&](const auto& entry) {
      return entry.second <= decided_before_no_space_ &&
             must_be_remembered(entry.second, outcome.time);
    });
    if (known && mix_.exact_answers) {
      throw Violation(fmt::format("\"cannot decide now\" was told for a request that was answered "
                                  "before: {}", describe(command)));
    }
  } else if (outcome.decision == Decision::request_id_reused) {
    coverage_.count("answer: request id reused");
  } else {
    coverage_.count((outcome.flags & kOutcomeRepeated) != 0 ? "answer: repeated" : "answer: new");
  }
}

void Oracle::told(RequestKind kind, const Inquiry& inquiry, const InquiryAnswer& answer) {
  const LogPosition position = position_of(answer);
  told_through_ = std::max(told_through_, position);
  trace(position.value * 37 + static_cast<std::uint64_t>(kind));
  if (kind != RequestKind::show_status || inquiry.with_digest != 0) {
    coverage_.count(std::string("answer: ") + kind_name(kind));
  }
  views_.push_back({position, kind, inquiry, answer});
}

void Oracle::learn_through(LogPosition durable) {
  for (; learnt_ < std::min<std::uint64_t>(durable.value, history_.size()); ++learnt_) {
    const persistence::Record& record = history_[learnt_];
    world_.observe(record.command, record.outcome);
    if (record.command.kind == CommandKind::expire) coverage_.count("content: expired");
    if (record.outcome.decision == Decision::denied_by_control) {
      coverage_.count("content: denied by a control");
    }
    if (record.command.kind == CommandKind::activate_rule_set &&
        record.outcome.decision == Decision::approved) {
      coverage_.count("content: rule set activated");
    }
  }
}

// After its end --------------------------------------------------------------------------------

void Oracle::judge_recovery(const std::vector<persistence::Record>& records,
                            LogPosition start_after, const StateMachine& engine, bool honest) {
  const LogPosition recovered{start_after.value + records.size()};
  trace(recovered.value);
  if (engine.position() != recovered) {
    throw Violation(fmt::format("the recovered engine is at position {}, the log ends with {}",
                                engine.position().value, recovered.value));
  }
  if (honest && recovered < told_through_) {
    throw Violation(fmt::format("position {} was told, and only {} positions were recovered",
                                told_through_.value, recovered.value));
  }
  judge_records(records, start_after);
  history_.resize(static_cast<std::size_t>(recovered.value));
  std::erase_if(positions_of_, [&](const auto& entry) { return entry.second > recovered.value; });
  learnt_ = std::min<std::uint64_t>(learnt_, recovered.value);
  learn_through(recovered);
  if (!honest) {
    std::erase_if(outcomes_, [&](const ToldOutcome& t) { return t.outcome.position > recovered; });
    std::erase_if(views_, [&](const ToldView& t) { return t.position > recovered; });
    if (replica_.position() > recovered) {  // it was believed to be durable: begin again
      replica_ = StateMachine();
      if (model_) model_ = std::make_unique<model::ReferenceModel>();
    }
  }
  told_through_ = std::min(told_through_, recovered);
  if (honest) judge_outcomes();
  std::stable_sort(views_.begin(), views_.end(),
                   [](const ToldView& a, const ToldView& b) { return a.position < b.position; });
  for (const ToldView& told : views_) {
    if (told.position < replica_.position()) {
      throw Violation(fmt::format("a view of position {} was told after a recovery showed {}",
                                  told.position.value, replica_.position().value));
    }
    advance_replica(told.position);
    judge_view(told);
  }
  advance_replica(recovered);
  judge_state(engine);
  outcomes_.clear();
  views_.clear();
  no_space_ = false;
}

void Oracle::judge_records(const std::vector<persistence::Record>& records,
                           LogPosition start_after) const {
  for (std::size_t i = 0; i < records.size(); ++i) {
    const persistence::Record& found = records[i];
    const std::uint64_t position = start_after.value + i + 1;
    if (found.outcome.position.value != position) {
      throw Violation(fmt::format("recovery gave position {} in the place of {}",
                                  found.outcome.position.value, position));
    }
    if (position > history_.size()) {
      throw Violation(fmt::format("recovery gave position {}, and only {} were decided: {}",
                                  position, history_.size(), describe(found.command)));
    }
    const persistence::Record& decided = history_[static_cast<std::size_t>(position - 1)];
    if (!same_content(found.command, decided.command) ||
        found.command.request_id != decided.command.request_id ||
        !equal(found.outcome, decided.outcome)) {
      throw Violation(
          fmt::format("position {} was recovered as\n  {}\n  {}\nand decided as\n  {}\n  {}",
                      position, describe(found.command), describe(found.outcome),
                      describe(decided.command), describe(decided.outcome)));
    }
  }
}

void Oracle::judge_outcomes() const {
  for (const ToldOutcome& told : outcomes_) judge_outcome(told);
}

void Oracle::judge_outcome(const ToldOutcome& told) const {
  const auto wrong = [&](std::string_view why) {
    return Violation(fmt::format("{}: {}\n  told: {}", why, describe(told.command),
                                 describe(told.outcome)));
  };
  const auto [first, end] = positions_of_.equal_range(told.command.request_id);
  if (told.outcome.position.is_zero()) {
    if (told.outcome.decision == Decision::cannot_decide_now ||
        told.outcome.decision == Decision::at_capacity) {
      return;
    }
    if (told.outcome.decision != Decision::request_id_reused) {
      throw wrong("an answer without a position");
    }
    const bool other_content = std::any_of(first, end, [&](const auto& entry) {
      return !same_content(history_[static_cast<std::size_t>(entry.second - 1)].command,
                           told.command);
    });
    if (!other_content) throw wrong("\"request id reused\", but no other content had this id");
    return;
  }
  const persistence::Record& record =
      history_[static_cast<std::size_t>(told.outcome.position.value - 1)];
  if (record.command.request_id != told.command.request_id ||
      !same_content(record.command, told.command)) {
    throw wrong(fmt::format("the answer is of another command, {}", describe(record.command)));
  }
  Outcome plain = told.outcome;
  plain.flags = static_cast<std::uint16_t>(plain.flags & ~kOutcomeRepeated);
  if (!equal(plain, record.outcome)) {
    throw wrong(fmt::format("the log has another answer, {}", describe(record.outcome)));
  }
}

void Oracle::judge_view(const ToldView& told) const {
  const auto differ = [&](const std::string& expected, const std::string& was) {
    if (expected == was) return;
    throw Violation(
        fmt::format("at position {} an inquiry was told\n  {}\nand the history says\n  {}",
                    told.position.value, was, expected));
  };
  const Inquiry& q = told.inquiry;
  switch (told.kind) {
    case RequestKind::show_account:
      differ(describe(replica_.show_account(q.account)),
             describe(std::get<AccountView>(told.answer)));
      return;
    case RequestKind::show_card:
      differ(describe(replica_.show_card(q.card)), describe(std::get<CardView>(told.answer)));
      return;
    case RequestKind::show_authorization:
      differ(describe(replica_.show_authorization(q.authorization, q.original_request)),
             describe(std::get<AuthorizationView>(told.answer)));
      return;
    case RequestKind::show_program:
      differ(describe(replica_.show_program(q.program)),
             describe(std::get<ProgramView>(told.answer)));
      return;
    case RequestKind::show_limits: {
      // How much a window has used depends on the core's clock, which is not told.
      const auto& view = std::get<LimitsView>(told.answer);
      const LimitsView expected = replica_.show_limits(q.card, replica_.time());
      differ(fmt::format("found {} program {} version {}", expected.found, expected.program.value,
                         expected.rule_set_version),
             fmt::format("found {} program {} version {}", view.found, view.program.value,
                         view.rule_set_version));
      return;
    }
    case RequestKind::show_status:
    case RequestKind::take_snapshot: {
      const auto& view = std::get<StatusView>(told.answer);
      const StatusView expected = replica_.show_status();
      const auto text = [](const StatusView& s) {
        return fmt::format("{} accounts {} cards {} authorizations {} open {} request ids",
                           s.accounts, s.cards, s.authorizations, s.open_authorizations,
                           s.request_ids);
      };
      differ(text(expected), text(view));
      if (view.has_digest && view.digest != replica_.digest()) {
        throw Violation(fmt::format("the digest told at position {} is not the history's",
                                    told.position.value));
      }
      return;
    }
    default:
      throw Violation("an answer of a kind that was not asked for");
  }
}

void Oracle::advance_replica(LogPosition to) {
  while (replica_.position() < to) {
    const persistence::Record& record =
        history_[static_cast<std::size_t>(replica_.position().value)];
    const Outcome again = replica_.apply(record.command, record.outcome.time);
    if (!equal(again, record.outcome)) {
      throw Violation(fmt::format("replay of {}\n  logged: {}\n  replay: {}",
                                  describe(record.command), describe(record.outcome),
                                  describe(again)));
    }
    if (!model_) continue;
    const Outcome expected = model_->apply(record.command, record.outcome.time,
                                           mix_.exact_answers ? nullptr : &record.outcome);
    if (!equal(expected, record.outcome)) {
      throw Violation(fmt::format("{}\n  logged:          {}\n  reference model: {}",
                                  describe(record.command), describe(record.outcome),
                                  describe(expected)));
    }
  }
}

void Oracle::judge_state(const StateMachine& engine) const {
  engine.check_invariants();
  for (const CurrencyCode currency : model::RandomCommands::kCurrencies) {
    if (engine.ledgers_sum(currency) != Money{0}) {
      throw Violation(fmt::format("the ledgers of currency {} sum to {}", currency.numeric,
                                  engine.ledgers_sum(currency).minor));
    }
  }
  if (engine.digest() != replica_.digest()) {
    throw Violation(fmt::format("at position {} the recovered state is not that of the history",
                                engine.position().value));
  }
  if (model_) judge_model(engine);
}

void Oracle::judge_model(const StateMachine& engine) const {
  const auto same = [](const auto& mine, const auto& model) {
    if (!mine.found && !model.found) return;
    if (describe(mine) == describe(model)) return;
    throw Violation(fmt::format("views differ\n  recovered:       {}\n  reference model: {}",
                                describe(mine), describe(model)));
  };
  for (std::uint64_t n = 1; n <= world_.shape().accounts; ++n) {
    const AccountId id = model::RandomCommands::account_id(n);
    same(engine.show_account(id), model_->show_account(id));
  }
  for (std::uint64_t n = 1; n <= world_.shape().cards; ++n) {
    const CardToken card = model::RandomCommands::card_token(n);
    same(engine.show_card(card), model_->show_card(card));
    same(engine.show_limits(card, engine.time()), model_->show_limits(card, engine.time()));
  }
}

void Oracle::judge_copy(const StateMachine& engine) const {
  if (engine.position() != last() || engine.digest() != replica_.digest()) {
    throw Violation(fmt::format("position {} of {} was recovered, or another state",
                                engine.position().value, last().value));
  }
}

void Oracle::judge_replay(const StateMachine& engine) const {
  StateMachine machine;
  for (const persistence::Record& record : history_) {
    if (!equal(machine.apply(record.command, record.outcome.time), record.outcome)) {
      throw Violation(fmt::format("a replay decides position {} differently",
                                  record.outcome.position.value));
    }
  }
  if (machine.digest() != engine.digest()) {
    throw Violation("a full replay of the history does not give the server's state");
  }
}

}  // namespace holdfast::simulation
