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

TEST_F(Probe, MeasuresOnlyWhatIsAskedFor) {
  settings = VideoSettings{.information = false,
                           .black = false,
                           .freeze = false,
                           .blur = false,
                           .levels = false,
                           .luma = true};
  probe.configure(settings);
  const FrameFigures figures = show(noise_picture(1));
  EXPECT_TRUE(figures.luma_mean);
  EXPECT_FALSE(figures.si || figures.blur || figures.black_ratio || figures.outside_ratio);
  const Json summary = probe.summary();
  for (const char* key : {"si", "ti", "black", "freeze", "blur", "levels"})
    EXPECT_FALSE(summary.find(key)) << key;
  EXPECT_TRUE(summary.find("luma"));
}

}  // namespace
}  // namespace filmgate::quality
