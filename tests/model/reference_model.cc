#include "tests/model/reference_model.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include "engine/limits.h"

namespace holdfast::model {
namespace {

bool same_content(const Command& a, const Command& b) {
  return a.kind == b.kind && std::memcmp(a.body, b.body, sizeof a.body) == 0;
}

}  // namespace

ReferenceModel::ReferenceModel() {
  config_.accounts_max = limits::accounts_max_default;
  config_.cards_max = limits::cards_max_default;
  config_.authorizations_max = limits::authorizations_max_default;
  config_.request_ids_max = limits::request_ids_max_default;
  config_.programs_max = limits::programs_max_default;
  config_.request_retention_s = limits::request_retention_s_default;
  config_.authorization_retention_s = limits::authorization_retention_s_default;
  programs_[ProgramId{0}].hold_period_s = 7 * 24 * 3600;
}

// One command ----------------------------------------------------------------------------------

Outcome ReferenceModel::apply(const Command& command, TimestampNs now, const Outcome* seen) {
  now_ = std::max(now, time_);
  seen_ = seen;
  const Outcome outcome = answer(command);
  seen_ = nullptr;
  return outcome;
}

Outcome ReferenceModel::answer(const Command& command) {
  const bool engines_own =
      command.kind == CommandKind::expire || command.kind == CommandKind::configure;

  const auto not_logged = [&](Outcome outcome) {
    outcome.position = LogPosition{0};
    outcome.time = now_;
    return outcome;
  };
  if (command_body_bytes(command.kind) == 0) return not_logged(declined(Decision::malformed));
  // A request id belongs to every gateway's command and to none of the engine's own.
  if (command.request_id.is_zero() != engines_own) {
    return not_logged(declined(Decision::malformed));
  }

  reversed_before_ = false;
  if (!engines_own) {
    if (const auto known = requests_.find(command.request_id); known != requests_.end()) {
      const Remembered& entry = known->second;
      const bool may_be_gone = may_be_forgotten(entry);
      if (entry.tombstone || entry.maybe_tombstone) {
        reversed_before_ = may_be_gone ? told(Decision::reversed_before) : true;
      }
      if (!entry.tombstone && !reversed_before_) {
        const bool same = same_content(entry.command, command);
        bool remembered = true;
        if (may_be_gone) {
          remembered = seen_ != nullptr && (same ? (seen_->flags & kOutcomeRepeated) != 0
                                                 : told(Decision::request_id_reused));
        }
        if (remembered && same) {
          Outcome again = entry.outcome;
          again.flags |= kOutcomeRepeated;
          return again;
        }
        if (remembered) return not_logged(declined(Decision::request_id_reused));
      }
      // What is forgotten makes room; a tombstone gives its place to the
      // request that comes at last.
      if (!reversed_before_) requests_.erase(known);
    }
    if (has_no_room_for_requests(1)) return not_logged(declined(Decision::at_capacity));
  }

  judgement_.reset();
  Outcome outcome = decide(command);
  if (outcome.decision == Decision::at_capacity) return not_logged(outcome);
  position_ = position_.next();
  time_ = now_;
  outcome.position = position_;
  outcome.time = now_;
  if (judgement_) count_in_shadows();
  if (!engines_own) requests_[command.request_id] = Remembered{command, outcome};
  return outcome;
}

Outcome ReferenceModel::decide(const Command& command) {
  switch (command.kind) {
    case CommandKind::create_account: return create_account(command.create_account);
    case CommandKind::update_account: return update_account(command.update_account);
    case CommandKind::create_card: return create_card(command.create_card);
    case CommandKind::update_card: return update_card(command.update_card);
    case CommandKind::put_program: return put_program(command.put_program);
    case CommandKind::transfer: return transfer(command.transfer);
    case CommandKind::authorize: return authorize(command.authorize, command.request_id);
    case CommandKind::capture: return capture(command.capture);
    case CommandKind::reverse: return reverse(command.reverse);
    case CommandKind::refund: return refund(command.refund);
    case CommandKind::increment: return increment(command.increment);
    case CommandKind::advise: return advise(command.advise, command.request_id);
    case CommandKind::set_rate: return set_rate(command.set_rate);
    case CommandKind::begin_rule_set: return begin_rule_set(command.begin_rule_set);
    case CommandKind::add_category: return add_category(command.add_category);
    case CommandKind::add_control: return add_control(command.add_control);
    case CommandKind::add_list_item: return add_list_item(command.add_list_item);
    case CommandKind::add_zone_offset: return add_zone_offset(command.add_zone_offset);
    case CommandKind::activate_rule_set: return activate_rule_set(command.activate_rule_set);
    case CommandKind::shadow_rule_set: return shadow_rule_set(command.shadow_rule_set);
    case CommandKind::expire: return expire(command.expire);
    case CommandKind::configure: return configure(command.configure);
  }
  return declined(Decision::malformed);
}

// Accounts -------------------------------------------------------------------------------------

Outcome ReferenceModel::create_account(const CreateAccount& c) {
  if (c.account.is_zero() || !currency_ok(c.currency) || c.credit_limit.minor < 0 ||
      (c.flags & ~kAccountFlagsAll) != 0 || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (find_account(c.account) != nullptr) return tell(Decision::already_exists, c.account);
  if (accounts_.size() >= config_.accounts_max) return declined(Decision::at_capacity);
  Account account;
  account.currency = c.currency;
  account.flags = c.flags;
  account.credit_limit = c.credit_limit;
  accounts_[c.account] = account;
  return tell(Decision::approved, c.account);
}

Outcome ReferenceModel::update_account(const UpdateAccount& c) {
  const bool changes_status = (c.change & kChangeStatus) != 0;
  const bool changes_limit = (c.change & kChangeCreditLimit) != 0;
  if (c.account.is_zero() || c.change == 0 ||
      (c.change & ~(kChangeStatus | kChangeCreditLimit)) != 0 ||
      std::any_of(std::begin(c.reserved), std::end(c.reserved),
                  [](auto byte) { return byte != 0; }) ||
      c.status > AccountStatus::closed || (!changes_status && c.status != AccountStatus::open) ||
      c.credit_limit.minor < 0 || (!changes_limit && c.credit_limit.minor != 0)) {
    return declined(Decision::malformed);
  }
  if (find_account(c.account) == nullptr) return declined(Decision::unknown_account);
  Account& account = accounts_[c.account];
  if (account.status == AccountStatus::closed) return tell(Decision::account_closed, c.account);
  if (changes_status && c.status == AccountStatus::closed &&
      (account.ledger.minor != 0 || held(c.account) != 0)) {
    return tell(Decision::not_allowed_in_state, c.account);
  }
  if (changes_status) account.status = c.status;
  if (changes_limit) account.credit_limit = c.credit_limit;
  Outcome outcome = tell(Decision::approved, c.account);
  flag_overdrawn(outcome, c.account);
  return outcome;
}

// Cards and programs ---------------------------------------------------------------------------

Outcome ReferenceModel::create_card(const CreateCard& c) {
  if (c.card.is_zero() || c.account.is_zero() || !c.expiry.is_valid() || c.reserved != 0) {
    return declined(Decision::malformed);
  }
  if (const Card* card = find_card(c.card)) return tell(Decision::already_exists, card->account);
  const Account* account = find_account(c.account);
  if (account == nullptr) return declined(Decision::unknown_account);
  if (account->status == AccountStatus::closed) return tell(Decision::account_closed, c.account);
  if (!programs_.contains(c.program)) return tell(Decision::unknown_program, c.account);
  if (cards_.size() >= config_.cards_max) return declined(Decision::at_capacity);
  cards_[c.card] = Card{c.account, c.program, c.expiry, CardStatus::active};
  return tell(Decision::approved, c.account);
}

Outcome ReferenceModel::update_card(const UpdateCard& c) {
  const bool changes_status = (c.change & kChangeStatus) != 0;
  const bool changes_program = (c.change & kChangeProgram) != 0;
  const bool changes_expiry = (c.change & kChangeExpiry) != 0;
  if (c.card.is_zero() || c.change == 0 ||
      (c.change & ~(kChangeStatus | kChangeProgram | kChangeExpiry)) != 0 ||
      c.status > CardStatus::closed || (!changes_status && c.status != CardStatus::active) ||
      (!changes_program && c.program.value != 0) || !c.expiry.is_valid() ||
      (!changes_expiry && c.expiry.yymm != 0)) {
    return declined(Decision::malformed);
  }
  if (find_card(c.card) == nullptr) return declined(Decision::unknown_card);
  Card& card = cards_[c.card];
  if (card.status == CardStatus::closed) return tell(Decision::card_closed, card.account);
  if (changes_program && !programs_.contains(c.program)) {
    return tell(Decision::unknown_program, card.account);
  }
  if (changes_status) card.status = c.status;
  if (changes_program) card.program = c.program;
  if (changes_expiry) card.expiry = c.expiry;
  return tell(Decision::approved, card.account);
}

Outcome ReferenceModel::put_program(const PutProgram& c) {
  if (c.hold_period_s < 1 || c.hold_period_s > 366 * 86400) return declined(Decision::malformed);
  if (!c.settlement_account.is_zero()) {
    const Account* account = find_account(c.settlement_account);
    if (account == nullptr) return declined(Decision::unknown_account);
    if (account->status == AccountStatus::closed) return declined(Decision::account_closed);
  }
  if (!programs_.contains(c.program) && programs_.size() >= config_.programs_max) {
    return declined(Decision::at_capacity);
  }
  Program& program = programs_[c.program];  // its rule sets stay
  program.hold_period_s = c.hold_period_s;
  program.settlement_account = c.settlement_account;
  return declined(Decision::approved);
}

// The engine's own -----------------------------------------------------------------------------

Outcome ReferenceModel::expire(const Expire& c) {
  if (c.authorization.is_zero()) return declined(Decision::malformed);
  const auto found = authorizations_.find(c.authorization);
  if (found == authorizations_.end() ||
      (may_be_forgotten(found->second) && (seen_ == nullptr || told(Decision::no_original)))) {
    return declined(Decision::no_original);
  }
  Authorization& a = found->second;
  if (a.state != AuthorizationState::open || a.expires_at > now_) {
    return tell(Decision::not_allowed_in_state, a.account, c.authorization);
  }
  give_back(a, left(a));
  end(c.authorization, a, AuthorizationState::expired);
  Outcome outcome = tell(Decision::approved, a.account, c.authorization);
  outcome.amount = saturated(left(a));
  flag_overdrawn(outcome, a.account);
  return outcome;
}

Outcome ReferenceModel::configure(const Configure& c) {
  const EngineConfig& to = c.config;
  for (const std::uint64_t slots : {to.accounts_max, to.cards_max, to.authorizations_max,
                                    to.request_ids_max}) {
    if (slots < 1 || slots > limits::table_slots_max) return declined(Decision::malformed);
  }
  if (to.programs_max < 1 || to.programs_max > limits::programs_max) {
    return declined(Decision::malformed);
  }
  if (to.request_retention_s < 1 || to.reserved != 0) return declined(Decision::malformed);
  if (to.accounts_max < accounts_.size() || to.cards_max < cards_.size() ||
      to.authorizations_max < authorizations_to_remember() ||
      to.request_ids_max < must_be_remembered() || to.programs_max < programs_.size()) {
    return declined(Decision::not_allowed_in_state);
  }
  config_ = to;
  return declined(Decision::approved);
}

std::vector<AuthorizationId> ReferenceModel::due(TimestampNs now) const {
  std::vector<AuthorizationId> ids;
  for (const AuthorizationId id : open_) {
    if (authorizations_.at(id).expires_at <= std::max(now, time_)) ids.push_back(id);
  }
  std::stable_sort(ids.begin(), ids.end(), [&](AuthorizationId a, AuthorizationId b) {
    return authorizations_.at(a).expires_at < authorizations_.at(b).expires_at;
  });
  return ids;
}

// What is computed again every time ------------------------------------------------------------

const ReferenceModel::Account* ReferenceModel::find_account(AccountId id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

const ReferenceModel::Card* ReferenceModel::find_card(CardToken token) const {
  const auto found = cards_.find(token);
  return found == cards_.end() ? nullptr : &found->second;
}

Wide ReferenceModel::left(const Authorization& a) {
  return std::max<Wide>(0, Wide{a.approved} - a.captured - a.reversed);
}

Wide ReferenceModel::held(AccountId id) const {
  Wide sum = 0;
  for (const AuthorizationId number : open_) {
    const Authorization& a = authorizations_.at(number);
    if (a.account == id) sum += left(a);
  }
  return sum;
}

Wide ReferenceModel::available(AccountId id) const {
  const Account& account = accounts_.at(id);
  return Wide{account.ledger.minor} + account.credit_limit.minor - held(id);
}

bool ReferenceModel::covers(AccountId id, Wide amount) const {
  return (accounts_.at(id).flags & kAccountMayGoNegative) != 0 || available(id) >= amount;
}

Outcome ReferenceModel::tell(Decision decision, AccountId account) const {
  Outcome outcome = declined(decision);
  outcome.ledger_balance = accounts_.at(account).ledger;
  outcome.available_balance = saturated(available(account));
  return outcome;
}

Outcome ReferenceModel::tell(Decision decision, AccountId account, AuthorizationId id) const {
  Outcome outcome = tell(decision, account);
  outcome.authorization = id;
  return outcome;
}

void ReferenceModel::flag_overdrawn(Outcome& outcome, AccountId account) const {
  const bool may = (accounts_.at(account).flags & kAccountMayGoNegative) != 0;
  if (!may && available(account) < 0) outcome.flags |= kOutcomeOverdrawn;
}

}  // namespace holdfast::model
