// The reference model: what the payment engine must answer, written as plainly as it can be.
//
// It follows the rules (engine/*.h, the domain's page), not the engine's code: ordered maps, loops,
// 128-bit sums, nothing kept that can be computed again. It shares only the plain types with the
// engine, so that one mistake cannot stand in both. Slow on purpose. Thread: one owner at a time.
//
// One thing the rules leave open: a request id, and an authorization that has ended, may be
// forgotten when its retention has passed or a little later, because the engine cleans up a few
// entries a command. For such entries, and only for them,
// the model follows the engine's own answer (`seen`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/types.h"
#include "tests/model/decimal.h"
#include "tests/model/rules.h"
#include "tests/model/windows.h"

namespace holdfast::model {

class ReferenceModel {
 public:
  ReferenceModel();

  /// What the engine must answer. `seen`: the engine's answer, looked at only where the rules allow
  /// two answers (see above); without it the model forgets at the first possible moment.
  Outcome apply(const Command& command, TimestampNs now, const Outcome* seen = nullptr);

  /// Authorizations whose time has come, oldest expiry first; equal times by id.
  [[nodiscard]] std::vector<AuthorizationId> due(TimestampNs now) const;

  [[nodiscard]] AccountView show_account(AccountId id) const;
  [[nodiscard]] CardView show_card(CardToken token) const;
  [[nodiscard]] AuthorizationView show_authorization(AuthorizationId id, RequestId request) const;
  [[nodiscard]] ProgramView show_program(ProgramId id) const;
  [[nodiscard]] LimitsView show_limits(CardToken token, TimestampNs now) const;
  [[nodiscard]] ShadowsView show_shadows(ProgramId id) const;
  [[nodiscard]] RuleSetView show_rule_set(ProgramId id, std::uint32_t version,
                                          std::uint32_t first_row, std::uint32_t most) const;
  /// `request_ids` and `authorizations` count only those that must still be remembered.
  [[nodiscard]] StatusView show_status() const;
  /// As `request_ids` of the status, with those that may be forgotten counted too.
  [[nodiscard]] std::size_t request_ids_most() const { return requests_.size(); }
  [[nodiscard]] std::size_t authorizations_most() const { return authorizations_.size(); }
  /// Of the newest authorization; they count from 1.
  [[nodiscard]] AuthorizationId last_authorization() const { return last_authorization_; }
  /// True for one that is in the model and that the engine may have forgotten.
  [[nodiscard]] bool may_be_forgotten(AuthorizationId id) const;

  /// Forgets all that may be forgotten: for a moment at which the engine had the time.
  void forget_all_it_may();

  [[nodiscard]] Money ledgers_sum(CurrencyCode currency) const;
  [[nodiscard]] LogPosition position() const { return position_; }
  [[nodiscard]] TimestampNs time() const { return time_; }

