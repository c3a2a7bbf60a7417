// Steps of a scenario that are commands: words in, `Command` out.
//
// The table of verbs (`command_verbs`) is the whole language of commands: a new command of the
// engine is one function and one line there.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "tests/scenarios/names.h"
#include "tests/scenarios/scenario.h"

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

/// A command as a step tells it, before it is sent.
struct Told {
  Command command;
  std::string request;          // the request's name; empty: the runner makes one up
  Currency currency;            // of the amounts on the line
  std::optional<Money> amount;  // that an approval must tell; none: not known beforehand
};

struct CommandVerb {
  std::string_view name;
  Told (*tell)(Arguments& arguments, Names& names, const EngineConfig& config);
};
[[nodiscard]] std::span<const CommandVerb> command_verbs();

}  // namespace holdfast::scenarios
