// Messages that bring a rule set, row by row, and put it to work. See `net/protocol/messages.h`.
// Each is answered by an OutcomeReply, see `payments.h`.
#pragma once

#include <cstdint>

#include "net/protocol/messages/basics.h"

namespace holdfast::net::wire {

struct BeginRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint32_t categories = 0;
  std::uint32_t controls = 0;
  std::uint32_t list_items = 0;
  std::uint32_t zone_offsets = 0;
};

struct AddCategory {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint16_t mcc_first = 0;
  std::uint16_t mcc_last = 0;
  std::uint32_t hold_period_s = 0;
  std::uint32_t hold_period_merchant_s = 0;
  std::uint32_t tolerance_bp = 0;
  std::int64_t tolerance = 0;
  std::int64_t estimate = 0;
};

struct AddControl {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::int64_t amount_max = 0;
  std::uint32_t count_max = 0;
  std::uint32_t window_s = 0;
  std::uint32_t granularity_s = 0;
  std::uint16_t control = 0;
  std::uint16_t zone = 0;
  std::uint16_t mcc_list = 0;
  std::uint16_t country_list = 0;
  std::uint16_t merchant_list = 0;
  std::uint16_t channels = 0;
  std::uint16_t transaction_types = 0;
  std::uint8_t scope = 0;
  std::uint8_t effect = 0;
  std::uint8_t window = 0;
  std::uint8_t week_start = 0;
  std::uint16_t reserved = 0;
};

struct AddListItem {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  char merchant[16] = {};
  std::uint16_t list = 0;
  std::uint16_t mcc_first = 0;
  std::uint16_t mcc_last = 0;
  std::uint16_t country = 0;
  std::uint8_t kind = 0;
  std::uint8_t reserved[7] = {};
};

struct AddZoneOffset {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::int64_t from_s = 0;
  std::int32_t offset_s = 0;
  std::uint16_t zone = 0;
  std::uint16_t reserved = 0;
};

struct ActivateRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
};

struct ShadowRuleSet {
  std::uint64_t correlation_id = 0;
  Id128 request_id;
  std::uint32_t program_id = 0;
  std::uint32_t rule_set_version = 0;
  std::uint8_t run = 0;  // 1: start, 0: stop
  std::uint8_t reserved[7] = {};
};

}  // namespace holdfast::net::wire
