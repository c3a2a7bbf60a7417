// PostgreSQL as a contender: a cluster of its own with synchronous commit, and the rule as a
// function called through prepared statements. The client is libpq in pipeline mode.
//
// Each call is a transaction of its own (a sync behind each), because each answer must be durable
// by itself; commits of many connections share one flush of the log. An answer counts when the sync
// behind it was answered, that is after its commit.
#include <endian.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "bench/peers/peer_contender.h"
#include "bench/peers/postgresql_rule.h"
#include "bench/peers/programs.h"

namespace holdfast::bench {
namespace {

constexpr auto kInitLongest = std::chrono::seconds(300);
constexpr int kConnectionsMax = 140;
constexpr const char* kStatement = "authorize";

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What a careful administrator would set for this load; what makes an answer durable stays on.
const Settings& server_settings() {
  static const Settings settings = {
      {"fsync", "on"},
      {"synchronous_commit", "on"},
      {"full_page_writes", "on"},
      {"shared_buffers", "1GB"},
      {"huge_pages", "try"},
      {"wal_level", "minimal"},
      {"max_wal_senders", "0"},
      {"wal_buffers", "64MB"},
      {"max_wal_size", "16GB"},
      {"min_wal_size", "1GB"},
      {"checkpoint_timeout", "1h"},
      {"autovacuum", "off"},
      {"jit", "off"},
      {"max_connections", std::to_string(kConnectionsMax + 10)}};
  return settings;
}

/// "name=value name=value".
Settings settings_of(const std::string& variant) {
  Settings settings;
  std::istringstream words(variant);
  for (std::string word; words >> word;) {
    const std::size_t equals = word.find('=');
    settings.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return settings;
}

struct CloseConnection {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using Connected = std::unique_ptr<PGconn, CloseConnection>;
struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using Answered = std::unique_ptr<PGresult, ClearResult>;

/// The last line end cut off.
std::string message_of(const PGconn* connection) {
  std::string text = PQerrorMessage(connection);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<Connected> connect(std::uint16_t port) {
  Connected connection(PQconnectdb(
      fmt::format("host=127.0.0.1 port={} user=holdfast dbname=postgres sslmode=disable "
                  "gssencmode=disable application_name=holdfast-bench",
                  port)
          .c_str()));
  if (!connection || PQstatus(connection.get()) != CONNECTION_OK) {
    return std::unexpected(connection ? message_of(connection.get()) : "no memory");
  }
  return connection;
}

/// Runs statements in order; the last one's result.
Result<Answered> execute(PGconn* connection, const std::string& text) {
  Answered result(PQexec(connection, text.c_str()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    return std::unexpected(fmt::format("PostgreSQL: {}", message_of(connection)));
  }
  return result;
}

template <class Integer>
Integer big_endian(const char* bytes) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = static_cast<Integer>(value << 8 | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

class PostgresqlConnection final : public PeerConnection {
 public:
  /// Prepares the statement and enters pipeline mode.
  static Result<std::unique_ptr<PeerConnection>> make(std::uint16_t port) {
    auto connection = connect(port);
    if (!connection) return std::unexpected(connection.error());
    PGconn* const raw = connection->get();
    const Answered prepared(PQprepare(raw, kStatement, kPostgresqlCall, 3, nullptr));
    if (PQresultStatus(prepared.get()) != PGRES_COMMAND_OK || PQsetnonblocking(raw, 1) != 0 ||
        PQenterPipelineMode(raw) != 1) {
      return std::unexpected(fmt::format("PostgreSQL: {}", message_of(raw)));
    }
    return std::unique_ptr<PeerConnection>(new PostgresqlConnection(std::move(*connection)));
  }

  int descriptor() const override { return PQsocket(connection_.get()); }

  Result<void> send(const PeerRequest& request) override {
    const std::array<std::uint64_t, 3> numbers = {
        htobe64(request.id), htobe64(request.card),
        htobe64(static_cast<std::uint64_t>(request.amount))};
    std::array<const char*, 3> values;
    for (std::size_t i = 0; i < 3; ++i) values[i] = reinterpret_cast<const char*>(&numbers[i]);
    static constexpr std::array<int, 3> kLengths = {8, 8, 8}, kBinary = {1, 1, 1};
    if (PQsendQueryPrepared(connection_.get(), kStatement, 3, values.data(), kLengths.data(),
                            kBinary.data(), 1) != 1 ||
        PQpipelineSync(connection_.get()) != 1) {
      return failed();
    }
    return {};
  }

  Result<bool> flush() override {
    const int left = PQflush(connection_.get());
    if (left < 0) return failed();
    return left == 0;
  }

  Result<void> receive(std::vector<PeerAnswer>& answers) override {
    PGconn* const raw = connection_.get();
    if (PQconsumeInput(raw) != 1) return failed();
    // A null result ends one statement; the next may be there as well.
    for (int nulls = 0; PQisBusy(raw) == 0 && nulls < 2;) {
      const Answered result(PQgetResult(raw));
      if (!result) {
        ++nulls;
        continue;
      }
      nulls = 0;
      switch (PQresultStatus(result.get())) {
        case PGRES_TUPLES_OK:
          answer_ = answer_of(result.get());
          break;
        case PGRES_PIPELINE_SYNC:  // committed
          answers.push_back(answer_);
          answer_ = {};
          break;
        default: return failed();
      }
    }
    return {};
  }

 private:
  explicit PostgresqlConnection(Connected connection) : connection_(std::move(connection)) {}

  static PeerAnswer answer_of(const PGresult* result) {
    if (PQntuples(result) != 1 || PQgetlength(result, 0, 0) != 2 ||
        PQgetlength(result, 0, 1) != 8 || PQgetlength(result, 0, 2) != 8) {
      return {};  // judged as wrong
    }
    const auto decision = big_endian<std::uint16_t>(PQgetvalue(result, 0, 0));
    return {.decision = decision == 0    ? PeerDecision::approved
                        : decision == 51 ? PeerDecision::insufficient_funds
                                         : PeerDecision::other,
            .authorization = big_endian<std::uint64_t>(PQgetvalue(result, 0, 1)),
            .available = static_cast<std::int64_t>(
                big_endian<std::uint64_t>(PQgetvalue(result, 0, 2)))};
  }
  std::unexpected<std::string> failed() const {
    return std::unexpected(fmt::format("PostgreSQL: {}", message_of(connection_.get())));
  }

  Connected connection_;
  PeerAnswer answer_;  // told, and not committed yet
};

class PostgresqlContender final : public PeerContender {
 public:
  using PeerContender::PeerContender;

  std::string name() const override { return "postgresql"; }
  Settings settings() const override {
    Settings all = server_settings();
    all.emplace_back("rule", "a PL/pgSQL function, prepared statement, one call a transaction");
    all.emplace_back("client", fmt::format("libpq {}, pipeline mode", PQlibVersion() / 10'000));
    return all;
  }
  std::vector<LoadShape> shapes() const override {
    return {{.connections = 16, .in_flight = 8},
            {.connections = 48, .in_flight = 4},
            {.connections = 128, .in_flight = 2}};
  }
  std::vector<std::string> variants() const override {
    return {"wal_sync_method=fdatasync commit_delay=0",
            "wal_sync_method=open_datasync commit_delay=0",
            "wal_sync_method=fdatasync commit_delay=50"};
  }

  Result<void> load() override;

 protected:
  Result<std::string> ask_version() override {
    const auto connection = connect(port_);
    if (!connection) return std::unexpected(connection.error());
    return fmt::format("PostgreSQL {}", PQparameterStatus(connection->get(), "server_version"));
  }
  Result<void> apply_variant(const std::string& variant) override;
  Result<std::unique_ptr<PeerConnection>> connect_for_load() override {
    return PostgresqlConnection::make(port_);
  }
  Result<void> check_sums(ContenderBooks& books) override;

 private:
  std::string variant_;  // in force
};

Result<void> PostgresqlContender::load() {
  const auto connection = connect(port_);
  if (!connection) return std::unexpected(connection.error());
  const std::string tables =
      fmt::format(fmt::runtime(kPostgresqlTables), fmt::arg("accounts", options_.accounts),
                  fmt::arg("fund", kContenderFund));
  for (const std::string& text : {tables, std::string(kPostgresqlAuthorize)}) {
    const auto done = execute(connection->get(), text);
    if (!done) return std::unexpected(done.error());
  }
  return {};
}

/// By ALTER SYSTEM and a reload, which is a signal: new connections see it once the postmaster has
/// read its file again.
Result<void> PostgresqlContender::apply_variant(const std::string& variant) {
  if (variant == variant_) return {};
  const auto connection = connect(port_);
  if (!connection) return std::unexpected(connection.error());
  const Settings wanted = settings_of(variant);
  // One statement a call: ALTER SYSTEM does not run within a transaction.
  std::vector<std::string> statements = {"ALTER SYSTEM RESET ALL"};
  for (const auto& [name, value] : wanted) {
    statements.push_back(fmt::format("ALTER SYSTEM SET {} = '{}'", name, value));
  }
  statements.push_back("SELECT pg_reload_conf()");
  for (const std::string& statement : statements) {
    const auto done = execute(connection->get(), statement);
    if (!done) return std::unexpected(done.error());
  }
  for (int tries = 0; tries < 200; ++tries) {
    ::usleep(10'000);
    const auto fresh = connect(port_);
    if (!fresh) return std::unexpected(fresh.error());
    bool is_in_force = true;
    for (const auto& [name, value] : wanted) {
      const auto shown = execute(fresh->get(), "SHOW " + name);
      if (!shown) return std::unexpected(shown.error());
      is_in_force = is_in_force && value == PQgetvalue(shown->get(), 0, 0);
    }
    if (is_in_force) {
      variant_ = variant;
      return {};
    }
  }
  return std::unexpected(fmt::format("PostgreSQL does not take {}", variant));
}

Result<void> PostgresqlContender::check_sums(ContenderBooks& books) {
  const auto connection = connect(port_);
  if (!connection) return std::unexpected(connection.error());
  const auto sums = execute(connection->get(), kPostgresqlBooks);
  if (!sums) return std::unexpected(sums.error());
  const auto expect = [&](int column, std::string_view what, std::int64_t wanted) {
    expect_sum(books, what, PQgetvalue(sums->get(), 0, column), wanted);
  };
  expect(0, "all ledgers", std::int64_t{options_.accounts} * kContenderFund);
  expect(1, "all held amounts", tally_.approved_sum);
  expect(2, "all holds", tally_.approved_sum);
  expect(3, "approved", static_cast<std::int64_t>(tally_.approved));
  expect(4, "requests", static_cast<std::int64_t>(tally_.next_id - 1));
  expect(5, "accounts whose held amount is not that of their holds", 0);
  return {};
}

/// PostgreSQL refuses to be root: then it runs as its own user, or as nobody.
Result<std::optional<User>> user_for_server() {
  if (::getuid() != 0) return std::nullopt;
  for (const char* name : {"postgres", "nobody"}) {
    if (const auto user = find_user(name); user && user->uid != 0) return user;
  }
  return std::unexpected("PostgreSQL refuses to run as root, and no other user is there");
}

}  // namespace

ContenderResult start_postgresql(const ContenderOptions& options) {
  const auto directories = postgresql_directories();
  const auto initdb = find_program("initdb", directories);
  const auto postgres = find_program("postgres", directories);
  if (!initdb || !postgres) {
    return std::unexpected("PostgreSQL is not installed; tools/install-peers.sh installs it");
  }
  const auto user = user_for_server();
  if (!user) return std::unexpected(user.error());
  const std::string data = options.directory + "/data";
  if (*user) {
    if (const auto closed = directory_closed_to(**user, options.directory)) {
      return std::unexpected(fmt::format(
          "it refuses to run as root, and {}, as whom it runs instead, may not enter {}; chmod a+x {}, "
          "or choose another --data-dir",
          (*user)->name, *closed, *closed));
    }
  }
  std::error_code error;
  std::filesystem::create_directory(data, error);
  if (error) return std::unexpected(fmt::format("{}: {}", data, error.message()));
  if (*user && ::chown(data.c_str(), (*user)->uid, (*user)->gid) != 0) {
    return std::unexpected(fmt::format("{}: {}", data, std::strerror(errno)));
  }
  const ChildOptions init{.program = *initdb,
                          .arguments = {"-D", data, "-U", "holdfast", "-A", "trust", "-E", "UTF8",
                                        "--locale=C", "--no-sync"},
                          .log_path = options.directory + "/initdb.log",
                          .working_directory = "/",  // that of root may be closed to it
                          .run_as = *user,
                          .death_signal = SIGTERM};
  if (auto made = run_to_end(init, kInitLongest); !made) return std::unexpected(made.error());

  const auto port = free_port();
  if (!port) return std::unexpected(port.error());
  ChildOptions child{
      .program = *postgres,
      .arguments = {"-D", data, "-p", std::to_string(*port), "-h", "127.0.0.1", "-c",
                    "unix_socket_directories="},
      .log_path = options.directory + "/postgresql.log",
      .working_directory = "/",
      .run_as = *user,
      // "Fast": does not wait for clients, writes all out, and takes its own processes with it.
      .stop_signal = SIGINT,
      .death_signal = SIGINT};
  for (const auto& [name, value] : server_settings()) {
    child.arguments.push_back("-c");
    child.arguments.push_back(fmt::format("{}={}", name, value));
  }
  auto server = ChildProcess::start(std::move(child));
  if (!server) return std::unexpected(server.error());
  auto contender = std::make_unique<PostgresqlContender>(options, std::move(*server), *port);
  if (auto ready = contender->wait_until_ready(); !ready) return std::unexpected(ready.error());
  return contender;
}

}  // namespace holdfast::bench
