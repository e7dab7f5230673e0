#include "host/worker/process/wanted_times.h"

#include <gmock/gmock.h>

namespace filmgate::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr uint64_t kSecond = 1'000'000'000;

TEST(WantedTimes, TilesComeFromTheMiddleOfTheirIntervals) {
  EXPECT_THAT(wanted_times({.tile_interval = 20 * kSecond}, 50 * kSecond),
              ElementsAre(10 * kSecond, 30 * kSecond, 45 * kSecond));
}

TEST(WantedTimes, ACountIsSpreadOverTheWhole) {
  EXPECT_THAT(wanted_times({.tile_interval = kSecond, .tile_count = 2}, 100 * kSecond),
              ElementsAre(25 * kSecond, 75 * kSecond));
}

TEST(WantedTimes, ThePosterChoosesAmongTheTilesOrAFewOfItsOwn) {
  EXPECT_THAT(wanted_times({.poster = true}, 100 * kSecond),
              ElementsAre(10 * kSecond, 30 * kSecond, 50 * kSecond));
  EXPECT_EQ(
      wanted_times({.poster = true, .tile_interval = kSecond, .tile_count = 15}, kSecond).size(),
      15u);
}

TEST(WantedTimes, EachMomentIsSoughtOnce) {
  EXPECT_THAT(wanted_times({.picture_interval = kSecond,
                            .picture_count = 1,
                            .tile_interval = kSecond,
                            .tile_count = 1},
                           8 * kSecond),
              ElementsAre(4 * kSecond));
}

TEST(WantedTimes, NothingWhereEverythingIsBetterDecoded) {
  EXPECT_THAT(wanted_times({.tile_interval = kSecond / 1000}, 3600 * kSecond), IsEmpty());
  EXPECT_THAT(wanted_times({}, 3600 * kSecond), IsEmpty());
  EXPECT_THAT(wanted_times({.tile_interval = kSecond}, 0), IsEmpty());
}

}  // namespace
}  // namespace filmgate::worker
