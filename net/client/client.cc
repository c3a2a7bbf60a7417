#include "net/client/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "engine/check.h"
#include "net/client/reply_decoder.h"
#include "net/client/socket.h"
#include "net/protocol/codec.h"
#include "net/protocol/frame.h"

namespace holdfast::net {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = ClientError::Kind;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint16_t kStagesSchemaVersion = 5;
constexpr std::size_t kRuleSetRowsMax = limits::categories_max + limits::controls_max +
                                        limits::list_items_max + limits::zone_offsets_max;

}  // namespace

struct Client::Impl {
  Impl(ClientSocket connected, const ClientOptions& from)
      : options(from),
        peer(fmt::format("{}:{}", from.host, from.port)),
        socket(std::move(connected)),
        in(kReadBytes) {}

  ClientOptions options;
  std::string peer;
  ClientSocket socket;
  ServerInfo info;
  std::uint64_t submitted = 0;  // correlation of the last request; they count up from 1
  std::uint64_t answered = 0;   // correlation of the last reply; they come in order
  bool said_goodbye = false;
  std::vector<std::byte> out;   // [out_begin, out_end) is still to be written
  std::size_t out_begin = 0;
  std::size_t out_end = 0;
  std::vector<std::byte> in;    // [in_begin, in_end) is read and not yet decoded
  std::size_t in_begin = 0;
  std::size_t in_end = 0;
  std::vector<ClientReply> early;  // taken off the wire by a wait for something else
  std::optional<ClientError> broken;  // once lost, a connection stays lost

  std::unexpected<ClientError> fail(Kind kind, std::string what) {
    broken = ClientError{kind, std::move(what)};
    return tell_broken();
  }
  // The same error again for every later call, with what is unknown by then.
  std::unexpected<ClientError> tell_broken() const {
    ClientError error = *broken;
    if (error.kind == Kind::connection_lost && submitted > answered) {
      error.message += fmt::format(
          "; the outcome of {} request(s) is unknown: connect again and send them with the same "
          "request ids",
          submitted - answered);
    }
    return std::unexpected(std::move(error));
  }
  std::unexpected<ClientError> lost(int error) {
    return fail(Kind::connection_lost,
                error == 0 ? fmt::format("{} closed the connection", peer)
                           : fmt::format("the connection to {} was lost: {}", peer,
                                         std::generic_category().message(error)));
  }
  std::unexpected<ClientError> nonsense(std::string_view what) {
    return fail(Kind::protocol,
                fmt::format("{} sent what is not the Holdfast protocol: {}", peer, what));
  }

  template <class Encode>
  std::uint64_t append(Encode encode) {
    // Appended bytes go behind what is pending; written ones are dropped when that is cheap.
    if (out_begin == out_end) {
      out_begin = out_end = 0;
    } else if (out_begin > out_end / 2) {
      std::memmove(out.data(), out.data() + out_begin, out_end - out_begin);
      out_end -= out_begin;
      out_begin = 0;
    }
    if (out.size() - out_end < limits::frame_bytes_max) {
      out.resize(2 * out.size() + limits::frame_bytes_max);
    }
    const std::uint64_t correlation = ++submitted;
    out_end += encode(correlation, std::span(out).subspan(out_end));
    return correlation;
  }

  std::expected<bool, ClientError> write_some();
  enum class Read : std::uint8_t { nothing, some, filled };
  std::expected<Read, ClientError> read_some();
  std::expected<std::size_t, ClientError> take(std::vector<ClientReply>& replies);
  std::expected<ClientReply, ClientError> decode(const Frame& frame);
  std::expected<void, ClientError> pump_until(Clock::time_point deadline);
  std::expected<ClientReply, ClientError> one_reply();
  template <class View>
  std::expected<View, ClientError> ask(RequestKind kind, const Inquiry& inquiry);
  std::expected<LimitsPage, ClientError> ask_limits(CardToken card, std::size_t first);
  std::expected<ShadowsPage, ClientError> ask_shadow(ProgramId program, std::uint32_t from_version,
                                                     std::size_t first_tally);
  std::expected<ShadowsPage, ClientError> ask_whole_shadow(ProgramId program,
                                                           std::uint32_t from_version);
  std::expected<RuleSetView, ClientError> ask_rows(ProgramId program, std::uint32_t version,
                                                   std::size_t first);
  template <class Wanted>
  std::expected<Wanted, ClientError> wanted(std::expected<ClientReply, ClientError> reply);
  std::expected<void, ClientError> hello();
};

