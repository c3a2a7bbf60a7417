// Holdfast as a contender: a holdfastd of its own, driven as by `holdfast-bench run`, which judges
// every answer.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "bench/load/load_session.h"
#include "bench/peers/contender.h"
#include "bench/processes/server_process.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t kAskAgain = 20;

class HoldfastContender final : public Contender {
 public:
  HoldfastContender(const ContenderOptions& options, ServerProcess server, std::string version)
      : arguments_(options.holdfastd_arguments),
        server_(std::move(server)),
        version_(std::move(version)) {
    base_.endpoint = server_.endpoint();
    base_.population.accounts = options.accounts;
    base_.population.fund = Money{kContenderFund};
    base_.mix.weights = {1, 0, 0, 0};
    base_.amount_min = 1;
    base_.amount_max = 100;
    base_.seed = options.seed;
    base_.processors = options.load_processors;
    for (const LoadShape& shape : shapes()) {
      base_.connections = std::max(base_.connections, shape.connections);
      base_.in_flight = std::max(base_.in_flight, shape.in_flight);
    }
    std::random_device device;
    again_run_id_ = (std::uint64_t{device()} << 32) | device() | 1;
  }

  std::string name() const override { return "holdfast"; }
  std::string version() const override { return version_; }
  std::vector<std::pair<std::string, std::string>> settings() const override {
    std::string arguments;
    for (const std::string& argument : arguments_) arguments += argument + " ";
    return {{"log", server_.log_facts()}, {"options", arguments.empty() ? "none" : arguments}};
  }
  std::vector<LoadShape> shapes() const override {
    return {{.connections = 4, .in_flight = 256},
            {.connections = 4, .in_flight = 1024},
            {.connections = 2, .in_flight = 4096},
            {.connections = 64, .in_flight = 64}};
  }

  Result<void> load() override;
  Result<TurnResult> turn(const LoadShape& shape, double warm_up_s, double duration_s) override;
  Result<ContenderBooks> check_books() override;
  Result<void> stop() override { return server_.stop(); }

 private:
  Result<void> ask_again(net::Client& client, ContenderBooks& books);
  Result<void> ask_what_must_be_declined(net::Client& client, ContenderBooks& books);

  std::vector<std::string> arguments_;
  ServerProcess server_;
  std::string version_;
  RunOptions base_;
  std::uint64_t again_run_id_ = 0;  // of the requests that are asked twice
  std::unique_ptr<LoadSession> session_;
  ContenderBooks books_;
};

Result<void> HoldfastContender::load() {
  auto session = LoadSession::prepare(base_);
  if (!session) return std::unexpected(session.error());
  session_ = std::make_unique<LoadSession>(std::move(*session));
  return {};
}

Result<TurnResult> HoldfastContender::turn(const LoadShape& shape, double warm_up_s,
                                           double duration_s) {
  const PhaseReport phase = session_->run({.warm_up_s = warm_up_s,
                                           .duration_s = duration_s,
                                           .connections = shape.connections,
                                           .in_flight = shape.in_flight});
  const LoadCounts& counts = phase.counts;
  if (counts.lost) return std::unexpected(fmt::format("holdfastd: {}", *counts.lost));
  for (const std::string& text : counts.error_texts) books_.errors.push_back(text);
  const std::uint64_t approved = counts.decisions[static_cast<std::size_t>(Decision::approved)];
  books_.approved += approved;
  books_.declined += counts.acknowledged - approved;
  return TurnResult{.latency_ns = counts.latency_ns, .rate_per_s = phase.throughput_per_s()};
}

/// The same request id and body a second time: the same answer, and nothing done.
Result<void> HoldfastContender::ask_again(net::Client& client, ContenderBooks& books) {
  const AccountId account = base_.population.account(0);
  const auto before = client.show_account(account);
  if (!before) return std::unexpected(before.error().message);
  std::int64_t approved_sum = 0;
  for (std::size_t i = 0; i < kAskAgain; ++i) {
    Step step;
    step.request_low = i + 1;
    step.amount = Money{1};
    const Command command = command_of(step, base_.population, again_run_id_);
    const auto first = client.execute(command);
    if (!first) return std::unexpected(first.error().message);
    auto again = client.execute(command);
    if (!again) return std::unexpected(again.error().message);
    ++(is_approval(first->decision) ? books.approved : books.declined);
    if (is_approval(first->decision)) approved_sum += step.amount.minor;
    ++books.asked_again;
    const bool is_marked = (again->flags & kOutcomeRepeated) != 0;
    again->flags = first->flags;
    if (!is_marked || *again != *first) {
      books.errors.push_back(
          fmt::format("request {}, asked again, was answered otherwise", step.request_low));
    }
  }
  const auto after = client.show_account(account);
  if (!after) return std::unexpected(after.error().message);
  if (after->held.minor - before->held.minor != approved_sum) {
    books.errors.push_back("requests asked twice had another effect than once");
  }
  return {};
}

Result<void> HoldfastContender::ask_what_must_be_declined(net::Client& client,
                                                          ContenderBooks& books) {
  Step beyond;
  beyond.request_low = kAskAgain + 1;
  beyond.amount = Money{kContenderFund + 1};
  Step nowhere;
  nowhere.request_low = kAskAgain + 2;
  nowhere.account = base_.population.accounts + 1;
  nowhere.amount = Money{1};
  for (const auto& [step, expected] : {std::pair(beyond, Decision::insufficient_funds),
                                       std::pair(nowhere, Decision::unknown_card)}) {
    const auto outcome = client.execute(command_of(step, base_.population, again_run_id_));
    if (!outcome) return std::unexpected(outcome.error().message);
    ++books.declined;
    if (outcome->decision != expected) {
      books.errors.push_back(fmt::format("answered {} where {} was due",
                                         decision_name(outcome->decision),
                                         decision_name(expected)));
    }
  }
  return {};
}

Result<ContenderBooks> HoldfastContender::check_books() {
  ContenderBooks books = books_;
  const BooksReport checked = session_->check_books();
  books.errors.insert(books.errors.end(), checked.errors.begin(), checked.errors.end());
  if (!checked.balances_conserved) books.errors.push_back("the books could not be checked");
  auto client = connect_to(base_.endpoint, "holdfast-bench/books");
  if (!client) return std::unexpected(client.error());
  if (auto done = ask_again(*client, books); !done) return std::unexpected(done.error());
  if (auto done = ask_what_must_be_declined(*client, books); !done) {
    return std::unexpected(done.error());
  }
  return books;
}

}  // namespace

ContenderResult start_holdfast(const ContenderOptions& options) {
  // Its connections wait for their turn.
  auto server = ServerProcess::start({.program = options.holdfastd,
                                      .data_dir = options.directory + "/holdfastd-data",
                                      .arguments = options.holdfastd_arguments,
                                      .keeps_idle = true});
  if (!server) return std::unexpected(server.error());
  auto version = server->version();
  if (!version) return std::unexpected(version.error());
  return std::make_unique<HoldfastContender>(options, std::move(*server), std::move(*version));
}

std::string LoadShape::text() const {
  std::string text = fmt::format("{} x {}", connections, in_flight);
  if (!variant.empty()) text += fmt::format(", {}", variant);
  return text;
}

}  // namespace holdfast::bench
