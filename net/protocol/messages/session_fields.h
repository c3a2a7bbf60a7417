// The tables of the fields of a session's messages; see
// `net/protocol/field_table.h`.
#pragma once

#include "net/protocol/field_table.h"
#include "net/protocol/messages/session.h"

namespace holdfast::net::wire {

inline constexpr FieldInfo kHelloFields[] = {
    HOLDFAST_FIELD(Hello, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Hello, schema_version, "schemaVersion", "uint16"),
    HOLDFAST_FIELD(Hello, reserved1, "reserved1", "uint16"),
    HOLDFAST_FIELD(Hello, reserved2, "reserved2", "uint32"),
    HOLDFAST_FIELD(Hello, gateway_name, "gatewayName", "Name"),
};
inline constexpr FieldInfo kHelloReplyFields[] = {
    HOLDFAST_FIELD(HelloReply, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(HelloReply, schema_version, "schemaVersion", "uint16"),
    HOLDFAST_FIELD(HelloReply, reserved, "reserved", "uint16"),
    HOLDFAST_FIELD(HelloReply, frame_bytes_max, "frameBytesMax", "uint32"),
    HOLDFAST_FIELD(HelloReply, in_flight_max, "inFlightMax", "uint32"),
    HOLDFAST_FIELD(HelloReply, idle_timeout_ms, "idleTimeoutMs", "uint32"),
    HOLDFAST_FIELD(HelloReply, log_id, "logId", "Id128"),
    HOLDFAST_FIELD(HelloReply, server_name, "serverName", "Name"),
};
inline constexpr FieldInfo kHeartbeatFields[] = {
    HOLDFAST_FIELD(Heartbeat, correlation_id, "correlationId", "CorrelationId"),
};
inline constexpr FieldInfo kHeartbeatReplyFields[] = {
    HOLDFAST_FIELD(HeartbeatReply, correlation_id, "correlationId", "CorrelationId"),
};
inline constexpr FieldInfo kGoodbyeFields[] = {
    HOLDFAST_FIELD(Goodbye, correlation_id, "correlationId", "CorrelationId"),
};
inline constexpr FieldInfo kGoodbyeReplyFields[] = {
    HOLDFAST_FIELD(GoodbyeReply, correlation_id, "correlationId", "CorrelationId"),
};
inline constexpr FieldInfo kRejectFields[] = {
    HOLDFAST_FIELD(Reject, correlation_id, "correlationId", "CorrelationId"),
    HOLDFAST_FIELD(Reject, code, "code", "RejectCode"),
    HOLDFAST_FIELD(Reject, offending_template_id, "offendingTemplateId", "TemplateNumber"),
    HOLDFAST_FIELD(Reject, detail, "detail", "uint32"),
    HOLDFAST_FIELD(Reject, text, "text", "RejectText"),
};

}  // namespace holdfast::net::wire
