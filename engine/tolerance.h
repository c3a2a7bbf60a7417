// How far captures may go above what was approved. Private to the engine. Thread: any; no state.
#pragma once

#include "engine/slots.h"
#include "engine/tables.h"

namespace holdfast {

/// By the tolerance that the program gives the authorization's category (null: it has none).
[[nodiscard]] inline Wide tolerance_of(const AuthorizationSlot& hold, const AddCategory* category) {
  constexpr Wide kBasisPoints = 10'000;
  if (category == nullptr) return 0;
  return Wide{hold.approved.minor} * category->tolerance_bp / kBasisPoints +
         category->tolerance.minor;
}

/// How far captures may go in all: what was approved and not given back, and the tolerance.
[[nodiscard]] inline Wide capture_ceiling(const AuthorizationSlot& hold,
                                          const AddCategory* category) {
  return Wide{hold.approved.minor} - hold.reversed.minor + tolerance_of(hold, category);
}

}  // namespace holdfast
