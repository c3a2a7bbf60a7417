// The fields of each command that may come from outside, taken over from its message with the
// checks of `decode_request`, and back. The two directions of a message stand together, in
// command_fields_*.cc, so that a field cannot be in one and not in the other. No state; any thread.
#pragma once

#include "engine/command.h"
#include "net/protocol/field_check.h"
#include "net/protocol/messages.h"

namespace holdfast::net {

// X(command's kind and member, message): the commands that may come from outside.
#define HOLDFAST_OUTSIDE_COMMANDS(X)    \
  X(create_account, CreateAccount)      \
  X(update_account, UpdateAccount)      \
  X(create_card, CreateCard)            \
  X(update_card, UpdateCard)            \
  X(put_program, PutProgram)            \
  X(transfer, Transfer)                 \
  X(authorize, Authorize)               \
  X(capture, Capture)                   \
  X(reverse, Reverse)                   \
  X(refund, Refund)                     \
  X(increment, Increment)               \
  X(advise, Advise)                     \
  X(set_rate, SetRate)                  \
  X(begin_rule_set, BeginRuleSet)       \
  X(add_category, AddCategory)          \
  X(activate_rule_set, ActivateRuleSet) \
  X(add_control, AddControl)            \
  X(add_list_item, AddListItem)         \
  X(add_zone_offset, AddZoneOffset)     \
  X(shadow_rule_set, ShadowRuleSet)

// `decode` leaves `command` of no use when `check` has a refusal afterwards. `encode` leaves the
// correlation and request id to its caller.
#define HOLDFAST_COMMAND_FIELDS(member, Message)                                  \
  void decode(const wire::Message& message, Message& command, FieldCheck& check); \
  void encode(const Message& command, wire::Message& message);
HOLDFAST_OUTSIDE_COMMANDS(HOLDFAST_COMMAND_FIELDS)
#undef HOLDFAST_COMMAND_FIELDS

}  // namespace holdfast::net
