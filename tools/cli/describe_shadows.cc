// How shadows answered, beside the active rule set.
#include <fmt/core.h>

#include <limits>
#include <utility>

#include "engine/decision.h"
#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"

namespace holdfast::tools {
namespace {

constexpr std::int64_t kAmountMost = std::numeric_limits<std::int64_t>::max();

/// Payments of one kind of difference. Sums stop where those of the engine do.
struct Sum {
  std::uint64_t count = 0;
  std::int64_t amount = 0;

  void add(const ShadowTally& tally) {
    count += tally.count;
    if (__builtin_add_overflow(amount, tally.amount.minor, &amount)) amount = kAmountMost;
  }
};

struct Sums {
  Sum judged;
  Sum agreed;
  Sum would_decline;
  Sum would_approve;
  Sum other_reason;    // both declined, for another reason
  Sum other_approval;  // both approved, one in part or without cashback
};

Sums sums_of(const ShadowView& shadow) {
  Sums sums;
  for (const ShadowTally& tally : shadow.tallies) {
    sums.judged.add(tally);
    const bool active = is_approval(tally.active);
    const bool other = is_approval(tally.shadow);
    if (tally.active == tally.shadow) sums.agreed.add(tally);
    else if (active && other) sums.other_approval.add(tally);
    else if (active) sums.would_decline.add(tally);
    else if (other) sums.would_approve.add(tally);
    else sums.other_reason.add(tally);
  }
  return sums;
}

std::string sum_text(std::int64_t amount, CurrencyCode currency) {
  return amount_text(Money{amount}, currency) + (amount == kAmountMost ? " or more" : "");
}

/// JSON: count and amount. Person: "12 payments, 340.00 GBP", no line for what did not occur.
Field sum_field(std::string key, std::string label, const Sum& sum, CurrencyCode currency,
                bool always) {
  std::string text = fmt::format("{} payment{}", count_text(sum.count), sum.count == 1 ? "" : "s");
  if (sum.count > 0) text += ", " + sum_text(sum.amount, currency);
  return {std::move(key),
          std::vector<Field>{{"count", sum.count, {}, {}}, {"amount", sum.amount, {}, {}}},
          always || sum.count > 0 ? std::move(label) : "", std::move(text)};
}

std::string decision_text(Decision decision) {
  return fmt::format("{} ({})", decision_name(decision), decision_de39(decision));
}

std::vector<std::vector<Field>> tally_fields(const ShadowView& shadow) {
  std::vector<std::vector<Field>> rows;
  for (const ShadowTally& tally : shadow.tallies) {
    rows.push_back({{"active", std::string(decision_name(tally.active)), {}, {}},
                    {"shadow", std::string(decision_name(tally.shadow)), {}, {}},
                    {"count", tally.count, {}, {}},
                    {"amount", tally.amount.minor, {}, {}}});
  }
  return rows;
}

}  // namespace

Report describe_shadow(const ShadowsView& view, const ShadowView& shadow, CurrencyCode currency) {
  const Sums sums = sums_of(shadow);
  const bool rules = view.active_version != 0;
  Report report;
  report.headline = fmt::format(
      "version {} as a shadow of program {}, beside {}", shadow.version, view.program.value,
      rules ? fmt::format("version {}", view.active_version) : std::string("no rules"));
  report.fields = {
      {"version", std::uint64_t{shadow.version}, {}, {}},
      time_field("started_at", "since", shadow.started_at),
      sum_field("judged", "judged", sums.judged, currency, true),
      sum_field("agreed", "agreed", sums.agreed, currency, true),
      sum_field("would_decline", "would decline", sums.would_decline, currency, true),
      sum_field("would_approve", "would approve", sums.would_approve, currency, true),
      sum_field("other_reason", "other reason", sums.other_reason, currency, true),
      sum_field("other_approval", "other approval", sums.other_approval, currency, false),
      {"first_divergence",
       shadow.first_divergence.is_zero() ? FieldValue{std::monostate{}}
                                         : FieldValue{shadow.first_divergence.value},
       "first divergence",
       shadow.first_divergence.is_zero()
           ? std::string("none: as active it would have decided the same")
           : fmt::format("position {}", count_text(shadow.first_divergence.value))},
      {"tallies", tally_fields(shadow), {}, {}},
  };
  return report;
}

std::string shadow_table(const ShadowView& shadow, CurrencyCode currency) {
  if (shadow.tallies.empty()) return "";
  Table table({{"decided"}, {"shadow"}, {"payments", true}, {"amount", true}});
  for (const ShadowTally& tally : shadow.tallies) {
    table.row({decision_text(tally.active),
               tally.active == tally.shadow ? "the same" : decision_text(tally.shadow),
               count_text(tally.count), sum_text(tally.amount.minor, currency)});
  }
  return table.text();
}

}  // namespace holdfast::tools
