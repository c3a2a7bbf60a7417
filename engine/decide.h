// One function a command: judges it in the order of decision.h, and if nothing stands against it,
// does it. Each fills the parts of the outcome that are known when it returns; a decline changes
// nothing. Private to the state machine. Thread: the owner's.
#pragma once

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/outcome.h"
#include "engine/tables.h"

namespace holdfast {

/// What a decision may know besides the state: the logged time, and who asks.
struct DecisionContext {
  TimestampNs now;
  RequestId request_id;
};

class Decider {
 public:
  using Tables = StateMachine::Tables;
  Decider(Tables& tables, const DecisionContext& context) : t_(tables), context_(context) {}

  /// The command is well formed.
  [[nodiscard]] Outcome decide(const Command& command);

 private:
  // Things (decide_things.cc).
  Decision create_account(const CreateAccount& c);
  Decision update_account(const UpdateAccount& c);
  Decision create_card(const CreateCard& c);
  Decision update_card(const UpdateCard& c);
  Decision put_program(const PutProgram& c);
  Decision configure(const Configure& c);

  // Payments (decide_payments.cc).
  Decision transfer(const Transfer& c);
  Decision authorize(const Authorize& c);
  Decision capture(const Capture& c);
  Decision reverse(const Reverse& c);
  Decision refund(const Refund& c);
  Decision refund_linked(const Refund& c);
  Decision refund_unlinked(const Refund& c);
  Decision expire(const Expire& c);

  // The steps they share.
  Decision pay_refund(const Refund& c, AccountSlot& account, AccountSlot& settlement);
  [[nodiscard]] AccountSlot* find_account(AccountId id);
  [[nodiscard]] AccountSlot* settlement_of(AccountId named, const ProgramSlot& program);
  [[nodiscard]] SlotNumber find_original(AuthorizationId id, RequestId original_request);
  void close(SlotNumber number, AuthorizationState state);
  void post(AccountSlot& debit, AccountSlot& credit, Money amount);

  Tables& t_;
  const DecisionContext& context_;
  Outcome outcome_;
};

}  // namespace holdfast
