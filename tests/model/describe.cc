#include "tests/model/describe.h"

#include <fmt/format.h>

namespace holdfast::model {
namespace {

/// Builds the line: a name, then each field that is not zero.
class Line {
 public:
  explicit Line(std::string_view name) : text_(name) {}

  template <class Tag>
  Line& add(std::string_view name, const Id128<Tag>& id) {
    if (!id.is_zero()) text_ += fmt::format(" {}={:x}:{:x}", name, id.high, id.low);
    return *this;
  }
  Line& add(std::string_view name, std::int64_t number) {
    if (number != 0) text_ += fmt::format(" {}={}", name, number);
    return *this;
  }
  Line& unsigned64(std::string_view name, std::uint64_t number) {
    if (number != 0) text_ += fmt::format(" {}={}", name, number);
    return *this;
  }
  Line& add(std::string_view name, Money amount) { return add(name, amount.minor); }
  Line& text(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_ += fmt::format(" {}=\"", name);
    for (const char c : value) {
      text_ += c >= 0x20 && c <= 0x7E ? std::string(1, c) : fmt::format("\\x{:02x}", c & 0xFF);
    }
    text_ += '"';
    return *this;
  }
  [[nodiscard]] std::string str() const { return text_; }

 private:
  std::string text_;
};

// Each body, field by field.
void body_of(const CreateAccount& c, Line& line) {
  line.add("account", c.account).add("credit_limit", c.credit_limit);
  line.add("currency", c.currency.numeric).add("flags", c.flags).add("reserved", c.reserved);
}
void body_of(const UpdateAccount& c, Line& line) {
  line.add("account", c.account).add("credit_limit", c.credit_limit);
  line.add("status", static_cast<int>(c.status)).add("change", c.change);
  line.add("reserved0", c.reserved[0]);
}
void body_of(const CreateCard& c, Line& line) {
  line.add("card", c.card).add("account", c.account).add("program", c.program.value);
  line.add("expiry", c.expiry.yymm).add("reserved", c.reserved);
}
void body_of(const UpdateCard& c, Line& line) {
  line.add("card", c.card).add("program", c.program.value).add("expiry", c.expiry.yymm);
  line.add("status", static_cast<int>(c.status)).add("change", c.change);
}
void body_of(const PutProgram& c, Line& line) {
  line.add("program", c.program.value).add("hold_period_s", c.hold_period_s);
  line.add("settlement", c.settlement_account);
}
void body_of(const Transfer& c, Line& line) {
  line.add("debit", c.debit).add("credit", c.credit).add("amount", c.amount);
  line.add("currency", c.currency.numeric).add("reserved", c.reserved);
}
void body_of(const Authorize& c, Line& line) {
  line.add("card", c.card).add("amount", c.amount).add("currency", c.currency.numeric);
  line.text("merchant", c.merchant.view()).text("terminal", c.terminal.view());
  line.add("mcc", c.mcc.code).add("country", c.country.numeric);
  line.add("channel", static_cast<int>(c.channel)).add("type", static_cast<int>(c.type));
  line.add("flags", c.flags).add("reserved", c.reserved).add("cashback", c.cashback);
}
void body_of(const Increment& c, Line& line) {
  line.unsigned64("authorization", c.authorization.value).add("original", c.original_request);
  line.add("amount", c.amount);
}
void body_of(const Advise& c, Line& line) {
  line.add("card", c.card).add("amount", c.amount).add("currency", c.currency.numeric);
  line.text("merchant", c.merchant.view()).text("terminal", c.terminal.view());
  line.add("mcc", c.mcc.code).add("country", c.country.numeric);
  line.add("channel", static_cast<int>(c.channel)).add("type", static_cast<int>(c.type));
  line.add("post", c.post).add("settlement", c.settlement_account);
  line.add("reserved0", c.reserved[0]);
}
void body_of(const SetRate& c, Line& line) {
  line.add("from", c.from.numeric).add("to", c.to.numeric).add("rate", c.rate);
  line.add("scale", c.scale).add("markup_bp", c.markup_bp).add("life_s", c.life_s);
  line.add("reserved", c.reserved).add("reserved2", c.reserved2);
}
void body_of(const BeginRuleSet& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version);
  line.add("categories", c.categories).add("controls", c.controls);
  line.add("list_items", c.list_items).add("zone_offsets", c.zone_offsets);
}
void body_of(const AddControl& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version).add("control", c.control);
  line.add("scope", static_cast<int>(c.scope)).add("effect", static_cast<int>(c.effect));
  line.add("window", static_cast<int>(c.window)).add("week_start", c.week_start);
  line.add("zone", c.zone).add("mcc_list", c.mcc_list).add("country_list", c.country_list);
  line.add("merchant_list", c.merchant_list).add("channels", c.channels);
  line.add("types", c.types).add("amount_max", c.amount_max).add("count_max", c.count_max);
  line.add("window_s", c.window_s).add("granularity_s", c.granularity_s);
  line.add("reserved0", c.reserved[0]).add("reserved1", c.reserved[1]);
  line.add("reserved_2", c.reserved[2]).add("reserved2", c.reserved2);
}
void body_of(const AddListItem& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version).add("list", c.list);
  line.add("kind", static_cast<int>(c.kind)).add("mcc_first", c.mcc_first.code);
  line.add("mcc_last", c.mcc_last.code).add("country", c.country.numeric);
  line.text("merchant", c.merchant.view()).add("reserved", c.reserved);
  line.add("reserved2", c.reserved2).add("reserved3", c.reserved3);
}
void body_of(const AddZoneOffset& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version).add("zone", c.zone);
  line.add("offset_s", c.offset_s).add("from_s", c.from_s).add("reserved", c.reserved);
}
void body_of(const AddCategory& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version);
  line.add("mcc_first", c.mcc_first.code).add("mcc_last", c.mcc_last.code);
  line.add("hold_period_s", c.hold_period_s);
  line.add("hold_period_merchant_s", c.hold_period_merchant_s);
  line.add("tolerance_bp", c.tolerance_bp).add("tolerance", c.tolerance);
  line.add("estimate", c.estimate);
}
void body_of(const ActivateRuleSet& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version);
}
void body_of(const ShadowRuleSet& c, Line& line) {
  line.add("program", c.program.value).add("version", c.version).add("run", c.run);
  line.add("reserved0", c.reserved[0]);
}
void body_of(const Capture& c, Line& line) {
  line.unsigned64("authorization", c.authorization.value).add("original", c.original_request);
  line.add("amount", c.amount).add("settlement", c.settlement_account).add("final", c.final);
  line.add("reserved0", c.reserved[0]).add("card", c.card);
}
void body_of(const Reverse& c, Line& line) {
  line.unsigned64("authorization", c.authorization.value).add("original", c.original_request);
  line.add("amount", c.amount).add("advice", c.advice).add("reserved0", c.reserved[0]);
}
void body_of(const Refund& c, Line& line) {
  line.unsigned64("authorization", c.authorization.value).add("original", c.original_request);
  line.add("card", c.card).add("settlement", c.settlement_account).add("amount", c.amount);
  line.add("currency", c.currency.numeric).text("merchant", c.merchant.view());
  line.add("mcc", c.mcc.code).add("reserved", c.reserved);
}
void body_of(const Configure& body, Line& line) {
  const EngineConfig& c = body.config;
  line.unsigned64("accounts_max", c.accounts_max).unsigned64("cards_max", c.cards_max);
  line.unsigned64("authorizations_max", c.authorizations_max);
  line.unsigned64("request_ids_max", c.request_ids_max).add("programs_max", c.programs_max);
  line.add("request_retention_s", c.request_retention_s);
  line.add("authorization_retention_s", c.authorization_retention_s);
}
void body_of(const Expire& c, Line& line) {
  line.unsigned64("authorization", c.authorization.value);
}

