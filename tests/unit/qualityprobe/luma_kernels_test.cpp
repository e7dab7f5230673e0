#include "plugins/qualityprobe/luma_kernels.h"

#include <gtest/gtest.h>

#include "tests/unit/qualityprobe/each_target.h"
#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

constexpr SampleLayout k8{8, 0};
constexpr SampleLayout k10{10, 0};
constexpr SampleLayout kP010{10, 6};

void expect_equal(const LumaSums& simd, const LumaSums& scalar, const std::string& where) {
  EXPECT_EQ(simd.pixels, scalar.pixels) << where;
  EXPECT_EQ(simd.sum, scalar.sum) << where;
  EXPECT_EQ(simd.min, scalar.min) << where;
  EXPECT_EQ(simd.max, scalar.max) << where;
  EXPECT_EQ(simd.black, scalar.black) << where;
  EXPECT_EQ(simd.outside, scalar.outside) << where;
  EXPECT_EQ(simd.sobel_pixels, scalar.sobel_pixels) << where;
  EXPECT_EQ(simd.sobel_square_sum, scalar.sobel_square_sum) << where;
  EXPECT_NEAR(simd.sobel_sum, scalar.sobel_sum, 1e-5 * scalar.sobel_sum) << where;
  EXPECT_EQ(simd.risen, scalar.risen) << where;
  EXPECT_EQ(simd.fallen, scalar.fallen) << where;
  EXPECT_EQ(simd.difference_square_sum, scalar.difference_square_sum) << where;
  EXPECT_EQ(simd.horizontal_variation, scalar.horizontal_variation) << where;
  EXPECT_EQ(simd.horizontal_left, scalar.horizontal_left) << where;
  EXPECT_EQ(simd.vertical_variation, scalar.vertical_variation) << where;
  EXPECT_EQ(simd.vertical_left, scalar.vertical_left) << where;
}

using EachLumaTarget = EachTarget;

TEST_F(EachLumaTarget, SumsWhatTheScalarWalkSums) {
  // Around the ends of blocks and strips, and of the runs of blocks between two moves to wide sums.
  const int sizes[][2] = {{1, 1},     {2, 2},    {3, 3},     {9, 9},    {10, 11},
                          {25, 40},   {31, 5},   {33, 12},   {40, 17},  {41, 16},
                          {42, 15},   {64, 10},  {73, 33},   {161, 50}, {1008, 2},
                          {1031, 11}, {2017, 3}, {2049, 18}, {2200, 3}, {8192, 2}};
  run([&](const std::string& target) {
    for (const SampleLayout layout : {k8, k10, kP010}) {
      for (const auto& size : sizes) {
        TestPicture now(size[0], size[1], layout, 7);
        TestPicture before(size[0], size[1], layout, 3, true);
        now.fill_noise(static_cast<unsigned>(size[0]));
        before.fill_noise(static_cast<unsigned>(size[1]) + 1000);
        const int top = layout.depth == 8 ? 255 : 1023;
        const LumaRequest request{.levels = true,
                                  .spatial = true,
                                  .temporal = true,
                                  .blur = true,
                                  .blur_floor = 3,
                                  .black_max = top / 4,
                                  .legal_min = top / 50,
                                  .legal_max = top - top / 30};
        const std::string where =
            target + " " + std::to_string(size[0]) + "x" + std::to_string(size[1]) + " depth " +
            std::to_string(layout.depth) + "<<" + std::to_string(layout.shift);
        expect_equal(sum_luma(now.luma(), &before.luma(), layout, request),
                     sum_luma_scalar(now.luma(), &before.luma(), layout, request), where);
        EXPECT_EQ(sum_absolute_differences(now.luma(), before.luma(), layout),
                  sum_absolute_differences_scalar(now.luma(), before.luma(), layout))
            << where;
      }
    }
  });
}

// Steepest edges everywhere: the narrow sums must hold the greatest values there are.
TEST_F(EachLumaTarget, HoldsTheGreatestSums) {
  run([&](const std::string& target) {
    for (const SampleLayout layout : {k8, k10, kP010}) {
      const int top = layout.depth == 8 ? 255 : 1023;
      TestPicture now(4099, 12, layout);
      TestPicture before(4099, 12, layout);
      now.fill([top](int x, int y) { return (x / 2 + y / 2) % 2 ? top : 0; });
      before.fill([top](int x, int y) { return (x / 2 + y / 2) % 2 ? 0 : top; });
      const LumaRequest request{.levels = true,
                                .spatial = true,
                                .temporal = true,
                                .blur = true,
                                .black_max = top,
                                .legal_min = top,
                                .legal_max = 0};
      expect_equal(sum_luma(now.luma(), &before.luma(), layout, request),
                   sum_luma_scalar(now.luma(), &before.luma(), layout, request), target);
      EXPECT_EQ(sum_absolute_differences(now.luma(), before.luma(), layout),
                static_cast<uint64_t>(top) * 4099 * 12);
    }
  });
}

// Full range has no illegal levels: the limits lie outside of what a sample can say.
TEST_F(EachLumaTarget, ThresholdsBeyondTheSamplesAreNeverMet) {
  TestPicture picture(77, 5);
  picture.fill([](int x, int) { return x % 2 ? 255 : 0; });
  run([&](const std::string& target) {
    const LumaSums sums =
        sum_luma(picture.luma(), nullptr, k8,
                 {.levels = true, .black_max = -1, .legal_min = -12, .legal_max = 267});
    EXPECT_EQ(sums.black, 0u) << target;
    EXPECT_EQ(sums.outside, 0u) << target;
  });
}

TEST(LumaSums, LeavesOutWhatIsNotAskedFor) {
  TestPicture picture(64, 64);
  picture.fill_noise(1);
  const LumaSums sums = sum_luma(picture.luma(), &picture.luma(), k8, {.blur = true});
  EXPECT_EQ(sums.sum, 0u);
  EXPECT_EQ(sums.sobel_pixels, 0u);
  EXPECT_EQ(sums.difference_square_sum, 0u);
  EXPECT_GT(sums.horizontal_variation, 0u);
}

}  // namespace
}  // namespace filmgate::quality
