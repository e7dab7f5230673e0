// The element between real ones: every format, sizes, loudness of layouts, states, seeks.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "tests/element/qualityprobe/probe_fixture.h"
#include "tests/support/clip.h"
#include "tests/support/process.h"

namespace filmgate::test {
namespace {

double at(const Json& json, const char* path) {
  const Json* value = json.find_path(path);
  return value ? value->number_or(NAN) : NAN;
}

Said probe_source(const std::string& caps,
                  const std::string& source = "zone-plate kx2=20 ky2=20 kt=9") {
  return run_pipeline("videotestsrc num-buffers=5 pattern=" + source +
                      " ! video/x-raw,format=I420," + caps.substr(caps.find('|') + 1) +
                      " ! videoconvert dither=none chroma-mode=none ! video/x-raw,format=" +
                      caps.substr(0, caps.find('|')) + " ! qualityprobe ! fakesink");
}

class Formats : public testing::TestWithParam<const char*> {};

TEST_P(Formats, AgreeWithTheSamePictureInI420) {
  const std::string size = "width=161,height=121";
  const Json want = probe_source("I420|" + size).summary();
  const Json have = probe_source(GetParam() + ("|" + size)).summary();
  ASSERT_EQ(at(have, "video.frames"), 5);
  for (const char* path :
       {"si.mean", "ti.mean", "luma.mean", "luma.max", "blur.mean", "blockiness.mean", "noise.mean",
        "combing.comb_ratio.mean", "scene_cuts.score.max", "letterbox.crop.width"}) {
    const std::string full = std::string("video.") + path;
    // Converters widen 235 to 940 or a little more; the tolerance is that of the reference.
    EXPECT_NEAR(at(have, full.c_str()), at(want, full.c_str()),
                0.01 + 0.005 * at(want, full.c_str()))
        << path;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Formats,
                         testing::Values("YV12", "NV12", "Y42B", "Y444", "GRAY8", "I420_10LE",
                                         "I422_10LE", "Y444_10LE", "P010_10LE", "GRAY10_LE32"),
                         [](const auto& param) { return std::string(param.param); });

// The clip on which VQEG's reference implementation of P.910 gave the figures, in its two ranges.
struct Reference {
  const char* range;
  const char* colorimetry;
  double si[3];  // mean, min, max over the three frames
  double ti[3];
};

class Information : public testing::TestWithParam<Reference> {};

TEST_P(Information, AgreesWithTheReferenceInEveryFormat) {
  if (std::system("command -v ffmpeg >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "ffmpeg is not installed; script/setup installs it";
  const Reference& want = GetParam();
  const TemporaryFolder folder;
  const std::string path = folder / "reference.yuv";
  const Finished made =
      run_program({"ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240", "-vf",
                   std::string("scale=in_range=limited:out_range=") + want.range, "-frames:v", "3",
                   "-pix_fmt", "yuv420p", "-f", "rawvideo", path});
  ASSERT_EQ(made.exit_code, 0) << made.errors;
  const std::string colorimetry = std::string("colorimetry=") + want.colorimetry;
  for (const char* format : {"I420", "YV12", "NV12", "Y42B", "Y444", "GRAY8", "I420_10LE",
                             "I422_10LE", "Y444_10LE", "P010_10LE", "GRAY10_LE32"}) {
    const Json have =
        run_pipeline("filesrc location=" + path +
                     " ! rawvideoparse width=320 height=240 format=i420 framerate=25/1 " +
                     colorimetry +
                     " ! videoconvert dither=none chroma-mode=none ! video/x-raw,format=" + format +
                     "," + colorimetry + " ! qualityprobe ! fakesink")
            .summary();
    ASSERT_EQ(at(have, "video.frames"), 3) << format;
    const char* kinds[] = {"mean", "min", "max"};
    for (size_t i = 0; i < 3; ++i) {
      const std::string si = std::string("video.si.") + kinds[i];
      const std::string ti = std::string("video.ti.") + kinds[i];
      EXPECT_NEAR(at(have, si.c_str()), want.si[i], 0.005 * want.si[i]) << format;
      EXPECT_NEAR(at(have, ti.c_str()), want.ti[i], 0.01 + 0.005 * want.ti[i]) << format;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Ranges, Information,
    testing::Values(
        Reference{"full", "1:4:0:0", {146.75308, 146.56553, 146.95025}, {1.4625, 1.443, 1.482}},
        Reference{
            "limited", "2:4:0:0", {146.76622, 146.57975, 146.96766}, {1.46737, 1.46146, 1.47328}}));

class Sizes : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(Sizes, AreMeasured) {
  const auto [width, height] = GetParam();
  for (const char* format : {"I420", "NV12", "P010_10LE", "Y42B", "GRAY8"}) {
    const Json summary = probe_source(std::string(format) + "|width=" + std::to_string(width) +
                                          ",height=" + std::to_string(height),
                                      "smpte")
                             .summary();
    EXPECT_EQ(at(summary, "video.frames"), 5) << format;
    EXPECT_FALSE(std::isnan(at(summary, "video.luma.mean"))) << format;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Sizes,
                         testing::Values(std::pair(2, 2), std::pair(3, 3), std::pair(1, 5),
                                         std::pair(9, 10), std::pair(161, 121),
                                         std::pair(518, 488)),
                         [](const auto& param) {
                           return std::to_string(param.param.first) + "x" +
                                  std::to_string(param.param.second);
                         });

TEST(Pipeline, MeasuresTheGreatestPictures) {
  const Said said = run_pipeline(
      "videotestsrc num-buffers=2 pattern=white ! video/x-raw,format=GRAY8,width=8192,height=8192 "
      "! qualityprobe ! fakesink");
  EXPECT_EQ(said.error(), "");
  EXPECT_EQ(at(said.summary(), "video.luma.mean"), 235);
  EXPECT_EQ(at(said.summary(), "video.si.max"), 0);
}

TEST(Pipeline, RunsTwiceWithTheSameResult) {
  register_qualityprobe();
  const auto pipeline = Ref<GstElement>::sink(
      gst_parse_launch("videotestsrc num-buffers=30 pattern=zone-plate kx2=20 ky2=20 kt=9 ! "
                       "qualityprobe name=probe ! fakesink",
                       nullptr));
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  std::vector<std::string> summaries;
  for (int run = 0; run < 2; ++run) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const auto end = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    ASSERT_TRUE(end);
    ASSERT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS);
    gchar* text = nullptr;
    const auto probe =
        Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "probe"));
    ASSERT_TRUE(probe);
    g_object_get(probe.get(), "summary", &text, nullptr);
    const GString8 owned(text);
    summaries.emplace_back(text);
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
  EXPECT_EQ(summaries[0], summaries[1]);
}

// The tone of Tech 3341 case 6 on the channels where GStreamer puts them; LFE does not count.
TEST(Pipeline, WeighsChannelsByTheirPlace) {
  const auto loudness = [](const std::string& mask, int channels, int loud_channel) {
    std::string matrix = "<";
    for (int c = 0; c < channels; ++c)
      matrix += std::string(c ? "," : "") + "<(float)" + (c == loud_channel ? "1" : "0") + ">";
    const Said said = run_pipeline(
        "audiotestsrc num-buffers=300 freq=1000 volume=0.1 ! "
        "audio/x-raw,format=F32LE,rate=48000,channels=1 ! audioconvert mix-matrix=\"" +
        matrix + ">\" ! audio/x-raw,channels=" + std::to_string(channels) +
        ",channel-mask=(bitmask)" + mask + " ! qualityprobe ! fakesink");
    EXPECT_EQ(said.error(), "");
    return at(said.summary(), "audio.loudness.integrated");
  };
  const double front = loudness("0x3f", 6, 0);
  EXPECT_NEAR(front, -23, 0.1);  // one channel of a tone at -20 dB, less 3 dB for its mean square
  EXPECT_NEAR(loudness("0x3f", 6, 2), front, 0.01);         // centre
  EXPECT_TRUE(std::isnan(loudness("0x3f", 6, 3)));          // LFE
  EXPECT_NEAR(loudness("0x3f", 6, 4), front + 1.5, 0.02);   // rear of 5.1: surround, 1.41 times
  EXPECT_NEAR(loudness("0xc3f", 8, 4), front, 0.01);        // rear of 7.1
  EXPECT_NEAR(loudness("0xc3f", 8, 6), front + 1.5, 0.02);  // side of 7.1
}

TEST(Pipeline, ASeekMeasuresWhatComesAfterIt) {
  const Said said = run_pipeline(
      "videotestsrc num-buffers=100 pattern=black ! video/x-raw,framerate=25/1 ! qualityprobe ! "
      "fakesink",
      [](GstElement* pipeline) {
        gst_element_set_state(pipeline, GST_STATE_PAUSED);
        gst_element_get_state(pipeline, nullptr, nullptr, 30 * GST_SECOND);
        EXPECT_TRUE(gst_element_seek_simple(
            pipeline, GST_FORMAT_TIME,
            static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
            2 * GST_SECOND));
      });
  EXPECT_EQ(said.error(), "");
  EXPECT_DOUBLE_EQ(at(said.summary(), "video.first_timestamp"), 2);
}

}  // namespace
}  // namespace filmgate::test
