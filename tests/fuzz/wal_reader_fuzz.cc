// Fuzz target: any bytes as the log of a data directory.
//
// The input is put on a simulated disk as the first segment, three ways: as it is; with the
// checksum of the first block made right, so that the fuzzer gets past it to the records; and
// through recovery, which would go on to write behind it. Nothing may crash, read out of bounds or
// hang, and what is accepted must hold together: positions without a gap, records that encode back.
#include <algorithm>
#include <cstring>

#include "engine/check.h"
#include "persistence/log_end.h"
#include "persistence/recovery.h"
#include "persistence/testing/sim_file_io.h"
#include "persistence/wal_survey.h"
#include "tests/fuzz/fuzz_target.h"

namespace holdfast::persistence {
namespace {

const std::string kDir = "/fuzz";
constexpr LogId kLogId{.low = 1, .high = 2};
// A block of the largest size and some behind it; not a length that a server would make.
constexpr std::size_t kSegmentBytes = limits::wal_block_bytes_max + 8 * limits::wal_sector_bytes;

OpenLogOptions log_options() {
  OpenLogOptions options;
  options.dir = kDir;
  options.segment_bytes = limits::wal_segment_bytes_min;
  options.layout = LayoutMode::on_demand;
  options.new_log_id = kLogId;
  return options;
}

// Makes the lengths, if they make no sense, and the checksum of the block at the front right.
void repair_front(std::vector<std::byte>& bytes) {
  BlockHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  header.magic = kBlockMagic;
  header.format_version = kWalFormatVersion;
  header.log_id = kLogId;
  const std::uint32_t sectors_max = limits::wal_block_bytes_max / limits::wal_sector_bytes;
  const auto sectors = static_cast<std::uint32_t>(header.block_bytes / limits::wal_sector_bytes);
  header.block_bytes =
      std::clamp<std::uint32_t>(sectors, 1, sectors_max) * std::uint32_t{limits::wal_sector_bytes};
  header.header_bytes = std::max<std::uint16_t>(header.header_bytes, sizeof header);
  if (header.header_bytes > header.block_bytes) header.header_bytes = sizeof header;
  header.payload_bytes =
      std::min<std::uint32_t>(header.payload_bytes, header.block_bytes - header.header_bytes);
  std::memcpy(bytes.data(), &header, sizeof header);
  header.checksum = checksum_of(
      std::span(bytes).subspan(sizeof(Checksum), header.block_bytes - sizeof(Checksum)));
  std::memcpy(bytes.data(), &header.checksum, sizeof header.checksum);
}

void check_record(const Record& record, LogPosition expected) {
  HOLDFAST_CHECK(record.outcome.position == expected, "positions have no gap");
  std::byte bytes[kRecordRoomBytes];
  const std::size_t encoded = encode_record(bytes, record.command, record.outcome);
  std::size_t decoded = 0;
  const auto again = decode_record(std::span(bytes, encoded), expected, decoded);
  HOLDFAST_CHECK(again.has_value() && decoded == encoded, "a record that was read can be written");
  HOLDFAST_CHECK(std::memcmp(&again->outcome, &record.outcome, sizeof(Outcome)) == 0,
                 "an outcome comes back as it was");
  HOLDFAST_CHECK(
      std::memcmp(again->command.body, record.command.body, sizeof again->command.body) == 0,
      "a command comes back as it was");
}

void read_as_log(const std::vector<std::byte>& segment) {
  SimFileIo io(1);
  Identity identity;
  identity.log_id = kLogId;
  HOLDFAST_CHECK(write_identity(io, kDir, identity).has_value(), "the simulated disk writes");
  io.overwrite(join_path(kDir, segment_name(1)), 0, segment);

  LogPosition position;
  const auto read = read_log(io, kDir, {}, [&](const Record& record, const RecordPlace&) {
    position = position.next();
    check_record(record, position);
    return true;
  });
  HOLDFAST_CHECK(!read || read->position == position, "the end is behind the last record");
  const auto survey = survey_log(io, kDir);
  HOLDFAST_CHECK(survey.has_value(), "a directory that can be listed can be surveyed");
  HOLDFAST_CHECK(read.has_value() == survey->problems.empty(), "survey and reader agree");

  // A writer lays out megabytes: for one input in 16, drawn by its bytes.
  if (checksum_of(segment).low % 16 != 0) return;
  bool is_cut_short = false;  // then recovery refuses what can be read
  if (read) {
    const auto objection = objection_to_end(io, kDir, identity.segment_bytes, *read);
    HOLDFAST_CHECK(objection.has_value(), "the simulated disk reads");
    is_cut_short = objection->has_value();
  }
  std::uint64_t records = 0;
  const auto opened = open_log(io, log_options(), [&](const Command&, const Outcome&) {
    ++records;
    return std::optional<std::string>();
  });
  HOLDFAST_CHECK(opened.has_value() == (read.has_value() && !is_cut_short),
                 "recovery and reader agree");
  HOLDFAST_CHECK(!opened || records == position.value, "recovery replays what the reader reads");
}

}  // namespace
}  // namespace holdfast::persistence

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast::persistence;
  std::vector<std::byte> segment(kSegmentBytes);
  if (size > 0) std::memcpy(segment.data(), data, std::min(size, segment.size()));
  read_as_log(segment);
  repair_front(segment);
  read_as_log(segment);
  return 0;
}

std::vector<std::vector<std::uint8_t>> holdfast_fuzz_seeds() {
  using namespace holdfast;
  using namespace holdfast::persistence;
  std::vector<std::vector<std::uint8_t>> seeds;
  for (const std::uint64_t batches : {1U, 4U}) {
    SimFileIo io(batches, {.delay_polls_max = 0});
    auto opened = open_log(io, log_options(), [](const Command&, const Outcome&) {
      return std::optional<std::string>();
    });
    HOLDFAST_CHECK(opened.has_value(), "a log can be made on the simulated disk");
    WalWriter& writer = *opened->writer;
    for (std::uint64_t batch = 0; batch < batches; ++batch) {
      for (const CommandKind kind : {CommandKind::create_account, CommandKind::authorize,
                                     CommandKind::refund, CommandKind::expire}) {
        Command command;
        command.kind = kind;
        command.request_id = {.low = 7, .high = batch};
        Outcome outcome;
        outcome.position = writer.appended_through().next();
        writer.append(command, outcome);
      }
      writer.pump();
    }
    HOLDFAST_CHECK(writer.close(), "the simulated disk writes");
    const auto& bytes = io.bytes_of(join_path(kDir, segment_name(1)));
    const auto* first = reinterpret_cast<const std::uint8_t*>(bytes.data());
    seeds.emplace_back(first, first + (batches + 2) * limits::wal_sector_bytes);
  }
  return seeds;
}
