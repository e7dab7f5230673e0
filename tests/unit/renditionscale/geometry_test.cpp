#include "plugins/renditionscale/geometry.h"

#include <gtest/gtest.h>

namespace filmgate::scaler {
namespace {

Size plan(Size coded, SizeRequest request, Orientation orientation = Orientation::kRotate0,
          int par_n = 1, int par_d = 1) {
  return plan_size(coded, par_n, par_d, orientation, request);
}

TEST(PlanSize, HeightIsTheShortSide) {
  EXPECT_EQ(plan({1920, 1080}, {.short_side = 720}), (Size{1280, 720}));
  EXPECT_EQ(plan({1080, 1920}, {.short_side = 720}), (Size{720, 1280}));
  EXPECT_EQ(plan({1080, 1920}, {.short_side = 1080}), (Size{1080, 1920}));
  EXPECT_EQ(plan({1920, 1080}, {.short_side = 480}), (Size{854, 480}));
}

TEST(PlanSize, NeverLargerThanShownUnlessTold) {
  EXPECT_EQ(plan({640, 360}, {.short_side = 1080}), (Size{640, 360}));
  EXPECT_EQ(plan({640, 360}, {.short_side = 1080, .upscale = true}), (Size{1920, 1080}));
  EXPECT_EQ(plan({640, 360}, {.long_side = 1280}), (Size{640, 360}));
  EXPECT_EQ(plan({640, 360}, {.long_side = 1280, .upscale = true}), (Size{1280, 720}));
}

TEST(PlanSize, WidthBoundsTheLongSide) {
  EXPECT_EQ(plan({2560, 1080}, {.short_side = 1080, .long_side = 1920}), (Size{1920, 810}));
  EXPECT_EQ(plan({1080, 2560}, {.short_side = 1080, .long_side = 1920}), (Size{810, 1920}));
  EXPECT_EQ(plan({1920, 1080}, {.long_side = 1281}).width, 1280);
}

TEST(PlanSize, PixelsBecomeSquare) {
  EXPECT_EQ(plan({800, 640}, {}, Orientation::kRotate0, 64, 45), (Size{1138, 640}));
  EXPECT_EQ(plan({800, 640}, {.short_side = 360}, Orientation::kRotate0, 64, 45), (Size{640, 360}));
  EXPECT_EQ(plan({720, 576}, {}, Orientation::kRotate0, 0, 0), (Size{720, 576}));
}

TEST(PlanSize, RotationExchangesTheSides) {
  EXPECT_EQ(plan({1920, 1080}, {}, Orientation::kRotate90), (Size{1080, 1920}));
  EXPECT_EQ(plan({1920, 1080}, {}, Orientation::kRotate180), (Size{1920, 1080}));
  // The wide pixels lie along what becomes the height.
  EXPECT_EQ(plan({800, 640}, {}, Orientation::kFlipRotate270, 64, 45), (Size{640, 1138}));
}

TEST(PlanSize, SidesAreEven) {
  EXPECT_EQ(plan({161, 121}, {}), (Size{160, 120}));
  EXPECT_EQ(plan({518, 488}, {.short_side = 361}), (Size{384, 360}));
  EXPECT_EQ(plan({1, 1}, {}), (Size{2, 2}));
  EXPECT_EQ(plan({8192, 2}, {.short_side = 2, .long_side = 100}), (Size{100, 2}));
}

TEST(DisplaySize, IsUprightWithSquarePixels) {
  EXPECT_EQ(display_size({800, 640}, 64, 45, Orientation::kRotate90), (Size{640, 1138}));
  EXPECT_EQ(display_size({161, 121}, 1, 1, Orientation::kRotate0), (Size{161, 121}));
}

}  // namespace
}  // namespace filmgate::scaler
