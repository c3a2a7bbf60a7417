// What the reference model shows when asked.
#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {

AccountView ReferenceModel::show_account(AccountId id) const {
  AccountView view;
  const Account* account = find_account(id);
  if (account == nullptr) return view;
  view.found = true;
  view.account = id;
  view.currency = account->currency;
  view.status = account->status;
  view.flags = account->flags;
  view.ledger_balance = account->ledger;
  view.held = saturated(held(id));
  view.credit_limit = account->credit_limit;
  view.available_balance = saturated(available(id));
  view.position = position_;
  return view;
}

CardView ReferenceModel::show_card(CardToken token) const {
  const Card* card = find_card(token);
  if (card == nullptr) return {};
  return CardView{true, token, card->account, card->program, card->expiry, card->status, position_};
}

AuthorizationView ReferenceModel::show_authorization(AuthorizationId id, RequestId request) const {
  AuthorizationView view;
  const auto number = find_original(id, request, false);
  if (!number) return view;
  const Authorization& a = authorizations_.at(*number);
  view.found = true;
  view.authorization = *number;
  view.request_id = a.request_id;
  view.card = a.asked.card;
  view.account = a.account;
  view.program = cards_.at(a.asked.card).program;
  view.state = a.state;
  view.channel = a.asked.channel;
  view.type = a.asked.type;
  view.currency = a.asked.currency;
  view.mcc = a.asked.mcc;
  view.country = a.asked.country;
  view.merchant = a.asked.merchant;
  view.requested = Money{a.requested};
  view.approved = Money{a.approved};
  view.captured = Money{a.captured};
  view.reversed = Money{a.reversed};
  view.refunded = Money{a.refunded};
  view.held = a.state == AuthorizationState::open ? saturated(left(a)) : Money{};
  view.rate = a.rate.rate;
  view.rate_scale = a.rate.scale;
  view.rate_markup_bp = a.rate.markup_bp;
  view.created_at = a.created_at;
  view.expires_at = a.expires_at;
  view.position = position_;
  return view;
}

ProgramView ReferenceModel::show_program(ProgramId id) const {
  const auto program = programs_.find(id);
  if (program == programs_.end()) return {};
  const Program& p = program->second;
  const RuleSet* active = active_rules(p);
  return ProgramView{true,
                     id,
                     p.hold_period_s,
                     p.settlement_account,
                     p.active_version,
                     active == nullptr ? 0 : active->announced.categories,
                     active == nullptr ? 0 : active->announced.controls,
                     position_};
}

StatusView ReferenceModel::show_status() const {
  StatusView view;
  view.position = position_;
  view.accounts = accounts_.size();
  view.cards = cards_.size();
  view.programs = programs_.size();
  view.authorizations = authorizations_to_remember();
  view.open_authorizations = open_.size();
  view.request_ids = must_be_remembered();
  view.config = config_;
  return view;
}

Money ReferenceModel::ledgers_sum(CurrencyCode currency) const {
  Wide sum = 0;
  for (const auto& [id, account] : accounts_) {
    if (account.currency == currency) sum += account.ledger.minor;
  }
  return saturated(sum);
}

}  // namespace holdfast::model
