// Poster, series and sprites on frames that the test paints.
#include <gtest/gtest.h>
#include <png.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>

#include "plugins/thumbnailsink/poster.h"
#include "plugins/thumbnailsink/series.h"
#include "plugins/thumbnailsink/sprites.h"

namespace filmgate::stills {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMs = 1'000'000;

class Makers : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("makers-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    format_.width = 160;
    format_.height = 90;
    picture_ = scaler::OwnedPicture(format_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  // Squares of `size` pixels, dark and bright; `shift` moves them. size 0 is a flat grey.
  Frame frame(uint64_t time, int dark, int bright, int size, int shift = 0) {
    for (size_t c = 0; c < 3; ++c) {
      const auto& plane = picture_.components()[c];
      for (int y = 0; y < format_.height_of(static_cast<int>(c)); ++y) {
        for (int x = 0; x < format_.width_of(static_cast<int>(c)); ++x) {
          int value = 128;
          if (c == 0) {
            const int step = size > 0 ? (x + shift) / size + y / size : 0;
            value = dark + (bright - dark) * (step * 7 % 5) / 4;
          }
          plane.data[y * plane.stride + x] = static_cast<uint8_t>(value);
        }
      }
    }
    Frame made;
    made.picture = picture_.view();
    made.format = format_;
    made.region = {0, 0, format_.width, format_.height};
    made.time = time;
    made.duration = 40 * kMs;
    made.moment.timestamp = time;
    return made;
  }

  Announce announce() {
    return [this](const FinishedFile& file) { files_.push_back(file); };
  }

  fs::path folder_;
  scaler::Format format_;
  scaler::OwnedPicture picture_;
  std::vector<FinishedFile> files_;
};

TEST_F(Makers, MeritPrefersDetailToBlackWhiteAndFlat) {
  const auto merit_of = [this](int dark, int bright, int size) {
    const Frame made = frame(0, dark, bright, size);
    return merit(look_at(made.picture, made.format, made.region));
  };
  const double good = merit_of(40, 210, 11);
  EXPECT_GT(good, 0.3);
  EXPECT_LT(merit_of(16, 18, 11), good / 10);    // black
  EXPECT_LT(merit_of(233, 235, 11), good / 10);  // white
  EXPECT_LT(merit_of(120, 120, 0), good / 10);   // flat
}

TEST_F(Makers, SharpBeatsBlurred) {
  Frame sharp = frame(0, 40, 210, 12);
  const double crisp = merit(look_at(sharp.picture, sharp.format, sharp.region));
  const auto& plane = picture_.components()[0];
  for (int round = 0; round < 24; ++round) {
    for (int y = 0; y < format_.height; ++y) {
      uint8_t* row = plane.data + y * plane.stride;
      for (int x = 1; x + 1 < format_.width; ++x) {
        row[x] = static_cast<uint8_t>((row[x - 1] + 2 * row[x] + row[x + 1]) / 4);
      }
    }
  }
  EXPECT_LT(merit(look_at(sharp.picture, sharp.format, sharp.region)), crisp * 0.8);
}

TEST_F(Makers, PosterAvoidsBlackAndTheCut) {
  Poster poster({folder_ / "p.jpg", StillType::kJpeg, {}, 85});
  // Black, then a picture whose moments move wildly, then one that stands still.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(poster.take(frame(static_cast<uint64_t>(i) * 200 * kMs, 16, 17, 8)).ok());
  }
  for (int i = 10; i < 20; ++i) {
    const bool odd = i % 2 != 0;
    ASSERT_TRUE(poster
                    .take(frame(static_cast<uint64_t>(i) * 200 * kMs, odd ? 40 : 210,
                                odd ? 210 : 40, 10, i * 13))
                    .ok());
  }
  for (int i = 20; i < 30; ++i) {
    ASSERT_TRUE(poster.take(frame(static_cast<uint64_t>(i) * 200 * kMs, 50, 190, 10)).ok());
  }
  ASSERT_TRUE(poster.finish(announce()).ok());
  ASSERT_EQ(files_.size(), 1u);
  EXPECT_STREQ(files_[0].type, "poster");
  EXPECT_GE(files_[0].moment.timestamp, 20 * 200 * kMs);
  EXPECT_TRUE(fs::exists(folder_ / "p.jpg"));
}

TEST_F(Makers, ABlackVideoHasAPosterToo) {
  Poster poster({folder_ / "p.png", StillType::kPng, {}, 85});
  ASSERT_TRUE(poster.take(frame(0, 16, 16, 0)).ok());
  ASSERT_TRUE(poster.finish(announce()).ok());
  EXPECT_TRUE(fs::exists(folder_ / "p.png"));
}

TEST_F(Makers, CountIsSpreadOverALengthThatNobodyKnew) {
  for (int frames : {3, 7, 100, 1000}) {
    files_.clear();
    Series series({*Pattern::parse(folder_ / "t-%d.jpg"), StillType::kJpeg, {32, 0}, 50, 0, 5});
    for (int i = 0; i < frames; ++i) {
      ASSERT_TRUE(
          series.take(frame(static_cast<uint64_t>(i) * 40 * kMs, 40, 200, 9), announce()).ok());
    }
    EXPECT_TRUE(files_.empty());
    ASSERT_TRUE(series.finish(announce(), 0).ok());
    ASSERT_EQ(files_.size(), static_cast<size_t>(std::min(frames, 5))) << frames;
    if (frames < 100) continue;
    const double length = frames * 40.0 * kMs;
    for (size_t i = 0; i < 5; ++i) {
      const double place = static_cast<double>(files_[i].moment.timestamp) / length;
      EXPECT_NEAR(place, (static_cast<double>(i) + 0.5) / 5, 0.1) << frames << " frames, " << i;
    }
  }
}

TEST_F(Makers, IntervalTakesTheFirstFrameOfEach) {
  Series series({*Pattern::parse(folder_ / "t-%d.png"), StillType::kPng, {}, 50, 1000 * kMs, 0});
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(
        series.take(frame(static_cast<uint64_t>(i) * 30 * kMs, 40, 200, 9), announce()).ok());
  }
  ASSERT_EQ(files_.size(), 3u);
  EXPECT_EQ(files_[0].moment.timestamp, 0u);
  EXPECT_EQ(files_[1].moment.timestamp, 1020 * kMs);
  EXPECT_EQ(files_[2].moment.timestamp, 2010 * kMs);
}