// True when nothing is left to write.
std::expected<bool, ClientError> Client::Impl::write_some() {
  if (broken) return tell_broken();
  while (out_begin < out_end) {
    const auto result =
        socket.write_some(std::span(out).subspan(out_begin, out_end - out_begin));
    if (result.state == ClientSocket::State::would_block) return false;
    if (result.state == ClientSocket::State::closed) {
      // The server may have said why before it closed: what it sent is still to be read.
      return false;
    }
    out_begin += result.bytes;
  }
  return true;
}

// Reads once. `filled`: there may be more.
std::expected<Client::Impl::Read, ClientError> Client::Impl::read_some() {
  if (broken) return tell_broken();
  if (in_begin > 0) {
    std::memmove(in.data(), in.data() + in_begin, in_end - in_begin);
    in_end -= in_begin;
    in_begin = 0;
  }
  const auto result = socket.read_some(std::span(in).subspan(in_end));
  if (result.state == ClientSocket::State::would_block) return Read::nothing;
  if (result.state == ClientSocket::State::closed) return lost(result.error);
  in_end += result.bytes;
  return in_end == in.size() ? Read::filled : Read::some;
}

std::expected<ClientReply, ClientError> Client::Impl::decode(const Frame& frame) {
  auto reply = decode_reply(frame);
  if (!reply) return nonsense(reply.error());
  switch (static_cast<wire::TemplateId>(frame.header.template_id)) {
    case wire::TemplateId::HelloReply:
      info = server_info_of(frame);
      break;
    case wire::TemplateId::GoodbyeReply:
      said_goodbye = true;
      break;
    default:
      break;
  }
  return std::move(*reply);
}

// Decodes every whole frame that was read; returns how many replies were appended.
std::expected<std::size_t, ClientError> Client::Impl::take(std::vector<ClientReply>& replies) {
  const std::size_t before = replies.size();
  while (true) {
    const FrameScan scan = scan_frame(std::span(in).subspan(in_begin, in_end - in_begin));
    if (scan.status == FrameStatus::partial) return replies.size() - before;
    if (scan.status == FrameStatus::damaged) return nonsense("a frame of an impossible length");
    if (scan.refusal) return nonsense("a frame of another schema");
    auto reply = decode(scan.frame);
    if (!reply) return std::unexpected(reply.error());
    in_begin += scan.frame.bytes();
    if (const auto* reject = std::get_if<Reject>(&reply->body);
        reject != nullptr && reply->correlation == 0) {
      // It answers no request: the connection itself is refused, or its bytes are damaged.
      return fail(Kind::rejected,
                  fmt::format("{} refused the connection: {}", peer, reject->message));
    }
    if (reply->correlation != answered + 1 || answered == submitted) {
      return nonsense(fmt::format("a reply with correlation {} where {} was due",
                                  reply->correlation, answered + 1));
    }
    ++answered;
    replies.push_back(std::move(*reply));
  }
}

