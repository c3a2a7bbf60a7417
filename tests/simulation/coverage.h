// How often each kind of fault, end and recovery case was met, so that a run can show what it
// reached, and fails when it never reached one that it should.
//
// Thread: one owner; `add_all` joins those of several workers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace holdfast::simulation {

/// With fewer seeds than this a rare kind may be missing by chance: the rarest two came 16 times in
/// 6,605 seeds, so that each is missing in one of 38 runs of 1,500, in one of 180 thousand of 5,000.
inline constexpr std::uint64_t kSeedsForFullCoverage = 5'000;

class Coverage {
 public:
  void count(const std::string& kind, std::uint64_t times = 1) { counts_[kind] += times; }
  void add_all(const Coverage& other) {
    for (const auto& [kind, times] : other.counts_) counts_[kind] += times;
  }
  [[nodiscard]] std::uint64_t of(const std::string& kind) const {
    const auto found = counts_.find(kind);
    return found == counts_.end() ? 0 : found->second;
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& counts() const { return counts_; }
  /// Kinds that a long run must reach and this one did not.
  [[nodiscard]] std::vector<std::string> missing() const;
  /// A table for people, two columns.
  [[nodiscard]] std::string text() const;

 private:
  std::map<std::string, std::uint64_t> counts_;
};

/// The name under which a row of the recovery table is counted.
[[nodiscard]] std::string row_kind(std::string_view row_name);

}  // namespace holdfast::simulation
