#include "persistence/recovery_error.h"

#include <fmt/format.h>

#include <cerrno>

namespace holdfast::persistence {

namespace {

using Kind = RecoveryError::Kind;

constexpr std::string_view kRestore =
    "run `holdfast wal verify` on the directory for all that is wrong with it, keep a copy of the "
    "files as they are, and restore the directory from a copy or a standby";

}  // namespace

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
