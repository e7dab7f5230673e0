#include "plugins/qualityprobe/video_probe.h"

#include <gtest/gtest.h>

#include "tests/unit/qualityprobe/pictures.h"

namespace filmgate::quality {
namespace {

constexpr Time kFrame = 40'000'000;  // 25 frames a second

class Probe : public testing::Test {
 protected:
  Probe() { probe.configure(settings); }

  FrameFigures show(std::shared_ptr<const Picture> picture) {
    const FrameFigures figures = probe.measure(std::move(picture), now, now + kFrame, findings);
    now += kFrame;
    return figures;
  }
  void show_for(int frames, const std::shared_ptr<const Picture>& picture) {
    for (int i = 0; i < frames; ++i) show(picture);
  }
  std::vector<Interval> found(const std::string& name) const {
    std::vector<Interval> intervals;
    for (const Finding& finding : findings)
      if (name == finding.name) intervals.push_back(finding.interval);
    return intervals;
  }

  VideoSettings settings;
  VideoProbe probe;
  std::vector<Finding> findings;
  Time now = 0;
};

TEST_F(Probe, ReportsBlackFromItsFirstFrameToTheNextPicture) {
  show_for(10, noise_picture(1));
  show_for(50, flat_picture(16));
  show(noise_picture(2));
  EXPECT_EQ(found("black"), (std::vector<Interval>{{10 * kFrame, 60 * kFrame}}));
}

TEST_F(Probe, LeavesOutBlackThatIsTooShort) {
  show_for(49, flat_picture(16));
  show(noise_picture(2));
  EXPECT_TRUE(found("black").empty());
  EXPECT_NEAR(probe.summary().find_path("black.frame_ratio")->number_or(0), 0.98, 1e-9);
}

TEST_F(Probe, ClosesBlackAtTheEnd) {
  show_for(75, flat_picture(16));
  probe.interrupt(findings);
  EXPECT_EQ(found("black"), (std::vector<Interval>{{0, 75 * kFrame}}));
  EXPECT_DOUBLE_EQ(probe.summary().find_path("black.ratio")->number_or(0), 1.0);
}

TEST_F(Probe, BlackOfFullRangeIsDarker) {
  settings.black_duration = 0;
  probe.configure(settings);
  auto dim = flat_picture(30);  // black at limited range up to 37, at full range up to 25
  EXPECT_EQ(show(dim).black_ratio, 1.0);
  dim->full_range = true;
  EXPECT_EQ(show(dim).black_ratio, 0.0);
}

TEST_F(Probe, ReportsAFreezeFromThePictureThatStayed) {
  for (unsigned i = 0; i < 10; ++i) show(noise_picture(i));
  show_for(60, noise_picture(100));
  show(noise_picture(101));
  EXPECT_EQ(found("freeze"), (std::vector<Interval>{{10 * kFrame, 70 * kFrame}}));
}

// The reference is the first picture, not the previous one: a slow drift is no freeze.
TEST_F(Probe, ASlowDriftIsNoFreeze) {
  for (int i = 0; i < 100; ++i) {
    auto picture = noise_picture(5);
    for (int x = 0; x < std::min(64, i); ++x) picture->set(x, 3, 235 - picture->luma().row(3)[x]);
    show(picture);
  }
  probe.interrupt(findings);
  EXPECT_TRUE(found("freeze").empty());
}

TEST_F(Probe, ChromaThatMovesIsNoFreeze) {
  const auto make = [](int chroma) {
    auto picture = noise_picture(5);
    static std::vector<std::vector<uint8_t>> memory;
    memory.emplace_back(32 * 18, static_cast<uint8_t>(chroma));
    picture->planes[1] = picture->planes[2] = {memory.back().data(), 32, 32, 18};
    picture->plane_count = 3;
    return picture;
  };
  for (int i = 0; i < 100; ++i) show(make(100 + i % 2 * 40));
  probe.interrupt(findings);
  EXPECT_TRUE(found("freeze").empty());
  show_for(60, make(100));
  probe.interrupt(findings);
  EXPECT_EQ(found("freeze").size(), 1u);
}

TEST_F(Probe, KeepsNoMoreThanTwoPictures) {
  std::vector<std::weak_ptr<const Picture>> shown;
  const auto frozen = std::make_shared<TestPicture>(64, 36);
  for (int i = 0; i < 100; ++i) {
    auto copy = noise_picture(9);
    shown.push_back(copy);
    show(std::move(copy));
  }
  const auto alive = std::count_if(shown.begin(), shown.end(),
                                   [](const auto& picture) { return !picture.expired(); });
  EXPECT_EQ(alive, 2);
  probe.release_pictures();
  EXPECT_TRUE(shown.back().expired());
}

TEST_F(Probe, BeginsAnewWhenThePictureChangesItsShape) {
  EXPECT_FALSE(show(noise_picture(1)).ti);
  EXPECT_TRUE(show(noise_picture(2)).ti);
  EXPECT_FALSE(show(noise_picture(3, 128, 72)).ti);
  EXPECT_TRUE(show(noise_picture(4, 128, 72)).ti);
}

TEST_F(Probe, HasNoHistoryAcrossAnInterruption) {
  show_for(30, flat_picture(16));
  probe.interrupt(findings);
  EXPECT_FALSE(show(flat_picture(16)).ti);
  show_for(29, flat_picture(16));
  probe.interrupt(findings);
  EXPECT_TRUE(found("black").empty());  // twice 1.2 s, never 2 s
}

TEST_F(Probe, CountsWhatWasDecodedAcrossJumps) {
  now = 5'000'000'000;
  show_for(25, noise_picture(1));
  probe.interrupt(findings);
  now = 100'000'000'000;
  show_for(25, noise_picture(1));
  const Json summary = probe.summary();
  EXPECT_EQ(summary.get("frames").integer_or(0), 50);
  EXPECT_DOUBLE_EQ(summary.get("first_timestamp").number_or(0), 5.0);
  EXPECT_DOUBLE_EQ(summary.get("duration").number_or(0), 2.0);
}

TEST_F(Probe, TimesThatRunBackwardsOpenNoInterval) {
  const auto black = flat_picture(16);
  for (int i = 100; i > 0; --i)
    probe.measure(black, static_cast<Time>(i) * kFrame, static_cast<Time>(i + 1) * kFrame,
                  findings);
  probe.interrupt(findings);
  EXPECT_TRUE(findings.empty());
}

TEST_F(Probe, ReportsIllegalLevels) {
  auto hot = noise_picture(1);
  for (int x = 0; x < 64; ++x) hot->set(x, 0, 254);  // 1/36 of the picture
  show_for(50, hot);
  probe.interrupt(findings);
  ASSERT_EQ(found("levels").size(), 1u);
  EXPECT_EQ(found("levels")[0], (Interval{0, 50 * kFrame}));
  EXPECT_NEAR(probe.summary().find_path("levels.outside_ratio")->number_or(0), 1.0 / 36, 1e-9);
}

TEST_F(Probe, ReportsBlur) {
  auto ramp = std::make_shared<TestPicture>(100, 100);
  ramp->fill([](int x, int) { return 20 + 2 * x; });
  show_for(50, ramp);
  probe.interrupt(findings);
  EXPECT_EQ(found("blur").size(), 1u);
  EXPECT_DOUBLE_EQ(probe.summary().find_path("blur.ratio")->number_or(0), 1.0);
}

// A picture between bars, which moves with `t`.
std::shared_ptr<TestPicture> between_bars(int t, int bar = 8) {
  auto picture = noise_picture(static_cast<unsigned>(t));
  for (int y = 0; y < 36; ++y)
    for (int x = 0; x < 64 && (y < bar || y >= 36 - bar); ++x) picture->set(x, y, 16);
  return picture;
}

TEST_F(Probe, ReportsBarsAndWhereThePictureIs) {
  for (int i = 0; i < 10; ++i) show(noise_picture(static_cast<unsigned>(i)));
  for (int i = 0; i < 30; ++i) show(between_bars(i));
  show_for(5, flat_picture(16));  // says nothing about bars
  for (int i = 0; i < 20; ++i) show(between_bars(i));
  EXPECT_TRUE(found("letterbox").empty());
  show(noise_picture(1));
  EXPECT_EQ(found("letterbox"), (std::vector<Interval>{{10 * kFrame, 65 * kFrame}}));
  // The rectangle holds them all; it is 32 rows high, as a multiple of 16.
  EXPECT_EQ(probe.summary().find_path("letterbox.crop.height")->number_or(0), 32);
}

TEST_F(Probe, ClosesBarsAtTheEnd) {
  for (int i = 0; i < 60; ++i) show(between_bars(i));
  probe.interrupt(findings);
  EXPECT_EQ(found("letterbox"), (std::vector<Interval>{{0, 60 * kFrame}}));
  const Json summary = probe.summary();
  EXPECT_EQ(summary.find_path("letterbox.crop.y")->number_or(0), 10);  // 20 rows, 16 of them
  EXPECT_EQ(summary.find_path("letterbox.crop.height")->number_or(0), 16);
  EXPECT_EQ(summary.find_path("letterbox.crop.width")->number_or(0), 64);
}

TEST_F(Probe, FindsTheRectangleAnewWhenThePictureChangesItsShape) {
  show_for(5, noise_picture(1));
  show_for(5, noise_picture(2, 128, 80));
  EXPECT_EQ(probe.summary().find_path("letterbox.crop.width")->number_or(0), 128);
  show_for(5, noise_picture(2, 32, 32));
  EXPECT_EQ(probe.summary().find_path("letterbox.crop.width")->number_or(0), 32);
}

// Rows of even and odd numbers show a texture of one column a field apart.
std::shared_ptr<TestPicture> two_fields(int t) {
  auto picture = std::make_shared<TestPicture>(64, 36);
  picture->fill([t](int x, int y) { return 40 + (x + 4 * t + (y % 2) * 2) / 3 % 4 * 50; });
  return picture;
}

TEST_F(Probe, ReportsCombingFromTheFirstPicture) {
  for (int i = 0; i < 40; ++i) show(two_fields(i));
  probe.interrupt(findings);
  EXPECT_EQ(found("combing"), (std::vector<Interval>{{0, 40 * kFrame}}));
  const Json summary = probe.summary();
  EXPECT_EQ(summary.find_path("combing.top_first")->number_or(0), 39);
  EXPECT_EQ(summary.find_path("combing.progressive")->number_or(-1), 0);
  EXPECT_DOUBLE_EQ(summary.find_path("combing.ratio")->number_or(0), 1);
}

TEST_F(Probe, DoesNotCombWhatIsProgressive) {
  for (int i = 0; i < 40; ++i) show(noise_picture(static_cast<unsigned>(i)));
  probe.interrupt(findings);
  EXPECT_TRUE(found("combing").empty());
}

TEST_F(Probe, ReportsNoiseAndBlocksUntilTheyEnd) {
  const auto blocks = [](int t) {
    auto picture = std::make_shared<TestPicture>(128, 96);
    picture->fill([t](int x, int y) { return 60 + ((x / 8 + y / 8 + t) % 2) * 30; });
    return picture;
  };
  for (int i = 0; i < 30; ++i) show(blocks(i));
  EXPECT_TRUE(found("blockiness").empty());
  for (int i = 0; i < 30; ++i) show(noise_picture(static_cast<unsigned>(i), 128, 96));
  EXPECT_EQ(found("blockiness"), (std::vector<Interval>{{0, 30 * kFrame}}));
  EXPECT_TRUE(found("noise").empty());
  probe.interrupt(findings);
  EXPECT_EQ(found("noise"), (std::vector<Interval>{{30 * kFrame, 60 * kFrame}}));
  EXPECT_NEAR(probe.summary().find_path("noise.ratio")->number_or(0), 0.5, 1e-9);
}

TEST_F(Probe, ListsSceneCuts) {
  for (const int luma : {40, 40, 40, 120, 120, 120, 200, 200}) show(flat_picture(luma));
  EXPECT_EQ(found("scene-cut"),
            (std::vector<Interval>{{3 * kFrame, 3 * kFrame}, {6 * kFrame, 6 * kFrame}}));
  const Json summary = probe.summary();
  EXPECT_EQ(summary.find_path("scene_cuts.count")->number_or(0), 2);
  EXPECT_DOUBLE_EQ(summary.find_path("scene_cuts.times.1")->number_or(0), 0.24);
  EXPECT_NEAR(summary.find_path("scene_cuts.score.max")->number_or(0), 100 * 80.0 / 256, 1e-9);
}

TEST_F(Probe, ASteadyChangeIsNoCut) {
  for (int i = 0; i < 6; ++i) show(flat_picture(i % 2 ? 20 : 200));
  EXPECT_EQ(found("scene-cut").size(), 1u);  // the first; the next ones are as great
}

TEST_F(Probe, AnInterruptionIsNoCut) {
  show_for(3, flat_picture(40));
  probe.interrupt(findings);
  show_for(3, flat_picture(200));
  EXPECT_TRUE(found("scene-cut").empty());
}

TEST_F(Probe, MeasuresOnlyWhatIsAskedFor) {
  settings = VideoSettings{.information = false,
                           .black = false,
                           .freeze = false,
                           .blur = false,
                           .levels = false,
                           .luma = true,
                           .blockiness = false,
                           .noise = false,
                           .letterbox = false,
                           .combing = false,
                           .scenes = false};
  probe.configure(settings);
  const FrameFigures figures = show(noise_picture(1));
  EXPECT_TRUE(figures.luma_mean);
  EXPECT_FALSE(figures.si || figures.blur || figures.black_ratio || figures.outside_ratio ||
               figures.blockiness || figures.noise || figures.comb_ratio || figures.scene_score);
  const Json summary = probe.summary();
  for (const char* key : {"si", "ti", "black", "freeze", "blur", "levels", "blockiness", "noise",
                          "letterbox", "combing", "scene_cuts"})
    EXPECT_FALSE(summary.find(key)) << key;
  EXPECT_TRUE(summary.find("luma"));
}

}  // namespace
}  // namespace filmgate::quality
