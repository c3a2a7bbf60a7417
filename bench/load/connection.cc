#include "bench/load/connection.h"

#include <fmt/format.h>

#include <bit>

#include "bench/load/load_thread.h"
#include "engine/check.h"

namespace holdfast::bench {

namespace {

/// Holds remembered for capture and reversal; more than this stay open on the server, uncaptured.
constexpr std::size_t kHoldsMax = 16 * 1024;
/// Room for requests of one connection within a run.
constexpr unsigned kConnectionShift = 44;

}  // namespace

Connection::Connection(net::Client client, std::uint32_t index, LoadContext& context)
    : context_(&context),
      client_(std::move(client)),
      ring_(std::bit_ceil<std::size_t>(context.options->in_flight)),
      next_request_low_((static_cast<std::uint64_t>(index) << kConnectionShift) + 1) {
  holds_.reserve(kHoldsMax);
  check_.repeats_expected = context.options->repeats_expected;
}

Step Connection::next_step() {
  LoadContext& context = *context_;
  Step step;
  step.kind = context.options->mix.choose(context.random.below(context.options->mix.total()));
  step.request_low = next_request_low_++;
  const bool needs_hold = step.kind == StepKind::capture || step.kind == StepKind::reverse;
  if (needs_hold && !holds_.empty()) {
    const Hold hold = holds_.back();
    holds_.pop_back();
    step.authorization = hold.authorization;
    step.amount = hold.amount;
    step.account = hold.account;
    return step;
  }
  if (needs_hold) step.kind = StepKind::authorize;
  step.account = context.choice.draw(context.random);
  if (step.kind == StepKind::authorize) {
    const auto range =
        static_cast<std::uint64_t>(context.options->amount_max - context.options->amount_min) + 1;
    step.amount =
        Money{context.options->amount_min + static_cast<std::int64_t>(context.random.below(range))};
  }
  return step;
}

void Connection::send(std::uint64_t started_ns) {
  Step step = next_step();
  step.started_ns = started_ns;
  ring_[(first_ + under_way_) & (ring_.size() - 1)] = step;
  ++under_way_;
  submit(step);
}

void Connection::submit(const Step& step) {
  const RunOptions& options = *context_->options;
  if (step.kind == StepKind::inquiry) {
    client_.submit_inquiry(RequestKind::show_account, inquiry_of(step, options.population));
  } else {
    client_.submit(command_of(step, options.population, options.run_id));
  }
}

Result<bool> Connection::flush() {
  const auto flushed = client_.flush_some();
  if (!flushed) return std::unexpected(broken(flushed.error()));
  return *flushed;
}

Result<std::size_t> Connection::receive() {
  auto& replies = context_->replies;
  replies.clear();
  const auto got = client_.receive_some(replies);
  if (!got) return std::unexpected(broken(got.error()));
  if (*got == 0) return 0;
  const std::uint64_t now_ns = monotonic_ns();
  LoadCounts& counts = context_->counts;
  if (now_ns >= context_->measure_from_ns && now_ns < context_->measure_until_ns) {
    counts.completions += *got;
  }
  for (const net::ClientReply& reply : replies) {
    HOLDFAST_CHECK(under_way_ > 0, "the client hands out no more replies than there were requests");
    const Step& step = ring_[first_ & (ring_.size() - 1)];
    ++first_;
    --under_way_;
    if (step.started_ns >= context_->measure_from_ns &&
        step.started_ns < context_->measure_until_ns) {
      counts.latency_ns.record(now_ns - step.started_ns);
    }
    judge(step, reply);
  }
  return *got;
}

void Connection::judge(const Step& step, const net::ClientReply& reply) {
  LoadCounts& counts = context_->counts;
  ++counts.steps[static_cast<std::size_t>(step.kind)];
  if (step.kind == StepKind::inquiry) {
    ++counts.inquiries;
    const auto* view = std::get_if<AccountView>(&reply.body);
    if (view == nullptr) {
      return report_error(step, "an account inquiry was answered with something else");
    }
    const std::string_view wrong = check_.of_account(step, context_->options->population, *view);
    if (!wrong.empty()) report_error(step, wrong);
    return;
  }
  if (const auto* outcome = std::get_if<Outcome>(&reply.body)) return judge_outcome(step, *outcome);
  if (const auto* reject = std::get_if<net::Reject>(&reply.body)) {
    return report_error(step, fmt::format("rejected: {} (code {})", reject->message, reject->code));
  }
  report_error(step, "a command was answered with something else than an outcome");
}

void Connection::judge_outcome(const Step& step, const Outcome& outcome) {
  LoadCounts& counts = context_->counts;
  ++counts.acknowledged;
  if ((outcome.flags & kOutcomeRepeated) != 0) ++counts.repeated;
  const auto number = static_cast<std::size_t>(outcome.decision);
  if (number < counts.decisions.size()) ++counts.decisions[number];
  const std::string_view wrong = check_.of_outcome(step, outcome);
  if (!wrong.empty()) {
    report_error(step, fmt::format("{} (decision {}, asked {}, answered {})", wrong,
                                   decision_name(outcome.decision), step.amount.minor,
                                   outcome.amount.minor));
  }
  if (outcome.decision == Decision::approved) apply_change(step, outcome);
  if (context_->acked && !context_->acked_error) {
    const RunOptions& options = *context_->options;
    const auto added =
        context_->acked->add(command_of(step, options.population, options.run_id), outcome);
    if (!added) context_->acked_error = added.error();
  }
}

void Connection::apply_change(const Step& step, const Outcome& outcome) {
  // A repeat of an earlier run changed nothing now. A resent request's effect, whichever of its two
  // sendings had it, is of this run and told for the first time.
  if ((outcome.flags & kOutcomeRepeated) != 0 && !step.resent) return;
  ExpectedChange& expected = context_->expected;
  const bool late = (outcome.flags & kOutcomeLate) != 0;  // the hold had been released by time
  switch (step.kind) {
    case StepKind::authorize:
      expected.held[step.account] += outcome.amount.minor;
      if (holds_.size() < kHoldsMax) {
        holds_.push_back({outcome.authorization, outcome.amount, step.account});
      }
      break;
    case StepKind::capture:
      expected.ledger[step.account] -= outcome.amount.minor;
      expected.settled += outcome.amount.minor;
      if (!late) expected.held[step.account] -= outcome.amount.minor;
      break;
    case StepKind::reverse:
      if (!late) expected.held[step.account] -= outcome.amount.minor;
      break;
    case StepKind::inquiry:
      break;
  }
}

void Connection::report_error(const Step& step, std::string_view what) {
  context_->counts.add_error(fmt::format("{} with request id {:016x}{:016x}: {}",
                                         kStepNames[static_cast<std::size_t>(step.kind)],
                                         context_->options->run_id, step.request_low, what));
}

std::string Connection::broken(const net::ClientError& error) {
  // A server may go away; it may not send nonsense.
  const bool gone = error.kind == net::ClientError::Kind::connection_lost ||
                    error.kind == net::ClientError::Kind::timeout;
  if (!gone) context_->counts.add_error(error.message);
  return error.message;
}

void Connection::continue_on(net::Client client) {
  client_ = std::move(client);
  ++context_->counts.reconnects;
  for (std::size_t i = 0; i < under_way_; ++i) {
    Step& step = ring_[(first_ + i) & (ring_.size() - 1)];
    if (step.kind != StepKind::inquiry) step.resent = true;
    ++context_->counts.resent;
    submit(step);
  }
}

void Connection::give_up() {
  context_->counts.unknown_outcome += under_way_;
  under_way_ = 0;
}

}  // namespace holdfast::bench
