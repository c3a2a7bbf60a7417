#include "tools/cli/payment_options.h"

#include <fmt/core.h>

namespace holdfast::tools {

void add_payment(CLI::App& app, PaymentOptions& options, std::string amount) {
  add_id(app, "--card", options.card, "The card's token")->required();
  add_amount(app, options.amount, std::move(amount));
  app.get_option("--currency")->required();
  add_merchant(app, options.merchant);
  add_parsed(
      app, "--terminal", options.terminal,
      [](const std::string& text) { return parse_short_text(text, sizeof TerminalId::text); },
      "Terminal (DE41), up to 8 characters", "TEXT");
  add_mcc(app, options.mcc);
  add_number(app, "--country", options.country, 999, "a country",
             "ISO 3166-1 numeric country of the acceptor, such as 826");
  add_name(app, "--channel", options.channel, kChannelNames, "How the card was presented");
  add_name(app, "--type", options.type, kTransactionTypeNames, "Kind of payment");
}

CLI::Option* add_merchant(CLI::App& app, std::string& target) {
  constexpr std::size_t kMerchantCharacters = 15;  // ISO 8583 DE42
  return add_parsed(
      app, "--merchant", target,
      [](const std::string& text) { return parse_short_text(text, kMerchantCharacters); },
      "Card acceptor (DE42), up to 15 characters", "TEXT");
}

CLI::Option* add_mcc(CLI::App& app, std::uint16_t& target) {
  return add_number(app, "--mcc", target, 9999, "a merchant category",
                    "Merchant category code (DE18), such as 5411");
}

void add_original(CLI::App& app, OriginalOption& target, const std::string& id_option,
                  const std::string& request_option) {
  auto* id = add_parsed(
      app, id_option, target.authorization,
      [](const std::string& text) -> std::expected<AuthorizationId, std::string> {
        const auto parsed = parse_unsigned(text, ~std::uint64_t{0}, "an authorization id");
        if (!parsed) return std::unexpected(parsed.error());
        if (*parsed == 0) return std::unexpected("authorization ids begin with 1");
        return AuthorizationId{*parsed};
      },
      "Id that the engine gave to the authorization", "N");
  auto* request = add_id(app, request_option, target.request,
                         "Or: request id of the authorize that made it");
  request->excludes(id);
}

void require_original(const OriginalOption& original) {
  if (!original.given()) {
    fail_usage("it is not said which authorization",
               "Give --authorization N, or --request ID of the authorize that made it.");
  }
}

void fail_unknown_authorization(const OriginalOption& original) {
  throw not_found(original.authorization.is_zero()
                      ? fmt::format("no authorization was made by request {}",
                                    id_text(original.request))
                      : fmt::format("there is no authorization {}",
                                    id_text(original.authorization)),
                  "Nothing was changed. Check the id that authorize printed.");
}

Hold look_up(Gateway& gateway, const OriginalOption& original) {
  Hold hold;
  hold.view = gateway.show_authorization(original.authorization, original.request);
  if (!hold.view.found) return hold;
  // Asked in the account's own currency, as nearly all are: one question less.
  hold.account_currency = hold.view.rate == 0
                              ? hold.view.currency
                              : gateway.show_account(hold.view.account).currency;
  return hold;
}

CurrencyCode currency_of_card(Gateway& gateway, CardToken card) {
  const CardView view = gateway.show_card(card);
  return view.found ? gateway.show_account(view.account).currency : CurrencyCode{};
}

Money step_amount(const AmountOption& amount, CurrencyCode known, const OriginalOption& original) {
  const bool needs_currency = amount.minor.empty() && amount.currency.numeric == 0;
  if (known.numeric == 0 && needs_currency) fail_unknown_authorization(original);
  return resolve_amount(amount, known);
}

RequestId chosen_or_drawn(RequestId chosen) {
  return chosen.is_zero() ? draw_request_id() : chosen;
}

}  // namespace holdfast::tools
