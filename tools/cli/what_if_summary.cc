#include "tools/cli/what_if_summary.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "tools/text/amounts_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {
namespace {

struct KindWords {
  std::string_view name;
  std::string_view text;
};
constexpr std::array<KindWords, kFlipKinds> kKindWords{{{"now_declined", "now declined"},
                                                        {"now_approved", "now approved"},
                                                        {"other_amount", "other amount"},
                                                        {"other_reason", "other reason"}}};
constexpr std::uint64_t kNsPerDay = 86'400 * kNsPerSecond;

void add_sums(Tally& to, const Tally& more) {
  to.count += more.count;
  for (const auto& [currency, minor] : more.money) {
    std::int64_t& sum = to.money[currency];
    if (__builtin_add_overflow(sum, minor, &sum)) sum = INT64_MAX;
  }
}

/// First day of the span that the day is in.
std::uint64_t begin_of(std::uint64_t day, Span span) {
  using namespace std::chrono;
  const sys_days date{days{static_cast<int>(day)}};
  sys_days begin = date;
  if (span == Span::week) begin = date - (weekday(date) - Monday);
  if (span == Span::month) {
    begin = sys_days(year_month_day(date).year() / year_month_day(date).month() / 1);
  }
  return static_cast<std::uint64_t>(std::max<days::rep>(begin.time_since_epoch().count(), 0));
}

}  // namespace

Money money_of(const Flip& flip) {
  switch (flip.kind) {
    case FlipKind::now_declined: return flip.logged_amount;
    case FlipKind::now_approved: return flip.other_amount;
    case FlipKind::other_amount: return {flip.other_amount.minor - flip.logged_amount.minor};
    case FlipKind::other_reason: return flip.asked;
  }
  return {};
}

void FlipSums::add(const Flip& flip) {
  auto& tallies = flip.knock_on ? knock_on : direct;
  tallies[static_cast<std::size_t>(flip.kind)].add(flip.currency, money_of(flip));
  cards.insert(flip.card);
}

std::uint64_t FlipSums::knock_on_count() const {
  std::uint64_t sum = 0;
  for (const Tally& tally : knock_on) sum += tally.count;
  return sum;
}

std::uint64_t FlipSums::count() const {
  std::uint64_t sum = knock_on_count();
  for (const Tally& tally : direct) sum += tally.count;
  return sum;
}

Tally FlipSums::of(FlipKind kind) const {
  Tally sum = direct[static_cast<std::size_t>(kind)];
  add_sums(sum, knock_on[static_cast<std::size_t>(kind)]);
  return sum;
}

void FlipSums::add(const FlipSums& other) {
  for (std::size_t at = 0; at < kFlipKinds; ++at) {
    add_sums(direct[at], other.direct[at]);
    add_sums(knock_on[at], other.knock_on[at]);
  }
  cards.insert(other.cards.begin(), other.cards.end());
}

Span fitting_span(const WhatIfSummary& summary, std::size_t most) {
  if (summary.by_day.empty()) return Span::day;
  const std::uint64_t days = summary.by_day.rbegin()->first - summary.by_day.begin()->first + 1;
  return days <= most ? Span::day : days <= 7 * most ? Span::week : Span::month;
}

std::string_view span_name(Span span) {
  return span == Span::day    ? "day (UTC)"
         : span == Span::week ? "week (UTC, from Monday)"
                              : "month (UTC)";
}

std::uint64_t next_of(std::uint64_t begin, Span span) {
  if (span == Span::day) return begin + 1;
  if (span == Span::week) return begin + 7;
  return begin_of(begin + 32, Span::month);
}

std::string span_text(std::uint64_t begin, Span span) {
  return span == Span::month ? day_text(begin).substr(0, 7) : day_text(begin);
}

std::map<std::uint64_t, FlipSums> sums_by(const WhatIfSummary& summary, Span span) {
  std::map<std::uint64_t, FlipSums> spans;
  for (const auto& [day, sums] : summary.by_day) spans[begin_of(day, span)].add(sums);
  return spans;
}

WhatIfSummary::WhatIfSummary(const WhatIfResult& result) {
  for (const Flip& flip : result.flips) {
    all.add(flip);
    by_cause[{flip.program, flip.cause}].add(flip);
    by_day[flip.time.ns / kNsPerDay].add(flip);
  }
}

std::string_view flip_kind_name(FlipKind kind) {
  return kKindWords[static_cast<std::size_t>(kind)].name;
}
std::string_view flip_kind_text(FlipKind kind) {
  return kKindWords[static_cast<std::size_t>(kind)].text;
}

std::string control_name(const WhatIfOptions& options, ProgramId program, std::uint16_t control) {
  for (const WhatIfProgram& each : options.programs) {
    if (each.program != program) continue;
    const auto found = each.names.find(control);
    return found == each.names.end() ? std::string() : found->second;
  }
  return {};
}

std::string cause_text(const WhatIfOptions& options, ProgramId program, const Cause& cause) {
  const std::string decision(decision_name(cause.decision));
  if (cause.control == 0) return decision;
  const std::string name = control_name(options, program, cause.control);
  return fmt::format("control {}{}: {}", cause.control,
                     name.empty() ? "" : fmt::format(" ({})", name), decision);
}

std::string sums_text(const Sums& sums) {
  std::string text;
  for (const auto& [currency, minor] : sums) {
    if (!text.empty()) text += ", ";
    text += amount_text(Money{minor}, CurrencyCode{currency});
  }
  return text.empty() ? "-" : text;
}

std::string day_text(std::uint64_t day) {
  return time_text(TimestampNs{day * kNsPerDay}).substr(0, 10);
}

}  // namespace holdfast::tools
