// Why a data directory was not opened, in words for an operator. Thread: any.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "engine/types.h"
#include "persistence/file_io.h"

namespace holdfast::persistence {

struct RecoveryError {
  enum class Kind : std::uint8_t {
    locked,    // another server uses the directory
    io,        // the system said no
    damaged,   // the files are not what was written
    mismatch,  // the engine replayed a record to another result
    options,   // an option is out of range
  };
  Kind kind = Kind::io;
  std::string path;
  std::uint64_t offset = 0;  // with damaged
  LogPosition position = {};  // with mismatch
  std::string reason;
  std::string what_to_do;  // DIR, ARCHIVE: the directories meant, until they are named
  /// Puts them in, so that a command can be typed as it stands. An empty one is left as it is.
  void name_directories(std::string_view dir, std::string_view archive_dir);
  /// All of it, in one or two sentences.
  [[nodiscard]] std::string text() const;
};

/// For an operator, after `error.text()` and "What to do: ".
[[nodiscard]] std::string_view what_to_do_about(const IoError& error);

template <class T>
using Recovered = std::expected<T, RecoveryError>;
[[nodiscard]] std::unexpected<RecoveryError> io_failed(const IoError& error);
/// Files that are not what was written; `offset` 0: the file as a whole.
[[nodiscard]] std::unexpected<RecoveryError> damaged(std::string path, std::uint64_t offset,
                                                     std::string reason);

}  // namespace holdfast::persistence
