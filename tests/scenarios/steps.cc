#include "tests/scenarios/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace holdfast::scenarios {

// Arguments ------------------------------------------------------------------------------------

std::string Arguments::word(std::string_view what) {
  while (taken_flags_.contains(next_word_)) ++next_word_;
  if (next_word_ >= step_.words.size()) {
    throw BadWord(fmt::format("'{}' needs {}", step_.verb, what));
  }
  return step_.words[next_word_++];
}

bool Arguments::flag(std::string_view name) {
  asked_options_.emplace(name);
  for (std::size_t i = next_word_; i < step_.words.size(); ++i) {
    if (step_.words[i] == name) return taken_flags_.insert(i).second;
  }
  return false;
}

std::optional<std::string> Arguments::option(std::string_view name) {
  asked_options_.emplace(std::string(name) + "=");
  const auto found = step_.options.find(std::string(name));
  if (found == step_.options.end()) return std::nullopt;
  taken_options_.emplace(name);
  return found->second;
}

std::string Arguments::required(std::string_view name) {
  const auto value = option(name);
  if (!value) throw BadWord(fmt::format("'{}' needs {}=", step_.verb, name));
  return *value;
}

void Arguments::finish() const {
  const auto refuse = [&](const std::string& word) {
    std::string all;
    for (const std::string& name : asked_options_) all += " " + name;
    throw BadWord(fmt::format("'{}' does not take '{}'; it takes:{}", step_.verb, word, all));
  };
  for (std::size_t i = next_word_; i < step_.words.size(); ++i) {
    if (!taken_flags_.contains(i)) refuse(step_.words[i]);
  }
  for (const auto& [name, value] : step_.options) {
    if (!taken_options_.contains(name)) refuse(name + "=");
  }
}

