// One hot piece of the server, held alone: what it costs by the clock and in instructions.
//
// A piece works in rounds. `prepare` makes what a round needs, `run` is what is measured, `finish`
// looks at what came out: a piece that works wrongly must not look fast. Both measures drive the
// same rounds: Google Benchmark by the clock (time_pieces.cc), callgrind by instructions
// (count_instructions.h). Thread: the driver's, but for pieces that say otherwise.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace holdfast::bench {

/// What the core takes in a turn, and so the items of most rounds.
inline constexpr std::size_t kRoundItems = 256;

class Piece {
 public:
  explicit Piece(std::size_t items = kRoundItems, std::size_t bytes = 0)
      : items_(items), bytes_(bytes) {}
  virtual ~Piece() = default;
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;

  /// Not measured.
  virtual void prepare() {}
  /// Measured. What it works out must reach memory or `finish`, or the compiler deletes it.
  virtual void run() = 0;
  /// Not measured. Ends the program when the round went wrong.
  virtual void finish() {}

  /// Of a round.
  [[nodiscard]] std::size_t items() const { return items_; }
  /// Of a round; 0: bytes are not what it is about.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t items_;
  std::size_t bytes_;
};

struct PieceEntry {
  std::string name;  // piece/argument:value/…
  std::function<std::unique_ptr<Piece>()> make;
  /// Whether it does the same work in each process: two threads that wait for each other do not.
  /// And small enough to be run fifty times slower.
  bool counts_instructions = true;
};
using PieceList = std::vector<PieceEntry>;

// Each file of pieces adds its own.
void add_codec_pieces(PieceList& list);
void add_lane_pieces(PieceList& list);
void add_core_turn_pieces(PieceList& list);
void add_apply_pieces(PieceList& list);
void add_index_pieces(PieceList& list);
void add_log_pieces(PieceList& list);

[[nodiscard]] inline PieceList all_pieces() {
  PieceList list;
  add_codec_pieces(list);
  add_lane_pieces(list);
  add_core_turn_pieces(list);
  add_apply_pieces(list);
  add_index_pieces(list);
  add_log_pieces(list);
  return list;
}

}  // namespace holdfast::bench
