#include "net/client/client_impl.h"

#include <fmt/format.h>

#include <cstring>
#include <span>
#include <system_error>
#include <utility>

#include "engine/check.h"
#include "net/client/reply_decoder.h"

namespace holdfast::net {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

}  // namespace

Client::Impl::Impl(ClientSocket connected, const ClientOptions& from)
    : options(from),
      peer(fmt::format("{}:{}", from.host, from.port)),
      socket(std::move(connected)),
      in(kReadBytes) {}

std::unexpected<ClientError> Client::Impl::fail(Kind kind, std::string what) {
  broken = ClientError{kind, std::move(what)};
  return tell_broken();
}

std::unexpected<ClientError> Client::Impl::tell_broken() const {
  ClientError error = *broken;
  if (error.kind == Kind::connection_lost && submitted > answered) {
    error.message += fmt::format(
        "; the outcome of {} request(s) is unknown: connect again and send them with the same "
        "request ids",
        submitted - answered);
  }
  return std::unexpected(std::move(error));
}

std::unexpected<ClientError> Client::Impl::lost(int error) {
  return fail(Kind::connection_lost,
              error == 0 ? fmt::format("{} closed the connection", peer)
                         : fmt::format("the connection to {} was lost: {}", peer,
                                       std::generic_category().message(error)));
}

std::unexpected<ClientError> Client::Impl::nonsense(std::string_view what) {
  return fail(Kind::protocol,
              fmt::format("{} sent what is not the Holdfast protocol: {}", peer, what));
}

void Client::Impl::make_room() {
  // Appended bytes go behind what is pending; written ones are dropped when that is cheap.
  if (out_begin == out_end) {
    out_begin = out_end = 0;
  } else if (out_begin > out_end / 2) {
    std::memmove(out.data(), out.data() + out_begin, out_end - out_begin);
    out_end -= out_begin;
    out_begin = 0;
  }
  if (out.size() - out_end < limits::frame_bytes_max) {
    out.resize(2 * out.size() + limits::frame_bytes_max);
  }
}

std::expected<bool, ClientError> Client::Impl::write_some() {
  if (broken) return tell_broken();
  while (out_begin < out_end) {
    const auto result =
        socket.write_some(std::span(out).subspan(out_begin, out_end - out_begin));
    if (result.state == ClientSocket::State::would_block) return false;
    if (result.state == ClientSocket::State::closed) {
      // The server may have said why before it closed: what it sent is still to be read.
      return false;
    }
    out_begin += result.bytes;
  }
  return true;
}

std::expected<Client::Impl::Read, ClientError> Client::Impl::read_some() {
  if (broken) return tell_broken();
  if (in_begin > 0) {
    std::memmove(in.data(), in.data() + in_begin, in_end - in_begin);
    in_end -= in_begin;
    in_begin = 0;
  }
  const auto result = socket.read_some(std::span(in).subspan(in_end));
  if (result.state == ClientSocket::State::would_block) return Read::nothing;
  if (result.state == ClientSocket::State::closed) return lost(result.error);
  in_end += result.bytes;
  return in_end == in.size() ? Read::filled : Read::some;
}

std::expected<ClientReply, ClientError> Client::Impl::decode(const Frame& frame) {
  auto reply = decode_reply(frame);
  if (!reply) return nonsense(reply.error());
  switch (static_cast<wire::TemplateId>(frame.header.template_id)) {
    case wire::TemplateId::HelloReply:
      info = server_info_of(frame);
      break;
    case wire::TemplateId::GoodbyeReply:
      said_goodbye = true;
      break;
    default:
      break;
  }
  return std::move(*reply);
}

std::expected<std::size_t, ClientError> Client::Impl::take(std::vector<ClientReply>& replies) {
  const std::size_t before = replies.size();
  while (true) {
    const FrameScan scan = scan_frame(std::span(in).subspan(in_begin, in_end - in_begin));
    if (scan.status == FrameStatus::partial) return replies.size() - before;
    if (scan.status == FrameStatus::damaged) return nonsense("a frame of an impossible length");
    if (scan.refusal) return nonsense("a frame of another schema");
    auto reply = decode(scan.frame);
    if (!reply) return std::unexpected(reply.error());
    in_begin += scan.frame.bytes();
    if (const auto* reject = std::get_if<Reject>(&reply->body);
        reject != nullptr && reply->correlation == 0) {
      // It answers no request: the connection itself is refused, or its bytes are damaged.
      return fail(Kind::rejected,
                  fmt::format("{} refused the connection: {}", peer, reject->message));
    }
    if (reply->correlation != answered + 1 || answered == submitted) {
      return nonsense(fmt::format("a reply with correlation {} where {} was due",
                                  reply->correlation, answered + 1));
    }
    ++answered;
    replies.push_back(std::move(*reply));
  }
}

std::expected<void, ClientError> Client::Impl::pump_until(Clock::time_point deadline) {
  while (true) {
    const auto written = write_some();
    if (!written) return std::unexpected(written.error());
    const auto read = read_some();
    if (!read) return std::unexpected(read.error());
    if (*read != Read::nothing) return {};
    const auto ready = socket.wait(!*written, deadline);
    if (!ready.readable && !ready.writable && Clock::now() >= deadline) {
      return fail(Kind::timeout,
                  fmt::format("{} did not answer within {} ms; the outcome is unknown: connect "
                              "again and send with the same request ids",
                              peer, options.reply_timeout.count()));
    }
  }
}

std::expected<ClientReply, ClientError> Client::Impl::one_reply() {
  const auto deadline = Clock::now() + options.reply_timeout;
  std::vector<ClientReply> replies;
  while (replies.empty()) {
    const auto taken = take(replies);
    if (!taken) return std::unexpected(taken.error());
    if (*taken > 0) break;
    if (auto pumped = pump_until(deadline); !pumped) return std::unexpected(pumped.error());
  }
  HOLDFAST_CHECK(replies.size() == 1, "blocking calls are not mixed with pipelined ones");
  return std::move(replies.front());
}

std::expected<void, ClientError> Client::Impl::hello() {
  append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_hello(options.gateway_name, correlation, to);
  });
  auto pong = wanted<Pong>(one_reply());
  if (!pong) return std::unexpected(pong.error());
  if (info.schema_version == 0) return nonsense("its first reply is not a HelloReply");
  return {};
}

}  // namespace holdfast::net
