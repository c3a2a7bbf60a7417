#include "tools/cli/options.h"

#include <fmt/core.h>
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tools/text/amounts_text.h"

namespace holdfast::tools {

CLI::App* add_group(CLI::App& parent, std::string name, std::string description) {
  CLI::App* group = parent.add_subcommand(std::move(name), std::move(description));
  group->require_subcommand(1);
  return group;
}

void add_examples(CLI::App& app, std::initializer_list<std::string_view> lines) {
  std::string footer = "Examples:";
  for (const std::string_view line : lines) {
    footer += "\n  ";
    footer += line;
  }
  app.footer(footer);
}

CLI::Option* add_request_id(CLI::App& app, RequestId& target) {
  return add_id(app, "--request-id", target,
                "The request's own id. A retry with the same id has no second effect and gets the "
                "first answer. Drawn at random unless given; always printed");
}

void add_amount(CLI::App& app, AmountOption& target, std::string description) {
  auto* major = app.add_option("AMOUNT", target.major,
                               std::move(description) + ", in major units, such as 25.00");
  major->type_name("");
  auto* minor = app.add_option("--minor", target.minor,
                               "The amount in minor units instead (2500 for 25.00 GBP)");
  minor->type_name("N")->excludes(major);
  add_currency(app, target.currency, "ISO 4217 currency of the amount, such as GBP");
}

CLI::Option* add_currency(CLI::App& app, CurrencyCode& target, std::string description) {
  return add_parsed(
      app, "--currency", target, [](const std::string& text) { return parse_currency(text); },
      std::move(description), "CODE");
}

Money resolve_amount(const AmountOption& option, CurrencyCode known) {
  if (option.currency.numeric != 0 && known.numeric != 0 && option.currency != known) {
    fail_usage(fmt::format("the amount is given in {}, but the account is in {}",
                           currency_text(option.currency), currency_text(known)),
               "Nothing was sent. Leave --currency away or name the account's.");
  }
  if (!option.given()) {
    fail_usage("no amount is given",
               "Write it in major units (25.00), or in minor units with --minor 2500.");
  }
  const auto unwrap = [](const std::expected<Money, std::string>& parsed) {
    if (!parsed) fail_usage(parsed.error());
    return *parsed;
  };
  if (!option.minor.empty()) return unwrap(parse_minor_amount(option.minor));
  const CurrencyCode code = option.currency.numeric != 0 ? option.currency : known;
  if (code.numeric == 0) {
    fail_usage(fmt::format("the amount '{}' is in major units, and its currency is not known",
                           option.major),
               "Add --currency, such as --currency GBP, or give minor units with --minor.");
  }
  const auto currency = find_currency(code);
  if (!currency) {
    fail_usage(fmt::format("ISO 4217 has no minor unit for currency {:03}", code.numeric),
               "Give the amount in the units that the account is kept in, with --minor.");
  }
  return unwrap(parse_major_amount(option.major, *currency));
}

std::expected<ExpiryMonth, std::string> parse_expiry(std::string_view text) {
  if (text == "none") return ExpiryMonth{};
  const auto digits = [&](std::size_t from, std::size_t count) -> unsigned {
    unsigned number = 0;
    for (const char c : text.substr(from, count)) {
      if (c < '0' || c > '9') return 9999;
      number = number * 10 + static_cast<unsigned>(c - '0');
    }
    return number;
  };
  unsigned year = 9999;
  unsigned month = 9999;
  if (text.size() == 7 && text[4] == '-') {
    year = digits(0, 4);
    month = digits(5, 2);
  } else if (text.size() == 5 && text[2] == '/') {
    month = digits(0, 2);
    year = digits(3, 2) == 9999 ? 9999 : 2000 + digits(3, 2);
  }
  if (year < 2000 || year > 2099 || month < 1 || month > 12) {
    return std::unexpected(fmt::format(
        "'{}' is not an expiry month: write 2028-09, 09/28 or none (2000-01 to 2099-12)", text));
  }
  return ExpiryMonth{static_cast<std::uint16_t>((year - 2000) * 100 + month)};
}

std::expected<std::uint32_t, std::string> parse_period_s(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::uint64_t seconds;
  };
  constexpr Unit kUnits[] = {{"min", 60}, {"d", 86'400}, {"h", 3600}, {"s", 1}, {"", 1}};
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::string_view number = text.substr(0, text.size() - unit.suffix.size());
    const auto count = parse_unsigned(number, 0xffff'ffff, "a period");
    if (!count || *count * unit.seconds > 0xffff'ffff) break;
    return static_cast<std::uint32_t>(*count * unit.seconds);
  }
  return std::unexpected(
      fmt::format("'{}' is not a period: write 7d, 12h, 30min, 45s or seconds", text));
}

std::expected<CurrencyCode, std::string> parse_currency(std::string_view text) {
  if (const auto found = find_currency(text)) return found->code();
  // Codes without a minor unit (gold is 959) are not in the table, but accounts may have them.
  const auto numeric = parse_unsigned(text, 999, "a currency");
  if (numeric && *numeric > 0 && text.size() == 3) {
    return CurrencyCode{static_cast<std::uint16_t>(*numeric)};
  }
  return std::unexpected(fmt::format(
      "'{}' is not an ISO 4217 currency: write its three letters (GBP) or three digits (826)",
      text));
}

std::expected<std::string, std::string> parse_short_text(std::string_view text,
                                                         std::size_t length_max) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  if (text.empty() || text.size() > length_max || !std::ranges::all_of(text, printable)) {
    return std::unexpected(fmt::format(
        "'{}' does not fit: write 1 to {} printable ASCII characters", text, length_max));
  }
  return std::string(text);
}

RequestId draw_request_id() {
  std::uint64_t words[2] = {};
  // Up to 256 bytes come whole or not at all, and not at all only before the pool is seeded.
  while (::getrandom(words, sizeof words, 0) != static_cast<ssize_t>(sizeof words)) {
    if (errno != EINTR) {
      throw Failure{.code = ExitCode::software,
                    .kind = "random",
                    .message = fmt::format("the kernel gives no random bytes: {}",
                                           std::strerror(errno)),
                    .advice = "Give --request-id yourself.",
                    .request_id = {}};
    }
  }
  constexpr std::uint64_t kVersionMask = 0xf000;
  constexpr std::uint64_t kVersion4 = 0x4000;
  constexpr std::uint64_t kVariantMask = 0xc000'0000'0000'0000;
  constexpr std::uint64_t kVariantRfc4122 = 0x8000'0000'0000'0000;
  return RequestId{.low = (words[0] & ~kVariantMask) | kVariantRfc4122,
                   .high = (words[1] & ~kVersionMask) | kVersion4};
}

}  // namespace holdfast::tools
