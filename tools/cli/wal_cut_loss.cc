#include "tools/cli/wal_cut_loss.h"

#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <limits>

#include "engine/decision.h"
#include "persistence/log_end.h"
#include "persistence/wal_reader.h"
#include "tools/cli/progress.h"
#include "tools/cli/record_text.h"
#include "tools/cli/wal_log.h"

namespace holdfast::tools {
namespace {

using persistence::WalReader;

constexpr std::size_t kLastAnswers = 5;

void add_to(std::map<std::uint16_t, std::int64_t>& sums, CurrencyCode currency, Money amount) {
  if (amount.minor == 0) return;
  std::int64_t& sum = sums[currency.numeric];
  if (__builtin_add_overflow(sum, amount.minor, &sum)) sum = INT64_MAX;
}

class Planner {
 public:
  Planner(persistence::FileIo& io, const std::string& dir, LogPosition after)
      : io_(io), dir_(dir), after_(after) {}

  CutPlan run() {
    const auto identity = persistence::read_identity(io_, dir_);
    if (!identity) throw unreadable(identity.error());
    plan_.identity = *identity;
    // Snapshots may stand for the beginning: whether one does is judged by who cuts.
    constexpr std::uint64_t kAnywhere = std::numeric_limits<std::uint64_t>::max() - 1;
    WalReader reader(io_, dir_, identity->log_id, {.start_after = LogPosition{kAnywhere}});
    const auto extent = extent_of(io_, dir_, identity->log_id);
    Progress progress("looked through", extent ? extent->bytes_between({}, {}) : 0);
    bool more = true;
    while (more) {
      switch (reader.next_block()) {
        case WalReader::Step::block:
          take(reader);
          progress.add(reader.header().record_count(), reader.header().block_bytes);
          break;
        case WalReader::Step::end:
          judge_end(reader.end());
          more = false;
          break;
        case WalReader::Step::error: throw unreadable(reader.io_error());
        case WalReader::Step::damage: more = go_on_behind(reader); break;
      }
    }
    finish();
    return std::move(plan_);
  }

 private:
  bool go_on_behind(WalReader& reader) {
    // Without the records up to the position there is nothing to go on from.
    if (last_ < after_ || plan_.segment_number == 0) throw damaged(reader.damage());
    plan_.loss.damage.push_back(reader.damage().text());
    return reader.skip_damage();
  }

  void judge_end(const persistence::EndOfLog& end) {
    const auto objection =
        persistence::objection_to_end(io_, dir_, plan_.identity.segment_bytes, end);
    if (!objection) throw unreadable(objection.error());
    if (*objection) plan_.loss.damage.push_back((*objection)->text());
  }

  void take(const WalReader& reader) {
    const persistence::BlockHeader& header = reader.header();
    if (plan_.log_first.is_zero() && header.record_count() > 0) {
      plan_.log_first = header.position_first;
    }
    // A block that durable marks alone make has no records and stands at the position before it.
    const bool kept = header.position_last <= after_ && plan_.loss.records == 0;
    if (kept) {
      plan_.segment_number = reader.segment_number();
      plan_.offset = header.offset + header.block_bytes;
    } else if (header.position_first <= after_) {
      shorten(reader);
    } else if (plan_.segment_number == 0) {
      plan_.segment_number = reader.segment_number();  // all of the log goes
      plan_.offset = header.offset;
    }
    if (header.position_first > last_.next() && last_ > LogPosition{}) {
      plan_.loss.unreadable += header.position_first.value - last_.value - 1;
    }
    const auto walked = persistence::for_each_record(
        header, reader.payload(), [&](const persistence::Record& record) {
          note(record);
          return true;
        });
    if (!walked) {
      throw damaged({.path = reader.path(), .offset = reader.offset(), .reason = walked.error()});
    }
    last_ = std::max(last_, header.position_last);
  }

  void shorten(const WalReader& reader) {
    plan_.segment_number = reader.segment_number();
    plan_.offset = reader.offset();
    plan_.shortened = reader.header();
    std::span<const std::byte> rest = reader.payload();
    for (LogPosition at = plan_.shortened.position_first; at <= after_; at = at.next()) {
      std::size_t record_bytes = 0;
      const auto record = persistence::decode_record(rest, at, record_bytes);
      if (!record) {
        throw damaged({.path = reader.path(), .offset = reader.offset(), .reason = record.error()});
      }
      rest = rest.subspan(record_bytes);
    }
    const std::size_t kept_bytes = reader.payload().size() - rest.size();
    plan_.shortened_payload.assign(
        reader.payload().begin(),
        reader.payload().begin() + static_cast<std::ptrdiff_t>(kept_bytes));
    plan_.shortened.position_last = after_;
    plan_.shortened.payload_bytes = static_cast<std::uint32_t>(kept_bytes);
  }

  void note(const persistence::Record& record) {
    const auto& [command, outcome] = record;
    lines_.observe(command, outcome);
    if (outcome.position <= after_) return;
    CutLoss& loss = plan_.loss;
    if (loss.records++ == 0) {
      loss.first = after_.next();
      loss.first_time = outcome.time;
    }
    loss.last = outcome.position;
    loss.last_time = outcome.time;
    ++loss.kinds[command.kind];
    last_answers_.push_back(record);
    if (last_answers_.size() > kLastAnswers) last_answers_.pop_front();
    if (!is_approval(outcome.decision)) return;
    const CurrencyCode currency = lines_.currencies_of(command, outcome).account;
    const bool posts = command.kind == CommandKind::advise && command.advise.post == 1;
    switch (command.kind) {
      case CommandKind::authorize:
      case CommandKind::advise:
        if (!outcome.authorization.is_zero()) {
          if (loss.authorizations++ == 0) loss.authorization_first = outcome.authorization;
          loss.authorization_last = outcome.authorization;
        }
        add_to(posts ? loss.moved : loss.approved, currency, outcome.amount);
        break;
      case CommandKind::increment: add_to(loss.approved, currency, outcome.amount); break;
      case CommandKind::capture:
      case CommandKind::refund:
      case CommandKind::transfer: add_to(loss.moved, currency, outcome.amount); break;
      default: break;
    }
  }

  void finish() {
    CutLoss& loss = plan_.loss;
    loss.records += loss.unreadable;
    for (const persistence::Record& record : last_answers_) {
      std::string line = lines_.human(record.command, record.outcome);
      line.erase(line.find_last_not_of('\n') + 1);
      loss.last_answers.push_back(std::move(line));
    }
    if (last_ < after_) {
      throw not_found(fmt::format("the log of {} ends at position {}, before {}", dir_, last_.value,
                                  after_.value),
                      "Name a position that holdfast wal ls tells.");
    }
    if (!plan_.log_first.is_zero() && after_.next() < plan_.log_first) {
      throw not_found(fmt::format("the log of {} begins with position {}, behind {}", dir_,
                                  plan_.log_first.value, after_.value),
                      "Name a position that holdfast wal ls tells.");
    }
  }

  persistence::FileIo& io_;
  const std::string dir_;
  const LogPosition after_;
  CutPlan plan_;
  RecordLines lines_;
  LogPosition last_;
  std::deque<persistence::Record> last_answers_;
};

}  // namespace

CutPlan plan_cut(persistence::FileIo& io, const std::string& dir, LogPosition after) {
  return Planner(io, dir, after).run();
}

}  // namespace holdfast::tools
