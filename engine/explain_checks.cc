// The names of the checks, and which of them each command has, in the order in which they decide.
#include <array>

#include "engine/explain.h"

namespace holdfast {
namespace {

using enum CheckName;

constexpr CheckName kCreateAccount[] = {request_id, request_memory, fields, new_id, capacity};
constexpr CheckName kUpdateAccount[] = {request_id, request_memory, fields,
                                        accounts,   account_status, state};
constexpr CheckName kCreateCard[] = {request_id, request_memory, fields,  new_id,
                                     accounts,   account_status, program, capacity};
constexpr CheckName kUpdateCard[] = {request_id, request_memory, fields,
                                     card,       card_status,    program};
constexpr CheckName kPutProgram[] = {request_id, request_memory, fields,
                                     accounts,   account_status, capacity};
constexpr CheckName kSetRate[] = {request_id, request_memory, fields, capacity};
constexpr CheckName kBeginRuleSet[] = {request_id, request_memory, fields,
                                       program,    new_id,         capacity};
// The program is asked for only when the version is not there.
constexpr CheckName kRow[] = {request_id, request_memory, fields, program, rule_set, state};
constexpr CheckName kShadow[] = {request_id, request_memory, fields,  program,
                                 rule_set,   state,          capacity};
constexpr CheckName kConfigure[] = {fields, state};
constexpr CheckName kExpire[] = {fields, original, state};

constexpr CheckName kAuthorize[] = {
    request_id,      request_memory, fields,        amount,        reversed_before,
    card,            card_status,    card_expiry,   account_status, exchange_rate,
    rate_age,        converted_amount, merchant_controls, deny_controls, amount_caps,
    count_caps,      cashback,       funds,         balance_range, counter_range,
    counter_capacity, capacity};
constexpr CheckName kIncrement[] = {
    request_id,  request_memory,   fields,            amount,        original,
    card_status, card_expiry,      account_status,    converted_amount, merchant_controls,
    deny_controls, amount_caps,    count_caps,        state,         funds,
    balance_range, counter_range,  counter_capacity};
// What an advice is recorded in spite of stands where it would have decided.
constexpr CheckName kAdvise[] = {
    request_id,    request_memory, fields,         amount,           reversed_before,
    card,          card_status,    card_expiry,    accounts,         account_status,
    currency,      exchange_rate,  rate_age,       converted_amount, merchant_controls,
    deny_controls, amount_caps,    count_caps,     two_accounts,     funds,
    balance_range, counter_range,  counter_capacity, capacity};
constexpr CheckName kReverse[] = {request_id, request_memory, fields,     amount,
                                  original,   state,          amount_left};
constexpr CheckName kTransfer[] = {request_id,     request_memory, fields,       amount, accounts,
                                   account_status, currency,       two_accounts, funds,
                                   balance_range};
constexpr CheckName kCapture[] = {request_id, request_memory, fields,   amount,
                                  original,   card,           accounts, account_status,
                                  currency,   two_accounts,   state,    amount_left,
                                  balance_range};
constexpr CheckName kRefund[] = {
    request_id,     request_memory, fields,       amount, original,    card,  accounts,
    account_status, currency,       two_accounts, state,  amount_left, funds, balance_range};

struct NameAndText {
  std::string_view name;
  std::string_view text;
};
constexpr NameAndText kNames[] = {
#define HOLDFAST_CHECK_NAME(name, text) {#name, text},
    HOLDFAST_CHECKS(HOLDFAST_CHECK_NAME)
#undef HOLDFAST_CHECK_NAME
};

}  // namespace

std::string_view check_name(CheckName name) { return kNames[static_cast<std::size_t>(name)].name; }
std::string_view check_text(CheckName name) { return kNames[static_cast<std::size_t>(name)].text; }

std::span<const CheckName> checks_of(CommandKind kind) {
  switch (kind) {
    case CommandKind::create_account: return kCreateAccount;
    case CommandKind::update_account: return kUpdateAccount;
    case CommandKind::create_card: return kCreateCard;
    case CommandKind::update_card: return kUpdateCard;
    case CommandKind::put_program: return kPutProgram;
    case CommandKind::transfer: return kTransfer;
    case CommandKind::authorize: return kAuthorize;
    case CommandKind::capture: return kCapture;
    case CommandKind::reverse: return kReverse;
    case CommandKind::refund: return kRefund;
    case CommandKind::increment: return kIncrement;
    case CommandKind::advise: return kAdvise;
    case CommandKind::set_rate: return kSetRate;
    case CommandKind::begin_rule_set: return kBeginRuleSet;
    case CommandKind::add_category:
    case CommandKind::add_control:
    case CommandKind::add_list_item:
    case CommandKind::add_zone_offset:
    case CommandKind::activate_rule_set: return kRow;
    case CommandKind::shadow_rule_set: return kShadow;
    case CommandKind::expire: return kExpire;
    case CommandKind::configure: return kConfigure;
  }
  return {};
}

}  // namespace holdfast
