// Why an account, a card, a program, a rate or a rule set is accepted or not.
#include "engine/explainer.h"
#include "engine/limits.h"

namespace holdfast {

void Explainer::of(const CreateAccount& c) {
  const AccountSlot* existing = find_account(c.account);
  e_.account = c.account;
  e_.currency = existing != nullptr ? existing->currency : c.currency;
  check(CheckName::new_id, existing == nullptr, Decision::already_exists);
  check_capacity(CheckName::capacity, t_.accounts.size(), t_.config.accounts_max, 1);
}

void Explainer::of(const UpdateAccount& c) {
  const AccountSlot* account = find_account(c.account);
  if (!check(CheckName::accounts, account != nullptr, Decision::unknown_account)) return;
  e_.account = c.account;
  e_.currency = account->currency;
  // A frozen one may be changed: that is how it is opened again.
  check(CheckName::account_status, account->status != AccountStatus::closed,
        Decision::account_closed);
  const bool closes = (c.change & kChangeStatus) != 0 && c.status == AccountStatus::closed;
  if (!closes) {
    skip(CheckName::state);
    return;
  }
  tell_funds(*account, Money{});
  check(CheckName::state, account->ledger.minor == 0 && account->held.minor == 0,
        Decision::not_allowed_in_state);
}

void Explainer::of(const CreateCard& c) {
  e_.card = c.card;
  check(CheckName::new_id, t_.card_index.find(c.card) == kNoSlot, Decision::already_exists);
  const AccountSlot* account = find_account(c.account);
  if (check(CheckName::accounts, account != nullptr, Decision::unknown_account)) {
    e_.account = c.account;
    e_.currency = account->currency;
    check(CheckName::account_status, account->status != AccountStatus::closed,
          Decision::account_closed);
  }
  e_.program = c.program;
  check(CheckName::program, t_.program_index.find(c.program) != kNoSlot, Decision::unknown_program);
  check_capacity(CheckName::capacity, t_.cards.size(), t_.config.cards_max, 1);
}

void Explainer::of(const UpdateCard& c) {
  const SlotNumber number = find_card(c.card);
  if (number == kNoSlot) return;
  // Only a closed one stays as it is.
  check(CheckName::card_status, t_.cards[number].status != CardStatus::closed,
        Decision::card_closed);
  if ((c.change & kChangeProgram) == 0) {
    skip(CheckName::program);
    return;
  }
  check(CheckName::program, t_.program_index.find(c.program) != kNoSlot, Decision::unknown_program);
}

void Explainer::of(const PutProgram& c) {
  e_.program = c.program;
  if (c.settlement_account.is_zero()) {
    skip(CheckName::accounts);
    skip(CheckName::account_status);
  } else {
    const AccountSlot* settlement = find_account(c.settlement_account);
    if (check(CheckName::accounts, settlement != nullptr, Decision::unknown_account)) {
      e_.counterparty = settlement->id;
      check(CheckName::account_status, settlement->status != AccountStatus::closed,
            Decision::account_closed);
    }
  }
  if (t_.program_index.find(c.program) != kNoSlot) {
    skip(CheckName::capacity);
  } else {
    check_capacity(CheckName::capacity, t_.programs.size(), t_.config.programs_max, 1);
  }
}

void Explainer::of(const SetRate&) {
  check_capacity(CheckName::capacity, t_.exchange.size(), limits::rates_max, 1);
}

void Explainer::of(const BeginRuleSet& c) {
  e_.program = c.program;
  check(CheckName::program, t_.program_index.find(c.program) != kNoSlot, Decision::unknown_program);
  check(CheckName::new_id, c.version > t_.rule_sets.last_version(c.program),
        Decision::already_exists);
  check_capacity(CheckName::capacity, t_.rule_sets.size(), limits::rule_sets_max, 1);
}

template <class Row>
void Explainer::row(const Row& c) {
  e_.program = c.program;
  check(CheckName::program, t_.program_index.find(c.program) != kNoSlot, Decision::unknown_program);
  const RuleSet* rule_set = t_.rule_sets.find(c.program, c.version);
  if (!check(CheckName::rule_set, rule_set != nullptr, Decision::no_original)) return;
  e_.rule_set_version = c.version;
  check(CheckName::state,
        c.version == t_.rule_sets.last_version(c.program) && !rule_set->was_activated &&
            rule_set->accepts(c),
        Decision::not_allowed_in_state);
}
template void Explainer::row(const AddCategory&);
template void Explainer::row(const AddControl&);
template void Explainer::row(const AddListItem&);
template void Explainer::row(const AddZoneOffset&);

void Explainer::of(const ActivateRuleSet& c) {
  e_.program = c.program;
  check(CheckName::program, t_.program_index.find(c.program) != kNoSlot, Decision::unknown_program);
  const RuleSet* rule_set = t_.rule_sets.find(c.program, c.version);
  if (!check(CheckName::rule_set, rule_set != nullptr, Decision::no_original)) return;
  e_.rule_set_version = c.version;
  check(CheckName::state, rule_set->is_complete(), Decision::not_allowed_in_state);
}

void Explainer::of(const ShadowRuleSet& c) {
  e_.program = c.program;
  const SlotNumber number = t_.program_index.find(c.program);
  if (!check(CheckName::program, number != kNoSlot, Decision::unknown_program)) return;
  const RuleSet* rule_set = t_.rule_sets.find(c.program, c.version);
  if (!check(CheckName::rule_set, rule_set != nullptr, Decision::no_original)) return;
  e_.rule_set_version = c.version;
  const auto known = t_.shadows.find(number);  // not []: an explanation changes nothing
  const ProgramShadows none;
  const ProgramShadows& shadows = known == t_.shadows.end() ? none : known->second;
  const bool starts = c.run == 1;
  const bool may_start = rule_set->is_complete() && t_.program_rules[number].rule_set != rule_set;
  check(CheckName::state,
        shadows.is_running(c.version) != starts && (!starts || may_start),
        Decision::not_allowed_in_state);
  if (!starts) {
    skip(CheckName::capacity);
    return;
  }
  e_.capacities.push_back({CheckName::capacity, shadows.runs().size(), limits::shadows_max});
  check(CheckName::capacity, shadows.has_room(), Decision::at_capacity);
}

void Explainer::of(const Configure& c) {
  const auto tell = [this](std::uint64_t used, std::uint64_t most) {
    e_.capacities.push_back({CheckName::state, used, most});
    return used <= most;
  };
  const EngineConfig& config = c.config;
  // All are told, so no short cut.
  bool fits = tell(t_.accounts.size(), config.accounts_max);
  fits = tell(t_.cards.size(), config.cards_max) && fits;
  fits = tell(t_.programs.size(), config.programs_max) && fits;
  fits = tell(t_.holds.size(), config.authorizations_max) && fits;
  fits = tell(t_.requests.size(), config.request_ids_max) && fits;
  check(CheckName::state, fits, Decision::not_allowed_in_state);
}

}  // namespace holdfast
