#include "tests/simulation/fault_mix.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/limits.h"
#include "tests/model/random_source.h"

namespace holdfast::simulation {
namespace {

using model::RandomSource;

void draw_world(RandomSource& random, FaultMix& mix) {
  model::WorldShape& world = mix.world;
  world.accounts = 8 + random.below(24);
  world.cards = 8 + random.below(32);
  world.retries = random.below(120);
  world.odd_fields = random.below(20);
  switch (random.below(6)) {
    case 0:
      world.name = "short retention";
      world.request_retention_s = 1'800;
      world.authorization_retention_s = 7'200;
      mix.exact_answers = false;
      break;
    case 1:
      world.name = "huge amounts";
      world.huge_amounts = 200;
      break;
    case 2:
      world.name = "time jumps";
      world.day_jumps = 20;
      world.month_jumps = 1;
      break;
    case 3:
      world.name = "forgotten originals";
      world.authorization_retention_s = 900;
      world.day_jumps = 8;
      mix.exact_answers = false;
      break;
    default:
      world.day_jumps = 5;
      break;
  }
  mix.with_model = random.per_mille(250);
}

void draw_network(RandomSource& random, FaultMix& mix) {
  const auto at_times = [&](std::uint64_t chance, std::uint64_t most) {
    return random.per_mille(chance) ? 1 + random.below(most) : 0;
  };
  mix.network_threads = 1 + static_cast<std::uint32_t>(random.below(3));
  mix.gateways = 1 + static_cast<std::uint32_t>(random.below(8));
  mix.under_way_max = random.per_mille(300) ? 1 : 1 + static_cast<std::uint32_t>(random.below(64));
  mix.sends_per_turn = random.per_mille(400) ? 1 : 1 + static_cast<std::uint32_t>(random.below(12));
  mix.quiet = at_times(700, 300);
  mix.inquiries = 50 + random.below(250);
  mix.disconnects = at_times(600, 40);
  mix.duplicates = at_times(500, 100);
  mix.bad_frames = at_times(300, 20);
  mix.slow_readers = at_times(300, 60);
  mix.clock_steps = at_times(500, 60);
}

void draw_disk(RandomSource& random, FaultMix& mix) {
  static constexpr std::uint32_t kDelays[] = {0, 1, 3, 6, 20, 60};
  mix.disk.delay_polls_max = kDelays[random.below(std::size(kDelays))];
  mix.writes_in_flight = 1 + static_cast<std::uint32_t>(random.below(4));
  mix.write_beside_bytes = mix.writes_in_flight == 3 ? 4096 : 0;
  mix.segments_spare = 1 + static_cast<std::uint32_t>(random.below(2));
  mix.segment_bytes_extra = static_cast<std::uint32_t>(random.below(3));
  const auto at_times = [&](std::uint64_t chance, std::uint64_t most) {
    return random.per_mille(chance) ? 1 + random.below(most) : 0;
  };
  if (random.per_mille(500)) {
    mix.snapshot_log_bytes = 20'000 + random.below(400'000);
    mix.snapshot_steps = 1 + static_cast<std::uint32_t>(random.below(12));
    mix.archive = random.per_mille(400);
    mix.snapshot_asks = at_times(600, 250);
    // The schedule of snapshots is looked at each tenth of a second.
    static constexpr std::uint64_t kWaits_ns[] = {0, 200'000, 2'000'000, 20'000'000};
    mix.turn_ns = kWaits_ns[random.below(std::size(kWaits_ns))];
  }
  mix.second_server = at_times(100, 500);
  if (random.per_mille(150)) {
    mix.disk_lies = true;
    const auto odds = 20 + static_cast<std::uint32_t>(random.below(400));
    switch (random.below(3)) {
      case 0: mix.disk.lost_per_10k = odds; break;
      case 1: mix.disk.misdirected_per_10k = odds; break;
      default: mix.disk.bit_flip_per_10k = odds; break;
    }
    if (mix.snapshot_log_bytes > 0) {
      mix.disk.plain_lost_per_10k = mix.disk.lost_per_10k;
      mix.disk.plain_bit_flip_per_10k = mix.disk.bit_flip_per_10k;
    }
    return;
  }
  if (random.per_mille(200)) {
    mix.disk.error_per_10k = 1 + static_cast<std::uint32_t>(random.below(60));
  }
  if (random.per_mille(200)) {
    mix.disk.short_per_10k = 1 + static_cast<std::uint32_t>(random.below(60));
  }
  if (random.per_mille(150)) {
    mix.disk.plain_error_per_10k = 1 + static_cast<std::uint32_t>(random.below(200));
  }
  if (random.per_mille(150)) {
    mix.disk.sync_error_per_10k = 1 + static_cast<std::uint32_t>(random.below(400));
  }
  mix.failing_calls = at_times(300, 600);
  mix.full_disk = at_times(250, 30);
  mix.stop_at_operation = at_times(500, 700);
  mix.stop_in_recovery = at_times(500, 600);
  mix.cut_after_answer = at_times(600, 60);
}

constexpr std::uint32_t kSegmentSectors = limits::wal_segment_bytes_min / limits::wal_sector_bytes;

// Where one segment ends and the next begins is where most can go wrong, and a life is too short to
// get there from the beginning.
void draw_first_segment_end(RandomSource& random, FaultMix& mix) {
  const std::uint32_t end = kSegmentSectors + mix.segment_bytes_extra;
  // The next segment is laid out when about 80 sectors are left.
  mix.warm_up_sectors = end - 20 - static_cast<std::uint32_t>(random.below(90));
  if (mix.full_disk > 0) mix.full_disk += 100;
  if (mix.disk_lies || random.per_mille(600)) return;
  mix.fills_in_warm_up = true;
  mix.warm_up_sectors = end - 17 - static_cast<std::uint32_t>(random.below(40));
  mix.turns = std::max<std::uint64_t>(mix.turns, 300 + random.below(300));
}

// The file of the first segment is let go and written again as the third: when the third snapshot
// counts, if the second holds the whole first segment. At times no snapshot follows for long, and
// so no sync of the directory.
void draw_second_segment_end(RandomSource& random, FaultMix& mix) {
  mix.warm_up_sectors = 2 * (kSegmentSectors + mix.segment_bytes_extra) - 4 -
                        static_cast<std::uint32_t>(random.below(40));
  mix.snapshot_log_bytes =
      random.per_mille(750) ? 2'200'000 + random.below(450'000) : 300'000 + random.below(4'000'000);
  mix.snapshot_steps = 4 + static_cast<std::uint32_t>(random.below(9));
  mix.snapshot_asks = random.per_mille(200) ? 50 : 0;
  mix.turn_ns = 2'000'000;
  mix.archive = random.per_mille(350);
  mix.turns = std::max<std::uint64_t>(mix.turns, 150 + random.below(150));
}

}  // namespace

FaultMix draw_fault_mix(std::uint64_t seed) {
  RandomSource random(seed ^ 0x5EED'0F'FA11'75ULL);
  FaultMix mix;
  draw_world(random, mix);
  draw_network(random, mix);
  draw_disk(random, mix);
  mix.lives = 2 + random.below(7);
  mix.turns = random.per_mille(500) ? 60 + random.below(200) : 1 + random.below(60);
  const std::uint64_t near = random.below(1'000);
  if (near < 140) draw_first_segment_end(random, mix);
  if (near >= 140 && near < 240) draw_second_segment_end(random, mix);
  if (random.per_mille(60)) {  // long enough to fill segments with small blocks
    mix.turns = 1'500 + random.below(1'500);
    mix.lives = 2 + random.below(3);
    mix.with_model = false;
    mix.cut_after_answer = 0;
    mix.stop_at_operation /= 4;
    mix.disk.delay_polls_max = static_cast<std::uint32_t>(random.below(4));
    mix.snapshot_log_bytes = random.per_mille(700) ? 300'000 + random.below(4'000'000) : 0;
    mix.snapshot_steps = 1 + static_cast<std::uint32_t>(random.below(12));
  }
  mix.end_clean = static_cast<std::uint32_t>(random.below(3));
  mix.end_kill = static_cast<std::uint32_t>(random.below(4));
  mix.end_power = 1 + static_cast<std::uint32_t>(random.below(5));
  return mix;
}

std::string FaultMix::text() const {
  return fmt::format(
      "world \"{}\", {} lives of up to {} turns, {} gateways on {} network threads with {} under "
      "way, write delay up to {}, {} writes in flight{}{}{}{}{}{}{}{}",
      world.name, lives, turns, gateways, network_threads, under_way_max, disk.delay_polls_max,
      writes_in_flight, with_model ? ", with the reference model" : "",
      disk_lies ? ", the disk lies" : "",
      full_disk > 0 || fills_in_warm_up ? ", the volume fills" : "",
      warm_up_sectors > 0 ? fmt::format(", from {} sectors of log on", warm_up_sectors) : "",
      stop_at_operation > 0 ? ", stops at disk operations" : "",
      stop_in_recovery > 0 ? ", stops in recovery" : "", disconnects > 0 ? ", cuts" : "",
      snapshot_log_bytes > 0 ? archive ? ", snapshots and archive" : ", snapshots" : "");
}

}  // namespace holdfast::simulation
