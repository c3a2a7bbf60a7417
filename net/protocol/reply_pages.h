// Views that are longer than a frame, cut into the page that was asked for. `codec_replies.cc`
// sends them; the way back (`to_view`) stands beside it in reply_pages.cc. No state; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/request.h"
#include "net/protocol/messages.h"

namespace holdfast::net {

/// The limits from `first` on.
[[nodiscard]] wire::LimitsReply limits_page(const LimitsView& view, std::size_t first);
/// The shadow with the lowest version from `from_version` on, its tallies from `first_tally` on.
[[nodiscard]] wire::ShadowsReply shadows_page(const ShadowsView& view, std::uint32_t from_version,
                                              std::size_t first_tally);
/// The view is a page already: the engine cut it, at most limits::rule_set_rows_per_reply rows.
[[nodiscard]] wire::RuleSetReply rule_set_page(const RuleSetView& view);
/// The core cut it, at most limits::stage_buckets_per_reply buckets.
[[nodiscard]] wire::StagesReply stages_page(const StagePage& page);

}  // namespace holdfast::net
