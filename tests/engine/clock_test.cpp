// The clock of the day is set back, by hours, beside a host that runs and before one that starts.
#include "tests/engine/bench.h"

namespace filmgate::test {
namespace {

constexpr int64_t kBack = 7'200'000;

// Restarted or not, that which looks at the clock next.
class ClockSetBack : public testing::TestWithParam<bool> {
 protected:
  void set_back(Bench& bench) {
    bench.clock.now -= kBack;
    if (GetParam()) {
      bench.restart();
    } else {
      bench.deliveries->messages.clear();
      bench.upload("uploads/other.mov");  // the timer that was set does not come here
    }
    bench.run_now();
  }
};

TEST_P(ClockSetBack, AMessageThatWaitsForItsReceiverLeaves) {
  Bench bench({description(), description("optional", "", "other", ".mov")});
  bench.deliveries->answers.push_back({DeliveryResult::kRetry, "the receiver is away", 0});
  const std::string id = bench.upload("uploads/clip.mp4");
  ASSERT_TRUE(bench.run_until([&] { return bench.deliveries->messages.size() == 1; }));
  bench.run_now();
  ASSERT_EQ(bench.deliveries->messages.size(), 1u);
  set_back(bench);
  ASSERT_FALSE(bench.deliveries->messages.empty());
  EXPECT_EQ(bench.deliveries->messages.front().asset_id, id);
  EXPECT_EQ(bench.deliveries->messages.front().topic, "asset.processed");
}

TEST_P(ClockSetBack, SomebodyIsToldOfMissingMetadataAfterTheGraceTime) {
  Bench bench({description("required"), description("required", "", "other", ".mov")});
  const std::string id = bench.upload("uploads/clip.mp4");
  bench.run_now();
  ASSERT_EQ(bench.asset(id).state, AssetState::kWaitingMetadata);
  set_back(bench);
  EXPECT_TRUE(bench.topics().empty());
  const int64_t began = bench.clock.now;
  // A timer from before is one of the steady clock, which nobody sets.
  const auto told = [&] { return !bench.deliveries->messages.empty(); };
  ASSERT_TRUE(bench.run_until(told));
  EXPECT_EQ(bench.clock.now - began, 60'000);
  EXPECT_EQ(bench.deliveries->messages.front().asset_id, id);
}

TEST(ClockSetBackInAnOutage, SomebodyIsToldOfMissingMetadataAfterTheGraceTime) {
  Bench bench({description("required"), description("optional", "", "other", ".mov")});
  bench.upload("uploads/clip.mp4");
  bench.worker->hang_next("inspect");
  bench.upload("uploads/other.mov");
  ASSERT_TRUE(bench.run_until([&] { return bench.worker->running() == 1; }));
  bench.run_now();
  bench.deliveries->messages.clear();
  bench.store->away = true;
  bench.clock.now -= kBack;
  bench.worker->release();
  bench.run_now();
  bench.store->away = false;
  const int64_t began = bench.clock.now;
  const auto told = [&] {
    return std::any_of(bench.deliveries->messages.begin(), bench.deliveries->messages.end(),
                       [](const OutboxMessage& message) {
                         return message.body.get("name").string_or("") == "clip.mp4";
                       });
  };
  ASSERT_TRUE(bench.run_until(told));
  EXPECT_LE(bench.clock.now - began, 65'000);
}

INSTANTIATE_TEST_SUITE_P(, ClockSetBack, testing::Bool());

}  // namespace
}  // namespace filmgate::test
