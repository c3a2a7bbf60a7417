#include "bench/load/load_thread.h"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "bench/load/connect.h"
#include "bench/load/connection.h"
#include "bench/load/pacer.h"
#include "bench/load/silence.h"
#include "bench/load/turn_queue.h"
#include "bench/pauses/processors.h"
#include "engine/scheduling.h"

namespace holdfast::bench {

namespace {

constexpr std::uint64_t kNsPerMs = 1'000'000;
/// After the end: how long answers may fail to come, by the time in which this thread runs, before
/// the run gives up on them.
constexpr std::uint64_t kDrainStallNs = 30'000 * kNsPerMs;
constexpr std::uint64_t kReconnectPauseMs = 50;
/// Longest wait in epoll, so that a stalled run notices its end.
constexpr std::uint64_t kWaitMaxNs = 50 * kNsPerMs;
constexpr std::uint64_t kGiveEveryNs = 250 * kNsPerMs;
constexpr std::size_t kEventsMax = 1024;
/// Open loop: requests due together go to one connection, up to this many, before the next has its
/// turn. A write costs as much as encoding fifty requests.
constexpr std::uint64_t kTurnMin = 16;

std::uint64_t ns_of(double seconds) { return static_cast<std::uint64_t>(seconds * 1e9); }

}  // namespace

struct LoadThread::Impl {
  Impl(const LoadThreadPlan& from, std::uint64_t seed) : plan(from), context(*from.options, seed) {}
  ~Impl() {
    if (epoll >= 0) ::close(epoll);
  }

  LoadThreadPlan plan;
  LoadContext context;
  std::vector<Connection> connections;
  std::vector<bool> wants_write;  // by connection: epoll is asked to tell when it can be written
  TurnQueue with_room;            // open loop: connections that can take a request
  std::vector<epoll_event> events;
  int epoll = -1;
  std::size_t active = 0;  // connections used in this phase: the first so many
  std::uint64_t end_ns = 0;
  std::uint64_t seen_waiting = 0;  // open loop: requests before this one were counted as waiting
  std::uint64_t finished_ns = 0;
  std::uint64_t published_answers = 0;
  std::uint64_t published_errors = 0;
  bool gives_latencies = false;
  std::uint64_t given_ns = 0;
  Histogram given;  // latencies of this phase that were given to the progress

  Result<void> adopt(std::vector<net::DetachedClient> clients);
  Result<void> watch(std::size_t index, int operation, bool write);
  void loop(const LoadPhase& phase);
  void choose_connections(const LoadPhase& phase);
  Result<void> fill_all(std::uint64_t now_ns);
  Result<void> fill(std::size_t index, std::uint64_t now_ns);
  Result<void> send_due(Pacer& pacer, std::uint64_t now_ns);
  Result<void> flush(std::size_t index);
  Result<std::size_t> wait_and_receive(std::uint64_t wait_ns, bool refill);
  bool recover(std::string why);
  Result<void> reconnect_all(std::uint64_t until_ns);
  void end_phase(const Pacer* pacer);
  void publish(std::uint64_t now_ns);
  void give_latencies();
};

Result<void> LoadThread::Impl::adopt(std::vector<net::DetachedClient> clients) {
  epoll = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) return std::unexpected(fmt::format("epoll: {}", std::strerror(errno)));
  connections.reserve(clients.size());
  wants_write.assign(clients.size(), false);
  with_room = TurnQueue(clients.size());
  events.resize(std::clamp<std::size_t>(clients.size(), 1, kEventsMax));
  std::uint32_t number = plan.thread;
  for (net::DetachedClient& client : clients) {
    connections.emplace_back(std::move(client), number, context);
    number += plan.options->threads;
    if (auto watched = watch(connections.size() - 1, EPOLL_CTL_ADD, false); !watched) {
      return watched;
    }
  }
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
  const bool all = connections[index].flush();
  return all == wants_write[index] ? watch(index, EPOLL_CTL_MOD, !all) : Result<void>{};
}

