// The work behind `StateMachine::explain`: one function a command, each beside its like in Decider.
//
// The checks of the command stand there from the beginning as "not judged", in the order in which
// they decide; the functions say what became of them, in any order. Private to the state machine.
// Thread: the owner's.
#pragma once

#include <optional>

#include "engine/decide.h"
#include "engine/explain.h"
#include "engine/tables.h"

namespace holdfast {

class Explainer {
 public:
  using Tables = StateMachine::Tables;
  Explainer(Tables& tables, const Command& command, TimestampNs now);

  [[nodiscard]] Explanation explain();

 private:
  // What became of a check.
  void set(CheckName name, CheckResult result, Decision decision = {});
  void pass(CheckName name) { set(name, CheckResult::passed); }
  void skip(CheckName name) { set(name, CheckResult::not_applicable); }
  /// Passed, or failed with `decision`. Returns `ok`.
  bool check(CheckName name, bool ok, Decision decision);
  /// Passed when approved.
  bool check(CheckName name, Decision decision);
  /// Like `check`, for what an advice is recorded in spite of.
  void check_overruled(CheckName name, Decision decision);
  void check_capacity(CheckName name, std::uint64_t used, std::uint64_t most, std::uint64_t wanted);

  /// Of every gateway command; false when nothing else is to be judged.
  bool request();
  /// Fields and amount; false when the fields cannot be looked at further.
  bool form();
  void settle();

  // explain_holds.cc
  void of(const Authorize& c);
  void of(const Increment& c);
  void of(const Reverse& c);
  void of(const Expire& c);
  void of(const Advise& c);
  void room_for_authorization();
  void approve_in_part(const Authorize& c, const AccountSlot& account);
  void advised_accounts(const Advise& c, const CardSlot& card, const AccountSlot& account);
  void reverse_unknown(const Reverse& c);
  // explain_postings.cc
  void of(const Transfer& c);
  void of(const Capture& c);
  void of(const Refund& c);
  /// The authorization that is named, told. kNoSlot: there is none, and what then follows is judged.
  template <class Step>
  SlotNumber original_or_card(const Step& c);
  template <class Step>
  void by_card(const Step& c);
  /// As `sides`, of the card's account and the settlement account (null: not known).
  bool sides_of(const Capture& c, const AccountSlot& account, const AccountSlot* settlement);
  bool sides_of(const Refund& c, const AccountSlot& account, const AccountSlot* settlement);
  void posting(const Capture& c, const AccountSlot& account, const AccountSlot& settlement);
  void posting(const Refund& c, const AccountSlot& account, const AccountSlot& settlement);
  // explain_things.cc
  void of(const CreateAccount& c);
  void of(const UpdateAccount& c);
  void of(const CreateCard& c);
  void of(const UpdateCard& c);
  void of(const PutProgram& c);
  void of(const SetRate& c);
  void of(const BeginRuleSet& c);
  void of(const AddCategory& c) { row(c); }
  void of(const AddControl& c) { row(c); }
  void of(const AddListItem& c) { row(c); }
  void of(const AddZoneOffset& c) { row(c); }
  template <class Row>
  void row(const Row& c);
  void of(const ActivateRuleSet& c);
  void of(const ShadowRuleSet& c);
  void of(const Configure& c);

  // Shared parts.
  [[nodiscard]] const AccountSlot* find_account(AccountId id) const;
  [[nodiscard]] const AccountSlot* settlement_of(AccountId named, const CardSlot& card) const;
  /// Tells card, account, program and rule set.
  void tell_card(SlotNumber number);
  /// kNoSlot: the check of it failed.
  SlotNumber find_card(CardToken token);
  /// The authorization that is named, told; kNoSlot when there is none (the check is not set then).
  SlotNumber find_original(AuthorizationId id, RequestId original_request, CardToken card = {});
  void card_state(const CardSlot& card, bool overruled);
  /// Status of the one account that holds the money.
  void account_state(const AccountSlot& account);
  /// Checks accounts … two_accounts of a posting. False when one side is not known.
  bool sides(const AccountSlot* debit, const AccountSlot* credit, CurrencyCode stated,
             bool frozen_debit_may_pay);
  void exchange(Money amount, CurrencyCode from, CurrencyCode to);
  void exchange_at(Money amount, SlotNumber rate);
  void tell_rate(SlotNumber rate, bool of_the_original);
  void converted(Decision decision, Money amount);
  void tell_funds(const AccountSlot& account, Money amount);
  void check_funds(const AccountSlot& account, Money amount);
  void check_ledgers(const AccountSlot& debit, const AccountSlot& credit, Money amount);
  void tell_period(const CardSlot& card, Mcc mcc, bool merchant_initiated);

  // explain_controls.cc
  /// What the controls of the card's program say; `amount` as judged, if it is known.
  template <class Asked>
  void controls(SlotNumber card_number, const Asked& asked, Money approved_before, bool counts,
                bool overruled) {
    judge_controls(card_number,
                   {asked.merchant, asked.mcc, asked.country, asked.channel, asked.type,
                    e_.judged.value_or(Money{}), approved_before, counts},
                   overruled);
  }
  void judge_controls(SlotNumber card_number, const Payment& payment, bool overruled);
  void judge_control(const ControlSet& set, std::size_t row, bool matches, const Payment& payment,
                     const CounterOwners& owners);
  void tell_window(const ControlSet& set, std::size_t row, const Payment& payment,
                   const CounterOwners& owners, ControlFacts& facts);
  /// Whether `amount` can be counted in the windows that were found.
  void counting(Money amount);
  void count_done();

  [[nodiscard]] TimestampNs now() const { return context_.now; }

  Tables& t_;
  const Command& command_;
  const DecisionContext context_;
  Outcome undecided_;
  Decider decider_;  // for its questions; it decides nothing
  Explanation e_;
  Decision approval_ = Decision::approved;
  Money amount_if_approved_;
  bool has_amount_ = false;  // positive, so that what depends on it can be judged
  bool counts_ = false;
  std::size_t counters_hit_ = 0;
  std::size_t counters_missing_ = 0;
};

}  // namespace holdfast
