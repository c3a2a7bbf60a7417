// Which controls match a payment, what they answer, and how a rule set with them is written.
#include <gtest/gtest.h>

#include <functional>

#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

/// A payment that a filter may look at.
Command payment(std::int64_t amount, const std::function<void(Authorize&)>& change) {
  Command command = authorize(1, kCard, amount);
  command.authorize.mcc = {5411};
  command.authorize.country = {826};
  command.authorize.merchant = merchant("GROCER 1");
  command.authorize.channel = Channel::chip;
  change(command.authorize);
  return command;
}
Command payment(std::int64_t amount = 100) {
  return payment(amount, [](Authorize&) {});
}

TEST(Controls, DenyMatchesEveryPartOfItsFilter) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.mcc_list = 1;
  deny.country_list = 2;
  deny.channels = 1 << static_cast<int>(Channel::ecommerce);
  deny.types = 1 << static_cast<int>(TransactionType::quasi_cash);
  RuledWorld world(
      {{deny}, {mcc_item(1, 7995, 7999), mcc_item(1, 7998, 8000), country_item(2, 840)}});
  const auto all = [](Authorize& a) {
    a.mcc = {7995};
    a.country = {840};
    a.channel = Channel::ecommerce;
    a.type = TransactionType::quasi_cash;
  };
  const auto judged = [&](const std::function<void(Authorize&)>& change) {
    return world.send(payment(100, [&](Authorize& a) {
      all(a);
      change(a);
    })).decision;
  };
  EXPECT_EQ(judged([](Authorize&) {}), Decision::denied_by_control);
  EXPECT_EQ(judged([](Authorize& a) { a.mcc = {8000}; }), Decision::denied_by_control);
  EXPECT_EQ(judged([](Authorize& a) { a.mcc = {7994}; }), Decision::approved);
  EXPECT_EQ(judged([](Authorize& a) { a.mcc = {8001}; }), Decision::approved);
  EXPECT_EQ(judged([](Authorize& a) { a.country = {826}; }), Decision::approved);
  EXPECT_EQ(judged([](Authorize& a) { a.country = {}; }), Decision::approved);
  EXPECT_EQ(judged([](Authorize& a) { a.channel = Channel::chip; }), Decision::approved);
  EXPECT_EQ(judged([](Authorize& a) { a.type = TransactionType::cash; }), Decision::approved);
}

TEST(Controls, MerchantListsDenyAndAllow) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.merchant_list = 1;
  AddControl allow = filter(2, ControlEffect::allow_only);
  allow.merchant_list = 2;
  RuledWorld world({{deny, allow}, {merchant_item(1, "SHADY"), merchant_item(2, "SHADY"),
                                    merchant_item(2, "GROCER 1")}});
  const auto judged = [&](std::string_view name) {
    return world.send(payment(100, [&](Authorize& a) { a.merchant = merchant(name); })).decision;
  };
  EXPECT_EQ(judged("GROCER 1"), Decision::approved);
  EXPECT_EQ(judged("SHADY"), Decision::merchant_denied);
  EXPECT_EQ(judged("GROCER 2"), Decision::merchant_denied);
  EXPECT_EQ(judged(""), Decision::merchant_denied);
}

TEST(Controls, AllowOnlyDeclinesWhatItsFilterDoesNotMatch) {
  AddControl allow = filter(1, ControlEffect::allow_only);
  allow.mcc_list = 1;
  allow.channels =
      1 << static_cast<int>(Channel::chip) | 1 << static_cast<int>(Channel::contactless);
  RuledWorld world({{allow}, {mcc_item(1, 5411, 5411)}});
  EXPECT_EQ(world.send(payment()).decision, Decision::approved);
  EXPECT_EQ(world.send(payment(1, [](Authorize& a) { a.channel = Channel::contactless; })).decision,
            Decision::approved);
  EXPECT_EQ(world.send(payment(1, [](Authorize& a) { a.channel = Channel::moto; })).decision,
            Decision::denied_by_control);
  EXPECT_EQ(world.send(payment(1, [](Authorize& a) { a.mcc = {5412}; })).decision,
            Decision::denied_by_control);
}

