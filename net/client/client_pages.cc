// Answers that are longer than a frame: each is asked for page by page and made whole here.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "engine/check.h"
#include "net/client/client_impl.h"

namespace holdfast::net {
namespace {

constexpr std::uint16_t kStagesSchemaVersion = 5;
constexpr std::size_t kRuleSetRowsMax = limits::categories_max + limits::controls_max +
                                        limits::list_items_max + limits::zone_offsets_max;

}  // namespace

std::expected<LimitsPage, ClientError> Client::Impl::ask_limits(CardToken card,
                                                                std::size_t first) {
  auto page = exchange<LimitsPage>([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_show_limits(card, static_cast<std::uint16_t>(first), correlation, to);
  });
  if (page && (page->first != first || page->total > limits::controls_max ||
               (page->view.limits.empty() && first < page->total))) {
    return nonsense("a page of limits that was not asked for");
  }
  return page;
}

std::expected<ShadowsPage, ClientError> Client::Impl::ask_shadow(ProgramId program,
                                                                std::uint32_t from_version,
                                                                std::size_t first_tally) {
  auto page = exchange<ShadowsPage>([&](std::uint64_t correlation, std::span<std::byte> to) {
    return encode_show_shadows(program, from_version, static_cast<std::uint16_t>(first_tally),
                               correlation, to);
  });
  if (!page) return page;
  const auto& shadows = page->view.shadows;
  if (page->first_tally != first_tally || (!shadows.empty() && shadows[0].version < from_version) ||
      (shadows.empty() && page->shadows_behind > 0)) {
    return nonsense("a page of shadows that was not asked for");
  }
  return page;
}

std::expected<ShadowsPage, ClientError> Client::Impl::ask_whole_shadow(
    ProgramId program, std::uint32_t from_version) {
  auto all = ask_shadow(program, from_version, 0);
  while (all && !all->view.shadows.empty() &&
         all->view.shadows[0].tallies.size() < all->tallies) {
    ShadowView& shadow = all->view.shadows[0];
    auto page = ask_shadow(program, shadow.version, shadow.tallies.size());
    if (!page) return page;
    const auto& told = page->view.shadows;
    if (told.empty() || told[0].version != shadow.version ||
        told[0].started_at != shadow.started_at || page->tallies != all->tallies) {
      // It was stopped meanwhile, or a pair of decisions came new and moved those behind it. Both
      // are logged, and there are only so many pairs: this comes to an end.
      all = ask_shadow(program, from_version, 0);
      continue;
    }
    if (told[0].tallies.empty()) return nonsense("a page of shadows without what it announced");
    shadow.tallies.insert(shadow.tallies.end(), told[0].tallies.begin(), told[0].tallies.end());
  }
  return all;
}

std::expected<RuleSetView, ClientError> Client::Impl::ask_rows(ProgramId program,
                                                               std::uint32_t version,
                                                               std::size_t first) {
  Inquiry inquiry;
  inquiry.program = program;
  inquiry.rule_set_version = version;
  inquiry.first_row = static_cast<std::uint32_t>(first);
  auto page = ask<RuleSetView>(RequestKind::show_rule_set, inquiry);
  if (!page || !page->found) return page;
  const bool more = first < page->rows_total;
  if (page->first_row != first || page->rows_total > kRuleSetRowsMax ||
      (version != 0 && page->version != version) || more == page->rows.empty()) {
    return nonsense("a page of a rule set that was not asked for");
  }
  return page;
}

std::expected<LimitsView, ClientError> Client::show_limits(CardToken card) {
  std::optional<LimitsView> all;
  while (true) {
    auto page = impl_->ask_limits(card, all ? all->limits.size() : 0);
    if (!page) return std::unexpected(page.error());
    LimitsView& view = page->view;
    if (!all) {
      all = std::move(view);
    } else if (view.rule_set_version != all->rule_set_version || view.program != all->program) {
      // Another rule set took effect in between: its limits are others. Each such turn stands for
      // an activation that was logged meanwhile, so that this comes to an end.
      all.reset();
      continue;
    } else {
      all->limits.insert(all->limits.end(), view.limits.begin(), view.limits.end());
    }
    if (all->limits.size() >= page->total) return std::move(*all);
  }
}

std::expected<ShadowsView, ClientError> Client::show_shadows(ProgramId program) {
  auto all = impl_->ask_whole_shadow(program, 0);
  if (!all) return std::unexpected(all.error());
  while (all->shadows_behind > 0) {
    auto next = impl_->ask_whole_shadow(program, all->view.shadows.back().version + 1);
    if (!next) return std::unexpected(next.error());
    std::ranges::move(next->view.shadows, std::back_inserter(all->view.shadows));
    all->shadows_behind = next->shadows_behind;
  }
  return std::move(all->view);
}

std::expected<RuleSetView, ClientError> Client::show_rule_set(ProgramId program,
                                                              std::uint32_t version) {
  auto all = impl_->ask_rows(program, version, 0);
  while (all && all->rows.size() < all->rows_total) {
    auto page = impl_->ask_rows(program, all->version, all->rows.size());
    if (!page) return page;
    if (page->rows_total != all->rows_total) {
      // Rows of a version that is being put came in between, and moved those behind them.
      all = impl_->ask_rows(program, all->version, 0);
      continue;
    }
    all->rows.insert(all->rows.end(), page->rows.begin(), page->rows.end());
  }
  return all;
}

std::expected<StageProfile, ClientError> Client::show_stages() {
  if (impl_->broken) return impl_->tell_broken();
  HOLDFAST_CHECK(under_way() == 0, "a blocking call while pipelined requests are under way");
  if (impl_->info.schema_version < kStagesSchemaVersion) {
    return std::unexpected(ClientError{
        Impl::Kind::rejected,
        fmt::format("{} speaks version {} of the protocol, and stage times came with version {}: "
                    "it takes a newer holdfastd to tell them",
                    impl_->peer, impl_->info.schema_version, kStagesSchemaVersion)});
  }
  for (std::size_t stage = 0; stage < kStages; ++stage) {
    for (std::size_t first = 0; first < kStageBuckets; first += wire::kBucketsPerReply) {
      Inquiry inquiry;
      inquiry.stage = static_cast<Stage>(stage);
      inquiry.first_bucket = static_cast<std::uint16_t>(first);
      submit_inquiry(RequestKind::show_stages, inquiry);
    }
  }
  StageProfile profile;
  std::vector<ClientReply> replies;
  while (under_way() > 0) {
    replies.clear();
    if (const auto got = receive(replies); !got) return std::unexpected(got.error());
    for (ClientReply& reply : replies) {
      const auto page = impl_->wanted<StagePage>(std::move(reply));
      if (!page) return std::unexpected(page.error());
      const auto stage = static_cast<std::size_t>(page->stage);
      if (stage >= kStages || page->first_bucket + page->buckets.size() > kStageBuckets) {
        return impl_->nonsense("a stage or bucket that was not asked for");
      }
      StageCounts& counts = profile.stages[stage];
      std::ranges::copy(page->buckets, counts.buckets.begin() + page->first_bucket);
      counts.sum_ns = page->sum_ns;
      counts.max_ns = page->max_ns;
      profile.uptime_ns = page->uptime_ns;
    }
  }
  return profile;
}

}  // namespace holdfast::net
