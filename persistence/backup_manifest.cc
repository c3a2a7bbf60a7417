#include "persistence/backup_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "persistence/copy_parts.h"
#include "persistence/snapshot_format.h"

namespace holdfast::persistence {
namespace {

constexpr std::string_view kTitle = "holdfast-backup";
// Two million segments: more than 100 TB of log.
constexpr std::size_t kManifestBytesMax = 512ULL * 1024 * 1024;

// Numbers of 128 bits, the high half first.
template <class Wide>
std::string hex_of(const Wide& wide) {
  return fmt::format("{:016x}{:016x}", wide.high, wide.low);
}

/// The words of one line, each taken once.
class Words {
 public:
  explicit Words(const std::string& line) : words_(line) {}

  std::string text() {
    std::string word;
    if (!(words_ >> word)) good_ = false;
    return word;
  }
  std::uint64_t number() {
    const std::string word = text();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size()) good_ = false;
    return value;
  }
  template <class Wide>
  Wide wide() {
    const std::string word = text();
    Wide value;
    const auto half = [&](std::size_t from) {
      std::uint64_t bits = 0;
      const char* begin = word.data() + from;
      const auto [end, error] = std::from_chars(begin, begin + 16, bits, 16);
      if (error != std::errc() || end != begin + 16) good_ = false;
      return bits;
    };
    if (word.size() != 32) {
      good_ = false;
      return value;
    }
    value.high = half(0);
    value.low = half(16);
    return value;
  }
  /// The rest of the line, without the blank before it.
  std::string rest() {
    std::string text;
    std::getline(words_ >> std::ws, text);
    return text;
  }
  [[nodiscard]] bool all_good() {
    std::string more;
    return good_ && !(words_ >> more);
  }

 private:
  std::istringstream words_;
  bool good_ = true;
};

std::string segment_line(const BackedSegment& s) {
  return fmt::format("segment {} {} {} {} {} {} {} {} {} {} {}\n", s.number, s.bytes, s.file_bytes,
                     s.first.value, s.last.value, s.first_time.ns, s.last_time.ns, s.block_first,
                     s.block_last, hex_of(s.before), hex_of(s.checksum));
}

BackedSegment segment_of(Words& words) {
  BackedSegment s;
  s.number = words.number();
  s.bytes = words.number();
  s.file_bytes = words.number();
  s.first = {words.number()};
  s.last = {words.number()};
  s.first_time = {words.number()};
  s.last_time = {words.number()};
  s.block_first = words.number();
  s.block_last = words.number();
  s.before = words.wide<Checksum>();
  s.checksum = words.wide<Checksum>();
  return s;
}

BackedSnapshot snapshot_of(Words& words) {
  BackedSnapshot s;
  s.position = {words.number()};
  s.time = {words.number()};
  s.bytes = words.number();
  s.checksum = words.wide<Checksum>();
  return s;
}

bool continues(const BackedSegment& before, const BackedSegment& after) {
  return after.number == before.number + 1 && after.block_first == before.block_last + 1 &&
         after.before == before.checksum;
}

// The lines are the format's, whatever a directory is called.
std::string in_one_line(std::string name) {
  for (char& c : name) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  return name;
}

}  // namespace

std::vector<RestorableRange> restorable_ranges(const BackupManifest& manifest) {
  std::vector<RestorableRange> ranges;
  for (std::size_t at = 0; at < manifest.segments.size();) {
    RestorableRange range{.segment_first = at, .segment_last = at};
    while (range.segment_last + 1 < manifest.segments.size() &&
           continues(manifest.segments[range.segment_last],
                     manifest.segments[range.segment_last + 1])) {
      ++range.segment_last;
    }
    at = range.segment_last + 1;
    range.log_first = manifest.segments[range.segment_first].first;
    range.last = manifest.segments[range.segment_last].last;
    for (std::size_t i = range.segment_first; i <= range.segment_last; ++i) {
      const BackedSegment& segment = manifest.segments[i];
      if (range.first_time.ns == 0) range.first_time = segment.first_time;
      if (segment.last_time.ns != 0) range.last_time = segment.last_time;
    }
    if (range.log_first.value <= 1) {
      ranges.push_back(range);
      continue;
    }
    const auto state =
        std::ranges::find_if(manifest.snapshots, [&](const BackedSnapshot& snapshot) {
          return snapshot.position.next() >= range.log_first && snapshot.position <= range.last;
        });
    if (state == manifest.snapshots.end()) continue;
    range.first = state->position;
    range.first_time = state->time;
    range.last_time = std::max(range.last_time, state->time);
    ranges.push_back(range);
  }
  return ranges;
}

