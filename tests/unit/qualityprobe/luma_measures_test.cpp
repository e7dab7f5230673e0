#include "plugins/qualityprobe/luma_measures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

LumaSums sums_of(const Picture& picture, const Picture* previous = nullptr) {
  const LumaRequest request{.levels = true,
                            .spatial = true,
                            .temporal = true,
                            .blur = true,
                            .blur_floor = blur_floor(picture.samples)};
  return sum_luma(picture.luma(), previous ? &previous->luma() : nullptr, picture.samples, request);
}

double si_of(const Picture& picture) {
  return *spatial_information(sums_of(picture), picture.samples, picture.full_range);
}

// Frames of the clip on which VQEG's reference implementation gave the figures below.
std::vector<std::shared_ptr<TestPicture>> reference_frames(const std::string& out_range) {
  const std::string command =
      "ffmpeg -v error -f lavfi -i testsrc=size=320x240 -vf "
      "scale=in_range=limited:out_range=" +
      out_range + " -frames:v 3 -pix_fmt yuv420p -f rawvideo -";
  std::vector<std::shared_ptr<TestPicture>> frames;
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return frames;
  std::vector<uint8_t> bytes(320 * 240 * 3 / 2);
  while (std::fread(bytes.data(), 1, bytes.size(), pipe) == bytes.size()) {
    auto frame = std::make_shared<TestPicture>(320, 240);
    frame->full_range = out_range == "full";
    frame->fill([&](int x, int y) { return bytes[static_cast<size_t>(y * 320 + x)]; });
    frames.push_back(std::move(frame));
  }
  pclose(pipe);
  return frames;
}

struct Reference {
  const char* range;
  double si[3];
  double ti[3];
};

class Information : public testing::TestWithParam<Reference> {};

