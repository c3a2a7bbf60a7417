#include "tests/simulation/gateway.h"

#include <fmt/format.h>

#include <cstring>

#include "net/protocol/frame.h"

namespace holdfast::simulation {
namespace {

namespace wire = net::wire;

template <class Message>
constexpr std::uint16_t kTemplate = wire::Layout<Message>::kTemplateId;

}  // namespace

Gateway::Gateway(std::uint32_t number, std::uint64_t seed, const FaultMix& mix, Oracle& oracle,
                 Coverage& coverage)
    : number_(number),
      random_(seed),
      mix_(mix),
      oracle_(oracle),
      coverage_(coverage),
      frame_(limits::frame_bytes_max) {}

Gateway::Asked& Gateway::ask(Kind kind) {
  Asked& asked = under_way_.emplace_back();
  asked.kind = kind;
  asked.correlation = next_correlation_++;
  return asked;
}

void Gateway::put(std::size_t bytes) { link_->to_server.send(std::span(frame_).first(bytes)); }

void Gateway::connect(std::shared_ptr<Link> link) {
  link_ = std::move(link);
  closing_ = wants_to_close_ = false;
  turns_waited_ = 0;
  coverage_.count("net: connected");
  put(net::encode_hello(fmt::format("gateway {}", number_), ask(Kind::hello).correlation, frame_));
}

void Gateway::send(const Command& command) {
  Asked& asked = ask(Kind::command);
  asked.command = command;
  put(net::encode_command(command, asked.correlation, frame_));
}

bool Gateway::resend_one() {
  if (to_resend_.empty()) return false;
  coverage_.count("net: resent");
  const Command command = to_resend_.front();
  to_resend_.pop_front();
  send(command);
  return true;
}

void Gateway::send_inquiry(RequestKind kind, const Inquiry& inquiry) {
  Asked& asked = ask(Kind::inquiry);
  asked.inquiry_kind = kind;
  asked.inquiry = inquiry;
  put(net::encode_inquiry(kind, inquiry, asked.correlation, frame_));
}

void Gateway::send_heartbeat() {
  put(net::encode_inquiry(RequestKind::pass_through, {}, ask(Kind::heartbeat).correlation, frame_));
}

void Gateway::send_bad(bool damaged) {
  const std::uint64_t correlation = ask(damaged ? Kind::damaged : Kind::bad).correlation;
  const std::size_t bytes = net::write_frame(wire::Heartbeat{correlation}, frame_);
  const auto set16 = [this](std::size_t offset, std::uint16_t value) {
    std::memcpy(frame_.data() + offset, &value, sizeof value);
  };
  if (damaged) {
    coverage_.count("net: damaged stream");
    const std::uint32_t length = random_.per_mille(500) ? 7 : 0xFFFF'0000;
    std::memcpy(frame_.data() + offsetof(wire::FrameHeader, frame_length), &length, sizeof length);
    closing_ = true;
  } else {
    coverage_.count("net: bad frame");
    switch (random_.below(3)) {
      case 0: set16(offsetof(wire::FrameHeader, template_id), 777); break;
      case 1: set16(offsetof(wire::FrameHeader, schema_id), 1); break;
      default: set16(offsetof(wire::FrameHeader, reserved), 1); break;
    }
  }
  put(bytes);
}

void Gateway::say_goodbye() {
  coverage_.count("net: goodbye");
  put(net::write_frame(wire::Goodbye{ask(Kind::goodbye).correlation}, frame_));
  closing_ = true;
}

void Gateway::cut() {
  if (!is_connected()) return;
  if (!under_way_.empty()) coverage_.count("net: cut with requests under way");
  link_->cut = true;
  disconnected();
}

const Command* Gateway::any_under_way() {
  if (under_way_.empty()) return nullptr;
  const Asked& asked = under_way_[random_.below(under_way_.size())];
  return asked.kind == Kind::command ? &asked.command : nullptr;
}

// What has no answer may have happened or not: ask again, with the same request ids.
void Gateway::disconnected() {
  for (const Asked& asked : under_way_) {
    if (asked.kind == Kind::command) to_resend_.push_back(asked.command);
  }
  under_way_.clear();
  link_.reset();
}

void Gateway::receive() {
  if (!is_connected()) return;
  const std::shared_ptr<Link> link = link_;
  while (link_ != nullptr) {
    const net::FrameScan scan = net::scan_frame(link->to_gateway.arrived());
    if (scan.status == net::FrameStatus::partial) break;
    if (scan.status == net::FrameStatus::damaged || scan.refusal) {
      throw Violation("the server sent a frame that is none");
    }
    take_answer(scan.frame);
    link->to_gateway.take(scan.frame.bytes());
  }
  const bool ended = link->cut || (link->server_shut && link->to_gateway.on_the_way() == 0 &&
                                   link->to_gateway.arrived().empty());
  if (ended && link_ != nullptr) disconnected();
}

void Gateway::take_answer(const net::Frame& frame) {
  if (under_way_.empty()) throw Violation("an answer to nothing");
  const Asked asked = under_way_.front();
  under_way_.pop_front();
  turns_waited_ = 0;
  const std::uint16_t template_id = frame.header.template_id;
  const std::uint64_t correlation = asked.kind == Kind::damaged ? 0 : asked.correlation;
  const auto unexpected = [&] {
    return Violation(fmt::format("gateway {}: answers out of order: question {} of kind {} got "
                                 "message {} with correlation {}",
                                 number_, asked.correlation, static_cast<int>(asked.kind),
                                 template_id, frame.correlation));
  };
  if (frame.correlation != correlation) throw unexpected();
  if (template_id == kTemplate<wire::Reject>) {
    const bool may_be = asked.kind == Kind::command || asked.kind == Kind::inquiry ||
                        asked.kind == Kind::bad || asked.kind == Kind::damaged;
    if (!may_be) throw unexpected();
    if (asked.kind == Kind::command) coverage_.count("net: rejected");
    return;
  }
  switch (asked.kind) {
    case Kind::hello:
      if (template_id != kTemplate<wire::HelloReply>) throw unexpected();
      return;
    case Kind::heartbeat:
      if (template_id != kTemplate<wire::HeartbeatReply>) throw unexpected();
      return;
    case Kind::goodbye:
      if (template_id != kTemplate<wire::GoodbyeReply>) throw unexpected();
      return;
    case Kind::command: {
      const auto reply = net::body_as<wire::OutcomeReply>(frame);
      if (template_id != kTemplate<wire::OutcomeReply> ||
          reply.command_template_id != net::template_of(asked.command.kind)) {
        throw unexpected();
      }
      oracle_.told(asked.command, net::to_outcome(reply));
      return;
    }
    case Kind::inquiry:
      take_view(asked, frame);
      return;
    case Kind::bad:
    case Kind::damaged:
      throw unexpected();
  }
}

void Gateway::take_view(const Asked& asked, const net::Frame& frame) {
  const auto as = [&]<class Message>(Message) {
    if (frame.header.template_id != kTemplate<Message>) {
      throw Violation("an inquiry got an answer of another kind");
    }
    oracle_.told(asked.inquiry_kind, asked.inquiry, net::to_view(net::body_as<Message>(frame)));
  };
  switch (asked.inquiry_kind) {
    case RequestKind::show_account: return as(wire::AccountReply{});
    case RequestKind::show_card: return as(wire::CardReply{});
    case RequestKind::show_authorization: return as(wire::AuthorizationReply{});
    case RequestKind::show_program: return as(wire::ProgramReply{});
    case RequestKind::show_status:
    case RequestKind::take_snapshot: return as(wire::StatusReply{});
    case RequestKind::show_limits: return as(wire::LimitsReply{});
    default: throw Violation("an inquiry that no gateway makes");
  }
}

}  // namespace holdfast::simulation
