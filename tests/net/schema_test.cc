// Holds the C++ structs, the engine's enumerations and the reject codes against holdfast.xml, in
// both directions: neither side may have a message, a field or a value that the other does not
// have.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <string>

#include "engine/decision.h"
#include "engine/request.h"
#include "net/protocol/messages.h"
#include "net/protocol/reject.h"
#include "net/protocol/schema.h"

namespace holdfast::net {
namespace {

using Values = std::map<std::string, std::uint64_t>;

std::string camel(std::string_view snake) {
  std::string out;
  bool upper = false;
  for (const char c : snake) {
    if (c == '_') {
      upper = true;
    } else {
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
      upper = false;
    }
  }
  return out;
}

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

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    const auto result = document_.load_file(HOLDFAST_SOURCE_DIR "/net/protocol/holdfast.xml");
    ASSERT_TRUE(result) << result.description();
    root_ = document_.child("sbe:messageSchema");
    types_ = root_.child("types");
    ASSERT_TRUE(root_ && types_);
  }

  // Primitive and number of elements of a type of the schema; an enumeration's is its encoding.
  struct Resolved {
    std::string primitive;
    std::size_t count = 1;
  };
  Resolved resolve(const std::string& name) {
    for (const auto node : types_.children()) {
      if (name != node.attribute("name").value()) continue;
      used_types_.insert(name);
      const std::string tag = node.name();
      if (tag == "type") return {node.attribute("primitiveType").value(),
          node.attribute("length").as_uint(1)};
      if (tag == "enum" || tag == "set") return {node.attribute("encodingType").value(), 1};
      return {name, 1};
    }
    return {name, 1};
  }

  Values xml_values(const char* tag, const char* item, const char* name) {
    Values values;
    const auto node = types_.find_child_by_attribute(tag, "name", name);
    EXPECT_TRUE(node) << name;
    for (const auto child : node.children(item)) {
      const auto [it, added] = values.emplace(child.attribute("name").value(),
          child.text().as_ullong());
      EXPECT_TRUE(added) << name << "." << it->first << " stands there twice";
      EXPECT_STRNE(child.attribute("description").value(), "") << name << "." << it->first;
    }
    return values;
  }

  pugi::xml_document document_;
  pugi::xml_node root_;
  pugi::xml_node types_;
  std::set<std::string> used_types_;
};

std::size_t bytes_of(const std::string& primitive) {
  const std::map<std::string, std::size_t> bytes =
      {{"char", 1},   {"uint8", 1}, {"uint16", 2}, {"uint32", 4},
                                                    {"uint64", 8}, {"int32", 4}, {"int64", 8}, {"Id128", 16},
                                                    {"Limit", 40}, {"Tally", 24}, {"RuleSetRow", 56}};
  const auto it = bytes.find(primitive);
  return it == bytes.end() ? 0 : it->second;
}

std::string name_of(Primitive primitive) {
  switch (primitive) {
    case Primitive::uint8: return "uint8";
    case Primitive::uint16: return "uint16";
    case Primitive::uint32: return "uint32";
    case Primitive::uint64: return "uint64";
    case Primitive::int32: return "int32";
    case Primitive::int64: return "int64";
    case Primitive::character: return "char";
    case Primitive::id128: return "Id128";
    case Primitive::limit: return "Limit";
    case Primitive::tally: return "Tally";
    case Primitive::row: return "RuleSetRow";
  }
  return "";
}

TEST_F(Schema, NamesItselfAsTheCodeDoes) {
  EXPECT_EQ(root_.attribute("id").as_uint(), wire::kSchemaId);
  EXPECT_EQ(root_.attribute("version").as_uint(), wire::kSchemaVersion);
  EXPECT_STREQ(root_.attribute("byteOrder").value(), "littleEndian");
}

