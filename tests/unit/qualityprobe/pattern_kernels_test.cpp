#include "plugins/qualityprobe/pattern_kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "plugins/qualityprobe/pattern_measures.h"
#include "tests/unit/qualityprobe/each_target.h"
#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

constexpr SampleLayout k8{8, 0};
constexpr SampleLayout k10{10, 0};
constexpr SampleLayout kP010{10, 6};
constexpr PatternRequest kAll{.grid = true, .noise = true, .fields = true};

PatternSums sum(const Picture& now, const Picture* before, bool scalar = false) {
  PatternMeasure measure;
  measure.begin(now.luma(), kAll);
  walk_strips(now.luma(), before ? &before->luma() : nullptr, now.samples,
              [&](const Strip& strip) { scalar ? measure.add_scalar(strip) : measure.add(strip); });
  return measure.sums();
}

using EachPatternTarget = EachTarget;

TEST_F(EachPatternTarget, SumsWhatTheScalarWalkSums) {
  const int sizes[][2] = {{1, 1},   {2, 2},    {3, 4},    {9, 9},     {10, 11},   {31, 5},
                          {33, 40}, {64, 130}, {161, 77}, {1031, 35}, {2200, 24}, {40, 4200}};
  run([&](const std::string& target) {
    for (const SampleLayout layout : {k8, k10, kP010}) {
      for (const auto& size : sizes) {
        TestPicture now(size[0], size[1], layout, 7);
        TestPicture before(size[0], size[1], layout, 3, true);
        now.fill_noise(static_cast<unsigned>(size[0]));
        before.fill_noise(static_cast<unsigned>(size[1]) + 1000);
        const std::string where =
            target + " " + std::to_string(size[0]) + "x" + std::to_string(size[1]) + " depth " +
            std::to_string(layout.depth) + "<<" + std::to_string(layout.shift);
        EXPECT_TRUE(sum(now, &before) == sum(now, &before, true)) << where;
        EXPECT_TRUE(sum(now, nullptr) == sum(now, nullptr, true)) << where << ", alone";
        for (int y = 0; y < size[1]; y += 7)
          EXPECT_EQ(sum_row(now.luma(), layout, y), sum_row_scalar(now.luma(), layout, y)) << where;
        for (int x = 0; x < size[0]; x += kRunColumns)
          EXPECT_EQ(sum_columns(now.luma(), layout, x), sum_columns_scalar(now.luma(), layout, x))
              << where;
      }
    }
  });
}

// The steepest picture there is: the narrow lanes must hold its sums.
TEST_F(EachPatternTarget, HoldsTheGreatestSums) {
  run([&](const std::string& target) {
    for (const SampleLayout layout : {k8, k10, kP010}) {
      const int top = layout.depth == 8 ? 255 : 1023;
      TestPicture now(4099, 70, layout);
      TestPicture before(4099, 70, layout);
      now.fill([top](int x, int y) { return (x + y) % 2 ? top : 0; });
      before.fill([top](int x, int y) { return (x + y) % 2 ? 0 : top; });
      EXPECT_TRUE(sum(now, &before) == sum(now, &before, true)) << target;
      now.fill([top](int x, int y) { return x < 50 || y < 30 ? top : 0; });  // one step, no others
      EXPECT_TRUE(sum(now, &before) == sum(now, &before, true)) << target;
      EXPECT_EQ(sum_row(now.luma(), layout, 0), static_cast<uint64_t>(top) * 4099) << target;
    }
  });
}

// A picture with the given noise on a slope, and a step of `edge` every `period` samples.
void fill_pattern(TestPicture& picture, double sigma, int period = 8, int edge = 0,
                  unsigned seed = 1) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, sigma);
  const double unit = picture.samples.depth == 8 ? 1 : 4;
  picture.fill([&](int x, int y) {
    const int step = ((x / period + y / period) % 2) * edge;
    return static_cast<int>(
        std::lround(unit * (100 + 0.05 * x + step + (sigma > 0 ? noise(random) : 0))));
  });
}

TEST(Noise, IsTheDeviationThatWasPutIn) {
  for (const SampleLayout layout : {k8, k10, kP010}) {
    for (const double sigma : {2.0, 5.0, 12.0}) {
      TestPicture picture(640, 360, layout);
      fill_pattern(picture, sigma);
      const auto found = noise_of(sum(picture, nullptr), 640, layout);
      ASSERT_TRUE(found);
      EXPECT_NEAR(*found, sigma, 0.08 * sigma) << layout.depth;
    }
  }
}

