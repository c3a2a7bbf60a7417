// `holdfast holds`: the money that is held, hold by hold, from a replay of the log.
//
// `holds.cc` has the options, `holds_report.cc` sums and tables, `holds_release.cc` the bulk
// release. Thread: the only one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/open_holds.h"
#include "tools/cli/options.h"
#include "tools/cli/replay_start.h"
#include "tools/text/merchant_categories.h"

namespace holdfast::tools {

/// What is not given does not restrict.
struct HoldFilter {
  std::optional<std::uint32_t> older_than_s;
  std::optional<MccRange> mcc;
  std::optional<std::uint32_t> program;
  CardToken card;
  AccountId account;
  std::string merchant;
  CurrencyCode currency;

  [[nodiscard]] bool takes(const OpenHold& hold, TimestampNs now) const;
  [[nodiscard]] bool is_given() const;
};

/// The holds of a log that a filter takes, by authorization.
struct OpenHolds {
  LogId log_id;
  LogPosition position;
  TimestampNs now;  // of the last logged command: ages are counted from here
  std::string began_with;      // what the replay of them began with
  LogPosition start_position;  // zero: the first command
  std::vector<OpenHold> holds;
};

[[nodiscard]] OpenHolds read_holds(const ReplayFrom& from, const HoldFilter& filter);

enum class HoldGroup : std::uint8_t { day, category, program };

struct HoldsOptions {
  LogPlace place;
  Wanted wanted = Wanted::newest;
  HoldFilter filter;
  std::optional<HoldGroup> by;      // none: by day, then by category
  std::uint32_t stale_s = 5 * 86'400;
  std::uint32_t largest = 10;       // how many of them are told
};
[[nodiscard]] ExitCode show_holds(const Globals& globals, const HoldsOptions& options);

struct ReleaseOptions {
  LogPlace place;
  Wanted wanted = Wanted::newest;
  HoldFilter filter;
  bool all = false;      // no filter is meant
  bool dry_run = false;
  bool yes = false;      // do not ask
};
[[nodiscard]] ExitCode release_holds(const Globals& globals, const ReleaseOptions& options);

/// Amounts of one currency.
struct HoldSum {
  CurrencyCode currency;
  std::uint64_t count = 0;
  Money held;               // saturates at 64 bits
  Money over_capture_max;
  void add(const OpenHold& hold);
};
/// By currency.
[[nodiscard]] std::vector<HoldSum> sums_of(const std::vector<OpenHold>& holds);
/// Largest first: amounts of different currencies compare as minor units. At most `most` rows.
[[nodiscard]] std::string holds_table(std::vector<OpenHold> holds, std::size_t most,
                                      TimestampNs now);
[[nodiscard]] std::string category_text(Mcc mcc);

}  // namespace holdfast::tools