TEST_P(Information, AgreesWithTheReferenceImplementation) {
  if (std::system("command -v ffmpeg >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "ffmpeg is not installed; script/setup installs it";
  const auto frames = reference_frames(GetParam().range);
  ASSERT_EQ(frames.size(), 3u);
  for (size_t i = 0; i < frames.size(); ++i) {
    const Picture& frame = *frames[i];
    const double si = si_of(frame);
    EXPECT_NEAR(si, GetParam().si[i], 1e-4) << "frame " << i;
    if (i == 0) continue;
    const double ti =
        temporal_information(sums_of(frame, frames[i - 1].get()), frame.samples, frame.full_range);
    EXPECT_NEAR(ti, GetParam().ti[i], 1e-4) << "frame " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, Information,
    testing::Values(Reference{"full", {146.56553, 146.74346, 146.95025}, {0, 1.48200, 1.44300}},
                    Reference{"limited", {146.57975, 146.75141, 146.96766}, {0, 1.47328, 1.46146}}),
    [](const auto& param) { return std::string(param.param.range); });

TEST(SpatialInformation, IsZeroWhereThereIsNoGradient) {
  EXPECT_EQ(si_of(*flat_picture(0)), 0);
  EXPECT_EQ(si_of(*flat_picture(255)), 0);
  TestPicture checkers(63, 35);
  checkers.fill([](int x, int y) { return (x + y) % 2 ? 235 : 16; });
  EXPECT_EQ(si_of(checkers), 0);
}

TEST(SpatialInformation, IsAbsentWithoutInterior) {
  TestPicture small(2, 2);
  small.fill_noise(1);
  EXPECT_FALSE(spatial_information(sums_of(small), small.samples, false).has_value());
}

TEST(TemporalInformation, IgnoresAnEvenChangeOfBrightness) {
  const auto dark = noise_picture(1);
  TestPicture bright(64, 36);
  bright.fill([&](int x, int y) { return dark->luma().row(y)[x] + 10; });
  EXPECT_NEAR(temporal_information(sums_of(bright, dark.get()), bright.samples, false), 0, 1e-5);
}

// The same picture in ten bits, in both places of the word, and with rows in odd places.
TEST(LumaMeasures, AgreeAcrossLayouts) {
  const auto eight = noise_picture(7, 161, 121);
  const auto before = noise_picture(8, 161, 121);
  for (const SampleLayout layout : {SampleLayout{10, 0}, SampleLayout{10, 6}}) {
    for (const int padding : {0, 1, 30}) {
      TestPicture ten(161, 121, layout, padding);
      TestPicture ten_before(161, 121, layout, 0, true);
      ten.fill([&](int x, int y) { return eight->luma().row(y)[x] * 4; });
      ten_before.fill([&](int x, int y) { return before->luma().row(y)[x] * 4; });
      const LumaSums narrow = sums_of(*eight, before.get());
      const LumaSums wide = sums_of(ten, &ten_before);
      EXPECT_NEAR(*spatial_information(wide, layout, false),
                  *spatial_information(narrow, eight->samples, false), 1e-3);
      EXPECT_NEAR(temporal_information(wide, layout, false),
                  temporal_information(narrow, eight->samples, false), 1e-9);
      EXPECT_DOUBLE_EQ(levels_of(wide, layout).mean, levels_of(narrow, eight->samples).mean);
      EXPECT_DOUBLE_EQ(*blur_of(wide), *blur_of(narrow));
    }
  }
}

TEST(LevelsOf, CountsSharesInEightBitValues) {
  TestPicture picture(10, 10, {10, 0});
  picture.fill([](int, int y) { return y == 0 ? 12 : 400; });
  LumaRequest request{.levels = true};
  request.black_max = black_threshold(0.10, picture.samples, false);
  request.legal_min = static_cast<int>(level_threshold(5, picture.samples, false));
  request.legal_max = static_cast<int>(level_threshold(246, picture.samples, false));
  EXPECT_EQ(request.black_max, 151);  // (16 + 21.9) * 4
  EXPECT_EQ(request.legal_min, 20);
  EXPECT_EQ(request.legal_max, 984);
  const LumaLevels levels =
      levels_of(sum_luma(picture.luma(), nullptr, picture.samples, request), picture.samples);
  EXPECT_DOUBLE_EQ(levels.min, 3);
  EXPECT_DOUBLE_EQ(levels.max, 100);
  EXPECT_DOUBLE_EQ(levels.mean, 90.3);
  EXPECT_DOUBLE_EQ(levels.black_ratio, 0.1);
  EXPECT_DOUBLE_EQ(levels.outside_ratio, 0.1);
}

TEST(BlurOf, RisesAsThePictureLosesItsEdges) {
  auto sharp = std::make_shared<TestPicture>(128, 96);
  sharp->fill([](int x, int y) { return (x / 32 + y / 32) % 2 ? 200 : 40; });
  double last = *blur_of(sums_of(*sharp));
  EXPECT_LT(last, 0.2);
  for (const int reach : {1, 2, 4, 8}) {
    TestPicture soft(128, 96);
    soft.fill([&](int x, int y) {
      int sum = 0, count = 0;
      for (int v = std::max(0, y - reach); v <= std::min(95, y + reach); ++v)
        for (int u = std::max(0, x - reach); u <= std::min(127, x + reach); ++u, ++count)
          sum += sharp->luma().row(v)[u];
      return sum / count;
    });
    const double blur = *blur_of(sums_of(soft));
    EXPECT_GT(blur, last) << "mean over " << 2 * reach + 1;
    last = blur;
  }
  EXPECT_LE(last, 1.0);
}

// Rounding makes stairs of a gentle slope; they are not edges.
TEST(BlurOf, DoesNotTakeStairsForEdges) {
  TestPicture stairs(200, 40);
  stairs.fill([](int x, int) { return 50 + x / 5; });
  EXPECT_FALSE(blur_of(sums_of(stairs)).has_value());
}

TEST(BlurOf, IsOneForARampAndAbsentForAFlatPicture) {
  TestPicture ramp(80, 40);
  ramp.fill([](int x, int y) { return 2 * x + 2 * y; });
  EXPECT_DOUBLE_EQ(*blur_of(sums_of(ramp)), 1.0);
  EXPECT_FALSE(blur_of(sums_of(*flat_picture(90))).has_value());
}

}  // namespace
}  // namespace filmgate::quality
