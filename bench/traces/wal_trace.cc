#include "bench/traces/wal_trace.h"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

#include "persistence/posix_file_io.h"
#include "persistence/segments.h"
#include "persistence/wal_reader.h"

namespace holdfast::bench {

namespace {

using persistence::Record;
using persistence::WalReader;

class WalTraceBuilder {
 public:
  void add(const Record& record) {
    ++trace_.records;
    const Command& command = record.command;
    if (trace_.records == 1) first_ns_ = record.outcome.time.ns;
    if (command.kind == CommandKind::expire || command.kind == CommandKind::configure) {
      ++trace_.left_out_own;
      return;
    }
    RecordedCommand recorded;
    recorded.command = command;
    recorded.recorded_ns = record.outcome.time.ns - first_ns_;
    recorded.amount = record.outcome.amount;
    recorded.decision = record.outcome.decision;
    if (!name_by_request(recorded)) {
      ++trace_.left_out_unknown;
      return;
    }
    learn(recorded, record.outcome);
    trace_.commands.push_back(recorded);
  }

  WalTrace take() {
    trace_.settles_unseen.assign(trace_.accounts.size(), false);
    for (const AccountId account : program_accounts_) {
      const std::uint32_t index = account_of(account);
      if (index != kNoAccount) trace_.settles_unseen[index] = true;
    }
    return std::move(trace_);
  }

 private:
  // A step's authorization id becomes the request id that made it. False: it names one that is not
  // in the log, which on the other server would be somebody else's.
  bool name_by_request(RecordedCommand& recorded) {
    Command& command = recorded.command;
    switch (command.kind) {
      case CommandKind::capture:
        return name_original(command.capture, recorded);
      case CommandKind::reverse:
        return name_original(command.reverse, recorded);
      case CommandKind::refund:
        return name_original(command.refund, recorded);
      case CommandKind::increment:
        return name_original(command.increment, recorded);
      default:
        return true;
    }
  }

  template <class Body>
  bool name_original(Body& body, RecordedCommand& recorded) {
    if (!body.authorization.is_zero()) {
      const auto original = by_authorization_.find(body.authorization);
      if (original == by_authorization_.end()) return false;
      body.authorization = {};
      body.original_request = original->second;
      ++trace_.renamed;
    }
    if (const auto of = by_request_.find(body.original_request); of != by_request_.end()) {
      recorded.account = of->second;
    }
    return true;
  }

  // What later commands refer to, and whose ledgers the answer will tell.
  void learn(RecordedCommand& recorded, const Outcome& outcome) {
    const Command& command = recorded.command;
    switch (command.kind) {
      case CommandKind::create_account:
        if (is_approval(outcome.decision)) {
          accounts_.emplace(command.create_account.account,
                            static_cast<std::uint32_t>(trace_.accounts.size()));
          trace_.accounts.push_back(command.create_account.account);
        }
        break;
      case CommandKind::create_card:
        if (is_approval(outcome.decision)) {
          cards_.emplace(command.create_card.card, account_of(command.create_card.account));
        }
        break;
      case CommandKind::put_program:
        program_accounts_.push_back(command.put_program.settlement_account);
        break;
      case CommandKind::transfer:
        recorded.account = account_of(command.transfer.debit);
        recorded.counterparty = account_of(command.transfer.credit);
        break;
      case CommandKind::authorize:
        recorded.account = account_of(command.authorize.card);
        learn_hold(recorded, outcome);
        break;
      case CommandKind::advise:
        recorded.account = account_of(command.advise.card);
        if (command.advise.post != 0) {
          recorded.counterparty = account_of(command.advise.settlement_account);
        }
        learn_hold(recorded, outcome);
        break;
      case CommandKind::capture:
        if (recorded.account == kNoAccount) recorded.account = account_of(command.capture.card);
        recorded.counterparty = account_of(command.capture.settlement_account);
        break;
      case CommandKind::refund:
        if (recorded.account == kNoAccount) recorded.account = account_of(command.refund.card);
        recorded.counterparty = account_of(command.refund.settlement_account);
        break;
      default:
        break;
    }
  }

  void learn_hold(const RecordedCommand& recorded, const Outcome& outcome) {
    if (!is_approval(outcome.decision)) return;
    by_request_.emplace(recorded.command.request_id, recorded.account);
    if (!outcome.authorization.is_zero()) {
      by_authorization_.emplace(outcome.authorization, recorded.command.request_id);
    }
  }

  std::uint32_t account_of(AccountId account) const { return find(accounts_, account); }
  std::uint32_t account_of(CardToken card) const { return find(cards_, card); }
  template <class Map, class Key>
  static std::uint32_t find(const Map& map, const Key& key) {
    const auto entry = map.find(key);
    return entry == map.end() ? kNoAccount : entry->second;
  }

  WalTrace trace_;
  std::uint64_t first_ns_ = 0;
  absl::flat_hash_map<AccountId, std::uint32_t> accounts_;
  absl::flat_hash_map<CardToken, std::uint32_t> cards_;
  absl::flat_hash_map<AuthorizationId, RequestId> by_authorization_;
  absl::flat_hash_map<RequestId, std::uint32_t> by_request_;
  std::vector<AccountId> program_accounts_;
};

}  // namespace

Result<WalTrace> load_wal_trace(const std::string& dir, const std::string& archive_dir) {
  auto io = persistence::PosixFileIo::make();
  if (!io) return std::unexpected(io.error().text());
  const auto identity = persistence::read_identity(**io, dir);
  if (!identity) {
    return std::unexpected(
        fmt::format("{} holds no Holdfast log that can be read: {}; name the directory that "
                    "holdfastd was given with --data-dir",
                    dir, identity.error().text()));
  }
  persistence::ReaderOptions options;
  options.archive_dir = archive_dir;
  WalReader reader(**io, dir, identity->log_id, options);
  WalTraceBuilder builder;
  for (;;) {
    switch (reader.next_block()) {
      case WalReader::Step::block: {
        const auto read = persistence::for_each_record(reader.header(), reader.payload(),
                                                       [&](const Record& record) {
                                                         builder.add(record);
                                                         return true;
                                                       });
        if (!read) return std::unexpected(fmt::format("{}: {}", reader.path(), read.error()));
        break;
      }
      case WalReader::Step::end:
        return builder.take();
      case WalReader::Step::damage:
        return std::unexpected(
            fmt::format("{}; nothing was sent. A trace is a log from position 1 on; where older "
                        "segments were let go, name their archive with --archive-dir",
                        reader.damage().text()));
      case WalReader::Step::error:
        return std::unexpected(reader.io_error().text());
    }
  }
}

}  // namespace holdfast::bench