void body_of(const Command& command, Line& line) {
  switch (command.kind) {
#define HOLDFAST_DESCRIBE_BODY(name, number, type, member) \
  case CommandKind::name:                                  \
    return body_of(command.member, line);
    HOLDFAST_COMMANDS(HOLDFAST_DESCRIBE_BODY)
#undef HOLDFAST_DESCRIBE_BODY
  }
  line.add("kind", static_cast<int>(command.kind));
}

}  // namespace

std::string describe(const Command& command) {
  Line line(command_name(command.kind));
  line.add("request", command.request_id);
  body_of(command, line);
  return line.str();
}

std::string describe(const Outcome& outcome) {
  Line line(decision_name(outcome.decision));
  if ((outcome.flags & kOutcomeRepeated) != 0) line.add("repeated", 1);
  if ((outcome.flags & kOutcomeLate) != 0) line.add("late", 1);
  if ((outcome.flags & kOutcomeOverdrawn) != 0) line.add("overdrawn", 1);
  if ((outcome.flags & kOutcomeForced) != 0) line.add("forced", 1);
  if ((outcome.flags & kOutcomeOriginalForgotten) != 0) line.add("original_forgotten", 1);
  line.add("other_flags", outcome.flags & ~0x1F).add("reserved", outcome.reserved);
  line.unsigned64("authorization", outcome.authorization.value).add("amount", outcome.amount);
  line.add("ledger", outcome.ledger_balance).add("available", outcome.available_balance);
  line.add("counterparty", outcome.counterparty_balance);
  line.unsigned64("position", outcome.position.value).unsigned64("time_ns", outcome.time.ns);
  return line.str();
}

