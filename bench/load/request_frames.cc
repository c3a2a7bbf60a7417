#include "bench/load/request_frames.h"

#include <cstring>

#include "engine/check.h"
#include "net/protocol/codec.h"

namespace holdfast::bench {

namespace {

using net::wire::FrameHeader;

template <class Field>
void put(std::byte* frame, std::size_t offset_in_body, Field value) {
  std::memcpy(frame + sizeof(FrameHeader) + offset_in_body, &value, sizeof value);
}

// Patches a field of a message by its name; the types must agree.
#define PUT(frame, Message, field, value)                                     \
  put<decltype(net::wire::Message::field)>(                                   \
      frame, offsetof(net::wire::Message, field), value)

template <std::size_t kBytes>
std::byte* copy(const std::array<std::byte, kBytes>& frame, std::byte* out) {
  static_assert(kBytes <= RequestFrames::kBytesMax);
  std::memcpy(out, frame.data(), kBytes);
  return out;
}

}  // namespace

RequestFrames::RequestFrames(const Population& population, std::uint64_t run_id) {
  const auto encode = [&](auto& frame, const Step& step) {
    const std::size_t bytes = net::encode_command(command_of(step, population, run_id), 0, frame);
    HOLDFAST_CHECK(bytes == frame.size(), "a frame is as long as its message");
  };
  Step step;
  for (std::size_t place = 0; place < kPlaces; ++place) {
    step.request_low = place;
    encode(authorize_[place], step);
  }
  step.kind = StepKind::capture;
  encode(capture_, step);
  step.kind = StepKind::reverse;
  encode(reverse_, step);
  step.kind = StepKind::inquiry;
  const std::size_t bytes =
      net::encode_inquiry(RequestKind::show_account, inquiry_of(step, population), 0, inquiry_);
  HOLDFAST_CHECK(bytes == inquiry_.size(), "a frame is as long as its message");
}

std::size_t RequestFrames::write(const Step& step, std::uint64_t correlation,
                                 std::byte* out) const {
  switch (step.kind) {
    case StepKind::authorize:
      copy(authorize_[place_of(step)], out);
      PUT(out, Authorize, correlation_id, correlation);
      PUT(out, Authorize, request_id.low, step.request_low);
      PUT(out, Authorize, card_token.low, Population::id_low(step.account));
      PUT(out, Authorize, amount, step.amount.minor);
      return sizeof authorize_[0];
    case StepKind::capture:
      copy(capture_, out);
      PUT(out, Capture, correlation_id, correlation);
      PUT(out, Capture, request_id.low, step.request_low);
      PUT(out, Capture, authorization_id, step.authorization.value);
      PUT(out, Capture, amount, step.amount.minor);
      return sizeof capture_;
    case StepKind::reverse:
      copy(reverse_, out);
      PUT(out, Reverse, correlation_id, correlation);
      PUT(out, Reverse, request_id.low, step.request_low);
      PUT(out, Reverse, authorization_id, step.authorization.value);
      PUT(out, Reverse, amount, step.amount.minor);
      return sizeof reverse_;
    case StepKind::inquiry:
      copy(inquiry_, out);
      PUT(out, ShowAccount, correlation_id, correlation);
      PUT(out, ShowAccount, account_id.low, Population::id_low(step.account));
      return sizeof inquiry_;
  }
  HOLDFAST_CHECK(false, "a step is one of four kinds");
  return 0;
}

#undef PUT

}  // namespace holdfast::bench
