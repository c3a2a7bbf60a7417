// The money that is held now, hold by hold, for people who run a program: what is held, until when,
// and how much more may be taken than is held.
//
// Read only. Thread: the state machine's owner.
#pragma once

#include "engine/request.h"
#include "engine/types.h"

namespace holdfast {

struct OpenHold {
  AuthorizationView authorization;  // open; `position` is the state's
  CurrencyCode currency;            // the account's
  /// Captures may take this much above what is held, by the tolerance that the active rule set
  /// gives the category now.
  Money over_capture_max;
};

}  // namespace holdfast