 private:
  struct Account {
    CurrencyCode currency;
    AccountStatus status = AccountStatus::open;
    std::uint16_t flags = 0;
    Money credit_limit;
    Money ledger;
  };
  struct Card {
    AccountId account;
    ProgramId program;
    ExpiryMonth expiry;
    CardStatus status = CardStatus::active;
  };
  struct RuleSet {
    BeginRuleSet announced;
    std::vector<AddCategory> rows;
    std::vector<AddControl> controls;
    std::vector<AddListItem> items;
    std::vector<AddZoneOffset> offsets;
    bool was_active = false;
  };
  /// One run of a rule set beside the active one. Its counters are those of its number.
  struct Shadow {
    struct Pair {
      std::uint64_t count = 0;
      Wide amount = 0;
    };
    std::uint32_t run = 0;
    TimestampNs started_at;
    std::uint64_t judged = 0;
    LogPosition first_divergence;
    std::map<std::pair<Decision, Decision>, Pair> pairs;  // active, shadow
  };
  /// Whose counters a window control of the active set uses: those of a shadow's run, or (0) those
  /// that the active sets began themselves.
  struct Adopted {
    WindowShape shape;
    std::uint32_t run = 0;
  };
  struct Program {
    std::uint32_t hold_period_s = 0;
    AccountId settlement_account;
    std::map<std::uint32_t, RuleSet> rule_sets;  // by version
    std::uint32_t active_version = 0;
    std::map<std::uint32_t, Shadow> shadows;  // by version
    std::uint32_t shadow_runs = 0;            // ever started; a run's number is never used again
    /// By number and scope, of the last active set that had such a window control.
    std::map<std::pair<std::uint16_t, ControlScope>, Adopted> adopted;
  };
  /// A rule set that judges and counts: the active one (run 0; no rules: everything passes), or
  /// that of a shadow's run.
  struct Judge {
    const RuleSet* rules = nullptr;
    std::uint32_t run = 0;
  };
  struct StoredRate {
    Rate rate;
    TimestampNs set_at;
    std::uint32_t life_s = 0;
  };
  /// Whose use a control counts: the card, the account (its id), or nobody in particular.
  struct CounterKey {
    ProgramId program;
    std::uint32_t run = 0;  // see Adopted
    std::uint16_t control = 0;
    ControlScope scope{};
    std::pair<std::uint64_t, std::uint64_t> whose;
    friend auto operator<=>(const CounterKey&, const CounterKey&) = default;
  };
  /// That something was counted, and how much of it was not given back. Its authorization and, as
  /// long as its window lasts, its counter have it.
  struct Use {
    CounterKey key;
    std::int64_t window = 0;  // see windows.h
    std::int64_t amount = 0;
    std::uint32_t count = 0;
  };
  struct Counter {
    WindowShape shape;
    std::vector<std::shared_ptr<Use>> uses;
  };
  struct Authorization {
    Authorize asked;  // of an advice: what it has in common with an authorize
    RequestId request_id;
    AccountId account;
    AuthorizationState state = AuthorizationState::open;
    Rate rate;  // zero: asked in the account's currency
    std::int64_t requested = 0;
    std::int64_t approved = 0;
    std::int64_t captured = 0;
    std::int64_t reversed = 0;
    std::int64_t refunded = 0;
    TimestampNs created_at;
    TimestampNs expires_at;
    TimestampNs ended_at;  // when it stopped being open
    std::vector<std::shared_ptr<Use>> uses;  // while it is open, oldest first
  };
  struct Remembered {
    Command command;
    Outcome outcome;
    bool tombstone = false;  // left by a reversal that came first; only `outcome.time` counts
    /// An entry that may be forgotten, in whose place a reversal may have left a tombstone: nobody
    /// can tell from the answer of that reversal.
    bool maybe_tombstone = false;
  };
  /// An amount in the account's currency, or why there is none.
  struct Converted {
    Decision decision{};  // approved: there is one
    std::int64_t amount = 0;
    Rate rate;
    bool is_stale = false;
  };

  /// A payment as far as rule sets have a say in it.
  struct Payment {
    Authorize asked;
    AccountId account;
    Wide amount = 0;    // asked for, in the account's currency
    Wide purchase = 0;  // the same without the cashback; 0: there is no cashback
    const Authorization* raised = nullptr;  // by an increment
    bool is_too_large = false;              // for the hold that it raises: 64 bits would overflow
    bool is_advice = false;
  };
  /// What a rule set says to it, and what is then held (or, of an advice, recorded).
  struct Verdict {
    Decision decision{};
    Wide held = 0;
    friend bool operator==(const Verdict&, const Verdict&) = default;
  };
  /// What all rule sets said, before anything changed. It takes effect when the answer is logged.
  struct Judgement {
    Payment payment;
    Verdict real;
    std::map<std::uint32_t, Verdict> shadows;  // by version
    AuthorizationId hold;  // the open hold that the payment made or raised; zero: none
  };

