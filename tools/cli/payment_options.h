// What the subcommands of payments share: options of an acceptance (card, merchant, channel …), the
// authorization that a step names, and the currencies that amounts are in.
//
// A step's amounts are in the account's currency, whatever the authorization was asked in; the
// server is asked for both before anything is sent. Thread: the only one.
#pragma once

#include <string>

#include "tools/cli/gateway.h"
#include "tools/cli/options.h"

namespace holdfast::tools {

/// What `authorize` and `advise` say of a payment.
struct PaymentOptions {
  RequestId request_id;
  CardToken card;
  AmountOption amount;
  std::string merchant;
  std::string terminal;
  std::uint16_t mcc = 0;
  std::uint16_t country = 0;
  std::optional<Channel> channel;
  std::optional<TransactionType> type;
};

/// All of them but the request id. `amount`: what the amount is, for --help.
void add_payment(CLI::App& app, PaymentOptions& options, std::string amount);
CLI::Option* add_merchant(CLI::App& app, std::string& target);
CLI::Option* add_mcc(CLI::App& app, std::uint16_t& target);

/// Copies what was given into the body of an Authorize or Advise, but the amount.
template <class Body>
void fill_payment(const PaymentOptions& options, Body& body);

/// Which authorization a step concerns: by its id or by the request that asked for it.
struct OriginalOption {
  AuthorizationId authorization;
  RequestId request;

  [[nodiscard]] bool given() const { return !authorization.is_zero() || !request.is_zero(); }
};

void add_original(CLI::App& app, OriginalOption& target, const std::string& id_option,
                  const std::string& request_option);
/// Fails as usage when none is given.
void require_original(const OriginalOption& original);
[[noreturn]] void fail_unknown_authorization(const OriginalOption& original);

/// An authorization with the currency of its account; code 0: not known.
struct Hold {
  AuthorizationView view;
  CurrencyCode account_currency;
};

/// Not found is not an error here: with an amount in minor units the engine itself decides, and
/// says so in its own words.
[[nodiscard]] Hold look_up(Gateway& gateway, const OriginalOption& original);

/// Currency of the account behind a card; code 0 when either is not known.
[[nodiscard]] CurrencyCode currency_of_card(Gateway& gateway, CardToken card);

/// The amount of a step, in `known`. Fails when that is needed and not known.
[[nodiscard]] Money step_amount(const AmountOption& amount, CurrencyCode known,
                                const OriginalOption& original);

[[nodiscard]] RequestId chosen_or_drawn(RequestId chosen);

template <std::size_t N>
void copy_text(const std::string& from, char (&to)[N]) {
  from.copy(to, N);
}

template <class Body>
void fill_payment(const PaymentOptions& options, Body& body) {
  body.card = options.card;
  body.currency = options.amount.currency;
  body.mcc = Mcc{options.mcc};
  body.country = CountryCode{options.country};
  body.channel = options.channel.value_or(Channel::unknown);
  body.type = options.type.value_or(TransactionType::purchase);
  copy_text(options.merchant, body.merchant.text);
  copy_text(options.terminal, body.terminal.text);
}

}  // namespace holdfast::tools
