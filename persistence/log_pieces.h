// The log as pieces that carry their own memory: a block's records decoded, and what is to be said
// of the block, so that reading can go on while they are used.
//
// Thread: a piece is plain data; `read_log_piece` is called where the reader is.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "persistence/wal_format.h"
#include "persistence/wal_reader.h"

namespace holdfast::persistence {

struct LogPiece {
  WalReader::Step step{};
  // With `block`:
  BlockHeader header;
  std::string path;
  std::uint64_t segment_number = 0;
  std::vector<Record> records;
  std::string unreadable;              // why the record behind them cannot be read; empty: all can
};

/// Reads the next block into `piece`. False: that was the last step (the end, damage, an error, or
/// a record that cannot be read), and the reader tells of it.
[[nodiscard]] bool read_log_piece(WalReader& reader, LogPiece& piece);

}  // namespace holdfast::persistence