Result<void> LoadThread::Impl::fill(std::size_t index, std::uint64_t now_ns) {
  Connection& connection = connections[index];
  for (std::size_t room = connection.room(); room > 0; --room) connection.send(now_ns);
  return flush(index);
}

Result<void> LoadThread::Impl::fill_all(std::uint64_t now_ns) {
  for (std::size_t i = 0; i < active; ++i) {
    if (auto filled = fill(i, now_ns); !filled) return filled;
  }
  return {};
}

// Sends what is due while some connection has room. What finds no room stays due, with its intended
// time: the wait is part of its latency.
Result<void> LoadThread::Impl::send_due(Pacer& pacer, std::uint64_t now_ns) {
  std::uint64_t due = pacer.behind(now_ns);
  const std::uint64_t share = due / std::max<std::size_t>(1, with_room.size()) + 1;
  const std::uint64_t turn = std::max(share, kTurnMin);
  while (due > 0 && !with_room.empty()) {
    const std::size_t index = with_room.pop();
    Connection& connection = connections[index];
    const std::uint64_t count = std::min({due, turn, std::uint64_t{connection.room()}});
    for (std::uint64_t i = 0; i < count; ++i) connection.send(pacer.take());
    due -= count;
    if (auto flushed = flush(index); !flushed) return flushed;
    if (connection.room() > 0) with_room.push(index);
  }
  if (due > 0) {
    const std::uint64_t all_due = pacer.taken() + due;
    if (now_ns >= context.measure_from_ns) {
      context.counts.found_no_room += all_due - std::max(seen_waiting, pacer.taken());
    }
    seen_waiting = all_due;
  }
  return {};
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
    if (!refill && *got > 0) with_room.push(index);
    const auto went_on = refill ? fill(index, monotonic_ns()) : flush(index);
    if (!went_on) return std::unexpected(went_on.error());
  }
  return received;
}

void LoadThread::Impl::choose_connections(const LoadPhase& phase) {
  const std::uint32_t all = plan.options->connections;
  const std::uint32_t used = phase.connections == 0 ? all : std::min(phase.connections, all);
  // Connection number `thread + i * threads` is this thread's i-th.
  const std::uint32_t threads = plan.options->threads;
  active = used <= plan.thread ? 0 : (used - plan.thread - 1) / threads + 1;
  context.in_flight = phase.in_flight == 0 ? plan.options->in_flight
                                           : std::min(phase.in_flight, plan.options->in_flight);
  with_room.clear();
  for (std::size_t i = 0; i < active; ++i) with_room.push(i);
}

void LoadThread::Impl::loop(const LoadPhase& phase) {
  context.counts = LoadCounts{};
  published_answers = published_errors = 0;
  seen_waiting = 0;
  gives_latencies = phase.gives_latencies;
  given = Histogram();
  context.measure_from_ns = phase.start_ns + ns_of(phase.warm_up_s);
  end_ns = context.measure_from_ns + ns_of(phase.duration_s);
  context.measure_until_ns = end_ns;
  context.pauses = plan.options->watch_pauses ? &plan.progress->pauses : nullptr;
  const bool open_loop = phase.rate_per_s > 0;
  choose_connections(phase);
  // Threads take turns within one interval of the whole rate, so that together they are even.
  const double share = open_loop ? phase.rate_per_s / plan.options->threads : 1.0;
  const std::uint64_t shift_ns = open_loop ? ns_of(plan.thread / phase.rate_per_s) : 0;
  Pacer pacer(share, phase.start_ns + shift_ns, active == 0 ? phase.start_ns : end_ns);
  // Sleeps end when they should: the default slack of 50 us would be charged to every request.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (!plan.options->processors.empty()) (void)bind_to(plan.options->processors);  // was checked
  // On a machine shared with the server a request that is due would wait for
  // its busy threads' turns.
  (void)ask_for_short_turns();

  Silence silence(monotonic_ns(), kWaitMaxNs);
  bool has_answer = false;
  bool first_turn = true;
  SharedTurns turns;
  for (;;) {
    const std::uint64_t now_ns = monotonic_ns();
    const bool sending = open_loop ? !pacer.is_finished() : now_ns < end_ns;
    if (!sending && context.under_way == 0) break;
    silence.look(now_ns, has_answer);
    if (now_ns >= end_ns && silence.silent_ns() > kDrainStallNs) {
      context.counts.lost = fmt::format("no answer came for {} s", kDrainStallNs / kNsPerSecond);
      break;
    }
    Result<void> sent;
    std::uint64_t wait_ns = kWaitMaxNs;
    if (open_loop) {
      sent = send_due(pacer, now_ns);
      const std::uint64_t due_ns = pacer.next_due_ns();
      if (!pacer.is_finished() && due_ns > now_ns) wait_ns = std::min(wait_ns, due_ns - now_ns);
    } else if (first_turn && sending) {
      sent = fill_all(now_ns);
    }
    first_turn = false;
    const auto received = sent ? wait_and_receive(wait_ns, !open_loop && sending)
                               : Result<std::size_t>(std::unexpected(sent.error()));
    has_answer = received && *received > 0;
    publish(now_ns);
    turns.after_work(now_ns);
    if (received) continue;
    if (!recover(received.error())) break;
    first_turn = true;
    has_answer = true;  // the new connection's greeting
  }
  end_phase(open_loop ? &pacer : nullptr);
}

