// Holds the engine's enumerations, its decisions and the reject codes against holdfast.xml, in both
// directions: neither side may have a value that the other does not have.
#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <string>

#include "engine/decision.h"
#include "engine/request.h"
#include "net/protocol/reject.h"
#include "tests/net/camel_case.h"
#include "tests/net/schema_fixture.h"

namespace holdfast::net {
namespace {

using test::camel;
using test::Schema;
using test::Values;

// Names of enumerators. Without a default, so that the compiler asks for a new one here.
std::string name_of(AccountStatus value) {
  switch (value) {
    case AccountStatus::open: return "open";
    case AccountStatus::frozen: return "frozen";
    case AccountStatus::closed: return "closed";
  }
  return "";
}
std::string name_of(CardStatus value) {
  switch (value) {
    case CardStatus::active: return "active";
    case CardStatus::blocked: return "blocked";
    case CardStatus::lost: return "lost";
    case CardStatus::stolen: return "stolen";
    case CardStatus::closed: return "closed";
  }
  return "";
}
std::string name_of(Channel value) {
  switch (value) {
    case Channel::unknown: return "unknown";
    case Channel::chip: return "chip";
    case Channel::contactless: return "contactless";
    case Channel::magstripe: return "magstripe";
    case Channel::manual: return "manual";
    case Channel::ecommerce: return "ecommerce";
    case Channel::moto: return "moto";
    case Channel::recurring: return "recurring";
    case Channel::atm: return "atm";
  }
  return "";
}
std::string name_of(TransactionType value) {
  switch (value) {
    case TransactionType::purchase: return "purchase";
    case TransactionType::cash: return "cash";
    case TransactionType::purchase_cashback: return "purchaseCashback";
    case TransactionType::quasi_cash: return "quasiCash";
    case TransactionType::account_funding: return "accountFunding";
  }
  return "";
}
std::string name_of(AuthorizationState value) {
  switch (value) {
    case AuthorizationState::open: return "open";
    case AuthorizationState::captured: return "captured";
    case AuthorizationState::reversed: return "reversed";
    case AuthorizationState::expired: return "expired";
  }
  return "";
}
std::string name_of(ControlScope value) {
  switch (value) {
    case ControlScope::program: return "program";
    case ControlScope::account: return "account";
    case ControlScope::card: return "card";
  }
  return "";
}
std::string name_of(ControlEffect value) {
  switch (value) {
    case ControlEffect::deny: return "deny";
    case ControlEffect::allow_only: return "allowOnly";
    case ControlEffect::cap_transaction: return "capTransaction";
    case ControlEffect::cap_window: return "capWindow";
  }
  return "";
}
std::string name_of(WindowKind value) {
  switch (value) {
    case WindowKind::none: return "none";
    case WindowKind::day: return "day";
    case WindowKind::week: return "week";
    case WindowKind::month: return "month";
    case WindowKind::year: return "year";
    case WindowKind::lifetime: return "lifetime";
    case WindowKind::rolling: return "rolling";
  }
  return "";
}
std::string name_of(SnapshotDelay value) {
  switch (value) {
    case SnapshotDelay::none: return "none";
    case SnapshotDelay::under_way: return "underWay";
    case SnapshotDelay::being_written: return "beingWritten";
    case SnapshotDelay::making_memory: return "makingMemory";
  }
  return "";
}
std::string name_of(SnapshotPhase value) {
  switch (value) {
    case SnapshotPhase::none: return "none";
    case SnapshotPhase::copying: return "copying";
    case SnapshotPhase::copied: return "copied";
  }
  return "";
}
std::string name_of(RuleSetState value) {
  switch (value) {
    case RuleSetState::begun: return "begun";
    case RuleSetState::complete: return "complete";
    case RuleSetState::shadow: return "shadow";
    case RuleSetState::active: return "active";
    case RuleSetState::former: return "former";
  }
  return "";
}
std::string name_of(Stage value) {
  const auto index = static_cast<std::size_t>(value);
  return index < kStages ? std::string(kStageNames[index]) : "";
}
std::string name_of(ListKind value) {
  switch (value) {
    case ListKind::mcc: return "mcc";
    case ListKind::country: return "country";
    case ListKind::merchant: return "merchant";
  }
  return "";
}

template <class Enum>
Values values_of() {
  Values values;
  for (unsigned value = 0; value < 256; ++value) {
    if (const std::string name = name_of(static_cast<Enum>(value)); !name.empty()) {
      values[name] = value;
    }
  }
  return values;
}

Values decisions() {
  Values values;
  for (const DecisionInfo& info : kDecisions) {
    values[camel(info.name)] = static_cast<std::uint64_t>(info.decision);
  }
  return values;
}

Values rejects() {
  Values values;
  for (const RejectInfo& info : kRejects) {
    values[camel(info.name)] = static_cast<std::uint64_t>(info.code);
  }
  return values;
}

TEST_F(Schema, EnumerationsHaveTheEnginesValues) {
  const std::map<std::string, Values> ours = {
      {"Decision", decisions()},
      {"RejectCode", rejects()},
      {"AccountStatus", values_of<AccountStatus>()},
      {"CardStatus", values_of<CardStatus>()},
      {"Channel", values_of<Channel>()},
      {"TransactionType", values_of<TransactionType>()},
      {"AuthorizationState", values_of<AuthorizationState>()},
      {"ControlScope", values_of<ControlScope>()},
      {"ControlEffect", values_of<ControlEffect>()},
      {"WindowKind", values_of<WindowKind>()},
      {"ListKind", values_of<ListKind>()},
      {"RuleSetState", values_of<RuleSetState>()},
      {"SnapshotPhase", values_of<SnapshotPhase>()},
      {"SnapshotDelay", values_of<SnapshotDelay>()},
      {"Stage", values_of<Stage>()},
      {"YesNo", {{"no", 0}, {"yes", 1}}},
  };
  std::size_t count = 0;
  for (const auto node : types_.children("enum")) {
    const std::string name = node.attribute("name").value();
    ASSERT_TRUE(ours.contains(name)) << name << " is not known to the code";
    EXPECT_EQ(xml_values("enum", "validValue", name.c_str()), ours.at(name)) << name;
    ++count;
  }
  EXPECT_EQ(count, ours.size());
  EXPECT_EQ(values_of<Channel>().size(), kChannelMax + 1u);
  EXPECT_EQ(values_of<TransactionType>().size(), kTransactionTypeMax + 1u);
}

TEST_F(Schema, DecisionsTellTheirDe39) {
  const auto node = types_.find_child_by_attribute("enum", "name", "Decision");
  for (const DecisionInfo& info : kDecisions) {
    const auto value = node.find_child_by_attribute("validValue", "name", camel(info.name).c_str());
    const std::string want = "DE39 " + std::string(info.de39) + ": " + std::string(info.text);
    EXPECT_EQ(value.attribute("description").value(), want);
  }
}

TEST_F(Schema, SetsHaveTheEnginesBits) {
  const auto bit = [](unsigned mask) { return static_cast<std::uint64_t>(std::countr_zero(mask)); };
  const std::map<std::string, Values> ours = {
      {"AccountFlags", {{"mayGoNegative", bit(kAccountMayGoNegative)}}},
      {"AccountChange", {{"status", bit(kChangeStatus)}, {"creditLimit", bit(kChangeCreditLimit)}}},
      {"CardChange",
       {{"status", bit(kChangeStatus)}, {"program", bit(kChangeProgram)},
           {"expiry", bit(kChangeExpiry)}}},
      {"OutcomeFlags",
       {{"repeated", bit(kOutcomeRepeated)},
        {"late", bit(kOutcomeLate)},
        {"overdrawn", bit(kOutcomeOverdrawn)},
        {"forced", bit(kOutcomeForced)},
        {"originalForgotten", bit(kOutcomeOriginalForgotten)}}},
      {"AuthorizeFlags",
       {{"partialAllowed", bit(kAuthorizePartialAllowed)},
        {"verification", bit(kAuthorizeVerification)},
        {"estimated", bit(kAuthorizeEstimated)},
        {"merchantInitiated", bit(kAuthorizeMerchantInitiated)}}},
      {"ChannelSet", values_of<Channel>()},
      {"TransactionTypeSet", values_of<TransactionType>()},
  };
  std::size_t count = 0;
  for (const auto node : types_.children("set")) {
    const std::string name = node.attribute("name").value();
    ASSERT_TRUE(ours.contains(name)) << name;
    EXPECT_EQ(xml_values("set", "choice", name.c_str()), ours.at(name)) << name;
    ++count;
  }
  EXPECT_EQ(count, ours.size());
  EXPECT_EQ(ours.at("AccountFlags").size(),
            static_cast<std::size_t>(std::popcount(unsigned{kAccountFlagsAll})));
  EXPECT_EQ(ours.at("AuthorizeFlags").size(),
            static_cast<std::size_t>(std::popcount(kAuthorizeFlagsAll)));
}

}  // namespace
}  // namespace holdfast::net
