// What backup and restore share: which files are theirs, and what is said when the system says no.
// Private to both. Thread: no state; any.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/backup.h"
#include "persistence/file_io.h"

namespace holdfast::persistence {

template <class T>
using Copied = std::expected<T, CopyError>;

/// In a directory that is being restored, until it is whole: no server starts on it.
inline constexpr std::string_view kUnfinishedRestoreName = "restore.unfinished";

inline constexpr std::string_view kDamagedSource =
    "run `holdfast wal verify` on it for all that is wrong; what is damaged is not copied";

/// Names besides those that every new volume or earlier try has.
[[nodiscard]] bool has_content(const std::vector<std::string>& names);

/// Makes `dir`/`name` hold the text, durable, or leaves what was there. Files are written in whole
/// sectors: blanks and a newline fill it up.
[[nodiscard]] IoResult<void> write_text(FileIo& io, const std::string& dir, std::string_view name,
                                        std::string text);

/// Half-made copies of segments, snapshots, identity and manifest.
[[nodiscard]] IoResult<void> remove_temporary_files(FileIo& io, const std::string& dir,
                                                    const std::vector<std::string>& names);

/// The manifest of a backup that can be used.
[[nodiscard]] std::expected<BackupManifest, CopyError> finished_manifest(FileIo& io,
                                                                         const std::string& from);

/// With ENOENT of its identity: that the directory holds no log.
[[nodiscard]] std::unexpected<CopyError> unreadable_source(const IoError& error,
                                                           const std::string& dir);
[[nodiscard]] std::unexpected<CopyError> target_failed(const IoError& error);
/// One of both, by the path in the error.
[[nodiscard]] std::unexpected<CopyError> copy_failed(const IoError& error,
                                                     const std::string& target);

}  // namespace holdfast::persistence
