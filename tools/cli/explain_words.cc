// The sentence behind each check: what was compared with what.
#include <fmt/core.h>

#include <algorithm>

#include "tools/cli/describe.h"
#include "tools/cli/explain.h"
#include "tools/cli/names.h"
#include "tools/text/amounts_text.h"
#include "tools/text/ids_text.h"
#include "tools/text/rates_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

bool stands_against(const Check& check) {
  return check.result == CheckResult::failed || check.result == CheckResult::overruled;
}

std::string money(const ExplainedStep& step, Money amount) {
  return amount_text(amount, step.account_currency);
}

std::string capacity_sentence(const ExplainedStep& step, CheckName name) {
  std::string text;
  for (const CapacityFacts& facts : step.explanation.capacities) {
    if (facts.check != name) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} of {}", count_text(facts.used), count_text(facts.most));
  }
  return text;
}

Money asked_amount(const Command& command) {
  switch (command.kind) {
    case CommandKind::transfer: return command.transfer.amount;
    case CommandKind::authorize: return command.authorize.amount;
    case CommandKind::increment: return command.increment.amount;
    case CommandKind::advise: return command.advise.amount;
    case CommandKind::capture: return command.capture.amount;
    case CommandKind::reverse: return command.reverse.amount;
    case CommandKind::refund: return command.refund.amount;
    default: return {};
  }
}

std::string amount_sentence(const ExplainedStep& step) {
  const Command& command = step.command;
  if (command.kind == CommandKind::reverse && command.reverse.amount.minor == 0) {
    return "all that is left";
  }
  if (command.kind == CommandKind::authorize &&
      (command.authorize.flags & kAuthorizeVerification) != 0) {
    return "none: a verification";
  }
  return amount_text(asked_amount(command), step.asked_currency);
}

std::string rate_sentence(const ExplainedStep& step) {
  const auto& facts = step.explanation.exchange;
  if (!facts) return "none was ever set";
  const SetRate& rate = facts->rate;
  std::string text =
      fmt::format("{} {} for 1 {}",
                  major_rate_text({.rate = rate.rate, .scale = rate.scale}, rate.from, rate.to),
                  currency_text(rate.to), currency_text(rate.from));
  if (rate.markup_bp != 0) text += fmt::format(", and {} bp on top", rate.markup_bp);
  if (facts->of_the_original) return text + ", as when it was authorized";
  return text + fmt::format(", set {}", time_text(facts->set_at));
}

std::string age_sentence(const ExplainedStep& step) {
  const auto& facts = step.explanation.exchange;
  if (!facts) return "";
  return fmt::format("{} old, its life is {}",
                     seconds_text((step.explanation.now.ns - facts->set_at.ns) / kNsPerSecond),
                     seconds_text(facts->rate.life_s));
}

std::string converted_sentence(const ExplainedStep& step, const Check& check) {
  const Explanation& e = step.explanation;
  if (stands_against(check) || !e.converted) return decision_sentence(check.decision);
  std::string text = money(step, *e.converted);
  if (e.exchange) text = fmt::format("{} = {}", amount_sentence(step), text);
  if (e.judged != e.converted) {
    text += fmt::format("; held is the category's estimate, {}", money(step, *e.judged));
  }
  return text;
}

/// "control 3 denies; control 5 allows only what it does not match".
std::string filters_sentence(const ExplainedStep& step, bool by_merchants) {
  std::string text;
  std::size_t looked_at = 0;
  for (const ControlFacts& facts : step.explanation.controls) {
    const bool denies = facts.control.effect == ControlEffect::deny;
    if (!denies && facts.control.effect != ControlEffect::allow_only) continue;
    if ((facts.control.merchant_list != 0) != by_merchants) continue;
    ++looked_at;
    if (!facts.fails) continue;
    if (!text.empty()) text += "; ";
    text +=
        fmt::format("control {} ({}) {}", facts.control.control, control_kind(facts.control),
                    denies ? "denies what it matches" : "allows only what it matches: not this");
  }
  return text.empty() ? fmt::format("{} looked at, none stands against it", looked_at) : text;
}

