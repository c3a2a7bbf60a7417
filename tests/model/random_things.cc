// Random accounts, cards, programs, rates and table sizes: the things that payments meet.
#include <algorithm>
#include <limits>

#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

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
    if (c.status == AccountStatus::closed) c.account = empty_account();
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

// Only an account without money can be closed. One that has paid before is worth more: late steps
// meet it.
AccountId RandomCommands::empty_account() {
  for (int tries = 0; tries < 100 && !seen_.empty(); ++tries) {
    const AccountId account = account_of_card_[seen_[random_.below(seen_.size())].card];
    if (ledgers_[account] == Money{} && !closed_accounts_.contains(account)) return account;
  }
  return some_account();
}

Command RandomCommands::create_card() {
  Command command = make(CommandKind::create_card);
  CreateCard& c = command.create_card;
  const std::uint64_t laid_out = shape_.accounts + shape_.programs;
  c.card = made_ > laid_out && made_ <= laid_out + shape_.cards ? card_token(made_ - laid_out)
                                                                : some_card();
  c.account = some_account();
  if (random_.per_mille(30) && !closed_accounts_.empty()) c.account = *closed_accounts_.begin();
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
  if (random_.per_mille(40) && !closed_accounts_.empty()) {
    c.settlement_account = *closed_accounts_.begin();
  }
  return command;
}

ExpiryMonth RandomCommands::some_expiry() {
  static constexpr std::uint16_t kMonths[] = {0, 0, 0, 2610, 2611, 2612, 2701, 2706, 2812, 9912};
  if (odd()) return ExpiryMonth{static_cast<std::uint16_t>(random_.per_mille(500) ? 2613 : 2700)};
  return ExpiryMonth{kMonths[random_.below(std::size(kMonths))]};
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
