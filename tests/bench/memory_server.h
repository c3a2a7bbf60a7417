// The real engine and the real network server in this process, with a log that is only a vector.
//
// For tests of holdfast-bench: it can be stopped like a crash and started again with its state
// whole, or with the last part of its log forgotten (what a broken log would do), and it can tell
// lies in its replies, so that a test sees whether they are found out. Threads: the core's own;
// `start`, `stop` and the knobs are the test's, between runs or (`lie`, atomics) at any time.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "bench/endpoint.h"
#include "engine/check.h"
#include "engine/core_stages.h"
#include "engine/lanes.h"
#include "engine/stage_times.h"
#include "engine/state_machine.h"
#include "net/server.h"

namespace holdfast::bench {

class MemoryServer {
 public:
  /// Called on the core thread for each reply before it is delivered.
  using Lie = std::function<void(const Request& request, Reply& reply)>;

  explicit MemoryServer(std::uint32_t in_flight_max = limits::session_in_flight_max)
      : in_flight_max_(in_flight_max) {
    start();
  }
  ~MemoryServer() { stop(); }
  MemoryServer(const MemoryServer&) = delete;
  MemoryServer& operator=(const MemoryServer&) = delete;

  [[nodiscard]] Endpoint endpoint() const { return {"127.0.0.1", port_}; }

  /// Listens on the port of before, if there was one.
  void start() {
    lanes_ = std::make_unique<Lanes>(1, limits::network_thread_in_flight_max);
    net::ServerOptions options;
    options.port = port_;
    options.in_flight_max = in_flight_max_;
    options.stages = &stages_;
    auto server = net::Server::create(options, *lanes_);
    ASSERT_TRUE(server.has_value()) << server.error();
    server_ = std::move(*server);
    port_ = server_->local_endpoint().port;
    stopping_ = false;
    core_ = std::thread([this] { run(); });
    server_->start();
  }

  /// Cuts all connections; answers under way are lost.
  void stop() {
    if (!core_.joinable()) return;
    server_->stop(0);
    stopping_ = true;
    core_.join();
    server_.reset();
  }

  /// Only while stopped: the log loses its last `count` commands.
  void forget_last(std::size_t count) {
    log_.resize(log_.size() - std::min(count, log_.size()));
    engine_ = StateMachine();
    for (const auto& [command, now] : log_) (void)engine_.apply(command, now);
  }

  void set_lie(Lie lie) { lie_ = std::move(lie); }  // while nothing is under way
  [[nodiscard]] std::uint64_t logged() const { return logged_; }
  [[nodiscard]] StateMachine& engine() { return engine_; }  // while stopped

 private:
  void run() {
    std::vector<Lanes::Taken> batch(256);
    while (true) {
      const std::size_t count = lanes_->take(batch);
      if (count == 0 && stopping_) return;
      for (std::size_t i = 0; i < count; ++i) {
        const Request request = batch[i].request();
        Reply& reply = lanes_->answer(batch[i]);
        answer(request, reply);
        if (lie_) lie_(request, reply);
      }
      if (count > 0) lanes_->release(0, count, batch[count - 1].handed_over_at);
      if (count == 0) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }

  void answer(const Request& request, Reply& reply) {
    switch (request.kind) {
      case RequestKind::command:
        reply.command_kind = request.command.kind;
        reply.outcome = apply(request.command);
        break;
      case RequestKind::pass_through:
        break;
      case RequestKind::show_account:
        reply.answer =
            std::make_unique<InquiryAnswer>(engine_.show_account(request.inquiry.account));
        break;
      case RequestKind::show_card:
        reply.answer = std::make_unique<InquiryAnswer>(engine_.show_card(request.inquiry.card));
        break;
      case RequestKind::show_authorization:
        reply.answer = std::make_unique<InquiryAnswer>(engine_.show_authorization(
            request.inquiry.authorization, request.inquiry.original_request));
        break;
      case RequestKind::show_program:
        reply.answer =
            std::make_unique<InquiryAnswer>(engine_.show_program(request.inquiry.program));
        break;
      case RequestKind::show_limits:
        reply.answer = std::make_unique<InquiryAnswer>(
            engine_.show_limits(request.inquiry.card, engine_.time()));
        break;
      case RequestKind::show_status: {
        StatusView view = engine_.show_status();
        view.has_digest = request.inquiry.with_digest != 0;
        if (view.has_digest) view.digest = engine_.digest();
        reply.answer = std::make_unique<InquiryAnswer>(view);
        break;
      }
      case RequestKind::show_stages:
        reply.answer = std::make_unique<InquiryAnswer>(
            stage_page(&stages_, request.inquiry, engine_.position(), now_ns_));
        break;
      default:
        HOLDFAST_CHECK(false, "neither load nor traces ask for anything else");
    }
  }

  Outcome apply(const Command& command) {
    const TimestampNs now{now_ns_ += 1000};
    const Outcome outcome = engine_.apply(command, now);
    if (engine_.must_log(outcome)) {
      log_.emplace_back(command, now);
      ++logged_;
    }
    return outcome;
  }

  std::uint32_t in_flight_max_;
  std::uint16_t port_ = 0;
  StateMachine engine_;
  std::vector<std::pair<Command, TimestampNs>> log_;
  std::atomic<std::uint64_t> logged_{0};
  std::uint64_t now_ns_ = 1'700'000'000ULL * kNsPerSecond;
  Lie lie_;
  StageBoard stages_{1};
  std::unique_ptr<Lanes> lanes_;
  std::unique_ptr<net::Server> server_;
  std::thread core_;
  std::atomic<bool> stopping_{false};
};

}  // namespace holdfast::bench
