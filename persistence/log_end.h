// Whether a data directory has all of the log that it ever had, as far as its files can tell.
//
// Blocks bear witness only to blocks before them, so files that lost their end together with all
// witnesses would look like a log that ends earlier. But a server leaves more traces: a segment
// gets its name only when it has its full length, no block reaches beyond its segment, and the last
// sector of a segment is used only when the next one is there. What breaks these rules was cut
// short, whatever its blocks say. Thread: any one thread; reads only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persistence/file_io.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

/// Why the log of the data directory `dir`, read to `end`, cannot be all there was; nothing: it
/// can. `configured_bytes`: of a segment, by the identity file. Not for backups and archives, whose last
/// segment is another matter.
[[nodiscard]] IoResult<std::optional<Finding>> objection_to_end(FileIo& io, const std::string& dir,
                                                                std::uint64_t configured_bytes,
                                                                const EndOfLog& end);

}  // namespace holdfast::persistence
