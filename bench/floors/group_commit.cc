#include "bench/floors/group_commit.h"

#include <cstring>
#include <utility>

#include "bench/clock.h"

namespace holdfast::bench {

void record_group_commit(std::uint64_t under_way_ns, std::uint64_t next_ns, std::uint64_t step_ns,
                         Histogram& waited_ns) {
  for (std::uint64_t came_ns = 0; came_ns < under_way_ns; came_ns += step_ns) {
    waited_ns.record(under_way_ns - came_ns + next_ns);
  }
}

GroupCommitProbe::GroupCommitProbe(ScratchFile& file, std::size_t write_bytes, BareRing ring)
    : file_(&file),
      write_bytes_(write_bytes),
      ring_(std::move(ring)),
      bytes_(persistence::allocate_aligned(write_bytes)) {
  std::memset(bytes_.get(), 0xA5, write_bytes);  // a disk may treat zeroes as nothing
  ring_.register_buffer({bytes_.get(), write_bytes});
}

Result<GroupCommitProbe> GroupCommitProbe::make(ScratchFile& file, std::size_t write_bytes) {
  auto ring = BareRing::make();
  if (!ring) return std::unexpected(ring.error());
  return GroupCommitProbe(file, write_bytes, std::move(*ring));
}

Result<void> GroupCommitProbe::run(std::uint64_t duration_ns, Histogram& waited_ns) {
  const std::uint64_t recorded = waited_ns.count();
  std::uint64_t before_ns = 0;  // what the write before took; nobody came during one that was not
  std::uint64_t began_ns = monotonic_ns();
  const std::uint64_t end_ns = began_ns + duration_ns;
  do {
    ring_.prepare(file_->descriptor(), {bytes_.get(), write_bytes_}, file_->take(write_bytes_),
                  BareRing::Durability::dsync, 0);
    if (const auto written = ring_.wait_one(); !written) {
      return std::unexpected(written.error());
    }
    const std::uint64_t now_ns = monotonic_ns();
    record_group_commit(before_ns, now_ns - began_ns, kArrival_ns, waited_ns);
    before_ns = now_ns - began_ns;
    began_ns = now_ns;
  } while (began_ns < end_ns || waited_ns.count() == recorded);
  return {};
}

}  // namespace holdfast::bench