// Waits for bytes, writing what is pending meanwhile. Ends after one successful read.
std::expected<void, ClientError> Client::Impl::pump_until(Clock::time_point deadline) {
  while (true) {
    const auto written = write_some();
    if (!written) return std::unexpected(written.error());
    const auto read = read_some();
    if (!read) return std::unexpected(read.error());
    if (*read != Read::nothing) return {};
    const auto ready = socket.wait(!*written, deadline);
    if (!ready.readable && !ready.writable && Clock::now() >= deadline) {
      return fail(Kind::timeout,
                  fmt::format("{} did not answer within {} ms; the outcome is unknown: connect "
                              "again and send with the same request ids",
                              peer, options.reply_timeout.count()));
    }
  }
}

std::expected<ClientReply, ClientError> Client::Impl::one_reply() {
  const auto deadline = Clock::now() + options.reply_timeout;
  std::vector<ClientReply> replies;
  while (replies.empty()) {
    const auto taken = take(replies);
    if (!taken) return std::unexpected(taken.error());
    if (*taken > 0) break;
    if (auto pumped = pump_until(deadline); !pumped) return std::unexpected(pumped.error());
  }
  HOLDFAST_CHECK(replies.size() == 1, "blocking calls are not mixed with pipelined ones");
  return std::move(replies.front());
}

template <class Wanted>
std::expected<Wanted, ClientError> Client::Impl::wanted(
    std::expected<ClientReply, ClientError> reply) {
  if (!reply) return std::unexpected(reply.error());
  if (auto* value = std::get_if<Wanted>(&reply->body)) return std::move(*value);
  if (const auto* reject = std::get_if<Reject>(&reply->body)) {
    return std::unexpected(ClientError{
        Kind::rejected, fmt::format("{} did not take the request: {}", peer, reject->message)});
  }
  return nonsense("a reply of another kind than was asked for");
}

template <class View>
std::expected<View, ClientError> Client::Impl::ask(RequestKind kind, const Inquiry& inquiry) {
  if (broken) return tell_broken();
  HOLDFAST_CHECK(submitted == answered, "a blocking call while pipelined requests are under way");
  append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_inquiry(kind, inquiry, correlation, to);
  });
  return wanted<View>(one_reply());
}

std::expected<LimitsPage, ClientError> Client::Impl::ask_limits(CardToken card,
                                                                std::size_t first) {
  if (broken) return tell_broken();
  HOLDFAST_CHECK(submitted == answered, "a blocking call while pipelined requests are under way");
  append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_show_limits(card, static_cast<std::uint16_t>(first), correlation, to);
  });
  auto page = wanted<LimitsPage>(one_reply());
  if (page && (page->first != first || page->total > limits::controls_max ||
               (page->view.limits.empty() && first < page->total))) {
    return nonsense("a page of limits that was not asked for");
  }
  return page;
}

std::expected<ShadowsPage, ClientError> Client::Impl::ask_shadow(ProgramId program,
                                                                std::uint32_t from_version,
                                                                std::size_t first_tally) {
  if (broken) return tell_broken();
  HOLDFAST_CHECK(submitted == answered, "a blocking call while pipelined requests are under way");
  append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_show_shadows(program, from_version, static_cast<std::uint16_t>(first_tally),
                               correlation, to);
  });
  auto page = wanted<ShadowsPage>(one_reply());
  if (!page) return page;
  const auto& shadows = page->view.shadows;
  if (page->first_tally != first_tally || (!shadows.empty() && shadows[0].version < from_version) ||
      (shadows.empty() && page->shadows_behind > 0)) {
    return nonsense("a page of shadows that was not asked for");
  }
  return page;
}

