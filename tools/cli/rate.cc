#include <fmt/core.h>

#include <limits>
#include <memory>

#include "tools/cli/commands.h"
#include "tools/cli/payment_options.h"
#include "tools/text/rates_text.h"

namespace holdfast::tools {
namespace {

constexpr std::uint64_t kMarkupMost_bp = 10'000;

struct RateOptions {
  RequestId request_id;
  CurrencyCode from;
  CurrencyCode to;
  std::string major;
  std::int64_t minor = 0;
  std::optional<std::uint8_t> scale;
  std::uint16_t markup_bp = 0;
  std::uint32_t life_s = 0;
};

/// Codes that ISO 4217 gives no minor unit have no major one to write a rate in.
Currency with_exponent(CurrencyCode code) {
  const auto currency = find_currency(code);
  if (!currency) {
    fail_usage(fmt::format("ISO 4217 has no minor unit for currency {:03}", code.numeric),
               "Give the rate between the units that the accounts are kept in, with --minor and "
               "--scale.");
  }
  return *currency;
}

MinorRate rate_of(const RateOptions& options) {
  if (options.minor != 0) {
    return {.rate = options.minor, .scale = options.scale.value_or(0)};
  }
  if (options.major.empty()) {
    fail_usage("no rate is given",
               "Write what one major unit costs (0.8534), or --minor N --scale S.");
  }
  if (options.scale) {
    fail_usage("--scale goes with --minor", "A rate in major units has its point.");
  }
  const auto rate =
      parse_major_rate(options.major, with_exponent(options.from), with_exponent(options.to));
  if (!rate) fail_usage(rate.error());
  return *rate;
}

ExitCode set(const Globals& globals, const RateOptions& options) {
  if (options.from == options.to) fail_usage("a rate is between two currencies");
  if (options.life_s == 0) fail_usage("a rate that lives no second could never be used");
  const MinorRate rate = rate_of(options);
  Command command;
  command.kind = CommandKind::set_rate;
  command.request_id = chosen_or_drawn(options.request_id);
  command.set_rate = SetRate{};
  command.set_rate.from = options.from;
  command.set_rate.to = options.to;
  command.set_rate.rate = rate.rate;
  command.set_rate.scale = rate.scale;
  command.set_rate.markup_bp = options.markup_bp;
  command.set_rate.life_s = options.life_s;
  return print_outcome(globals, command, Gateway(globals).execute(command), {});
}

void add_code(CLI::App& app, const char* name, CurrencyCode& target, std::string description) {
  add_parsed(
      app, name, target, [](const std::string& text) { return parse_currency(text); },
      std::move(description), "")
      ->required();
}

}  // namespace

void add_rate_commands(CLI::App& app, Action& action) {
  CLI::App* group = add_group(app, "rate", "Set exchange rates");
  auto options = std::make_shared<RateOptions>();
  CLI::App* command = group->add_subcommand(
      "set", "Set the rate from one currency to another, for authorizations from now on");
  add_code(*command, "FROM", options->from, "ISO 4217 currency that a payment is asked in");
  add_code(*command, "TO", options->to, "ISO 4217 currency of the accounts");
  CLI::Option* major = command->add_option(
      "RATE", options->major,
      "What one major unit of FROM costs in major units of TO; kept exactly");
  major->type_name("");
  CLI::Option* minor = add_parsed(
      *command, "--minor", options->minor,
      [](const std::string& text) -> std::expected<std::int64_t, std::string> {
        const auto rate = parse_unsigned(text, std::numeric_limits<std::int64_t>::max(), "a rate");
        if (!rate) return std::unexpected(rate.error());
        if (*rate == 0) return std::unexpected("a rate is above zero");
        return static_cast<std::int64_t>(*rate);
      },
      "Instead: minor units of TO for one minor unit of FROM, times 10^scale", "N");
  minor->excludes(major);
  add_number(*command, "--scale", options->scale, kRateScaleMax, "a scale",
             "With --minor: decimal places in it; 0 unless given");
  add_number(*command, "--markup-bp", options->markup_bp, kMarkupMost_bp, "a markup",
             "Basis points on top of the rate; 0 unless given");
  add_parsed(
      *command, "--life", options->life_s,
      [](const std::string& text) { return parse_period_s(text); },
      "How long it may be used: 1d, 12h, 30min or seconds", "PERIOD")
      ->required();
  add_request_id(*command, options->request_id);
  add_examples(*command, {"holdfast rate set EUR GBP 0.8534 --markup-bp 50 --life 1d",
                          "holdfast rate set JPY GBP 0.0052 --life 86400"});
  on_run(*command, action, [options](const Globals& g) { return set(g, *options); });
}

}  // namespace holdfast::tools
