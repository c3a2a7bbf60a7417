// The deterministic heart: accounts, cards, programs, authorizations, and the one function that
// changes them.
//
// `apply` does no I/O, reads no clock, takes no lock and follows no hash order: the same commands
// with the same times give the same state, bit for bit, on any machine. Invariants: the ledgers of
// a currency sum to zero; an account's held amount is the sum of what its open authorizations hold;
// an index names each slot once. Thread: one owner at a time (the core thread of a server).
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/command.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/snapshot.h"
#include "engine/types.h"

namespace holdfast {

struct Explanation;
struct KnownNames;
struct OpenHold;
struct RememberedRequest;

/// How far the prefetching for one command has come.
struct Prefetch {
  /// What the next pass does with what is known.
  enum class Step : std::uint8_t {
    done,
    accounts,         // hashes of one or two account ids -> slots
    card,             // hash of a token -> slot
    account_of_card,  // slot of a card -> account
    request,          // hash of a request id -> slot
    hold_of_request,  // slot of a request id -> hold
    hold,             // id of an authorization -> slot
    around_hold,      // slot of a hold -> card, neighbours in its second
    account_of_hold,  // slot of a hold -> account
  };
  Step next;
  std::uint64_t known;
  std::uint64_t known_too;  // 0: nothing
};
// With initializers, all of those of a batch would be written for a single command.
static_assert(std::is_trivially_default_constructible_v<Prefetch>);

class StateMachine {
 public:
  StateMachine();
  ~StateMachine();
  StateMachine(StateMachine&&) noexcept;
  StateMachine& operator=(StateMachine&&) noexcept;

  /// Decides `command` at time `now` (a time before that of an earlier command counts as that one).
  /// If the answer is to be logged, `outcome.position` is `position()` after the call, one more than
  /// before; a repeated answer carries the position of the first; position zero: nothing changed and
  /// nothing is to be logged (the id was used before for other content, a table is full).
  [[nodiscard]] Outcome apply(const Command& command, TimestampNs now);

  /// The answer that `apply` would give without deciding anything, because the request id was used
  /// before: the original one, marked as repeated, or `request_id_reused`. For a server that cannot
  /// write its log for the moment and must still give the answers that it gave.
  [[nodiscard]] std::optional<Outcome> recall(const Command& command, TimestampNs now) const;

  /// True when `apply` took a new log position for this outcome, that is, when command and outcome
  /// must be appended to the journal.
  [[nodiscard]] bool must_log(const Outcome& outcome) const {
    return outcome.position == position() && (outcome.flags & kOutcomeRepeated) == 0 &&
           !outcome.position.is_zero();
  }

  /// What `apply` would answer now, and why: every check with its numbers. See explain.h. Slow; for
  /// tools that replayed the log to just before the command. No effect on state.
  [[nodiscard]] Explanation explain(const Command& command, TimestampNs now) const;

  /// Brings what `apply` will touch into the cache, a step along the way from ids to slots with each
  /// pass: each needs what the pass before asked memory for, so do one pass over a whole batch before
  /// the next. `begin_prefetch` is the first pass, `go_on` each of the others, for all that are under way;
  /// it returns how many have another one to come: those stand first then. Other commands may be applied
  /// between two passes. No effect on state. See prefetch.h.
  [[nodiscard]] Prefetch begin_prefetch(const Command& command) const;
  std::size_t go_on(std::span<Prefetch> under_way) const;
  static constexpr unsigned kPrefetchPasses = 5;  // at most

  /// Appends `expire` commands to `out` for up to `most` holds whose time has come at `now` (a time
  /// before that of an earlier command counts as that one), earlier seconds first; returns how many.
  /// They are told again until they have been applied.
  [[nodiscard]] std::size_t expiries_due(TimestampNs now, std::size_t most,
                                         std::vector<Command>& out);
  /// How many of these should be applied now, so that the holds of a second are released evenly
  /// over the second that begins then. No effect on state.
  [[nodiscard]] std::size_t expiries_in_turn(TimestampNs now);

