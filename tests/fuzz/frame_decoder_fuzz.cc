// The bytes of a session, as a server decodes them, and as a client decodes a server's.
//
// Beyond "no crash, nothing read out of bounds": what is decoded can be encoded again and means the
// same; a frame is never found in fewer bytes than it has; every refusal can be told.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/check.h"
#include "net/protocol/codec.h"
#include "net/protocol/frame.h"
#include "net/protocol/schema.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace holdfast;
using namespace holdfast::net;
using Bytes = std::vector<std::byte>;

void tell(const Refusal& refusal) {
  char text[wire::kRejectTextBytes];
  describe(refusal, text);
  HOLDFAST_CHECK(!text_of(text).empty(), "a refusal says something");
  Request request;
  set_reject(request, refusal);
  const Refusal back = refusal_of(request.route);
  HOLDFAST_CHECK(back.code == refusal.code && back.detail == refusal.detail &&
                     back.template_id == refusal.template_id,
                 "a refusal comes back from its route");
}

Request decoded(const Bytes& bytes) {
  const FrameScan scan = scan_frame(bytes);
  HOLDFAST_CHECK(scan.status == FrameStatus::whole && !scan.refusal, "what was encoded is a frame");
  Request request;
  HOLDFAST_CHECK(!decode_request(scan.frame, true, request), "what was encoded is taken");
  return request;
}

// A request that was taken means the same after it was encoded and decoded again.
void encode_again(const Request& request) {
  Bytes bytes(limits::frame_bytes_max);
  if (request.kind == RequestKind::command) {
    bytes.resize(encode_command(request.command, request.correlation, bytes));
    const Request again = decoded(bytes);
    HOLDFAST_CHECK(std::memcmp(&again.command, &request.command, sizeof(Command)) == 0,
                   "a command survives the wire");
    HOLDFAST_CHECK(template_of(request.command.kind) != 0, "only outside commands come in");
  } else if (request.kind != RequestKind::pass_through) {
    bytes.resize(encode_inquiry(request.kind, request.inquiry, request.correlation, bytes));
    const Request again = decoded(bytes);
    HOLDFAST_CHECK(again.kind == request.kind, "an inquiry keeps its kind");
    HOLDFAST_CHECK(std::memcmp(&again.inquiry, &request.inquiry, sizeof(Inquiry)) == 0,
                   "an inquiry survives the wire");
  }
}

void as_server(const Frame& frame) {
  for (const bool greeted : {false, true}) {
    Request request;
    if (const auto refusal = decode_request(frame, greeted, request)) {
      tell(*refusal);
    } else {
      HOLDFAST_CHECK(request.correlation == frame.correlation, "a request keeps its correlation");
      encode_again(request);
    }
  }
}

template <class Message>
void as_client_of(const Frame& frame) {
  if (frame.header.template_id != wire::Layout<Message>::kTemplateId) return;
  if (check_block(frame, wire::Layout<Message>::kBlockLengthFirst)) return;
  const auto message = body_as<Message>(frame);
  if constexpr (std::is_same_v<Message, wire::OutcomeReply>) {
    HOLDFAST_CHECK(decision_de39(to_outcome(message).decision).size() == 2,
        "every number has a DE39");
  } else {
    (void)to_view(message);
  }
}

void as_client(const Frame& frame) {
  as_client_of<wire::OutcomeReply>(frame);
  as_client_of<wire::AccountReply>(frame);
  as_client_of<wire::CardReply>(frame);
  as_client_of<wire::AuthorizationReply>(frame);
  as_client_of<wire::ProgramReply>(frame);
  as_client_of<wire::StatusReply>(frame);
  as_client_of<wire::LimitsReply>(frame);
  as_client_of<wire::ShadowsReply>(frame);
  as_client_of<wire::RuleSetReply>(frame);
}

}  // namespace

// One frame of every request, of its version-1 length, all fields zero but the ids.
std::vector<std::vector<std::uint8_t>> holdfast_fuzz_seeds() {
  std::vector<std::vector<std::uint8_t>> seeds;
  std::vector<std::uint8_t> all;
  for (const MessageInfo& message : messages()) {
    wire::FrameHeader header;
    header.frame_length = static_cast<std::uint32_t>(sizeof header + message.block_length);
    header.block_length = message.block_length;
    header.template_id = message.template_id;
    header.schema_id = wire::kSchemaId;
    header.version = wire::kSchemaVersion;
    std::vector<std::uint8_t> frame(header.frame_length);
    std::memcpy(frame.data(), &header, sizeof header);
    frame[sizeof header] = 1;  // correlation
    for (const FieldInfo& field : message.fields) {
      if (field.name == "requestId" || field.name == "schemaVersion") {
        frame[sizeof header + field.offset] = 1;
      }
    }
    all.insert(all.end(), frame.begin(), frame.end());
    seeds.push_back(std::move(frame));
  }
  seeds.push_back(std::move(all));
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Its own memory, so that a read beyond the end is seen.
  const Bytes bytes(reinterpret_cast<const std::byte*>(data),
                    reinterpret_cast<const std::byte*>(data) + size);
  std::span<const std::byte> rest(bytes);
  while (true) {
    const FrameScan scan = scan_frame(rest);
    if (scan.refusal) tell(*scan.refusal);
    if (scan.status != FrameStatus::whole) break;
    HOLDFAST_CHECK(scan.frame.bytes() <= rest.size(), "a whole frame is there");
    HOLDFAST_CHECK(scan_frame(rest.first(scan.frame.bytes() - 1)).status == FrameStatus::partial,
                   "a frame needs its last byte");
    if (!scan.refusal) {
      as_server(scan.frame);
      as_client(scan.frame);
    }
    rest = rest.subspan(scan.frame.bytes());
  }
  return 0;
}
