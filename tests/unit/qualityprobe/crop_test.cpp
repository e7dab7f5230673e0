#include "plugins/qualityprobe/crop.h"
#include "plugins/qualityprobe/bars.h"

#include <gtest/gtest.h>

#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

// Black but for a rectangle.
std::shared_ptr<TestPicture> window(int width, int height, const Rectangle& at,
                                    SampleLayout layout = {}, int bar = 16) {
  auto picture = std::make_shared<TestPicture>(width, height, layout);
  const int unit = layout.depth == 8 ? 1 : 4;
  picture->fill([&](int x, int y) {
    const bool inside = x >= at.x && x < at.x + at.width && y >= at.y && y < at.y + at.height;
    return unit * (inside ? 90 + (x * 7 + y * 3) % 100 : bar);
  });
  return picture;
}

class Crop : public testing::Test {
 protected:
  void show(const std::shared_ptr<TestPicture>& picture, int times = 1) {
    for (int i = 0; i < times; ++i) {
      const Plane& luma = picture->luma();
      finder.add(find_extent(luma, picture->samples, settings.limit), luma.width, luma.height,
                 settings);
    }
  }
  CropSettings settings;
  CropFinder finder;
};

TEST_F(Crop, FindsLetterboxAndPillarbox) {
  for (const SampleLayout layout : {SampleLayout{8, 0}, {10, 0}, {10, 6}}) {
    finder.reset();
    show(window(320, 240, {0, 32, 320, 176}, layout), 3);
    EXPECT_EQ(finder.rectangle(settings), (Rectangle{0, 32, 320, 176}));
    finder.reset();
    show(window(321, 240, {40, 0, 240, 240}, layout), 3);
    EXPECT_EQ(finder.rectangle(settings), (Rectangle{40, 0, 240, 240}));
  }
}

TEST_F(Crop, RoundsInwardsAndEven) {
  show(window(320, 240, {3, 5, 307, 201}), 3);
  // 306 from column 4 to 309 shrink by 2 to 304, 200 from row 6 to 205 by 8 to 192.
  EXPECT_EQ(finder.rectangle(settings), (Rectangle{6, 10, 304, 192}));
  settings.round = 2;
  EXPECT_EQ(finder.rectangle(settings), (Rectangle{4, 6, 306, 200}));
}

TEST_F(Crop, WaitsForTheThirdPictureAndForLight) {
  const auto black = window(320, 240, {0, 0, 0, 0});
  show(window(320, 240, {0, 0, 320, 240}), 2);
  EXPECT_FALSE(finder.rectangle(settings));
  show(black, 5);
  EXPECT_FALSE(finder.rectangle(settings));
  show(window(320, 240, {0, 32, 320, 176}));
  EXPECT_TRUE(finder.rectangle(settings));
}

TEST_F(Crop, HoldsAllPicturesUntilItBeginsAnew) {
  const auto narrow = window(320, 240, {80, 0, 160, 240});
  const auto wide = window(320, 240, {0, 0, 320, 240});
  show(narrow, 3);
  show(wide);
  show(narrow, 20);
  EXPECT_EQ(finder.rectangle(settings)->width, 320);
  settings.reset = 10;
  show(narrow, 11);
  EXPECT_EQ(finder.rectangle(settings)->width, 160);
}

TEST_F(Crop, ALineIsABarUpToTheLimit) {
  show(window(320, 240, {0, 32, 320, 176}, {}, 24), 3);
  EXPECT_EQ(finder.rectangle(settings)->height, 176);
  finder.reset();
  show(window(320, 240, {0, 32, 320, 176}, {}, 25), 3);
  EXPECT_EQ(finder.rectangle(settings)->height, 240);
}

TEST(Extent, IsFoundInTheSmallestPictures) {
  for (int width = 1; width <= 35; ++width) {
    for (int height = 1; height <= 5; ++height) {
      TestPicture picture(width, height);
      picture.fill([](int, int) { return 200; });
      const Extent extent = find_extent(picture.luma(), {}, 24.0 / 255);
      ASSERT_TRUE(extent.rows && extent.columns);
      EXPECT_EQ(extent.columns->last, width - 1);
      EXPECT_EQ(extent.rows->last, height - 1);
    }
  }
}