namespace {

// Pieces that several commands share -----------------------------------------------------------

Told begin(CommandKind kind) {
  Told told;
  told.command.kind = kind;
  told.amount = Money{};
  return told;
}

/// "REQUEST AMOUNT CURRENCY": how every payment begins.
Told begin_payment(CommandKind kind, Arguments& arguments) {
  Told told = begin(kind);
  told.request = arguments.word("a name for the request");
  const std::string amount = arguments.word("an amount, as in 25.00 GBP");
  told.currency = currency_named(arguments.word("a currency after the amount"));
  told.amount = amount_of(amount, told.currency);
  return told;
}

template <class Number>
void take_number(Arguments& arguments, std::string_view name, Number& to) {
  if (const auto text = arguments.option(name)) to = static_cast<Number>(number_of(*text));
}

template <std::size_t size>
void take_text(Arguments& arguments, std::string_view name, char (&to)[size]) {
  const auto text = arguments.option(name);
  if (!text) return;
  if (text->size() > size) throw BadWord(fmt::format("{}= takes {} characters", name, size));
  std::memcpy(to, text->data(), text->size());
  std::replace(std::begin(to), std::end(to), '~', '\x01');  // a way to write a control character
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

template <class Number>
void take_seconds(Arguments& arguments, std::string_view name, Number& to) {
  if (const auto text = arguments.option(name)) {
    to = static_cast<Number>(duration_ns_of(*text) / kNsPerSecond);
  }
}

/// "5812" or "5812-5814".
void take_range(const std::string& range, Mcc& first, Mcc& last) {
  const std::size_t dash = range.find('-');
  first.code = static_cast<std::uint16_t>(number_of(range.substr(0, dash)));
  last = first;
  if (dash != std::string::npos) {
    last.code = static_cast<std::uint16_t>(number_of(range.substr(dash + 1)));
  }
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

Told rules(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::begin_rule_set);
  BeginRuleSet& c = told.command.begin_rule_set;
  c.program = names.program(arguments.word("a program and a version"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  take_number(arguments, "categories", c.categories);
  take_number(arguments, "controls", c.controls);
  take_number(arguments, "items", c.list_items);
  take_number(arguments, "offsets", c.zone_offsets);
  return told;
}

/// "category default 3 5812-5814 tolerance_bp=2000 tolerance=1.00"; amounts are in `in=`, or GBP.
Told category(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_category);
  AddCategory& c = told.command.add_category;
  c.program = names.program(arguments.word("a program, a version and a range of MCCs"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  const std::string range = arguments.word("an MCC, or a range as in 5812-5814");
  take_range(range, c.mcc_first, c.mcc_last);
  take_seconds(arguments, "hold", c.hold_period_s);
  take_seconds(arguments, "hold_merchant", c.hold_period_merchant_s);
  take_number(arguments, "tolerance_bp", c.tolerance_bp);
  const Currency currency = currency_named(arguments.option("in").value_or("GBP"));
  if (const auto amount = arguments.option("tolerance")) c.tolerance = amount_of(*amount, currency);
  if (const auto amount = arguments.option("estimate")) c.estimate = amount_of(*amount, currency);
  return told;
}

/// "control default 3 7 cap_window scope=card window=day zone=1 max=100.00 count=3 mcc_list=1".
Told control(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_control);
  AddControl& c = told.command.add_control;
  c.program = names.program(arguments.word("a program, a version, a number and an effect"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  c.control = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.effect = effect_of(arguments.word("an effect: deny, allow_only, cap_transaction, cap_window"));
  c.scope = scope_of(arguments.option("scope").value_or("card"));
  c.window = window_of(arguments.option("window").value_or("none"));
  c.week_start = weekday_of(arguments.option("week_start").value_or("none"));
  take_number(arguments, "zone", c.zone);
  take_number(arguments, "mcc_list", c.mcc_list);
  take_number(arguments, "country_list", c.country_list);
  take_number(arguments, "merchant_list", c.merchant_list);
  c.channels = channels_of(arguments.option("channels").value_or(""));
  c.types = types_of(arguments.option("types").value_or(""));
  if (c.effect == ControlEffect::cap_window) {
    c.amount_max = Money{std::numeric_limits<std::int64_t>::max()};
    c.count_max = std::numeric_limits<std::uint32_t>::max();
  }
  const Currency currency = currency_named(arguments.option("in").value_or("GBP"));
  if (const auto max = arguments.option("max")) c.amount_max = amount_of(*max, currency);
  take_number(arguments, "count", c.count_max);
  take_seconds(arguments, "length", c.window_s);
  take_seconds(arguments, "step", c.granularity_s);
  return told;
}

/// "list default 3 1 mcc 5812-5814", "list default 3 2 country 826", "list default 3 4 merchant SHOP".
Told list(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_list_item);
  AddListItem& c = told.command.add_list_item;
  c.program = names.program(arguments.word("a program, a version, a number, a kind and an item"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  c.list = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.kind = list_kind_of(arguments.word("a kind: mcc, country or merchant"));
  const std::string item = arguments.word("an item");
  if (c.kind == ListKind::country) {
    c.country = CountryCode{static_cast<std::uint16_t>(number_of(item))};
  } else if (c.kind == ListKind::merchant) {
    if (item.size() > sizeof c.merchant.text) throw BadWord("a merchant has 16 characters at most");
    std::memcpy(c.merchant.text, item.data(), item.size());
  } else {
    take_range(item, c.mcc_first, c.mcc_last);
  }
  return told;
}

/// "zone default 3 1 +01:00 from=2026-03-29T01:00:00"; without from=: always.
Told zone(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::add_zone_offset);
  AddZoneOffset& c = told.command.add_zone_offset;
  c.program = names.program(arguments.word("a program, a version, a number and an offset"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  c.zone = static_cast<std::uint16_t>(number_of(arguments.word("a number")));
  c.offset_s = offset_of(arguments.word("an offset, as in +01:00"));
  c.from_s = std::numeric_limits<std::int64_t>::min();
  if (const auto from = arguments.option("from")) {
    c.from_s = static_cast<std::int64_t>(time_of(*from).ns / kNsPerSecond);
  }
  return told;
}

Told activate(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::activate_rule_set);
  ActivateRuleSet& c = told.command.activate_rule_set;
  c.program = names.program(arguments.word("a program and a version"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  return told;
}

/// "shadow default 3 start", "shadow default 3 stop".
Told shadow(Arguments& arguments, Names& names, const EngineConfig&) {
  Told told = begin(CommandKind::shadow_rule_set);
  ShadowRuleSet& c = told.command.shadow_rule_set;
  c.program = names.program(arguments.word("a program, a version, and start or stop"));
  c.version = static_cast<std::uint32_t>(number_of(arguments.word("a version")));
  const std::string what = arguments.word("start or stop");
  if (what != "start" && what != "stop") {
    throw BadWord(fmt::format("'shadow' takes start or stop, not '{}'", what));
  }
  c.run = what == "start" ? 1 : 0;
  take_number(arguments, "run", c.run);
  take_number(arguments, "reserved", c.reserved[6]);
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
    {"rules", rules},
    {"category", category},
    {"control", control},
    {"list", list},
    {"zone", zone},
    {"activate", activate},
    {"shadow", shadow},
    {"promote", activate},
    {"expire", expire},
    {"configure", configure},
};

}  // namespace

std::span<const CommandVerb> command_verbs() { return kCommandVerbs; }

}  // namespace holdfast::scenarios
