#include "persistence/log_pieces.h"

#include <algorithm>

namespace holdfast::persistence {

bool read_log_piece(WalReader& reader, LogPiece& piece) {
  piece.step = reader.next_block();
  piece.records.clear();
  piece.unreadable.clear();
  if (piece.step != WalReader::Step::block) return false;
  piece.header = reader.header();
  piece.path = reader.path();
  piece.segment_number = reader.segment_number();
  // The header of a damaged block may tell any number; its payload bounds what can be there.
  piece.records.reserve(std::min<std::uint64_t>(reader.header().record_count(),
                                                reader.payload().size() / sizeof(RecordHeader)));
  const auto walked = for_each_record(reader.header(), reader.payload(), [&](const Record& record) {
    piece.records.push_back(record);
    return true;
  });
  if (!walked) piece.unreadable = walked.error();
  return walked.has_value();
}

}  // namespace holdfast::persistence