// One shadow whole; empty `shadows`: none from `from_version` on.
std::expected<ShadowsPage, ClientError> Client::Impl::ask_whole_shadow(
    ProgramId program, std::uint32_t from_version) {
  auto all = ask_shadow(program, from_version, 0);
  while (all && !all->view.shadows.empty() &&
         all->view.shadows[0].tallies.size() < all->tallies) {
    ShadowView& shadow = all->view.shadows[0];
    auto page = ask_shadow(program, shadow.version, shadow.tallies.size());
    if (!page) return page;
    const auto& told = page->view.shadows;
    if (told.empty() || told[0].version != shadow.version ||
        told[0].started_at != shadow.started_at || page->tallies != all->tallies) {
      // It was stopped meanwhile, or a pair of decisions came new and moved those behind it. Both
      // are logged, and there are only so many pairs: this comes to an end.
      all = ask_shadow(program, from_version, 0);
      continue;
    }
    if (told[0].tallies.empty()) return nonsense("a page of shadows without what it announced");
    shadow.tallies.insert(shadow.tallies.end(), told[0].tallies.begin(), told[0].tallies.end());
  }
  return all;
}

std::expected<RuleSetView, ClientError> Client::Impl::ask_rows(ProgramId program,
                                                               std::uint32_t version,
                                                               std::size_t first) {
  Inquiry inquiry;
  inquiry.program = program;
  inquiry.rule_set_version = version;
  inquiry.first_row = static_cast<std::uint32_t>(first);
  auto page = ask<RuleSetView>(RequestKind::show_rule_set, inquiry);
  if (!page || !page->found) return page;
  const bool more = first < page->rows_total;
  if (page->first_row != first || page->rows_total > kRuleSetRowsMax ||
      (version != 0 && page->version != version) || more == page->rows.empty()) {
    return nonsense("a page of a rule set that was not asked for");
  }
  return page;
}

std::expected<void, ClientError> Client::Impl::hello() {
  append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_hello(options.gateway_name, correlation, to);
  });
  auto pong = wanted<Pong>(one_reply());
  if (!pong) return std::unexpected(pong.error());
  if (info.schema_version == 0) return nonsense("its first reply is not a HelloReply");
  return {};
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

std::expected<Client, ClientError> Client::connect(const ClientOptions& options) {
  auto socket = ClientSocket::connect(options.host, options.port, options.connect_timeout);
  if (!socket) {
    return std::unexpected(ClientError{
        Kind::connect, fmt::format("cannot connect to {}:{}: {}; is holdfastd running there?",
                                   options.host, options.port, socket.error())});
  }
  Client client(std::make_unique<Impl>(std::move(*socket), options));
  if (auto greeted = client.impl_->hello(); !greeted) return std::unexpected(greeted.error());
  return client;
}

const ServerInfo& Client::server() const { return impl_->info; }

std::expected<Outcome, ClientError> Client::execute(const Command& command) {
  if (impl_->broken) return impl_->tell_broken();
  HOLDFAST_CHECK(under_way() == 0, "a blocking call while pipelined requests are under way");
  submit(command);
  return impl_->wanted<Outcome>(impl_->one_reply());
}

std::expected<AccountView, ClientError> Client::show_account(AccountId account) {
  Inquiry inquiry;
  inquiry.account = account;
  return impl_->ask<AccountView>(RequestKind::show_account, inquiry);
}

std::expected<CardView, ClientError> Client::show_card(CardToken card) {
  Inquiry inquiry;
  inquiry.card = card;
  return impl_->ask<CardView>(RequestKind::show_card, inquiry);
}

std::expected<AuthorizationView, ClientError> Client::show_authorization(AuthorizationId id,
                                                                         RequestId original) {
  Inquiry inquiry;
  inquiry.authorization = id;
  inquiry.original_request = original;
  return impl_->ask<AuthorizationView>(RequestKind::show_authorization, inquiry);
}

std::expected<ProgramView, ClientError> Client::show_program(ProgramId program) {
  Inquiry inquiry;
  inquiry.program = program;
  return impl_->ask<ProgramView>(RequestKind::show_program, inquiry);
}

std::expected<StatusView, ClientError> Client::show_status(bool with_digest) {
  Inquiry inquiry;
  inquiry.with_digest = with_digest ? 1 : 0;
  return impl_->ask<StatusView>(RequestKind::show_status, inquiry);
}

