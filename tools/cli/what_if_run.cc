// The replay of `what-if`: feeds the three worlds record by record and compares what they say.
#include <absl/container/flat_hash_set.h>
#include <fmt/core.h>

#include <cstring>
#include <set>

#include "engine/known_names.h"
#include "engine/state_machine.h"
#include "tools/cli/record_text.h"
#include "tools/cli/replay_start.h"
#include "tools/cli/wal_log.h"
#include "tools/cli/wal_mismatch.h"
#include "tools/cli/what_if.h"
#include "tools/cli/what_if_world.h"

namespace holdfast::tools {

void Tally::add(CurrencyCode currency, Money amount) {
  ++count;
  if (amount.minor == 0) return;
  std::int64_t& sum = money[currency.numeric];
  // A sum of a whole log may be too large; it is then told as the largest there is.
  if (__builtin_add_overflow(sum, amount.minor, &sum)) sum = INT64_MAX;
}

namespace {

/// Programs that the log, from where the replay begins, activates a rule set of; without those that
/// had one already.
std::set<ProgramId> activated_programs(const WhatIfOptions& options, const StateMachine& before,
                                       LogPosition after) {
  std::set<ProgramId> wanted;
  for (const WhatIfProgram& program : options.programs) {
    if (before.show_program(program.program).rule_set_version == 0) wanted.insert(program.program);
  }
  std::set<ProgramId> activated;
  WalLog log(options.place, {.after = after});
  Progress progress("looked through", log.bytes_ahead());
  while (activated.size() < wanted.size() && log.next_block()) {
    log.for_each_record([&](const persistence::Record& record) {
      if (record.command.kind != CommandKind::activate_rule_set) return true;
      const ProgramId program = record.command.activate_rule_set.program;
      if (wanted.contains(program)) activated.insert(program);
      return true;
    });
    const persistence::BlockHeader& header = log.reader().header();
    progress.add(header.record_count(), header.block_bytes);
  }
  return activated;
}

/// The documents must not have taken effect later than the first that they are to judge.
ReplayFrom replay_of(const WhatIfOptions& options) {
  ReplayFrom from{.place = options.place, .point = {}, .wanted = options.wanted};
  if (!options.from) {
    if (from.wanted == Wanted::newest) from.wanted = Wanted::oldest;
  } else if (options.from->position) {
    const std::uint64_t position = options.from->position->value;
    from.point = LogPoint{.position = LogPosition{position == 0 ? 0 : position - 1}, .time = {}};
  } else {
    const std::uint64_t ns = options.from->time->ns;
    from.point = LogPoint{.position = {}, .time = TimestampNs{ns == 0 ? 0 : ns - 1}};
  }
  return from;
}

/// A payment as the controls look at it, and who made it.
struct Asking {
  bool found = false;
  CardToken card;
  ProgramId program;
  CurrencyCode currency;  // of the account
  MerchantId merchant;
  Mcc mcc;
  CountryCode country;
  Channel channel{};
  TransactionType type{};
  Money amount;           // in the account's currency
  Money approved_before;
  bool counts = true;
  bool estimated = false;

  [[nodiscard]] Payment payment(const RuleBook::Active* active) const {
    Money asked = amount;
    const AddCategory* category = active == nullptr ? nullptr : active->rules->find(mcc);
    if (estimated && category != nullptr && category->estimate.minor > 0) {
      asked = category->estimate;
    }
    return {merchant, mcc, country, channel, type, asked, approved_before, counts};
  }
};

class Replay {
 public:
  Replay(const WhatIfOptions& options, ReplayStart& start)
      : options_(options),
        start_(start),
        logged_(start.take_engine()),
        other_(options.newly_approved) {
    lines_.know(logged_);
    result_.start_position = start.position();
    if (!start.position().is_zero()) {
      const KnownNames known = logged_.known_names();
      for (const SetRate& rate : known.rates) rates_.set(rate);
      logged_rules_.take_over(logged_, known);
      other_.begin_with(start.take_engine(), known);
      lone_.begin_with(start.take_engine(), known);
    }
    if (!options.from) activated_ = activated_programs(options, logged_, start.position());
  }

