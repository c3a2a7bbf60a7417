// In steady state a payment allocates nothing in the engine, with controls and without.
//
// This program's operator new counts. After the tables and indexes have grown to what they need,
// whole rounds of payments must not move the counter.
#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "tests/allocation_count.h"
#include "tests/engine/rules.h"

namespace holdfast {
namespace {

using namespace test;

/// One packet, which is free again at once.
class ForgetfulSink : public SnapshotSink {
 public:
  ForgetfulSink() : memory_(kSnapshotPagesPerPacket * kSnapshotPageBytes) {
    packet_.pages = memory_.data();
  }
  std::expected<void, SnapshotDelay> begin(const SnapshotPlan&) override { return {}; }
  SnapshotPacket* take_packet(SnapshotPacketUse) override {
    packet_.count = 0;
    return &packet_;
  }
  void put_packet(SnapshotPacket*) override {}
  std::uint64_t packets_waiting() const override { return 0; }
  void finish() override {}
  void abandon(std::string_view) override {}
  bool has_failed() const override { return false; }
  SnapshotReport report() const override { return {}; }

 private:
  std::vector<std::byte> memory_;
  SnapshotPacket packet_;
};

// Plays rounds with eight controls; `shadowed`: two more sets beside them, one that declines much.
void expect_no_allocation(bool shadowed) {
  AddControl deny = filter(1, ControlEffect::deny);
  deny.merchant_list = 1;
  AddControl by_program = cap_window(4, WindowKind::year, INT64_MAX, UINT32_MAX - 1);
  by_program.scope = ControlScope::program;
  AddControl by_account = rolling(5, 7 * 86'400, 86'400, 1'000'000'000);
  by_account.scope = ControlScope::account;
  RuledWorld world({{deny, cap_transaction(2, 1000), cap_window(3, WindowKind::day, 1'000'000),
                     by_program, by_account, cap_window(6, WindowKind::week, 1'000'000),
                     cap_window(7, WindowKind::lifetime, 1'000'000'000),
                     rolling(8, 30 * 60, 60, 1'000'000)},
                    {merchant_item(1, "SHADY")}});
  EngineConfig config = world.engine.config();
  config.request_retention_s = 60;
  config.authorization_retention_s = 60;
  ASSERT_EQ(world.engine.apply(configure(config), world.now).decision, Decision::approved);

  if (shadowed) {
    world.shadow({{cap_window(3, WindowKind::day, 1000), rolling(8, 30 * 60, 60, 15)}});
    world.shadow({{cap_window(3, WindowKind::week, 1'000'000), by_program}});
  }
  std::uint64_t declined = 0;
  const auto must = [&declined](const Outcome& outcome) {
    declined += is_approval(outcome.decision) ? 0 : 1;
  };
  const auto round = [&] {
    for (int i = 0; i < 2000; ++i) {
      world.now.ns += kNsPerSecond;
      const Outcome taken = world.pay(10);
      must(taken);
      const Outcome reversed = world.pay(20);
      must(world.raise(reversed, 5));
      must(world.take(taken, 6, /*final=*/true));
      must(world.give_back(reversed, 7));
      must(world.give_back(reversed));
    }
  };
  for (int i = 0; i < 5; ++i) round();
  allocations = 0;
  counting = true;
  for (int i = 0; i < 5; ++i) round();
  counting = false;
  EXPECT_EQ(allocations.load(), 0U);

  // Nor while a snapshot is under way whose writer keeps up: all of it is taken when that begins,
  // and the first page, where the rule sets are encoded, is behind us.
  ForgetfulSink sink;
  ASSERT_TRUE(world.engine.begin_snapshot(sink));
  world.engine.copy_for_snapshot(world.engine.snapshot_progress().pages / 4);
  counting = true;
  round();
  counting = false;
  EXPECT_EQ(allocations.load(), 0U);
  EXPECT_GT(world.engine.snapshot_pages_ahead(), 0U);
  EXPECT_EQ(world.engine.snapshot_progress().phase, SnapshotPhase::copying);
  world.engine.abandon_snapshot("the test ends");
  EXPECT_EQ(declined, 0U);
  if (shadowed) {
    EXPECT_GT(world.report(0).tallies.size(), 1U);
    EXPECT_EQ(world.report(1).tallies.size(), 1U);
  }
}

TEST(SteadyState, PaymentsWithEightControlsAllocateNothing) { expect_no_allocation(false); }
TEST(SteadyState, NorDoTheyWithShadowsBeside) { expect_no_allocation(true); }

}  // namespace
}  // namespace holdfast
