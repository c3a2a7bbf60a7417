#include "tests/scenarios/names.h"

#include <fmt/format.h>

namespace holdfast::scenarios {
namespace {

bool is_ghost(std::string_view name) { return name.starts_with('?'); }

/// The value of a known name; ghosts get one of their own on the way.
template <class Map, class Make>
auto& find(Map& map, std::string_view what, std::string_view name, Make make) {
  auto found = map.find(name);
  if (found == map.end() && is_ghost(name)) found = map.emplace(std::string(name), make()).first;
  if (found != map.end()) return found->second;
  throw BadWord(fmt::format("no {} '{}' was introduced by an earlier step (write ?{} for one that "
                            "does not exist)", what, name, name));
}

}  // namespace

std::uint64_t Names::number() { return ++numbers_; }

AccountId Names::introduce_account(std::string_view name, const Currency& currency) {
  if (name == "none") return AccountId{};
  const auto [at, inserted] = accounts_.emplace(std::string(name), AccountId{numbers_ + 1, 0});
  if (inserted) number();
  currencies_.emplace(std::string(name), currency);
  return at->second;
}

CardToken Names::introduce_card(std::string_view name) {
  if (name == "none") return CardToken{};
  const auto [at, inserted] = cards_.emplace(std::string(name), CardToken{numbers_ + 1, 1});
  if (inserted) number();
  return at->second;
}

ProgramId Names::introduce_program(std::string_view name) {
  const ProgramId next{static_cast<std::uint32_t>(programs_.size())};
  return programs_.emplace(std::string(name), next).first->second;
}

Names::Request& Names::introduce_request(std::string_view name) {
  const auto [at, inserted] = requests_.emplace(std::string(name), Request{});
  if (inserted && name != "none") at->second.id = RequestId{number(), 7};
  return at->second;
}

AccountId Names::account(std::string_view name) {
  if (name == "none") return AccountId{};
  return find(accounts_, "account", name, [&] { return AccountId{number(), 1}; });
}

CardToken Names::card(std::string_view name) {
  if (name == "none") return CardToken{};
  return find(cards_, "card", name, [&] { return CardToken{number(), 1}; });
}

ProgramId Names::program(std::string_view name) {
  return find(programs_, "program", name, [&] {
    return ProgramId{1'000'000 + static_cast<std::uint32_t>(number())};
  });
}

RequestId Names::request(std::string_view name) {
  if (name == "none") return RequestId{};
  return find(requests_, "request", name, [&] {
    Request ghost;
    ghost.id = RequestId{number(), 7};
    return ghost;
  }).id;
}

const Names::Request& Names::answered_request(std::string_view name) const {
  const auto found = requests_.find(name);
  if (found == requests_.end() || !found->second.answered) {
    throw BadWord(fmt::format("no request '{}' was answered by an earlier step", name));
  }
  return found->second;
}

Currency Names::currency_of(std::string_view account) const {
  const auto found = currencies_.find(account);
  return found == currencies_.end() ? Currency{"", CurrencyCode{}, 2} : found->second;
}

std::string Names::account_name(AccountId id) const {
  if (id.is_zero()) return "none";
  for (const auto& [name, value] : accounts_) {
    if (value == id) return name;
  }
  return "?";
}

std::string Names::program_name(ProgramId id) const {
  for (const auto& [name, value] : programs_) {
    if (value == id) return name;
  }
  return "?";
}

std::string Names::request_name(LogPosition position) const {
  if (position.is_zero()) return "none";
  for (const auto& [name, request] : requests_) {
    if (request.answered && request.outcome.position == position) return name;
  }
  return "?";
}

}  // namespace holdfast::scenarios
