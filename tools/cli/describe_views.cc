#include <fmt/core.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "tools/cli/describe.h"
#include "tools/cli/describe_fields.h"
#include "tools/cli/names.h"
#include "tools/text/rates_text.h"

namespace holdfast::tools {
namespace {

/// "3 of 16,000,000".
Field table_field(std::string key, std::string label, std::uint64_t count, std::uint64_t most) {
  return {std::move(key), count, std::move(label),
          fmt::format("{} of {}", count_text(count), count_text(most))};
}

template <class E, std::size_t N>
Field name_field(std::string key, const Name<E> (&names)[N], E value) {
  std::string text = name_text(names, value);
  std::string label = key;
  return {std::move(key), text, std::move(label), text};
}

/// JSON: as the engine keeps it, null when none was used. Person: a line as rates are written.
std::vector<Field> rate_fields(const AuthorizationView& view, CurrencyCode account_currency) {
  if (view.rate == 0) {
    return {{"rate", std::monostate{}, {}, {}},
            {"rate_scale", std::monostate{}, {}, {}},
            {"rate_markup_bp", std::monostate{}, {}, {}}};
  }
  std::string text = fmt::format(
      "{} {} for 1 {}",
      major_rate_text({.rate = view.rate, .scale = view.rate_scale}, view.currency,
                      account_currency),
      account_currency.numeric == 0 ? "units" : currency_text(account_currency),
      currency_text(view.currency));
  if (view.rate_markup_bp != 0) text += fmt::format(", and {} bp on top", view.rate_markup_bp);
  return {{"rate", view.rate, "rate", std::move(text)},
          {"rate_scale", std::uint64_t{view.rate_scale}, {}, {}},
          {"rate_markup_bp", std::uint64_t{view.rate_markup_bp}, {}, {}}};
}

bool has_amount_cap(const LimitView& limit) {
  return limit.amount_max.minor != std::numeric_limits<std::int64_t>::max();
}
bool has_count_cap(const LimitView& limit) {
  return limit.count_max != std::numeric_limits<std::uint32_t>::max();
}

/// What may still be approved by amount; 0 when advices went above, nothing when there is no cap.
std::optional<Money> left_of(const LimitView& limit) {
  if (!has_amount_cap(limit)) return std::nullopt;
  return Money{std::max<std::int64_t>(0, limit.amount_max.minor - limit.amount_used.minor)};
}

std::vector<Field> limit_fields(const LimitView& limit) {
  const auto left = left_of(limit);
  const auto or_null = [](bool there, FieldValue value) {
    return there ? std::move(value) : FieldValue{std::monostate{}};
  };
  const std::uint64_t count_left =
      limit.count_max > limit.count_used ? limit.count_max - limit.count_used : 0;
  return {{"control", std::uint64_t{limit.control}, {}, {}},
          {"scope", name_text(kControlScopeNames, limit.scope), {}, {}},
          {"window", name_text(kWindowKindNames, limit.window), {}, {}},
          {"amount_max", or_null(left.has_value(), limit.amount_max.minor), {}, {}},
          {"amount_used", limit.amount_used.minor, {}, {}},
          {"amount_left", or_null(left.has_value(), left.value_or(Money{}).minor), {}, {}},
          {"count_max", or_null(has_count_cap(limit), std::uint64_t{limit.count_max}), {}, {}},
          {"count_used", std::uint64_t{limit.count_used}, {}, {}},
          {"count_left", or_null(has_count_cap(limit), count_left), {}, {}},
          time_field("window_start", "", limit.window_start)};
}

std::string retention_text(std::uint32_t seconds) {
  return seconds == 0 ? "for ever" : seconds_text(seconds);
}

}  // namespace

Report describe_account(const AccountView& view) {
  Report report;
  report.headline = "account " + id_text(view.account);
  const bool negative = (view.flags & kAccountMayGoNegative) != 0;
  report.fields = {
      id_field("account", "", view.account),
      name_field("status", kAccountStatusNames, view.status),
      currency_field("currency", "", view.currency),
      amount_field("ledger_balance", "ledger", view.ledger_balance, view.currency),
      amount_field("held", "held", view.held, view.currency),
      amount_field("credit_limit", "credit limit", view.credit_limit, view.currency),
      amount_field("available_balance", "available", view.available_balance, view.currency),
      {"may_go_negative", negative, negative ? "may go negative" : "", "yes"},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

Report describe_card(const CardView& view) {
  Report report;
  report.headline = "card " + id_text(view.card);
  report.fields = {
      id_field("card", "", view.card),
      name_field("status", kCardStatusNames, view.status),
      id_field("account", "account", view.account),
      {"program", std::uint64_t{view.program.value}, "program", std::to_string(view.program.value)},
      {"expiry",
       view.expiry.yymm == 0 ? FieldValue{std::monostate{}} : FieldValue{expiry_text(view.expiry)},
       "expiry", expiry_text(view.expiry)},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

Report describe_authorization(const AuthorizationView& view, CurrencyCode account_currency) {
  Report report;
  report.headline = "authorization " + id_text(view.authorization);
  const CurrencyCode currency = account_currency;
  const auto padded = [](std::string key, unsigned number, int digits) {
    return text_field(key, key, number == 0 ? "" : fmt::format("{:0{}}", number, digits));
  };
  report.fields = {
      id_field("authorization", "", view.authorization),
      name_field("state", kAuthorizationStateNames, view.state),
      id_field("request_id", "request id", view.request_id),
      id_field("card", "card", view.card),
      id_field("account", "account", view.account),
      {"program", std::uint64_t{view.program.value}, "program", std::to_string(view.program.value)},
      currency_field("requested_currency", "", view.currency),
      amount_field("requested", "requested", view.requested, view.currency),
  };
  for (Field& field : rate_fields(view, account_currency)) report.fields.push_back(field);
  const std::vector<Field> rest = {
      currency_field("currency", "", currency),
      amount_field("approved", "approved", view.approved, currency),
      amount_field("captured", "captured", view.captured, currency),
      amount_field("reversed", "reversed", view.reversed, currency),
      amount_field("refunded", "refunded", view.refunded, currency),
      amount_field("held", "held now", view.held, currency),
      name_field("type", kTransactionTypeNames, view.type),
      name_field("channel", kChannelNames, view.channel),
      padded("mcc", view.mcc.code, 4),
      padded("country", view.country.numeric, 3),
      text_field("merchant", "merchant", std::string(view.merchant.view())),
      time_field("created_at", "created", view.created_at),
      time_field("expires_at", "expires", view.expires_at),
      count_field("position", "as of position", view.position.value),
  };
  report.fields.insert(report.fields.end(), rest.begin(), rest.end());
  return report;
}

Report describe_limits(const LimitsView& view, CurrencyCode currency) {
  std::vector<std::vector<Field>> limits;
  for (const LimitView& limit : view.limits) limits.push_back(limit_fields(limit));
  Report report;
  report.headline = fmt::format("limits of card {}", id_text(view.card));
  const bool rules = view.rule_set_version != 0;
  report.fields = {
      id_field("card", "", view.card),
      {"program", std::uint64_t{view.program.value}, "program", std::to_string(view.program.value)},
      {"rule_set_version",
       rules ? FieldValue{std::uint64_t{view.rule_set_version}} : FieldValue{std::monostate{}},
       "rule set",
       !rules ? "none is active"
              : fmt::format("version {}{}", view.rule_set_version,
                            view.limits.empty() ? ", without windows" : "")},
      currency_field("currency", "", currency),
      {"limits", std::move(limits), {}, {}},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

std::string limits_table(const LimitsView& view, CurrencyCode currency) {
  Table table({{"control", true},
               {"scope", false},
               {"window", false},
               {"used", true},
               {"of", true},
               {"left", true},
               {"count", true},
               {"of", true},
               {"since", false}});
  for (const LimitView& limit : view.limits) {
    const auto left = left_of(limit);
    table.row({std::to_string(limit.control), name_text(kControlScopeNames, limit.scope),
               name_text(kWindowKindNames, limit.window), amount_text(limit.amount_used, currency),
               has_amount_cap(limit) ? amount_text(limit.amount_max, currency) : "-",
               left ? amount_text(*left, currency) : "-", count_text(limit.count_used),
               has_count_cap(limit) ? count_text(limit.count_max) : "-",
               limit.window_start.ns == 0 ? "always" : time_text(limit.window_start)});
  }
  return table.text();
}

Report describe_program(const ProgramView& view) {
  Report report;
  report.headline = fmt::format("program {}", view.program.value);
  const bool rules = view.rule_set_version != 0;
  report.fields = {
      {"program", std::uint64_t{view.program.value}, "", ""},
      {"hold_period_s", std::uint64_t{view.hold_period_s}, "hold period",
       seconds_text(view.hold_period_s)},
      id_field("settlement_account", "settlement account", view.settlement_account),
      {"rule_set_version",
       rules ? FieldValue{std::uint64_t{view.rule_set_version}} : FieldValue{std::monostate{}},
       rules ? "rule set" : "",
       fmt::format("version {}, {} categor{}, {} control{}", view.rule_set_version,
                   view.rule_set_categories, view.rule_set_categories == 1 ? "y" : "ies",
                   view.rule_set_controls, view.rule_set_controls == 1 ? "" : "s")},
      {"rule_set_categories", std::uint64_t{view.rule_set_categories}, "", ""},
      {"rule_set_controls", std::uint64_t{view.rule_set_controls}, "", ""},
      count_field("position", "as of position", view.position.value),
  };
  return report;
}

namespace {

std::string turns_text(std::uint64_t longest_ns, std::uint64_t long_turns) {
  return fmt::format("longest turn {}, {} above 1 ms", duration_text(longest_ns),
                     count_text(long_turns));
}

std::string_view phase_name(SnapshotPhase phase) {
  switch (phase) {
    case SnapshotPhase::none: return "none";
    case SnapshotPhase::copying: return "copying";
    case SnapshotPhase::copied: return "copied";
  }
  return "unknown";
}

std::string_view delay_name(SnapshotDelay delay) {
  switch (delay) {
    case SnapshotDelay::none: return "";
    case SnapshotDelay::under_way: return "under_way";
    case SnapshotDelay::being_written: return "being_written";
    case SnapshotDelay::making_memory: return "making_memory";
  }
  return "unknown";
}

std::string_view delay_text(SnapshotDelay delay) {
  switch (delay) {
    case SnapshotDelay::none: return "";
    case SnapshotDelay::under_way: return "not begun yet: another one is under way";
    case SnapshotDelay::being_written:
      return "not begun yet: the one before is still being written or read back";
    case SnapshotDelay::making_memory: return "not begun yet: memory for its pages is being made";
  }
  return "not begun yet, for a reason that this program does not know";
}

std::string waits_text(const SnapshotWaits& waits) {
  return fmt::format("{}, {} all together, longest {}", count_text(waits.count),
                     duration_text(waits.total_ns), duration_text(waits.longest_ns));
}

std::string running_text(const SnapshotProgress& running) {
  if (running.phase == SnapshotPhase::none) return "";
  return fmt::format("position {}, {}: {} of {} pages, {} of them ahead of their turn",
                     running.position.value, phase_name(running.phase),
                     count_text(running.pages_copied), count_text(running.pages),
                     count_text(running.pages_ahead));
}

std::string newest_text(const StatusView& view) {
  const SnapshotStatus& snapshots = view.snapshots;
  if (!snapshots.is_on) return "off";
  const SnapshotReport& newest = snapshots.report;
  if (newest.newest_position.is_zero()) return "none yet";
  const std::uint64_t age_ns =
      view.now > newest.newest_time ? view.now.ns - newest.newest_time.ns : 0;
  return fmt::format("position {}, {} old, {}", newest.newest_position.value, duration_text(age_ns),
                     bytes_text(newest.newest_bytes));
}

void add_snapshots(Report& report, const StatusView& view) {
  const SnapshotStatus& s = view.snapshots;
  report.add_json("snapshots_on", s.is_on);
  report.add("snapshot_position", s.report.newest_position.value, "newest snapshot",
             newest_text(view));
  report.fields.push_back(time_field("snapshot_time", "", s.report.newest_time));
  report.add_json("snapshot_bytes", s.report.newest_bytes);
  report.add_json("snapshots_completed", s.report.completed);
  report.add("snapshots_failed", s.report.failed, s.report.failed > 0 ? "snapshots failed" : "",
             fmt::format("{} since start; the server's log says why", s.report.failed));
  report.add_json("snapshots_abandoned", s.abandoned);
  report.add_json("snapshot_asked_for", s.is_asked_for);
  report.add_json("snapshot_delayed_by", s.delayed_by == SnapshotDelay::none
                                             ? FieldValue()
                                             : FieldValue(std::string(delay_name(s.delayed_by))));
  if (s.delayed_by != SnapshotDelay::none) {
    report.add_text("snapshot due", std::string(delay_text(s.delayed_by)));
  }
  report.add_json("snapshot_phase", std::string(phase_name(s.running.phase)));
  const std::string running = running_text(s.running);
  report.add("snapshot_running_position", s.running.position.value,
             running.empty() ? "" : "snapshot running", running);
  report.add_json("snapshot_pages", s.running.pages);
  report.add_json("snapshot_pages_copied", s.running.pages_copied);
  report.add_json("snapshot_pages_ahead", s.running.pages_ahead);
  report.add_json("snapshot_pages_waiting", s.running.pages_waiting);
  report.add("snapshot_waits", s.waits.count, s.waits.count > 0 ? "waits for snapshots" : "",
             waits_text(s.waits));
  report.add_json("snapshot_waited_ns", s.waits.total_ns);
  report.add_json("snapshot_wait_longest_ns", s.waits.longest_ns);
  const StallStatus& stalls = view.stalls;
  report.add_json("turns", stalls.turns);
  report.add("turn_longest_ns", stalls.longest_turn_ns, "core",
             turns_text(stalls.longest_turn_ns, stalls.long_turns));
  report.add_json("turns_long", stalls.long_turns);
  report.add("snapshot_turn_longest_ns", stalls.longest_snapshot_turn_ns,
             stalls.longest_snapshot_turn_ns > 0 ? "core in snapshots" : "",
             turns_text(stalls.longest_snapshot_turn_ns, stalls.long_snapshot_turns));
  report.add_json("snapshot_turns_long", stalls.long_snapshot_turns);
  report.add_json("snapshot_copying_longest_ns", stalls.longest_copying_ns);
}

}  // namespace

Report describe_status(const StatusView& view, std::string_view peer) {
  Report report;
  report.headline = fmt::format("holdfastd at {}", peer);
  const EngineConfig& config = view.config;
  report.fields = {
      {"peer", std::string(peer), "", ""},
      id_field("log_id", "log id", view.log_id),
      count_field("position", "position", view.position.value),
      count_field("durable_position", "durable through", view.durable_position.value),
      time_field("time", "time", view.now),
      {"uptime_ns", view.uptime_ns, "up", duration_text(view.uptime_ns)},
      table_field("accounts", "accounts", view.accounts, config.accounts_max),
      table_field("cards", "cards", view.cards, config.cards_max),
      table_field("programs", "programs", view.programs, config.programs_max),
      table_field("authorizations", "authorizations", view.authorizations,
                  config.authorizations_max),
      count_field("open_authorizations", "open of these", view.open_authorizations),
      {"authorization_retention_s", std::uint64_t{config.authorization_retention_s},
       "ended ones kept", retention_text(config.authorization_retention_s)},
      table_field("request_ids", "request ids", view.request_ids, config.request_ids_max),
      {"request_retention_s", std::uint64_t{config.request_retention_s}, "remembered for",
       seconds_text(config.request_retention_s)},
      count_field("commands_applied", "commands applied", view.commands_applied),
      count_field("commands_repeated", "commands repeated", view.commands_repeated),
      count_field("log_writes", "log writes", view.log_writes),
      {"log_bytes_written", view.log_bytes_written, "log written",
       bytes_text(view.log_bytes_written)},
      {"digest", view.has_digest ? FieldValue{digest_text(view.digest)} : std::monostate{},
       view.has_digest ? "state digest" : "", digest_text(view.digest)},
  };
  add_snapshots(report, view);
  return report;
}

}  // namespace holdfast::tools
