// How a command of the command line ends: exit codes, and the one exception that carries an end
// that is not a success up to `run`, which prints it.
//
// Exit codes follow sysexits.h where it has a fitting one, so that scripts can tell a declined
// payment from a mistyped option from an unreachable server. Thread: the only one.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace holdfast::tools {

enum class ExitCode : int {
  ok = 0,
  not_so = 1,        // what was asked about does not exist, is damaged, or does not agree
  declined = 2,      // the engine decided, and the decision is not an approval
  usage = 64,        // EX_USAGE: the command line is wrong; nothing was sent
  rejected = 65,     // EX_DATAERR: the server refused the request as malformed; nothing was done
  no_input = 66,     // EX_NOINPUT: a file or directory cannot be read
  unavailable = 69,  // EX_UNAVAILABLE: no connection, or it was lost, or no answer came in time
  software = 70,     // EX_SOFTWARE: this program failed; a bug
  output = 74,       // EX_IOERR: standard output cannot be written
  protocol = 76,     // EX_PROTOCOL: the peer does not speak Holdfast's protocol
};

/// Thrown by a subcommand; `run` prints it on standard error and exits with `code`.
struct Failure {
  ExitCode code = ExitCode::usage;
  std::string kind;        // one word for machines: "usage", "connect", "timeout", …
  std::string message;     // what was wrong, as a sentence
  std::string advice;      // what to do next, as a sentence; may be empty
  std::string request_id;  // of the request whose outcome is unknown; else empty
};

[[noreturn]] inline void fail_usage(std::string message, std::string advice = {}) {
  throw Failure{.code = ExitCode::usage,
                .kind = "usage",
                .message = std::move(message),
                .advice = std::move(advice),
                .request_id = {}};
}

/// For what was asked about and does not exist.
[[nodiscard]] inline Failure not_found(std::string message, std::string advice) {
  return {.code = ExitCode::not_so,
          .kind = "not_found",
          .message = std::move(message),
          .advice = std::move(advice),
          .request_id = {}};
}

}  // namespace holdfast::tools
