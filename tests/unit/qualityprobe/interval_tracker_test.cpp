#include "plugins/qualityprobe/interval_tracker.h"

#include <gtest/gtest.h>

namespace filmgate::quality {
namespace {

TEST(IntervalTracker, ReportsAnIntervalWhenItEnds) {
  IntervalTracker tracker;
  tracker.configure(20);
  EXPECT_FALSE(tracker.update(true, 100, 110));
  EXPECT_FALSE(tracker.update(true, 110, 120));
  EXPECT_EQ(tracker.update(false, 120, 130), (Interval{100, 120}));
  EXPECT_EQ(tracker.total(), 20u);
}

TEST(IntervalTracker, ForgetsWhatIsTooShort) {
  IntervalTracker tracker;
  tracker.configure(21);
  tracker.update(true, 100, 120);
  EXPECT_FALSE(tracker.update(false, 120, 130));
  EXPECT_EQ(tracker.total(), 0u);
  EXPECT_TRUE(tracker.listed().empty());
}

TEST(IntervalTracker, APictureLastsUntilTheNextOne) {
  IntervalTracker tracker;
  tracker.update(true, 100, 100);  // no duration known
  EXPECT_EQ(tracker.update(false, 140, 140), (Interval{100, 140}));
}

TEST(IntervalTracker, ClosesWhatIsOpen) {
  IntervalTracker tracker;
  EXPECT_FALSE(tracker.close(50));
  tracker.update(true, 100, 110);
  EXPECT_TRUE(tracker.open());
  EXPECT_EQ(tracker.close(115), (Interval{100, 115}));
  EXPECT_FALSE(tracker.open());
}

TEST(IntervalTracker, BridgesShortPauses) {
  IntervalTracker tracker;
  tracker.configure(0, 10);
  tracker.update(true, 100, 105);
  EXPECT_FALSE(tracker.update(false, 105, 112));
  EXPECT_FALSE(tracker.update(true, 112, 114));
  EXPECT_FALSE(tracker.update(false, 114, 120));
  EXPECT_EQ(tracker.update(false, 120, 130), (Interval{100, 114}));
}

TEST(IntervalTracker, AJumpBeyondTheBridgeBeginsAnotherInterval) {
  IntervalTracker tracker;
  tracker.configure(0, 10);
  tracker.update(true, 100, 105);
  tracker.update(false, 105, 106);
  EXPECT_EQ(tracker.update(true, 200, 205), (Interval{100, 105}));
  EXPECT_EQ(tracker.close(205), (Interval{200, 205}));
}

TEST(IntervalTracker, ListsABoundedNumberAndCountsTheRest) {
  IntervalTracker tracker;
  const Time many = IntervalTracker::kMaxListed + 5;
  for (Time i = 0; i < many; ++i) {
    tracker.update(true, 10 * i, 10 * i + 5);
    tracker.update(false, 10 * i + 5, 10 * i + 10);
  }
  const Json json = tracker.to_json(10 * many);
  EXPECT_EQ(json.get("intervals").size(), IntervalTracker::kMaxListed);
  EXPECT_EQ(json.get("unlisted").integer_or(0), 5);
  EXPECT_DOUBLE_EQ(json.get("ratio").number_or(0), 0.5);
}

}  // namespace
}  // namespace filmgate::quality
