#include "tests/process/log_replay.h"

#include "persistence/segments.h"
#include "persistence/uring_file_io.h"
#include "persistence/wal_reader.h"

namespace holdfast::test {

ReplayedLog replay_log(const std::string& data_dir, const std::string& archive_dir,
                       LogPosition digest_at) {
  using namespace persistence;
  ReplayedLog log;
  log.engine = std::make_unique<StateMachine>();
  const auto io = make_file_io({});
  if (!io) return {.error = io.error().text()};
  const auto identity = read_identity(**io, data_dir);
  if (!identity) return {.error = identity.error().text()};

  WalReader reader(**io, data_dir, identity->log_id, {.archive_dir = archive_dir});
  const auto each = [&](const Record& record) {
    const Outcome again = log.engine->apply(record.command, record.outcome.time);
    if (again != record.outcome) {
      log.error =
          "position " + std::to_string(record.outcome.position.value) + " is decided otherwise";
    }
    const RequestId request = record.command.request_id;
    if (!request.is_zero() && !log.outcomes.emplace(request.low, record.outcome).second) {
      log.error = "request " + std::to_string(request.low) + " has two effects";
    }
    if (record.outcome.position == digest_at) log.digest_there = log.engine->digest();
    return log.error.empty();
  };
  while (log.error.empty()) {
    switch (reader.next_block()) {
      case WalReader::Step::block: {
        const auto walked = for_each_record(reader.header(), reader.payload(), each);
        if (!walked) log.error = walked.error();
        break;
      }
      case WalReader::Step::end: return log;
      case WalReader::Step::damage: log.error = reader.damage().text(); break;
      case WalReader::Step::error: log.error = reader.io_error().text(); break;
    }
  }
  return log;
}

}  // namespace holdfast::test