class Bars : public testing::Test {
 protected:
  bool judge(const std::shared_ptr<TestPicture>& picture) {
    const Plane& luma = picture->luma();
    return bars.judge(luma, picture->samples,
                      find_extent(luma, picture->samples, CropSettings().limit), 0.03);
  }
  BarJudge bars;
};

TEST_F(Bars, HaveABorder) {
  for (const SampleLayout layout : {SampleLayout{8, 0}, {10, 0}, {10, 6}}) {
    EXPECT_TRUE(judge(window(320, 240, {0, 32, 320, 176}, layout)));
    EXPECT_TRUE(judge(window(321, 240, {40, 0, 240, 240}, layout)));
    EXPECT_TRUE(judge(window(320, 240, {100, 80, 120, 80}, layout)));  // small, bars all around
    EXPECT_FALSE(judge(window(320, 240, {0, 0, 320, 240}, layout)));
    EXPECT_FALSE(judge(window(320, 240, {0, 2, 320, 236}, layout))) << "less than the least";
    EXPECT_FALSE(judge(window(320, 240, {0, 100, 320, 140}, layout))) << "one side is none";
  }
}

// Light that fades towards the edges, as at night.
std::shared_ptr<TestPicture> night(int width, int height, int brightest = 120) {
  auto picture = std::make_shared<TestPicture>(width, height);
  picture->fill([&](int x, int y) {
    const int from_edge = std::min({x, y, width - 1 - x, height - 1 - y});
    return 16 + std::min(brightest, from_edge * 2 / 3);
  });
  return picture;
}

TEST_F(Bars, AreNoDarkEdges) {
  EXPECT_GT(find_extent(night(320, 240)->luma(), {}, CropSettings().limit).rows->first, 0);
  EXPECT_FALSE(judge(night(320, 240)));
}

// White words on black have a straight upper edge, but only here and there.
TEST_F(Bars, AreNoTitles) {
  auto title = std::make_shared<TestPicture>(320, 240);
  title->fill([](int x, int y) { return y >= 100 && y < 130 && x % 40 < 12 ? 235 : 16; });
  EXPECT_FALSE(judge(title));
}

TEST_F(Bars, StayInTheDarkAndBesideASubtitle) {
  EXPECT_TRUE(judge(window(320, 240, {0, 32, 320, 176})));
  EXPECT_TRUE(judge(window(320, 240, {0, 0, 0, 0}))) << "black";
  auto dark = night(320, 240, 10);
  for (int y = 0; y < 40; ++y)
    for (int x = 0; x < 320; ++x) {
      dark->set(x, y, 16);
      dark->set(x, 239 - y, 16);
    }
  EXPECT_TRUE(judge(dark)) << "dark";
  auto subtitled = window(320, 240, {0, 32, 320, 176});
  for (int y = 215; y < 230; ++y)
    for (int x = 60; x < 260; ++x) subtitled->set(x, y, x % 5 ? 16 : 235);
  EXPECT_GT(find_extent(subtitled->luma(), {}, CropSettings().limit).rows->last, 207);
  EXPECT_TRUE(judge(subtitled)) << "a subtitle";
  EXPECT_TRUE(judge(window(320, 240, {0, 48, 320, 144}))) << "a wider film";
  EXPECT_TRUE(judge(window(320, 240, {0, 32, 320, 176}))) << "and back";
  EXPECT_FALSE(judge(window(320, 240, {0, 0, 320, 240}))) << "the whole picture";
  EXPECT_FALSE(judge(night(320, 240))) << "and then a dark one";
}

TEST_F(Bars, BeginAnewWithAnotherSize) {
  EXPECT_TRUE(judge(window(320, 240, {0, 32, 320, 176})));
  EXPECT_FALSE(judge(night(160, 120)));
}

}  // namespace
}  // namespace filmgate::quality
