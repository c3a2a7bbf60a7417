// What a command will touch, found the same way as `apply` finds it but never waiting for memory: a
// pass goes as far as the pass before has brought the data.
#include "engine/state_machine.h"
#include "engine/tables.h"

namespace holdfast {

class Prefetcher {
 public:
  using Tables = StateMachine::Tables;
  Prefetcher(const Tables& tables, unsigned pass) : t_(tables), pass_(pass) {}

  // id -> index -> slot
  void account(AccountId id, unsigned first) const {
    if (pass_ == first) return t_.account_index.prefetch(id);
    if (pass_ == first + 1) slot(t_.accounts, t_.account_index.guess(id));
  }

  // token -> index -> card -> account
  void card(CardToken token) const {
    if (pass_ == 0) return t_.card_index.prefetch(token);
    if (pass_ > 2) return;
    const SlotNumber number = t_.card_index.guess(token);
    if (number == kNoSlot) return;
    if (pass_ == 1) return slot(t_.cards, number);
    slot(t_.accounts, t_.cards[number].account);
  }

  // id -> index -> hold -> card, neighbours in its second -> account; or from the request that asked
  // for the hold, two steps longer.
  void original(AuthorizationId id, RequestId request) const {
    if (!id.is_zero()) return hold(id, 0);
    if (pass_ == 0) return t_.requests.prefetch(request);
    const SlotNumber number = t_.requests.guess(request);
    if (number == kNoSlot) return;
    if (pass_ == 1) return slot(t_.requests.slots(), number);
    hold(t_.requests.slots()[number].outcome.authorization, 1);
  }

 private:
  void hold(AuthorizationId id, unsigned first) const {
    if (pass_ == first) return t_.holds.prefetch(id);
    const SlotNumber number = t_.holds.find(id);
    if (number == kNoSlot) return;
    if (pass_ == first + 1) return slot(t_.holds.slots(), number);
    const AuthorizationSlot& hold = t_.holds[number];
    if (pass_ == first + 2) {
      slot(t_.cards, hold.card);
      slot(t_.holds.slots(), hold.next);
      slot(t_.holds.slots(), hold.previous);
    } else if (pass_ == first + 3) {
      slot(t_.accounts, t_.cards[hold.card].account);
    }
  }

  template <class Slot>
  static void slot(const SlotTable<Slot>& table, SlotNumber number) {
    if (number < table.size()) table.prefetch(number);
  }

  const Tables& t_;
  const unsigned pass_;
};

void StateMachine::prefetch(const Command& command, unsigned pass) const {
  const Tables& t = *tables_;
  const Prefetcher prefetcher(t, pass);
  if (pass == 0) t.requests.prefetch(command.request_id);
  switch (command.kind) {
    case CommandKind::authorize: return prefetcher.card(command.authorize.card);
    case CommandKind::advise: return prefetcher.card(command.advise.card);
    case CommandKind::capture:
      return prefetcher.original(command.capture.authorization, command.capture.original_request);
    case CommandKind::reverse:
      return prefetcher.original(command.reverse.authorization, command.reverse.original_request);
    case CommandKind::increment:
      return prefetcher.original(command.increment.authorization,
                                 command.increment.original_request);
    case CommandKind::refund:
      if (!command.refund.card.is_zero()) prefetcher.card(command.refund.card);
      return prefetcher.original(command.refund.authorization, command.refund.original_request);
    case CommandKind::expire: return prefetcher.original(command.expire.authorization, {});
    case CommandKind::transfer:
      prefetcher.account(command.transfer.debit, 0);
      return prefetcher.account(command.transfer.credit, 0);
    case CommandKind::create_card: return prefetcher.account(command.create_card.account, 0);
    default: return;
  }
}

}  // namespace holdfast
