#include "persistence/recovery_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

namespace holdfast::persistence {

namespace {

using Kind = RecoveryError::Kind;

constexpr std::string_view kRestore =
    "run `holdfast wal verify DIR` for all that is wrong, keep a copy of DIR as it is, and put the "
    "file back from a backup, the archive or a standby; or run `holdfast restore BACKUP NEW` and "
    "start with --data-dir NEW; without any of these, `holdfast wal cut DIR --after POSITION` "
    "tells what going on would lose";

bool is_of_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

// Word by word, so that longer names which have one inside stay as they are, and in one pass, so that
// nothing is looked for in what was put in.
void RecoveryError::name_directories(std::string_view dir, std::string_view archive_dir) {
  const std::string_view text = what_to_do;
  std::string named;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
    const bool is_word = is_of_word(*begin);
    const auto end = std::find_if(begin, text.end(),
                                  [is_word](char c) { return is_of_word(c) != is_word; });
    const std::string_view piece(begin, end);
    if (piece == "DIR" && !dir.empty()) {
      named += dir;
    } else if (piece == "ARCHIVE" && !archive_dir.empty()) {
      named += archive_dir;
    } else {
      named += piece;
    }
    at += piece.size();
  }
  what_to_do = std::move(named);
}

std::string RecoveryError::text() const {
  const std::string where =
      kind != Kind::damaged && kind != Kind::mismatch ? std::string()
      : offset == 0 ? fmt::format("{}: ", path)
                    : fmt::format("{} at offset {}: ", path, offset);
  return fmt::format("{}{}. What to do: {}.", where, reason, what_to_do);
}

std::string_view what_to_do_about(const IoError& error) {
  switch (error.error_number) {
    case ENOSPC:
    case EDQUOT: return "free some space on the volume, then start again";
    case EACCES:
    case EPERM:
      return "start it as the user who owns the directory and all files in it, or give them to "
             "this one";
    case ENOTDIR: return "name a directory, or a place where one can be made, then start again";
    case EROFS: return "mount the volume writable, then start again";
    case EMFILE:
    case ENFILE:
      return "raise the limit on open files (`ulimit -n`, LimitNOFILE= of the service), then "
             "start again";
    case EFBIG:
      return "raise the limit on the size of files (`ulimit -f`, LimitFSIZE= of the service), then "
             "start again";
    case EIO: return "look at the disk and at the kernel's log (dmesg), then start again";
    default: return "see to what the system says, then start again";
  }
}

std::unexpected<RecoveryError> io_failed(const IoError& error) {
  return std::unexpected(RecoveryError{.kind = Kind::io,
                                       .path = error.path,
                                       .reason = error.text(),
                                       .what_to_do = std::string(what_to_do_about(error))});
}

std::unexpected<RecoveryError> damaged(std::string path, std::uint64_t offset, std::string reason) {
  return std::unexpected(RecoveryError{.kind = Kind::damaged,
                                       .path = std::move(path),
                                       .offset = offset,
                                       .reason = std::move(reason),
                                       .what_to_do = std::string(kRestore)});
}

}  // namespace holdfast::persistence