std::expected<StatusView, ClientError> Client::take_snapshot() {
  return impl_->ask<StatusView>(RequestKind::take_snapshot, {});
}

std::expected<LimitsView, ClientError> Client::show_limits(CardToken card) {
  std::optional<LimitsView> all;
  while (true) {
    auto page = impl_->ask_limits(card, all ? all->limits.size() : 0);
    if (!page) return std::unexpected(page.error());
    LimitsView& view = page->view;
    if (!all) {
      all = std::move(view);
    } else if (view.rule_set_version != all->rule_set_version || view.program != all->program) {
      // Another rule set took effect in between: its limits are others. Each such turn stands for
      // an activation that was logged meanwhile, so that this comes to an end.
      all.reset();
      continue;
    } else {
      all->limits.insert(all->limits.end(), view.limits.begin(), view.limits.end());
    }
    if (all->limits.size() >= page->total) return std::move(*all);
  }
}

std::expected<ShadowsView, ClientError> Client::show_shadows(ProgramId program) {
  auto all = impl_->ask_whole_shadow(program, 0);
  if (!all) return std::unexpected(all.error());
  while (all->shadows_behind > 0) {
    auto next = impl_->ask_whole_shadow(program, all->view.shadows.back().version + 1);
    if (!next) return std::unexpected(next.error());
    std::ranges::move(next->view.shadows, std::back_inserter(all->view.shadows));
    all->shadows_behind = next->shadows_behind;
  }
  return std::move(all->view);
}

std::expected<RuleSetView, ClientError> Client::show_rule_set(ProgramId program,
                                                              std::uint32_t version) {
  auto all = impl_->ask_rows(program, version, 0);
  while (all && all->rows.size() < all->rows_total) {
    auto page = impl_->ask_rows(program, all->version, all->rows.size());
    if (!page) return page;
    if (page->rows_total != all->rows_total) {
      // Rows of a version that is being put came in between, and moved those behind them.
      all = impl_->ask_rows(program, all->version, 0);
      continue;
    }
    all->rows.insert(all->rows.end(), page->rows.begin(), page->rows.end());
  }
  return all;
}

std::expected<StageProfile, ClientError> Client::show_stages() {
  if (impl_->broken) return impl_->tell_broken();
  HOLDFAST_CHECK(under_way() == 0, "a blocking call while pipelined requests are under way");
  if (impl_->info.schema_version < kStagesSchemaVersion) {
    return std::unexpected(ClientError{
        Kind::rejected,
        fmt::format("{} speaks version {} of the protocol, and stage times came with version {}: "
                    "it takes a newer holdfastd to tell them",
                    impl_->peer, impl_->info.schema_version, kStagesSchemaVersion)});
  }
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    for (std::size_t first = 0; first < kStageBuckets; first += wire::kBucketsPerReply) {
      Inquiry inquiry;
      inquiry.stage = static_cast<Stage>(stage);
      inquiry.first_bucket = static_cast<std::uint16_t>(first);
      submit_inquiry(RequestKind::show_stages, inquiry);
    }
  }
  StageProfile profile;
  std::vector<ClientReply> replies;
  while (under_way() > 0) {
    replies.clear();
    if (const auto got = receive(replies); !got) return std::unexpected(got.error());
    for (ClientReply& reply : replies) {
      const auto page = impl_->wanted<StagePage>(std::move(reply));
      if (!page) return std::unexpected(page.error());
      const auto stage = static_cast<std::size_t>(page->stage);
      if (stage >= kStages || page->first_bucket + page->buckets.size() > kStageBuckets) {
        return impl_->nonsense("a stage or bucket that was not asked for");
      }
      StageCounts& counts = profile.stages[stage];
      std::ranges::copy(page->buckets, counts.buckets.begin() + page->first_bucket);
      counts.sum_ns = page->sum_ns;
      counts.max_ns = page->max_ns;
      profile.uptime_ns = page->uptime_ns;
    }
  }
  return profile;
}

