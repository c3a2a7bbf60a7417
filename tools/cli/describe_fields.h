// Fields of the engine's own types, for describe_*.cc: one rule each for how an id, an amount or a
// time looks in JSON and to a person. Thread: no state; any.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "engine/types.h"
#include "tools/cli/report.h"
#include "tools/text/amounts_text.h"
#include "tools/text/ids_text.h"
#include "tools/text/times_text.h"

namespace holdfast::tools {

/// JSON: minor units. Person: major units with the currency.
inline Field amount_field(std::string key, std::string label, Money amount, CurrencyCode currency) {
  return {std::move(key), amount.minor, std::move(label), amount_text(amount, currency)};
}

/// JSON: the id as text, or null when not given. Person: the id, or no line.
template <class Id>
Field id_field(std::string key, std::string label, const Id& id) {
  if (id.is_zero()) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), id_text(id), std::move(label), id_text(id)};
}

/// JSON: the number. Person: digits with thousands apart.
inline Field count_field(std::string key, std::string label, std::uint64_t count) {
  return {std::move(key), count, std::move(label), count_text(count)};
}

/// JSON: ISO 8601 text, or null for time zero.
inline Field time_field(std::string key, std::string label, TimestampNs time) {
  if (time.ns == 0) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), time_text(time), std::move(label), time_text(time)};
}

/// JSON: alphabetic code or digits, null when not known.
inline Field currency_field(std::string key, std::string label, CurrencyCode currency) {
  if (currency.numeric == 0) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), currency_text(currency), std::move(label), currency_text(currency)};
}

/// JSON: the text, null when empty. Person: no line when empty.
inline Field text_field(std::string key, std::string label, std::string text) {
  if (text.empty()) return {std::move(key), std::monostate{}, {}, {}};
  return {std::move(key), text, std::move(label), text};
}

}  // namespace holdfast::tools
