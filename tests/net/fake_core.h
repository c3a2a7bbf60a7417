// A server with a core of a few lines behind it: answers every command by rule, in order, so that a
// test knows what must come back. Not an engine: an authorization of an amount above 1,000 is
// declined, everything else is approved, and the position counts up from 1.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/lanes.h"
#include "net/client/client.h"
#include "net/server.h"

namespace holdfast::net::test {

inline constexpr std::uint32_t kUnknownProgram = 1'000'000;
/// Its shadow and its rule set change between the pages.
inline constexpr std::uint32_t kRestlessProgram = 2'000'000;
inline constexpr std::uint32_t kShadowVersionStep = 5;

class FakeCore {
 public:
  explicit FakeCore(Lanes& lanes) : lanes_(lanes), answered_(lanes.size()) {}
  ~FakeCore() { stop(); }
  FakeCore(const FakeCore&) = delete;
  FakeCore& operator=(const FakeCore&) = delete;

  void start() { thread_ = std::thread([this] { run(); }); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  /// While held, requests are taken and not answered.
  void hold(bool value) { held_ = value; }
  [[nodiscard]] std::uint64_t taken() const { return taken_; }

 private:
  void run() {
    std::vector<Lanes::Taken> batch(64);
    while (true) {
      const std::size_t count = lanes_.take(batch);
      for (std::size_t i = 0; i < count; ++i) {
        answer(batch[i]);
        ++answered_[batch[i].lane];
        handed_over_at_ = batch[i].handed_over_at;
      }
      taken_ += count;
      if (!held_) {
        for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
          lanes_.release(lane, std::exchange(answered_[lane], 0), handed_over_at_);
        }
      }
      if (count > 0) continue;
      if (stop_) return;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }

  void answer(const Lanes::Taken& taken) {
    const Request request = taken.request();
    Reply& reply = lanes_.answer(taken);
    if (request.kind == RequestKind::command) {
      reply.command_kind = request.command.kind;
      reply.outcome = decide(request.command);
    } else if (request.kind != RequestKind::pass_through) {
      reply.answer = std::make_unique<InquiryAnswer>(inquire(request.kind, request.inquiry));
    }
  }

  Outcome decide(const Command& command) {
    Outcome outcome;
    outcome.position = LogPosition{++position_};
    outcome.time = TimestampNs{position_ * 1000};
    if (command.kind == CommandKind::authorize) {
      const bool approve = command.authorize.amount.minor <= 1000;
      outcome.decision = approve ? Decision::approved : Decision::insufficient_funds;
      outcome.amount = approve ? command.authorize.amount : Money{0};
      outcome.authorization = AuthorizationId{approve ? position_ : 0};
    }
    outcome.ledger_balance = Money{-static_cast<std::int64_t>(command.request_id.low)};
    return outcome;
  }

  InquiryAnswer inquire(RequestKind kind, const Inquiry& inquiry) {
    switch (kind) {
      case RequestKind::show_account:
        return AccountView{.found = !inquiry.account.is_zero(),
                           .account = inquiry.account,
                           .position = LogPosition{position_}};
      case RequestKind::show_card: return CardView{.card = inquiry.card};
      case RequestKind::show_authorization:
        return AuthorizationView{.authorization = inquiry.authorization,
                                 .request_id = inquiry.original_request};
      case RequestKind::show_program: return ProgramView{.program = inquiry.program};
      case RequestKind::show_status:
        return StatusView{.position = LogPosition{position_},
                          .has_digest = inquiry.with_digest != 0};
      case RequestKind::take_snapshot:
        return StatusView{.position = {7}, .snapshots = {.is_asked_for = true}};
      case RequestKind::show_limits: return limits_of(inquiry.card);
      case RequestKind::show_stages: return stages(inquiry);
      case RequestKind::show_shadows: return shadows(inquiry.program);
      case RequestKind::show_rule_set: return rule_set(inquiry);
      case RequestKind::command:
      case RequestKind::pass_through: break;
    }
    return StatusView{};
  }

  // As many limits as the token says; each inquiry is answered by a newer version while the high
  // half has any left.
  LimitsView limits_of(CardToken card) {
    LimitsView view{.found = true, .card = card, .rule_set_version = 1};
    if (versions_shown_ < card.high) view.rule_set_version = ++versions_shown_ + 1;
    for (std::uint64_t i = 0; i < card.low; ++i) {
      view.limits.push_back({.control = static_cast<std::uint16_t>(i + 1)});
    }
    return view;
  }

  // Every bucket counts ten times its number and its stage.
  StagePage stages(const Inquiry& inquiry) {
    StagePage page{.stage = inquiry.stage, .first_bucket = inquiry.first_bucket};
    const auto stage = static_cast<std::uint64_t>(inquiry.stage);
    for (std::size_t i = inquiry.first_bucket;
         i < kStageBuckets && page.buckets.size() < limits::stage_buckets_per_reply; ++i) {
      page.buckets.push_back(10 * i + stage);
    }
    page.sum_ns = 1'000'000 + stage;
    page.max_ns = 2'000'000'000 + stage;
    page.uptime_ns = 77;
    page.position = LogPosition{position_};
    return page;
  }

  // As many shadows as the program's number says, each with as many tallies as its version says.
  ShadowsView shadows(ProgramId program) {
    ShadowsView view;
    view.found = program.value != kUnknownProgram;
    view.program = program;
    view.active_version = 99;
    if (!view.found) return view;
    const bool restless = program.value == kRestlessProgram;
    const std::uint32_t count = restless ? 1 : program.value;
    if (restless && restarts_ < 3) ++restarts_;
    for (std::uint32_t i = 1; i <= count; ++i) {
      ShadowView& shadow = view.shadows.emplace_back();
      shadow.version = i * kShadowVersionStep;
      shadow.judged = i + 999;
      shadow.started_at = TimestampNs{restless ? restarts_ : i};
      const std::uint32_t tallies = restless ? 40 : shadow.version;
      for (std::uint32_t t = 0; t < tallies; ++t) {
        shadow.tallies.push_back({.count = restless ? restarts_ : t + 1,
                                  .amount = Money{-static_cast<std::int64_t>(t)}});
      }
    }
    return view;
  }

  // As many rows as the program's number says.
  RuleSetView rule_set(const Inquiry& inquiry) {
    RuleSetView view;
    view.program = inquiry.program;
    view.found = inquiry.program.value != kUnknownProgram;
    if (!view.found) return view;
    const bool restless = inquiry.program.value == kRestlessProgram;
    if (restless && rows_shown_ < 15) rows_shown_ += 3;
    view.version = inquiry.rule_set_version == 0 ? 99 : inquiry.rule_set_version;
    view.state = RuleSetState::former;
    view.rows_total = restless ? rows_shown_ : inquiry.program.value;
    view.announced.list_items = view.rows_total;
    view.first_row = inquiry.first_row;
    for (std::uint32_t row = inquiry.first_row;
         row < view.rows_total && view.rows.size() < limits::rule_set_rows_per_reply; ++row) {
      Command& command = view.rows.emplace_back();
      command.kind = CommandKind::add_list_item;
      command.add_list_item = AddListItem{};
      command.add_list_item.list = static_cast<std::uint16_t>(row + 1);
    }
    return view;
  }

  Lanes& lanes_;
  std::vector<std::size_t> answered_;  // and not released, by lane
  StageTick handed_over_at_ = 0;       // of the last one: as if the core took no time
  std::uint64_t position_ = 0;
  std::uint32_t versions_shown_ = 0;
  std::uint32_t restarts_ = 0;
  std::uint32_t rows_shown_ = 6;
  std::atomic<std::uint64_t> taken_{0};
  std::atomic<bool> held_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

/// Lanes, fake core and server, started; stopped in the right order at the end.
class TestServer {
 public:
  explicit TestServer(ServerOptions options = {})
      : stages(options.network_threads),
        lanes(options.network_threads, options.thread_in_flight_max) {
    options.stages = &stages;
    options.log = [this](LogLevel, std::string_view line) {
      const std::scoped_lock lock(log_mutex_);
      log_.emplace_back(line);
    };
    auto made = Server::create(options, lanes);
    HOLDFAST_CHECK(made.has_value(), "the test's server must come up");
    server = std::move(*made);
    core = std::make_unique<FakeCore>(lanes);
    core->start();
    server->start();
  }
  ~TestServer() {
    core->hold(false);
    server->stop();
    core->stop();
    server.reset();
  }

  [[nodiscard]] std::uint16_t port() const { return server->local_endpoint().port; }
  [[nodiscard]] ClientOptions client_options() const {
    ClientOptions options;
    options.port = port();
    return options;
  }
  [[nodiscard]] Client client() const {
    auto made = Client::connect(client_options());
    HOLDFAST_CHECK(made.has_value(), "the test's client must connect");
    return std::move(*made);
  }
  [[nodiscard]] bool logged(std::string_view part) const {
    const std::scoped_lock lock(log_mutex_);
    for (const std::string& line : log_) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

  StageBoard stages;
  Lanes lanes;
  std::unique_ptr<Server> server;
  std::unique_ptr<FakeCore> core;

 private:
  mutable std::mutex log_mutex_;
  std::vector<std::string> log_;
};

/// Waits until `condition` holds; false after a time that no working machine needs.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

inline Command authorize(std::uint64_t request, std::int64_t amount) {
  Command command;
  command.kind = CommandKind::authorize;
  command.request_id = RequestId{request, 7};
  command.authorize = Authorize{};
  command.authorize.card = CardToken{1, 2};
  command.authorize.amount = Money{amount};
  command.authorize.currency = CurrencyCode{826};
  command.authorize.channel = Channel::contactless;
  return command;
}

}  // namespace holdfast::net::test
