// Everything that a state knows by a name of its own, for tools that compare two states or go on
// from a snapshot: what the log would have told them from its first command.
//
// Read only; touches all tables. Thread: the state machine's owner.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/types.h"

namespace holdfast {

/// In no order that means anything, unless said otherwise.
struct KnownNames {
  struct RuleSetName {
    ProgramId program;
    std::uint32_t version = 0;
    bool is_active = false;
  };

  std::vector<AccountId> accounts;
  std::vector<CardToken> cards;
  std::vector<ProgramId> programs;
  std::vector<AuthorizationId> authorizations;  // that are still remembered
  AuthorizationId last_authorization;           // highest id ever given
  std::vector<RuleSetName> rule_sets;           // in the order in which they were begun
  std::vector<SetRate> rates;                   // in the order in which they were set
};

/// What is remembered of one request id.
struct RememberedRequest {
  RequestId request;
  CommandKind kind{};  // zero: only a reversal has named it, before anything came with it
  Outcome outcome;
};

}  // namespace holdfast
