// One function a command: judges it in the order of decision.h, and if nothing stands against it,
// does it. Each fills the parts of the outcome that are known when it returns; a decline changes
// nothing. Private to the state machine. Thread: the owner's.
#pragma once

#include <utility>

#include "engine/command.h"
#include "engine/decision.h"
#include "engine/outcome.h"
#include "engine/tables.h"

namespace holdfast {

/// What a decision may know besides the state: the logged time, and who asks.
struct DecisionContext {
  TimestampNs now;
  RequestId request_id;
  bool was_reversed_before = false;  // a reversal named this request before it came
};

class Decider {
 public:
  using Tables = StateMachine::Tables;
  /// All outlive it. `outcome` is as it begins, and gets the answer.
  Decider(Tables& tables, const DecisionContext& context, Outcome& outcome)
      : t_(tables), context_(context), outcome_(outcome) {}

  /// The command is well formed.
  void decide(const Command& command);

 private:
  friend class Explainer;  // asks the same small questions

  /// An amount in the account's currency, and how it came there.
  struct Exchanged {
    Money amount;
    SlotNumber rate = kNoSlot;  // none: it was in that currency already
    bool rate_is_old = false;
  };
  /// Who pays, and with what.
  struct Payer {
    SlotNumber card_number;
    const CardSlot& card;
    const AccountSlot& account;
  };

  // Things (decide_things.cc).
  Decision create_account(const CreateAccount& c);
  Decision update_account(const UpdateAccount& c);
  Decision create_card(const CreateCard& c);
  Decision update_card(const UpdateCard& c);
  Decision put_program(const PutProgram& c);
  Decision configure(const Configure& c);

  Decision set_rate(const SetRate& c);
  Decision begin_rule_set(const BeginRuleSet& c);
  Decision add_category(const AddCategory& c);
  Decision add_control(const AddControl& c);
  Decision add_list_item(const AddListItem& c);
  Decision add_zone_offset(const AddZoneOffset& c);
  template <class Row>
  Decision add_row(const Row& row);
  Decision activate_rule_set(const ActivateRuleSet& c);
  Decision shadow_rule_set(const ShadowRuleSet& c);
  /// After another set of them runs, or another rule set is active.
  void shadows_changed(SlotNumber program_number);

  // Holding money (decide_holds.cc).
  Decision authorize(const Authorize& c);
  [[gnu::always_inline]] inline Decision authorize_on(AccountSlot& account, const Authorize& c,
                                                      SlotNumber card_number);
  void judge_authorize(const Policy& policy, const Authorize& c, const Payer& payer,
                       const Exchanged& asked, Verdict& verdict) const;
  /// What the available balance allows; `amount` becomes the part that it covers.
  Decision judge_funds(const Authorize& c, const AccountSlot& account, const Exchanged& asked,
                       Money& amount) const {
    return covers(account, amount) ? Decision::approved : judge_shortage(c, account, asked, amount);
  }
  Decision judge_shortage(const Authorize& c, const AccountSlot& account, const Exchanged& asked,
                          Money& amount) const;
  Decision increment(const Increment& c);
  void judge_increment(const Policy& policy, const Increment& c, const AuthorizationSlot& hold,
                       const AccountSlot& account, Money amount, Verdict& verdict) const;
  Decision reverse(const Reverse& c);
  Decision reverse_unknown(const Reverse& c);
  Decision expire(const Expire& c);

  // Moving money (decide_postings.cc).
  Decision transfer(const Transfer& c);
  Decision capture(const Capture& c);
  Decision capture_forgotten(const Capture& c);
  Decision refund(const Refund& c);
  Decision refund_linked(const Refund& c);
  Decision refund_to_card(const Refund& c);
  Decision advise(const Advise& c);
  void judge_advise(const Policy& policy, const Advise& c, SlotNumber card_number, Money amount,
                    Verdict& verdict) const;

  // Controls (decide_controls.cc).

  /// `judge(policy, verdict)` for the active rule set, whose verdict is then `verdict_`, and for
  /// each shadow of the card's program. Nothing may have changed yet.
  template <class Judge>
  void judge_by_all(const CardSlot& card, const Judge& judge) {
    const ProgramRules& rules = rules_of(card);
    judge(Policy{rules.rule_set, rules.controls}, verdict_);
    shadows_ = rules.shadows;
    if (shadows_ == nullptr) return;
    for (const auto& run : shadows_->runs()) {
      run->verdict.clear();
      judge(run->policy(), run->verdict);
    }
  }
  /// Judges by the controls, if there are any, and finds what would be counted. `asked`: what names
  /// merchant, category, country, channel and type.
  template <class Asked>
  Decision judge_controls(const Policy& policy, SlotNumber card_number, const Asked& asked,
                          Money amount, Judgement& result, Money approved_before = {},
                          bool counts = true) const {
    if (policy.controls == nullptr) return Decision::approved;
    policy.controls->judge({asked.merchant, asked.mcc, asked.country, asked.channel, asked.type,
                            amount, approved_before, counts},
                           counter_owners(card_number), t_.counters, context_.now, result);
    return result.decision;
  }
  /// Neither the active rule set nor a shadow has a window that the payment falls into.
  [[nodiscard]] bool counts_nothing() const {
    return verdict_.judgement.hit_count == 0 && shadows_ == nullptr;
  }
  /// Whether the tables have places for what everybody who judged would count.
  [[nodiscard]] bool has_room_to_count() const { return counts_nothing() || has_room_for_all(); }
  [[nodiscard]] bool has_room_for_all() const;
  /// The real answer is known and will be logged: counts what the active rule set and the shadows
  /// approved, and compares their answers. `hold`: where what is counted may come back from; null:
  /// no money is held. When the payment is approved there is room.
  void count(SlotNumber card_number, Money asked, AuthorizationSlot* hold) {
    if (!counts_nothing()) count_by_all(card_number, asked, hold);
  }
  void count_by_all(SlotNumber card_number, Money asked, AuthorizationSlot* hold);
  void count_by(const ControlSet* controls, const Verdict& verdict, SlotNumber card_number,
                AuthorizationSlot* hold);
  [[nodiscard]] CounterOwners counter_owners(SlotNumber card_number) const;
  /// The open authorization will not spend `amount`.
  void give_back(AuthorizationSlot& hold, Money amount);
  /// The open authorization ends: what is left is given back, and the charges are forgotten.
  void end_charges(AuthorizationSlot& hold);

