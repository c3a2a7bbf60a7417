// The reference model: what the payment engine must answer, written as plainly as it can be.
//
// It follows the rules (engine/*.h, the domain's page), not the engine's code: ordered maps, loops,
// 128-bit sums, nothing kept that can be computed again. It shares only the plain types with the
// engine, so that one mistake cannot stand in both. Slow on purpose. Thread: one owner at a time.
//
// One thing the rules leave open: an entry of the request id table that is past its retention may
// be forgotten now or a little later, because the engine cleans up a few entries a command. For
// such entries, and only for them, the model follows the engine's own answer (`seen`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/types.h"
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
  /// `request_ids` counts only those that must still be remembered; see `request_ids_most`.
  [[nodiscard]] StatusView show_status() const;
  /// As `request_ids` of the status, with those that may be forgotten counted too.
  [[nodiscard]] std::size_t request_ids_most() const { return requests_.size(); }

  /// Forgets every request id that may be forgotten: for a moment at which the engine had the time.
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
  struct Program {
    std::uint32_t hold_period_s = 0;
    AccountId settlement_account;
  };
  struct Authorization {
    Authorize asked;
    RequestId request_id;
    AccountId account;
    ProgramId program;
    AuthorizationState state = AuthorizationState::open;
    std::int64_t captured = 0;
    std::int64_t reversed = 0;
    std::int64_t refunded = 0;
    TimestampNs created_at;
    TimestampNs expires_at;
  };
  struct Remembered {
    Command command;
    Outcome outcome;
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
  Outcome capture(const Capture& c);
  Outcome reverse(const Reverse& c);
  Outcome refund(const Refund& c);
  Outcome expire(const Expire& c);
  Outcome configure(const Configure& c);

  [[nodiscard]] const Account* find_account(AccountId id) const;
  [[nodiscard]] const Card* find_card(CardToken token) const;
  [[nodiscard]] std::optional<AuthorizationId> find_original(AuthorizationId id,
                                                             RequestId request) const;
  [[nodiscard]] Wide held(AccountId id) const;
  [[nodiscard]] Wide available(AccountId id) const;
  [[nodiscard]] static Wide left(const Authorization& a);
  [[nodiscard]] bool may_be_forgotten(const Remembered& entry) const;
  [[nodiscard]] std::size_t must_be_remembered() const;
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
  EngineConfig config_;
  LogPosition position_;
  TimestampNs time_;
  // During one apply().
  TimestampNs now_;
  const Outcome* seen_ = nullptr;
};

}  // namespace holdfast::model