TEST_F(Schema, HeadersAreTheStructsBytes) {
  struct Part {
    const char* composite;
    const char* name;
    const char* primitive;
    std::size_t offset;
    std::size_t bytes;
  };
  using H = wire::FrameHeader;
  const Part parts[] = {
      {"frameHeader", "frameLength", "uint32", offsetof(H, frame_length), sizeof(H::frame_length)},
      {"frameHeader", "flags", "uint16", offsetof(H, flags), sizeof(H::flags)},
      {"frameHeader", "reserved", "uint16", offsetof(H, reserved), sizeof(H::reserved)},
      {"messageHeader", "blockLength", "uint16", offsetof(H, block_length),
          sizeof(H::block_length)},
      {"messageHeader", "templateId", "uint16", offsetof(H, template_id), sizeof(H::template_id)},
      {"messageHeader", "schemaId", "uint16", offsetof(H, schema_id), sizeof(H::schema_id)},
      {"messageHeader", "version", "uint16", offsetof(H, version), sizeof(H::version)},
  };
  std::size_t index = 0;
  std::size_t offset = 0;
  for (const char* composite : {"frameHeader", "messageHeader"}) {
    const auto node = types_.find_child_by_attribute("composite", "name", composite);
    for (const auto part : node.children("type")) {
      ASSERT_LT(index, std::size(parts));
      EXPECT_STREQ(parts[index].composite, composite);
      EXPECT_STREQ(parts[index].name, part.attribute("name").value());
      EXPECT_STREQ(parts[index].primitive, part.attribute("primitiveType").value());
      EXPECT_EQ(parts[index].offset, offset);
      EXPECT_EQ(parts[index].bytes, bytes_of(part.attribute("primitiveType").value()));
      offset += parts[index++].bytes;
    }
  }
  EXPECT_EQ(index, std::size(parts));
  EXPECT_EQ(offset, sizeof(H));
  const auto id = types_.find_child_by_attribute("composite", "name", "Id128");
  std::vector<std::string> halves;
  for (const auto half : id.children("type")) {
    EXPECT_STREQ(half.attribute("primitiveType").value(), "uint64");
    halves.emplace_back(half.attribute("name").value());
  }
  EXPECT_EQ(halves, (std::vector<std::string>{"low", "high"}));
  EXPECT_EQ(offsetof(wire::Id128, low), 0u);
  EXPECT_EQ(offsetof(wire::Id128, high), 8u);
}

struct Part {
  std::string name;
  std::string type;  // a primitive, or an enumeration that is referred to
  std::size_t offset;
  std::size_t bytes;
};

// The parts that stand several times in a message, each against its struct.
TEST_F(Schema, CompositesAreTheStructsBytes) {
  using L = wire::Limit;
  using T = wire::Tally;
  using R = wire::RuleSetRow;
  const std::map<std::string, std::vector<Part>> composites = {
      {"Limit",
       {{"amountMax", "int64", offsetof(L, amount_max), sizeof(L::amount_max)},
        {"amountUsed", "int64", offsetof(L, amount_used), sizeof(L::amount_used)},
        {"windowStartNs", "uint64", offsetof(L, window_start_ns), sizeof(L::window_start_ns)},
        {"countMax", "uint32", offsetof(L, count_max), sizeof(L::count_max)},
        {"countUsed", "uint32", offsetof(L, count_used), sizeof(L::count_used)},
        {"control", "uint16", offsetof(L, control), sizeof(L::control)},
        {"scope", "ControlScope", offsetof(L, scope), sizeof(L::scope)},
        {"window", "WindowKind", offsetof(L, window), sizeof(L::window)},
        {"reserved", "uint32", offsetof(L, reserved), sizeof(L::reserved)}}},
      {"Tally",
       {{"count", "uint64", offsetof(T, count), sizeof(T::count)},
        {"amount", "int64", offsetof(T, amount), sizeof(T::amount)},
        {"active", "Decision", offsetof(T, active), sizeof(T::active)},
        {"shadow", "Decision", offsetof(T, shadow), sizeof(T::shadow)},
        {"reserved", "uint32", offsetof(T, reserved), sizeof(T::reserved)}}},
      {"RuleSetRow",
       {{"templateId", "uint16", offsetof(R, template_id), sizeof(R::template_id)},
        {"reserved", "uint8", offsetof(R, reserved), sizeof(R::reserved)},
        {"fields", "uint8", offsetof(R, fields), sizeof(R::fields)}}},
  };
  for (const auto& [name, parts] : composites) {
    std::size_t index = 0;
    std::size_t offset = 0;
    const auto node = types_.find_child_by_attribute("composite", "name", name.c_str());
    for (const auto part : node.children()) {
      ASSERT_LT(index, parts.size()) << name;
      const bool is_ref = part.name() == std::string("ref");
      EXPECT_EQ(parts[index].name, part.attribute("name").value()) << name;
      EXPECT_EQ(parts[index].type, part.attribute(is_ref ? "type" : "primitiveType").value())
          << name;
      EXPECT_EQ(parts[index].offset, offset) << name;
      EXPECT_EQ(parts[index].bytes, bytes_of(resolve(parts[index].type).primitive) *
                                        part.attribute("length").as_uint(1))
          << name;
      offset += parts[index++].bytes;
    }
    EXPECT_EQ(index, parts.size()) << name;
    EXPECT_EQ(offset, bytes_of(name)) << name;
  }
  EXPECT_EQ(sizeof(L), bytes_of("Limit"));
  EXPECT_EQ(sizeof(T), bytes_of("Tally"));
  EXPECT_EQ(sizeof(R), bytes_of("RuleSetRow"));
}