void LoadThread::Impl::end_phase(const Pacer* pacer) {
  finished_ns = monotonic_ns();
  context.counts.never_sent = pacer != nullptr ? pacer->behind(end_ns) : 0;
  for (Connection& connection : connections) connection.give_up();
  if (context.acked) {
    const auto flushed = context.acked->flush();
    if (!flushed && !context.acked_error) context.acked_error = flushed.error();
  }
  if (context.acked_error) context.counts.add_error(*context.acked_error);
  publish(finished_ns);
  if (gives_latencies) {
    give_latencies();
    std::swap(context.counts.latency_ns, given);
  }
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
  const ConnectPlan again{plan.options->endpoint, 1, plan.options->in_flight};
  for (std::size_t i = 0; i < connections.size();) {
    auto client = connect_one(again, "holdfast-bench/again");
    if (!client) {
      if (monotonic_ns() >= until_ns) return std::unexpected(client.error());
      std::this_thread::sleep_for(std::chrono::milliseconds(kReconnectPauseMs));
      continue;
    }
    connections[i].continue_on(std::move(*client));
    if (auto watched = watch(i, EPOLL_CTL_ADD, true); !watched) return watched;
    if (i < active) with_room.push(i);
    ++i;
  }
  return {};
}

// Each latency is given once, and stays with the phase too.
void LoadThread::Impl::give_latencies() {
  plan.progress->add_latencies(context.counts.latency_ns);
  given.merge(context.counts.latency_ns);
  context.counts.latency_ns = Histogram();
}

void LoadThread::Impl::publish(std::uint64_t now_ns) {
  if (gives_latencies && now_ns - given_ns >= kGiveEveryNs) {
    given_ns = now_ns;
    give_latencies();
  }
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

Result<LoadThread> LoadThread::prepare(const LoadThreadPlan& plan,
                                       std::vector<net::DetachedClient> clients) {
  std::uint64_t seed = plan.options->seed + plan.thread * 0x9E37'79B9ULL;
  auto impl = std::make_unique<Impl>(plan, splitmix64(seed));
  if (plan.acked_file != nullptr) impl->context.acked.emplace(*plan.acked_file);
  if (auto adopted = impl->adopt(std::move(clients)); !adopted) {
    return std::unexpected(adopted.error());
  }
  return LoadThread(std::move(impl));
}

void LoadThread::run(const LoadPhase& phase) { impl_->loop(phase); }
const LoadCounts& LoadThread::counts() const { return impl_->context.counts; }
const ExpectedChange& LoadThread::expected() const { return impl_->context.expected; }
std::uint64_t LoadThread::finished_ns() const { return impl_->finished_ns; }

}  // namespace holdfast::bench