std::string describe(const AccountView& view) {
  Line line(view.found ? "account" : "no account");
  line.add("id", view.account).add("currency", view.currency.numeric);
  line.add("status", static_cast<int>(view.status)).add("flags", view.flags);
  line.add("ledger", view.ledger_balance).add("held", view.held);
  line.add("credit_limit", view.credit_limit).add("available", view.available_balance);
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const CardView& view) {
  Line line(view.found ? "card" : "no card");
  line.add("token", view.card).add("account", view.account).add("program", view.program.value);
  line.add("expiry", view.expiry.yymm).add("status", static_cast<int>(view.status));
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const AuthorizationView& view) {
  Line line(view.found ? "authorization" : "no authorization");
  line.unsigned64("id", view.authorization.value).add("request", view.request_id);
  line.add("card", view.card).add("account", view.account).add("program", view.program.value);
  line.add("state", static_cast<int>(view.state)).add("channel", static_cast<int>(view.channel));
  line.add("type", static_cast<int>(view.type)).add("currency", view.currency.numeric);
  line.add("mcc", view.mcc.code).add("country", view.country.numeric);
  line.text("merchant", view.merchant.view()).add("requested", view.requested);
  line.add("approved", view.approved).add("captured", view.captured);
  line.add("reversed", view.reversed).add("refunded", view.refunded).add("held", view.held);
  line.add("rate", view.rate).add("rate_scale", view.rate_scale);
  line.add("rate_markup_bp", view.rate_markup_bp);
  line.unsigned64("created_ns", view.created_at.ns).unsigned64("expires_ns", view.expires_at.ns);
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const ProgramView& view) {
  Line line(view.found ? "program" : "no program");
  line.add("id", view.program.value).add("hold_period_s", view.hold_period_s);
  line.add("settlement", view.settlement_account);
  line.add("rule_set_version", view.rule_set_version);
  line.add("rule_set_categories", view.rule_set_categories);
  line.add("rule_set_controls", view.rule_set_controls);
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const LimitsView& view) {
  Line line(view.found ? "limits" : "no limits");
  line.add("card", view.card).add("program", view.program.value);
  line.add("rule_set_version", view.rule_set_version);
  for (const LimitView& limit : view.limits) {
    line.add("; control", limit.control).add("scope", static_cast<int>(limit.scope));
    line.add("window", static_cast<int>(limit.window)).add("amount_max", limit.amount_max);
    line.add("amount_used", limit.amount_used).add("count_max", limit.count_max);
    line.add("count_used", limit.count_used).unsigned64("start_ns", limit.window_start.ns);
  }
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const ShadowsView& view) {
  Line line(view.found ? "shadows" : "no shadows");
  line.add("program", view.program.value).add("active_version", view.active_version);
  for (const ShadowView& shadow : view.shadows) {
    line.add("; version", shadow.version).unsigned64("started_ns", shadow.started_at.ns);
    line.unsigned64("judged", shadow.judged);
    line.unsigned64("first_divergence", shadow.first_divergence.value);
    for (const ShadowTally& tally : shadow.tallies) {
      line.text("pair", fmt::format("{}/{}", decision_name(tally.active),
                                    decision_name(tally.shadow)));
      line.unsigned64("count", tally.count).add("amount", tally.amount);
    }
  }
  return line.unsigned64("position", view.position.value).str();
}

std::string describe(const RuleSetView& view) {
  Line line(view.found ? "rule set" : "no rule set");
  line.add("program", view.program.value).add("version", view.version);
  line.add("state", static_cast<int>(view.state));
  const BeginRuleSet& announced = view.announced;
  line.add("announced_program", announced.program.value);
  line.add("announced_version", announced.version).add("categories", announced.categories);
  line.add("controls", announced.controls).add("list_items", announced.list_items);
  line.add("zone_offsets", announced.zone_offsets);
  line.add("rows_total", view.rows_total).add("first_row", view.first_row);
  line.unsigned64("position", view.position.value);
  std::string text = line.str();
  for (const Command& row : view.rows) text += "\n    " + describe(row);
  return text;
}

}  // namespace holdfast::model
