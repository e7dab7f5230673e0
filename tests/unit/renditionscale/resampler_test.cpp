// Our own resampling: every instruction set beside the scalar one, and all of it beside zimg.
#include "plugins/renditionscale/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <string>
#include <vector>

#include "plugins/renditionscale/zimg_graph.h"
#include "tests/unit/qualityprobe/each_target.h"
#include "tests/unit/renditionscale/pictures.h"

namespace filmgate::scaler {
namespace {

// One component in memory that ends with its last sample.
struct Plane {
  Plane(int width, int height, int distance) : stride(width * distance + 3), step(distance) {
    bytes.resize(static_cast<size_t>(stride * (height - 1) + (width - 1) * step + 1));
  }
  Component view() const { return {bytes.data(), stride, step}; }

  std::vector<uint8_t> bytes;
  int stride;
  int step;
};

struct Geometry {
  Axis across;
  Axis down;
  int step;
};

// Each way of the kernels: windows of 8 and of 4 new samples, one to four steps, rows too short for
// a window, edges.
const Geometry kGeometries[] = {
    {{192, 128, 0, 192}, {31, 20, 0, 31}, 1},
    {{161, 80, 0, 161}, {7, 7, 0, 7}, 1},
    {{540, 240, 0.3, 539}, {9, 4, 0, 9}, 1},
    {{333, 150, 0, 333}, {20, 3, 1.5, 18}, 2},
    {{1000, 380, 0, 1000}, {61, 5, 0, 61}, 1},
    {{900, 611, 0, 900}, {33, 33, 0, 33}, 4},
    {{90, 201, -0.25, 90}, {10, 31, 0.25, 9.5}, 1},
    {{3, 9, 0, 3}, {2, 1, 0, 2}, 1},
    {{1, 50, 0, 1}, {1, 3, 0, 1}, 2},
    {{75, 75, 0, 75}, {12, 30, 0, 12}, 2},
};

std::string text_of(const Geometry& geometry, int method) {
  return std::to_string(geometry.across.source) + " to " + std::to_string(geometry.across.target) +
         ", method " + std::to_string(method);
}

std::vector<uint8_t> resampled(const Geometry& geometry, Method method, bool in_strips) {
  Plane source(geometry.across.source, geometry.down.source, geometry.step);
  std::mt19937 random(static_cast<unsigned>(geometry.across.source));
  for (uint8_t& byte : source.bytes) byte = static_cast<uint8_t>(random());
  auto resampler = Resampler::create(method, geometry.across, geometry.down);
  EXPECT_TRUE(resampler.has_value());
  Plane made(geometry.across.target, geometry.down.target, 1);
  Block scratch;
  const int middle = in_strips ? geometry.down.target / 2 : geometry.down.target;
  const MutableComponent target{made.bytes.data(), made.stride, 1};
  EXPECT_TRUE(resampler->run(source.view(), target, 0, middle, scratch));
  EXPECT_TRUE(resampler->run(source.view(), target, middle, geometry.down.target, scratch));
  return made.bytes;
}

using EachResamplerTarget = quality::EachTarget;

TEST_F(EachResamplerTarget, MakesTheSameSamples) {
  std::map<std::string, std::vector<uint8_t>> first;
  bool seen_scalar = false;
  run([&](const std::string& target) {
    seen_scalar = seen_scalar || hwy::SupportedTargets() == HWY_SCALAR ||
                  hwy::SupportedTargets() == HWY_EMU128;
    for (const Geometry& geometry : kGeometries) {
      for (int method = 0; method < 4; ++method) {
        const std::string where = text_of(geometry, method);
        const auto made = resampled(geometry, static_cast<Method>(method), false);
        const auto [known, added] = first.try_emplace(where, made);
        EXPECT_EQ(made, known->second) << target << ": " << where;
      }
    }
  });
  EXPECT_TRUE(seen_scalar);
}

TEST(Resampler, StripsMakeTheSameSamples) {
  for (const Geometry& geometry : kGeometries) {
    EXPECT_EQ(resampled(geometry, Method::kBicubic, true),
              resampled(geometry, Method::kBicubic, false))
        << text_of(geometry, 1);
  }
}

TEST(Resampler, FlatStaysFlat) {
  for (int value : {0, 1, 16, 235, 254, 255}) {
    const std::vector<uint8_t> source(200 * 50, static_cast<uint8_t>(value));
    for (const auto& [width, height] : {std::pair{131, 33}, {77, 9}, {301, 50}, {80, 120}}) {
      auto resampler =
          Resampler::create(Method::kLanczos, {200, width, 0, 200}, {50, height, 0, 50});
      ASSERT_TRUE(resampler.has_value());
      std::vector<uint8_t> made(static_cast<size_t>(width * height));
      Block scratch;
      ASSERT_TRUE(
          resampler->run({source.data(), 200, 1}, {made.data(), width, 1}, 0, height, scratch));
      EXPECT_EQ(made, std::vector<uint8_t>(made.size(), static_cast<uint8_t>(value)));
    }
  }
}

TEST(Resampler, LeavesVerySmallPicturesToZimg) {
  EXPECT_FALSE(Resampler::create(Method::kBicubic, {4000, 900, 0, 4000}, {8, 8, 0, 8}));
  const Format in = yuv420(4096, 64);
  const Format out = yuv420(64, 32);
  OwnedPicture grey = scaled(flat(in, {90, 100, 110}), in, out);
  EXPECT_EQ(at(grey, 0, 31, 31), 90);
  EXPECT_EQ(at(grey, 2, 31, 15), 110);
}

// Waves of several lengths: no noise, but sharp enough to tell filters and places apart.
OwnedPicture waves(const Format& format) {
  OwnedPicture picture(format);
  fill(picture, format, [&](int c, int x, int y) {
    const double across = x * (0.21 + 0.07 * c) + 0.004 * x * y;
    const double along = y * (0.17 + 0.05 * c);
    return static_cast<int>(std::lround(126 + 60 * std::sin(across) + 40 * std::cos(along)));
  });
  return picture;
}

OwnedPicture as_zimg_does(const OwnedPicture& source, const Format& in, const Region& region,
                          const Format& out, Method method) {
  zimg_image_format from = zimg_format(in);
  from.active_region = {static_cast<double>(region.left), static_cast<double>(region.top),
                        static_cast<double>(region.width), static_cast<double>(region.height)};
  zimg_graph_builder_params params;
  zimg_graph_builder_params_default(&params, ZIMG_API_VERSION);
  const zimg_resample_filter_e filters[] = {ZIMG_RESIZE_BILINEAR, ZIMG_RESIZE_BICUBIC,
                                            ZIMG_RESIZE_SPLINE36, ZIMG_RESIZE_LANCZOS};
  params.resample_filter = params.resample_filter_uv = filters[static_cast<int>(method)];
  ZimgGraph graph;
  EXPECT_TRUE(graph.build(from, zimg_format(out), params).ok());
  OwnedPicture target(out);
  zimg_image_buffer buffer{ZIMG_API_VERSION, {}};
  for (int c = 0; c < out.components(); ++c) {
    const auto& plane = target.components()[static_cast<size_t>(c)];
    buffer.plane[c] = {plane.data, plane.stride, ZIMG_BUFFER_MAX};
  }
  ZimgScratch scratch;
  EXPECT_TRUE(graph.run(in, source.view(), buffer, scratch));
  return target;
}

void expect_as_zimg(const Format& in, const Region& region, const Format& out, Method method,
                    const std::string& what) {
  const OwnedPicture source = waves(in);
  const OwnedPicture expected = as_zimg_does(source, in, region, out, method);
  auto scaler = Scaler::create(in, region, out, {.method = method});
  ASSERT_TRUE(scaler.ok()) << what;
  const OwnedPicture made(out);
  ASSERT_TRUE((*scaler)->process(source.view(), made.components()).ok());
  for (int c = 0; c < out.components(); ++c) {
    double sum = 0;
    for (int y = 0; y < out.height_of(c); ++y) {
      for (int x = 0; x < out.width_of(c); ++x) {
        const int difference = at(made, c, x, y) - at(expected, c, x, y);
        sum += difference * difference;
      }
    }
    const double mean = sum / (out.width_of(c) * out.height_of(c));
    EXPECT_LT(mean, 255.0 * 255 / 1e5) << what << ", component " << c;  // 50 dB
  }
}

TEST(Resampler, ScalesAsZimgDoes) {
  const Format in = yuv420(480, 270);
  for (int method = 0; method < 4; ++method) {
    for (const Region& size : {Region{0, 0, 320, 180},
                               {0, 0, 214, 120},
                               {0, 0, 160, 90},
                               {0, 0, 240, 136},
                               {0, 0, 106, 60},
                               {0, 0, 1280, 720}}) {
      const Format out = yuv420(size.width, size.height);
      expect_as_zimg(in, whole(in), out, static_cast<Method>(method),
                     std::to_string(size.width) + ", method " + std::to_string(method));
    }
  }
}

TEST(Resampler, PlacesChromaAsZimgDoes) {
  for (const ChromaSite from : {ChromaSite::kLeft, ChromaSite::kCentre, ChromaSite::kTopLeft,
                                ChromaSite::kTop, ChromaSite::kBottom}) {
    for (const ChromaSite to : {ChromaSite::kLeft, ChromaSite::kCentre, ChromaSite::kBottom}) {
      for (int width : {200, 320, 480}) {
        Format in = yuv420(320, 160);
        Format out = yuv420(width, width / 2);
        in.site = from;
        out.site = to;
        expect_as_zimg(
            in, whole(in), out, Method::kBicubic,
            std::to_string(static_cast<int>(from)) + " to " + std::to_string(static_cast<int>(to)));
      }
    }
  }
  for (const auto& [w, h] : {std::pair{0, 0}, {1, 0}, {2, 0}, {0, 1}}) {
    Format in = yuv420(320, 160);
    in.subsample_w = w;
    in.subsample_h = h;
    expect_as_zimg(in, whole(in), yuv420(200, 100), Method::kBicubic, "other subsampling");
    expect_as_zimg(in, whole(in), yuv420(320, 160), Method::kBicubic, "only subsampling");
  }
}

TEST(Resampler, CutsAsZimgDoes) {
  const Format in = yuv420(241, 133);
  for (const Region& region : {Region{0, 0, 241, 133},
                               {8, 4, 200, 100},
                               {7, 3, 201, 99},
                               {41, 0, 200, 133},
                               {1, 1, 160, 90}}) {
    expect_as_zimg(in, region, yuv420(160, 90), Method::kBicubic,
                   std::to_string(region.left) + ", " + std::to_string(region.top));
  }
}

TEST(Resampler, AnySizeAndStride) {
  std::mt19937 random(7);
  const auto any = [&](int least, int most) {
    return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1));
  };
  for (int i = 0; i < 300; ++i) {
    const Geometry geometry{{any(1, 300), 0, 0, 0}, {any(1, 60), 0, 0, 0}, any(1, 4)};
    Geometry with = geometry;
    with.across.target = any((with.across.source + 1) / 2, 300);
    with.across.length = with.across.source;
    with.down.target = any(1, 60);
    with.down.length = with.down.source;
    const auto made = resampled(with, static_cast<Method>(any(0, 3)), any(0, 1) == 1);
    EXPECT_FALSE(made.empty());
  }
}

}  // namespace
}  // namespace filmgate::scaler
