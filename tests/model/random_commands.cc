#include "tests/model/random_commands.h"

#include <algorithm>

namespace holdfast::model {
namespace {

// 2026-11-20T00:00:00Z: cards of the world expire around then.
constexpr std::uint64_t kStartNs = 1'795'132'800 * kNsPerSecond;

// 2026-12-01, 2027-01-01, 2027-02-01, 2027-07-01 and 2029-01-01: the cards' months end there.
constexpr std::uint64_t kMonthStarts_s[] = {1'796'083'200, 1'798'761'600, 1'801'440'000,
                                            1'814'400'000, 1'861'920'000};

// Half of the ids differ from another only in the high half: an index that forgets it is caught.
template <class Id>
Id id_of(std::uint64_t number) {
  return number == 0 ? Id{} : Id{(number + 1) / 2, number % 2};
}

}  // namespace

AccountId RandomCommands::account_id(std::uint64_t number) { return id_of<AccountId>(number); }
CardToken RandomCommands::card_token(std::uint64_t number) { return id_of<CardToken>(number); }

RequestId RandomCommands::request_of(std::uint64_t number) {
  return RequestId{number * 0x9E3779B97F4A7C15ULL, number / 3};
}

CurrencyCode RandomCommands::usual_currency(AccountId account) {
  return kCurrencies[account.low % 3 == 0 ? 1 : 0];
}

RandomCommands::RandomCommands(std::uint64_t seed, const WorldShape& shape)
    : random_(seed), shape_(shape), clock_{kStartNs}, now_{kStartNs} {}

// The stream -----------------------------------------------------------------------------------

Command RandomCommands::next() {
  move_time();
  const std::uint64_t number = made_++;
  Command command;
  if (number == 0 || random_.per_mille(shape_.reconfigurations)) {
    command = configure();
  } else if (number < shape_.accounts) {
    command = create_account();
  } else if (number < shape_.accounts + shape_.programs) {
    command = put_program();
  } else if (number < shape_.accounts + shape_.programs + shape_.cards) {
    command = create_card();
  } else if (random_.per_mille(shape_.retries + shape_.reuses)) {
    command = retry();
  } else if (random_.per_mille(shape_.odd_fields / 2)) {
    command = garbage();
  } else if (!planned_.empty() && random_.per_mille(600)) {
    command = planned_.front();
    planned_.pop_front();
  } else {
    command = fresh();
  }
  history_.push_back(command);
  return command;
}

void RandomCommands::move_time() {
  now_ = clock_;
  if (linger_ > 0) {
    --linger_;
    return;
  }
  std::uint64_t step_ns = 0;
  if (random_.per_mille(shape_.month_jumps)) {
    step_ns = static_cast<std::uint64_t>(random_.between(20, 70)) * 86400 * kNsPerSecond;
  } else if (random_.per_mille(shape_.day_jumps)) {
    step_ns = random_.below(10 * 86400) * kNsPerSecond;
  } else {
    switch (random_.below(16)) {
      case 0: step_ns = random_.below(3600 * kNsPerSecond); break;
      case 1: case 2: step_ns = random_.below(60) * kNsPerSecond; break;
      case 3: case 4: case 5: case 6: break;
      default: step_ns = random_.below(5'000'000); break;
    }
  }
  clock_.ns += step_ns;
  if (random_.per_mille(6)) move_to_edge();
  now_ = clock_;
  if (random_.per_mille(20)) now_.ns -= random_.below(3600 * kNsPerSecond);
}

void RandomCommands::wait_s(std::uint64_t seconds) {
  clock_.ns += seconds * kNsPerSecond;
  now_ = clock_;
}

Command RandomCommands::idle() { return make(CommandKind::transfer); }

// To the very moment at which a hold or a card may end, or to the nanosecond before it; and some
// commands happen there.
void RandomCommands::move_to_edge() {
  std::uint64_t edge_ns = 0;
  if (random_.per_mille(500)) {
    edge_ns = kMonthStarts_s[random_.below(std::size(kMonthStarts_s))] * kNsPerSecond;
    if (edge_ns > clock_.ns + 40 * 86'400 * kNsPerSecond) return;
  } else if (random_.per_mille(400)) {  // a midnight somewhere: all zones are at whole half hours
    constexpr std::uint64_t kHalfHour_ns = 1'800 * kNsPerSecond;
    edge_ns = (clock_.ns / kHalfHour_ns + 1 + random_.below(48)) * kHalfHour_ns;
  } else if (!seen_.empty()) {
    const std::size_t reach = std::min<std::size_t>(seen_.size(), 24);
    const Seen& seen = seen_[seen_.size() - 1 - random_.below(reach)];
    const std::uint64_t started_s = (seen.at.ns + kNsPerSecond - 1) / kNsPerSecond;
    edge_ns = (started_s + kPeriods_s[random_.below(std::size(kPeriods_s) - 1)]) * kNsPerSecond;
  }
  if (edge_ns <= clock_.ns) return;
  clock_.ns = edge_ns - (random_.per_mille(300) ? 1 : 0);
  linger_ = 20;
}

Command RandomCommands::fresh() {
  if (planned_.empty() && random_.per_mille(8)) plan_rule_set();
  const std::uint64_t draw = random_.below(110);
  if (draw < 31) return authorize();
  if (draw < 50) return capture();
  if (draw < 59) return reverse();
  if (draw < 67) return refund();
  if (draw < 76) return transfer();
  if (draw < 82) return increment();
  if (draw < 88) return advise();
  if (draw < 91) return set_rate();
  if (draw < 92) return begin_rule_set();
  if (draw < 95) return add_category();
  if (draw < 97) return activate_rule_set();
  if (draw < 99) return shadow_rule_set();
  if (draw < 101) return create_account();
  if (draw < 103) return update_account();
  if (draw < 105) return create_card();
  if (draw < 108) return update_card();
  if (draw < 109) return stray_row();
  return put_program();
}

// Mostly something recent, as a gateway would; at times anything.
Command RandomCommands::retry() {
  if (history_.empty()) return fresh();
  const std::size_t reach = random_.per_mille(700) ? std::min<std::size_t>(history_.size(), 60)
                                                   : history_.size();
  Command again = history_[history_.size() - 1 - random_.below(reach)];
  if (random_.per_mille(shape_.retries * 1000 / (shape_.retries + shape_.reuses + 1))) return again;
  if (random_.per_mille(300)) {  // one byte of the body, the smallest other content
    const std::size_t size = command_body_bytes(again.kind);
    if (size != 0) again.body[random_.below(size)] ^= std::byte{1};
    // Whether anything is ever forgotten is the shape's affair.
    if (again.kind == CommandKind::configure) {
      again.configure.config.authorization_retention_s = shape_.authorization_retention_s;
    }
    return again;
  }
  Command other = fresh();
  other.request_id = again.request_id;
  return other;
}

// What no gateway of good will sends, and expiries that are not due.
Command RandomCommands::garbage() {
  Command command = fresh();
  switch (random_.below(4)) {
    case 0: command.request_id = RequestId{}; break;
    case 1: command.kind = static_cast<CommandKind>(random_.between(21, 63)); break;
    case 2: command.kind = static_cast<CommandKind>(0); break;
    default:
      command = Command{};
      command.kind = CommandKind::expire;
      command.expire.authorization = AuthorizationId{random_.below(seen_.size() + 3)};
      if (random_.per_mille(100)) command.request_id = request_of(++requests_made_);
      break;
  }
  return command;
}

Command RandomCommands::make(CommandKind kind) {
  Command command;
  command.kind = kind;
  command.request_id = request_of(++requests_made_);
  return command;
}

void RandomCommands::observe(const Command& command, const Outcome& outcome) {
  if (outcome.position.is_zero() || (outcome.flags & kOutcomeRepeated) != 0) return;
  if (!command.request_id.is_zero()) ++requests_logged_;
  if (command.kind == CommandKind::reverse && outcome.authorization.is_zero() &&
      !command.reverse.original_request.is_zero() &&
      tombstones_.insert(command.reverse.original_request).second) {
    ++requests_logged_;
  }
  if (!is_approval(outcome.decision)) return;
  learn_of_rules(command);
  const std::uint64_t number = outcome.authorization.value;
  if (command.kind == CommandKind::create_account) {
    currency_of_account_[command.create_account.account] = command.create_account.currency;
  } else if (command.kind == CommandKind::update_account) {
    const UpdateAccount& c = command.update_account;
    if (c.status == AccountStatus::closed) closed_accounts_.insert(c.account);
  } else if (command.kind == CommandKind::create_card) {
    account_of_card_[command.create_card.card] = command.create_card.account;
  } else if (command.kind == CommandKind::transfer) {
    ledgers_[command.transfer.debit] = outcome.ledger_balance;
    ledgers_[command.transfer.credit] = outcome.counterparty_balance;
  } else if (number == seen_.size() + 1) {
    const bool advised = command.kind == CommandKind::advise;
    const CardToken card = advised ? command.advise.card : command.authorize.card;
    const bool posted = advised && command.advise.post == 1;
    const std::int64_t amount = outcome.amount.minor;
    seen_.push_back(Seen{outcome.authorization, command.request_id, card,
                         currency_of_account_[account_of_card_[card]], outcome.time,
                         posted ? 0 : amount, posted ? amount : 0});
    ledgers_[account_of_card_[card]] = outcome.ledger_balance;
  } else if (number != 0 && number <= seen_.size()) {
    learn_of_hold(command, outcome, seen_[number - 1]);
  }
}

void RandomCommands::learn_of_hold(const Command& command, const Outcome& outcome, Seen& seen) {
  if ((outcome.flags & kOutcomeOriginalForgotten) != 0) return;
  ledgers_[account_of_card_[seen.card]] = outcome.ledger_balance;
  if (command.kind == CommandKind::capture) {
    seen.left = command.capture.final != 0 ? 0 : seen.left - outcome.amount.minor;
    seen.refundable += outcome.amount.minor;
  } else if (command.kind == CommandKind::reverse) {
    seen.left -= outcome.amount.minor;
  } else if (command.kind == CommandKind::refund) {
    seen.refundable -= outcome.amount.minor;
  } else if (command.kind == CommandKind::increment) {
    seen.left += outcome.amount.minor;
  }
}

}  // namespace holdfast::model
