#include "tests/model/random_commands.h"

#include <algorithm>
#include <cstring>
#include <limits>

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
// 2026-11-20T00:00:00Z: cards of the world expire around then.
constexpr std::uint64_t kStartNs = 1'795'132'800 * kNsPerSecond;

// Hold periods; the last one, the longest, is never waited for.
constexpr std::uint32_t kPeriods_s[] = {1, 60, 3600, 86400, 7 * 86400, 366 * 86400};
// 2026-12-01, 2027-01-01, 2027-02-01, 2027-07-01 and 2029-01-01: the cards' months end there.
constexpr std::uint64_t kMonthStarts_s[] = {1'796'083'200, 1'798'761'600, 1'801'440'000,
                                            1'814'400'000, 1'861'920'000};

// Half of the ids differ from another only in the high half: an index that forgets it is caught.
template <class Id>
Id id_of(std::uint64_t number) {
  return number == 0 ? Id{} : Id{(number + 1) / 2, number % 2};
}

RequestId request_of(std::uint64_t number) {
  return RequestId{number * 0x9E3779B97F4A7C15ULL, number / 3};
}

// The currency that an account of this name is mostly given.
CurrencyCode usual_currency(AccountId account) {
  return RandomCommands::kCurrencies[account.low % 3 == 0 ? 1 : 0];
}

template <std::size_t size>
void put_text(char (&to)[size], const char* text) {
  std::memcpy(to, text, std::min(size, std::strlen(text)));
}

}  // namespace

AccountId RandomCommands::account_id(std::uint64_t number) { return id_of<AccountId>(number); }
CardToken RandomCommands::card_token(std::uint64_t number) { return id_of<CardToken>(number); }

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
  const std::uint64_t draw = random_.below(107);
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
  if (draw < 96) return activate_rule_set();
  if (draw < 98) return create_account();
  if (draw < 100) return update_account();
  if (draw < 102) return create_card();
  if (draw < 105) return update_card();
  if (draw < 106) return stray_row();
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
    case 1: command.kind = static_cast<CommandKind>(random_.between(20, 63)); break;
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
  const std::uint64_t number = outcome.authorization.value;
  if (command.kind == CommandKind::create_account) {
    currency_of_account_[command.create_account.account] = command.create_account.currency;
  } else if (command.kind == CommandKind::update_account) {
    const UpdateAccount& c = command.update_account;
    if (c.status == AccountStatus::closed) closed_accounts_.insert(c.account);
  } else if (command.kind == CommandKind::create_card) {
    account_of_card_[command.create_card.card] = command.create_card.account;
  } else if (command.kind == CommandKind::begin_rule_set) {
    const BeginRuleSet& c = command.begin_rule_set;
    rule_sets_[c.program] = RuleSet{c.version, c.categories, 0};
  } else if (command.kind == CommandKind::add_category) {
    ++rule_sets_[command.add_category.program].added;
  } else if (number == seen_.size() + 1) {
    const bool advised = command.kind == CommandKind::advise;
    const CardToken card = advised ? command.advise.card : command.authorize.card;
    const bool posted = advised && command.advise.post == 1;
    const std::int64_t amount = outcome.amount.minor;
    seen_.push_back(Seen{outcome.authorization, command.request_id, card,
                         currency_of_account_[account_of_card_[card]], outcome.time,
                         posted ? 0 : amount, posted ? amount : 0});
  } else if (number != 0 && number <= seen_.size()) {
    learn_of_hold(command, outcome, seen_[number - 1]);
  }
}

