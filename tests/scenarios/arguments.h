// The words and options of a step, taken one by one, so that what nobody takes is an error. Thread:
// the test's.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "engine/types.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/vocabulary.h"

namespace holdfast::scenarios {

/// The words and options of one step; what nobody took is an error.
class Arguments {
 public:
  explicit Arguments(const Step& step) : step_(step) {}

  /// The next word; throws BadWord, naming `what`, when there is none.
  std::string word(std::string_view what);
  /// Takes the word if it is there, wherever it stands.
  bool flag(std::string_view name);
  std::optional<std::string> option(std::string_view name);
  std::string required(std::string_view name);
  /// Throws BadWord if a word or an option was not taken.
  void finish() const;

 private:
  const Step& step_;
  std::size_t next_word_ = 0;
  std::set<std::size_t> taken_flags_;
  std::set<std::string, std::less<>> taken_options_;
  std::set<std::string, std::less<>> asked_options_;
};

// Of an option that may be there.
template <class Number>
void take_number(Arguments& arguments, std::string_view name, Number& to) {
  if (const auto text = arguments.option(name)) to = static_cast<Number>(number_of(*text));
}

template <class Number>
void take_seconds(Arguments& arguments, std::string_view name, Number& to) {
  if (const auto text = arguments.option(name)) {
    to = static_cast<Number>(duration_ns_of(*text) / kNsPerSecond);
  }
}

template <std::size_t size>
void take_text(Arguments& arguments, std::string_view name, char (&to)[size]) {
  const auto text = arguments.option(name);
  if (!text) return;
  if (text->size() > size) throw BadWord(fmt::format("{}= takes {} characters", name, size));
  std::memcpy(to, text->data(), text->size());
  std::replace(std::begin(to), std::end(to), '~', '\x01');  // a way to write a control character
}

/// "5812" or "5812-5814".
void take_range(const std::string& range, Mcc& first, Mcc& last);

}  // namespace holdfast::scenarios
