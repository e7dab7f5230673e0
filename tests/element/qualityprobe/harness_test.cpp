#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/element/qualityprobe/probe_fixture.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

constexpr const char* kGray = "video/x-raw,format=GRAY8,width=64,height=36,framerate=25/1";
constexpr const char* kAudio =
    "audio/x-raw,format=S16LE,rate=48000,channels=2,channel-mask=(bitmask)3,layout=interleaved";
constexpr GstClockTime kFrame = GST_SECOND / 25;

GstBuffer* frame(int index, int value) {
  return gray_buffer(64, 36, value, static_cast<GstClockTime>(index) * kFrame, kFrame);
}

GstBuffer* silence(GstClockTime pts, int frames) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, static_cast<gsize>(frames) * 4, nullptr);
  gst_buffer_memset(buffer, 0, 0, static_cast<gsize>(frames) * 4);
  GST_BUFFER_PTS(buffer) = pts;
  return buffer;
}

double at(const Json& json, const char* path) {
  const Json* value = json.find_path(path);
  return value ? value->number_or(-1) : -1;
}

TEST(QualityProbe, HandsOnTheVeryBuffer) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  GstBuffer* buffer = frame(0, 100);
  ASSERT_EQ(gst_harness_push(probe.get(), buffer), GST_FLOW_OK);
  GstBuffer* out = gst_harness_pull(probe.get());
  EXPECT_EQ(out, buffer);
  gst_buffer_unref(out);
}

TEST(QualityProbe, DropsNothingWhenDownstreamIsLate) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  probe.push(frame(0, 100));
  gst_harness_push_upstream_event(
      probe.get(), gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 0.1, 10 * GST_SECOND, 0));
  for (int i = 1; i < 20; ++i) EXPECT_EQ(probe.push(frame(i, 100)), GST_FLOW_OK);
  EXPECT_EQ(gst_harness_buffers_received(probe.get()), 20u);
}

TEST(QualityProbe, TellsFramesIntervalsFindingsAndSummary) {
  ProbeHarness probe("qualityprobe per-frame=true");
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i) probe.push(frame(i, 16));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.of("frame").size(), 60u);
  const auto intervals = said.of("interval");
  ASSERT_EQ(intervals.size(), 3u);  // two whole seconds and the rest
  guint64 start = 0, length = 0, frames = 0;
  gst_structure_get_uint64(intervals[2], "stream-time", &start);
  gst_structure_get_uint64(intervals[2], "duration", &length);
  gst_structure_get_uint64(intervals[2], "frames", &frames);
  EXPECT_EQ(start, 2 * GST_SECOND);
  EXPECT_EQ(length, 10 * kFrame);
  EXPECT_EQ(frames, 10u);
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(said.findings("black"), (Intervals{{0, 2.4}}));
  EXPECT_EQ(said.findings("freeze"), (Intervals{{0, 2.4}}));
  const Json summary = said.summary();
  EXPECT_EQ(at(summary, "video.frames"), 60);
  EXPECT_DOUBLE_EQ(at(summary, "video.duration"), 2.4);
  EXPECT_EQ(at(summary, "video.black.intervals.0.end"), 2.4);
  EXPECT_EQ(probe.summary_property(), to_text(summary));
}

TEST(QualityProbe, SaysNothingWhenAskedNotTo) {
  ProbeHarness probe("qualityprobe post-messages=false per-frame=true");
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i) probe.push(frame(i, 16));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  for (const char* type : {"frame", "interval", "finding", "summary"})
    EXPECT_TRUE(said.of(type).empty()) << type;
  EXPECT_NE(probe.summary_property(), "");
}

TEST(QualityProbe, PostsTheSummaryBeforeTheEndGoesOn) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  probe.push(frame(0, 16));
  struct Seen {
    ProbeHarness* probe;
    bool had_summary;
  } seen{&probe, false};
  GstPad* pad = gst_element_get_static_pad(probe.element(), "src");
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto* state = static_cast<Seen*>(data);
        if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS)
          state->had_summary = state->probe->said().summary().is_object();
        return GST_PAD_PROBE_OK;
      },
      &seen, nullptr);
  gst_object_unref(pad);
  probe.push_event(gst_event_new_eos());
  EXPECT_TRUE(seen.had_summary);
}