std::string cap_sentence(const ExplainedStep& step, const ControlFacts& facts) {
  const AddControl& control = facts.control;
  const std::string who = fmt::format("control {} ({})", control.control, control_kind(control));
  const auto verdict = [&facts] { return facts.over_amount ? "above" : "within"; };
  if (control.effect == ControlEffect::cap_transaction) {
    return fmt::format("{}: {} {} {}", who, money(step, facts.amount), verdict(),
                       money(step, control.amount_max));
  }
  Money sum;
  if (__builtin_add_overflow(facts.used_before.minor, facts.amount.minor, &sum.minor)) {
    return fmt::format("{}: the sum is beyond 64 bits", who);
  }
  return fmt::format("{}: {} used + {} = {}, {} {}", who, money(step, facts.used_before),
                     money(step, facts.amount), money(step, sum), verdict(),
                     money(step, control.amount_max));
}

/// Those that stand against it, or how many were looked at.
std::string caps_sentence(const ExplainedStep& step, bool by_count) {
  std::string text;
  std::size_t looked_at = 0;
  for (const ControlFacts& facts : step.explanation.controls) {
    const AddControl& control = facts.control;
    const bool window = control.effect == ControlEffect::cap_window;
    if (!facts.matches || (!window && control.effect != ControlEffect::cap_transaction)) continue;
    const bool caps = by_count ? window && control.count_max != UINT32_MAX
                               : !window || control.amount_max.minor != INT64_MAX;
    if (!caps) continue;
    ++looked_at;
    if (by_count ? !facts.over_count : !facts.over_amount) continue;
    if (!text.empty()) text += "; ";
    text += by_count ? fmt::format("control {} ({}): {} of {} used", control.control,
                                   control_kind(control), count_text(facts.count_before),
                                   count_text(control.count_max))
                     : cap_sentence(step, facts);
  }
  return text.empty() ? fmt::format("{} looked at, within each", looked_at) : text;
}

std::string funds_sentence(const ExplainedStep& step) {
  const auto& funds = step.explanation.funds;
  if (!funds) return "";
  const auto told = [&](Money amount) { return amount_text(amount, funds->currency); };
  std::string text = fmt::format("{} of {} available (ledger {}", told(funds->amount),
                                 told(funds->available), told(funds->ledger));
  if (funds->credit_limit.minor != 0) {
    text += fmt::format(" + credit limit {}", told(funds->credit_limit));
  }
  if (funds->held.minor != 0) text += fmt::format(" - held {}", told(funds->held));
  text += ")";
  if (funds->may_go_negative) text += "; the account may go negative";
  const Explanation& e = step.explanation;
  if (e.decision == Decision::approved_partially) text += "; a part may be approved";
  if (e.decision == Decision::approved_purchase_only) text += "; the purchase alone is covered";
  return text;
}

std::string state_sentence(const ExplainedStep& step, const Check& check) {
  const Explanation& e = step.explanation;
  if (!e.original) {
    const std::string capacities = capacity_sentence(step, check.name);
    if (!capacities.empty()) return capacities;
    return stands_against(check) ? std::string("not now") : std::string("allowed");
  }
  std::string text = name_text(kAuthorizationStateNames, e.original->state);
  if (e.kind == CommandKind::expire || e.original->state == AuthorizationState::expired) {
    text += fmt::format(", {} {}",
                        e.original->expires_at > e.now ? "to be released" : "to be released from",
                        time_text(e.original->expires_at));
  }
  if (e.kind == CommandKind::refund) {
    text += fmt::format(", captured {}", money(step, e.original->captured));
  }
  return text;
}

