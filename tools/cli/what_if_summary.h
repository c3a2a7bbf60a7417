// The flips of a `what-if` added up: in all, by cause and by day; and the words that table, JSON
// and page share. Thread: no state beyond the value.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "tools/cli/what_if.h"

namespace holdfast::tools {

struct FlipSums {
  std::array<Tally, kFlipKinds> direct;
  std::array<Tally, kFlipKinds> knock_on;
  std::set<CardToken> cards;

  void add(const Flip& flip);
  void add(const FlipSums& other);
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t knock_on_count() const;
  /// Both together.
  [[nodiscard]] Tally of(FlipKind kind) const;
};

struct WhatIfSummary {
  FlipSums all;
  std::map<std::pair<ProgramId, Cause>, FlipSums> by_cause;
  std::map<std::uint64_t, FlipSums> by_day;  // UTC, in days since 1970

  explicit WhatIfSummary(const WhatIfResult& result);
};

/// What a flip is about: what the log held, or what the other world would hold, or the difference.
[[nodiscard]] Money money_of(const Flip& flip);

[[nodiscard]] std::string_view flip_kind_name(FlipKind kind);  // "now_declined"
[[nodiscard]] std::string_view flip_kind_text(FlipKind kind);  // "now declined"
/// "control 3 (per card and week): over_count_limit", "insufficient_funds".
[[nodiscard]] std::string cause_text(const WhatIfOptions& options, ProgramId program,
                                     const Cause& cause);
/// The name that a document gives the control; empty: none does.
[[nodiscard]] std::string control_name(const WhatIfOptions& options, ProgramId program,
                                       std::uint16_t control);
/// "1200.00 GBP, 5.00 EUR"; "-" for none.
[[nodiscard]] std::string sums_text(const Sums& sums);
/// "2026-11-22".
[[nodiscard]] std::string day_text(std::uint64_t day);

/// Days put together where there are too many for a table or chart.
enum class Span : std::uint8_t { day, week, month };
/// The finest that gives at most so many of them (or months).
[[nodiscard]] Span fitting_span(const WhatIfSummary& summary, std::size_t most);
[[nodiscard]] std::string_view span_name(Span span);  // "week (UTC, from Monday)"
/// First day of the span behind the one that begins there.
[[nodiscard]] std::uint64_t next_of(std::uint64_t begin, Span span);
/// "2026-11-22", of a month "2026-11".
[[nodiscard]] std::string span_text(std::uint64_t begin, Span span);
/// By first day of the span; those without flips are left out.
[[nodiscard]] std::map<std::uint64_t, FlipSums> sums_by(const WhatIfSummary& summary, Span span);

/// The report for a terminal; ends with a newline.
[[nodiscard]] std::string what_if_text(const WhatIfOptions& options, const WhatIfResult& result,
                                       const WhatIfSummary& summary);
/// One JSON object in one line, with every flip.
[[nodiscard]] std::string what_if_json(const WhatIfOptions& options, const WhatIfResult& result,
                                       const WhatIfSummary& summary);
/// One HTML page that needs nothing from elsewhere.
[[nodiscard]] std::string what_if_html(const WhatIfOptions& options, const WhatIfResult& result,
                                       const WhatIfSummary& summary);

}  // namespace holdfast::tools
