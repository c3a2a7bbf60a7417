// The words for the engine's small enumerations, in both directions.
//
// One table each: the words of --help, of parsing and of printing cannot differ. A number that is
// not in the table (bytes from a newer server) prints as "unknown_7". Thread: constant data; any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast::tools {

template <class E>
struct Name {
  E value;
  std::string_view name;
};

inline constexpr Name<AccountStatus> kAccountStatusNames[] = {
    {AccountStatus::open, "open"},
    {AccountStatus::frozen, "frozen"},
    {AccountStatus::closed, "closed"},
};

inline constexpr Name<CardStatus> kCardStatusNames[] = {
    {CardStatus::active, "active"}, {CardStatus::blocked, "blocked"}, {CardStatus::lost, "lost"},
    {CardStatus::stolen, "stolen"}, {CardStatus::closed, "closed"},
};

inline constexpr Name<Channel> kChannelNames[] = {
    {Channel::unknown, "unknown"},       {Channel::chip, "chip"},
    {Channel::contactless, "contactless"}, {Channel::magstripe, "magstripe"},
    {Channel::manual, "manual"},         {Channel::ecommerce, "ecommerce"},
    {Channel::moto, "moto"},             {Channel::recurring, "recurring"},
    {Channel::atm, "atm"},
};
static_assert(std::size(kChannelNames) == kChannelMax + 1);

inline constexpr Name<TransactionType> kTransactionTypeNames[] = {
    {TransactionType::purchase, "purchase"},
    {TransactionType::cash, "cash"},
    {TransactionType::purchase_cashback, "purchase_cashback"},
    {TransactionType::quasi_cash, "quasi_cash"},
    {TransactionType::account_funding, "account_funding"},
};
static_assert(std::size(kTransactionTypeNames) == kTransactionTypeMax + 1);

inline constexpr Name<AuthorizationState> kAuthorizationStateNames[] = {
    {AuthorizationState::open, "open"},
    {AuthorizationState::captured, "captured"},
    {AuthorizationState::reversed, "reversed"},
    {AuthorizationState::expired, "expired"},
};

inline constexpr Name<ControlScope> kControlScopeNames[] = {
    {ControlScope::program, "program"},
    {ControlScope::account, "account"},
    {ControlScope::card, "card"},
};

inline constexpr Name<ControlEffect> kControlEffectNames[] = {
    {ControlEffect::deny, "deny"},
    {ControlEffect::allow_only, "allow_only"},
    {ControlEffect::cap_transaction, "cap_transaction"},
    {ControlEffect::cap_window, "cap_window"},
};

/// Without `none`, which is what stands when there is no window.
inline constexpr Name<WindowKind> kWindowKindNames[] = {
    {WindowKind::day, "day"},           {WindowKind::week, "week"},
    {WindowKind::month, "month"},       {WindowKind::year, "year"},
    {WindowKind::lifetime, "lifetime"}, {WindowKind::rolling, "rolling"},
};

/// As AddControl::week_start has them.
inline constexpr Name<std::uint8_t> kWeekdayNames[] = {
    {1, "monday"}, {2, "tuesday"},  {3, "wednesday"}, {4, "thursday"},
    {5, "friday"}, {6, "saturday"}, {7, "sunday"},
};

inline constexpr Name<ListKind> kListKindNames[] = {
    {ListKind::mcc, "mcc"}, {ListKind::country, "country"}, {ListKind::merchant, "merchant"},
};

inline constexpr Name<RuleSetState> kRuleSetStateNames[] = {
    {RuleSetState::begun, "begun"},   {RuleSetState::complete, "complete"},
    {RuleSetState::shadow, "shadow"}, {RuleSetState::active, "active"},
    {RuleSetState::former, "former"},
};

/// "open|frozen|closed", for --help and errors.
template <class E, std::size_t N>
[[nodiscard]] std::string names_joined(const Name<E> (&names)[N]) {
  std::string joined;
  for (const auto& entry : names) {
    if (!joined.empty()) joined += '|';
    joined += entry.name;
  }
  return joined;
}

template <class E, std::size_t N>
[[nodiscard]] std::string name_text(const Name<E> (&names)[N], E value) {
  for (const auto& entry : names) {
    if (entry.value == value) return std::string(entry.name);
  }
  return fmt::format("unknown_{}", static_cast<unsigned>(value));
}

template <class E, std::size_t N>
[[nodiscard]] std::expected<E, std::string> parse_name(const Name<E> (&names)[N],
                                                       std::string_view text) {
  for (const auto& entry : names) {
    if (entry.name == text) return entry.value;
  }
  return std::unexpected(fmt::format("'{}' is not one of {}", text, names_joined(names)));
}

}  // namespace holdfast::tools
