// What happens in one life of a server: traffic, the network's and the clock's ways, faults.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "net/protocol/frame.h"
#include "tests/simulation/simulation.h"

namespace holdfast::simulation {
namespace {

// Of a gateway that reads. Some 60 are met on a slow disk.
constexpr std::uint64_t kTurnsWithoutAnswerMax = 200;
// Before a segment's last 80 sectors, which want the next one, when the warm-up ends behind there.
constexpr std::uint64_t kFillsAhead_bytes = 100 * limits::wal_sector_bytes;
constexpr std::uint64_t kHour_ns = 3'600 * kNsPerSecond;

}  // namespace

Simulation::End Simulation::live() {
  const bool stops = random_.per_mille(mix_.stop_at_operation);
  if (stops) io_.cut_power_after(random_.below(1 + mix_.turns * 2));
  if (!stops && random_.per_mille(mix_.failing_calls / 4)) {
    static constexpr const char* kCalls[] = {"submit", "sync", "rename", "write", "open",
                                             "sync directory"};
    io_.fail_next(kCalls[random_.below(std::size(kCalls))], random_.per_mille(300) ? ENOSPC : EIO);
  }
  const bool second = random_.per_mille(mix_.second_server);
  const std::uint64_t turns = 1 + random_.below(mix_.turns);
  for (turn_ = 1; turn_ <= turns; ++turn_) {
    if (quiet_turns_ > 0) {
      --quiet_turns_;
    } else if (random_.per_mille(mix_.quiet)) {
      quiet_turns_ = random_.below(30);
    }
    turn_faults();
    turn_gateways(quiet_turns_ > 0);
    const std::size_t work = turn_server();
    if (io_.power_is_cut()) return End::operation;
    const bool answered = std::any_of(links_.begin(), links_.end(), [](const auto& link) {
      return link->to_gateway.on_the_way() > 0;
    });
    if (answered && random_.per_mille(mix_.cut_after_answer)) return End::answered;
    if (server_->has_failed()) return End::log_failed;
    if (work == 0) {
      server_->log().note_idle();
      if (random_.per_mille(300)) io_.park(0);
    }
    move_bytes();
    for (std::size_t i = slow_turns_ > 0 ? 1 : 0; i < gateways_.size(); ++i) gateways_[i].receive();
    watch_liveness();
    watch_snapshots();
    oracle_.learn_through(server_->log().durable_through());
    if (second && turn_ == turns / 2 + 1) try_second_server();
  }
  io_.forget_power_cut();
  io_.forget_failures();
  const std::uint64_t draw = random_.below(mix_.end_clean + mix_.end_kill + mix_.end_power);
  return draw < mix_.end_clean                  ? End::clean
         : draw < mix_.end_clean + mix_.end_kill ? End::kill
                                                 : End::power;
}

// One command and one mark a turn, a block each: a segment is nearly full when faults begin. At
// times the volume is full just then, or since before the next segment was laid out.
void Simulation::warm_up() {
  io_.set_faults({.delay_polls_max = 0});
  Gateway& gateway = gateways_.front();
  const std::uint64_t bytes = mix_.warm_up_sectors * std::uint64_t{limits::wal_sector_bytes};
  while (server_->log().bytes_written() < bytes &&
         server_->log().state() != JournalState::no_space && !server_->has_failed()) {
    ++turn_;
    if (mix_.fills_in_warm_up && full_turns_ == 0 &&
        server_->log().bytes_written() + kFillsAhead_bytes > bytes) {
      fill_volume(200 + random_.below(400));
    }
    if (!gateway.is_connected()) connect(gateway);
    gateway.send(next_command());
    deliver_all();
    while (server_->turn() > 0) {
    }
    server_->log().note_idle();
    deliver_all();
    gateway.receive();
    gateway.note_turn();
    watch_liveness();
    watch_snapshots();
    oracle_.learn_through(server_->log().durable_through());
  }
  if (bytes > 0 && mix_.full_disk > 0 && random_.per_mille(600)) {
    fill_volume(100 + random_.below(400));
  }
}

std::size_t Simulation::turn_server() {
  const std::size_t turns = 1 + random_.below(3);
  std::size_t work = 0;
  for (std::size_t i = 0; i < turns && !io_.power_is_cut(); ++i) work += server_->turn();
  return work;
}

// Gateways -------------------------------------------------------------------------------------

void Simulation::connect(Gateway& gateway) {
  auto link = std::make_shared<Link>();
  links_.push_back(link);
  server_->accept(link, random_.below(mix_.network_threads));
  gateway.connect(std::move(link));
}

void Simulation::turn_gateways(bool quiet) {
  for (Gateway& gateway : gateways_) {
    if (slow_turns_ == 0 || &gateway != &gateways_.front()) gateway.note_turn();
    if (!gateway.is_connected()) {
      if (random_.per_mille(500)) connect(gateway);
      continue;
    }
    if (random_.per_mille(mix_.disconnects)) {
      if (random_.per_mille(200) && gateway.may_send()) {
        gateway.say_goodbye();
      } else {
        gateway.cut();
      }
      continue;
    }
    if (quiet) continue;
    for (std::uint64_t frames = random_.below(mix_.sends_per_turn + 1); frames > 0; --frames) {
      if (gateway.has_credit()) send_something(gateway);
    }
  }
}

// Commands that travel, as they arrive: the world's reconfigurations and nonsense kinds do not, and
// some reserved fields have no place in a message.
Command Simulation::next_command() {
  std::array<std::byte, limits::frame_bytes_max> bytes;
  while (true) {
    const Command command = world_.next();
    if (net::template_of(command.kind) == 0) continue;
    const std::size_t length = net::encode_command(command, 1, bytes);
    const net::FrameScan scan = net::scan_frame(std::span(bytes).first(length));
    Request request;
    const auto refusal = net::decode_request(scan.frame, true, request);
    return refusal ? command : request.command;
  }
}

void Simulation::send_something(Gateway& gateway) {
  if (random_.per_mille(700) && gateway.resend_one()) return;
  if (random_.per_mille(mix_.inquiries)) return send_inquiry(gateway);
  if (random_.per_mille(mix_.bad_frames)) return gateway.send_bad(random_.per_mille(200));
  if (random_.per_mille(20)) return gateway.send_heartbeat();
  if (random_.per_mille(mix_.duplicates)) {
    Gateway& other = gateways_[random_.below(gateways_.size())];
    if (const Command* command = other.any_under_way()) {
      coverage_.count("net: duplicate while the first is under way");
      return gateway.send(Command(*command));
    }
  }
  gateway.send(next_command());
}

void Simulation::send_inquiry(Gateway& gateway) {
  static constexpr RequestKind kKinds[] = {
      RequestKind::show_account,       RequestKind::show_account, RequestKind::show_card,
      RequestKind::show_authorization, RequestKind::show_program, RequestKind::show_limits,
      RequestKind::show_status};
  const RequestKind kind = random_.per_mille(mix_.snapshot_asks)
                               ? RequestKind::take_snapshot
                               : kKinds[random_.below(std::size(kKinds))];
  Inquiry inquiry;
  switch (kind) {
    case RequestKind::show_account:
      inquiry.account = model::RandomCommands::account_id(1 + random_.below(mix_.world.accounts));
      break;
    case RequestKind::show_card:
    case RequestKind::show_limits:
      inquiry.card = model::RandomCommands::card_token(1 + random_.below(mix_.world.cards));
      break;
    case RequestKind::show_authorization:
      inquiry.authorization = {1 + random_.below(1 + oracle_.history().size() / 3)};
      break;
    case RequestKind::show_program:
      inquiry.program = {static_cast<std::uint32_t>(random_.below(mix_.world.programs))};
      break;
    case RequestKind::show_status:
      inquiry.with_digest = random_.per_mille(100) ? 1 : 0;
      break;
    default:
      break;
  }
  gateway.send_inquiry(kind, inquiry);
}

void Simulation::move_bytes() {
  for (const auto& link : links_) {
    const std::size_t most = random_.per_mille(700) ? SIZE_MAX / 2 : random_.below(300);
    link->to_server.move(most);
    link->to_gateway.move(random_.per_mille(800) ? SIZE_MAX / 2 : random_.below(300));
  }
  std::erase_if(links_, [](const auto& link) { return link->cut; });
}

void Simulation::deliver_all() {
  for (const auto& link : links_) {
    link->to_server.move_all();
    link->to_gateway.move_all();
  }
}

void Simulation::watch_liveness() {
  for (const Gateway& gateway : gateways_) {
    if (gateway.turns_without_answer() > kTurnsWithoutAnswerMax) {
      throw Violation(fmt::format("no answer for {} turns", kTurnsWithoutAnswerMax));
    }
  }
}

// What an operator is told to have must be there after a crash.
void Simulation::watch_snapshots() {
  snapshot_told_ = std::max(snapshot_told_, server_->newest_snapshot());
}

// A full volume is no failure, nor is anything else that the disk did not tell as one.
void Simulation::judge_failure() {
  if (mix_.disk_lies || io_.failures_told() > failures_before_) return;
  throw Violation("the log failed, and the disk did not: " + server_->log().failure());
}

// Faults ---------------------------------------------------------------------------------------

void Simulation::turn_faults() {
  if (slow_turns_ > 0) --slow_turns_;
  if (random_.per_mille(mix_.slow_readers)) {
    coverage_.count("net: slow reader");
    slow_turns_ = random_.below(40);
  }
  if (full_turns_ > 0) {
    if (--full_turns_ == 0) {
      coverage_.count("server: space came back");
      io_.set_capacity(UINT64_MAX);
    }
  } else if (random_.per_mille(mix_.full_disk)) {
    fill_volume(1 + random_.below(random_.per_mille(300) ? 400 : 60));
  }
  step_clock();
}

// No room at all, or for a snapshot and not for a segment.
void Simulation::fill_volume(std::uint64_t turns) {
  full_turns_ = turns;
  io_.set_capacity(
      random_.per_mille(500) ? 0 : io_.bytes_used() + random_.below(limits::wal_segment_bytes_min));
}

void Simulation::step_clock() {
  if (off_turns_ > 0 && --off_turns_ == 0) clock_.off_by_ns = 0;
  if (!random_.per_mille(mix_.clock_steps)) return;
  if (random_.per_mille(500)) {
    coverage_.count("clock: back");
    clock_.off_by_ns = -static_cast<std::int64_t>(random_.below(48 * kHour_ns));
    off_turns_ = 1 + random_.below(30);
  } else {
    coverage_.count("clock: forward");
    world_.wait_s(random_.below(random_.per_mille(200) ? 10 * 86'400 : 7'200));
  }
}

void Simulation::try_second_server() {
  std::vector<persistence::Record> records;
  const auto second = Server::start(io_, durability(), mix_, clock_, oracle_, coverage_, records);
  if (!second && io_.power_is_cut()) return;  // the machine went down under both
  if (second || second.error().kind != persistence::RecoveryError::Kind::locked) {
    throw Violation("a second server was not refused on the same directory");
  }
  coverage_.count("server: second one refused");
}

}  // namespace holdfast::simulation
