#include "plugins/renditionscale/scaler.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "tests/unit/renditionscale/pictures.h"

namespace filmgate::scaler {
namespace {

// A smooth picture with a different slope in each component.
int slope(const Format& format, int c, int x, int y) {
  const int w = std::max(1, format.width_of(c) - 1);
  const int h = std::max(1, format.height_of(c) - 1);
  const int value = c == 0   ? 20 + 180 * x / w
                    : c == 1 ? 40 + 150 * y / h
                             : 60 + 60 * (x + y) / (w + h);
  return value << (format.depth - 8);
}

OwnedPicture sloped(const Format& format) {
  OwnedPicture picture(format);
  fill(picture, format, [&](int c, int x, int y) { return slope(format, c, x, y); });
  return picture;
}

int largest_difference(const OwnedPicture& a, const OwnedPicture& b, const Format& format) {
  int largest = 0;
  for (int c = 0; c < format.components(); ++c) {
    for (int y = 0; y < format.height_of(c); ++y) {
      for (int x = 0; x < format.width_of(c); ++x) {
        largest = std::max(largest, std::abs(at(a, c, x, y) - at(b, c, x, y)));
      }
    }
  }
  return largest;
}

TEST(Scaler, ASlopeStaysASlope) {
  const Format in = yuv420(640, 360);
  const Format out = yuv420(320, 180);
  for (Method method : {Method::kBilinear, Method::kBicubic, Method::kSpline36, Method::kLanczos}) {
    const OwnedPicture target = scaled(sloped(in), in, out, {.method = method});
    EXPECT_LE(largest_difference(target, sloped(out), out), 2) << static_cast<int>(method);
  }
}

TEST(Scaler, ThreadsMakeTheSamePicture) {
  const Format in = yuv420(642, 362);
  const Format out = yuv420(426, 240);
  const OwnedPicture source = sloped(in);
  const OwnedPicture one = scaled(source, in, out);
  for (int threads : {2, 3, 7}) {
    const OwnedPicture many = scaled(source, in, out, {.threads = threads});
    EXPECT_LE(largest_difference(one, many, out), 1) << threads << " threads";
  }
}

TEST(Scaler, OddSizesRepeatTheirEdge) {
  const Format in = yuv420(161, 121);
  const Format out = yuv420(80, 60);
  EXPECT_LE(largest_difference(scaled(sloped(in), in, out), sloped(out), out), 3);
}

TEST(Scaler, UnalignedPlanesGiveTheSame) {
  const Format in = yuv420(320, 240);
  const Format out = yuv420(160, 120);
  const OwnedPicture source = sloped(in);
  Format wide = yuv420(400, 240);
  const OwnedPicture shifted(wide);
  Picture view = shifted.view();
  for (size_t c = 0; c < 3; ++c) {
    view[c].data += 3;
    for (int y = 0; y < in.height_of(static_cast<int>(c)); ++y) {
      std::memcpy(shifted.components()[c].data + 3 + y * view[c].stride,
                  source.components()[c].data + y * source.components()[c].stride,
                  static_cast<size_t>(in.width_of(static_cast<int>(c))));
    }
  }
  auto scaler = Scaler::create(in, whole(in), out, {});
  ASSERT_TRUE(scaler.ok());
  const OwnedPicture target(out);
  ASSERT_TRUE((*scaler)->process(view, target.components()).ok());
  EXPECT_EQ(largest_difference(target, scaled(source, in, out), out), 0);

  // The same into memory that zimg can't write to directly.
  const OwnedPicture roomy(yuv420(200, 120));
  MutablePicture unaligned = roomy.components();
  for (auto& plane : unaligned) plane.data += 5;
  ASSERT_TRUE((*scaler)->process(source.view(), unaligned).ok());
  EXPECT_EQ(unaligned[1].data[unaligned[1].stride * 7 + 9], at(target, 1, 9, 7));
}

TEST(Scaler, DeepAndSemiPlanarSourcesAgree) {
  const Format out = yuv420(160, 90);
  const Format eight = yuv420(320, 180);
  const OwnedPicture expected = scaled(sloped(eight), eight, out);
  for (int depth : {10, 12}) {
    for (int shift : {0, 16 - depth}) {
      Format deep = eight;
      deep.depth = depth;
      deep.shift = shift;
      EXPECT_LE(largest_difference(scaled(sloped(deep), deep, out), expected, out), 1)
          << depth << " bits shifted by " << shift;
    }
  }
  Format full = eight;
  full.subsample_w = full.subsample_h = 0;
  EXPECT_LE(largest_difference(scaled(sloped(full), full, out), expected, out), 2);
}

TEST(Scaler, RegionLeavesTheRestOut) {
  const Format in = yuv420(200, 100);
  OwnedPicture source(in);
  fill(source, in, [&](int c, int x, int) { return c > 0 ? 128 : x >= 100 ? 200 : 30; });
  const Format out = yuv420(50, 50);
  auto scaler = Scaler::create(in, Region{120, 0, 80, 100}, out, {});
  ASSERT_TRUE(scaler.ok());
  OwnedPicture target(out);
  ASSERT_TRUE((*scaler)->process(source.view(), target.components()).ok());
  for (int x = 0; x < 50; ++x) EXPECT_EQ(at(target, 0, x, 25), 200);
}

TEST(Scaler, RotationTurnsAllPlanes) {
  const Format in = yuv420(64, 32);
  const Format out = yuv420(32, 64);
  const OwnedPicture target = scaled(sloped(in), in, out, {.orientation = Orientation::kRotate90});
  // Luma rises to the right before, so downwards after; Cb rises downwards, so to the left after.
  EXPECT_LT(at(target, 0, 5, 3), at(target, 0, 5, 60));
  EXPECT_GT(at(target, 1, 1, 20), at(target, 1, 14, 20));
  EXPECT_NEAR(at(target, 0, 10, 63), 200, 3);
}

TEST(Scaler, FullRangeRgbAndGreyBecomeLimited) {
  const Format out = yuv420(32, 32);
  Format rgb = yuv420(64, 64);
  rgb.family = Family::kRgb;
  rgb.colour = {kMatrixRgb, kTransferBt709, kPrimariesBt709, true};
  const OwnedPicture red = scaled(flat(rgb, {255, 0, 0}), rgb, out);
  EXPECT_NEAR(at(red, 0, 9, 9), 63, 2);
  EXPECT_NEAR(at(red, 1, 9, 9), 102, 2);
  EXPECT_NEAR(at(red, 2, 9, 9), 240, 2);

  Format grey = yuv420(65, 33);
  grey.family = Family::kGrey;
  grey.colour.full_range = true;
  const OwnedPicture white = scaled(flat(grey, {255, 0, 0}), grey, out);
  EXPECT_NEAR(at(white, 0, 9, 9), 235, 1);
  EXPECT_EQ(at(white, 1, 9, 9), 128);
  EXPECT_EQ(at(white, 2, 9, 9), 128);
}

TEST(Scaler, DeepOutputsAgree) {
  Format deep = yuv420(320, 180);
  deep.depth = 10;
  Format out = yuv420(160, 90);
  out.depth = 10;
  EXPECT_LE(largest_difference(scaled(sloped(deep), deep, out), sloped(out), out), 6);

  // P010: samples in the high bits, Cb and Cr in turn.
  const OwnedPicture planar = scaled(sloped(deep), deep, out);
  Format p010 = out;
  p010.shift = 6;
  std::vector<uint16_t> luma(160 * 90);
  std::vector<uint16_t> chroma(160 * 45);
  auto* pairs = reinterpret_cast<uint8_t*>(chroma.data());
  const MutablePicture target{
      {{reinterpret_cast<uint8_t*>(luma.data()), 320, 2}, {pairs, 320, 4}, {pairs + 2, 320, 4}}};
  auto scaler = Scaler::create(deep, whole(deep), p010, {});
  ASSERT_TRUE(scaler.ok());
  ASSERT_TRUE((*scaler)->process(sloped(deep).view(), target).ok());
  for (int y = 0; y < 45; ++y) {
    for (int x = 0; x < 80; ++x) {
      const auto index = static_cast<size_t>(y * 160 + 2 * x);
      ASSERT_EQ(luma[static_cast<size_t>(y * 160 + x)], at(planar, 0, x, y) << 6);
      ASSERT_EQ(chroma[index], at(planar, 1, x, y) << 6);
      ASSERT_EQ(chroma[index + 1], at(planar, 2, x, y) << 6);
    }
  }
}

TEST(Scaler, WhatCannotBeConvertedSaysSo) {
  const Format in = yuv420(64, 64, {99, 1, 1, false});
  auto scaler = Scaler::create(in, whole(in), yuv420(32, 32), {});
  ASSERT_FALSE(scaler.ok());
  EXPECT_EQ(scaler.error().code, ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace filmgate::scaler
