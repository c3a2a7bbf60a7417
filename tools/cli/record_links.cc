#include "tools/cli/record_links.h"

#include "engine/decision.h"

namespace holdfast::tools {
namespace {

// A log of more authorizations than the engine's largest table can hold keeps only these in mind.
constexpr std::uint64_t kAuthorizationsMax = std::uint64_t{1} << 32;

CardToken asked_card(const Command& command) {
  if (command.kind == CommandKind::authorize) return command.authorize.card;
  if (command.kind == CommandKind::advise) return command.advise.card;
  return {};
}

}  // namespace

void RecordLinks::observe(const Command& command, const Outcome& outcome) {
  if (!is_approval(outcome.decision)) return;
  if (command.kind == CommandKind::create_card) {
    const auto [at, is_new] = cards_.try_emplace(command.create_card.card,
                                                 static_cast<std::uint32_t>(owners_.size()));
    if (is_new) owners_.push_back({command.create_card.card, command.create_card.account});
    return;
  }
  const CardToken card = asked_card(command);
  const std::uint64_t id = outcome.authorization.value;
  if (card.is_zero() || id == 0 || id >= kAuthorizationsMax) return;
  // A log without its beginning may not tell whose card this is.
  const auto [at, is_new] = cards_.try_emplace(card, static_cast<std::uint32_t>(owners_.size()));
  if (is_new) owners_.push_back({card, account_of(card)});
  if (id >= authorizations_.size()) authorizations_.resize(id + 1);
  authorizations_[id] = at->second + 1;
}

RecordLinks::Linked RecordLinks::of_card(CardToken card) const {
  Linked linked;
  linked.card = card;
  const auto found = cards_.find(card);
  linked.account = found != cards_.end() ? owners_[found->second].account : account_of(card);
  return linked;
}

AccountId RecordLinks::account_of(CardToken card) const {
  return state_ == nullptr ? AccountId{} : state_->show_card(card).account;
}

RecordLinks::Linked RecordLinks::linked(const Command& command, const Outcome& outcome) const {
  Linked linked;
  const std::uint64_t id = outcome.authorization.value;
  if (id != 0 && id < authorizations_.size() && authorizations_[id] != 0) {
    const Owner& owner = owners_[authorizations_[id] - 1];
    linked.card = owner.card;
    linked.account = owner.account;
  } else if (state_ != nullptr && id != 0) {
    const AuthorizationView hold = state_->show_authorization(outcome.authorization, {});
    linked.card = hold.card;
    linked.account = hold.account;
  }
  switch (command.kind) {
    case CommandKind::create_account: linked.account = command.create_account.account; break;
    case CommandKind::update_account: linked.account = command.update_account.account; break;
    case CommandKind::create_card:
      linked.card = command.create_card.card;
      linked.account = command.create_card.account;
      break;
    case CommandKind::update_card: linked = of_card(command.update_card.card); break;
    case CommandKind::put_program: linked.account = command.put_program.settlement_account; break;
    case CommandKind::transfer:
      linked.account = command.transfer.debit;
      linked.counterparty = command.transfer.credit;
      break;
    case CommandKind::authorize: linked = of_card(command.authorize.card); break;
    case CommandKind::advise:
      linked = of_card(command.advise.card);
      linked.counterparty = command.advise.settlement_account;
      break;
    case CommandKind::capture:
      if (linked.card.is_zero() && !command.capture.card.is_zero()) {
        linked = of_card(command.capture.card);
      }
      linked.counterparty = command.capture.settlement_account;
      break;
    case CommandKind::refund:
      if (linked.card.is_zero() && !command.refund.card.is_zero()) {
        linked = of_card(command.refund.card);
      }
      linked.counterparty = command.refund.settlement_account;
      break;
    default: break;
  }
  linked.authorization = outcome.authorization;
  return linked;
}

}  // namespace holdfast::tools
