// What becomes of a measurement when the stream, the settings or the direction change in its midst.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/element/qualityprobe/probe_fixture.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

constexpr const char* kGray = "video/x-raw,format=GRAY8,width=64,height=36,framerate=25/1";
constexpr const char* kMono = "audio/x-raw,format=S16LE,rate=48000,channels=1,layout=interleaved";
constexpr GstClockTime kFrame = GST_SECOND / 25;
using Intervals = std::vector<std::pair<double, double>>;

GstBuffer* frame(int index, int value) {
  return gray_buffer(64, 36, value, static_cast<GstClockTime>(index) * kFrame, kFrame);
}

GstBuffer* sound(gint16 value, size_t frames, GstClockTime pts = GST_CLOCK_TIME_NONE) {
  const std::vector<gint16> samples(frames, value);
  GstBuffer* buffer = gst_buffer_new_memdup(samples.data(), frames * sizeof(gint16));
  GST_BUFFER_PTS(buffer) = pts;
  return buffer;
}

double at(const Json& json, const char* path) {
  const Json* value = json.find_path(path);
  return value ? value->number_or(-1) : -1;
}

// A decoder's picture that is larger than what is shown of it: all but that part is noise.
GstBuffer* cropped(const char* format, int index) {
  constexpr guint kLeft = 7, kTop = 5;
  GstVideoInfo info;
  gst_video_info_set_format(&info, gst_video_format_from_string(format), 80, 48);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
  GstVideoFrame mapped;
  EXPECT_TRUE(gst_video_frame_map(&mapped, &info, buffer, GST_MAP_WRITE));
  std::mt19937 random(static_cast<unsigned>(index));
  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES(&info); ++p) {
    auto* data = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&mapped, p));
    const int stride = GST_VIDEO_FRAME_PLANE_STRIDE(&mapped, p);
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&mapped, p); ++y)
      for (int x = 0; x < stride; ++x) data[y * stride + x] = static_cast<guint8>(random());
    for (int y = static_cast<int>(kTop); y < static_cast<int>(kTop) + 36; ++y) {
      for (int x = static_cast<int>(kLeft); x < static_cast<int>(kLeft) + 64; ++x) {
        if (GST_VIDEO_INFO_FORMAT(&info) == GST_VIDEO_FORMAT_GRAY10_LE32) {
          guint32 word = GST_READ_UINT32_LE(data + y * stride + x / 3 * 4);
          word &= ~(1023u << (x % 3 * 10));
          GST_WRITE_UINT32_LE(data + y * stride + x / 3 * 4, word | 400u << (x % 3 * 10));
        } else {
          const int across = GST_VIDEO_FORMAT_INFO_W_SUB(info.finfo, p);
          const int down = GST_VIDEO_FORMAT_INFO_H_SUB(info.finfo, p);
          const int step = GST_VIDEO_FRAME_COMP_PSTRIDE(&mapped, p);
          for (int byte = 0; byte < step; ++byte)
            data[(y >> down) * stride + (x >> across) * step + byte] = 100;
        }
      }
    }
  }
  gst_video_frame_unmap(&mapped);
  gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info), 80,
                            48);
  GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(buffer);
  crop->x = kLeft;
  crop->y = kTop;
  crop->width = 64;
  crop->height = 36;
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(index) * kFrame;
  GST_BUFFER_DURATION(buffer) = kFrame;
  return buffer;
}

TEST(QualityProbeRunning, MeasuresOnlyThePartOfAPictureThatIsShown) {
  for (const char* format : {"I420", "NV12", "Y42B", "GRAY8", "GRAY10_LE32"}) {
    ProbeHarness probe;
    probe.set_caps(
        ("video/x-raw,width=64,height=36,framerate=25/1,format=" + std::string(format)).c_str());
    for (int i = 0; i < 60; ++i) EXPECT_EQ(probe.push(cropped(format, i)), GST_FLOW_OK);
    probe.push_event(gst_event_new_eos());
    const Said said = probe.said();
    EXPECT_EQ(said.findings("freeze"), (Intervals{{0, 2.4}})) << format;
    EXPECT_EQ(at(said.summary(), "video.luma.min"), 100) << format;
    EXPECT_EQ(at(said.summary(), "video.luma.max"), 100) << format;
  }
}