TEST(QualityProbe, AFlushForgetsWhatCameBefore) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  for (int i = 0; i < 40; ++i) probe.push(frame(i, 16));
  probe.push_event(gst_event_new_flush_start());
  probe.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  probe.push_event(gst_event_new_segment(&segment));
  for (int i = 40; i < 70; ++i) probe.push(frame(i, 16));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(at(said.summary(), "video.frames"), 30);
  EXPECT_DOUBLE_EQ(at(said.summary(), "video.first_timestamp"), 1.6);
  EXPECT_TRUE(said.findings("black").empty());  // 1.6 s before, 1.2 s after
}

TEST(QualityProbe, ANewSegmentClosesFindings) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i) probe.push(frame(i, 16));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.time = 100 * GST_SECOND;
  probe.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(probe.said().findings("black").size(), 1u);
  for (int i = 0; i < 60; ++i) probe.push(frame(i, 16));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(said.findings("black"), (Intervals{{100, 102.4}}));
  EXPECT_EQ(at(said.summary(), "video.frames"), 120);
  EXPECT_DOUBLE_EQ(at(said.summary(), "video.duration"), 4.8);
}

TEST(QualityProbe, MeasuresOnlyWhatTheSegmentShows) {
  ProbeHarness probe("qualityprobe per-frame=true");
  probe.set_caps(kGray);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 10 * kFrame;
  segment.stop = 20 * kFrame;
  probe.push_event(gst_event_new_segment(&segment));
  for (int i = 0; i < 30; ++i) EXPECT_EQ(probe.push(frame(i, 16)), GST_FLOW_OK);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.of("frame").size(), 10u);
  EXPECT_EQ(gst_harness_buffers_received(probe.get()), 30u);
}

TEST(QualityProbe, CountsOnWithoutTimestamps) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i)
    probe.push(gray_buffer(64, 36, 16, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE));
  probe.push_event(gst_event_new_eos());
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(probe.said().findings("black"), (Intervals{{0, 2.4}}));
}

TEST(QualityProbe, FollowsAChangeOfCaps) {
  ProbeHarness probe("qualityprobe per-frame=true");
  probe.set_caps(kGray);
  probe.push(frame(0, 50));
  probe.push(frame(1, 60));
  probe.set_caps("video/x-raw,format=GRAY8,width=32,height=20,framerate=25/1");
  probe.push(gray_buffer(32, 20, 60, 2 * kFrame, kFrame));
  probe.push(gray_buffer(32, 20, 60, 3 * kFrame, kFrame));
  const Said said = probe.said();
  const auto frames = said.of("frame");
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_FALSE(gst_structure_has_field(frames[0], "ti"));
  EXPECT_TRUE(gst_structure_has_field(frames[1], "ti"));
  EXPECT_FALSE(gst_structure_has_field(frames[2], "ti"));
  EXPECT_TRUE(gst_structure_has_field(frames[3], "ti"));
}

// Durations and timestamps that a broken file claims must not become centuries of black.
TEST(QualityProbe, BelievesNoTimeThatCannotBe) {
  using Intervals = std::vector<std::pair<double, double>>;
  for (const GstClockTime lie : {GST_CLOCK_TIME_NONE - 1, GST_CLOCK_TIME_NONE / 2 + 1}) {
    ProbeHarness probe;
    probe.set_caps(kGray);
    for (int i = 0; i < 60; ++i) {
      GstBuffer* buffer = frame(i, 16);
      if (i == 20) GST_BUFFER_DURATION(buffer) = lie;
      if (i == 40) GST_BUFFER_PTS(buffer) = lie;
      probe.push(buffer);
    }
    probe.push_event(gst_event_new_eos());
    const Said said = probe.said();
    EXPECT_EQ(said.findings("black"), (Intervals{{0, 2.4}}));
    EXPECT_DOUBLE_EQ(at(said.summary(), "video.duration"), 2.4);
  }
}

