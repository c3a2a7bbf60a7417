// The bodies of commands that bring a program's rule set, row by row, and put it to work; and what
// the rows are made of. See engine/command.h.
#pragma once

#include <cstdint>

#include "engine/types.h"

namespace holdfast {

/// Begins a new version of a program's rule set. It takes effect, whole, with ActivateRuleSet.
struct BeginRuleSet {
  ProgramId program;
  std::uint32_t version = 0;     // above every earlier one of the program
  std::uint32_t categories = 0;  // how many AddCategory follow, 0..limits::categories_max
  std::uint32_t controls = 0;    // how many AddControl follow, 0..limits::controls_max
  std::uint32_t list_items = 0;  // how many AddListItem follow
  std::uint32_t zone_offsets = 0;  // how many AddZoneOffset follow
};

/// What a program does with a range of merchant categories. Ranges of one rule set do not overlap.
struct AddCategory {
  ProgramId program;
  std::uint32_t version = 0;
  Mcc mcc_first;
  Mcc mcc_last;
  std::uint32_t hold_period_s = 0;           // 0: the program's
  std::uint32_t hold_period_merchant_s = 0;  // merchant-initiated; 0: the same as hold_period_s
  std::uint32_t tolerance_bp = 0;            // captures above the hold: basis points of it, ...
  Money tolerance;                           // ... and minor units on top
  Money estimate;                            // held for an estimated amount; 0: the message's
};

/// Who shares a control's counter.
enum class ControlScope : std::uint8_t { program = 0, account = 1, card = 2 };

enum class ControlEffect : std::uint8_t {
  deny = 0,             // what matches the filter is declined
  allow_only = 1,       // what does not match the filter is declined
  cap_transaction = 2,  // what matches may not be above `amount_max`
  cap_window = 3,       // what matches may not take the window above `amount_max` or `count_max`
};

enum class WindowKind : std::uint8_t {
  none = 0,  // with every effect but cap_window
  day = 1,   // calendar windows begin at local midnight of the control's zone
  week = 2,  // at midnight of `week_start`
  month = 3,
  year = 4,
  lifetime = 5,
  rolling = 6,  // the last `window_s` seconds, in steps of `granularity_s`
};

/// One control of a rule set. A filter field of 0 (no list, empty mask) matches everything; those
/// given must all match. A counter belongs to program, `control`, scope and window: a later version
/// of the rule set with the same ones goes on with what was used.
struct AddControl {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint16_t control = 0;        // its number in the program's rule sets, above 0, each once
  ControlScope scope{};
  ControlEffect effect{};
  WindowKind window{};
  std::uint8_t week_start = 0;      // with week: 1 Monday .. 7 Sunday
  std::uint16_t zone = 0;           // calendar windows: number of a zone of AddZoneOffset; 0: UTC
  std::uint16_t mcc_list = 0;       // numbers of lists of AddListItem; 0: any
  std::uint16_t country_list = 0;
  std::uint16_t merchant_list = 0;
  std::uint16_t channels = 0;       // bit by Channel; 0: any
  std::uint16_t types = 0;          // bit by TransactionType; 0: any
  std::uint16_t reserved[3] = {};
  Money amount_max;                 // caps; with cap_window INT64_MAX: no cap by amount
  std::uint32_t count_max = 0;      // cap_window; UINT32_MAX: no cap by count
  std::uint32_t window_s = 0;       // rolling: a multiple of granularity_s, at most 31 times it
  std::uint32_t granularity_s = 0;  // rolling: above 0
  std::uint32_t reserved2 = 0;
};

enum class ListKind : std::uint8_t { mcc = 0, country = 1, merchant = 2 };

/// One entry of a list of a rule set. A list has one kind.
struct AddListItem {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint16_t list = 0;           // above 0
  ListKind kind{};
  std::uint8_t reserved = 0;
  Mcc mcc_first;                    // kind mcc: a range
  Mcc mcc_last;
  CountryCode country;              // kind country
  std::uint16_t reserved2 = 0;
  std::uint32_t reserved3 = 0;
  MerchantId merchant;              // kind merchant
};

/// From a moment on, a zone's distance from UTC. The zone's rules enter the log in this form, so
/// that a replay does not depend on the zone files of its machine.
struct AddZoneOffset {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint16_t zone = 0;           // above 0
  std::uint16_t reserved = 0;
  std::int32_t offset_s = 0;        // local = UTC + offset; within a day
  std::int64_t from_s = 0;          // seconds since 1970; rising within a zone; INT64_MIN: always
};

/// The version becomes the program's rule set, for authorizations and captures from now on.
struct ActivateRuleSet {
  ProgramId program;
  std::uint32_t version = 0;
};

/// Starts or stops running a complete version beside the active one: it judges and counts the same
/// payments and changes nothing. Activating a running one promotes it.
struct ShadowRuleSet {
  ProgramId program;
  std::uint32_t version = 0;
  std::uint8_t run = 0;              // 1: start, 0: stop
  std::uint8_t reserved[7] = {};
};

static_assert(is_plain_bytes<BeginRuleSet> && sizeof(BeginRuleSet) == 24);
static_assert(is_plain_bytes<AddCategory> && sizeof(AddCategory) == 40);
static_assert(is_plain_bytes<AddControl> && sizeof(AddControl) == 56);
static_assert(is_plain_bytes<AddListItem> && sizeof(AddListItem) == 40);
static_assert(is_plain_bytes<AddZoneOffset> && sizeof(AddZoneOffset) == 24);
static_assert(is_plain_bytes<ActivateRuleSet> && sizeof(ActivateRuleSet) == 8);
static_assert(is_plain_bytes<ShadowRuleSet> && sizeof(ShadowRuleSet) == 16);

}  // namespace holdfast
