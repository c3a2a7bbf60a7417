#include "bench/load/load_thread.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <thread>

#include "bench/load/connection.h"
#include "bench/load/pacer.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
/// After the end: how long answers may fail to come before the run gives up on them.
constexpr std::uint64_t kDrainStallNs = 30'000 * kNsPerMs;
constexpr std::uint64_t kReconnectPauseMs = 50;
/// Longest wait in epoll, so that a stalled run notices its end.
constexpr std::uint64_t kWaitMaxNs = 50 * kNsPerMs;

std::uint64_t ns_of(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

}  // namespace

std::uint64_t monotonic_ns() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(now.tv_nsec);
}

struct LoadThread::Impl {
  LoadThreadPlan plan;
  LoadContext context;
  std::vector<Connection> connections;
  std::vector<bool> wants_write;  // by connection: epoll is asked to tell when it can be written
  std::vector<epoll_event> events;
  int epoll = -1;
  std::uint64_t end_ns = 0;
  std::uint64_t finished_ns = 0;
  std::size_t next_connection = 0;  // open loop: whose turn it is
  std::uint64_t published_answers = 0;
  std::uint64_t published_errors = 0;

  ~Impl() {
    if (epoll >= 0) ::close(epoll);
  }

  Result<void> connect();
  Result<void> watch(std::size_t index, int operation, bool write);
  void loop(std::uint64_t start_ns);
  Result<void> fill_all(std::uint64_t now_ns);
  Result<void> fill(std::size_t index, std::uint64_t now_ns);
  std::size_t send_due(Pacer& pacer, std::uint64_t now_ns);
  Result<void> flush(std::size_t index);
  Result<std::size_t> wait_and_receive(std::uint64_t wait_ns, bool refill);
  bool recover(std::string why);
  Result<void> reconnect_all(std::uint64_t until_ns);
  void publish();

  [[nodiscard]] std::size_t under_way() const {
    std::size_t sum = 0;
    for (const Connection& connection : connections) sum += connection.under_way();
    return sum;
  }
};

Result<void> LoadThread::Impl::connect() {
  epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
  const RunOptions& options = *plan.options;
  for (std::uint32_t i = plan.thread; i < options.connections; i += options.threads) {
    auto client = connect_to(options.endpoint, fmt::format("holdfast-bench/{}", i));
    if (!client) return std::unexpected(client.error());
    if (options.in_flight > client->server().in_flight_max) {
      return std::unexpected(fmt::format("--in-flight {} is above what the server allows, {}",
                                         options.in_flight, client->server().in_flight_max));
    }
    connections.emplace_back(std::move(*client), i, context);
    wants_write.push_back(false);
    if (auto watched = watch(connections.size() - 1, EPOLL_CTL_ADD, false); !watched) {
      return watched;
    }
  }
  events.resize(std::min<std::size_t>(connections.size(), 256));
  return {};
}