TEST(QualityProbe, APictureLastsUntilTheNextOne) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  for (int i = 0; i < 60; ++i) {
    GstBuffer* buffer = frame(i, 16);
    if (i < 59) GST_BUFFER_DURATION(buffer) = 1000 * GST_SECOND;
    probe.push(buffer);
  }
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.findings("black"), (std::vector<std::pair<double, double>>{{0, 2.4}}));
  EXPECT_DOUBLE_EQ(at(said.summary(), "video.duration"), 2.4);
}

TEST(QualityProbe, TakesWovenFieldsAndRefusesSingleOnes) {
  for (const char* mode : {"interleaved", "mixed", "fields"}) {
    ProbeHarness probe;
    probe.set_caps((std::string(kGray) + ",interlace-mode=" + mode).c_str());
    for (int i = 0; i < 60; ++i) EXPECT_EQ(probe.push(frame(i, 16)), GST_FLOW_OK) << mode;
    probe.push_event(gst_event_new_eos());
    EXPECT_EQ(probe.said().findings("black").size(), 1u) << mode;
  }
  ProbeHarness probe;
  gst_harness_set_src_caps_str(probe.get(),
                               (std::string(kGray) + ",interlace-mode=alternate").c_str());
  EXPECT_EQ(gst_harness_push(probe.get(), frame(0, 16)), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_NE(probe.said().error().find("interlace-mode=alternate"), std::string::npos);
}

// What was found in the picture would be lost in a report on the sound.
TEST(QualityProbe, RefusesAPictureThatBecomesSound) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  probe.push(frame(0, 16));
  gst_harness_set_src_caps_str(probe.get(), kAudio);
  EXPECT_EQ(gst_harness_push(probe.get(), silence(0, 480)), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_NE(probe.said().error().find("was video and has become audio"), std::string::npos);
  gst_element_set_state(probe.element(), GST_STATE_READY);  // whoever wants it, stops it
  gst_element_set_state(probe.element(), GST_STATE_PLAYING);
  probe.set_caps(kAudio);
  EXPECT_EQ(probe.push(silence(0, 480)), GST_FLOW_OK);
}

TEST(QualityProbe, RefusesABufferTooSmallForItsCaps) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  EXPECT_EQ(probe.push(gst_buffer_new_allocate(nullptr, 100, nullptr)), GST_FLOW_ERROR);
  GQuark domain = 0;
  int code = 0;
  EXPECT_NE(probe.said().error(&domain, &code).find("100 bytes"), std::string::npos);
  EXPECT_EQ(domain, GST_STREAM_ERROR);
  EXPECT_EQ(code, GST_STREAM_ERROR_FORMAT);
}

TEST(QualityProbe, RefusesAMetaThatPointsBeyondTheMemory) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  GstBuffer* buffer = frame(0, 16);
  gsize offset[GST_VIDEO_MAX_PLANES] = {0};
  gint stride[GST_VIDEO_MAX_PLANES] = {4096};
  gst_buffer_add_video_meta_full(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_FORMAT_GRAY8, 64, 36,
                                 1, offset, stride);
  EXPECT_EQ(probe.push(buffer), GST_FLOW_ERROR);
  EXPECT_NE(probe.said().error(), "");
}

// Cb and Cr of P010 lie word by word in one plane, whatever offset GStreamer 1.22 gives for Cr.
TEST(QualityProbe, SeesMotionInEitherChromaOfP010) {
  constexpr int kWidth = 64;
  constexpr int kHeight = 36;
  for (const int chroma : {0, 1}) {
    ProbeHarness probe("qualityprobe freeze-duration=" + std::to_string(2 * kFrame));
    probe.set_caps("video/x-raw,format=P010_10LE,width=64,height=36,framerate=25/1");
    for (int i = 0; i < 6; ++i) {
      std::vector<uint16_t> words(kWidth * kHeight * 3 / 2, 512 << 6);
      if (i >= 3)
        for (size_t at = kWidth * kHeight + static_cast<size_t>(chroma); at < words.size(); at += 2)
          words[at] = 600 << 6;
      GstBuffer* buffer = gst_buffer_new_memdup(words.data(), words.size() * 2);
      GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(i) * kFrame;
      GST_BUFFER_DURATION(buffer) = kFrame;
      EXPECT_EQ(probe.push(buffer), GST_FLOW_OK);
    }
    probe.push_event(gst_event_new_eos());
    EXPECT_EQ(probe.said().findings("freeze").size(), 2u) << (chroma == 0 ? "Cb" : "Cr");
  }
}

