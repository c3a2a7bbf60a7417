// What the log costs the core besides the write itself: records into the open block, and sealing
// it, most of which is the checksum.
#include <fmt/format.h>

#include <array>
#include <span>
#include <vector>

#include "bench/load/random.h"
#include "bench/micro/piece.h"
#include "engine/check.h"
#include "persistence/wal_format.h"

namespace holdfast::bench {
namespace {

namespace wal = persistence;

std::vector<std::byte> random_bytes(std::size_t count) {
  Random random(1);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next());
  return bytes;
}

class RecordEncode : public Piece {
 public:
  RecordEncode() : bytes_((kRoundItems + 1) * wal::kRecordRoomBytes) {
    Random random(1);
    for (std::size_t i = 0; i < kRoundItems; ++i) {
      commands_[i].kind = CommandKind::authorize;
      commands_[i].request_id = {.low = random.next(), .high = random.next()};
      commands_[i].authorize.card = {.low = random.next(), .high = 2};
      commands_[i].authorize.amount = Money{1'000};
      outcomes_[i].decision = Decision::approved;
      outcomes_[i].position = LogPosition{i + 1};
    }
  }
  void run() override {
    used_ = 0;
    for (std::size_t i = 0; i < kRoundItems; ++i) {
      used_ += wal::encode_record(bytes_.data() + used_, commands_[i], outcomes_[i]);
    }
  }
  void finish() override {
    std::size_t record_bytes = 0;
    const auto first = wal::decode_record(bytes_, LogPosition{1}, record_bytes);
    HOLDFAST_CHECK(first && first->command.request_id == commands_[0].request_id &&
                       used_ == kRoundItems * record_bytes,
                   "what was encoded can be read");
  }

 private:
  std::array<Command, kRoundItems> commands_;
  std::array<Outcome, kRoundItems> outcomes_;
  std::vector<std::byte> bytes_;
  std::size_t used_ = 0;
};

/// One block a round, full but for the last half record.
class BlockSeal : public Piece {
 public:
  explicit BlockSeal(std::size_t block_bytes)
      : Piece(/*items=*/1, block_bytes), block_(random_bytes(block_bytes)) {}
  void run() override {
    header_ = {};
    header_.payload_bytes =
        static_cast<std::uint32_t>(block_.size() - limits::wal_block_header_bytes - kPadding);
    sealed_ = wal::seal_block(block_, header_);
  }
  void finish() override {
    HOLDFAST_CHECK(sealed_ == block_.size() && wal::check_block(block_).checksum_ok,
                   "a sealed block is whole");
  }

 private:
  static constexpr std::size_t kPadding = 72;
  std::vector<std::byte> block_;
  wal::BlockHeader header_;
  std::size_t sealed_ = 0;
};

class ChecksumPiece : public Piece {
 public:
  explicit ChecksumPiece(std::size_t bytes)
      : Piece(/*items=*/1, bytes), bytes_(random_bytes(bytes)) {}
  void run() override { checksum_ = wal::checksum_of(bytes_); }
  void finish() override {
    HOLDFAST_CHECK(checksum_ != wal::Checksum{}, "a checksum was worked out");
  }

 private:
  std::vector<std::byte> bytes_;
  wal::Checksum checksum_;
};

}  // namespace

void add_log_pieces(PieceList& list) {
  list.push_back({"record_encode", [] { return std::make_unique<RecordEncode>(); }});
  for (const std::size_t bytes : {4'096, 65'536, 262'144}) {
    list.push_back({fmt::format("block_seal/bytes:{}", bytes),
                    [bytes] { return std::make_unique<BlockSeal>(bytes); }});
  }
  for (const std::size_t bytes : {64, 4'096, 262'144}) {
    list.push_back({fmt::format("checksum/bytes:{}", bytes),
                    [bytes] { return std::make_unique<ChecksumPiece>(bytes); }});
  }
}

}  // namespace holdfast::bench