TEST(Noise, IsNoneInAFlatOrCleanPicture) {
  TestPicture picture(640, 360);
  picture.fill([](int, int) { return 77; });
  EXPECT_EQ(noise_of(sum(picture, nullptr), 640, k8), 0.0);
  picture.fill(
      [](int x, int y) { return 40 + (x > 300) * 90 + (y > 100) * 50; });  // straight edges
  EXPECT_LT(*noise_of(sum(picture, nullptr), 640, k8), 0.2);
}

// Strong texture on most of the picture, noise on all of it, bars without any around it.
TEST(Noise, IsFoundUnderTexture) {
  TestPicture picture(640, 360);
  fill_pattern(picture, 3);
  std::mt19937 random(5);
  for (int y = 0; y < 360; ++y) {
    for (int x = 0; x < 640; ++x) {
      const int value = picture.luma().row(y)[x];
      if (y < 40 || y >= 320)
        picture.set(x, y, 16);
      else if (x > 260)
        picture.set(x, y, std::clamp(value + static_cast<int>(random() % 90), 0, 255));
    }
  }
  EXPECT_NEAR(*noise_of(sum(picture, nullptr), 640, k8), 3, 0.4);
}

TEST(Blockiness, FindsTheGridOfACoder) {
  for (const SampleLayout layout : {k8, k10, kP010}) {
    TestPicture clean(640, 360, layout);
    fill_pattern(clean, 2);
    TestPicture blocky(640, 360, layout);
    fill_pattern(blocky, 2, 8, 8);
    TestPicture scaled(640, 360, layout);
    fill_pattern(scaled, 2, 12, 8);
    const double base = *blockiness_of(sum(clean, nullptr));
    EXPECT_GT(base, 0.8);
    EXPECT_LT(base, 1.4);
    EXPECT_GT(*blockiness_of(sum(blocky, nullptr)), 2 * base);
    EXPECT_GT(*blockiness_of(sum(scaled, nullptr)), 2 * base);
  }
}

// The edges of bars are steep, and lie on some grid or other.
TEST(Blockiness, IsNotMisledByBars) {
  TestPicture picture(640, 360);
  fill_pattern(picture, 2);
  for (int y = 0; y < 360; ++y)
    for (int x = 0; x < 640; ++x)
      if (y < 48 || y >= 312) picture.set(x, y, 16);
  EXPECT_LT(*blockiness_of(sum(picture, nullptr)), 3);
}

// Steps of one code value, all of them on the grid: a coder makes them of any fade, and nobody sees
// them. Steps of five are seen.
TEST(Blockiness, IsWhatCanBeSeen) {
  for (const SampleLayout layout : {k8, k10, kP010}) {
    const int unit = layout.depth == 8 ? 1 : 4;
    for (const int edge : {1, 5}) {
      TestPicture picture(640, 360, layout);
      picture.fill([&](int x, int y) { return unit * (60 + (x / 8 + y / 8) % 2 * edge); });
      const auto found = blockiness_of(sum(picture, nullptr));
      EXPECT_EQ(found.value_or(0) > 3, edge == 5) << found.value_or(0) << " at " << layout.depth;
    }
  }
}

// A drawn chart: flat areas with long straight edges between them, some of which lie on a grid.
TEST(Blockiness, IsNotMisledByAChart) {
  TestPicture picture(640, 360);
  picture.fill([](int x, int y) { return y >= 240 ? 40 + x / 160 * 30 : 40 + x / 91 * 25; });
  EXPECT_LT(blockiness_of(sum(picture, nullptr)).value_or(0), 2);
}

TEST(Blockiness, IsAbsentWhereNothingVaries) {
  TestPicture flat(640, 360);
  flat.fill([](int, int) { return 16; });
  EXPECT_FALSE(blockiness_of(sum(flat, nullptr)));
  TestPicture small(5, 5);
  small.fill_noise(1);
  EXPECT_FALSE(blockiness_of(sum(small, nullptr)));
}

TEST(Sampling, LeavesEnoughOfEverySize) {
  for (int size = 256; size <= 8192; size += 61) {
    EXPECT_GE(size / row_step(size), 128) << size;
    EXPECT_LE(size / row_step(size), size <= 8160 ? 255 : 256) << size;
    EXPECT_GE(size / column_pitch(size) * kRunColumns + kRunColumns, 128) << size;
  }
}

}  // namespace
}  // namespace filmgate::quality