std::string left_sentence(const ExplainedStep& step) {
  const auto& original = step.explanation.original;
  if (!original) return "";
  const auto told = [&](Money amount) { return money(step, amount); };
  const Money asked = asked_amount(step.command);
  switch (step.explanation.kind) {
    case CommandKind::capture: {
      std::string text = fmt::format("captured {} + {} of at most {}", told(original->captured),
                                     told(asked), told(original->most));
      if (original->tolerance.minor != 0) {
        text += fmt::format(" (tolerance {})", told(original->tolerance));
      }
      return text;
    }
    case CommandKind::refund:
      return fmt::format("refunded {} + {} of {} captured", told(original->refunded), told(asked),
                         told(original->most));
    default:
      return fmt::format("{} of {} left", asked.minor == 0 ? "all" : told(asked),
                         told(original->left));
  }
}

std::string card_sentence(const ExplainedStep& step, CheckName name) {
  const Explanation& e = step.explanation;
  if (name == CheckName::card_status) return name_text(kCardStatusNames, e.card_status);
  if (name == CheckName::card_expiry) {
    return e.card_expires_at.ns == UINT64_MAX
               ? std::string("does not expire")
               : fmt::format("valid before {}", time_text(e.card_expires_at).substr(0, 10));
  }
  return fmt::format("card {} of account {}, program {}", id_text(e.card), id_text(e.account),
                     e.program.value);
}

std::string accounts_sentence(const Explanation& e) {
  if (e.counterparty.is_zero()) return fmt::format("account {}", id_text(e.account));
  return fmt::format("account {} and account {}", id_text(e.account), id_text(e.counterparty));
}

}  // namespace

std::string decision_sentence(Decision decision) {
  const auto info = decision_info(decision);
  return info ? std::string(info->text) : "a decision that this program does not know";
}

std::string control_kind(const AddControl& control) {
  std::string text = name_text(kControlScopeNames, control.scope);
  text += fmt::format(" {}", name_text(kControlEffectNames, control.effect));
  if (control.window == WindowKind::rolling) {
    text += fmt::format(", {} in steps of {}", seconds_text(control.window_s),
                        seconds_text(control.granularity_s));
  } else if (control.window != WindowKind::none) {
    text += fmt::format(", {}", name_text(kWindowKindNames, control.window));
  }
  return text;
}

std::string check_sentence(const ExplainedStep& step, const Check& check) {
  if (check.result == CheckResult::not_applicable) return "does not apply";
  if (check.result == CheckResult::not_judged) return "not judged: what it looks at is missing";
  switch (check.name) {
    case CheckName::request_memory:
    case CheckName::counter_capacity:
    case CheckName::capacity: return capacity_sentence(step, check.name);
    case CheckName::amount: return amount_sentence(step);
    case CheckName::exchange_rate: return rate_sentence(step);
    case CheckName::rate_age: return age_sentence(step);
    case CheckName::converted_amount: return converted_sentence(step, check);
    case CheckName::merchant_controls: return filters_sentence(step, /*by_merchants=*/true);
    case CheckName::deny_controls: return filters_sentence(step, /*by_merchants=*/false);
    case CheckName::amount_caps: return caps_sentence(step, /*by_count=*/false);
    case CheckName::count_caps: return caps_sentence(step, /*by_count=*/true);
    case CheckName::funds: return funds_sentence(step);
    case CheckName::state: return state_sentence(step, check);
    case CheckName::amount_left: return left_sentence(step);
    case CheckName::card:
      if (stands_against(check)) break;
      return card_sentence(step, check.name);
    case CheckName::card_status:
    case CheckName::card_expiry: return card_sentence(step, check.name);
    case CheckName::accounts:
      if (stands_against(check)) break;
      return accounts_sentence(step.explanation);
    case CheckName::original:
      if (!stands_against(check)) {
        return fmt::format("authorization {}", id_text(step.explanation.authorization));
      }
      if (step.explanation.original_forgotten) {
        return "it was there once and is no longer in memory; naming its card "
               "too would have helped";
      }
      break;
    default: break;
  }
  return stands_against(check) ? decision_sentence(check.decision)
                               : std::string(check_text(check.name));
}

}  // namespace holdfast::tools