  Outcome answer(const Command& command);
  // The answer before position and time are set. Not logged: only at_capacity.
  Outcome decide(const Command& command);
  Outcome create_account(const CreateAccount& c);
  Outcome update_account(const UpdateAccount& c);
  Outcome create_card(const CreateCard& c);
  Outcome update_card(const UpdateCard& c);
  Outcome put_program(const PutProgram& c);
  Outcome transfer(const Transfer& c);
  Outcome authorize(const Authorize& c, RequestId request);
  Outcome increment(const Increment& c);
  Outcome advise(const Advise& c, RequestId request);
  Outcome capture(const Capture& c);
  Outcome reverse(const Reverse& c);
  Outcome refund(const Refund& c);
  Outcome set_rate(const SetRate& c);
  Outcome begin_rule_set(const BeginRuleSet& c);
  Outcome add_category(const AddCategory& c);
  Outcome add_control(const AddControl& c);
  Outcome add_list_item(const AddListItem& c);
  Outcome add_zone_offset(const AddZoneOffset& c);
  Outcome activate_rule_set(const ActivateRuleSet& c);
  Outcome shadow_rule_set(const ShadowRuleSet& c);
  Outcome expire(const Expire& c);
  Outcome configure(const Configure& c);

  // Steps on an original; `gone`: it is one that may be forgotten, and is.
  Outcome capture_of(const Capture& c, bool gone);
  Outcome capture_forgotten(const Capture& c);
  Outcome increment_of(const Increment& c, bool gone);
  Outcome reverse_of(const Reverse& c, bool gone);
  Outcome reverse_unknown(const Reverse& c);
  Outcome refund_of(const Refund& c, bool gone);
  /// Decides as if the original was there, and if the engine told something else,
  /// as if it was gone.
  Outcome with_original(AuthorizationId id, RequestId request, CardToken card,
                        const std::function<Outcome(bool gone)>& decide);

  [[nodiscard]] const Account* find_account(AccountId id) const;
  [[nodiscard]] const Card* find_card(CardToken token) const;
  [[nodiscard]] std::optional<AuthorizationId> find_original(AuthorizationId id, RequestId request,
                                                             bool gone) const;
  /// The authorization that the request made, as its entry says; whether it is in memory or not.
  [[nodiscard]] static AuthorizationId made_by(const Remembered& entry);
  [[nodiscard]] bool was_given(AuthorizationId id) const {
    return !id.is_zero() && id <= last_authorization_;
  }
  [[nodiscard]] static const AddCategory* category(const RuleSet* rules, Mcc mcc);
  [[nodiscard]] const RuleSet* active_rules(const Program& program) const;
  [[nodiscard]] Judge active_judge(CardToken card) const;
  [[nodiscard]] static bool is_complete(const RuleSet& rules);
  /// The rule set that another row can be added to, or why there is none.
  template <class Row>
  [[nodiscard]] Decision open_for_rows(const Row& c, RuleSet*& set);

  // Controls, in reference_model_controls.cc.
  [[nodiscard]] static bool matches(const RuleSet& rules, const AddControl& control,
                                    const Authorize& asked);
  /// The earliest line of all controls that stand against it, or approved.
  [[nodiscard]] Decision judge_controls(const Payment& payment, Wide amount, Judge by) const;
  /// What a counter has used must fit 64 bits, like a balance.
  [[nodiscard]] bool can_count(const Authorize& asked, Wide amount, Judge by) const;
  /// `hold`: to which reversal and expiry give back; none: what is counted stays.
  void count_use(const Payment& payment, Wide amount, Judge by, Authorization* hold);
  [[nodiscard]] CounterKey key_of(const AddControl& control, CardToken card,
                                  std::uint32_t run) const;

