// What the network thread does with each request besides system calls: finds and decodes its frame,
// encodes its reply.
#include <array>
#include <utility>
#include <vector>

#include "bench/load/random.h"
#include "bench/micro/piece.h"
#include "engine/check.h"
#include "engine/limits.h"
#include "net/protocol/codec.h"
#include "net/protocol/frame.h"

namespace holdfast::bench {
namespace {

Command authorize(Random& random) {
  Command c;
  c.kind = CommandKind::authorize;
  c.request_id = {.low = random.next(), .high = random.next()};
  c.authorize = Authorize{.card = {.low = random.next(), .high = 2},
                          .amount = Money{1'000},
                          .merchant = {},
                          .terminal = {},
                          .currency = CurrencyCode{978},
                          .mcc = Mcc{5411},
                          .country = CountryCode{250}};
  return c;
}

Command capture(Random& random) {
  Command c;
  c.kind = CommandKind::capture;
  c.request_id = {.low = random.next(), .high = random.next()};
  c.capture = Capture{.authorization = AuthorizationId{1 + random.below(1'000'000)},
                      .original_request = {},
                      .amount = Money{1'000},
                      .settlement_account = {},
                      .final = 1,
                      .card = {}};
  return c;
}

/// A buffer full of frames, as a read from a busy connection leaves it.
class FrameDecode : public Piece {
 public:
  explicit FrameDecode(Command (*make)(Random&)) {
    Random random(1);
    bytes_.resize(kRoundItems * limits::frame_bytes_max);
    for (std::size_t i = 0; i < kRoundItems; ++i) {
      used_ += net::encode_command(make(random), i, std::span(bytes_).subspan(used_));
    }
  }
  void run() override {
    std::span<const std::byte> unread(bytes_.data(), used_);
    std::size_t count = 0;
    while (true) {
      const net::FrameScan scan = net::scan_frame(unread);
      if (scan.status != net::FrameStatus::whole) break;
      Request& request = requests_[count++];
      request.route = ReplyRoute{.session = 1, .generation = 1};
      request.correlation = scan.frame.correlation;
      if (scan.refusal || net::decode_request(scan.frame, true, request)) break;
      unread = unread.subspan(scan.frame.bytes());
    }
    decoded_ = count;
  }
  void finish() override {
    HOLDFAST_CHECK(decoded_ == kRoundItems && !requests_.back().command.request_id.is_zero(),
                   "a benchmark's frames are well formed");
  }

 private:
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
  std::array<Request, kRoundItems> requests_;
  std::size_t decoded_ = 0;
};

class ReplyEncode : public Piece {
 public:
  ReplyEncode() : bytes_(kRoundItems * limits::frame_bytes_max) {
    for (std::size_t i = 0; i < replies_.size(); ++i) {
      Reply& reply = replies_[i];
      reply.kind = RequestKind::command;
      reply.command_kind = CommandKind::authorize;
      reply.correlation = i;
      reply.outcome.decision = Decision::approved;
      reply.outcome.authorization = AuthorizationId{i + 1};
      reply.outcome.position = LogPosition{i + 1};
    }
  }
  void run() override {
    used_ = 0;
    for (const Reply& reply : replies_) {
      used_ += net::encode_reply(reply, facts_, std::span(bytes_).subspan(used_));
    }
  }
  void finish() override {
    std::size_t frames = 0;
    std::span<const std::byte> rest(bytes_.data(), used_);
    for (; !rest.empty(); ++frames) {
      const net::FrameScan scan = net::scan_frame(rest);
      HOLDFAST_CHECK(scan.status == net::FrameStatus::whole, "an encoded reply is a frame");
      rest = rest.subspan(scan.frame.bytes());
    }
    HOLDFAST_CHECK(frames == kRoundItems, "every reply was encoded");
  }

 private:
  std::array<Reply, kRoundItems> replies_;
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
  net::HelloFacts facts_;
};

}  // namespace

void add_codec_pieces(PieceList& list) {
  list.push_back(
      {"frame_decode/authorize", [] { return std::make_unique<FrameDecode>(authorize); }});
  list.push_back({"frame_decode/capture", [] { return std::make_unique<FrameDecode>(capture); }});
  list.push_back({"reply_encode", [] { return std::make_unique<ReplyEncode>(); }});
}

}  // namespace holdfast::bench