Result<void> LoadThread::Impl::watch(std::size_t index, int operation, bool write) {
  epoll_event event{};
  event.events = EPOLLIN | (write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
  event.data.u64 = index;
  if (::epoll_ctl(epoll, operation, connections[index].descriptor(), &event) != 0) {
    return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
  }
  wants_write[index] = write;
  return {};
}

Result<void> LoadThread::Impl::flush(std::size_t index) {
  const auto all = connections[index].flush();
  if (!all) return std::unexpected(all.error());
  return *all == wants_write[index] ? watch(index, EPOLL_CTL_MOD, !*all) : Result<void>{};
}

Result<void> LoadThread::Impl::fill(std::size_t index, std::uint64_t now_ns) {
  Connection& connection = connections[index];
  for (std::size_t room = connection.room(); room > 0; --room) connection.send(now_ns);
  return flush(index);
}

Result<void> LoadThread::Impl::fill_all(std::uint64_t now_ns) {
  for (std::size_t i = 0; i < connections.size(); ++i) {
    if (auto filled = fill(i, now_ns); !filled) return filled;
  }
  return {};
}

// Sends what is due while some connection has room. What finds no room stays due, with its intended
// time: the wait is part of its latency.
std::size_t LoadThread::Impl::send_due(Pacer& pacer, std::uint64_t now_ns) {
  std::size_t sent = 0;
  while (pacer.is_due(now_ns)) {
    std::size_t tried = 0;
    while (tried < connections.size() && connections[next_connection].room() == 0) {
      next_connection = (next_connection + 1) % connections.size();
      ++tried;
    }
    if (tried == connections.size()) break;
    connections[next_connection].send(pacer.take());
    next_connection = (next_connection + 1) % connections.size();
    ++sent;
  }
  return sent;
}

Result<std::size_t> LoadThread::Impl::wait_and_receive(std::uint64_t wait_ns, bool refill) {
  timespec wait{static_cast<time_t>(wait_ns / kNsPerSecond),
                static_cast<long>(wait_ns % kNsPerSecond)};
  const int ready =
      ::epoll_pwait2(epoll, events.data(), static_cast<int>(events.size()), &wait, nullptr);
  if (ready < 0 && errno != EINTR) {
    return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
  }
  std::size_t received = 0;
  for (int i = 0; i < ready; ++i) {
    const auto index = static_cast<std::size_t>(events[static_cast<std::size_t>(i)].data.u64);
    const auto got = connections[index].receive();
    if (!got) return std::unexpected(got.error());
    received += *got;
    const auto went_on = refill ? fill(index, monotonic_ns()) : flush(index);
    if (!went_on) return std::unexpected(went_on.error());
  }
  return received;
}

void LoadThread::Impl::loop(std::uint64_t start_ns) {
  const RunOptions& options = *plan.options;
  context.measure_from_ns = start_ns + ns_of(options.warm_up_s);
  end_ns = context.measure_from_ns + ns_of(options.duration_s);
  context.measure_until_ns = end_ns;
  const bool open_loop = options.rate_per_s > 0;
  // Threads take turns within one interval of the whole rate, so that together they are even.
  const double share = open_loop ? options.rate_per_s / options.threads : 1.0;
  const std::uint64_t shift_ns = open_loop ? ns_of(plan.thread / options.rate_per_s) : 0;
  Pacer pacer(share, start_ns + shift_ns, end_ns);
  // Sleeps end when they should: the default slack of 50 us would be charged to every request.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);

  std::uint64_t last_answer_ns = monotonic_ns();
  bool first_turn = true;
  for (;;) {
    const std::uint64_t now_ns = monotonic_ns();
    const bool sending = open_loop ? !pacer.is_finished() : now_ns < end_ns;
    if (!sending && under_way() == 0) break;
    if (now_ns >= end_ns && now_ns - last_answer_ns > kDrainStallNs) {
      context.counts.lost = fmt::format("no answer came for {} s", kDrainStallNs / kNsPerSecond);
      break;
    }
    Result<void> sent;
    std::uint64_t wait_ns = kWaitMaxNs;
    if (open_loop) {
      if (send_due(pacer, now_ns) > 0) {
        for (std::size_t i = 0; i < connections.size() && sent; ++i) sent = flush(i);
      }
      const std::uint64_t due_ns = pacer.next_due_ns();
      if (!pacer.is_finished() && due_ns > now_ns) wait_ns = std::min(wait_ns, due_ns - now_ns);
    } else if (first_turn && sending) {
      sent = fill_all(now_ns);
    }
    first_turn = false;
    const auto received = sent ? wait_and_receive(wait_ns, !open_loop && sending)
                               : Result<std::size_t>(std::unexpected(sent.error()));
    if (received && *received > 0) last_answer_ns = monotonic_ns();
    publish();
    if (received) continue;
    if (!recover(received.error())) break;
    first_turn = true;
    last_answer_ns = monotonic_ns();
  }
  finished_ns = monotonic_ns();
  context.counts.never_sent = open_loop ? pacer.behind(end_ns) : 0;
  for (Connection& connection : connections) connection.give_up();
  if (context.acked) {
    const auto flushed = context.acked->flush();
    if (!flushed && !context.acked_error) context.acked_error = flushed.error();
  }
  if (context.acked_error) context.counts.add_error(*context.acked_error);
  publish();
}

// Answers already read may be lost with the connection that told them too late: those requests are
// under way still and are sent again.
bool LoadThread::Impl::recover(std::string why) {
  plan.progress->connections_lost.fetch_add(1, std::memory_order_relaxed);
  const double patience_s = plan.options->reconnect_s;
  if (patience_s > 0) {
    const auto back = reconnect_all(monotonic_ns() + ns_of(patience_s));
    if (back) return true;
    why += fmt::format("; no new connection within {} s: {}", patience_s, back.error());
  }
  context.counts.lost = std::move(why);
  return false;
}

// One lost connection nearly always means a lost server; all are made anew, which is simple and
// right: what was under way on a healthy one is answered as repeated.
Result<void> LoadThread::Impl::reconnect_all(std::uint64_t until_ns) {
  for (std::size_t i = 0; i < connections.size();) {
    auto client = connect_to(plan.options->endpoint, "holdfast-bench/again");
    if (client && client->server().in_flight_max < plan.options->in_flight) {
      return std::unexpected("the server now allows fewer requests under way");
    }
    if (!client) {
      if (monotonic_ns() >= until_ns) return std::unexpected(client.error());
      std::this_thread::sleep_for(std::chrono::milliseconds(kReconnectPauseMs));
      continue;
    }
    connections[i].continue_on(std::move(*client));
    if (auto watched = watch(i, EPOLL_CTL_ADD, true); !watched) return watched;
    ++i;
  }
  return {};
}

void LoadThread::Impl::publish() {
  const std::uint64_t answers = context.counts.acknowledged + context.counts.inquiries;
  if (answers != published_answers) {
    plan.progress->answered.fetch_add(answers - published_answers, std::memory_order_relaxed);
    published_answers = answers;
  }
  if (context.counts.errors != published_errors) {
    plan.progress->errors.fetch_add(context.counts.errors - published_errors,
                                    std::memory_order_relaxed);
    published_errors = context.counts.errors;
  }
}

LoadThread::LoadThread(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LoadThread::~LoadThread() = default;
LoadThread::LoadThread(LoadThread&&) noexcept = default;
LoadThread& LoadThread::operator=(LoadThread&&) noexcept = default;

Result<LoadThread> LoadThread::prepare(const LoadThreadPlan& plan) {
  auto impl = std::make_unique<Impl>();
  impl->plan = plan;
  const RunOptions& options = *plan.options;
  std::uint64_t seed = options.seed + plan.thread * 0x9E37'79B9ULL;
  impl->context.options = plan.options;
  impl->context.random = Random(splitmix64(seed));
  impl->context.choice = AccountChoice(options.population.accounts, options.zipf_exponent);
  impl->context.expected.ledger.assign(options.population.accounts, 0);
  impl->context.expected.held.assign(options.population.accounts, 0);
  if (plan.acked_file != nullptr) impl->context.acked.emplace(*plan.acked_file);
  if (auto connected = impl->connect(); !connected) return std::unexpected(connected.error());
  return LoadThread(std::move(impl));
}

void LoadThread::run(std::uint64_t start_ns) { impl_->loop(start_ns); }
const LoadCounts& LoadThread::counts() const { return impl_->context.counts; }
const ExpectedChange& LoadThread::expected() const { return impl_->context.expected; }
std::uint64_t LoadThread::finished_ns() const { return impl_->finished_ns; }

}  // namespace holdfast::bench