  WhatIfResult run() {
    WalLog& log = start_.log();
    const std::uint64_t start_ns = monotonic_ns();
    Progress& progress = start_.progress();
    progress.next("judged", log.bytes_ahead());
    while (log.next_block()) {
      log.for_each_record([&](const persistence::Record& record) {
        follow(log, record);
        return true;
      });
      const persistence::BlockHeader& header = log.reader().header();
      progress.add(header.record_count(), header.block_bytes);
    }
    progress.done();
    result_.seconds_ns = monotonic_ns() - start_ns;
    result_.cards = cards_.size();
    result_.lone_gaps = lone_.gaps();
    for (const WhatIfProgram& program : options_.programs) {
      if (!result_.effective.contains(program.program)) throw never_effective(program);
    }
    return std::move(result_);
  }

 private:
  Failure never_effective(const WhatIfProgram& program) const {
    const bool exists = logged_.show_program(program.program).found;
    return not_found(
        exists ? fmt::format("the log ends before {}: no payment would be judged",
                             log_point_text(*options_.from))
               : fmt::format("program {} does not exist in this log", program.program.value),
        "holdfast wal ls tells the positions and times of a log.");
  }

  bool is_time_for(const WhatIfProgram& program, const persistence::Record& record) const {
    if (!other_.engine().show_program(program.program).found) return false;
    if (options_.from) return options_.from->reached_by(record.outcome);
    if (!activated_.contains(program.program)) return true;
    return record.command.kind == CommandKind::activate_rule_set &&
           record.command.activate_rule_set.program == program.program;
  }

  void put_rules_in_time(const persistence::Record& record) {
    if (result_.effective.size() == options_.programs.size()) return;
    for (const WhatIfProgram& program : options_.programs) {
      if (result_.effective.contains(program.program) || !is_time_for(program, record)) continue;
      other_.put_rules(program, record.outcome.time);
      lone_.put_rules(program, record.outcome.time);
      result_.effective.emplace(program.program, record.outcome.position);
    }
  }

  void follow(const WalLog& log, const persistence::Record& record) {
    const auto& [command, outcome] = record;
    ++result_.records;
    put_rules_in_time(record);
    // Before the command changes what it names.
    const Asking asking = asking_of(command, outcome);
    const Outcome again = logged_.apply(command, outcome.time);
    lines_.observe(command, outcome);
    if (std::memcmp(&again, &outcome, sizeof again) != 0) {
      throw replay_mismatch(log.dir(), record, again, logged_);
    }
    logged_rules_.observe(command, outcome.decision);
    rates_.observe(command, outcome.decision);
    other_.expire_due(outcome.time);
    lone_.expire_due(outcome.time);
    if (other_.ignores(command)) {
      ++result_.rule_changes_skipped;
      return;
    }
    const OtherWorld::Answer answer = other_.follow(command, outcome, logged_);
    const Outcome alone = lone_.follow(command, outcome);
    const bool is_payment =
        command.kind == CommandKind::authorize || command.kind == CommandKind::increment;
    if (result_.effective.empty()) return;
    if (is_payment && answer.applicable) {
      compare(record, asking, answer.outcome, alone);
    } else {
      tally_step(record, asking, answer);
    }
  }

  Asking asking_of(const Command& command, const Outcome& outcome) const {
    Asking asking;
    CurrencyCode from;
    if (command.kind == CommandKind::authorize) {
      const Authorize& c = command.authorize;
      asking = {.found = true, .card = c.card, .merchant = c.merchant, .mcc = c.mcc,
                .country = c.country, .channel = c.channel, .type = c.type, .amount = c.amount,
                .estimated = (c.flags & kAuthorizeEstimated) != 0};
      from = c.currency;
    } else if (command.kind == CommandKind::increment && !outcome.authorization.is_zero()) {
      const AuthorizationView hold = logged_.show_authorization(outcome.authorization, {});
      asking = {.found = true, .card = hold.card, .merchant = hold.merchant, .mcc = hold.mcc,
                .country = hold.country, .channel = hold.channel, .type = hold.type,
                .amount = command.increment.amount, .approved_before = hold.approved,
                .counts = false};
      from = hold.currency;
    } else {
      return asking;
    }
    const CardView card = logged_.show_card(asking.card);
    asking.program = card.program;
    asking.currency = card.found ? logged_.show_account(card.account).currency : from;
    asking.amount = rates_.convert_to(asking.amount, from, asking.currency).value_or(Money{});
    return asking;
  }

