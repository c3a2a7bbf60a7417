#include "persistence/engine_target.h"

#include <utility>

namespace holdfast::persistence {

std::optional<std::string> EngineTarget::begin(const SnapshotPlan& plan) {
  loader_.emplace();
  const auto begun = loader_->begin(plan);
  return begun ? std::nullopt : std::optional(begun.error());
}

std::optional<std::string> EngineTarget::add_page(SnapshotTable table, std::uint32_t page,
                                                  std::span<const std::byte> bytes) {
  const auto added = loader_->add_page({.table = table, .reserved = 0, .page = page}, bytes);
  return added ? std::nullopt : std::optional(added.error());
}

std::optional<std::string> EngineTarget::finish() {
  auto loaded = loader_->finish();
  loader_.reset();
  if (!loaded) return loaded.error();
  engine_ = std::move(*loaded);
  return std::nullopt;
}

void EngineTarget::discard() { loader_.reset(); }

}  // namespace holdfast::persistence
