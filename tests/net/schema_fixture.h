// holdfast.xml as the tests of the schema read it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <string>

namespace holdfast::net::test {

using Values = std::map<std::string, std::uint64_t>;

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

}  // namespace holdfast::net::test
