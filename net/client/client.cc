#include "net/client/client.h"

#include <fmt/format.h>

#include <iterator>
#include <span>
#include <utility>

#include "engine/check.h"
#include "net/client/client_impl.h"
#include "net/protocol/codec.h"
#include "net/protocol/frame.h"

namespace holdfast::net {

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

std::expected<Client, ClientError> Client::connect(const ClientOptions& options) {
  auto socket = ClientSocket::connect(options.host, options.port, options.connect_timeout);
  if (!socket) {
    return std::unexpected(
        ClientError{ClientError::Kind::connect,
                    fmt::format("cannot connect to {}:{}: {}; is holdfastd running there?",
                                options.host, options.port, socket.error())});
  }
  Client client(std::make_unique<Impl>(std::move(*socket), options));
  if (auto greeted = client.impl_->hello(); !greeted) return std::unexpected(greeted.error());
  return client;
}

const ServerInfo& Client::server() const { return impl_->info; }

std::expected<Outcome, ClientError> Client::execute(const Command& command) {
  return impl_->exchange<Outcome>([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_command(command, correlation, to);
  });
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

std::expected<void, ClientError> Client::ping() {
  auto pong = impl_->ask<Pong>(RequestKind::pass_through, Inquiry{});
  if (!pong) return std::unexpected(pong.error());
  return {};
}

std::expected<void, ClientError> Client::goodbye() {
  impl_->append([](std::uint64_t correlation, std::span<std::byte> to) {
    return write_frame(wire::Goodbye{correlation}, to);
  });
  const auto deadline = Impl::Clock::now() + impl_->options.reply_timeout;
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
  const auto deadline = Impl::Clock::now() + impl_->options.reply_timeout;
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
    if (!ready.readable && !ready.writable && Impl::Clock::now() >= deadline) {
      return impl_->fail(Impl::Kind::timeout,
                         fmt::format("{} took no bytes within {} ms", impl_->peer,
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
  const auto deadline = Impl::Clock::now() + impl_->options.reply_timeout;
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
