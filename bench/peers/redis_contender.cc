// Redis as a contender: a redis-server of its own with an append-only file that is synced before
// every answer, and the rule as a script called by its hash. The client is hiredis.
#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "bench/peers/peer_contender.h"
#include "bench/peers/programs.h"
#include "bench/peers/redis_rule.h"

namespace holdfast::bench {
namespace {

constexpr std::uint32_t kPerScript = 5'000;  // accounts that one call of a script handles

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using Context = std::unique_ptr<redisContext, FreeContext>;
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

Result<Context> connect(std::uint16_t port) {
  Context context(redisConnect("127.0.0.1", port));
  if (!context || context->err != 0) {
    return std::unexpected(fmt::format("cannot connect to redis-server: {}",
                                       context ? context->errstr : "no memory"));
  }
  return context;
}

/// The text of a reply; an error reply is an error.
Result<std::string> text_of(redisContext* context, void* raw) {
  const Reply reply(static_cast<redisReply*>(raw));
  if (!reply) return std::unexpected(fmt::format("redis: {}", context->errstr));
  const std::string text = reply->str != nullptr ? std::string(reply->str, reply->len)
                                                 : std::to_string(reply->integer);
  if (reply->type == REDIS_REPLY_ERROR) return std::unexpected(fmt::format("redis: {}", text));
  return text;
}

Result<std::string> command(redisContext* context, const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  std::vector<std::size_t> lengths;
  for (const std::string& word : words) {
    arguments.push_back(word.data());
    lengths.push_back(word.size());
  }
  return text_of(context, redisCommandArgv(context, static_cast<int>(words.size()),
                                           arguments.data(), lengths.data()));
}

/// Numbers with colons between them.
template <std::size_t count>
std::optional<std::array<std::int64_t, count>> numbers_of(std::string_view text) {
  std::array<std::int64_t, count> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0 && (at == end || *at++ != ':')) return std::nullopt;
    const auto [behind, error] = std::from_chars(at, end, numbers[i]);
    if (error != std::errc()) return std::nullopt;
    at = behind;
  }
  return at == end ? std::optional(numbers) : std::nullopt;
}

class RedisConnection final : public PeerConnection {
 public:
  RedisConnection(Context context, const std::string& script)
      : context_(std::move(context)),
        beginning_(fmt::format("*6\r\n$7\r\nEVALSHA\r\n${}\r\n{}\r\n$1\r\n2\r\n", script.size(),
                               script)) {
    ::fcntl(context_->fd, F_SETFL, ::fcntl(context_->fd, F_GETFL) | O_NONBLOCK);
    context_->flags &= ~REDIS_BLOCK;
  }

  int descriptor() const override { return context_->fd; }

  Result<void> send(const PeerRequest& request) override {
    text_.clear();
    const auto amount = std::to_string(request.amount);
    fmt::format_to(std::back_inserter(text_),
                   "{}$18\r\nr:{:016x}\r\n$10\r\nc:{:08x}\r\n${}\r\n{}\r\n", beginning_,
                   request.id, request.card, amount.size(), amount);
    if (redisAppendFormattedCommand(context_.get(), text_.data(), text_.size()) != REDIS_OK) {
      return failed();
    }
    return {};
  }

  Result<bool> flush() override {
    int done = 0;
    do {
      const std::size_t before = sds_length();
      if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return failed();
      if (done == 0 && sds_length() == before) return false;  // the socket is full
    } while (done == 0);
    return true;
  }

  Result<void> receive(std::vector<PeerAnswer>& answers) override {
    if (redisBufferRead(context_.get()) != REDIS_OK) return failed();
    while (true) {
      void* raw = nullptr;
      if (redisGetReplyFromReader(context_.get(), &raw) != REDIS_OK) return failed();
      if (raw == nullptr) return {};
      const auto text = text_of(context_.get(), raw);
      if (!text) return std::unexpected(text.error());
      const auto numbers = numbers_of<3>(*text);
      if (!numbers) return std::unexpected(fmt::format("redis: \"{}\" is no answer", *text));
      answers.push_back({.decision = (*numbers)[0] == 0    ? PeerDecision::approved
                                     : (*numbers)[0] == 51 ? PeerDecision::insufficient_funds
                                                           : PeerDecision::other,
                         .authorization = static_cast<std::uint64_t>((*numbers)[1]),
                         .available = (*numbers)[2]});
    }
  }

 private:
  std::unexpected<std::string> failed() const {
    return std::unexpected(fmt::format("redis: {}", context_->errstr));
  }
  std::size_t sds_length() const { return sdslen(context_->obuf); }

  Context context_;
  std::string beginning_;  // of every call
  std::string text_;       // scratch
};

class RedisContender final : public PeerContender {
 public:
  using PeerContender::PeerContender;

  std::string name() const override { return "redis"; }
  std::vector<std::pair<std::string, std::string>> settings() const override {
    return {{"appendonly", "yes"},
            {"appendfsync", "always"},
            {"save", "none"},
            {"auto-aof-rewrite-percentage", "0"},
            {"rule", "a Lua script, EVALSHA"},
            {"client", fmt::format("hiredis {}.{}.{}, pipelined", HIREDIS_MAJOR, HIREDIS_MINOR,
                                   HIREDIS_PATCH)}};
  }
  std::vector<LoadShape> shapes() const override {
    return {{.connections = 8, .in_flight = 32},
            {.connections = 16, .in_flight = 64},
            {.connections = 50, .in_flight = 64},
            {.connections = 8, .in_flight = 512},
            {.connections = 64, .in_flight = 256}};
  }