  // The steps that they share.

  /// Asks for the latest rate, if one is needed. An old one is told; the caller judges it.
  Decision exchange(Money amount, CurrencyCode from, CurrencyCode to, Exchanged& result) const {
    result.amount = amount;
    return from == to ? Decision::approved : exchange_by_latest(from, to, result);
  }
  Decision exchange_by_latest(CurrencyCode from, CurrencyCode to, Exchanged& result) const;
  /// At a given rate, or none.
  Decision convert_at(Money amount, SlotNumber rate, Money& result) const {
    result = amount;
    return rate == kNoSlot ? Decision::approved : convert_by(t_.exchange[rate].rate, result);
  }
  static Decision convert_by(const SetRate& rate, Money& amount);

  // Reading must not look like changing, or a snapshot copies the page ahead of its turn.
  [[nodiscard]] const CardSlot& card_at(SlotNumber number) const {
    return std::as_const(t_.cards)[number];
  }
  [[nodiscard]] const ProgramSlot& program_of(const CardSlot& card) const {
    return std::as_const(t_.programs)[card.program];
  }
  [[nodiscard]] const ProgramRules& rules_of(const CardSlot& card) const {
    return t_.program_rules[card.program];
  }
  [[nodiscard]] AccountSlot* find_account(AccountId id);
  [[nodiscard]] AccountSlot& account_of(const CardSlot& card) { return t_.accounts[card.account]; }
  [[nodiscard]] AccountSlot* settlement_of(AccountId named, const CardSlot& card);
  /// The hold that a command names, its authorization and balances told; kNoSlot when it is not in
  /// memory, or is another card's than `card` (zero: any).
  [[nodiscard]] SlotNumber find_original(AuthorizationId id, RequestId original_request,
                                         CardToken card = {});
  /// Whether the id was given once and its authorization is no longer in memory.
  [[nodiscard]] bool was_forgotten(AuthorizationId id) const;
  [[nodiscard]] const AddCategory* category_of(const CardSlot& card, Mcc mcc) const {
    const RuleSet* rule_set = rules_of(card).rule_set;
    return rule_set == nullptr ? nullptr : rule_set->find(mcc);
  }
  /// An open authorization as it was asked for.
  template <class Asked>
  [[nodiscard]] AuthorizationSlot new_authorization(const Asked& c, const Payer& payer,
                                                    Money amount, SlotNumber rate,
                                                    bool merchant_initiated) const {
    return {.approved = amount,
            .expires_at = hold_end(payer.card, c.mcc, merchant_initiated),
            .card = payer.card_number,
            .state = AuthorizationState::open,
            .channel = c.channel,
            .type = c.type,
            .request_id = context_.request_id,
            .merchant = c.merchant,
            .requested = c.amount,
            .created_at = context_.now,
            .currency = c.currency,
            .mcc = c.mcc,
            .country = c.country,
            .rate = rate};
  }
  [[nodiscard]] TimestampNs hold_end(const CardSlot& card, Mcc mcc, bool merchant_initiated) const;
  /// May new money be held on the account with this card?
  [[nodiscard]] Decision judge_card_and_account(const CardSlot& card,
                                                const AccountSlot& account) const {
    const bool is_sound = card.status == CardStatus::active && context_.now < card.expires_at &&
                          account.status == AccountStatus::open;
    return is_sound ? Decision::approved : what_is_wrong(card, account);
  }
  [[nodiscard]] Decision what_is_wrong(const CardSlot& card, const AccountSlot& account) const;
  /// What is left of a hold is released, if it is open; the state says why it ended.
  void close(SlotNumber number, AuthorizationState state);
  void post(AccountSlot& debit, AccountSlot& credit, Money amount);
  /// Balances after a posting: of the account concerned, and the ledger of the other side.
  void tell_posting(const AccountSlot& account, const AccountSlot& other);

  Tables& t_;
  const DecisionContext& context_;
  Outcome& outcome_;
  Verdict verdict_;  // of the active rule set
  const ProgramShadows* shadows_ = nullptr;  // that judged the payment; null: none
};

}  // namespace holdfast