TEST_F(Schema, EveryMessageAndFieldStandsOnBothSides) {
  std::set<std::uint16_t> in_xml;
  for (const auto node : root_.children("sbe:message")) {
    const auto id = static_cast<std::uint16_t>(node.attribute("id").as_uint());
    const std::string name = node.attribute("name").value();
    EXPECT_TRUE(in_xml.insert(id).second) << name << ": template id " << id << " is used twice";
    const MessageInfo* message = message_info(id);
    ASSERT_NE(message, nullptr) << name << " has no struct";
    EXPECT_EQ(message->name, name);
    EXPECT_EQ(message->block_length, node.attribute("blockLength").as_uint()) << name;
    EXPECT_STRNE(node.attribute("description").value(), "") << name;

    std::size_t index = 0;
    // A message's own version counts for its fields; those appended later say their own.
    const unsigned since = node.attribute("sinceVersion").as_uint(1);
    EXPECT_LE(since, unsigned{wire::kSchemaVersion}) << name;
    unsigned field_since = since;
    std::size_t bytes_first = 0;
    std::set<std::string> names;
    for (const auto field : node.children("field")) {
      const std::string where = name + "." + field.attribute("name").value();
      ASSERT_LT(index, message->fields.size()) << where << " is not in the struct";
      const FieldInfo& info = message->fields[index++];
      EXPECT_TRUE(names.insert(field.attribute("name").value()).second) << where;
      EXPECT_EQ(info.name, field.attribute("name").value()) << where;
      EXPECT_EQ(camel(info.member), info.name) << where;
      EXPECT_EQ(info.type, field.attribute("type").value()) << where;
      EXPECT_EQ(info.offset, field.attribute("offset").as_uint(~0U)) << where;
      EXPECT_EQ(field.attribute("id").as_uint(), index) << where << ": field ids count up from 1";
      EXPECT_STRNE(field.attribute("description").value(), "") << where;
      const Resolved type = resolve(info.type.data());
      EXPECT_EQ(name_of(info.primitive), type.primitive) << where;
      EXPECT_EQ(info.bytes, bytes_of(type.primitive) * type.count) << where;
      const std::size_t align = std::min<std::size_t>(bytes_of(type.primitive), 8);
      ASSERT_NE(align, 0u) << where << ": type " << type.primitive << " is not defined";
      EXPECT_EQ(info.offset % align, 0u) << where << " is not naturally aligned";
      const unsigned since_before = field_since;
      field_since = field.attribute("sinceVersion").as_uint(since);
      EXPECT_GE(field_since, since_before) << where << ": newer fields stand behind older ones";
      EXPECT_LE(field_since, unsigned{wire::kSchemaVersion}) << where;
      if (field_since == since) bytes_first = info.offset + info.bytes;
    }
    EXPECT_EQ(index, message->fields.size()) << name << " has fields that the schema has not";
    EXPECT_EQ(bytes_first, message->block_length_first) << name;
    EXPECT_EQ(node.first_child().attribute("name").value(), std::string("correlationId")) << name;
  }
  EXPECT_EQ(in_xml.size(), messages().size()) << "a struct stands in no message of the schema";
  // A defined type that no message uses is a leftover.
  for (const auto node : types_.children()) {
    const std::string name = node.attribute("name").value();
    if (name == "messageHeader" || name == "frameHeader") continue;
    EXPECT_TRUE(used_types_.contains(name)) << name << " is not used";
  }
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
