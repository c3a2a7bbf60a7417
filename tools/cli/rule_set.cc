#include "tools/cli/rule_set.h"

#include <fmt/core.h>

#include <cmath>

#include "engine/limits.h"
#include "tools/cli/options.h"
#include "tools/cli/rule_set_controls.h"
#include "tools/cli/rule_set_json.h"

namespace holdfast::tools {
namespace {

constexpr std::uint32_t kHoldPeriodMost_s = 366 * 86'400;
constexpr double kTolerancePercentMost = 1000;

void read_mcc(const RuleJson& value, const std::string& path, AddCategory& row) {
  const auto range = parse_mcc_range(text_at(value, path));
  if (!range) rule_fault(path, range.error());
  row.mcc_first = range->first;
  row.mcc_last = range->last;
}

std::uint32_t hold_period_at(const RuleJson& value, const std::string& path) {
  const std::uint32_t period_s = period_at(value, path);
  if (period_s > kHoldPeriodMost_s) rule_fault(path, "366 days is the longest");
  return period_s;
}

std::uint32_t percent_bp_at(const RuleJson& value, const std::string& path) {
  if (!value.is_number()) rule_fault(path, "a number is due here, such as 20 or 12.5");
  const double percent = value.get<double>();
  if (!(percent >= 0 && percent <= kTolerancePercentMost)) {
    rule_fault(path, fmt::format("{} is not within 0 and 1000 percent", percent));
  }
  // Basis points are what is kept; a binary fraction is never exactly one.
  const double bp = std::round(percent * 100);
  if (std::abs(percent * 100 - bp) > 1e-6) {
    rule_fault(path, fmt::format("{} has more than two decimal places", percent));
  }
  return static_cast<std::uint32_t>(bp);
}

AddCategory read_category(const RuleJson& value, const std::string& path, CurrencyCode currency) {
  check_members(value, path, kCategoryMembers);
  if (!value.contains("mcc")) rule_fault(path + ".mcc", "it is not given");
  AddCategory row{};
  for (const auto& [name, given] : value.items()) {
    const std::string at = path_to(path, name);
    if (name == "mcc") read_mcc(given, at, row);
    if (name == "hold_period") row.hold_period_s = hold_period_at(given, at);
    if (name == "hold_period_merchant") row.hold_period_merchant_s = hold_period_at(given, at);
    if (name == "tolerance_percent") row.tolerance_bp = percent_bp_at(given, at);
    if (name == "tolerance") row.tolerance = amount_at(given, at, currency);
    if (name == "estimate") row.estimate = amount_at(given, at, currency);
  }
  return row;
}

void check_overlaps(const std::vector<AddCategory>& rows) {
  for (std::size_t at = 0; at < rows.size(); ++at) {
    for (std::size_t before = 0; before < at; ++before) {
      const AddCategory& a = rows[at];
      const AddCategory& b = rows[before];
      if (a.mcc_first > b.mcc_last || b.mcc_first > a.mcc_last) continue;
      rule_fault(fmt::format("categories[{}].mcc", at),
                 fmt::format("{} overlaps {} of categories[{}]",
                             mcc_range_text(a.mcc_first, a.mcc_last),
                             mcc_range_text(b.mcc_first, b.mcc_last), before));
    }
  }
}

void read_categories(const RuleJson& document, RuleSet& rules) {
  const RuleJson* rows = member(document, "categories");
  if (rows == nullptr) rule_fault("categories", "it is not given; [] stands for none");
  if (!rows->is_array()) rule_fault("categories", "an array […] is due here");
  if (rows->size() > limits::categories_max) {
    rule_fault("categories", fmt::format("{} are too many: {} is the most", rows->size(),
                                         limits::categories_max));
  }
  for (std::size_t at = 0; at < rows->size(); ++at) {
    const std::string path = fmt::format("categories[{}]", at);
    rules.categories.push_back(read_category((*rows)[at], path, rules.currency));
    rules.categories.back().version = rules.version;
  }
  check_overlaps(rules.categories);
}

RuleSet read_document(const RuleJson& document) {
  check_members(document, "", kDocumentMembers);
  RuleSet rules;
  const RuleJson* version = member(document, "version");
  if (version == nullptr) rule_fault("version", "it is not given");
  rules.version = static_cast<std::uint32_t>(whole_number_at(*version, "version", 1, 0xffff'ffff));
  if (const RuleJson* currency = member(document, "currency"); currency != nullptr) {
    const auto code = parse_currency(text_at(*currency, "currency"));
    if (!code) rule_fault("currency", code.error());
    rules.currency = *code;
  }
  read_categories(document, rules);
  read_controls(document, rules);
  return rules;
}

}  // namespace

std::expected<RuleSet, std::string> parse_rule_set(std::string_view json) {
  try {
    return read_document(parse_rule_json(json));
  } catch (const RuleFault& wrong) {
    return std::unexpected(wrong.text);
  }
}

}  // namespace holdfast::tools