  void tally_step(const persistence::Record& record, const Asking& asking,
                  const OtherWorld::Answer& answer) {
    const auto& [command, outcome] = record;
    StepTally& tally = result_.steps[command.kind];
    if (!answer.applicable) {
      ++tally.not_applicable;
      const CurrencyCode currency = asking.found ? asking.currency
                                                 : lines_.currencies_of(command, outcome).account;
      if (outcome.amount.minor != 0) {
        tally.money_not_applicable[currency.numeric] += outcome.amount.minor;
      }
    } else if (answer.outcome.decision != outcome.decision) {
      ++tally.otherwise;
    } else if (answer.adjusted) {
      ++tally.adjusted;
    } else {
      ++tally.alike;
    }
  }

  void compare(const persistence::Record& record, const Asking& asking, const Outcome& other,
               const Outcome& alone) {
    const auto& [command, outcome] = record;
    if (!asking.found) return;  // an increment of nothing, in both worlds
    if (result_.judged.count == 0) result_.first_time = outcome.time;
    result_.last_time = outcome.time;
    result_.judged.add(asking.currency, asking.amount);
    cards_.insert(asking.card);
    const bool was = is_approval(outcome.decision);
    const bool is = is_approval(other.decision);
    if (was) result_.approved_logged.add(asking.currency, outcome.amount);
    if (is) result_.approved_other.add(asking.currency, other.amount);
    if (outcome.decision == other.decision && outcome.amount == other.amount) return;

    Flip flip{.kind = was && is ? FlipKind::other_amount
                      : was     ? FlipKind::now_declined
                      : is      ? FlipKind::now_approved
                                : FlipKind::other_reason,
              .command = command.kind,
              .position = outcome.position,
              .time = outcome.time,
              .request_id = command.request_id,
              .card = asking.card,
              .program = asking.program,
              .currency = asking.currency,
              .asked = asking.amount,
              .logged = outcome.decision,
              .other = other.decision,
              .alone = alone.decision,
              .logged_amount = outcome.amount,
              .other_amount = other.amount};
    flip.knock_on = was == is ? alone.decision == outcome.decision && alone.amount == outcome.amount
                              : is_approval(alone.decision) == was;
    flip.cause = cause(flip, asking);
    result_.flips.push_back(flip);
  }

  // A decline counts nothing, so the windows still stand as they were judged.
  Cause cause(const Flip& flip, const Asking& asking) const {
    if (flip.kind == FlipKind::other_amount) return {.control = 0, .decision = flip.other};
    const bool in_log = flip.kind == FlipKind::now_approved;
    const RuleBook::Active* active =
        (in_log ? logged_rules_ : other_.rules()).active(asking.program);
    const StateMachine& engine = in_log ? logged_ : other_.engine();
    return cause_of(active, asking.payment(active), engine.show_limits(asking.card, flip.time),
                    in_log ? flip.logged : flip.other);
  }

  const WhatIfOptions& options_;
  ReplayStart& start_;
  std::set<ProgramId> activated_;
  StateMachine logged_;
  RuleBook logged_rules_;
  RateBook rates_;
  RecordLines lines_;
  OtherWorld other_;
  LoneWorld lone_;
  absl::flat_hash_set<CardToken> cards_;
  WhatIfResult result_;
};

}  // namespace

WhatIfResult run_what_if(const WhatIfOptions& options) {
  return replay_from(replay_of(options),
                     [&](ReplayStart& start) { return Replay(options, start).run(); });
}

}  // namespace holdfast::tools
