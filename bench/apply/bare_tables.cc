#include "bench/apply/bare_tables.h"

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/prefetch.h"

namespace holdfast::bench {
namespace {

// The least that using slots again costs: the last freed first, in a list through `next`. Whoever
// takes the one after it finds that nearer.
template <class Slot>
SlotNumber take_slot(SlotTable<Slot>& table, SlotNumber& free) {
  if (free == kNoSlot) return table.append();
  const SlotNumber number = free;
  free = std::as_const(table)[number].next;
  if (free != kNoSlot) table.prefetch(free);
  return number;
}

}  // namespace

BareTables::BareTables() {
  accounts_.reserve_directory(limits::accounts_max_default);
  cards_.reserve_directory(limits::cards_max_default);
  holds_.reserve_directory(limits::authorizations_max_default);
  requests_.reserve_directory(limits::request_ids_max_default);
}

void BareTables::add_account(AccountId account, CardToken card,
                             std::span<const RequestId> requests) {
  const SlotNumber number = accounts_.append();
  accounts_[number].id = account;
  const SlotNumber card_number = cards_.append();
  cards_[card_number].token = card;
  cards_[card_number].account = number;
  card_index_.insert(card, card_number);
  for (const RequestId request : requests) {
    add_request(request);
    known_requests_.push_back(request);
  }
  add_hold(card_number, requests.back(), Money{1});
}

void BareTables::add_hold(SlotNumber card, RequestId request, Money amount) {
  last_hold_ = last_hold_.next();
  const SlotNumber number = take_slot(holds_, free_hold_);
  // Built in their places, here and below, as the engine builds them.
  ::new (&holds_[number]) AuthorizationSlot{.id = last_hold_,
                                            .approved = amount,
                                            .card = card,
                                            .request_id = request,
                                            .requested = amount};
  HOLDFAST_CHECK(hold_index_.insert(last_hold_, number), "an id is given once");
}

void BareTables::add_request(RequestId request) {
  const SlotNumber number = take_slot(requests_, free_request_);
  ::new (&requests_[number]) RequestSlot{.id = request,
                                         .outcome = {.authorization = last_hold_},
                                         .kind = CommandKind::authorize};
  request_index_.insert(request, number);
}

std::uint64_t BareTables::authorize(std::span<const Command> commands) {
  std::uint64_t sum = 0;
  while (!commands.empty()) {
    const std::size_t row = std::min(kPrefetchRow, commands.size());
    sum += authorize_row(commands.first(row));
    commands = commands.subspan(row);
  }
  return sum;
}

std::uint64_t BareTables::authorize_row(std::span<const Command> commands) {
  // The same passes as the engine's: indexes, card, account.
  card_hashes_.resize(commands.size());
  card_numbers_.resize(commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    request_index_.prefetch(commands[i].request_id);
    card_hashes_[i] = card_index_.prefetch(commands[i].authorize.card);
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    card_numbers_[i] = card_index_.guess(card_hashes_[i]);
    cards_.prefetch(card_numbers_[i]);
  }
  for (const SlotNumber card : card_numbers_) {
    accounts_.prefetch(std::as_const(cards_)[card].account);
  }
  std::uint64_t sum = 0;
  for (const Command& command : commands) {
    const SlotNumber card = card_index_.find(command.authorize.card);
    HOLDFAST_CHECK(card != kNoSlot, "the cards are there");
    AccountSlot& account = accounts_[std::as_const(cards_)[card].account];
    account.held.minor += command.authorize.amount.minor;
    sum += static_cast<std::uint64_t>(account.held.minor);
    add_hold(card, command.request_id, command.authorize.amount);
    add_request(command.request_id);
  }
  return sum;
}

void BareTables::undo(std::span<const Command> commands) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const AuthorizationId id{last_hold_.value - i};
    const SlotNumber number = hold_index_.find(id);
    const AuthorizationSlot hold = holds_[number];
    accounts_[std::as_const(cards_)[hold.card].account].held.minor -= hold.approved.minor;
    hold_index_.erase(id);
    holds_[number] = {.next = free_hold_};
    free_hold_ = number;
  }
  for (const Command& command : commands) {
    known_requests_.push_back(command.request_id);
    const SlotNumber number = request_index_.find(known_requests_.front());
    request_index_.erase(known_requests_.front());
    known_requests_.pop_front();
    requests_[number] = {.next = free_request_};
    free_request_ = number;
  }
}

}  // namespace holdfast::bench
