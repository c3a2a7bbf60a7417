#include "persistence/recovery_error.h"

#include <fmt/format.h>

#include <cctype>
#include <cerrno>

namespace holdfast::persistence {

namespace {

using Kind = RecoveryError::Kind;

constexpr std::string_view kRestore =
    "run `holdfast wal verify DIR` for all that is wrong, keep a copy of DIR as it is, and put the "
    "file back from a backup, the archive or a standby; or run `holdfast restore BACKUP NEW` and "
    "start with --data-dir NEW; without any of these, `holdfast wal cut DIR --after POSITION` "
    "tells what going on would lose";

// A whole word, so that a longer name which has it inside stays as it is.
std::string with_word(std::string_view text, std::string_view word, std::string_view value) {
  const auto is_of_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  std::string result;
  for (std::size_t from = 0;;) {
    const std::size_t at = text.find(word, from);
    if (at == std::string_view::npos) return result.append(text.substr(from));
    const std::size_t end = at + word.size();
    const bool is_whole = (at == 0 || !is_of_word(text[at - 1])) &&
                          (end == text.size() || !is_of_word(text[end]));
    result.append(text.substr(from, at - from)).append(is_whole ? value : word);
    from = end;
  }
}

}  // namespace

void RecoveryError::name_directories(std::string_view dir, std::string_view archive_dir) {
  // The archive's first: what stands for it is not looked into again.
  if (!archive_dir.empty()) what_to_do = with_word(what_to_do, "ARCHIVE", archive_dir);
  if (!dir.empty()) what_to_do = with_word(what_to_do, "DIR", dir);
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