TEST(Controls, AllAreLookedAtAndTheLowestDecisionIsTheAnswer) {
  AddControl by_count = cap_window(1, WindowKind::day, INT64_MAX, 0);
  AddControl by_amount = cap_transaction(2, 50);
  AddControl denies = filter(3, ControlEffect::deny);
  denies.mcc_list = 1;
  AddControl denies_merchant = filter(4, ControlEffect::deny);
  denies_merchant.merchant_list = 2;
  RuledWorld world({{by_count, by_amount, denies, denies_merchant},
                    {mcc_item(1, 6011, 6011), merchant_item(2, "SHADY")}});
  const auto judged = [&](std::int64_t amount, std::uint16_t mcc, std::string_view name) {
    return world.send(payment(amount, [&](Authorize& a) {
      a.mcc = {mcc};
      a.merchant = merchant(name);
    })).decision;
  };
  EXPECT_EQ(judged(50, 5411, ""), Decision::over_count_limit);
  EXPECT_EQ(judged(51, 5411, ""), Decision::over_amount_limit);
  EXPECT_EQ(judged(51, 6011, ""), Decision::denied_by_control);
  EXPECT_EQ(judged(51, 6011, "SHADY"), Decision::merchant_denied);
  EXPECT_EQ(judged(RuledWorld::kFunds + 1, 6011, ""), Decision::denied_by_control)
      << "before the funds";
  Command other_currency = payment();
  other_currency.authorize.currency = {978};
  EXPECT_EQ(world.send(other_currency).decision, Decision::currency_mismatch)
      << "after the currency";
  EXPECT_EQ(world.count(), 0U);
}

TEST(Controls, ACapATransactionJudgesTheWholeHold) {
  RuledWorld world({{cap_transaction(1, 100)}});
  EXPECT_EQ(world.judged(101), Decision::over_amount_limit);
  const Outcome hold = world.pay(60);
  ASSERT_EQ(hold.decision, Decision::approved);
  EXPECT_EQ(world.raise(hold, 41).decision, Decision::over_amount_limit);
  EXPECT_EQ(world.raise(hold, INT64_MAX).decision, Decision::over_amount_limit);
  EXPECT_EQ(world.raise(hold, 40).decision, Decision::approved);
  Command verification = authorize(1, kCard, 0);
  verification.authorize.flags = kAuthorizeVerification;
  EXPECT_EQ(world.send(verification).decision, Decision::verified);
}

TEST(Controls, AnIncrementIsJudgedAsItsAuthorization) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.mcc_list = 1;
  RuledWorld world(Rules{});
  const Outcome hold = world.send(payment());
  world.activate({{deny}, {mcc_item(1, 5411, 5411)}});
  EXPECT_EQ(world.raise(hold, 1).decision, Decision::denied_by_control);
  world.give_back(hold);
  EXPECT_EQ(world.raise(hold, 1).decision, Decision::denied_by_control) << "before its state";
}

TEST(Controls, AVerificationIsJudgedByFilters) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.mcc_list = 1;
  RuledWorld world({{deny}, {mcc_item(1, 5411, 5411)}});
  Command verification = payment(0);
  verification.authorize.flags = kAuthorizeVerification;
  EXPECT_EQ(world.send(verification).decision, Decision::denied_by_control);
}

// Writing ---------------------------------------------------------------------------------------

