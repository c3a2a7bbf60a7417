// What the tests of the codec share: a command of each kind, and what the codec refuses of a frame.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <vector>

#include "tests/net/frames.h"

namespace holdfast::net::test {

template <class T>
void put(Bytes& bytes, std::size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof value);
}

/// The refusal of a greeted session's frame, or nothing.
inline std::optional<Refusal> refusal_of_frame(const Bytes& bytes, Request& request,
                                               bool greeted = true) {
  const FrameScan scan = scan_frame(bytes);
  EXPECT_EQ(scan.status, FrameStatus::whole);
  if (scan.refusal) return scan.refusal;
  return decode_request(scan.frame, greeted, request);
}

inline std::optional<Refusal> refusal_of_frame(const Bytes& bytes) {
  Request request;
  return refusal_of_frame(bytes, request);
}

/// A command of each kind that may come from outside, every field its own value.
inline std::vector<Command> commands() {
  std::vector<Command> all;
  const auto next = [&](CommandKind kind) -> Command& {
    Command& command = all.emplace_back();
    command.kind = kind;
    command.request_id = RequestId{100 + static_cast<std::uint64_t>(kind), 9};
    return command;
  };
  next(CommandKind::create_account).create_account =
      {AccountId{1, 2}, Money{3}, CurrencyCode{4}, 1, 0};
  next(CommandKind::update_account).update_account =
      {AccountId{1, 2}, Money{3}, AccountStatus::closed, 3, {}};
  next(CommandKind::create_card).create_card =
      {CardToken{1, 2}, AccountId{3, 4}, ProgramId{5}, ExpiryMonth{2712}, 0};
  next(CommandKind::update_card).update_card =
      {CardToken{1, 2}, ProgramId{3}, ExpiryMonth{4}, CardStatus::stolen, 13};
  next(CommandKind::put_program).put_program = {ProgramId{1}, 2, AccountId{3, 4}};
  next(CommandKind::transfer).transfer =
      {AccountId{1, 2}, AccountId{3, 4}, Money{5}, CurrencyCode{6}, 0, 7};
  Authorize& authorize = next(CommandKind::authorize).authorize;
  authorize = {CardToken{1, 2}, Money{-3},      {"MERCHANT-DE42-1"},           {}, CurrencyCode{4},
               Mcc{5},          CountryCode{6}, Channel::atm, TransactionType::account_funding,
               kAuthorizeFlagsAll, 0, Money{7}};
  std::memcpy(authorize.terminal.text, "TERM0008", 8);  // all eight characters
  next(CommandKind::capture).capture =
      {AuthorizationId{1}, RequestId{2, 3}, Money{4}, AccountId{5, 6}, 1, {}, CardToken{7, 8}};
  next(CommandKind::reverse).reverse = {AuthorizationId{1}, RequestId{2, 3}, Money{4}, 1, {}};
  next(CommandKind::refund).refund = {AuthorizationId{1}, RequestId{2, 3}, CardToken{4, 5},
                                      AccountId{6, 7},    Money{8},        {"M"},
                                      CurrencyCode{9},    Mcc{10},         0};
  next(CommandKind::increment).increment = {AuthorizationId{1}, RequestId{2, 3}, Money{4}};
  next(CommandKind::advise).advise = {CardToken{1, 2}, Money{-3},      {"MERCHANT-DE42-1"},
                                      {"TERM"},        CurrencyCode{4}, Mcc{5},
                                      CountryCode{6},  Channel::moto,  TransactionType::quasi_cash,
                                      1,               {},             AccountId{7, 8}};
  next(CommandKind::set_rate).set_rate = {CurrencyCode{1}, CurrencyCode{2}, 3, 4, 0, -5, 6, 0};
  next(CommandKind::begin_rule_set).begin_rule_set = {ProgramId{1}, 2, 3, 4, 5, 6};
  next(CommandKind::add_category).add_category =
      {ProgramId{1}, 2, Mcc{3}, Mcc{4}, 5, 6, 7, Money{-8}, Money{-9}};
  next(CommandKind::activate_rule_set).activate_rule_set = {ProgramId{1}, 2};
  next(CommandKind::add_control).add_control = {ProgramId{1},
                                                2,
                                                3,
                                                ControlScope::card,
                                                ControlEffect::cap_window,
                                                WindowKind::rolling,
                                                7,
                                                4,
                                                5,
                                                6,
                                                7,
                                                0x1FF,
                                                0x1F,
                                                {},
                                                Money{-8},
                                                9,
                                                10,
                                                11,
                                                0};
  next(CommandKind::add_list_item).add_list_item = {
      ProgramId{1},   2, 3, ListKind::merchant, 0, Mcc{4}, Mcc{5}, CountryCode{6}, 0, 0,
      {"SUPPLIER-0815"}};
  next(CommandKind::add_zone_offset).add_zone_offset = {ProgramId{1}, 2, 3, 0, -4, -5};
  next(CommandKind::shadow_rule_set).shadow_rule_set = {ProgramId{1}, 2, 1, {}};
  return all;
}

}  // namespace holdfast::net::test
