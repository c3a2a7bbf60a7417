#include "tests/scenarios/steps.h"

#include <fmt/format.h>

#include "tests/scenarios/rule_set_steps.h"

namespace holdfast::scenarios {

namespace {

// Pieces that several commands share -----------------------------------------------------------

/// "REQUEST AMOUNT CURRENCY": how every payment begins.
Told begin_payment(CommandKind kind, Arguments& arguments) {
  Told told = begin(kind);
  told.request = arguments.word("a name for the request");
  const std::string amount = arguments.word("an amount, as in 25.00 GBP");
  told.currency = currency_named(arguments.word("a currency after the amount"));
  told.amount = amount_of(amount, told.currency);
  return told;
}

/// of=REQUEST (by authorization id), original=REQUEST (by request id), authorization=NUMBER.
bool take_original(Arguments& arguments, Names& names, AuthorizationId& id, RequestId& request) {
  const auto of = arguments.option("of");
  const auto original = arguments.option("original");
  const auto number = arguments.option("authorization");
  if (of) {
    id = names.answered_request(*of).outcome.authorization;
    if (id.is_zero()) throw BadWord(fmt::format("'{}' has no authorization", *of));
  }
  if (original) request = names.request(*original);
  if (number) id = AuthorizationId{number_of(*number)};
  return of || original || number;
}

void take_settlement(Arguments& arguments, Names& names, AccountId& to) {
  if (const auto name = arguments.option("settlement")) to = names.account(*name);
}

/// Whose card pays what where: the same for an authorize and an advice.
template <class Asked>
void take_payment(Arguments& arguments, Names& names, const Told& told, Asked& c) {
  c.card = names.card(arguments.required("card"));
  c.amount = *told.amount;
  c.currency = told.currency.code;
  take_text(arguments, "merchant", c.merchant.text);
  take_text(arguments, "terminal", c.terminal.text);
  take_number(arguments, "mcc", c.mcc.code);
  take_number(arguments, "country", c.country.numeric);
  if (const auto channel = arguments.option("channel")) c.channel = channel_of(*channel);
  if (const auto type = arguments.option("type")) c.type = type_of(*type);
  take_number(arguments, "currency_number", c.currency.numeric);
}

// The commands ---------------------------------------------------------------------------------

Told account(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::create_account);
  CreateAccount& c = told.command.create_account;
  const std::string name = arguments.word("a name for the account");
  told.currency = currency_named(arguments.word("a currency"));
  c.account = names.introduce_account(name, told.currency);
  c.currency = told.currency.code;
  if (const auto limit = arguments.option("limit")) {
    c.credit_limit = amount_of(*limit, told.currency);
  }
  if (arguments.flag("may_go_negative")) c.flags = kAccountMayGoNegative;
  take_number(arguments, "flags", c.flags);
  if (const auto number = arguments.option("currency_number")) {
    c.currency = CurrencyCode{static_cast<std::uint16_t>(number_of(*number))};
  }
  return told;
}

Told change_account(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::update_account);
  UpdateAccount& c = told.command.update_account;
  const std::string name = arguments.word("an account");
  c.account = names.account(name);
  told.currency = names.currency_of(name);
  if (const auto status = arguments.option("status")) {
    c.status = account_status_of(*status);
    c.change |= kChangeStatus;
  }
  if (const auto limit = arguments.option("limit")) {
    c.credit_limit = amount_of(*limit, told.currency);
    c.change |= kChangeCreditLimit;
  }
  take_number(arguments, "change", c.change);
  return told;
}

Told card(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::create_card);
  CreateCard& c = told.command.create_card;
  const std::string name = arguments.word("a name for the card");
  const std::string holder = arguments.word("its account");
  c.card = names.introduce_card(name);
  c.account = names.account(holder);
  told.currency = names.currency_of(holder);
  if (const auto program = arguments.option("program")) c.program = names.program(*program);
  if (const auto expires = arguments.option("expires")) c.expiry = expiry_of(*expires);
  return told;
}

Told change_card(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::update_card);
  UpdateCard& c = told.command.update_card;
  c.card = names.card(arguments.word("a card"));
  told.currency = Currency{"", CurrencyCode{}, 2};
  if (const auto status = arguments.option("status")) {
    c.status = card_status_of(*status);
    c.change |= kChangeStatus;
  }
  if (const auto program = arguments.option("program")) {
    c.program = names.program(*program);
    c.change |= kChangeProgram;
  }
  if (const auto expires = arguments.option("expires")) {
    c.expiry = expiry_of(*expires);
    c.change |= kChangeExpiry;
  }
  take_number(arguments, "change", c.change);
  return told;
}

Told program(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::put_program);
  PutProgram& c = told.command.put_program;
  c.program = names.introduce_program(arguments.word("a name for the program"));
  (void)arguments.required("hold");
  take_seconds(arguments, "hold", c.hold_period_s);
  take_settlement(arguments, names, c.settlement_account);
  return told;
}

Told transfer(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::transfer, arguments);
  Transfer& c = told.command.transfer;
  c.debit = names.account(arguments.required("from"));
  c.credit = names.account(arguments.required("to"));
  c.amount = *told.amount;
  c.currency = told.currency.code;
  take_number(arguments, "reference", c.reference);
  take_number(arguments, "currency_number", c.currency.numeric);
  return told;
}