class Writing : public ::testing::Test {
 protected:
  Writing() { small_world(engine_, 0); }
  template <class Body>
  Decision send(CommandKind kind, Body Command::*member, Body body, std::uint32_t version = 1) {
    body.version = version;
    Command command = make(kind, ++request_);
    command.*member = body;
    return engine_.apply(command, kStart).decision;
  }
  Decision begin(std::uint32_t controls, std::uint32_t list_items, std::uint32_t zone_offsets,
                 std::uint32_t version = 1) {
    BeginRuleSet row;
    row.controls = controls;
    row.list_items = list_items;
    row.zone_offsets = zone_offsets;
    return send(CommandKind::begin_rule_set, &Command::begin_rule_set, row, version);
  }
  Decision add(const AddControl& row, std::uint32_t version = 1) {
    return send(CommandKind::add_control, &Command::add_control, row, version);
  }
  Decision add(const AddListItem& row, std::uint32_t version = 1) {
    return send(CommandKind::add_list_item, &Command::add_list_item, row, version);
  }
  Decision add(const AddZoneOffset& row, std::uint32_t version = 1) {
    return send(CommandKind::add_zone_offset, &Command::add_zone_offset, row, version);
  }
  Decision activate(std::uint32_t version = 1) {
    return send(CommandKind::activate_rule_set, &Command::activate_rule_set, ActivateRuleSet{},
                version);
  }

  StateMachine engine_;
  std::uint64_t request_ = 1;
};

TEST_F(Writing, RowsThatDisagreeAreRefused) {
  ASSERT_EQ(begin(2, 3, 3), Decision::approved);
  EXPECT_EQ(add(cap_transaction(1, 5)), Decision::approved);
  EXPECT_EQ(add(cap_transaction(1, 6)), Decision::not_allowed_in_state) << "its number is there";
  EXPECT_EQ(add(mcc_item(1, 1, 2)), Decision::approved);
  EXPECT_EQ(add(country_item(1, 826)), Decision::not_allowed_in_state) << "a list has one kind";
  EXPECT_EQ(add(zone_offset(1, INT64_MIN, 0)), Decision::approved);
  EXPECT_EQ(add(zone_offset(1, INT64_MIN, 3600)), Decision::not_allowed_in_state);
  EXPECT_EQ(add(zone_offset(1, 100, 3600)), Decision::approved);
  EXPECT_EQ(add(zone_offset(1, 100, 0)), Decision::not_allowed_in_state) << "not above the last";
  EXPECT_EQ(add(zone_offset(2, 5, 0)), Decision::approved);
  EXPECT_EQ(add(zone_offset(2, 6, 0)), Decision::not_allowed_in_state) << "three were announced";
  EXPECT_EQ(add(cap_transaction(2, 6), 9), Decision::no_original);
  EXPECT_EQ(activate(), Decision::not_allowed_in_state);
}

TEST_F(Writing, ActivationNeedsAllRowsAndWhatTheyName) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.mcc_list = 1;
  AddControl day = cap_window(2, WindowKind::day, 5);
  day.zone = 4;
  ASSERT_EQ(begin(2, 1, 1), Decision::approved);
  EXPECT_EQ(add(deny), Decision::approved);
  EXPECT_EQ(add(day), Decision::approved);
  EXPECT_EQ(add(zone_offset(4, 0, 3600)), Decision::approved);
  EXPECT_EQ(activate(), Decision::not_allowed_in_state) << "a row is missing";
  EXPECT_EQ(add(country_item(1, 826)), Decision::approved);
  EXPECT_EQ(activate(), Decision::not_allowed_in_state) << "list 1 is one of countries";
  ASSERT_EQ(begin(2, 1, 1, 2), Decision::approved);
  EXPECT_EQ(add(deny, 2), Decision::approved);
  EXPECT_EQ(add(day, 2), Decision::approved);
  EXPECT_EQ(add(mcc_item(1, 1, 1), 2), Decision::approved);
  EXPECT_EQ(add(zone_offset(3, 0, 3600), 2), Decision::approved);
  EXPECT_EQ(activate(2), Decision::not_allowed_in_state) << "zone 4 is not there";
  ASSERT_EQ(begin(2, 1, 1, 3), Decision::approved);
  EXPECT_EQ(add(deny, 3), Decision::approved);
  EXPECT_EQ(add(day, 3), Decision::approved);
  EXPECT_EQ(add(mcc_item(1, 1, 1), 3), Decision::approved);
  EXPECT_EQ(add(zone_offset(4, 0, 3600), 3), Decision::approved);
  EXPECT_EQ(activate(3), Decision::approved);
  EXPECT_EQ(engine_.show_program({0}).rule_set_controls, 2U);
  EXPECT_EQ(add(cap_transaction(5, 1), 3), Decision::not_allowed_in_state) << "active";
}

