// Whether an answer can be explained by what was asked. A server that answers fast and wrong must
// not get a good figure out of holdfast-bench.
//
// An approval must be of exactly the amount asked, name the authorization, and stand at a new log
// position; a decline must be one that this load can meet, and move nothing. What single answers
// cannot show (money appearing or vanishing) the balances show after the run. Thread: one a
// connection; `last_position` is that connection's.
#pragma once

#include <string_view>

#include "bench/load/step.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "net/protocol/messages.h"

namespace holdfast::bench {

struct AnswerCheck {
  /// Set for a run that repeats an earlier run's request ids on purpose.
  bool repeats_expected = false;
  LogPosition last_position;

  /// Empty when explicable, else what is wrong with it.
  [[nodiscard]] std::string_view of_outcome(const Step& step, const Outcome& outcome);
  /// What of a reply does not come into its outcome.
  [[nodiscard]] static std::string_view of_reply(const Step& step,
                                                 const net::wire::OutcomeReply& reply);
  [[nodiscard]] std::string_view of_account(const Step& step, const Population& population,
                                            const AccountView& view);
};

}  // namespace holdfast::bench
