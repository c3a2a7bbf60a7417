// Holds docs/protocol.md against the code: every message table, decision, reject code and
// enumeration, and the exchange in bytes, which is encoded here anew and compared byte by byte.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "engine/decision.h"
#include "net/protocol/codec.h"
#include "net/protocol/schema.h"
#include "tests/net/camel_case.h"

namespace holdfast::net {
namespace {

using test::camel;
using Bytes = std::vector<std::byte>;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) out.push_back(trimmed(cell));
  return out;
}

class Page : public testing::Test {
 protected:
  // Sections by heading ("### " or "## "): the rows of their tables, without the heads.
  void SetUp() override {
    std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/protocol.md");
    ASSERT_TRUE(file) << "docs/protocol.md is not there";
    std::string heading;
    std::string block;
    bool in_block = false;
    bool in_table = false;
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("```")) {
        in_block = !in_block;
        block.clear();
      } else if (in_block) {
        if (block.empty()) block = line;
        else take_hex(block, line);
      } else if (line.starts_with("#")) {
        heading = trimmed(line.substr(line.find(' ')));
      } else if (line.starts_with("|")) {
        // The first two lines of a table are its head.
        if (!in_table) std::getline(file, line);
        else rows_[heading].push_back(cells(line));
      }
      in_table = line.starts_with("|");
    }
  }

  // "offset | hex … | meaning"
  void take_hex(const std::string& block, const std::string& line) {
    const auto parts = cells("|" + line);
    ASSERT_GE(parts.size(), 2u) << line;
    Bytes& bytes = hex_[block];
    EXPECT_EQ(std::stoul(parts[0]), bytes.size()) << block << ": " << line;
    std::istringstream stream(parts[1]);
    for (std::string byte; stream >> byte;) {
      ASSERT_EQ(byte.size(), 2u) << line;
      bytes.push_back(static_cast<std::byte>(std::stoul(byte, nullptr, 16)));
    }
  }

  void expect_frame(const std::string& block, Bytes frame, std::size_t bytes) {
    frame.resize(bytes);
    ASSERT_TRUE(hex_.contains(block)) << block;
    EXPECT_EQ(hex_[block], frame) << "the page's bytes of " << block
        << " are not what the code sends";
  }

  std::map<std::string, std::vector<std::vector<std::string>>> rows_;
  std::map<std::string, Bytes> hex_;
};

TEST_F(Page, EveryMessageTableIsTheSchemas) {
  std::size_t tables = 0;
  for (const auto& [heading, rows] :
      rows_) tables += heading.find("(template ") != std::string::npos;
  EXPECT_EQ(tables, messages().size());
  for (const MessageInfo& message : messages()) {
    const std::string heading = std::string(message.name) + " (template " +
                                std::to_string(message.template_id) + ", " +
                                std::to_string(message.block_length) + " bytes)";
    ASSERT_TRUE(rows_.contains(heading)) << heading << " is not a heading of the page";
    const auto& rows = rows_[heading];
    ASSERT_EQ(rows.size(), message.fields.size()) << heading;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(rows[i][0], std::to_string(message.fields[i].offset)) << heading;
      EXPECT_EQ(rows[i][1], message.fields[i].name) << heading;
      EXPECT_EQ(rows[i][2], message.fields[i].type) << heading;
      EXPECT_NE(rows[i][3], "") << heading << "." << rows[i][1];
    }
  }
}

TEST_F(Page, TypesAreTheSchemas) {
  pugi::xml_document schema;
  ASSERT_TRUE(schema.load_file(HOLDFAST_SOURCE_DIR "/net/protocol/holdfast.xml"));
  std::map<std::string, std::vector<std::string>> told;
  for (const auto& row : rows_["Types of fields"]) told[row[0]] = row;
  std::size_t plain = 0;
  for (const auto node : schema.child("sbe:messageSchema").child("types").children()) {
    const std::string name = node.attribute("name").value();
    if (name == "Decision" || name == "RejectCode") {
      ASSERT_TRUE(told.contains(name)) << name;
      EXPECT_EQ(told[name][1], node.attribute("encodingType").value()) << name;
    }
    if (node.name() != std::string("type") || name.starts_with("Reserved")) continue;
    ++plain;
    ASSERT_TRUE(told.contains(name)) << name << " is not told";
    const std::string length = node.attribute("length").value();
    const std::string brackets = length.empty() ? "" : "[" + length + "]";
    EXPECT_EQ(told[name][1], node.attribute("primitiveType").value() + brackets) << name;
    EXPECT_EQ(told[name][2], node.attribute("description").value()) << name;
  }
  EXPECT_EQ(told.size(), plain + 3) << "Id128, Decision and RejectCode, and no other";
}

TEST_F(Page, DecisionsAreTheEngines) {
  const auto& rows = rows_["Decisions"];
  ASSERT_EQ(rows.size(), std::size(kDecisions));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(static_cast<int>(kDecisions[i].decision)));
    EXPECT_EQ(rows[i][1], camel(kDecisions[i].name));
    EXPECT_EQ(rows[i][2], kDecisions[i].de39);
    EXPECT_EQ(rows[i][3], kDecisions[i].text);
  }
}

TEST_F(Page, RejectCodesAreTheCodes) {
  const auto& rows = rows_["Reject codes"];
  ASSERT_EQ(rows.size(), std::size(kRejects));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i][0], std::to_string(static_cast<int>(kRejects[i].code)));
    EXPECT_EQ(rows[i][1], camel(kRejects[i].name));
    EXPECT_EQ(rows[i][2], kRejects[i].closes ? "yes" : "no");
    EXPECT_EQ(rows[i][3], kRejects[i].text);
  }
}

TEST_F(Page, TheExchangeInBytesIsWhatTheCodeSends) {
  Bytes out(limits::frame_bytes_max);
  std::size_t bytes = encode_hello("pos-gateway-1", 1, out);
  expect_frame("Hello", out, bytes);

  Request hello;
  const FrameScan scan = scan_frame(std::span(out).first(bytes));
  ASSERT_FALSE(decode_request(scan.frame, false, hello));
  Reply reply;
  reply.correlation = hello.correlation;
  reply.route = hello.route;
  const HelloFacts facts{4096, 60'000, LogId{0x8a7b'6c5d'4e3f'2a1b, 0x0f1e'2d3c'4b5a'6978},
                         "holdfastd 0.1.0"};
  bytes = encode_reply(reply, facts, out);
  expect_frame("HelloReply", out, bytes);

  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = RequestId{0x9c55'0e8f'7a2b'1d34, 0x6f1c'2a9e'3b47'4d0a};
  command.authorize = {CardToken{1001, 0}, Money{2599}, {"COFFEE-LONDON-1"}, {}, CurrencyCode{826},
                       Mcc{5814}, CountryCode{826}, Channel::contactless,
                       TransactionType::purchase, 0, 0, Money{0}};
  std::memcpy(command.authorize.terminal.text, "T0000042", 8);
  bytes = encode_command(command, 2, out);
  expect_frame("Authorize", out, bytes);

  Reply outcome;
  outcome.kind = RequestKind::command;
  outcome.command_kind = CommandKind::authorize;
  outcome.correlation = 2;
  outcome.outcome = {Decision::approved, 0, 0, AuthorizationId{501}, Money{2599}, Money{100'000},
      Money{97'401},
                     Money{0}, LogPosition{9042}, TimestampNs{1'790'000'000'123'456'789}};
  bytes = encode_reply(outcome, facts, out);
  expect_frame("OutcomeReply", out, bytes);
  EXPECT_EQ(hex_.size(), 4u);
}

}  // namespace
}  // namespace holdfast::net
