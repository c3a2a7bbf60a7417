#include "bench/load/answer_check.h"

namespace holdfast::bench {

namespace {

/// Declines that a correct server can give to this load: every card and account exists and is open,
/// every hold that is captured or reversed was approved and asked for once.
bool can_be_declined(StepKind kind, Decision decision) {
  if (decision == Decision::cannot_decide_now || decision == Decision::at_capacity) return true;
  if (kind == StepKind::authorize) {
    return decision == Decision::insufficient_funds || decision == Decision::merchant_denied ||
           decision == Decision::denied_by_control || decision == Decision::over_amount_limit ||
           decision == Decision::over_count_limit;
  }
  // The hold may have run out by time before its reversal came.
  return kind == StepKind::reverse && decision == Decision::not_allowed_in_state;
}

/// By StepKind.
constexpr std::array<std::uint16_t, kStepKinds> kTemplates = {
    static_cast<std::uint16_t>(net::wire::TemplateId::Authorize),
    static_cast<std::uint16_t>(net::wire::TemplateId::Capture),
    static_cast<std::uint16_t>(net::wire::TemplateId::Reverse), 0};

}  // namespace

std::string_view AnswerCheck::of_outcome(const Step& step, const Outcome& outcome) {
  if (!decision_info(outcome.decision)) return "the decision is none that Holdfast gives";
  const bool repeated = (outcome.flags & kOutcomeRepeated) != 0;
  if (repeated && !step.resent && !repeats_expected) {
    return "marked as repeated, but never sent before";
  }
  if (!repeated && !outcome.position.is_zero()) {
    if (outcome.position <= last_position) {
      return "the log position does not rise along the connection";
    }
    last_position = outcome.position;
  }
  if (!is_approval(outcome.decision)) {
    if (outcome.amount.minor != 0) return "declined, but with an amount";
    return can_be_declined(step.kind, outcome.decision) ? ""
                                                        : "declined for what this load rules out";
  }
  if (outcome.decision != Decision::approved) return "approved otherwise than was asked";
  if (outcome.amount != step.amount) return "the amount approved is not the amount asked";
  if (outcome.position.is_zero()) return "approved, but without a log position";
  if (outcome.authorization.is_zero()) return "approved, but without an authorization id";
  if (step.kind != StepKind::authorize && outcome.authorization != step.authorization) {
    return "the answer is about another authorization";
  }
  if (step.kind == StepKind::authorize && outcome.available_balance.minor < 0) {
    return "approved, but the account does not have the money";
  }
  return "";
}

std::string_view AnswerCheck::of_reply(const Step& step, const net::wire::OutcomeReply& reply) {
  if (reply.command_template_id != kTemplates[static_cast<std::size_t>(step.kind)]) {
    return "the answer is to another kind of command";
  }
  if (std::string_view(reply.de39, sizeof reply.de39) !=
      decision_de39(static_cast<Decision>(reply.decision))) {
    return "DE39 is not that of the decision";
  }
  return "";
}

std::string_view AnswerCheck::of_account(const Step& step, const Population& population,
                                         const AccountView& view) {
  if (!view.found) return "an account that was set up is not found";
  if (view.account != population.account(step.account)) return "the view is of another account";
  if (view.currency != population.currency) return "the view has another currency";
  const std::int64_t available =
      view.ledger_balance.minor + view.credit_limit.minor - view.held.minor;
  if (view.available_balance.minor != available) {
    return "available is not ledger + credit limit - held";
  }
  if (view.held.minor < 0) return "the held amount is negative";
  return "";
}

}  // namespace holdfast::bench