std::expected<void, ClientError> Client::ping() {
  auto pong = impl_->ask<Pong>(RequestKind::pass_through, Inquiry{});
  if (!pong) return std::unexpected(pong.error());
  return {};
}

std::expected<void, ClientError> Client::goodbye() {
  impl_->append([](std::uint64_t correlation, std::span<std::byte> to) {
    return write_frame(wire::Goodbye{correlation}, to);
  });
  const auto deadline = Clock::now() + impl_->options.reply_timeout;
  while (true) {
    const auto taken = impl_->take(impl_->early);
    if (!taken) return std::unexpected(taken.error());
    if (impl_->said_goodbye) break;
    if (under_way() == 0) return impl_->nonsense("Goodbye was not answered with GoodbyeReply");
    if (auto pumped = impl_->pump_until(deadline); !pumped) return pumped;
  }
  impl_->early.pop_back();  // the GoodbyeReply itself; what came before it is the caller's
  return {};
}

std::uint64_t Client::submit(const Command& command) {
  return impl_->append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_command(command, correlation, to);
  });
}

std::uint64_t Client::submit_inquiry(RequestKind kind, const Inquiry& inquiry) {
  return impl_->append([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_inquiry(kind, inquiry, correlation, to);
  });
}

std::size_t Client::under_way() const { return impl_->submitted - impl_->answered; }

std::expected<bool, ClientError> Client::flush_some() { return impl_->write_some(); }

std::expected<void, ClientError> Client::flush() {
  const auto deadline = Clock::now() + impl_->options.reply_timeout;
  while (true) {
    const auto written = impl_->write_some();
    if (!written) return std::unexpected(written.error());
    if (*written) return {};
    const auto ready = impl_->socket.wait(true, deadline);
    // A server that stopped reading waits for us to read: make room by taking what it sent.
    if (ready.readable && impl_->in_end - impl_->in_begin < impl_->in.size()) {
      if (const auto read = impl_->read_some(); !read) return std::unexpected(read.error());
      if (auto taken = impl_->take(impl_->early); !taken) return std::unexpected(taken.error());
    }
    if (!ready.readable && !ready.writable && Clock::now() >= deadline) {
      return impl_->fail(Kind::timeout, fmt::format("{} took no bytes within {} ms", impl_->peer,
                                                    impl_->options.reply_timeout.count()));
    }
  }
}

std::expected<std::size_t, ClientError> Client::receive_some(std::vector<ClientReply>& replies) {
  std::size_t count = impl_->early.size();
  std::move(impl_->early.begin(), impl_->early.end(), std::back_inserter(replies));
  impl_->early.clear();
  auto taken = impl_->take(replies);
  while (taken) {
    count += *taken;
    const auto read = impl_->read_some();
    if (!read) {
      // Replies that were already taken are told first; the loss comes with the next call.
      if (count > 0) return count;
      return std::unexpected(read.error());
    }
    if (*read == Impl::Read::nothing) return count;
    taken = impl_->take(replies);
    if (taken && *read == Impl::Read::some) return count + *taken;
  }
  return std::unexpected(taken.error());
}

std::expected<std::size_t, ClientError> Client::receive(std::vector<ClientReply>& replies) {
  const auto deadline = Clock::now() + impl_->options.reply_timeout;
  while (true) {
    const auto received = receive_some(replies);
    if (!received || *received > 0) return received;
    if (under_way() == 0) return 0;
    if (auto pumped = impl_->pump_until(deadline); !pumped) return std::unexpected(pumped.error());
  }
}

DetachedClient Client::detach() && {
  HOLDFAST_CHECK(under_way() == 0 && impl_->in_begin == impl_->in_end,
                 "a connection is given away when nothing is under way");
  return {std::move(impl_->socket), impl_->submitted};
}

int Client::native_handle() const { return impl_->socket.native_handle(); }

}  // namespace holdfast::net
