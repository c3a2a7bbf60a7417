#include "tools/cli/rule_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "engine/limits.h"
#include "tools/cli/options.h"
#include "tools/text/amounts_text.h"

namespace holdfast::tools {
namespace {

using Json = nlohmann::json;

constexpr std::uint32_t kHoldPeriodMost_s = 366 * 86'400;
constexpr double kTolerancePercentMost = 1000;

/// What is wrong, with its path; never leaves this file.
struct Fault {
  std::string text;
};

[[noreturn]] void fault(const std::string& path, const std::string& what) {
  throw Fault{path.empty() ? what : fmt::format("{}: {}", path, what)};
}

/// A member of an object that only some names may have, each once: a misspelt name would otherwise
/// be a rule that silently does not hold.
void check_members(const Json& object, const std::string& path,
                   std::initializer_list<std::string_view> known) {
  if (!object.is_object()) fault(path, "an object {…} is due here");
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string names;
    for (const std::string_view one : known) {
      if (!names.empty()) names += ", ";
      names += one;
    }
    fault(path.empty() ? name : path + "." + name, "there is no such member; there are " + names);
  }
}

const std::string& text_at(const Json& value, const std::string& path) {
  if (!value.is_string()) fault(path, "a text in quotes is due here");
  return value.get_ref<const std::string&>();
}

std::uint16_t parse_mcc(std::string_view text, const std::string& path) {
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (text.size() != 4 || !digits) {
    fault(path, fmt::format("'{}' is not a merchant category: write four digits (\"5411\") or a "
                            "range (\"5812-5814\")",
                            text));
  }
  std::uint16_t code = 0;
  for (const char c : text) code = static_cast<std::uint16_t>(code * 10 + (c - '0'));
  return code;
}

void read_mcc(const Json& value, const std::string& path, AddCategory& row) {
  const std::string_view text = text_at(value, path);
  const std::size_t dash = text.find('-');
  row.mcc_first = Mcc{parse_mcc(text.substr(0, dash), path)};
  row.mcc_last = dash == std::string_view::npos ? row.mcc_first
                                                : Mcc{parse_mcc(text.substr(dash + 1), path)};
  if (row.mcc_first > row.mcc_last) {
    fault(path, fmt::format("the range {} ends before it begins", text));
  }
}

std::uint32_t read_period_s(const Json& value, const std::string& path) {
  const auto period = parse_period_s(text_at(value, path));
  if (!period) fault(path, period.error());
  if (*period == 0) fault(path, "a period of 0 has no meaning: leave it away");
  if (*period > kHoldPeriodMost_s) fault(path, "366 days is the longest");
  return *period;
}

std::uint32_t read_percent_bp(const Json& value, const std::string& path) {
  if (!value.is_number()) fault(path, "a number is due here, such as 20 or 12.5");
  const double percent = value.get<double>();
  if (!(percent >= 0 && percent <= kTolerancePercentMost)) {
    fault(path, fmt::format("{} is not within 0 and 1000 percent", percent));
  }
  // Basis points are what is kept; a binary fraction is never exactly one.
  const double bp = std::round(percent * 100);
  if (std::abs(percent * 100 - bp) > 1e-6) {
    fault(path, fmt::format("{} has more than two decimal places", percent));
  }
  return static_cast<std::uint32_t>(bp);
}

Money read_amount(const Json& value, const std::string& path, CurrencyCode code) {
  const std::string& text = text_at(value, path);
  if (code.numeric == 0) {
    fault(path, "the amount is in major units, and the document names no \"currency\"");
  }
  const auto currency = find_currency(code);
  if (!currency) fault("currency", fmt::format("{:03} has no minor unit", code.numeric));
  const auto amount = parse_major_amount(text, *currency);
  if (!amount) fault(path, amount.error());
  return *amount;
}

AddCategory read_category(const Json& value, const std::string& path, CurrencyCode currency) {
  check_members(value, path,
                {"mcc", "hold_period", "hold_period_merchant", "tolerance_percent", "tolerance",
                 "estimate"});
  if (!value.contains("mcc")) fault(path + ".mcc", "it is not given");
  AddCategory row{};
  for (const auto& [name, member] : value.items()) {
    const std::string at = path + "." + name;
    if (name == "mcc") read_mcc(member, at, row);
    if (name == "hold_period") row.hold_period_s = read_period_s(member, at);
    if (name == "hold_period_merchant") row.hold_period_merchant_s = read_period_s(member, at);
    if (name == "tolerance_percent") row.tolerance_bp = read_percent_bp(member, at);
    if (name == "tolerance") row.tolerance = read_amount(member, at, currency);
    if (name == "estimate") row.estimate = read_amount(member, at, currency);
  }
  return row;
}

void check_overlaps(const std::vector<AddCategory>& rows) {
  for (std::size_t at = 0; at < rows.size(); ++at) {
    for (std::size_t before = 0; before < at; ++before) {
      const AddCategory& a = rows[at];
      const AddCategory& b = rows[before];
      if (a.mcc_first > b.mcc_last || b.mcc_first > a.mcc_last) continue;
      fault(fmt::format("categories[{}].mcc", at),
            fmt::format("{} overlaps {} of categories[{}]", mcc_range_text(a.mcc_first, a.mcc_last),
                        mcc_range_text(b.mcc_first, b.mcc_last), before));
    }
  }
}

/// Refuses a member that stands twice in one object, of which a parser would keep only the last.
Json parse_json(std::string_view text) {
  std::vector<std::set<std::string>> open;
  std::optional<std::string> twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) open.emplace_back();
    if (event == Json::parse_event_t::object_end) open.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!open.back().insert(name).second && !twice) twice = name;
    }
    return true;
  };
  try {
    Json document = Json::parse(text.begin(), text.end(), watch);
    if (twice) fault("", fmt::format("\"{}\" stands twice in one object", *twice));
    return document;
  } catch (const Json::parse_error& error) {
    // Its own text begins with a number of its own: "[json.exception.parse_error.101] …".
    const std::string_view what = error.what();
    const std::size_t from = what.find("] ");
    fault("", fmt::format("this is not JSON: {}",
                          from == std::string_view::npos ? what : what.substr(from + 2)));
  }
}

