#include "tests/tools/written_log.h"

#include <gtest/gtest.h>

#include <cstring>

#include "persistence/segments.h"

namespace holdfast::tools {

WrittenLog::WrittenLog(LogId log_id) {
  io_ = persistence::PosixFileIo::make().value();
  persistence::OpenLogOptions options;
  options.dir = dir();
  options.segment_bytes = kSegmentBytes;
  options.now = TimestampNs{kStartNs};
  options.new_log_id = log_id;
  auto opened = persistence::open_log(
      *io_, options, [](const Command&, const Outcome&) { return std::optional<std::string>(); });
  if (!opened) throw std::runtime_error(opened.error().text());
  writer_ = std::move(opened->writer);
  lock_ = opened->lock;
  end_block();
}

WrittenLog::~WrittenLog() { close(); }

std::string WrittenLog::first_segment() const {
  return persistence::join_path(dir(), persistence::segment_name(1));
}

Outcome WrittenLog::apply(const Command& command) {
  now_ns_ += kNsPerSecond;
  const Outcome outcome = engine_.apply(command, TimestampNs{now_ns_});
  if (engine_.must_log(outcome)) writer_->append(command, outcome);
  return outcome;
}

void WrittenLog::append(const Command& command, const Outcome& outcome) {
  while (writer_->state() != JournalState::ready) static_cast<void>(writer_->pump());
  ASSERT_EQ(outcome.position, writer_->appended_through().next());
  writer_->append(command, outcome);
}

void WrittenLog::append_untrue(const Command& command, Outcome outcome) {
  outcome.position = writer_->appended_through().next();
  writer_->append(command, outcome);
}

void WrittenLog::end_block() {
  do {
    static_cast<void>(writer_->pump());
  } while (!writer_->is_idle());
}

void WrittenLog::close() {
  if (!writer_) return;
  EXPECT_TRUE(writer_->close()) << writer_->failure();
  writer_.reset();
  io_->close(lock_);
}

namespace {

Command command_of(CommandKind kind, std::uint64_t request) {
  Command command;
  command.kind = kind;
  command.request_id = {.low = request, .high = 0};
  return command;
}

}  // namespace

void WrittenLog::write_a_days_work() {
  constexpr CurrencyCode kGbp{826};
  const AccountId bank{.low = 1, .high = 0};
  const AccountId customer{.low = 1001, .high = 0};
  const CardToken card{.low = 4001, .high = 0};
  const auto apply_alone = [this](const Command& command) {
    static_cast<void>(apply(command));
    end_block();
  };
  Command command = command_of(CommandKind::create_account, 1);
  command.create_account = {.account = bank, .currency = kGbp, .flags = kAccountMayGoNegative};
  apply_alone(command);
  command = command_of(CommandKind::create_account, 2);
  command.create_account = {.account = customer, .currency = kGbp};
  apply_alone(command);
  command = command_of(CommandKind::transfer, 3);
  command.transfer = {.debit = bank,
                      .credit = customer,
                      .amount = Money{100'000},
                      .currency = kGbp,
                      .reference = 7};
  apply_alone(command);
  command = command_of(CommandKind::create_card, 4);
  command.create_card = {.card = card, .account = customer};
  apply_alone(command);
  command = command_of(CommandKind::authorize, 5);
  command.authorize = {.card = card,
                       .amount = Money{2500},
                       .currency = kGbp,
                       .mcc = Mcc{5411},
                       .channel = Channel::chip};
  std::memcpy(command.authorize.merchant.text, "CORNER SHOP", 11);
  apply_alone(command);
  command = command_of(CommandKind::authorize, 6);
  command.authorize = {.card = card, .amount = Money{500'000}, .currency = kGbp};
  apply_alone(command);
  command = command_of(CommandKind::capture, 7);
  command.capture = {.original_request = {.low = 5, .high = 0},
                     .amount = Money{2000},
                     .settlement_account = bank,
                     .final = 1};
  apply_alone(command);
}

void WrittenLog::flip_byte(const std::string& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x40));
  file.flush();
  ASSERT_TRUE(file.good()) << path << " at " << offset;
}

}  // namespace holdfast::tools