TEST_F(Writing, MalformedRowsAreToldFirst) {
  const auto malformed = [this](auto row, auto change) {
    change(row);
    EXPECT_EQ(add(row), Decision::malformed);
  };
  const AddControl day = cap_window(1, WindowKind::day, 5);
  EXPECT_EQ(add(day), Decision::no_original) << "well formed";
  malformed(day, [](AddControl& c) { c.control = 0; });
  malformed(day, [](AddControl& c) { c.scope = ControlScope{3}; });
  malformed(day, [](AddControl& c) { c.effect = ControlEffect{4}; });
  malformed(day, [](AddControl& c) { c.window = WindowKind{7}; });
  malformed(day, [](AddControl& c) { c.window = WindowKind::none; });
  malformed(day, [](AddControl& c) { c.week_start = 1; });
  malformed(day, [](AddControl& c) { c.window_s = 60; });
  malformed(day, [](AddControl& c) { c.amount_max = {-1}; });
  malformed(day, [](AddControl& c) { c.amount_max = {INT64_MAX}; });
  malformed(day, [](AddControl& c) { c.channels = 1 << (kChannelMax + 1); });
  malformed(day, [](AddControl& c) { c.types = 1 << (kTransactionTypeMax + 1); });
  malformed(day, [](AddControl& c) { c.reserved[2] = 1; });
  malformed(cap_window(1, WindowKind::week, 5), [](AddControl& c) { c.week_start = 8; });
  malformed(cap_window(1, WindowKind::week, 5), [](AddControl& c) { c.week_start = 0; });
  malformed(cap_window(1, WindowKind::lifetime, 5), [](AddControl& c) { c.zone = 1; });
  const AddControl hours = rolling(1, 31 * 60, 60, 5);
  EXPECT_EQ(add(hours), Decision::no_original) << "well formed";
  malformed(hours, [](AddControl& c) { c.window_s = 32 * 60; });
  malformed(hours, [](AddControl& c) { c.window_s = 61; });
  malformed(hours, [](AddControl& c) { c.window_s = 0; });
  malformed(hours, [](AddControl& c) { c.granularity_s = 0; });
  malformed(hours, [](AddControl& c) { c.zone = 1; });
  malformed(cap_transaction(1, 5), [](AddControl& c) { c.count_max = 1; });
  malformed(cap_transaction(1, 5), [](AddControl& c) { c.window = WindowKind::day; });
  malformed(filter(1, ControlEffect::deny), [](AddControl&) {});
  malformed(filter(1, ControlEffect::allow_only), [](AddControl& c) {
    c.types = 1;
    c.amount_max = {1};
  });

  EXPECT_EQ(add(mcc_item(1, 0, 9999)), Decision::no_original) << "well formed";
  malformed(mcc_item(1, 2, 1), [](AddListItem&) {});
  malformed(mcc_item(1, 1, 10'000), [](AddListItem&) {});
  malformed(mcc_item(0, 1, 1), [](AddListItem&) {});
  malformed(mcc_item(1, 1, 1), [](AddListItem& i) { i.country = {1}; });
  malformed(mcc_item(1, 1, 1), [](AddListItem& i) { i.kind = ListKind{3}; });
  malformed(country_item(1, 0), [](AddListItem&) {});
  malformed(country_item(1, 1000), [](AddListItem&) {});
  malformed(country_item(1, 826), [](AddListItem& i) { i.mcc_last = {1}; });
  malformed(merchant_item(1, ""), [](AddListItem&) {});
  malformed(merchant_item(1, "A\tB"), [](AddListItem&) {});
  malformed(zone_offset(0, 0, 0), [](AddZoneOffset&) {});
  malformed(zone_offset(1, 0, 86'400), [](AddZoneOffset&) {});
  malformed(zone_offset(1, 0, -86'400), [](AddZoneOffset&) {});
  EXPECT_EQ(begin(65, 0, 0), Decision::malformed);
}

}  // namespace
}  // namespace holdfast
