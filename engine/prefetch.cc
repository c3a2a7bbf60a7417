// What a command will touch, found the same way as `apply` finds it but never waiting for memory: a
// pass goes as far as the pass before has brought the data. Commands that are applied between two
// passes may have changed what a slot holds, so each number is looked at before it is followed.
#include "engine/state_machine.h"
#include "engine/tables.h"

namespace holdfast {
namespace {

using Step = Prefetch::Step;

template <class Slot>
void prefetch_slot(const SlotTable<Slot>& table, SlotNumber number) {
  if (number < table.size()) table.prefetch(number);
}

}  // namespace

class Prefetcher {
 public:
  explicit Prefetcher(const StateMachine::Tables& tables) : t_(tables) {}

  // First passes.

  Prefetch card(CardToken token) const { return {Step::card, t_.card_index.prefetch(token).bits}; }

  Prefetch original(AuthorizationId id, RequestId request) const {
    if (id.is_zero()) return {Step::request, t_.requests.prefetch(request).bits};
    t_.holds.prefetch(id);
    return {Step::hold, id.value};
  }

  Prefetch account(AccountId id) const {
    return {Step::accounts, t_.account_index.prefetch(id).bits};
  }

  Prefetch accounts(AccountId id, AccountId other) const {
    return {Step::accounts, t_.account_index.prefetch(id).bits,
            t_.account_index.prefetch(other).bits};
  }

  // The others.

  [[nodiscard]] Prefetch next(const Prefetch& at) const {
    const auto slot = static_cast<SlotNumber>(at.known);
    switch (at.next) {
      case Step::card: return card_slot(t_.card_index.guess({at.known}));
      case Step::account_of_card: return account_of(slot);
      case Step::hold: return hold(t_.holds.find({at.known}));
      case Step::around_hold: return around_hold(slot);
      case Step::account_of_hold: return account_of(t_.holds[slot].card);
      case Step::request: return request_slot(t_.requests.guess({at.known}));
      case Step::hold_of_request:
        return hold(t_.holds.find(t_.requests.slots()[slot].outcome.authorization));
      case Step::accounts:
        prefetch_slot(t_.accounts, t_.account_index.guess({at.known}));
        if (at.known_too != 0) prefetch_slot(t_.accounts, t_.account_index.guess({at.known_too}));
        return {};
      case Step::done: break;
    }
    return {};
  }

 private:
  [[nodiscard]] Prefetch card_slot(SlotNumber number) const {
    if (number == kNoSlot) return {};
    t_.cards.prefetch(number);
    return {Step::account_of_card, number};
  }
  [[nodiscard]] Prefetch account_of(SlotNumber card) const {
    if (card < t_.cards.size()) prefetch_slot(t_.accounts, t_.cards[card].account);
    return {};
  }
  [[nodiscard]] Prefetch request_slot(SlotNumber number) const {
    if (number == kNoSlot) return {};
    t_.requests.prefetch(number);
    return {Step::hold_of_request, number};
  }
  [[nodiscard]] Prefetch hold(SlotNumber number) const {
    if (number == kNoSlot) return {};
    t_.holds.prefetch(number);
    return {Step::around_hold, number};
  }
  [[nodiscard]] Prefetch around_hold(SlotNumber number) const {
    const AuthorizationSlot& hold = t_.holds[number];
    prefetch_slot(t_.cards, hold.card);
    prefetch_slot(t_.holds.slots(), hold.next);
    prefetch_slot(t_.holds.slots(), hold.previous);
    return {Step::account_of_hold, number};
  }

  const StateMachine::Tables& t_;
};

namespace {

Prefetch first_step(const Prefetcher& first, const Command& command) {
  switch (command.kind) {
    case CommandKind::authorize: return first.card(command.authorize.card);
    case CommandKind::advise: return first.card(command.advise.card);
    case CommandKind::capture:
      return first.original(command.capture.authorization, command.capture.original_request);
    case CommandKind::reverse:
      return first.original(command.reverse.authorization, command.reverse.original_request);
    case CommandKind::increment:
      return first.original(command.increment.authorization, command.increment.original_request);
    case CommandKind::refund: {
      const Refund& c = command.refund;
      const bool is_linked = !c.authorization.is_zero() || !c.original_request.is_zero();
      return is_linked ? first.original(c.authorization, c.original_request) : first.card(c.card);
    }
    case CommandKind::expire: return first.original(command.expire.authorization, {});
    case CommandKind::transfer:
      return first.accounts(command.transfer.debit, command.transfer.credit);
    case CommandKind::create_card: return first.account(command.create_card.account);
    default: return {};
  }
}

}  // namespace

Prefetch StateMachine::begin_prefetch(const Command& command) const {
  const Tables& t = *tables_;
  // The engine's own commands have none. Whether it is known is not looked at ahead: nearly always it
  // is not, and the lines that tell so are all asked for.
  if (!command.request_id.is_zero()) (void)t.requests.prefetch(command.request_id);
  return first_step(Prefetcher(t), command);
}

std::size_t StateMachine::go_on(std::span<Prefetch> under_way) const {
  const Prefetcher prefetcher(*tables_);
  std::size_t left = 0;
  for (Prefetch& at : under_way) {
    at = prefetcher.next(at);
    if (at.next != Prefetch::Step::done) under_way[left++] = at;
  }
  return left;
}

}  // namespace holdfast
