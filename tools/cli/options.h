// Options of the subcommands in the project's own types, and how a subcommand hangs itself in.
//
// Parsing happens while CLI11 reads the command line and reports a bad value with the option's
// name; amounts wait until their currency is known. Options live in structs that the subcommand's
// action owns (shared_ptr), because CLI11 writes into them after the function that declared them
// returned. Thread: the only one.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/types.h"
#include "tools/cli/failure.h"
#include "tools/cli/names.h"
#include "tools/text/ids_text.h"

namespace holdfast::tools {

/// Options that stand before or after any subcommand.
struct Globals {
  std::string connect;     // HOST:PORT
  bool json = false;
  double timeout_s = 30;   // longest wait for one reply
};

/// What `run` does once the whole command line has been read.
using Action = std::function<ExitCode(const Globals&)>;

/// Makes `body` what `run` does when `subcommand` is the one that was named.
template <class Body>
void on_run(CLI::App& subcommand, Action& action, Body body) {
  subcommand.callback([&action, body = std::move(body)] { action = body; });
}

/// A group that does nothing alone ("account"): one of its subcommands must follow.
CLI::App* add_group(CLI::App& parent, std::string name, std::string description);
/// "Examples:" behind --help; one line each.
void add_examples(CLI::App& app, std::initializer_list<std::string_view> lines);

/// An option whose text `parse` turns into the target, or into a sentence saying why not.
template <class T, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, T& target, Parse parse,
                        std::string description, std::string type_name) {
  CLI::Option* option = app.add_option_function<std::string>(
      name,
      [name, &target, parse = std::move(parse)](const std::string& text) {
        auto parsed = parse(text);
        if (!parsed) throw CLI::ValidationError(name, parsed.error());
        target = *parsed;
      },
      std::move(description));
  option->type_name(std::move(type_name));
  return option;
}

/// A 128-bit id: decimal, 0x-hex or UUID.
template <class Id>
CLI::Option* add_id(CLI::App& app, const std::string& name, Id& target, std::string description) {
  return add_parsed(
      app, name, target, [](const std::string& text) { return parse_id128<Id>(text); },
      std::move(description), "ID");
}

/// A whole number from 0 to `most`; `what` names it in the error ("a program").
template <class T>
CLI::Option* add_number(CLI::App& app, const std::string& name, T& target, std::uint64_t most,
                        std::string what, std::string description) {
  return add_parsed(
      app, name, target,
      [most, what = std::move(what)](const std::string& text) -> std::expected<T, std::string> {
        const auto parsed = parse_unsigned(text, most, what);
        if (!parsed) return std::unexpected(parsed.error());
        return static_cast<T>(*parsed);
      },
      std::move(description), "N");
}

/// One word of a table of names.h.
template <class E, std::size_t N>
CLI::Option* add_name(CLI::App& app, const std::string& name, std::optional<E>& target,
                      const Name<E> (&names)[N], std::string description) {
  return add_parsed(
      app, name, target,
      [&names](const std::string& text) -> std::expected<std::optional<E>, std::string> {
        const auto parsed = parse_name(names, text);
        if (!parsed) return std::unexpected(parsed.error());
        return *parsed;
      },
      std::move(description), names_joined(names));
}

/// --request-id; zero until given.
CLI::Option* add_request_id(CLI::App& app, RequestId& target);

/// An amount as it was written, until its currency is known.
struct AmountOption {
  std::string major;  // "25.00"
  std::string minor;  // "2500"
  CurrencyCode currency;

  [[nodiscard]] bool given() const { return !major.empty() || !minor.empty(); }
};

/// AMOUNT, --minor and --currency.
void add_amount(CLI::App& app, AmountOption& target, std::string description);
CLI::Option* add_currency(CLI::App& app, CurrencyCode& target, std::string description);

/// Minor units. `known`: the currency that the account or authorization has, code 0 if it is not
/// known. Fails as usage when the text is no amount, or when the currencies differ.
[[nodiscard]] Money resolve_amount(const AmountOption& option, CurrencyCode known);

/// "2028-09", "09/28" or "none".
[[nodiscard]] std::expected<ExpiryMonth, std::string> parse_expiry(std::string_view text);
/// "7d", "12h", "30min", "45s" or seconds.
[[nodiscard]] std::expected<std::uint32_t, std::string> parse_period_s(std::string_view text);
/// "GBP", "gbp" or a numeric code.
[[nodiscard]] std::expected<CurrencyCode, std::string> parse_currency(std::string_view text);
/// Printable ASCII up to `length_max` characters.
[[nodiscard]] std::expected<std::string, std::string> parse_short_text(std::string_view text,
                                                                       std::size_t length_max);

/// A version 4 (random) UUID, from the kernel.
[[nodiscard]] RequestId draw_request_id();

}  // namespace holdfast::tools
