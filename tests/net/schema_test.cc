// Holds the C++ structs against holdfast.xml, in both directions: neither side may have a message
// or a field that the other does not have.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "net/protocol/messages.h"
#include "net/protocol/schema.h"
#include "tests/net/camel_case.h"
#include "tests/net/schema_fixture.h"

namespace holdfast::net {
namespace {

using test::camel;
using test::Schema;

std::size_t bytes_of(const std::string& primitive) {
  const std::map<std::string, std::size_t> bytes = {
      {"char", 1},  {"uint8", 1},  {"uint16", 2}, {"uint32", 4}, {"uint64", 8},     {"int32", 4},
      {"int64", 8}, {"Id128", 16}, {"Limit", 40}, {"Tally", 24}, {"RuleSetRow", 56}};
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

}  // namespace
}  // namespace holdfast::net
