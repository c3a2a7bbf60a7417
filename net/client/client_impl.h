// What a `Client` holds: the socket, the bytes on their way in both directions, and which requests
// are under way. The socket and its bytes are in client_impl.cc, answers that come in pages in
// client_pages.cc. Thread: the client's.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/check.h"
#include "engine/limits.h"
#include "net/client/client.h"
#include "net/client/socket.h"
#include "net/protocol/codec.h"
#include "net/protocol/frame.h"

namespace holdfast::net {

struct Client::Impl {
  using Clock = std::chrono::steady_clock;
  using Kind = ClientError::Kind;
  enum class Read : std::uint8_t { nothing, some, filled };  // filled: there may be more

  Impl(ClientSocket connected, const ClientOptions& from);

  ClientOptions options;
  std::string peer;
  ClientSocket socket;
  ServerInfo info;
  std::uint64_t submitted = 0;  // correlation of the last request; they count up from 1
  std::uint64_t answered = 0;   // correlation of the last reply; they come in order
  bool said_goodbye = false;
  std::vector<std::byte> out;   // [out_begin, out_end) is still to be written
  std::size_t out_begin = 0;
  std::size_t out_end = 0;
  std::vector<std::byte> in;    // [in_begin, in_end) is read and not yet decoded
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  std::vector<ClientReply> early;  // taken off the wire by a wait for something else
  std::optional<ClientError> broken;  // once lost, a connection stays lost

  std::unexpected<ClientError> fail(Kind kind, std::string what);
  /// The same error again for every later call, with what is unknown by then.
  [[nodiscard]] std::unexpected<ClientError> tell_broken() const;
  std::unexpected<ClientError> lost(int error);
  std::unexpected<ClientError> nonsense(std::string_view what);

  /// True when nothing is left to write.
  std::expected<bool, ClientError> write_some();
  /// Reads once.
  std::expected<Read, ClientError> read_some();
  /// Decodes every whole frame that was read; returns how many replies were appended.
  std::expected<std::size_t, ClientError> take(std::vector<ClientReply>& replies);
  std::expected<ClientReply, ClientError> decode(const Frame& frame);
  /// Waits for bytes, writing what is pending meanwhile. Ends after one successful read.
  std::expected<void, ClientError> pump_until(Clock::time_point deadline);
  std::expected<ClientReply, ClientError> one_reply();
  std::expected<void, ClientError> hello();

  /// Makes room behind what is pending for the longest frame.
  void make_room();
  /// `encode(correlation, to)` writes a frame and returns its bytes. Returns the correlation.
  template <class Encode>
  std::uint64_t append(Encode encode) {
    make_room();
    const std::uint64_t correlation = ++submitted;
    out_end += encode(correlation, std::span(out).subspan(out_end));
    return correlation;
  }

  template <class Wanted>
  std::expected<Wanted, ClientError> wanted(std::expected<ClientReply, ClientError> reply) {
    if (!reply) return std::unexpected(reply.error());
    if (auto* value = std::get_if<Wanted>(&reply->body)) return std::move(*value);
    if (const auto* reject = std::get_if<Reject>(&reply->body)) {
      return std::unexpected(ClientError{
          Kind::rejected, fmt::format("{} did not take the request: {}", peer, reject->message)});
    }
    return nonsense("a reply of another kind than was asked for");
  }

  /// Sends one request and waits for its reply; nothing else is under way.
  template <class Wanted, class Encode>
  std::expected<Wanted, ClientError> exchange(Encode encode) {
    if (broken) return tell_broken();
    HOLDFAST_CHECK(submitted == answered, "a blocking call while pipelined requests are under way");
    append(encode);
    return wanted<Wanted>(one_reply());
  }
  template <class View>
  std::expected<View, ClientError> ask(RequestKind kind, const Inquiry& inquiry) {
    return exchange<View>([&](std::uint64_t correlation, std::span<std::byte> to) {
      return encode_inquiry(kind, inquiry, correlation, to);
    });
  }

  std::expected<LimitsPage, ClientError> ask_limits(CardToken card, std::size_t first);
  std::expected<ShadowsPage, ClientError> ask_shadow(ProgramId program, std::uint32_t from_version,
                                                     std::size_t first_tally);
  /// One shadow whole; empty `shadows`: none from `from_version` on.
  std::expected<ShadowsPage, ClientError> ask_whole_shadow(ProgramId program,
                                                           std::uint32_t from_version);
  std::expected<RuleSetView, ClientError> ask_rows(ProgramId program, std::uint32_t version,
                                                   std::size_t first);
};

}  // namespace holdfast::net