void RandomCommands::learn_of_hold(const Command& command, const Outcome& outcome, Seen& seen) {
  if ((outcome.flags & kOutcomeOriginalForgotten) != 0) return;
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

// What commands are made of --------------------------------------------------------------------

std::int64_t RandomCommands::amount() {
  if (random_.per_mille(shape_.huge_amounts)) {
    switch (random_.below(6)) {
      case 0: return kMax;
      case 1: return kMin;
      case 2: return kMax - random_.between(0, 30'000);
      case 3: return kMax / 2 + random_.between(-2, 2);
      default: return random_.between(kMax / 4, kMax - 1);
    }
  }
  if (random_.per_mille(10)) return random_.between(-2, 0);
  return random_.per_mille(100) ? random_.between(1, 400'000) : random_.between(1, 20'000);
}

std::int64_t RandomCommands::part_of(std::int64_t whole) {
  if (whole <= 0 || random_.per_mille(80)) return amount();
  if (random_.per_mille(400)) return whole;
  if (random_.per_mille(80) && whole < kMax - 3) return whole + random_.between(1, 3);
  if (random_.per_mille(100) && whole < kMax / 2) return whole + random_.between(1, whole / 4 + 1);
  return random_.between(1, whole);
}

AccountId RandomCommands::some_account() {
  if (random_.per_mille(8)) return AccountId{};
  return account_id(1 + random_.below(shape_.accounts + 1));  // the last one is rarely created
}

// The first accounts of the world pay and receive: they may go negative.
AccountId RandomCommands::some_settlement(CurrencyCode currency) {
  if (random_.per_mille(60)) return some_account();
  AccountId account = account_id(1 + random_.below(6));
  for (int tries = 0; tries < 3 && usual_currency(account) != currency; ++tries) {
    account = account_id(1 + random_.below(6));
  }
  return account;
}

CardToken RandomCommands::some_card() {
  if (random_.per_mille(8)) return CardToken{};
  return card_token(1 + random_.below(shape_.cards + 1));
}

ExpiryMonth RandomCommands::some_expiry() {
  static constexpr std::uint16_t kMonths[] = {0, 0, 0, 2610, 2611, 2612, 2701, 2706, 2812, 9912};
  if (odd()) return ExpiryMonth{static_cast<std::uint16_t>(random_.per_mille(500) ? 2613 : 2700)};
  return ExpiryMonth{kMonths[random_.below(std::size(kMonths))]};
}

CurrencyCode RandomCommands::some_currency(AccountId near) {
  if (odd()) return CurrencyCode{static_cast<std::uint16_t>(random_.per_mille(500) ? 0 : 1000)};
  if (random_.per_mille(25)) return kCurrencies[random_.below(2)];
  const auto known = currency_of_account_.find(near);
  return known == currency_of_account_.end() ? usual_currency(near) : known->second;
}

CurrencyCode RandomCommands::some_currency(CardToken near) {
  const auto known = account_of_card_.find(near);
  return some_currency(known == account_of_card_.end() ? AccountId{} : known->second);
}

RandomCommands::Seen* RandomCommands::some_authorization() {
  if (seen_.empty() || random_.per_mille(20)) return nullptr;
  const std::size_t reach = random_.per_mille(800) ? std::min<std::size_t>(seen_.size(), 24)
                                                   : seen_.size();
  return &seen_[seen_.size() - 1 - random_.below(reach)];
}

// There are few of them, so they are looked for.
RandomCommands::Seen* RandomCommands::of_closed_account() {
  for (int tries = 0; tries < 200 && !seen_.empty(); ++tries) {
    Seen& seen = seen_[random_.below(seen_.size())];
    if (closed_accounts_.contains(account_of_card_[seen.card])) return &seen;
  }
  return some_authorization();
}

RequestId RandomCommands::earlier_request() {
  return request_of(1 + random_.below(requests_made_ + 2));
}

RequestId RandomCommands::later_request() {
  return request_of(requests_made_ + 1 + random_.below(6));
}

CurrencyCode RandomCommands::asked_currency(CardToken near) {
  return random_.per_mille(150) ? kForeign[random_.below(2)] : some_currency(near);
}

Mcc RandomCommands::some_mcc() {
  static constexpr std::uint16_t kUsual[] = {5411, 5541, 5542, 5812, 5814, 7011, 4111};
  return Mcc{random_.per_mille(700) ? kUsual[random_.below(std::size(kUsual))]
                                    : static_cast<std::uint16_t>(random_.below(10'000))};
}

// What a step tells of the card that it needs only when its original is forgotten.
CardToken RandomCommands::card_of(const Seen* seen) {
  if (odd()) return some_card();
  return seen != nullptr && random_.per_mille(500) ? seen->card : CardToken{};
}

ProgramId RandomCommands::program_with_rules() {
  return ProgramId{static_cast<std::uint32_t>(random_.below(shape_.programs + odd()))};
}

void RandomCommands::name_original(AuthorizationId& id, RequestId& request, const Seen* seen) {
  const bool by_id = random_.per_mille(600);
  if (by_id) id = seen != nullptr ? seen->id : AuthorizationId{random_.below(seen_.size() + 3)};
  if (!by_id) request = seen != nullptr ? seen->request : earlier_request();
  if (odd()) request = random_.per_mille(500) ? earlier_request() : later_request();
  if (odd()) id = AuthorizationId{};
}

// Commands -------------------------------------------------------------------------------------

Command RandomCommands::create_account() {
  Command command = make(CommandKind::create_account);
  CreateAccount& c = command.create_account;
  // While the world is laid out, one after the other; a few are left for later.
  c.account = made_ <= shape_.accounts ? account_id(made_ - 1) : some_account();
  c.currency = some_currency(c.account);
  const bool settles = !c.account.is_zero() && c.account.low <= 3;
  if (settles ? random_.per_mille(800) : random_.per_mille(40)) c.flags = kAccountMayGoNegative;
  if (random_.per_mille(700)) c.credit_limit = Money{random_.between(0, 300'000)};
  if (random_.per_mille(shape_.huge_amounts * 4)) c.credit_limit = Money{kMax};
  if (odd()) c.credit_limit = Money{-1};
  if (odd()) c.flags |= 2;
  if (odd()) c.reserved = 1;
  return command;
}

Command RandomCommands::update_account() {
  Command command = make(CommandKind::update_account);
  UpdateAccount& c = command.update_account;
  c.account = some_account();
  if (random_.per_mille(650)) {
    const std::uint64_t draw = random_.below(100);
    c.change |= kChangeStatus;
    c.status = draw < 75   ? AccountStatus::open
               : draw < 88 ? AccountStatus::frozen
                           : AccountStatus::closed;
  }
  if (random_.per_mille(500)) {
    c.change |= kChangeCreditLimit;
    c.credit_limit = Money{random_.per_mille(shape_.huge_amounts * 4) ? kMax : amount()};
  }
  if (odd()) c.change ^= static_cast<std::uint8_t>(1U << random_.below(8));
  if (odd()) c.status = static_cast<AccountStatus>(random_.between(0, 4));
  if (odd()) c.reserved[random_.below(6)] = 1;
  return command;
}

Command RandomCommands::create_card() {
  Command command = make(CommandKind::create_card);
  CreateCard& c = command.create_card;
  const std::uint64_t laid_out = shape_.accounts + shape_.programs;
  c.card = made_ > laid_out && made_ <= laid_out + shape_.cards ? card_token(made_ - laid_out)
                                                                : some_card();
  c.account = some_account();
  c.program = ProgramId{static_cast<std::uint32_t>(random_.below(shape_.programs + 1))};
  c.expiry = some_expiry();
  if (odd()) c.reserved = 1;
  return command;
}

Command RandomCommands::update_card() {
  Command command = make(CommandKind::update_card);
  UpdateCard& c = command.update_card;
  c.card = some_card();
  if (random_.per_mille(600)) {
    const std::uint64_t draw = random_.below(100);
    c.change |= kChangeStatus;
    c.status = draw < 80   ? CardStatus::active
               : draw < 86 ? CardStatus::blocked
               : draw < 92 ? CardStatus::lost
               : draw < 98 ? CardStatus::stolen
                           : CardStatus::closed;
  }
  if (random_.per_mille(300)) {
    c.change |= kChangeProgram;
    c.program = ProgramId{static_cast<std::uint32_t>(random_.below(shape_.programs + 1))};
  }
  if (random_.per_mille(400)) {
    c.change |= kChangeExpiry;
    c.expiry = some_expiry();
  }
  if (odd()) c.change ^= static_cast<std::uint8_t>(1U << random_.below(8));
  if (odd()) c.status = static_cast<CardStatus>(random_.between(0, 6));
  return command;
}

Command RandomCommands::put_program() {
  Command command = make(CommandKind::put_program);
  PutProgram& c = command.put_program;
  c.program = ProgramId{static_cast<std::uint32_t>(random_.below(shape_.programs))};
  c.hold_period_s = kPeriods_s[random_.below(std::size(kPeriods_s))];
  if (odd()) c.hold_period_s = random_.per_mille(500) ? 0 : 366 * 86400 + 1;
  if (random_.per_mille(850)) {
    c.settlement_account = some_settlement(kCurrencies[c.program.value % 2]);
  }
  return command;
}

Command RandomCommands::transfer() {
  Command command = make(CommandKind::transfer);
  Transfer& c = command.transfer;
  c.credit = some_account();
  c.currency = some_currency(c.credit);
  c.debit = random_.per_mille(700) ? some_settlement(c.currency) : some_account();
  if (random_.per_mille(200)) std::swap(c.debit, c.credit);
  c.amount = Money{amount()};
  c.reference = static_cast<std::uint32_t>(random_.next());
  if (odd()) c.reserved = 1;
  return command;
}

template <class Asked>
void RandomCommands::acceptor(Asked& c) {
  static constexpr const char* kMerchants[] = {"", "SHOP 1", "FIFTEEN LETTERS", "SIXTEEN LETTERS!"};
  c.card = some_card();
  c.amount = Money{amount()};
  put_text(c.merchant.text, kMerchants[random_.below(std::size(kMerchants))]);
  put_text(c.terminal.text, random_.per_mille(500) ? "TERM0001" : "T2");
  c.currency = asked_currency(c.card);
  c.mcc = some_mcc();
  static constexpr std::uint16_t kCountries[] = {0, 36, 276, 826, 840};
  c.country = CountryCode{random_.per_mille(800)
                              ? kCountries[random_.below(std::size(kCountries))]
                              : static_cast<std::uint16_t>(random_.below(1'000))};
  c.channel = static_cast<Channel>(random_.below(kChannelMax + 1));
  c.type = static_cast<TransactionType>(random_.below(kTransactionTypeMax + 1));
}

template <class Asked>
void RandomCommands::odd_acceptor(Asked& c) {
  switch (random_.below(8)) {
    case 0: c.mcc = Mcc{10'000}; break;
    case 1: c.country = CountryCode{1'000}; break;
    case 2: c.channel = static_cast<Channel>(kChannelMax + 1); break;
    case 3: c.type = static_cast<TransactionType>(kTransactionTypeMax + 1); break;
    case 4: c.merchant.text[0] = '\x1f'; break;
    case 5: c.merchant.text[15] = 'x'; break;  // with a shorter name: bytes behind its end
    case 6: c.currency = CurrencyCode{1'000}; break;
    default: c.terminal.text[7] = '\x7f'; break;
  }
}

void RandomCommands::flags_and_cashback(Authorize& c) {
  if (random_.per_mille(300)) c.flags |= kAuthorizePartialAllowed;
  if (random_.per_mille(100)) c.flags |= kAuthorizeEstimated;
  if (random_.per_mille(120)) c.flags |= kAuthorizeMerchantInitiated;
  if (c.type == TransactionType::purchase_cashback) {
    const bool can = c.amount.minor > 0;
    c.cashback = Money{can ? random_.between(1, c.amount.minor) : 1};
    if (can && random_.per_mille(100)) c.cashback = c.amount;
  }
  if (random_.per_mille(40)) {
    c.amount = c.cashback = Money{};
    c.flags = kAuthorizeVerification | (c.flags & kAuthorizeMerchantInitiated);
    if (!odd()) c.type = random_.per_mille(800) ? TransactionType::purchase
                                                : TransactionType::account_funding;
  }
  if (!odd()) return;
  switch (random_.below(5)) {
    case 0: c.flags |= 1U << random_.below(8); break;
    case 1: c.cashback = Money{random_.between(-1, 1)}; break;
    case 2: c.cashback = Money{c.amount.minor + (c.amount.minor < kMax ? 1 : 0)}; break;
    case 3: c.flags |= kAuthorizeVerification; break;
    default: c.reserved = 1; break;
  }
}

Command RandomCommands::authorize() {
  Command command = make(CommandKind::authorize);
  acceptor(command.authorize);
  flags_and_cashback(command.authorize);
  if (odd()) odd_acceptor(command.authorize);
  return command;
}

Command RandomCommands::advise() {
  Command command = make(CommandKind::advise);
  Advise& c = command.advise;
  acceptor(c);
  if (random_.per_mille(450)) {
    c.post = 1;
    if (random_.per_mille(750)) c.settlement_account = some_settlement(some_currency(c.card));
  }
  if (odd()) odd_acceptor(c);
  if (odd()) c.settlement_account = some_account();
  if (odd()) c.post = 2;
  if (odd()) c.reserved[random_.below(7)] = 1;
  return command;
}

Command RandomCommands::increment() {
  Command command = make(CommandKind::increment);
  Increment& c = command.increment;
  const Seen* seen = random_.per_mille(150) ? of_closed_account() : some_authorization();
  name_original(c.authorization, c.original_request, seen);
  c.amount = Money{random_.per_mille(100) ? random_.between(1, 3) : amount()};
  return command;
}

Command RandomCommands::capture() {
  Command command = make(CommandKind::capture);
  Capture& c = command.capture;
  const Seen* seen = some_authorization();
  name_original(c.authorization, c.original_request, seen);
  c.amount = Money{part_of(seen != nullptr ? seen->left : 0)};
  if (random_.per_mille(750)) {
    c.settlement_account = some_settlement(seen != nullptr ? seen->currency : kCurrencies[0]);
  }
  c.card = card_of(seen);
  c.final = random_.per_mille(250) ? 1 : 0;
  if (odd()) c.final = 2;
  if (odd()) c.reserved[random_.below(7)] = 1;
  return command;
}

Command RandomCommands::reverse() {
  Command command = make(CommandKind::reverse);
  Reverse& c = command.reverse;
  const Seen* seen = some_authorization();
  name_original(c.authorization, c.original_request, seen);
  c.amount = Money{random_.per_mille(400) ? 0 : part_of(seen != nullptr ? seen->left : 0)};
  c.advice = random_.per_mille(400) ? 1 : 0;
  if (random_.per_mille(120)) {  // overtakes what it reverses
    c.authorization = AuthorizationId{};
    c.original_request = later_request();
  }
  if (odd()) c.advice = 2;
  if (odd()) c.reserved[random_.below(7)] = 1;
  return command;
}

Command RandomCommands::refund() {
  Command command = make(CommandKind::refund);
  Refund& c = command.refund;
  const bool unlinked = random_.per_mille(300);
  const Seen* seen = nullptr;
  if (unlinked) {
    c.card = some_card();
    c.currency = some_currency(c.card);
  } else {
    seen = some_authorization();
    for (int tries = 0; tries < 4 && seen != nullptr && seen->refundable == 0; ++tries) {
      seen = some_authorization();
    }
    name_original(c.authorization, c.original_request, seen);
    if (random_.per_mille(200)) c.currency = kCurrencies[random_.below(2)];
    c.card = card_of(seen);
  }
  c.amount = Money{part_of(seen != nullptr ? seen->refundable : 0)};
  if (random_.per_mille(750)) {
    c.settlement_account = some_settlement(seen != nullptr ? seen->currency : c.currency);
  }
  if (random_.per_mille(500)) put_text(c.merchant.text, "SHOP 1");
  c.mcc = Mcc{static_cast<std::uint16_t>(random_.below(10'000))};
  if (odd()) c.card = some_card();
  if (odd()) c.mcc = Mcc{10'000};
  if (odd()) c.merchant.text[0] = '\n';
  if (odd()) c.currency = CurrencyCode{1'000};
  if (odd()) c.reserved = 1;
  return command;
}

// Rates that round at the half, rates of every day, and rates at the ends of 64 bits.
Command RandomCommands::set_rate() {
  static constexpr std::int64_t kHalves[] = {5, 15, 25, 35, 105};
  static constexpr std::uint32_t kLives[] = {1, 60, 3600, 86400, 30 * 86400};
  Command command = make(CommandKind::set_rate);
  SetRate& c = command.set_rate;
  c.from = random_.per_mille(700) ? kForeign[random_.below(2)] : kCurrencies[random_.below(2)];
  c.to = random_.per_mille(900) ? kCurrencies[random_.below(2)] : kForeign[random_.below(2)];
  if (c.from == c.to && !odd()) c.to = c.from == kCurrencies[0] ? kCurrencies[1] : kCurrencies[0];
  if (random_.per_mille(400)) {
    c.scale = static_cast<std::uint8_t>(random_.between(1, 2));
    c.rate = kHalves[random_.below(std::size(kHalves))];
  } else {
    c.scale = static_cast<std::uint8_t>(random_.below(19));
    std::int64_t one = 1;
    for (int i = 0; i < c.scale; ++i) one *= 10;
    c.rate = random_.per_mille(900) ? random_.between(one / 100 + 1, one + one / 2)
                                    : random_.between(1, kMax);
  }
  if (random_.per_mille(400)) c.markup_bp = static_cast<std::uint16_t>(random_.below(500));
  if (odd()) c.markup_bp = random_.per_mille(500) ? 10'000 : 10'001;
  c.life_s = kLives[random_.below(std::size(kLives))];
  if (!odd()) return command;
  switch (random_.below(7)) {
    case 0: c.scale = 19; break;
    case 1: c.rate = random_.between(-1, 0); break;
    case 2: c.life_s = 0; break;
    case 3: c.reserved = 1; break;
    case 4: c.reserved2 = 1; break;
    case 5: c.from = CurrencyCode{0}; break;
    default: c.to = CurrencyCode{1'000}; break;
  }
  return command;
}

Command RandomCommands::begin_rule_set() {
  Command command = make(CommandKind::begin_rule_set);
  BeginRuleSet& c = command.begin_rule_set;
  c.program = program_with_rules();
  c.version = rule_sets_[c.program].version + static_cast<std::uint32_t>(random_.between(1, 2));
  if (random_.per_mille(80)) c.version -= 2;
  c.categories = static_cast<std::uint32_t>(random_.below(4));
  if (odd()) c.categories = random_.per_mille(500) ? 255 : 256;
  if (!odd()) return command;
  switch (random_.below(4)) {  // never begun with so many rows, and no row of them comes
    case 0: c.controls = static_cast<std::uint32_t>(random_.between(64, 65)); break;
    case 1: c.list_items = static_cast<std::uint32_t>(random_.between(100'000, 100'001)); break;
    case 2: c.zone_offsets = static_cast<std::uint32_t>(random_.between(10'000, 10'001)); break;
    default: c.controls = 0xFFFF'FFFF; break;
  }
  return command;
}

Command RandomCommands::add_category() {
  static constexpr std::uint32_t kPeriods[] = {0, 0, 60, 3600, 30 * 86400, 366 * 86400};
  Command command = make(CommandKind::add_category);
  AddCategory& c = command.add_category;
  c.program = program_with_rules();
  for (int tries = 0; tries < 4 && rule_sets_[c.program].added == rule_sets_[c.program].announced;
       ++tries) {
    c.program = program_with_rules();
  }
  c.version = rule_sets_[c.program].version;
  if (random_.per_mille(60)) c.version -= static_cast<std::uint32_t>(random_.between(-1, 1));
  const int width = random_.per_mille(100) ? 9'999 : random_.per_mille(300) ? 100 : 2;
  c.mcc_first = some_mcc();
  c.mcc_last = Mcc{static_cast<std::uint16_t>(
      std::min<std::int64_t>(9'999, c.mcc_first.code + random_.between(0, width)))};
  c.hold_period_s = kPeriods[random_.below(std::size(kPeriods))];
  c.hold_period_merchant_s = kPeriods[random_.below(std::size(kPeriods))];
  if (random_.per_mille(500)) c.tolerance_bp = static_cast<std::uint32_t>(random_.below(3'001));
  if (random_.per_mille(300)) c.tolerance = Money{random_.between(1, 500)};
  if (random_.per_mille(300)) c.estimate = Money{random_.between(1, 15'000)};
  if (random_.per_mille(shape_.huge_amounts)) c.tolerance = Money{kMax};
  if (random_.per_mille(shape_.huge_amounts)) c.estimate = Money{amount()};
  if (!odd()) return command;
  switch (random_.below(6)) {
    case 0: c.mcc_last = Mcc{10'000}; break;
    case 1: std::swap(c.mcc_first.code, c.mcc_last.code); break;
    case 2: c.hold_period_s = 366 * 86400 + 1; break;
    case 3: c.hold_period_merchant_s = 366 * 86400 + 1; break;
    case 4: c.tolerance_bp = random_.per_mille(500) ? 100'000 : 100'001; break;
    default: c.tolerance = c.estimate = Money{-1}; break;
  }
  return command;
}

// Mostly the newest version when all of it is there; at times an older one, or a version too many.
Command RandomCommands::activate_rule_set() {
  Command command = make(CommandKind::activate_rule_set);
  ActivateRuleSet& c = command.activate_rule_set;
  c.program = program_with_rules();
  for (int tries = 0; tries < 4 && rule_sets_[c.program].added != rule_sets_[c.program].announced;
       ++tries) {
    c.program = program_with_rules();
  }
  const std::uint32_t newest = rule_sets_[c.program].version;
  c.version = random_.per_mille(700) ? newest
                                     : static_cast<std::uint32_t>(random_.below(newest + 2));
  return command;
}

Command RandomCommands::configure() {
  Command command;
  command.kind = CommandKind::configure;
  EngineConfig& c = command.configure.config;
  c.accounts_max = shape_.accounts + 8;
  c.cards_max = shape_.cards + 8;
  c.authorizations_max = 1'000'000;
  c.request_ids_max = shape_.request_ids_max;
  c.programs_max = shape_.programs + 2;
  c.request_retention_s = shape_.request_retention_s;
  c.authorization_retention_s = shape_.authorization_retention_s;
  // The first one is never refused: with the default retention a world would not be as its shape
  // says, and the comparison would take answers for determined that are not.
  if (!shape_.tiny_tables || made_ <= 1) return command;
  c.accounts_max =
      static_cast<std::uint64_t>(random_.between(2, static_cast<int>(shape_.accounts)));
  c.cards_max = static_cast<std::uint64_t>(random_.between(2, static_cast<int>(shape_.cards)));
  c.programs_max =
      static_cast<std::uint32_t>(random_.between(0, static_cast<int>(shape_.programs)));
  const auto near = [this](std::uint64_t used, std::int64_t from, std::int64_t to) {
    const std::int64_t room = random_.between(from, to);
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(1, static_cast<std::int64_t>(used) + room));
  };
  c.authorizations_max = near(seen_.size(), -2, 40);
  c.request_ids_max = near(requests_logged_, random_.per_mille(900) ? 20 : -1, 200);
  if (random_.per_mille(700)) {  // most tables have room, so that the others can be seen to be full
    c.accounts_max += shape_.accounts;
    c.cards_max += shape_.cards;
    c.programs_max += shape_.programs;
  }
  return command;
}

}  // namespace holdfast::model
