// The reference model: what the payment engine must answer, written as plainly as it can be.
//
// It follows the rules (engine/*.h, the domain's page), not the engine's code: ordered maps, loops,
// 128-bit sums, nothing kept that can be computed again. It shares only the plain types with the
// engine, so that one mistake cannot stand in both. Slow on purpose. Thread: one owner at a time.
//
// One thing the rules leave open: a request id, and an authorization that has ended, may be forgotten
// when its retention has passed or a little later, because the engine cleans up a few entries a
// command. For such entries, and only for them, the model follows the engine's own answer (`seen`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
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
    std::uint32_t categories = 0;  // as announced
    std::vector<AddCategory> rows;
    bool was_active = false;
  };
  struct Program {
    std::uint32_t hold_period_s = 0;
    AccountId settlement_account;
    std::map<std::uint32_t, RuleSet> rule_sets;  // by version
    std::uint32_t active_version = 0;
  };
  struct StoredRate {
    Rate rate;
    TimestampNs set_at;
    std::uint32_t life_s = 0;
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
  Outcome activate_rule_set(const ActivateRuleSet& c);
  Outcome expire(const Expire& c);
  Outcome configure(const Configure& c);

  // Steps on an original; `gone`: it is one that may be forgotten, and is.
  Outcome capture_of(const Capture& c, bool gone);
  Outcome capture_forgotten(const Capture& c);
  Outcome increment_of(const Increment& c, bool gone);
  Outcome reverse_of(const Reverse& c, bool gone);
  Outcome reverse_unknown(const Reverse& c);
  Outcome refund_of(const Refund& c, bool gone);
  /// Decides as if the original was there, and if the engine told something else, as if it was gone.
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
  [[nodiscard]] const AddCategory* category(const Program& program, Mcc mcc) const;
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

  // Answers about one account: its balances, and the overdrawn flag where money was posted.
  [[nodiscard]] Outcome tell(Decision decision, AccountId account) const;
  [[nodiscard]] Outcome tell(Decision decision, AccountId account, AuthorizationId id) const;
  void flag_overdrawn(Outcome& outcome, AccountId account) const;

  std::map<AccountId, Account> accounts_;
  std::map<CardToken, Card> cards_;
  std::map<ProgramId, Program> programs_;
  std::map<AuthorizationId, Authorization> authorizations_;
  std::set<AuthorizationId> open_;  // those of `authorizations_` in state open, to keep loops short
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
};

}  // namespace holdfast::model