TEST_F(Makers, SpriteSheetsAreFilledAndTheLastIsCut) {
  Sprites sprites(
      {folder_ / "s.jpg", folder_ / "s.vtt", StillType::kJpeg, {32, 0}, 80, 2, 2, 1000 * kMs});
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(
        sprites.take(frame(static_cast<uint64_t>(i) * 1000 * kMs, 40, 200, 9), announce()).ok());
  }
  ASSERT_EQ(files_.size(), 1u);
  EXPECT_EQ(files_[0].width, 64);
  EXPECT_EQ(files_[0].height, 36);
  ASSERT_TRUE(sprites.finish(announce(), 0).ok());
  ASSERT_EQ(files_.size(), 3u);
  EXPECT_EQ(files_[1].location, folder_ / "s-2.jpg");
  EXPECT_EQ(files_[1].width, 32);
  EXPECT_EQ(files_[1].height, 18);
  EXPECT_STREQ(files_[2].type, "vtt");
}

TEST_F(Makers, OtherAspectsFitTheTile) {
  Sprites sprites({folder_ / "s.png", "", StillType::kPng, {80, 0}, 80, 2, 1, 1000 * kMs});
  ASSERT_TRUE(sprites.take(frame(0, 40, 200, 9), announce()).ok());
  Frame tall = frame(1000 * kMs, 40, 200, 9);
  tall.orientation = scaler::Orientation::kRotate90;
  ASSERT_TRUE(sprites.take(tall, announce()).ok());
  ASSERT_EQ(files_.size(), 1u);
  EXPECT_EQ(files_[0].width, 160);
  EXPECT_EQ(files_[0].height, 44);
}

// What lies beside a tile's picture must stay black, whatever whole vectors a scaler writes.
TEST_F(Makers, BarsOfATileStayBlack) {
  Sprites sprites({folder_ / "s.png", "", StillType::kPng, {640, 0}, 80, 2, 1, 1000 * kMs});
  format_.width = 640;
  format_.height = 360;
  picture_ = scaler::OwnedPicture(format_);
  ASSERT_TRUE(sprites.take(frame(0, 200, 200, 0), announce()).ok());
  // 382 wide in a tile of 640: its left edge lies on a boundary of vectors, its right edge doesn't.
  Frame narrow = frame(1000 * kMs, 200, 200, 0);
  narrow.region = {0, 0, 382, 360};
  ASSERT_TRUE(sprites.take(narrow, announce()).ok());
  ASSERT_EQ(files_.size(), 1u);

  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  ASSERT_TRUE(png_image_begin_read_from_file(&image, files_[0].location.c_str()));
  image.format = PNG_FORMAT_GRAY;
  std::vector<uint8_t> pixels(PNG_IMAGE_SIZE(image));
  ASSERT_TRUE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  ASSERT_EQ(image.width, 1280u);
  ASSERT_EQ(image.height, 360u);
  for (size_t y = 0; y < image.height; ++y) {
    for (size_t x = 0; x < image.width; ++x) {
      const bool shown = x < 640 || (x >= 640 + 128 && x < 640 + 128 + 382);
      ASSERT_EQ(pixels[y * image.width + x] > 100, shown) << x << "," << y;
    }
  }
}

