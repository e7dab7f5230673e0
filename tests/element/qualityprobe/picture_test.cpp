// Findings of a picture as the element tells them: where they end, and what ends them.
#include <gtest/gtest.h>

#include <random>

#include "tests/element/qualityprobe/probe_fixture.h"

namespace filmgate::test {
namespace {

constexpr GstClockTime kFrame = GST_SECOND / 25;
constexpr int kCount = 60;
using Intervals = std::vector<std::pair<double, double>>;

// What is wrong with a picture, and how it looks.
struct Wrong {
  const char* finding;
  int (*sample)(int x, int y, int t, unsigned random);
};

constexpr Wrong kWrongs[] = {
    {"letterbox",
     [](int, int y, int, unsigned random) {
       return y < 8 || y >= 28 ? 16 : 100 + static_cast<int>(random % 4);
     }},
    {"combing",
     [](int x, int y, int t, unsigned) { return 40 + (x + 4 * t + (y % 2) * 2) / 3 % 4 * 50; }},
    {"noise", [](int, int, int, unsigned random) { return 80 + static_cast<int>(random % 80); }},
    {"blockiness",
     [](int x, int y, int t, unsigned) { return 60 + ((x / 8 + y / 8 + t) % 2) * 30; }},
};

GstBuffer* picture(const Wrong& wrong, int t, int width = 64, int height = 36) {
  GstBuffer* buffer = gray_buffer(width, height, 0, static_cast<GstClockTime>(t) * kFrame, kFrame);
  std::mt19937 random(static_cast<unsigned>(t));
  GstMapInfo map;
  EXPECT_TRUE(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      map.data[y * width + x] =
          static_cast<guint8>(wrong.sample(x, y, t, static_cast<unsigned>(random())));
  gst_buffer_unmap(buffer, &map);
  return buffer;
}

std::string caps(int width, int height, const char* more = "") {
  return "video/x-raw,format=GRAY8,framerate=25/1,width=" + std::to_string(width) +
         ",height=" + std::to_string(height) + more;
}

double at(const Json& json, const std::string& path) {
  const Json* value = json.find_path(path);
  return value ? value->number_or(-1) : -1;
}

class Pictures : public testing::TestWithParam<Wrong> {
 protected:
  Pictures() { probe.set_caps(caps(64, 36).c_str()); }
  void show(int from, int to) {
    for (int t = from; t < to; ++t) EXPECT_EQ(probe.push(picture(GetParam(), t)), GST_FLOW_OK);
  }
  Intervals found() { return probe.said().findings(GetParam().finding); }

  ProbeHarness probe;
};

TEST_P(Pictures, AreReportedAtTheEndOfTheStream) {
  show(0, kCount);
  EXPECT_TRUE(found().empty());
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.findings(GetParam().finding), (Intervals{{0, 2.4}}));
  const std::string key = std::string("video.") + GetParam().finding;
  EXPECT_EQ(at(said.summary(), key + ".intervals.0.end"), 2.4);
  EXPECT_EQ(at(said.summary(), key + ".ratio"), 1);
}

TEST_P(Pictures, AreReportedAtTheEndOfASegment) {
  show(0, kCount);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.time = 100 * GST_SECOND;
  probe.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(found(), (Intervals{{0, 2.4}}));
  show(0, kCount);
  probe.push_event(gst_event_new_eos());
  EXPECT_EQ(found(), (Intervals{{100, 102.4}}));
}

TEST_P(Pictures, EndAtAGap) {
  show(0, kCount);
  probe.push_event(gst_event_new_gap(kCount * kFrame, GST_SECOND));
  EXPECT_EQ(found(), (Intervals{{0, 2.4}}));
}

TEST_P(Pictures, AreForgottenInAFlush) {
  show(0, kCount);
  probe.push_event(gst_event_new_flush_start());
  probe.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  probe.push_event(gst_event_new_segment(&segment));
  show(kCount, kCount + 10);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_TRUE(said.findings(GetParam().finding).empty());
  EXPECT_EQ(at(said.summary(), "video.frames"), 10);
}

TEST_P(Pictures, AreNoIntervalWhenPlayedBackwards) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = kCount * kFrame;
  probe.push_event(gst_event_new_segment(&segment));
  for (int t = kCount - 1; t >= 0; --t) EXPECT_EQ(probe.push(picture(GetParam(), t)), GST_FLOW_OK);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_TRUE(said.findings(GetParam().finding).empty());
  EXPECT_EQ(at(said.summary(), "video.frames"), kCount);
}

// A change of size is told as one picture, whose fields are compared with nothing.
TEST_P(Pictures, GoOnInAnotherSize) {
  show(0, kCount / 2);
  const auto wider = Ref<GstCaps>::adopt(gst_caps_from_string(caps(128, 36).c_str()));
  probe.push_event(gst_event_new_caps(wider.get()));  // alone: no new segment
  for (int t = kCount / 2; t < kCount; ++t)
    EXPECT_EQ(probe.push(picture(GetParam(), t, 128)), GST_FLOW_OK);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  const Intervals want = GetParam().finding == std::string("combing")
                             ? Intervals{{0, 1.2}, {1.2, 2.4}}
                             : Intervals{{0, 2.4}};
  EXPECT_EQ(said.findings(GetParam().finding), want);
  EXPECT_EQ(at(said.summary(), "video.letterbox.crop.width"), 128);
}

TEST_P(Pictures, AreReportedWithInterlacedCaps) {
  probe.set_caps(caps(64, 36, ",interlace-mode=interleaved,field-order=top-field-first").c_str());
  show(0, kCount);
  probe.push_event(gst_event_new_eos());
  EXPECT_EQ(found(), (Intervals{{0, 2.4}}));
}

INSTANTIATE_TEST_SUITE_P(All, Pictures, testing::ValuesIn(kWrongs),
                         [](const auto& param) { return std::string(param.param.finding); });

TEST(SceneCut, IsAMomentAndNoDefect) {
  ProbeHarness probe;
  probe.set_caps(caps(64, 36).c_str());
  for (int t = 0; t < 10; ++t)
    probe.push(
        gray_buffer(64, 36, t < 5 ? 60 : 180, static_cast<GstClockTime>(t) * kFrame, kFrame));
  const Said said = probe.said();
  EXPECT_EQ(said.findings("scene-cut"), (Intervals{{0.2, 0.2}}));
  for (const GstStructure* finding : said.of("finding"))
    EXPECT_STREQ(gst_structure_get_string(finding, "severity"), "information");
}

}  // namespace
}  // namespace filmgate::test
