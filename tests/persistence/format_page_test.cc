// Holds docs/wal-format.md and docs/snapshot-format.md to the code: the worked examples byte by
// byte, the tables of recovery row by row.
// HOLDFAST_UPDATE_DOCS=1 writes the generated parts anew instead.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "persistence/recovery_table.h"
#include "persistence/start_table.h"
#include "tests/persistence/snapshot_fixture.h"

namespace holdfast::persistence {
namespace {

const std::string kWalPage = std::string(HOLDFAST_SOURCE_DIR) + "/docs/wal-format.md";
const std::string kSnapshotPage = std::string(HOLDFAST_SOURCE_DIR) + "/docs/snapshot-format.md";

std::string read_page(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The part between the markers, which must be `expected`.
void hold_to_page(const std::string& path, const std::string& name, const std::string& expected) {
  const std::string begin = "<!-- begin " + name + " -->\n";
  const std::string end = "<!-- end " + name + " -->\n";
  std::string page = read_page(path);
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos) << path << " has no " << begin;
  const std::size_t inside = from + begin.size();
  if (std::getenv("HOLDFAST_UPDATE_DOCS") != nullptr) {
    page.replace(inside, to - inside, expected);
    std::ofstream(path) << page;
    return;
  }
  EXPECT_EQ(page.substr(inside, to - inside), expected)
      << "run this test once with HOLDFAST_UPDATE_DOCS=1";
}

struct Field {
  std::size_t bytes;
  std::string meaning;
};

// Lines of at most 16 bytes: offset, bytes, meaning.
std::string dump(std::span<const std::byte> bytes, const std::vector<Field>& fields,
                 std::size_t from = 0) {
  std::string text = "```\n";
  std::size_t at = from;
  for (const Field& field : fields) {
    for (std::size_t done = 0; done < field.bytes; done += 16) {
      std::string hex;
      for (std::size_t i = done; i < std::min(field.bytes, done + 16); ++i) {
        hex += fmt::format("{:02x} ", static_cast<unsigned>(bytes[at + i]));
      }
      text += done == 0 ? fmt::format("{:>4}  {:<48} {}\n", at, hex, field.meaning)
                        : fmt::format("{:>4}  {}\n", at + done, hex.substr(0, hex.size() - 1));
    }
    at += field.bytes;
  }
  return text + "```\n";
}

void add_record_fields(std::vector<Field>& fields, const std::string& what, std::size_t body_bytes,
                       const std::string& body, const std::string& outcome) {
  fields.insert(fields.end(),
                {{2, "record_bytes, of the record of " + what},
                 {2, "kind"},
                 {2, "command_bytes: 16 and the body"},
                 {2, "outcome_bytes: 48"},
                 {8, "timestamp: 2026-01-02T03:04:05Z"},
                 {16, "request id"},
                 {body_bytes, body},
                 {kOutcomeLoggedBytes, outcome}});
}

TEST(FormatPage, TheExampleIsWhatTheCodeWrites) {
  SimFileIo io(1, {.delay_polls_max = 0});
  TestLog log = must_open(io);
  const TimestampNs time{1'767'323'045'000'000'000};

  Command create;
  create.kind = CommandKind::create_account;
  create.request_id = {.low = 0xA1, .high = 0};
  create.create_account = {};
  create.create_account.account = {.low = 1001, .high = 0};
  create.create_account.credit_limit = {50'000};
  create.create_account.currency = {978};
  Outcome created;
  created.available_balance = {50'000};
  created.position = {1};
  created.time = time;
  log.writer->append(create, created);

  Command authorize;
  authorize.kind = CommandKind::authorize;
  authorize.request_id = {.low = 0xA2, .high = 0};
  authorize.authorize = {};
  authorize.authorize.card = {.low = 4001, .high = 0};
  authorize.authorize.amount = {1'250};
  std::memcpy(authorize.authorize.merchant.text, "CORNER SHOP", 11);
  std::memcpy(authorize.authorize.terminal.text, "T-7", 3);
  authorize.authorize.currency = {978};
  authorize.authorize.mcc = {5411};
  authorize.authorize.country = {203};
  authorize.authorize.channel = Channel::contactless;
  Outcome authorized;
  authorized.authorization = {1};
  authorized.amount = {1'250};
  authorized.available_balance = {48'750};
  authorized.position = {2};
  authorized.time = time;
  log.writer->append(authorize, authorized);
  log.flush(io);

  std::vector<Field> fields = {
      {16, "checksum"},
      {16, "previous_checksum: none, this is the first block"},
      {16, "log_id"},
      {4, "magic: HFWL"},
      {2, "format_version"},
      {2, "header_bytes: 128"},
      {4, "block_bytes: 4096"},
      {4, "payload_bytes: 256"},
      {8, "incarnation"},
      {8, "segment_number"},
      {8, "offset"},
      {8, "block_number"},
      {8, "position_first: 1"},
      {8, "position_last: 2"},
      {8, "durable_position: none yet"},
      {8, "durable_block: none yet"},
  };
  add_record_fields(fields, "position 1", sizeof(CreateAccount),
                    "create_account 1001, credit limit 500.00, currency 978 (EUR)",
                    "approved; available balance 500.00");
  add_record_fields(fields, "position 2", sizeof(Authorize),
                    "authorize 12.50 on card 4001 at CORNER SHOP, terminal T-7, MCC 5411",
                    "approved; authorization 1, amount 12.50, available balance 487.50");
  std::size_t used = 0;
  for (const Field& field : fields) used += field.bytes;
  const BlockCheck check = check_block(io.bytes_of(segment_path(1)));
  ASSERT_TRUE(check.checksum_ok);
  ASSERT_EQ(used, check.header.header_bytes + check.header.payload_bytes);
  hold_to_page(kWalPage, "example", dump(io.bytes_of(segment_path(1)), fields) +
                              "\nThe rest of the 4096 bytes is zero.\n");
}

std::string need_text(Need need) {
  switch (need) {
    case Need::yes: return "yes";
    case Need::no: return "no";
    case Need::any: return "-";
  }
  return "?";
}

TEST(FormatPage, TheRecoveryTableIsThatOfTheCode) {
  std::string table =
      "| case | magic | checksum | version | log id | place | current | chain | sequence | known "
      "durable | verdict | told to the operator "
      "|\n|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const RecoveryRow& row : recovery_table()) {
    table += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} | {} | {} | **{}** | {} |\n",
                         row.name, need_text(row.magic), need_text(row.checksum),
                         need_text(row.version), need_text(row.log_id), need_text(row.place),
                         need_text(row.current), need_text(row.chain), need_text(row.sequence),
                         need_text(row.known_durable), verdict_name(row.verdict), row.told);
  }
  hold_to_page(kWalPage, "table", table);
}

std::vector<Field> head_fields(const std::string& part, const std::string& count,
                               const std::string& bytes) {
  return {{16, "checksum"},
          {16, "previous_checksum"},
          {16, "log_id"},
          {8, "magic: SNAPSHOT"},
          {4, "format_version"},
          {4, "part: " + part},
          {8, "position: 2"},
          {8, "offset"},
          {4, "part_bytes: " + bytes},
          {4, "count: " + count},
          {8, "sequence"}};
}

TEST(FormatPage, TheSnapshotExampleIsWhatTheCodeWrites) {
  SimFileIo io(1);
  SnapshotWriterOptions options = stepped_writer_options();
  options.now = [] { return TimestampNs{1'767'323'045'000'000'000}; };
  SnapshotWriter writer(io, options);
  SmallState state;
  state.salts = {1, 2};
  ASSERT_TRUE(feed(writer, state, 4, [] {}));
  while (writer.step()) {
  }
  const std::vector<std::byte>& bytes = io.bytes_of(snapshot_path(2));

  std::vector<Field> header = head_fields("header", "3 tables", "4096");
  header.insert(header.end(), {{8, "time of command 2"},
                               {8, "taken_at: 2026-01-02T03:04:05Z"},
                               {8, "pages of all tables: 2"},
                               {24, "state: slots of 1 byte, 5 of them, in 1 page"},
                               {24, "accounts: slots of 512 bytes, 2 of them, in 1 page"},
                               {24, "cards: slots of 8 bytes, none"}});
  std::string text = "The header:\n\n" + dump(bytes, header);
  std::size_t at = kSnapshotPageBytes;
  while (true) {
    SnapshotPartHead head;
    std::memcpy(&head, bytes.data() + at, sizeof head);
    if (head.part == SnapshotPart::footer) break;
    std::vector<Field> packet = head_fields("packet", fmt::format("{} page(s)", head.count),
                                            std::to_string(head.part_bytes));
    SnapshotPacketPage page;
    std::memcpy(&page, bytes.data() + at, sizeof page);
    for (std::uint32_t i = 0; i < head.count; ++i) {
      packet.push_back({8, fmt::format("page {} of {}", page.names[i].page,
                                       snapshot_table_name(page.names[i].table))});
    }
    text +=
        fmt::format("\nA packet, at {}; its pages follow at {}:\n\n", at, at + kSnapshotPageBytes) +
        dump(bytes, packet, at);
    at += head.part_bytes;
  }
  std::vector<Field> footer = head_fields("footer", "3 tables", "4096");
  footer.insert(footer.end(), {{8, "packets"},
                               {8, "pages: 2"},
                               {8, "bytes of the file"},
                               {8, "pages of state"},
                               {8, "pages of accounts"},
                               {8, "pages of cards"}});
  text += "\nThe footer:\n\n" + dump(bytes, footer, at);
  EXPECT_EQ(at + kSnapshotPageBytes, bytes.size());
  hold_to_page(kSnapshotPage, "snapshot example", text);
}

TEST(FormatPage, TheTablesOfTheStartAreThoseOfTheCode) {
  std::string table =
      "| case | header | version | log id | name | parts | loads | verdict | told to the operator "
      "|\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const SnapshotRow& row : snapshot_table()) {
    table += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | **{}** | {} |\n", row.name,
                         need_text(row.header), need_text(row.version), need_text(row.log_id),
                         need_text(row.file_name), need_text(row.body), need_text(row.loads),
                         verdict_name(row.verdict), row.told);
  }
  hold_to_page(kSnapshotPage, "snapshot table", table);
  table =
      "| case | good snapshot | newer ones bad | log reaches | only with archive | covered | "
      "archive ahead | verdict | told to the operator | what to do "
      "|\n|---|---|---|---|---|---|---|---|---|---|\n";
  for (const StartRow& row : start_table()) {
    table +=
        fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | **{}** | {} | {} |\n", row.name,
                    need_text(row.snapshot), need_text(row.skipped), need_text(row.reaches),
                    need_text(row.archive), need_text(row.covered), need_text(row.archive_ahead),
                    verdict_name(row.verdict), row.told, row.what_to_do);
  }
  hold_to_page(kSnapshotPage, "start table", table);
}

}  // namespace
}  // namespace holdfast::persistence