// Nothing is known of what lies between, so no finding goes over it.
TEST(QualityProbeRunning, ADiscontinuityThatJumpsEndsFindings) {
  for (const bool jumps : {false, true}) {
    const GstClockTime later = jumps ? 1000 * GST_SECOND : 60 * kFrame;
    ProbeHarness probe;
    probe.set_caps(kGray);
    for (int i = 0; i < 120; ++i) {
      GstBuffer* buffer = frame(i, 16);
      if (i == 60) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
      if (i >= 60) GST_BUFFER_PTS(buffer) += later - 60 * kFrame;
      EXPECT_EQ(probe.push(buffer), GST_FLOW_OK);
    }
    probe.push_event(gst_event_new_eos());
    const Said said = probe.said();
    const Intervals apart{{0, 2.4}, {1000, 1002.4}};
    EXPECT_EQ(said.findings("black"), jumps ? apart : (Intervals{{0, 4.8}}));
    EXPECT_EQ(said.findings("freeze"), jumps ? apart : (Intervals{{0, 2.4}, {2.4, 4.8}}));
    EXPECT_DOUBLE_EQ(at(said.summary(), "video.duration"), 4.8);
  }
}

TEST(QualityProbeRunning, TellsOnceWhyCapsCannotBeMeasured) {
  ProbeHarness probe;
  gst_harness_set_src_caps_str(probe.get(),
                               "audio/x-raw,format=S16LE,rate=48000,channels=3,layout=interleaved");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(gst_harness_push(probe.get(), sound(0, 480)), GST_FLOW_NOT_NEGOTIATED);
  const Said said = probe.said();
  EXPECT_NE(said.error().find("channel-mask"), std::string::npos) << said.error();
  int errors = 0;
  for (const auto& message : said.messages)
    errors += GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR;
  EXPECT_EQ(errors, 1);
}

// The measures are set before the stream starts: a finding that is open would never be closed.
TEST(QualityProbeRunning, MeasuresStayWhatTheyWereAtTheStart) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i) probe.push(frame(i, 16));
  gst_util_set_object_arg(G_OBJECT(probe.element()), "measures", "siti");
  for (int i = 60; i < 90; ++i) probe.push(frame(i, 100 + i % 2 * 50));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.findings("black"), (Intervals{{0, 2.4}}));
  EXPECT_EQ(said.findings("freeze"), (Intervals{{0, 2.4}}));
  EXPECT_GE(at(said.summary(), "video.luma.max"), 150);
}

// The end that upstream sends after an error does not make a report of what was seen before.
TEST(QualityProbeRunning, HasNoReportOnAStreamThatBroke) {
  const TemporaryFolder folder;
  const std::string path = folder / "report.json";
  for (const bool caps : {false, true}) {
    ProbeHarness probe("qualityprobe report-location=" + path);
    probe.set_caps(kGray);
    EXPECT_EQ(probe.push(frame(0, 16)), GST_FLOW_OK);
    if (caps) {
      gst_harness_set_src_caps_str(probe.get(), kMono);
      EXPECT_EQ(gst_harness_push(probe.get(), frame(1, 16)), GST_FLOW_NOT_NEGOTIATED);
    } else {
      EXPECT_EQ(probe.push(gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
    }
    probe.push_event(gst_event_new_eos());
    const Said said = probe.said();
    EXPECT_NE(said.error(), "");
    EXPECT_TRUE(said.of("summary").empty());
    EXPECT_EQ(probe.summary_property(), "");
    EXPECT_FALSE(std::ifstream(path).good());
  }
}

TEST(QualityProbeRunning, SoundThatIsPlayedBackwardsHasNoIntervals) {
  ProbeHarness probe("qualityprobe silence-duration=15000000 interval=0");
  probe.set_caps(kMono);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = segment.position = 2 * GST_SECOND;
  probe.push_event(gst_event_new_segment(&segment));
  for (guint64 i = 1; i <= 200; ++i)
    EXPECT_EQ(probe.push(sound(0, 480, (200 - i) * 10 * GST_MSECOND)), GST_FLOW_OK);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_TRUE(said.findings("silence").empty());
  EXPECT_NEAR(at(said.summary(), "audio.duration"), 2, 1e-6);
}

TEST(QualityProbeRunning, ASampleClipsOnceWhateverTheSettings) {
  ProbeHarness probe;
  probe.set_caps(kMono);
  for (int i = 0; i < 100; ++i) {
    g_object_set(probe.element(), "clipping-run", i % 2 ? 10 : 3, nullptr);
    probe.push(sound(32767, 6));
  }
  probe.push_event(gst_event_new_eos());
  const Json summary = probe.said().summary();
  EXPECT_GT(at(summary, "audio.clipping.samples"), 0);
  EXPECT_LE(at(summary, "audio.clipping.samples"), 600);
  EXPECT_LE(at(summary, "audio.clipping.ratio"), 1);
}

}  // namespace
}  // namespace filmgate::test
