#include "tools/cli/rule_set_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "tools/cli/options.h"
#include "tools/text/amounts_text.h"

namespace holdfast::tools {

void rule_fault(const std::string& path, const std::string& what) {
  throw RuleFault{path.empty() ? what : fmt::format("{}: {}", path, what)};
}

RuleJson parse_rule_json(std::string_view text) {
  std::vector<std::set<std::string>> open;
  std::optional<std::string> twice;
  const auto watch = [&](int, RuleJson::parse_event_t event, RuleJson& parsed) {
    if (event == RuleJson::parse_event_t::object_start) open.emplace_back();
    if (event == RuleJson::parse_event_t::object_end) open.pop_back();
    if (event == RuleJson::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!open.back().insert(name).second && !twice) twice = name;
    }
    return true;
  };
  try {
    RuleJson document = RuleJson::parse(text.begin(), text.end(), watch);
    if (twice) rule_fault("", fmt::format("\"{}\" stands twice in one object", *twice));
    return document;
  } catch (const RuleJson::parse_error& error) {
    // Its own text begins with a number of its own: "[json.exception.parse_error.101] …".
    const std::string_view what = error.what();
    const std::size_t from = what.find("] ");
    rule_fault("", fmt::format("this is not JSON: {}",
                               from == std::string_view::npos ? what : what.substr(from + 2)));
  }
}

std::string path_to(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void check_members(const RuleJson& object, const std::string& path,
                   std::span<const std::string_view> known) {
  if (!object.is_object()) rule_fault(path, "an object {…} is due here");
  for (const auto& [name, value] : object.items()) {
    if (std::ranges::find(known, name) != known.end()) continue;
    std::string names;
    for (const std::string_view one : known) {
      if (!names.empty()) names += ", ";
      names += one;
    }
    rule_fault(path_to(path, name), "there is no such member; there are " + names);
  }
}

const RuleJson* member(const RuleJson& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

const std::string& text_at(const RuleJson& value, const std::string& path) {
  if (!value.is_string()) rule_fault(path, "a text in quotes is due here");
  return value.get_ref<const std::string&>();
}

const RuleJson& filled_array_at(const RuleJson& value, const std::string& path) {
  if (!value.is_array()) rule_fault(path, "an array […] is due here");
  if (value.empty()) rule_fault(path, "it is empty: leave it away, or say what is in it");
  return value;
}

std::uint64_t whole_number_at(const RuleJson& value, const std::string& path, std::uint64_t least,
                              std::uint64_t most) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
      value.get<std::uint64_t>() > most) {
    rule_fault(path, fmt::format("a whole number from {} to {} is due here", least, most));
  }
  return value.get<std::uint64_t>();
}

std::uint32_t period_at(const RuleJson& value, const std::string& path) {
  const auto period = parse_period_s(text_at(value, path));
  if (!period) rule_fault(path, period.error());
  if (*period == 0) rule_fault(path, "a period of 0 has no meaning: leave it away");
  return *period;
}

Money amount_at(const RuleJson& value, const std::string& path, CurrencyCode code) {
  const std::string& text = text_at(value, path);
  if (code.numeric == 0) {
    rule_fault(path, "the amount is in major units, and the document names no \"currency\"");
  }
  const auto currency = find_currency(code);
  if (!currency) rule_fault("currency", fmt::format("{:03} has no minor unit", code.numeric));
  const auto amount = parse_major_amount(text, *currency);
  if (!amount) rule_fault(path, amount.error());
  return *amount;
}

}  // namespace holdfast::tools