  // In reference_model_holds.cc: what one rule set says, from the controls on.
  [[nodiscard]] Verdict judge_hold(const Payment& payment, Judge by) const;
  [[nodiscard]] Verdict judge_raise(const Payment& payment, Judge by) const;
  // In reference_model_shadows.cc.
  [[nodiscard]] Verdict judge_advice(const Payment& payment, Judge by) const;
  [[nodiscard]] Verdict judge(const Payment& payment, Judge by) const;
  /// What the active set says; what the shadows say waits in `judgement_` for the answer.
  Verdict judge_by_all(const Payment& payment);
  void count_in_shadows();
  void become_active(Program& program, std::uint32_t version);
  [[nodiscard]] static RuleSetState state_of(const Program& program, std::uint32_t version);

  /// What the counter has in the window of the control at the time `at`.
  [[nodiscard]] std::pair<Wide, std::uint32_t> used(const RuleSet& rules, const AddControl& control,
                                                    const CounterKey& key, TimestampNs at) const;
  static void give_back(Authorization& a, Wide amount);
  [[nodiscard]] Program& program_of(CardToken card) {
    return programs_[cards_[card].program];
  }
  [[nodiscard]] Decision judge_card(const Card& card) const;
  [[nodiscard]] Converted convert(std::int64_t amount, CurrencyCode from, CurrencyCode to) const;
  [[nodiscard]] Wide held(AccountId id) const;
  [[nodiscard]] Wide available(AccountId id) const;
  [[nodiscard]] bool covers(AccountId id, Wide amount) const;
  [[nodiscard]] static Wide left(const Authorization& a);
  [[nodiscard]] Wide capture_ceiling(const Authorization& a);
  [[nodiscard]] TimestampNs hold_until(const Program& program, Mcc mcc, bool by_merchant) const;
  [[nodiscard]] bool may_be_forgotten(const Remembered& entry) const;
  [[nodiscard]] bool may_be_forgotten(const Authorization& a) const;
  /// Of those that may be forgotten: the engine finds them when it needs their place.
  [[nodiscard]] bool is_surely_forgettable(const Remembered& entry) const;
  [[nodiscard]] bool is_surely_forgettable(const Authorization& a) const;
  [[nodiscard]] std::size_t must_be_remembered() const;
  [[nodiscard]] std::size_t authorizations_to_remember() const;
  [[nodiscard]] bool has_no_room_for_requests(std::size_t more) const;
  [[nodiscard]] bool has_no_room_for_authorization() const;
  [[nodiscard]] bool told(Decision decision) const {
    return seen_ != nullptr && seen_->decision == decision;
  }
  AuthorizationId keep(Authorization made);
  void end(AuthorizationId id, Authorization& a, AuthorizationState state);
  void close_if_done(AuthorizationId id, Authorization& a);

  // Answers about one account: its balances, and the overdrawn flag where the step was done.
  [[nodiscard]] Outcome tell(Decision decision, AccountId account) const;
  [[nodiscard]] Outcome tell(Decision decision, AccountId account, AuthorizationId id) const;
  void flag_overdrawn(Outcome& outcome, AccountId account) const;

  std::map<AccountId, Account> accounts_;
  std::map<CardToken, Card> cards_;
  std::map<ProgramId, Program> programs_;
  std::map<AuthorizationId, Authorization> authorizations_;
  std::set<AuthorizationId> open_;  // those of `authorizations_` in state open, to keep loops short
  std::map<CounterKey, Counter> counters_;
  std::map<RequestId, Remembered> requests_;
  std::map<std::pair<CurrencyCode, CurrencyCode>, StoredRate> rates_;
  AuthorizationId last_authorization_;
  std::size_t rates_set_ = 0;
  std::size_t rule_sets_begun_ = 0;
  EngineConfig config_;
  LogPosition position_;
  TimestampNs time_;
  // During one apply().
  TimestampNs now_;
  bool reversed_before_ = false;  // the command's request id is a tombstone's
  const Outcome* seen_ = nullptr;
  std::optional<Judgement> judgement_;
};

}  // namespace holdfast::model