Told authorize(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::authorize, arguments);
  Authorize& c = told.command.authorize;
  take_payment(arguments, names, told, c);
  if (arguments.flag("partial")) c.flags |= kAuthorizePartialAllowed;
  if (arguments.flag("verification")) c.flags |= kAuthorizeVerification;
  if (arguments.flag("merchant_initiated")) c.flags |= kAuthorizeMerchantInitiated;
  if (arguments.flag("estimated")) {
    c.flags |= kAuthorizeEstimated;
    told.amount.reset();
  }
  if (const auto cashback = arguments.option("cashback")) {
    c.cashback = amount_of(*cashback, told.currency);
    c.type = TransactionType::purchase_cashback;
  }
  if (const auto type = arguments.option("type")) c.type = type_of(*type);
  take_number(arguments, "flags", c.flags);
  return told;
}

Told advise(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::advise, arguments);
  Advise& c = told.command.advise;
  take_payment(arguments, names, told, c);
  take_settlement(arguments, names, c.settlement_account);
  c.post = arguments.flag("post") ? 1 : 0;
  take_number(arguments, "post", c.post);
  return told;
}

Told increment(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::increment, arguments);
  Increment& c = told.command.increment;
  take_original(arguments, names, c.authorization, c.original_request);
  c.amount = *told.amount;
  return told;
}

Told capture(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::capture, arguments);
  Capture& c = told.command.capture;
  take_original(arguments, names, c.authorization, c.original_request);
  take_settlement(arguments, names, c.settlement_account);
  if (const auto name = arguments.option("card")) c.card = names.card(*name);
  c.amount = *told.amount;
  c.final = arguments.flag("final") ? 1 : 0;
  take_number(arguments, "final", c.final);
  return told;
}

Told reverse(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::reverse);
  Reverse& c = told.command.reverse;
  told.request = arguments.word("a name for the request");
  const std::string amount = arguments.word("an amount, as in 25.00 GBP, or all");
  told.amount.reset();
  if (amount != "all") {
    told.currency = currency_named(arguments.word("a currency after the amount"));
    c.amount = amount_of(amount, told.currency);
    if (c.amount.minor != 0) told.amount = c.amount;
  }
  take_original(arguments, names, c.authorization, c.original_request);
  c.advice = arguments.flag("advice") ? 1 : 0;
  take_number(arguments, "advice", c.advice);
  return told;
}

Told refund(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin_payment(CommandKind::refund, arguments);
  Refund& c = told.command.refund;
  take_original(arguments, names, c.authorization, c.original_request);
  if (const auto name = arguments.option("card")) c.card = names.card(*name);
  take_settlement(arguments, names, c.settlement_account);
  c.amount = *told.amount;
  c.currency = told.currency.code;
  take_text(arguments, "merchant", c.merchant.text);
  take_number(arguments, "mcc", c.mcc.code);
  take_number(arguments, "currency_number", c.currency.numeric);
  return told;
}

/// "rate USD GBP 0.79": one dollar is 0.79 pounds.
Told rate(Arguments& arguments, Names&, const EngineConfig&) {
  Told told = begin(CommandKind::set_rate);
  SetRate& c = told.command.set_rate;
  const Currency from = currency_named(arguments.word("two currencies and a rate"));
  const Currency to = currency_named(arguments.word("the other currency and a rate"));
  c.from = from.code;
  c.to = to.code;
  c.life_s = 86'400;
  std::string digits = arguments.word("a rate, as in 0.7900");
  const std::size_t point = digits.find('.');
  int scale = 0;
  if (point != std::string::npos) {
    scale = static_cast<int>(digits.size() - point) - 1;
    digits.erase(point, 1);
  }
  // The rate of the command is between minor units.
  for (scale += from.decimals - to.decimals; scale < 0; ++scale) digits += '0';
  c.rate = static_cast<std::int64_t>(number_of(digits));
  c.scale = static_cast<std::uint8_t>(scale);
  take_number(arguments, "markup_bp", c.markup_bp);
  take_seconds(arguments, "life", c.life_s);
  take_number(arguments, "scale", c.scale);
  take_number(arguments, "currency_number", c.from.numeric);
  return told;
}

Told expire(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::expire);
  told.request = "none";
  RequestId unused;
  if (!take_original(arguments, names, told.command.expire.authorization, unused) ||
      !unused.is_zero()) {
    throw BadWord("'expire' needs of=REQUEST or authorization=NUMBER");
  }
  told.amount.reset();
  return told;
}

Told configure(Arguments& arguments, Names&, const EngineConfig& config) {
  Told told = begin(CommandKind::configure);
  told.request = "none";
  EngineConfig& c = told.command.configure.config;
  c = config;
  take_number(arguments, "accounts_max", c.accounts_max);
  take_number(arguments, "cards_max", c.cards_max);
  take_number(arguments, "authorizations_max", c.authorizations_max);
  take_number(arguments, "request_ids_max", c.request_ids_max);
  take_number(arguments, "programs_max", c.programs_max);
  take_seconds(arguments, "retention", c.request_retention_s);
  take_seconds(arguments, "authorization_retention", c.authorization_retention_s);
  return told;
}

constexpr CommandVerb kCommandVerbs[] = {
    {"account", account},
    {"change_account", change_account},
    {"card", card},
    {"change_card", change_card},
    {"program", program},
    {"transfer", transfer},
    {"authorize", authorize},
    {"capture", capture},
    {"reverse", reverse},
    {"refund", refund},
    {"increment", increment},
    {"advise", advise},
    {"rate", rate},
    {"rules", rule_set_steps::rules},
    {"category", rule_set_steps::category},
    {"control", rule_set_steps::control},
    {"list", rule_set_steps::list},
    {"zone", rule_set_steps::zone},
    {"activate", rule_set_steps::activate},
    {"shadow", rule_set_steps::shadow},
    {"promote", rule_set_steps::activate},
    {"expire", expire},
    {"configure", configure},
};

}  // namespace

std::span<const CommandVerb> command_verbs() { return kCommandVerbs; }

}  // namespace holdfast::scenarios