TEST(QualityProbe, GivesPicturesBackWhenDrained) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  GstBuffer* buffer = gst_buffer_ref(frame(0, 16));
  probe.push(buffer);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer), 2);
  GstQuery* drain = gst_query_new_drain();
  gst_pad_peer_query(probe.get()->srcpad, drain);
  gst_query_unref(drain);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer), 1);
  gst_buffer_unref(buffer);
}

TEST(QualityProbe, AsksForRoomForThePicturesItKeeps) {
  ProbeHarness probe;
  probe.set_caps(kGray);
  gst_harness_set_propose_allocator(probe.get(), nullptr, nullptr);
  GstCaps* caps = gst_caps_from_string(kGray);
  GstQuery* query = gst_query_new_allocation(caps, FALSE);
  gst_query_add_allocation_pool(query, nullptr, 2304, 3, 4);
  ASSERT_TRUE(gst_pad_peer_query(probe.get()->srcpad, query));
  guint min = 0, max = 0;
  gst_query_parse_nth_allocation_pool(query, 0, nullptr, nullptr, &min, &max);
  EXPECT_EQ(min, 5u);
  EXPECT_EQ(max, 6u);
  gst_query_unref(query);
  gst_caps_unref(caps);
}

TEST(QualityProbe, WritesTheReport) {
  const TemporaryFolder folder;
  const std::string path = folder / "report.json";
  ProbeHarness probe("qualityprobe report-location=" + path);
  probe.set_caps(kGray);
  probe.push(frame(0, 16));
  EXPECT_FALSE(std::ifstream(path).good());
  probe.push_event(gst_event_new_eos());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  auto json = parse_json(text.str(), path);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(*json, probe.said().summary());
  // Nothing but the report is left in its folder.
  EXPECT_EQ(run_program({"ls", "-A", folder.path()}).output, "report.json\n");
}

TEST(QualityProbe, SaysWhyTheReportCannotBeWritten) {
  const TemporaryFolder folder;
  ProbeHarness probe("qualityprobe report-location=" + (folder / "missing/report.json"));
  probe.set_caps(kGray);
  probe.push(frame(0, 16));
  probe.push_event(gst_event_new_eos());
  GQuark domain = 0;
  int code = 0;
  const std::string error = probe.said().error(&domain, &code);
  EXPECT_NE(error.find("missing/report.json"), std::string::npos) << error;
  EXPECT_EQ(domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(code, GST_RESOURCE_ERROR_OPEN_WRITE);
  EXPECT_NE(probe.summary_property(), "");
}

TEST(QualityProbeAudio, AGapIsSilence) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  probe.push(silence(0, 48000));
  probe.push_event(gst_event_new_gap(GST_SECOND, GST_SECOND));
  probe.push(silence(2 * GST_SECOND, 48000));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(said.findings("silence"), (Intervals{{0, 3}}));
  EXPECT_DOUBLE_EQ(at(said.summary(), "audio.duration"), 3);
}

TEST(QualityProbeAudio, AJumpOfTheClockEndsSilence) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  probe.push(silence(0, 3 * 48000));
  probe.push(silence(10 * GST_SECOND, 3 * 48000));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(said.findings("silence"), (Intervals{{0, 3}, {10, 13}}));
  EXPECT_DOUBLE_EQ(at(said.summary(), "audio.duration"), 6);
}

