#include "persistence/copy_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "engine/limits.h"
#include "persistence/backup_manifest.h"
#include "persistence/segments.h"
#include "persistence/snapshot_format.h"

namespace holdfast::persistence {

using Kind = CopyError::Kind;

bool has_content(const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [](const std::string& name) {
    std::string_view whole = name;
    if (whole.ends_with(kTemporarySuffix)) whole.remove_suffix(kTemporarySuffix.size());
    // The first file of a backup or a restore, while it had not even its name.
    const bool is_first_try = whole.size() < name.size() &&
                              (whole == kManifestName || whole == kUnfinishedRestoreName);
    return !is_first_try && name != "lost+found" && name != kLockName;
  });
}

IoResult<void> write_text(FileIo& io, const std::string& dir, std::string_view name,
                          std::string text) {
  const std::size_t more = limits::wal_sector_bytes - text.size() % limits::wal_sector_bytes;
  text.append(more - 1, ' ').push_back('\n');
  return replace_file(io, dir, std::string(name), std::as_bytes(std::span(text)));
}

IoResult<void> remove_temporary_files(FileIo& io, const std::string& dir,
                                      const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!name.ends_with(kTemporarySuffix)) continue;
    const std::string whole = name.substr(0, name.size() - kTemporarySuffix.size());
    const bool is_ours = whole == kIdentityName || whole == kManifestName ||
                         parse_segment_name(whole) || parse_snapshot_name(whole);
    if (!is_ours) continue;
    if (const auto gone = io.unlink(join_path(dir, name)); !gone) return gone;
  }
  return {};
}

std::expected<BackupManifest, CopyError> finished_manifest(FileIo& io, const std::string& from) {
  auto manifest = read_manifest(io, from);
  if (!manifest && manifest.error().error_number == ENOENT) {
    return std::unexpected(
        CopyError{.kind = Kind::source,
                  .reason = fmt::format("{} is no backup: it has no {}", from, kManifestName),
                  .what_to_do = "name the directory that holdfast backup wrote to"});
  }
  if (!manifest) {
    return std::unexpected(CopyError{
        .kind = manifest.error().error_number == 0 ? Kind::damaged : Kind::source,
        .reason = manifest.error().text(),
        .what_to_do = "use another backup; holdfast backup into a new directory makes one"});
  }
  if (!manifest->is_finished() || manifest->segments.empty()) {
    return std::unexpected(CopyError{
        .kind = Kind::damaged,
        .reason = fmt::format("the backup in {} was begun and did not come to its end", from),
        .what_to_do = "run holdfast backup into it again, or use another one"});
  }
  return std::move(*manifest);
}

std::unexpected<CopyError> unreadable_source(const IoError& error, const std::string& dir) {
  if (error.error_number == ENOENT && error.path == join_path(dir, kIdentityName)) {
    return std::unexpected(
        CopyError{.kind = Kind::source,
                  .reason = fmt::format("{} holds no Holdfast log: it has no identity file", dir),
                  .what_to_do = "name the directory that holdfastd was given with --data-dir"});
  }
  return std::unexpected(
      CopyError{.kind = error.error_number == 0 ? Kind::damaged : Kind::source,
                .reason = error.text(),
                .what_to_do = "check that the files are there and that you may read them"});
}

std::unexpected<CopyError> target_failed(const IoError& error) {
  return std::unexpected(CopyError{
      .kind = Kind::target,
      .reason = error.text(),
      .what_to_do = error.is_no_space()
                        ? "free some space on the volume, or name another one; then run it again"
                        : "see to what the system says, then run it again"});
}

std::unexpected<CopyError> copy_failed(const IoError& error, const std::string& target) {
  if (error.path.starts_with(target)) return target_failed(error);
  return unreadable_source(error, error.path);
}

}  // namespace holdfast::persistence
