// What the reference model remembers, and for how long: request ids, tombstones, authorizations.
#include <algorithm>

#include "tests/model/reference_model.h"
#include "tests/model/rules.h"

namespace holdfast::model {
namespace {

// The part of an answer that a decision makes; position and time come later.
bool same_decision(const Outcome& a, const Outcome& b) {
  return a.decision == b.decision && a.flags == b.flags && a.authorization == b.authorization &&
         a.amount == b.amount && a.ledger_balance == b.ledger_balance &&
         a.available_balance == b.available_balance &&
         a.counterparty_balance == b.counterparty_balance;
}

}  // namespace

// Originals ------------------------------------------------------------------------------------

AuthorizationId ReferenceModel::made_by(const Remembered& entry) {
  const bool makes_one = entry.command.kind == CommandKind::authorize ||
                         entry.command.kind == CommandKind::advise;
  if (entry.tombstone || !makes_one || !is_approval(entry.outcome.decision)) return {};
  return entry.outcome.authorization;
}

std::optional<AuthorizationId> ReferenceModel::find_original(AuthorizationId id, RequestId request,
                                                             bool gone) const {
  if (gone) return std::nullopt;
  if (id.is_zero()) {
    const auto entry = requests_.find(request);
    if (entry == requests_.end()) return std::nullopt;
    id = made_by(entry->second);
  }
  return authorizations_.contains(id) ? std::optional(id) : std::nullopt;
}

Outcome ReferenceModel::with_original(AuthorizationId id, RequestId request, CardToken card,
                                      const std::function<Outcome(bool gone)>& decide) {
  const bool by_id = !id.is_zero();
  bool may_be_gone = false;
  if (!by_id) {
    const auto entry = requests_.find(request);
    if (entry == requests_.end()) return decide(false);
    id = made_by(entry->second);
    may_be_gone = may_be_forgotten(entry->second);
  }
  may_be_gone |= may_be_forgotten(id);
  if (!may_be_gone) return decide(false);
  if (seen_ == nullptr) return decide(true);

  const auto original = authorizations_.find(id);
  const bool is_anothers =
      !card.is_zero() && original != authorizations_.end() && card != original->second.asked.card;
  const bool surely_gone =
      (seen_->flags & kOutcomeOriginalForgotten) != 0 ||
      (is_approval(seen_->decision) && seen_->authorization.is_zero()) ||
      (is_anothers ? !told(Decision::no_original) : told(Decision::no_original));
  if (surely_gone) {
    if (by_id) authorizations_.erase(id);
    return decide(true);
  }
  // What would be declined of a forgotten hold is declined of a remembered
  // one of the same card too.
  const Outcome remembered = decide(false);
  if (is_approval(seen_->decision) || same_decision(remembered, *seen_)) return remembered;
  return decide(true);
}

AuthorizationId ReferenceModel::keep(Authorization made) {
  last_authorization_ = last_authorization_.next();
  if (made.state == AuthorizationState::open) open_.insert(last_authorization_);
  authorizations_[last_authorization_] = made;
  return last_authorization_;
}

void ReferenceModel::end(AuthorizationId id, Authorization& a, AuthorizationState state) {
  if (a.state == AuthorizationState::open) {
    a.ended_at = now_;
    // An authorization of which nothing was paid was none: it counts no more.
    if (a.captured == 0) {
      for (const auto& use : a.uses) use->count = 0;
    }
    a.uses.clear();
  }
  a.state = state;
  open_.erase(id);
}

void ReferenceModel::close_if_done(AuthorizationId id, Authorization& a) {
  if (left(a) != 0) return;
  end(id, a, a.captured > 0 ? AuthorizationState::captured : AuthorizationState::reversed);
}

// Retention ------------------------------------------------------------------------------------

bool ReferenceModel::may_be_forgotten(const Remembered& entry) const {
  if (entry.maybe_tombstone) return true;
  if (open_.contains(made_by(entry))) return false;
  return now_.ns - entry.outcome.time.ns >= config_.request_retention_s * kNsPerSecond;
}

bool ReferenceModel::may_be_forgotten(const Authorization& a) const {
  return a.state != AuthorizationState::open && config_.authorization_retention_s != 0 &&
         now_.ns - a.ended_at.ns >= config_.authorization_retention_s * kNsPerSecond;
}

bool ReferenceModel::may_be_forgotten(AuthorizationId id) const {
  const auto found = authorizations_.find(id);
  return found != authorizations_.end() && may_be_forgotten(found->second);
}

std::size_t ReferenceModel::must_be_remembered() const {
  std::size_t count = 0;
  for (const auto& [id, entry] : requests_) count += may_be_forgotten(entry) ? 0 : 1;
  return count;
}

std::size_t ReferenceModel::authorizations_to_remember() const {
  std::size_t count = 0;
  for (const auto& [id, a] : authorizations_) count += may_be_forgotten(a) ? 0 : 1;
  return count;
}

// Where a memory is full of what may be forgotten, the engine may decline only if it cannot know
// yet that all of that may go: see `is_surely_forgettable`.
bool ReferenceModel::has_no_room_for_requests(std::size_t more) const {
  if (requests_.size() + more <= config_.request_ids_max) return false;
  if (must_be_remembered() + more > config_.request_ids_max) return true;
  const auto kept = std::count_if(requests_.begin(), requests_.end(), [this](const auto& entry) {
    return !is_surely_forgettable(entry.second);
  });
  return told(Decision::at_capacity) &&
         static_cast<std::size_t>(kept) + more > config_.request_ids_max;
}

bool ReferenceModel::has_no_room_for_authorization() const {
  if (authorizations_.size() < config_.authorizations_max) return false;
  if (authorizations_to_remember() >= config_.authorizations_max) return true;
  const auto kept =
      std::count_if(authorizations_.begin(), authorizations_.end(),
                    [this](const auto& a) { return !is_surely_forgettable(a.second); });
  return told(Decision::at_capacity) &&
         static_cast<std::size_t>(kept) >= config_.authorizations_max;
}

// An entry that outlived its retention with its authorization went behind those of then, and is
// looked at again when these are past theirs.
bool ReferenceModel::is_surely_forgettable(const Remembered& entry) const {
  if (entry.maybe_tombstone || !may_be_forgotten(entry)) return false;
  std::uint64_t last_ns = entry.outcome.time.ns;
  if (const AuthorizationId id = made_by(entry); !id.is_zero()) {
    const auto made = authorizations_.find(id);
    if (made == authorizations_.end()) return false;  // nobody knows when it ended
    last_ns = std::max(last_ns, made->second.ended_at.ns);
  }
  return now_.ns - last_ns >= config_.request_retention_s * kNsPerSecond;
}

// The engine counts from the next whole second.
bool ReferenceModel::is_surely_forgettable(const Authorization& a) const {
  return may_be_forgotten(a) &&
         now_.ns - a.ended_at.ns >=
             (std::uint64_t{config_.authorization_retention_s} + 1) * kNsPerSecond;
}

void ReferenceModel::forget_all_it_may() {
  std::erase_if(requests_, [this](const auto& entry) { return may_be_forgotten(entry.second); });
  std::erase_if(authorizations_, [this](const auto& a) { return may_be_forgotten(a.second); });
}

}  // namespace holdfast::model
