#include "tests/scenarios/arguments.h"

#include <fmt/format.h>

namespace holdfast::scenarios {

std::string Arguments::word(std::string_view what) {
  while (taken_flags_.contains(next_word_)) ++next_word_;
  if (next_word_ >= step_.words.size()) {
    throw BadWord(fmt::format("'{}' needs {}", step_.verb, what));
  }
  return step_.words[next_word_++];
}

bool Arguments::flag(std::string_view name) {
  asked_options_.emplace(name);
  for (std::size_t i = next_word_; i < step_.words.size(); ++i) {
    if (step_.words[i] == name) return taken_flags_.insert(i).second;
  }
  return false;
}

std::optional<std::string> Arguments::option(std::string_view name) {
  asked_options_.emplace(std::string(name) + "=");
  const auto found = step_.options.find(std::string(name));
  if (found == step_.options.end()) return std::nullopt;
  taken_options_.emplace(name);
  return found->second;
}

std::string Arguments::required(std::string_view name) {
  const auto value = option(name);
  if (!value) throw BadWord(fmt::format("'{}' needs {}=", step_.verb, name));
  return *value;
}

void Arguments::finish() const {
  const auto refuse = [&](const std::string& word) {
    std::string all;
    for (const std::string& name : asked_options_) all += " " + name;
    throw BadWord(fmt::format("'{}' does not take '{}'; it takes:{}", step_.verb, word, all));
  };
  for (std::size_t i = next_word_; i < step_.words.size(); ++i) {
    if (!taken_flags_.contains(i)) refuse(step_.words[i]);
  }
  for (const auto& [name, value] : step_.options) {
    if (!taken_options_.contains(name)) refuse(name + "=");
  }
}

void take_range(const std::string& range, Mcc& first, Mcc& last) {
  const std::size_t dash = range.find('-');
  first.code = static_cast<std::uint16_t>(number_of(range.substr(0, dash)));
  last = first;
  if (dash != std::string::npos) {
    last.code = static_cast<std::uint16_t>(number_of(range.substr(dash + 1)));
  }
}

}  // namespace holdfast::scenarios
