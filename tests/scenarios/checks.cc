// The steps `check …` of a scenario: what a machine tells when asked, as facts with names.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "tests/scenarios/runner.h"

namespace holdfast::scenarios {
namespace {

/// "approved/over_amount_limit": what the active set said, and what the shadow said.
bool is_pair(const std::string& key) { return key.find('/') != std::string::npos; }

void refuse_unknown_pair(const std::string& key) {
  for (const std::string& name : {key.substr(0, key.find('/')), key.substr(key.find('/') + 1)}) {
    const auto known = std::find_if(std::begin(kDecisions), std::end(kDecisions),
                                    [&](const DecisionInfo& info) { return info.name == name; });
    if (known == std::end(kDecisions)) throw BadWord(fmt::format("'{}' is no decision", name));
  }
}

/// "2,5"; none: "none".
std::string shadow_versions(const ShadowsView& view) {
  std::string versions;
  for (const ShadowView& shadow : view.shadows) {
    versions += fmt::format("{}{}", versions.empty() ? "" : ",", shadow.version);
  }
  return versions.empty() ? "none" : versions;
}

}  // namespace

Runner::Facts Runner::account_facts(const AccountView& view, const Currency& currency) const {
  return Facts{
      {"status", std::string(name_of(view.status))},
      {"currency", std::string(currency.letters)},
      {"ledger", text_of(view.ledger_balance, currency)},
      {"held", text_of(view.held, currency)},
      {"limit", text_of(view.credit_limit, currency)},
      {"available", text_of(view.available_balance, currency)},
      {"may_go_negative", (view.flags & kAccountMayGoNegative) != 0 ? "yes" : "no"},
  };
}

Runner::Facts Runner::authorization_facts(const AuthorizationView& view) const {
  const Currency asked = currency_numbered(view.currency);
  const Currency currency = currency_numbered(machine_.show_account(view.account).currency);
  return Facts{
      {"state", std::string(name_of(view.state))},
      {"account", names_.account_name(view.account)},
      {"currency", std::string(asked.letters)},
      {"requested", text_of(view.requested, asked)},
      {"approved", text_of(view.approved, currency)},
      {"captured", text_of(view.captured, currency)},
      {"reversed", text_of(view.reversed, currency)},
      {"refunded", text_of(view.refunded, currency)},
      {"held", text_of(view.held, currency)},
      {"expires", text_of(view.expires_at)},
      {"created", text_of(view.created_at)},
      {"merchant", std::string(view.merchant.view())},
      {"mcc", fmt::format("{:04}", view.mcc.code)},
      {"authorization", fmt::format("{}", view.authorization.value)},
      {"rate", fmt::format("{}", view.rate)},
      {"scale", fmt::format("{}", view.rate_scale)},
      {"markup_bp", fmt::format("{}", view.rate_markup_bp)},
  };
}

/// What a control with a window has counted for a card; empty without such a control.
Runner::Facts Runner::limit_facts(CardToken card, const std::string& control) const {
  const LimitsView view = machine_.show_limits(card, now_);
  if (!view.found) return {};
  const AccountView account = machine_.show_account(machine_.show_card(card).account);
  const Currency currency = currency_numbered(account.currency);
  for (const LimitView& limit : view.limits) {
    if (fmt::format("{}", limit.control) != control) continue;
    const bool has_amount = limit.amount_max.minor != std::numeric_limits<std::int64_t>::max();
    const bool has_count = limit.count_max != std::numeric_limits<std::uint32_t>::max();
    return Facts{{"control", control},
                 {"version", fmt::format("{}", view.rule_set_version)},
                 {"scope", std::string(name_of(limit.scope))},
                 {"window", std::string(name_of(limit.window))},
                 {"used", text_of(limit.amount_used, currency)},
                 {"max", has_amount ? text_of(limit.amount_max, currency) : "none"},
                 {"count", fmt::format("{}", limit.count_used)},
                 {"count_max", has_count ? fmt::format("{}", limit.count_max) : "none"},
                 {"start", text_of(limit.window_start)}};
  }
  return {};
}

/// The report of a shadow; empty when it does not run.
Runner::Facts Runner::shadow_facts(const Step& step, ProgramId program, const std::string& version,
                                   const Currency& currency) {
  for (const ShadowView& shadow : machine_.show_shadows(program).shadows) {
    if (fmt::format("{}", shadow.version) != version) continue;
    Facts facts{{"judged", fmt::format("{}", shadow.judged)},
                {"started", text_of(shadow.started_at)},
                {"diverged", names_.request_name(shadow.first_divergence)}};
    std::uint64_t sum = 0;
    for (const ShadowTally& tally : shadow.tallies) {
      sum += tally.count;
      facts[fmt::format("{}/{}", decision_name(tally.active), decision_name(tally.shadow))] =
          fmt::format("{}:{}", tally.count, text_of(tally.amount, currency));
    }
    if (sum != shadow.judged) {
      find(fmt::format("{} payments were judged, and the pairs have {}", shadow.judged, sum));
    }
    const bool tells_pairs = std::any_of(step.options.begin(), step.options.end(),
                                         [](const auto& option) { return is_pair(option.first); });
    for (const auto& [key, value] : facts) {
      if (tells_pairs && is_pair(key) && !step.options.contains(key)) {
        find(fmt::format("{}={} is told, and not written", key, value));
      }
    }
    for (const auto& [key, value] : step.options) {
      if (!is_pair(key)) continue;
      refuse_unknown_pair(key);
      facts.try_emplace(key, "0");
    }
    return facts;
  }
  return {};
}

Runner::Facts Runner::rule_set_facts(ProgramId program, const std::string& version) {
  const auto number = static_cast<std::uint32_t>(number_of(version));
  const RuleSetView view =
      machine_.show_rule_set(program, number, 0, std::numeric_limits<std::uint32_t>::max());
  if (!view.found) return {};
  if (view.rows.size() != view.rows_total) {
    find(fmt::format("{} rows are there, and {} were told", view.rows_total, view.rows.size()));
  }
  const auto count = [&](CommandKind kind) {
    return fmt::format("{}", std::count_if(view.rows.begin(), view.rows.end(),
                                           [&](const auto& row) { return row.kind == kind; }));
  };
  return Facts{{"version", fmt::format("{}", view.version)},
               {"state", std::string(name_of(view.state))},
               {"categories", count(CommandKind::add_category)},
               {"controls", count(CommandKind::add_control)},
               {"items", count(CommandKind::add_list_item)},
               {"offsets", count(CommandKind::add_zone_offset)}};
}

/// What is known of the named thing; empty when nothing is.
Runner::Facts Runner::check_facts(const Step& step, Arguments& arguments) {
  const std::string what =
      arguments.word("account, card, limits, program, rules, shadow, authorization, original or "
                     "tables");
  if (what == "tables") {
    const StatusView status = machine_.show_status();
    return Facts{{"accounts", fmt::format("{}", status.accounts)},
                 {"cards", fmt::format("{}", status.cards)},
                 {"programs", fmt::format("{}", status.programs)},
                 {"authorizations", fmt::format("{}", status.authorizations)},
                 {"open", fmt::format("{}", status.open_authorizations)},
                 {"request_ids", fmt::format("{}", status.request_ids)},
                 {"position", fmt::format("{}", status.position.value)}};
  }
  const std::string name = arguments.word("a name");
  if (what == "account") {
    const AccountView view = machine_.show_account(names_.account(name));
    return view.found ? account_facts(view, currency_numbered(view.currency)) : Facts{};
  }
  if (what == "card") {
    const CardView view = machine_.show_card(names_.card(name));
    if (!view.found) return {};
    return Facts{{"status", std::string(name_of(view.status))},
                 {"account", names_.account_name(view.account)},
                 {"program", names_.program_name(view.program)},
                 {"expires", text_of(view.expiry)}};
  }
  if (what == "limits") return limit_facts(names_.card(name), arguments.required("control"));
  if (what == "rules") return rule_set_facts(names_.program(name), arguments.word("a version"));
  if (what == "shadow") {
    const Currency currency = currency_named(arguments.option("in").value_or("GBP"));
    return shadow_facts(step, names_.program(name), arguments.word("a version"), currency);
  }
  if (what == "program") {
    const ProgramView view = machine_.show_program(names_.program(name));
    if (!view.found) return {};
    return Facts{{"hold_s", fmt::format("{}", view.hold_period_s)},
                 {"settlement", names_.account_name(view.settlement_account)},
                 {"version", fmt::format("{}", view.rule_set_version)},
                 {"categories", fmt::format("{}", view.rule_set_categories)},
                 {"controls", fmt::format("{}", view.rule_set_controls)},
                 {"shadows", shadow_versions(machine_.show_shadows(names_.program(name)))}};
  }
  AuthorizationView view;
  if (what == "authorization") {
    const AuthorizationId id = names_.answered_request(name).outcome.authorization;
    if (!id.is_zero()) view = machine_.show_authorization(id, {});
  } else if (what == "original") {
    view = machine_.show_authorization({}, names_.request(name));
  } else {
    throw BadWord(fmt::format("'{}' cannot be checked in '{}'", what, step.text));
  }
  return view.found ? authorization_facts(view) : Facts{};
}

void Runner::check(const Step& step) {
  if (step.has_arrow) throw BadWord("'check' takes no arrow: check account alice ledger=10.00");
  Arguments arguments(step);
  const Facts facts = check_facts(step, arguments);
  const bool unknown = arguments.flag("unknown");
  if (unknown != facts.empty()) {
    find(facts.empty() ? "there is no such thing" : "there is such a thing");
    return;
  }
  if (!unknown && step.options.empty()) {
    throw BadWord("'check' needs something to check, key=value");
  }
  for (const auto& [name, value] : step.options) (void)arguments.option(name);
  arguments.finish();
  Options expected = step.options;
  if (unknown) expected.erase("control");  // it said what is unknown
  expected.erase("in");                    // it said how to write amounts
  compare(expected, facts);
}

void Runner::compare(const Options& expected, const Facts& facts) {
  for (const auto& [name, value] : expected) {
    const auto fact = facts.find(name);
    if (fact == facts.end()) {
      std::string all;
      for (const auto& [known, unused] : facts) all += " " + known;
      throw BadWord(fmt::format("'{}=' cannot be told here; there are{}", name, all));
    }
    if (fact->second != value) {
      find(fmt::format("{}={} was expected, but is {}", name, value, fact->second));
    }
  }
}

}  // namespace holdfast::scenarios