TEST(QualityProbeAudio, JitteringTimestampsAreSmoothed) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  for (int i = 0; i < 300; ++i) {  // rounded to milliseconds, as Matroska does
    const GstClockTime exact =
        gst_util_uint64_scale(static_cast<guint64>(i) * 1024, GST_SECOND, 48000);
    probe.push(silence(exact / GST_MSECOND * GST_MSECOND, 1024));
  }
  probe.push_event(gst_event_new_eos());
  EXPECT_EQ(probe.said().findings("silence").size(), 1u);
}

TEST(QualityProbeAudio, MeasuresOnlyWhatTheSegmentShows) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = GST_SECOND / 2;
  segment.stop = 3 * GST_SECOND;
  segment.time = 0;
  probe.push_event(gst_event_new_segment(&segment));
  for (guint64 i = 0; i < 4; ++i) probe.push(silence(i * GST_SECOND, 48000));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  using Intervals = std::vector<std::pair<double, double>>;
  EXPECT_EQ(said.findings("silence"), (Intervals{{0, 2.5}}));
  EXPECT_DOUBLE_EQ(at(said.summary(), "audio.duration"), 2.5);
}

TEST(QualityProbeAudio, BelievesNoTimeThatCannotBe) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  for (guint64 i = 0; i < 3; ++i)
    probe.push(silence(i == 1 ? GST_CLOCK_TIME_NONE - 5 : i * GST_SECOND, 48000));
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_EQ(said.findings("silence"), (std::vector<std::pair<double, double>>{{0, 3}}));
  EXPECT_DOUBLE_EQ(at(said.summary(), "audio.duration"), 3);
}

// What could not be measured has no report, least of all one on a picture that never came.
TEST(QualityProbeAudio, TellsNothingOfSoundThatItRefuses) {
  const TemporaryFolder folder;
  const std::string path = folder / "report.json";
  ProbeHarness probe("qualityprobe report-location=" + path);
  probe.set_caps("audio/x-raw,format=S16LE,rate=1,channels=1,layout=interleaved");
  EXPECT_EQ(probe.push(silence(0, 480)), GST_FLOW_NOT_NEGOTIATED);
  probe.push_event(gst_event_new_eos());
  const Said said = probe.said();
  EXPECT_NE(said.error().find("1 Hz"), std::string::npos) << said.error();
  EXPECT_TRUE(said.of("summary").empty());
  EXPECT_EQ(probe.summary_property(), "");
  EXPECT_FALSE(std::ifstream(path).good());
}

TEST(QualityProbeAudio, RefusesHalfASample) {
  ProbeHarness probe;
  probe.set_caps(kAudio);
  EXPECT_EQ(probe.push(gst_buffer_new_allocate(nullptr, 5, nullptr)), GST_FLOW_ERROR);
  EXPECT_NE(probe.said().error().find("5 bytes"), std::string::npos);
}

TEST(QualityProbeStress, SettingsChangeWhileBuffersPass) {
  ProbeHarness probe("qualityprobe per-frame=true");
  GstHarness* h = probe.get();
  gst_harness_set_drop_buffers(h, TRUE);
  GstCaps* caps = gst_caps_from_string(kGray);
  gst_harness_set_src_caps(h, gst_caps_ref(caps));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstBuffer* buffer = frame(0, 16);
  GValue value = G_VALUE_INIT;
  g_value_init(&value, G_TYPE_UINT64);
  g_value_set_uint64(&value, GST_MSECOND);
  GstHarnessThread* threads[] = {
      gst_harness_stress_push_buffer_start(h, caps, &segment, buffer),
      gst_harness_stress_property_start(h, "black-duration", &value),
      gst_harness_stress_property_start(h, "interval", &value),
      gst_harness_stress_send_upstream_event_start(h, gst_event_new_reconfigure()),
  };
  while (gst_harness_buffers_received(h) < 5000) {
    probe.said();
    probe.summary_property();
  }
  for (GstHarnessThread* thread : threads) EXPECT_GT(gst_harness_stress_thread_stop(thread), 0u);
  gst_buffer_unref(buffer);
  gst_caps_unref(caps);
  g_value_unset(&value);
}

}  // namespace
}  // namespace filmgate::test