std::string manifest_text(const BackupManifest& manifest) {
  std::string text = fmt::format("{} {}\nlog {} {}\nmade {}\nsource {}\n", kTitle, kManifestVersion,
                                 hex_of(manifest.log_id), manifest.log_created_at.ns,
                                 manifest.made_at.ns, in_one_line(manifest.source));
  text +=
      "# segment: number, bytes, bytes of the file, positions, times (ns since 1970), blocks, "
      "checksum of the block before, of the last block\n";
  for (const BackedSegment& segment : manifest.segments) text += segment_line(segment);
  text += "# snapshot: position, time, bytes, checksum of the last part\n";
  for (const BackedSnapshot& s : manifest.snapshots) {
    text += fmt::format("snapshot {} {} {} {}\n", s.position.value, s.time.ns, s.bytes,
                        hex_of(s.checksum));
  }
  return text + fmt::format("checksum {}\n", hex_of(checksum_of(std::as_bytes(std::span(text)))));
}

std::expected<BackupManifest, std::string> parse_manifest(std::string_view text) {
  const std::size_t end = text.rfind("\nchecksum ");
  if (!text.starts_with(kTitle)) return std::unexpected("it is not the manifest of a backup");
  BackupManifest manifest;
  {
    Words words(std::string(text.substr(0, text.find('\n'))));
    static_cast<void>(words.text());
    const std::uint64_t version = words.number();
    if (version > kManifestVersion) {
      return std::unexpected(fmt::format("it is of version {}, and this Holdfast reads version {}",
                                         version, kManifestVersion));
    }
  }
  if (end == std::string_view::npos) {
    return std::unexpected("its checksum is missing: it is not complete");
  }
  const std::string_view content = text.substr(0, end + 1);
  Words sum(std::string(text.substr(end + 1)));
  static_cast<void>(sum.text());
  const Checksum told = sum.wide<Checksum>();
  if (!sum.all_good() || told != checksum_of(std::as_bytes(std::span(content)))) {
    return std::unexpected("its checksum is wrong: it is damaged or was changed");
  }
  std::istringstream lines{std::string(content)};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (line.starts_with('#')) continue;
    Words words(line);
    const std::string what = words.text();
    if (what == "log") {
      manifest.log_id = words.wide<LogId>();
      manifest.log_created_at = {words.number()};
    } else if (what == "made") {
      manifest.made_at = {words.number()};
    } else if (what == "source") {
      manifest.source = words.rest();
    } else if (what == "segment") {
      manifest.segments.push_back(segment_of(words));
    } else if (what == "snapshot") {
      manifest.snapshots.push_back(snapshot_of(words));
    } else {
      return std::unexpected(
          fmt::format("it has a line that this Holdfast does not know: {}", line));
    }
    if (what != "source" && !words.all_good()) {
      return std::unexpected(fmt::format("it has a line that makes no sense: {}", line));
    }
  }
  return manifest;
}

IoResult<BackupManifest> read_manifest(FileIo& io, const std::string& dir) {
  const std::string path = join_path(dir, kManifestName);
  const auto file = io.open(path, OpenMode::read);
  if (!file) return std::unexpected(file.error());
  const auto size = io.size(*file);
  io.close(*file);
  if (!size) return std::unexpected(size.error());
  const auto bytes = read_small_file(io, path, std::min<std::size_t>(*size, kManifestBytesMax));
  if (!bytes) return std::unexpected(bytes.error());
  auto manifest =
      parse_manifest({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (manifest) return std::move(*manifest);
  return std::unexpected(IoError{
      .path = path, .operation = "use", .error_number = 0, .reason = manifest.error()});
}

IoResult<void> write_manifest(FileIo& io, const std::string& dir, const BackupManifest& manifest) {
  return write_text(io, dir, kManifestName, manifest_text(manifest));
}

}  // namespace holdfast::persistence