RuleSet read_document(const Json& document) {
  check_members(document, "", {"version", "currency", "categories"});
  RuleSet rules;
  const auto version = document.find("version");
  if (version == document.end()) fault("version", "it is not given");
  if (!version->is_number_unsigned() || version->get<std::uint64_t>() == 0 ||
      version->get<std::uint64_t>() > 0xffff'ffff) {
    fault("version", "a whole number from 1 to 4294967295 is due here");
  }
  rules.version = version->get<std::uint32_t>();
  if (const auto currency = document.find("currency"); currency != document.end()) {
    const auto code = parse_currency(text_at(*currency, "currency"));
    if (!code) fault("currency", code.error());
    rules.currency = *code;
  }
  const auto rows = document.find("categories");
  if (rows == document.end()) fault("categories", "it is not given; [] stands for none");
  if (!rows->is_array()) fault("categories", "an array […] is due here");
  if (rows->size() > limits::categories_max) {
    fault("categories", fmt::format("{} are too many: {} is the most", rows->size(),
                                    limits::categories_max));
  }
  for (std::size_t at = 0; at < rows->size(); ++at) {
    const std::string path = fmt::format("categories[{}]", at);
    rules.categories.push_back(read_category((*rows)[at], path, rules.currency));
    rules.categories.back().version = rules.version;
  }
  check_overlaps(rules.categories);
  return rules;
}

/// A version 8 (made by a rule) UUID, so that it is never one that a gateway draws at random:
/// 'HFRS', the row, and below it program and version in full.
RequestId request_id_of(ProgramId program, std::uint32_t version, std::uint16_t row) {
  constexpr std::uint64_t kMark = 0x4846'5253;
  constexpr std::uint64_t kVersion8 = 0x8000;
  constexpr std::uint64_t kVariantRfc4122 = 0x8000'0000'0000'0000;
  constexpr unsigned kLowVersionBits = 30;
  return {.low = kVariantRfc4122 | std::uint64_t{program.value} << kLowVersionBits |
                 (version & ((1U << kLowVersionBits) - 1)),
          .high = kMark << 32 | std::uint64_t{row} << 16 | kVersion8 | version >> kLowVersionBits};
}

}  // namespace

std::expected<RuleSet, std::string> parse_rule_set(std::string_view json) {
  try {
    return read_document(parse_json(json));
  } catch (const Fault& wrong) {
    return std::unexpected(wrong.text);
  }
}

std::vector<Command> rule_set_commands(const RuleSet& rules, ProgramId program) {
  constexpr std::uint16_t kActivateRow = 0xffff;
  static_assert(limits::categories_max < kActivateRow);
  std::vector<Command> commands;
  const auto next = [&](CommandKind kind, std::uint16_t row) -> Command& {
    Command& command = commands.emplace_back();
    command.kind = kind;
    command.request_id = request_id_of(program, rules.version, row);
    return command;
  };
  const auto count = static_cast<std::uint16_t>(rules.categories.size());
  next(CommandKind::begin_rule_set, 0).begin_rule_set = {
      .program = program, .version = rules.version, .categories = count};
  for (std::uint16_t row = 0; row < count; ++row) {
    Command& command = next(CommandKind::add_category, static_cast<std::uint16_t>(row + 1));
    command.add_category = rules.categories[row];
    command.add_category.program = program;
  }
  next(CommandKind::activate_rule_set, kActivateRow).activate_rule_set = {
      .program = program, .version = rules.version};
  return commands;
}

std::string mcc_range_text(Mcc first, Mcc last) {
  if (first == last) return fmt::format("{:04}", first.code);
  return fmt::format("{:04}-{:04}", first.code, last.code);
}

}  // namespace holdfast::tools
