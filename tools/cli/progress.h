// How far a long piece of work is, on a terminal: one line on standard error that is written over
// itself and gone at the end. In a pipe, a file or a script nothing is written.
//
// Thread: the only one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::tools {

/// What standard output gets meanwhile.
enum class Beside : std::uint8_t {
  report,  // something at the end
  lines,   // lines all the time: on a terminal they would run into the progress, so that there is
           // none
};

class Progress {
 public:
  /// `verb`: "replayed". `bytes_total`: of all of it; at most that much when it is not known
  /// exactly; 0: not known at all.
  Progress(std::string_view verb, std::uint64_t bytes_total, Beside beside = Beside::report);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Once for each piece, of at most a few milliseconds.
  void add(std::uint64_t records, std::uint64_t bytes);
  /// The same, for who counts from the beginning of the piece and learns its length on the way.
  void set(std::uint64_t records, std::uint64_t bytes, std::uint64_t bytes_total);
  /// What follows is another piece of work, counted from zero.
  void next(std::string_view verb, std::uint64_t bytes_total);
  /// For a step that cannot tell how far it is: the text stays until the next call of anything.
  void say(std::string_view text);
  /// Takes the line away, before something else is written.
  void done();

 private:
  void show_if_due();

  const bool is_shown_;
  std::string verb_;
  std::uint64_t bytes_total_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t began_at_ns_;
  std::uint64_t shown_at_ns_;
  bool is_on_screen_ = false;
};

/// "replayed 1,234,567 records, 312.0 MiB of 1.2 GiB (25 %), 12 s left". Without records they are
/// not told; without a total only what is done is.
[[nodiscard]] std::string progress_line(std::string_view verb, std::uint64_t records,
                                        std::uint64_t bytes, std::uint64_t bytes_total,
                                        std::uint64_t elapsed_ns);

/// Nanoseconds of a clock that never goes back.
[[nodiscard]] std::uint64_t monotonic_ns();

}  // namespace holdfast::tools