  [[nodiscard]] AccountView show_account(AccountId account) const;
  [[nodiscard]] CardView show_card(CardToken card) const;
  /// By id, or (id zero) by the request id that asked for it.
  [[nodiscard]] AuthorizationView show_authorization(AuthorizationId id, RequestId request) const;
  [[nodiscard]] ProgramView show_program(ProgramId program) const;
  /// What the windows of the card's program have counted at `now` (not before `time()`).
  [[nodiscard]] LimitsView show_limits(CardToken card, TimestampNs now) const;
  /// Calls `visit` for each authorization that holds money, in no order that means anything. Touches
  /// all authorizations; for tools. See open_holds.h.
  void for_each_open_hold(const std::function<void(const OpenHold&)>& visit) const;
  /// Everything that has a name, and every request id that is remembered. Touch all tables; for tools.
  /// See known_names.h.
  [[nodiscard]] KnownNames known_names() const;
  void for_each_request(const std::function<void(const RememberedRequest&)>& visit) const;
  /// What the program's shadows have answered so far.
  [[nodiscard]] ShadowsView show_shadows(ProgramId program) const;
  /// Rows of a rule set from `first_row` on, at most `most`; version 0: the active one.
  [[nodiscard]] RuleSetView show_rule_set(ProgramId program, std::uint32_t version,
                                          std::uint32_t first_row, std::uint32_t most) const;
  /// Table sizes, position, config; the server adds what is its own.
  [[nodiscard]] StatusView show_status() const;

  /// Makes room in the index for so many request ids in all, so that none of its tables has to grow
  /// on the way there: some 30 bytes each. At once; not part of the state.
  void reserve_request_ids(std::size_t ids);

  /// Position of the last logged command; zero before the first.
  [[nodiscard]] LogPosition position() const;
  /// Time of the last logged command.
  [[nodiscard]] TimestampNs time() const;
  [[nodiscard]] const EngineConfig& config() const;

  /// Canonical 128-bit digest of all state: the sum of XXH3-128 over every entry of every table in
  /// a form that has neither slot numbers nor hash order in it. Equal for a running server, the same
  /// server recovered, and a replay of its log; else there is a bug. Touches all state.
  [[nodiscard]] StateDigest digest() const;

  /// Sum of all ledgers of a currency: zero, always. Touches all accounts.
  [[nodiscard]] Money ledgers_sum(CurrencyCode currency) const;

  /// Panics (see check.h) when an invariant does not hold: held amounts against open authorizations,
  /// ledgers per currency, indexes against slots. Touches all state. For tests and tools.
  void check_invariants() const;

  // Snapshots (see snapshot.h). One at a time; `apply` goes on meanwhile and copies what it is about
  // to change. The sink outlives it. None of this changes the state or a decision.

  /// Begins a snapshot of the state as it is now. An error: one is under way, or the sink's reason.
  [[nodiscard]] std::expected<void, SnapshotDelay> begin_snapshot(SnapshotSink& sink);
  /// Copies up to `pages_max` pages, fewer when no packet is free. Abandons the snapshot when the
  /// sink has failed, or a page that a command changed had no place.
  SnapshotProgress copy_for_snapshot(std::size_t pages_max);
  [[nodiscard]] SnapshotProgress snapshot_progress() const;
  /// Whether the snapshot under way, if any, has room for all pages that the next command may change.
  /// A command that is applied without may cost the snapshot.
  [[nodiscard]] bool snapshot_has_room();
  /// Pages that commands have copied before their turn, of the snapshot under way; else 0.
  [[nodiscard]] std::uint64_t snapshot_pages_ahead() const;
  /// Tells the sink that it may count. The phase is `copied`, and the log is durable up to the
  /// snapshot's position.
  void finish_snapshot();
  /// Ends it without one; nothing happens when none is under way.
  void abandon_snapshot(std::string_view why);

 private:
  friend class Decider;
  friend class Explainer;
  friend class Prefetcher;
  friend class SnapshotLoader;
  struct Tables;
  std::unique_ptr<Tables> tables_;
};

}  // namespace holdfast
