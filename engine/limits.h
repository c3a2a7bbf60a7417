// Every cap of the server in one place, with the relations between them asserted.
//
// Rooms take their sizes from here so that a bound can be read, and changed, in one file. What an
// operator may set at start-up is a default here and a field of `EngineConfig` (logged, because it
// takes part in decisions) or of the server's options (not logged: sockets, buffers, time-outs).
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::limits {

// Wire -----------------------------------------------------------------------------------------
inline constexpr std::size_t frame_header_bytes = 16;
/// Largest frame in either direction; anything longer is answered with a reject and closed.
inline constexpr std::size_t frame_bytes_max = 512;
/// One read from a socket takes at most this much.
inline constexpr std::size_t session_read_bytes = 64 * 1024;
/// Requests of one session that may wait for their reply; above it the socket is not read.
inline constexpr std::uint32_t session_in_flight_max = 4096;
/// Requests of one network thread that may wait for their reply.
inline constexpr std::uint32_t network_thread_in_flight_max = 32 * 1024;
inline constexpr std::uint32_t network_threads_max = 16;
inline constexpr std::uint32_t connections_max_default = 10'000;
/// Reply bytes that may wait in one session for a slow reader before the socket is not read.
inline constexpr std::size_t session_write_bytes_max = 1024 * 1024;
/// The same over all sessions of a network thread: beyond it, a session with any reply bytes
/// waiting is not read, so that many slow readers cannot fill the memory.
inline constexpr std::size_t network_thread_write_bytes_max = 64 * 1024 * 1024;
/// Reply bytes of one session that the kernel may hold without having sent them.
inline constexpr int session_unsent_bytes_max = 512 * 1024;

// Core loop ------------------------------------------------------------------------------------
/// Commands that one core turn takes from the lanes.
inline constexpr std::size_t core_batch_commands_max = 256;
/// Expired holds that one core turn releases; the rest wait for the next turn.
inline constexpr std::size_t core_expiries_per_turn_max = 256;

// Log ------------------------------------------------------------------------------------------
/// Unit of log writes and of their alignment; the disk's physical block.
inline constexpr std::size_t wal_sector_bytes = 4096;
inline constexpr std::size_t wal_block_header_bytes = 128;
/// Largest block; one write.
inline constexpr std::size_t wal_block_bytes_max = 256 * 1024;
inline constexpr std::size_t wal_record_header_bytes = 16;
inline constexpr std::size_t wal_record_bytes_max = 1024;
/// Writes that may be under way at once.
inline constexpr std::size_t wal_writes_in_flight_max = 4;
/// What gathers in the log before it is written beside a write under way. Each durable write wakes
/// threads of the kernel four times, so many small ones at once take the processor from everybody,
/// and the records in them gain less by leaving at once than by a write under way that ends sooner.
inline constexpr std::size_t wal_write_beside_bytes = 32 * 1024;
inline constexpr std::uint64_t wal_segment_bytes_default = 64ULL * 1024 * 1024;
inline constexpr std::uint64_t wal_segment_bytes_min = 4ULL * 1024 * 1024;

// Tables (defaults of EngineConfig) ------------------------------------------------------------
inline constexpr std::uint64_t accounts_max_default = 16'000'000;
inline constexpr std::uint64_t cards_max_default = 16'000'000;
inline constexpr std::uint64_t authorizations_max_default = 64'000'000;
inline constexpr std::uint64_t request_ids_max_default = 128'000'000;
inline constexpr std::uint32_t programs_max_default = 4096;
/// A counter names its program by 16 bits, and one value stands for "none".
inline constexpr std::uint32_t programs_max = 65'535;
/// How long a request id is remembered (of logged time).
inline constexpr std::uint32_t request_retention_s_default = 7 * 24 * 3600;
/// How long an authorization is remembered after its end (of logged time).
inline constexpr std::uint32_t authorization_retention_s_default = 90 * 24 * 3600;
/// Merchant category ranges of one rule set; an entry of its table by MCC is one byte.
inline constexpr std::uint32_t categories_max = 255;
/// Controls of one rule set; a set of them is one 64-bit word.
inline constexpr std::uint32_t controls_max = 64;
inline constexpr std::uint32_t list_items_max = 100'000;
inline constexpr std::uint32_t zone_offsets_max = 10'000;
/// Steps that a rolling window is cut into.
inline constexpr std::uint32_t rolling_steps_max = 31;
inline constexpr std::uint64_t counters_max = 256'000'000;
inline constexpr std::uint32_t rule_sets_max = 100'000;
/// Rule sets that one program runs beside the active one, and starts of them in its life.
inline constexpr std::uint32_t shadows_max = 16;
inline constexpr std::uint32_t shadow_runs_max = 65'535;
/// Rows of a rule set that one answer to an inquiry tells: they fit a frame.
inline constexpr std::uint32_t rule_set_rows_per_reply = 4;
/// Buckets of a stage's histogram that one answer to an inquiry tells: they fit a frame.
inline constexpr std::uint32_t stage_buckets_per_reply = 56;
/// Ended authorizations, request ids, and counters of shadows that ended, that one command forgets
/// at most, each. More than one, so that memory shrinks again after a retention was shortened;
/// authorizations only when they are late (HoldTable::forget_due).
inline constexpr std::uint32_t forgotten_per_command_max = 4;
/// Request ids among which one command looks for room when nearly as many are remembered as may be:
/// those of authorizations that are open for longer than the retention may stand in front of many
/// that can go. Still bounded: each command that finds no room looks again.
inline constexpr std::uint32_t request_ids_looked_at_max = 128;
/// Exchange rates ever set; each authorization keeps the one it was decided with.
inline constexpr std::uint32_t rates_max = 10'000'000;
inline constexpr std::uint32_t hold_period_s_default = 7 * 24 * 3600;
/// Slots are named by 32 bits, and one value stands for "none".
inline constexpr std::uint64_t table_slots_max = 0xFFFF'FFFE;

static_assert(frame_bytes_max < session_read_bytes);
static_assert(frame_bytes_max % 8 == 0);
static_assert(session_in_flight_max <= network_thread_in_flight_max);
static_assert(session_write_bytes_max <= network_thread_write_bytes_max);
static_assert(wal_block_bytes_max % wal_sector_bytes == 0);
static_assert(wal_block_header_bytes + wal_record_bytes_max <= wal_sector_bytes);
static_assert(wal_segment_bytes_min >= wal_block_bytes_max * (wal_writes_in_flight_max + 1));
static_assert(wal_segment_bytes_default % wal_sector_bytes == 0);
static_assert(programs_max_default <= programs_max && shadow_runs_max <= 65'535);
static_assert(forgotten_per_command_max <= request_ids_looked_at_max);
static_assert(rule_set_rows_per_reply * 64 < frame_bytes_max - frame_header_bytes);
static_assert(stage_buckets_per_reply * 8 < frame_bytes_max - frame_header_bytes);
static_assert(accounts_max_default <= table_slots_max &&
              authorizations_max_default <= table_slots_max);

}  // namespace holdfast::limits
