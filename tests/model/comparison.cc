#include "tests/model/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include "tests/model/describe.h"

namespace holdfast::model {
namespace {

constexpr std::uint32_t kYear_s = 365 * 86400;

bool equal(const Outcome& a, const Outcome& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

}  // namespace

bool Comparison::differ(std::string text) {
  difference_ = std::move(text);
  return false;
}

bool Comparison::apply(const Command& command, TimestampNs now) {
  const LogPosition before = engine_.position();
  Prefetch prefetch = engine_.begin_prefetch(command);
  unsigned passes = 1;
  while (engine_.go_on({&prefetch, 1}) > 0) ++passes;
  if (passes > StateMachine::kPrefetchPasses) return differ("prefetching takes too many passes");
  const std::optional<Outcome> recalled = engine_.recall(command, now);
  outcome_ = engine_.apply(command, now);
  const Outcome expected = model_.apply(command, now, exact_ ? nullptr : &outcome_);
  if (!equal(outcome_, expected)) {
    return differ(fmt::format("{}\n  engine: {}\n  model:  {}", describe(command),
                              describe(outcome_), describe(expected)));
  }
  const bool from_memory = (outcome_.flags & kOutcomeRepeated) != 0 ||
                           outcome_.decision == Decision::request_id_reused;
  if (recalled.has_value() != from_memory || (from_memory && !equal(*recalled, outcome_))) {
    return differ(fmt::format("{}\n  apply:  {}\n  recall: {}", describe(command),
                              describe(outcome_), recalled ? describe(*recalled) : "nothing"));
  }
  const bool took_position = engine_.position() == before.next();
  if (engine_.must_log(outcome_) != took_position) {
    return differ(fmt::format("{}\n  {}\n  must_log is {} but the position went from {} to {}",
                              describe(command), describe(outcome_), !took_position, before.value,
                              engine_.position().value));
  }
  if (!took_position) return true;
  const Outcome replayed = replica_.apply(command, outcome_.time);
  if (!equal(outcome_, replayed)) {
    return differ(fmt::format("replay of {}\n  first:  {}\n  replay: {}", describe(command),
                              describe(outcome_), describe(replayed)));
  }
  return true;
}

bool Comparison::expire_due(TimestampNs now, std::size_t most) {
  now = std::max(now, engine_.time());
  expired_.clear();
  expired_outcomes_.clear();
  std::vector<Command> batch;
  for (;;) {
    batch.clear();
    const std::size_t count = engine_.expiries_due(now, most, batch);
    const std::vector<AuthorizationId> expected = model_.due(now);
    if (count != batch.size() || count != std::min(most, expected.size())) {
      return differ(fmt::format("{} expiries told, {} returned, of {} due by the model (most {})",
                                batch.size(), count, expected.size(), most));
    }
    if (count == 0) return true;
    // Oldest first; among those of the same second any order will do.
    std::set<AuthorizationId> told;
    for (std::size_t i = 0; i < count; ++i) {
      const Command& command = batch[i];
      const AuthorizationId id = command.expire.authorization;
      const AuthorizationView view = model_.show_authorization(id, {});
      const bool is_due = std::find(expected.begin(), expected.end(), id) != expected.end();
      const TimestampNs turn = model_.show_authorization(expected[i], {}).expires_at;
      if (command.kind != CommandKind::expire || !command.request_id.is_zero() || !is_due ||
          !told.insert(id).second || view.expires_at != turn) {
        return differ(fmt::format("expiry {} of {}: engine {}, model authorization {} at {}", i,
                                  count, describe(command), expected[i].value, turn.ns));
      }
    }
    for (const Command& command : batch) {
      if (!apply(command, now)) return false;
      expired_.push_back(command);
      expired_outcomes_.push_back(outcome_);
    }
  }
}

bool Comparison::let_it_forget(RandomCommands& world) {
  const WorldShape& shape = world.shape();
  const bool forgets_requests = shape.request_retention_s < kYear_s;
  // The end of an authorization is kept in whole seconds.
  world.wait_s(2 + std::max(forgets_requests ? shape.request_retention_s : 0,
                            shape.authorization_retention_s));
  if (!expire_due(world.now(), 256)) return false;
  // Each command forgets a few entries, so as many commands as there are entries are plenty.
  const StatusView before = engine_.show_status();
  const std::uint64_t commands =
      8 + std::max(forgets_requests ? before.request_ids : 0, before.authorizations);
  for (std::uint64_t i = 0; i < commands; ++i) {
    if (!apply(world.idle(), world.now())) return false;
  }
  model_.forget_all_it_may();
  const StatusView engine = engine_.show_status();
  const StatusView model = model_.show_status();
  if (engine.request_ids == model.request_ids && engine.authorizations == model.authorizations) {
    return true;
  }
  return differ(fmt::format("after the retention and {} commands the engine remembers {} request "
                            "ids and {} authorizations, not {} and {}", commands,
                            engine.request_ids, engine.authorizations, model.request_ids,
                            model.authorizations));
}

// The views are compared through their text: all their fields are in it, and it is the message.
template <class View>
bool Comparison::same(const View& engine, const View& model) {
  if (!engine.found && !model.found) return true;
  const std::string a = describe(engine);
  const std::string b = describe(model);
  return a == b || differ(fmt::format("views differ\n  engine: {}\n  model:  {}", a, b));
}

bool Comparison::compare_limits(CardToken card, TimestampNs now) {
  return same(engine_.show_limits(card, now), model_.show_limits(card, now));
}

bool Comparison::compare_rule_set(ProgramId program, std::uint32_t version) {
  constexpr std::uint32_t kRows = 7;  // of a page
  for (std::uint32_t first = 0;; first += kRows) {
    const RuleSetView engine = engine_.show_rule_set(program, version, first, kRows);
    const RuleSetView model = model_.show_rule_set(program, version, first, kRows);
    if (!same(engine, model)) return false;
    if (first >= model.rows_total) return true;  // the page behind the last one is empty
  }
}

// Each time the rows of the active version and of one other; their number grows with the world.
bool Comparison::compare_programs(const RandomCommands& world) {
  ++full_checks_;
  for (std::uint32_t n = 0; n <= world.shape().programs + 1; ++n) {
    const ProgramId id{n};
    if (!same(engine_.show_program(id), model_.show_program(id))) return false;
    if (!same(engine_.show_shadows(id), model_.show_shadows(id))) return false;
    const std::uint64_t versions = std::uint64_t{world.newest_version(id)} + 1;
    const auto other = static_cast<std::uint32_t>(1 + full_checks_ % versions);
    if (!compare_rule_set(id, 0) || !compare_rule_set(id, other)) return false;
  }
  return true;
}

bool Comparison::compare_all(const RandomCommands& world) {
  engine_.check_invariants();
  const WorldShape& shape = world.shape();
  for (std::uint64_t n = 0; n <= shape.accounts + 2; ++n) {
    const AccountId id = RandomCommands::account_id(n);
    if (!same(engine_.show_account(id), model_.show_account(id))) return false;
  }
  for (std::uint64_t n = 0; n <= shape.cards + 2; ++n) {
    const CardToken token = RandomCommands::card_token(n);
    if (!same(engine_.show_card(token), model_.show_card(token))) return false;
    if (!compare_limits(token, world.now())) return false;
  }
  if (!compare_programs(world)) return false;
  for (std::uint64_t n = 1; n <= model_.last_authorization().value + 1; ++n) {
    const AuthorizationId id{n};
    const AuthorizationView engine = engine_.show_authorization(id, {});
    const AuthorizationView model = model_.show_authorization(id, {});
    const bool may_differ = !engine.found && model_.may_be_forgotten(id);
    if (engine.found != model.found && !may_differ) {
      return differ(fmt::format("authorization {} is {}known to the engine and {}to the model", n,
                                engine.found ? "" : "not ", model.found ? "" : "not "));
    }
    if (!may_differ && !same(engine, model)) return false;
    if (!exact_ || !model.found) continue;
    const RequestId request = model.request_id;
    if (!same(engine_.show_authorization({}, request), model_.show_authorization({}, request))) {
      return false;
    }
  }
  for (const CurrencyCode currency : RandomCommands::kCurrencies) {
    if (engine_.ledgers_sum(currency) != Money{} || model_.ledgers_sum(currency) != Money{}) {
      return differ(fmt::format("ledgers of currency {} do not sum to zero: engine {}, model {}",
                                currency.numeric, engine_.ledgers_sum(currency).minor,
                                model_.ledgers_sum(currency).minor));
    }
  }
  const StatusView a = engine_.show_status();
  const StatusView b = model_.show_status();
  const bool ids_in_range =
      a.request_ids >= b.request_ids && a.request_ids <= model_.request_ids_most();
  const bool authorizations_in_range =
      a.authorizations >= b.authorizations && a.authorizations <= model_.authorizations_most();
  if (a.position != b.position || a.accounts != b.accounts || a.cards != b.cards ||
      a.programs != b.programs || !authorizations_in_range ||
      a.open_authorizations != b.open_authorizations || !ids_in_range || a.config != b.config) {
    return differ(fmt::format(
        "status differs: position {}/{}, accounts {}/{}, cards {}/{}, programs {}/{}, "
        "authorizations {} not in {} .. {}, open {}/{}, request ids {} not in {} .. {}",
        a.position.value, b.position.value, a.accounts, b.accounts, a.cards, b.cards, a.programs,
        b.programs, a.authorizations, b.authorizations, model_.authorizations_most(),
        a.open_authorizations, b.open_authorizations, a.request_ids, b.request_ids,
        model_.request_ids_most()));
  }
  if (engine_.time() != model_.time()) return differ("the times of the last logged command differ");
  if (engine_.digest() != replica_.digest()) {
    return differ("the digest of the engine is not that of the replica fed from its log");
  }
  return true;
}

}  // namespace holdfast::model