TEST_F(Makers, TilesByCountAreSpreadOverALengthThatNobodyKnew) {
  for (const int frames : {4, 100, 1000}) {
    files_.clear();
    Sprites sprites(
        {folder_ / "s.jpg", folder_ / "s.vtt", StillType::kJpeg, {32, 0}, 80, 4, 3, 1000 * kMs, 6});
    for (int i = 0; i < frames; ++i) {
      ASSERT_TRUE(
          sprites.take(frame(static_cast<uint64_t>(i) * 40 * kMs, 40, 200, 9), announce()).ok());
    }
    EXPECT_TRUE(files_.empty());
    ASSERT_TRUE(sprites.finish(announce(), 0).ok());
    ASSERT_EQ(files_.size(), 2u);
    std::ifstream file(folder_ / "s.vtt");
    const std::string vtt(std::istreambuf_iterator<char>(file), {});
    const std::regex cue(R"((\d\d):(\d\d):(\d\d)\.(\d{3}) -->)");
    const auto cues = std::distance(std::sregex_iterator(vtt.begin(), vtt.end(), cue), {});
    ASSERT_EQ(cues, std::min(frames, 6)) << vtt;
    if (frames < 100) continue;
    int i = 0;
    for (std::sregex_iterator at(vtt.begin(), vtt.end(), cue), none; at != none; ++at, ++i) {
      const double start =
          std::stoi((*at)[2]) * 60 + std::stoi((*at)[3]) + std::stoi((*at)[4]) / 1000.0;
      EXPECT_NEAR(start / (frames * 0.04), i / 6.0, 0.06) << frames << "\n" << vtt;
    }
  }
}

// A program that seeks from key frame to key frame shows few frames, and none at the end.
TEST_F(Makers, AfterSeeksTheLastTileStandsForItsWholeInterval) {
  Sprites sprites(
      {folder_ / "s.jpg", folder_ / "s.vtt", StillType::kJpeg, {32, 0}, 80, 4, 3, 1000 * kMs});
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        sprites.take(frame(static_cast<uint64_t>(i) * 1000 * kMs, 40, 200, 9), announce()).ok());
    sprites.interrupt();
  }
  ASSERT_TRUE(sprites.finish(announce(), 2600 * kMs).ok());
  std::ifstream file(folder_ / "s.vtt");
  const std::string vtt(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(vtt.find("00:00:02.000 --> 00:00:02.600"), std::string::npos) << vtt;
}

TEST_F(Makers, CountPrefersPicturesThatShowSomethingNew) {
  Series series({*Pattern::parse(folder_ / "t-%d.png"), StillType::kPng, {}, 50, 0, 2});
  // The first half shows one thing, and so does the second but for a moment off its middle.
  for (int i = 0; i < 16; ++i) {
    const bool other = i == 10;
    ASSERT_TRUE(series
                    .take(frame(static_cast<uint64_t>(i) * 1000 * kMs, other ? 200 : 40,
                                other ? 50 : 200, other ? 17 : 9),
                          announce())
                    .ok());
  }
  ASSERT_TRUE(series.finish(announce(), 0).ok());
  ASSERT_EQ(files_.size(), 2u);
  EXPECT_EQ(files_[1].moment.timestamp, 10'000 * kMs);
}

TEST_F(Makers, PosterAvoidsASlowDissolve) {
  Poster poster({folder_ / "p.jpg", StillType::kJpeg, {}, 85});
  frame(0, 90, 150, 10);
  const scaler::OwnedPicture first = std::move(picture_);
  picture_ = scaler::OwnedPicture(format_);
  frame(0, 150, 90, 23);
  const scaler::OwnedPicture second = std::move(picture_);
  picture_ = scaler::OwnedPicture(format_);
  // Each stands still for a second; between them, for four, both are seen at once.
  for (int i = 0; i <= 30; ++i) {
    Frame mixed = frame(static_cast<uint64_t>(i) * 200 * kMs, 0, 0, 0);
    const int share = std::clamp(i - 5, 0, 20);
    const auto& plane = picture_.components()[0];
    for (int y = 0; y < format_.height; ++y) {
      for (int x = 0; x < format_.width; ++x) {
        const int a = first.components()[0].data[y * plane.stride + x];
        const int b = second.components()[0].data[y * plane.stride + x];
        plane.data[y * plane.stride + x] =
            static_cast<uint8_t>(128 + ((a - 128) * (20 - share) + (b - 128) * share) / 12);
      }
    }
    ASSERT_TRUE(poster.take(mixed).ok());
  }
  ASSERT_TRUE(poster.finish(announce()).ok());
  ASSERT_EQ(files_.size(), 1u);
  const uint64_t chosen = files_[0].moment.timestamp / (200 * kMs);
  EXPECT_TRUE(chosen <= 5 || chosen >= 25) << chosen;
}

}  // namespace
}  // namespace filmgate::stills
