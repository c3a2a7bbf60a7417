#include "bench/load/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "bench/load/load_thread.h"
#include "bench/load/plain_approval.h"
#include "engine/check.h"
#include "net/client/reply_decoder.h"

namespace holdfast::bench {

namespace {

/// Holds remembered for capture and reversal, on each of few connections and on all of many.
constexpr std::size_t kHoldsMaxEach = 16 * 1024;
constexpr std::size_t kHoldsMaxAll = 512 * 1024;
constexpr std::size_t kHoldsMin = 16;
/// Room for requests of one connection within a run.
constexpr unsigned kConnectionShift = 44;
/// Answers ahead of which the account's place in the expected balances is fetched: at a million
/// accounts it is in no cache.
constexpr std::size_t kPrefetchAhead = 12;

std::size_t holds_max(const RunOptions& options) {
  if (options.mix.weights[1] == 0 && options.mix.weights[2] == 0) return 0;
  return std::bit_floor(
      std::clamp(kHoldsMaxAll / options.connections, kHoldsMin, kHoldsMaxEach));
}

}  // namespace

LoadContext::LoadContext(const RunOptions& run_options, std::uint64_t seed)
    : options(run_options),
      frames(run_options.population, run_options.run_id),
      random(seed),
      choice(run_options.population.accounts, run_options.zipf_exponent),
      mix_total(run_options.mix.total()),
      amounts(static_cast<std::uint64_t>(run_options.amount_max - run_options.amount_min) + 1),
      holds_max(bench::holds_max(run_options)),
      hold_life_ns(run_options.hold_period_s * kNsPerSecond / 2) {
  expected.ledger.assign(run_options.population.accounts, 0);
  expected.held.assign(run_options.population.accounts, 0);
}

// What came by one read, counted in one go: most answers of a full pipeline came by the same read
// to requests sent by the same write.
struct Connection::Batch {
  Batch(LoadContext& of, std::uint64_t now) : context(of), now_ns(now) {
    // A pause that has not ended let these answers through.
    if (of.pauses != nullptr) {
      paused_until_ns = of.pauses->last_until_ns.load(std::memory_order_relaxed);
    }
  }
  ~Batch() {
    end_run();
    LoadCounts& counts = context.counts;
    std::uint64_t plain_all = 0;
    for (std::size_t kind = 0; kind < kStepKinds; ++kind) {
      counts.steps[kind] += plain[kind];
      plain_all += plain[kind];
    }
    counts.acknowledged += plain_all;
    counts.decisions[static_cast<std::size_t>(Decision::approved)] += plain_all;
    if (now_ns >= context.measure_from_ns && now_ns < context.measure_until_ns) {
      counts.completions += answers;
    }
    context.under_way -= answers;
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void latency_from(std::uint64_t started) {
    if (started != started_ns) end_run();
    started_ns = started;
    ++run;
  }
  void end_run() {
    if (started_ns >= context.measure_from_ns && started_ns < context.measure_until_ns) {
      context.counts.latency_ns.record(now_ns - started_ns, run);
      if (context.pauses != nullptr && started_ns >= paused_until_ns) {
        context.counts.outside_pauses_ns.record(now_ns - started_ns, run);
      }
    }
    run = 0;
  }

  LoadContext& context;
  std::uint64_t now_ns;
  std::uint64_t paused_until_ns = 0;
  std::uint64_t answers = 0;
  std::array<std::uint64_t, kStepKinds> plain{};
  std::uint64_t started_ns = 0;  // of the run of answers with the same latency
  std::uint64_t run = 0;
};

Connection::Connection(net::DetachedClient client, std::uint32_t index, LoadContext& context)
    : context_(&context),
      channel_(std::move(client.socket), context.buffers),
      ring_(std::bit_ceil<std::size_t>(context.options.in_flight)),
      correlation_sent_(client.last_correlation),
      correlation_answered_(client.last_correlation),
      next_request_low_((static_cast<std::uint64_t>(index) << kConnectionShift) + 1),
      holds_(context.holds_max) {
  check_.repeats_expected = context.options.repeats_expected;
}

// Holds stand newest first: when the newest has run out, all have.
bool Connection::has_fresh_hold(std::uint64_t now_ns) {
  if (holds_.empty()) return false;
  const std::uint64_t life_ns = context_->hold_life_ns;
  if (life_ns == 0 || now_ns < holds_.newest().approved_ns + life_ns) return true;
  holds_.clear();
  return false;
}

Step Connection::next_step(std::uint64_t now_ns) {
  LoadContext& context = *context_;
  Step step;
  step.kind = context.options.mix.choose(context.random.below(context.mix_total));
  step.request_low = next_request_low_++;
  if (step.kind == StepKind::capture || step.kind == StepKind::reverse) {
    if (has_fresh_hold(now_ns)) {
      const Hold hold = holds_.pop();
      step.authorization = hold.authorization;
      step.amount = hold.amount;
      step.account = hold.account;
      return step;
    }
    step.kind = StepKind::authorize;
  }
  step.account = context.choice.draw(context.random);
  if (step.kind == StepKind::authorize) {
    const auto more = static_cast<std::int64_t>(context.random.below(context.amounts));
    step.amount = Money{context.options.amount_min + more};
  }
  return step;
}

void Connection::send(std::uint64_t started_ns) {
  Step& step = ring_[(first_ + under_way_) & (ring_.size() - 1)];
  step = next_step(started_ns);
  step.started_ns = started_ns;
  ++under_way_;
  ++context_->under_way;
  submit(step);
}

void Connection::submit(const Step& step) {
  channel_.commit(context_->frames.write(step, ++correlation_sent_, channel_.room()));
}

Result<std::size_t> Connection::receive() {
  std::size_t received = 0;
  for (;;) {
    const Channel::Read read = channel_.read();
    if (read.result.state == net::ClientSocket::State::would_block) return received;
    if (read.result.state == net::ClientSocket::State::closed) {
      if (received > 0) return received;  // the next call tells
      return std::unexpected(
          read.result.error == 0
              ? fmt::format("{} closed the connection", endpoint_text(context_->options.endpoint))
              : fmt::format("the connection to {} was lost: {}",
                            endpoint_text(context_->options.endpoint),
                            std::strerror(read.result.error)));
    }
    const auto taken = take(read.bytes, monotonic_ns());
    if (!taken) return taken;
    received += *taken;
    if (!read.was_filled) return received;
  }
}

Result<std::size_t> Connection::take(std::span<const std::byte> bytes, std::uint64_t now_ns) {
  Batch batch(*context_, now_ns);
  for (;;) {
    if (!context_->acked) bytes = bytes.subspan(take_plain(bytes, batch));
    const auto used = take_one(bytes, batch);
    if (!used) return used;
    if (*used == 0) break;
    bytes = bytes.subspan(*used);
  }
  channel_.keep(bytes);
  return batch.answers;
}

// Takes answers as long as they are whole and plain approvals; returns their bytes.
std::size_t Connection::take_plain(std::span<const std::byte> bytes, Batch& batch) {
  const std::size_t mask = ring_.size() - 1;
  const std::int64_t* const held = context_->expected.held.data();
  std::size_t used = 0;
  while (under_way_ > 0 && bytes.size() - used >= PlainApproval::kBytes) {
    const std::byte* const frame = bytes.data() + used;
    const Step& step = ring_[first_ & mask];
    __builtin_prefetch(held + ring_[(first_ + kPrefetchAhead) & mask].account, 1);
    if (!PlainApproval::is(frame, step, correlation_answered_ + 1, check_.last_position.value)) {
      break;
    }
    check_.last_position.value = PlainApproval::position_of(frame);
    ++batch.plain[static_cast<std::size_t>(step.kind)];
    apply_change(step, AuthorizationId{PlainApproval::authorization_of(frame)}, false,
                 batch.now_ns);
    answered(step, batch);
    used += PlainApproval::kBytes;
  }
  return used;
}

// Takes one answer of any kind; returns its bytes, 0 when it is not whole.
Result<std::size_t> Connection::take_one(std::span<const std::byte> bytes, Batch& batch) {
  const net::FrameScan scan = net::scan_frame(bytes);
  if (scan.status == net::FrameStatus::partial) return 0;
  if (scan.status == net::FrameStatus::damaged) {
    return std::unexpected(nonsense("a frame of an impossible length"));
  }
  if (scan.refusal) return std::unexpected(nonsense("a frame of another schema"));
  const auto reply = net::decode_reply(scan.frame);
  if (!reply) return std::unexpected(nonsense(reply.error()));
  if (const auto* reject = std::get_if<net::Reject>(&reply->body);
      reject != nullptr && reply->correlation == 0) {
    const std::string text = fmt::format("{} refused the connection: {}",
                                         endpoint_text(context_->options.endpoint),
                                         reject->message);
    context_->counts.add_error(text);
    return std::unexpected(text);
  }
  if (under_way_ == 0 || reply->correlation != correlation_answered_ + 1) {
    return std::unexpected(nonsense(fmt::format("a reply with correlation {} where {} was due",
                                                reply->correlation, correlation_answered_ + 1)));
  }
  const Step step = ring_[first_ & (ring_.size() - 1)];
  answered(step, batch);
  judge(step, scan.frame, *reply, batch.now_ns);
  return scan.frame.bytes();
}

void Connection::answered(const Step& step, Batch& batch) {
  batch.latency_from(step.started_ns);
  ++batch.answers;
  ++correlation_answered_;
  ++first_;
  --under_way_;
}

void Connection::judge(const Step& step, const net::Frame& frame, const net::ClientReply& reply,
                       std::uint64_t now_ns) {
  LoadCounts& counts = context_->counts;
  ++counts.steps[static_cast<std::size_t>(step.kind)];
  if (step.kind == StepKind::inquiry) {
    ++counts.inquiries;
    const auto* view = std::get_if<AccountView>(&reply.body);
    if (view == nullptr) {
      return report_error(step, "an account inquiry was answered with something else");
    }
    const std::string_view wrong = check_.of_account(step, context_->options.population, *view);
    if (!wrong.empty()) report_error(step, wrong);
    return;
  }
  if (const auto* outcome = std::get_if<Outcome>(&reply.body)) {
    return judge_outcome(step, frame, *outcome, now_ns);
  }
  if (const auto* reject = std::get_if<net::Reject>(&reply.body)) {
    return report_error(step, fmt::format("rejected: {} (code {})", reject->message, reject->code));
  }
  report_error(step, "a command was answered with something else than an outcome");
}

void Connection::judge_outcome(const Step& step, const net::Frame& frame, const Outcome& outcome,
                               std::uint64_t now_ns) {
  LoadCounts& counts = context_->counts;
  ++counts.acknowledged;
  if ((outcome.flags & kOutcomeRepeated) != 0) ++counts.repeated;
  const auto number = static_cast<std::size_t>(outcome.decision);
  if (number < counts.decisions.size()) ++counts.decisions[number];
  std::string_view wrong = check_.of_outcome(step, outcome);
  if (wrong.empty()) {
    wrong = AnswerCheck::of_reply(step, net::body_as<net::wire::OutcomeReply>(frame));
  }
  if (!wrong.empty()) {
    report_error(step, fmt::format("{} (decision {}, asked {}, answered {})", wrong,
                                   decision_name(outcome.decision), step.amount.minor,
                                   outcome.amount.minor));
  }
  // A repeat of an earlier run changed nothing now. A resent request's effect, whichever of its two
  // sendings had it, is of this run and told for the first time.
  const bool told_before = (outcome.flags & kOutcomeRepeated) != 0 && !step.resent;
  if (outcome.decision == Decision::approved && !told_before) {
    Step answered_step = step;
    answered_step.amount = outcome.amount;
    apply_change(answered_step, outcome.authorization, (outcome.flags & kOutcomeLate) != 0,
                 now_ns);
  }
  if (context_->acked && !context_->acked_error) {
    const RunOptions& options = context_->options;
    const auto added =
        context_->acked->add(command_of(step, options.population, options.run_id), outcome);
    if (!added) context_->acked_error = added.error();
  }
}

// What an approval of the step's amount changes. `late`: the hold had been released by time.
void Connection::apply_change(const Step& step, AuthorizationId authorization, bool late,
                              std::uint64_t now_ns) {
  ExpectedChange& expected = context_->expected;
  switch (step.kind) {
    case StepKind::authorize:
      expected.held[step.account] += step.amount.minor;
      if (context_->holds_max > 0) {
        holds_.push({authorization, step.amount, now_ns, step.account});
      }
      break;
    case StepKind::capture:
      expected.ledger[step.account] -= step.amount.minor;
      expected.settled += step.amount.minor;
      if (!late) expected.held[step.account] -= step.amount.minor;
      break;
    case StepKind::reverse:
      if (!late) expected.held[step.account] -= step.amount.minor;
      break;
    case StepKind::inquiry:
      break;
  }
}

// A server may go away; it may not send nonsense.
std::string Connection::nonsense(std::string_view what) {
  std::string text = fmt::format("{} sent what is not the Holdfast protocol: {}",
                                 endpoint_text(context_->options.endpoint), what);
  context_->counts.add_error(text);
  return text;
}

void Connection::report_error(const Step& step, std::string_view what) {
  context_->counts.add_error(fmt::format("{} with request id {:016x}{:016x}: {}",
                                         kStepNames[static_cast<std::size_t>(step.kind)],
                                         context_->options.run_id, step.request_low, what));
}

void Connection::continue_on(net::DetachedClient client) {
  channel_.replace(std::move(client.socket));
  correlation_sent_ = correlation_answered_ = client.last_correlation;
  ++context_->counts.reconnects;
  for (std::size_t i = 0; i < under_way_; ++i) {
    Step& step = ring_[(first_ + i) & (ring_.size() - 1)];
    if (step.kind != StepKind::inquiry) step.resent = true;
    ++context_->counts.resent;
    submit(step);
  }
  channel_.flush();
}

void Connection::give_up() {
  context_->counts.unknown_outcome += under_way_;
  context_->under_way -= under_way_;
  under_way_ = 0;
}

}  // namespace holdfast::bench