  Result<void> load() override;

 protected:
  Result<std::string> ask_version() override;
  Result<std::unique_ptr<PeerConnection>> connect_for_load() override;
  Result<void> check_sums(ContenderBooks& books) override;

 private:
  /// Calls a script for pieces of first .. last, and gives each answer to `take`.
  template <class Take>
  Result<void> for_pieces(redisContext* context, const char* script, std::uint64_t first,
                          std::uint64_t last, const std::string& more, Take take);

  std::string script_;  // its hash
};

Result<std::string> RedisContender::ask_version() {
  const auto context = connect(port_);
  if (!context) return std::unexpected(context.error());
  const auto info = command(context->get(), {"INFO", "server"});
  if (!info) return std::unexpected(info.error());
  constexpr std::string_view kKey = "redis_version:";
  const std::size_t start = info->find(kKey);
  if (start == std::string::npos) return "Redis of unknown version";
  const std::size_t behind = start + kKey.size();
  return "Redis " + info->substr(behind, info->find('\r', behind) - behind);
}

template <class Take>
Result<void> RedisContender::for_pieces(redisContext* context, const char* script,
                                        std::uint64_t first, std::uint64_t last,
                                        const std::string& more, Take take) {
  for (std::uint64_t at = first; at <= last; at += kPerScript) {
    const std::uint64_t end = std::min<std::uint64_t>(last, at + kPerScript - 1);
    const auto text = command(context, {"EVAL", script, "0", std::to_string(at),
                                        std::to_string(end), more});
    if (!text) return std::unexpected(text.error());
    if (!take(*text)) return std::unexpected(fmt::format("redis: \"{}\" was told", *text));
  }
  return {};
}

Result<void> RedisContender::load() {
  const auto context = connect(port_);
  if (!context) return std::unexpected(context.error());
  const auto script = command(context->get(), {"SCRIPT", "LOAD", kRedisAuthorize});
  if (!script) return std::unexpected(script.error());
  script_ = *script;
  // Filling is not measured, so it need not be durable piece by piece.
  auto set = command(context->get(), {"CONFIG", "SET", "appendfsync", "no"});
  if (!set) return std::unexpected(set.error());
  auto filled = for_pieces(context->get(), kRedisFill, 0, options_.accounts - 1,
                           std::to_string(kContenderFund),
                           [](const std::string& text) { return text == "OK"; });
  if (!filled) return filled;
  set = command(context->get(), {"CONFIG", "SET", "appendfsync", "always"});
  if (!set) return std::unexpected(set.error());
  return {};
}

Result<std::unique_ptr<PeerConnection>> RedisContender::connect_for_load() {
  auto context = connect(port_);
  if (!context) return std::unexpected(context.error());
  return std::make_unique<RedisConnection>(std::move(*context), script_);
}

Result<void> RedisContender::check_sums(ContenderBooks& books) {
  const auto blocking = connect(port_);
  if (!blocking) return std::unexpected(blocking.error());
  std::int64_t ledger = 0, held = 0, holds = 0;
  auto added = for_pieces(blocking->get(), kRedisSums, 0, options_.accounts - 1, "",
                          [&](const std::string& text) {
                            const auto sums = numbers_of<2>(text);
                            if (sums) ledger += (*sums)[0], held += (*sums)[1];
                            return sums.has_value();
                          });
  if (!added) return std::unexpected(added.error());
  added = for_pieces(blocking->get(), kRedisHolds, 1, tally_.approved, "",
                     [&](const std::string& text) {
                       const auto sum = numbers_of<1>(text);
                       if (sum) holds += (*sum)[0];
                       return sum.has_value();
                     });
  if (!added) return std::unexpected(added.error());
  const auto keys = command(blocking->get(), {"DBSIZE"});
  if (!keys) return std::unexpected(keys.error());
  const std::uint64_t counter = tally_.approved > 0 ? 1 : 0;
  expect_sum(books, "all ledgers", std::to_string(ledger),
             std::int64_t{options_.accounts} * kContenderFund);
  expect_sum(books, "all held amounts", std::to_string(held), tally_.approved_sum);
  expect_sum(books, "all holds", std::to_string(holds), tally_.approved_sum);
  expect_sum(books, "keys", *keys,
             static_cast<std::int64_t>(2ULL * options_.accounts + tally_.next_id - 1 +
                                       tally_.approved + counter));
  return {};
}

}  // namespace

ContenderResult start_redis(const ContenderOptions& options) {
  const auto program = find_program("redis-server", {});
  if (!program) {
    return std::unexpected("redis-server is not installed; tools/install-peers.sh installs it");
  }
  const auto port = free_port();
  if (!port) return std::unexpected(port.error());
  auto server = ChildProcess::start(
      {.program = *program,
       .arguments = {"--port", std::to_string(*port), "--bind", "127.0.0.1", "--dir",
                     options.directory, "--save", "", "--appendonly", "yes", "--appendfsync",
                     "always", "--auto-aof-rewrite-percentage", "0", "--daemonize", "no",
                     "--logfile", ""},
       .log_path = options.directory + "/redis-server.log",
       .working_directory = options.directory});
  if (!server) return std::unexpected(server.error());
  auto contender = std::make_unique<RedisContender>(options, std::move(*server), *port);
  if (auto ready = contender->wait_until_ready(); !ready) return std::unexpected(ready.error());
  return contender;
}

}  // namespace holdfast::bench
