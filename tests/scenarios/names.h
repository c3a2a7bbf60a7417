// The names of a running scenario: which account, card, program and request each word means.
//
// A name must have been introduced by an earlier step, so that a typing error is an error and not a
// decline. `?ghost` is an id that nothing was ever given; `none` is the zero id.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "engine/command.h"
#include "engine/outcome.h"
#include "tests/scenarios/vocabulary.h"

namespace holdfast::scenarios {

class Names {
 public:
  struct Request {
    RequestId id;
    bool answered = false;  // command and outcome hold the first logged answer
    Command command;
    Outcome outcome;
    Currency currency;
  };

  // Introduce a name, or find it if it is known already.
  AccountId introduce_account(std::string_view name, const Currency& currency);
  CardToken introduce_card(std::string_view name);
  ProgramId introduce_program(std::string_view name);
  Request& introduce_request(std::string_view name);

  // Throw BadWord when the name is not known.
  [[nodiscard]] AccountId account(std::string_view name);
  [[nodiscard]] CardToken card(std::string_view name);
  [[nodiscard]] ProgramId program(std::string_view name);
  [[nodiscard]] RequestId request(std::string_view name);
  [[nodiscard]] const Request& answered_request(std::string_view name) const;

  /// Of a known account; two decimals for ghosts.
  [[nodiscard]] Currency currency_of(std::string_view account) const;

  // For answers: the name of an id, or "none" or "?".
  [[nodiscard]] std::string account_name(AccountId id) const;
  [[nodiscard]] std::string program_name(ProgramId id) const;
  /// Of the request whose answer has this log position.
  [[nodiscard]] std::string request_name(LogPosition position) const;

 private:
  std::uint64_t number();

  std::uint64_t numbers_ = 0;
  std::map<std::string, AccountId, std::less<>> accounts_;
  std::map<std::string, Currency, std::less<>> currencies_;
  std::map<std::string, CardToken, std::less<>> cards_;
  std::map<std::string, ProgramId, std::less<>> programs_{{"default", ProgramId{0}}};
  std::map<std::string, Request, std::less<>> requests_;
};

}  // namespace holdfast::scenarios
