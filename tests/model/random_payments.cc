// Random payments: authorizations and advices, what follows them, and transfers. Most fit what is
// there; some ask for too much, name something else, or come too early or too late.
#include <algorithm>
#include <cstring>
#include <limits>

#include "tests/model/random_commands.h"

namespace holdfast::model {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

template <std::size_t size>
void put_text(char (&to)[size], const char* text) {
  std::memcpy(to, text, std::min(size, std::strlen(text)));
}

}  // namespace

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

void RandomCommands::name_original(AuthorizationId& id, RequestId& request, const Seen* seen) {
  const bool by_id = random_.per_mille(600);
  if (by_id) id = seen != nullptr ? seen->id : AuthorizationId{random_.below(seen_.size() + 3)};
  if (!by_id) request = seen != nullptr ? seen->request : earlier_request();
  if (odd()) request = random_.per_mille(500) ? earlier_request() : later_request();
  if (odd()) id = AuthorizationId{};
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
  if (random_.per_mille(250)) c.flags |= kAuthorizeEstimated;
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

}  // namespace holdfast::model
