// thumbnailsink in pipelines; its files are decoded again and looked at.
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/thumbnailsink/gstthumbnailsink.h"

namespace filmgate {
namespace {

namespace fs = std::filesystem;

struct Rgb {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;
  std::array<int, 3> at(int x, int y) const {
    const size_t i =
        (static_cast<size_t>(y) * static_cast<size_t>(width) + static_cast<size_t>(x)) * 3;
    return {pixels[i], pixels[i + 1], pixels[i + 2]};
  }
};

struct Outcome {
  bool end = false;
  std::string error;
  GQuark domain = 0;
  int code = 0;
  int more_errors = 0;  // after the first
  int warnings = 0;
  std::vector<Structure> files;
};

class ThumbnailSink : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    gst_init(nullptr, nullptr);
    GST_ELEMENT_REGISTER(thumbnailsink, nullptr);
  }
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("thumbnailsink-" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const char* name) const { return (folder_ / name).string(); }
  static std::string media(const char* name) {
    return std::string(FILMGATE_SOURCE_DIR) + "/../shared/media/" + name;
  }

  static Outcome run(const std::string& text) {
    Outcome outcome;
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
    if (!pipeline) return outcome;
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    while (!outcome.end && outcome.error.empty()) {
      auto message = Ref<GstMessage>::adopt(gst_bus_timed_pop(bus.get(), 60 * GST_SECOND));
      if (!message) break;
      switch (GST_MESSAGE_TYPE(message.get())) {
        case GST_MESSAGE_EOS:
          outcome.end = true;
          break;
        case GST_MESSAGE_ERROR: {
          GError* error = nullptr;
          gst_message_parse_error(message.get(), &error, nullptr);
          GErrorPtr owned(error);
          outcome.error = error->message;
          outcome.domain = error->domain;
          outcome.code = error->code;
          break;
        }
        case GST_MESSAGE_WARNING:
          ++outcome.warnings;
          break;
        case GST_MESSAGE_ELEMENT:
          if (gst_message_has_name(message.get(), "thumbnailsink")) {
            outcome.files.emplace_back(
                gst_structure_copy(gst_message_get_structure(message.get())));
          }
          break;
        default:
          break;
      }
    }
    while (auto more = Ref<GstMessage>::adopt(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR))) {
      ++outcome.more_errors;
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return outcome;
  }

  static Rgb read(const std::string& file) {
    Rgb picture;
    const std::string text = "filesrc location=\"" + file +
                             "\" ! decodebin ! videoconvert ! video/x-raw,format=RGB ! appsink "
                             "name=out sync=false";
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
    auto sink = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto sample = Ref<GstSample>::adopt(
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 30 * GST_SECOND));
    GstVideoInfo info;
    GstVideoFrame frame;
    if (sample && gst_video_info_from_caps(&info, gst_sample_get_caps(sample.get())) &&
        gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample.get()), GST_MAP_READ)) {
      picture.width = GST_VIDEO_INFO_WIDTH(&info);
      picture.height = GST_VIDEO_INFO_HEIGHT(&info);
      for (int y = 0; y < picture.height; ++y) {
        const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                          y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
        picture.pixels.insert(picture.pixels.end(), row, row + 3 * picture.width);
      }
      gst_video_frame_unmap(&frame);
    }
    sample.reset();
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    return picture;
  }

  static const char* field(const Structure& structure, const char* name) {
    return gst_structure_get_string(structure.get(), name);
  }

  fs::path folder_;
};

TEST_F(ThumbnailSink, BarsKeepTheirColours) {
  const std::array<std::array<int, 3>, 7> bars{{{191, 191, 191},
                                                {191, 191, 0},
                                                {0, 191, 191},
                                                {0, 191, 0},
                                                {191, 0, 191},
                                                {191, 0, 0},
                                                {0, 0, 191}}};
  struct Source {
    const char* caps;
    int tolerance;
  };
  for (const Source& source :
       {Source{"format=I420,width=1280,height=720,colorimetry=bt709", 3},
        Source{"format=NV12,width=640,height=480,colorimetry=bt601", 3},
        Source{"format=I420_10LE,width=1281,height=721,colorimetry=bt709", 3}}) {
    for (const char* name : {"p.png", "p.jpg", "p.webp"}) {
      const Outcome outcome = run(
          "videotestsrc num-buffers=1 pattern=smpte75 ! video/x-raw," + std::string(source.caps) +
          " ! thumbnailsink quality=95 width=320 poster-location=" + path(name));
      ASSERT_TRUE(outcome.end) << outcome.error;
      const Rgb picture = read(path(name));
      ASSERT_EQ(picture.width, 320) << name;
      for (size_t i = 0; i < bars.size(); ++i) {
        const int x = static_cast<int>(i) * 320 / 7 + 320 / 14;
        const auto colour = picture.at(x, picture.height / 3);
        for (size_t c = 0; c < 3; ++c) {
          EXPECT_NEAR(colour[c], bars[i][c], source.tolerance)
              << source.caps << " " << name << " bar " << i << " channel " << c;
        }
      }
    }
  }
}

TEST_F(ThumbnailSink, ShapeFollowsPixelAspectAndOrientation) {
  ASSERT_TRUE(run("videotestsrc num-buffers=1 ! video/x-raw,width=800,height=640,"
                  "pixel-aspect-ratio=64/45 ! thumbnailsink poster-location=" +
                  path("wide.png") + " location=" + path("n-%d.png") + " height=320")
                  .end);
  const Rgb wide = read(path("wide.png"));
  EXPECT_EQ(wide.width, 568);
  EXPECT_EQ(wide.height, 320);
  EXPECT_EQ(read(path("n-0.png")).width, 568);

  ASSERT_TRUE(
      run("videotestsrc num-buffers=1 pattern=smpte75 ! video/x-raw,width=320,height=240 ! "
          "taginject tags=\"image-orientation=rotate-90\" ! thumbnailsink poster-location=" +
          path("turned.png"))
          .end);
  const Rgb turned = read(path("turned.png"));
  EXPECT_EQ(turned.width, 240);
  EXPECT_EQ(turned.height, 320);
  // The left bar, white, lies on top now; blue, the right one, below.
  EXPECT_NEAR(turned.at(180, 10)[0], 191, 4);
  EXPECT_NEAR(turned.at(180, 310)[0], 0, 4);
  EXPECT_NEAR(turned.at(180, 310)[2], 191, 4);
}

TEST_F(ThumbnailSink, SpritesMatchTheirVtt) {
  const Outcome outcome =
      run("videotestsrc num-buffers=175 pattern=ball ! video/x-raw,framerate=25/1,width=320,"
          "height=180 ! thumbnailsink sprite-location=" +
          path("s.png") + " vtt-location=" + path("s.vtt") +
          " sprite-interval=1000000000 sprite-columns=2 sprite-rows=2 sprite-width=80");
  ASSERT_TRUE(outcome.end) << outcome.error;
  ASSERT_EQ(outcome.files.size(), 3u);
  EXPECT_STREQ(field(outcome.files[0], "type"), "sprite");
  EXPECT_STREQ(field(outcome.files[2], "type"), "vtt");

  std::ifstream file(path("s.vtt"));
  const std::string vtt(std::istreambuf_iterator<char>(file), {});
  const std::regex cue(
      R"((\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})\n(\S+)#xywh=(\d+),(\d+),(\d+),(\d+))");
  int cues = 0;
  std::string end = "00:00:00.000";
  for (std::sregex_iterator i(vtt.begin(), vtt.end(), cue), none; i != none; ++i, ++cues) {
    EXPECT_EQ((*i)[1], end);  // no gaps
    end = (*i)[2];
    const Rgb sheet = read(path((*i)[3].str().c_str()));
    EXPECT_LE(std::stoi((*i)[4]) + std::stoi((*i)[6]), sheet.width);
    EXPECT_LE(std::stoi((*i)[5]) + std::stoi((*i)[7]), sheet.height);
    EXPECT_EQ((*i)[6], "80");
  }
  EXPECT_EQ(cues, 7);
  EXPECT_EQ(end, "00:00:07.000");
}

TEST_F(ThumbnailSink, MessagesNameEveryFile) {
  const Outcome outcome =
      run("videotestsrc num-buffers=60 ! video/x-raw,framerate=30/1,width=320,"
          "height=240 ! thumbnailsink location=" +
          path("t-%02d.jpg") + " interval=500000000 width=160");
  ASSERT_TRUE(outcome.end) << outcome.error;
  ASSERT_EQ(outcome.files.size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_STREQ(field(outcome.files[i], "type"), "image");
    EXPECT_TRUE(fs::exists(field(outcome.files[i], "location")));
    int width = 0;
    guint64 stream_time = 0;
    gst_structure_get(outcome.files[i].get(), "width", G_TYPE_INT, &width, "stream-time",
                      G_TYPE_UINT64, &stream_time, nullptr);
    EXPECT_EQ(width, 160);
    EXPECT_NEAR(static_cast<double>(stream_time), static_cast<double>(i) * 5e8, 1e6);
  }
}

TEST_F(ThumbnailSink, PrerollWritesNothing) {
  const std::string text =
      "videotestsrc num-buffers=3 ! video/x-raw,width=64,height=64 ! "
      "thumbnailsink location=" +
      path("t-%d.png") + " interval=1000000";
  auto pipeline = Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
  for (int round = 0; round < 2; ++round) {
    gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
    ASSERT_EQ(gst_element_get_state(pipeline.get(), nullptr, nullptr, 30 * GST_SECOND),
              GST_STATE_CHANGE_SUCCESS);
    EXPECT_TRUE(fs::is_empty(folder_));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
    auto end = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 30 * GST_SECOND,
        static_cast<GstMessageType>(static_cast<int>(GST_MESSAGE_EOS) |
                                    static_cast<int>(GST_MESSAGE_ERROR))));
    ASSERT_TRUE(end);
    EXPECT_EQ(GST_MESSAGE_TYPE(end.get()), GST_MESSAGE_EOS);
    EXPECT_TRUE(fs::exists(path("t-2.png")));
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    for (const auto& file : fs::directory_iterator(folder_)) fs::remove(file);
  }
}

TEST_F(ThumbnailSink, WrongSettingsAreToldBeforeAnythingIsDecoded) {
  struct Case {
    std::string properties;
    GstResourceError code;
    const char* says;
  };
  for (const Case& wrong :
       {Case{"", GST_RESOURCE_ERROR_SETTINGS, "poster-location"},
        Case{"location=" + path("same.jpg"), GST_RESOURCE_ERROR_SETTINGS, "no number"},
        Case{"location=" + path("%s.jpg"), GST_RESOURCE_ERROR_SETTINGS, "whole number"},
        Case{"poster-location=" + path("poster"), GST_RESOURCE_ERROR_SETTINGS, ".jpg"},
        Case{"vtt-location=" + path("a.vtt") + " poster-location=" + path("p.jpg"),
             GST_RESOURCE_ERROR_SETTINGS, "sprite-location"},
        Case{"poster-location=" + path("none/p.jpg"), GST_RESOURCE_ERROR_OPEN_WRITE, "none"}}) {
    const Outcome outcome = run("videotestsrc num-buffers=1 ! thumbnailsink " + wrong.properties);
    EXPECT_EQ(outcome.domain, GST_RESOURCE_ERROR) << wrong.properties;
    EXPECT_EQ(outcome.code, static_cast<int>(wrong.code)) << outcome.error;
    EXPECT_NE(outcome.error.find(wrong.says), std::string::npos) << outcome.error;
    EXPECT_EQ(outcome.more_errors, 0) << wrong.properties;
    EXPECT_TRUE(fs::is_empty(folder_));
  }
}

TEST_F(ThumbnailSink, AFullDiskIsAnErrorWithoutAHalfFile) {
  fs::create_directories(folder_ / "p.jpg");  // rename fails on it, as a write on a full disk would
  const Outcome outcome =
      run("videotestsrc num-buffers=1 ! thumbnailsink poster-location=" + path("p.jpg"));
  EXPECT_FALSE(outcome.end);
  EXPECT_EQ(outcome.domain, GST_RESOURCE_ERROR) << outcome.error;
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);
}

TEST_F(ThumbnailSink, NoFramesIsAWarning) {
  const Outcome outcome =
      run("videotestsrc num-buffers=0 ! thumbnailsink poster-location=" + path("p.jpg"));
  EXPECT_TRUE(outcome.end) << outcome.error;
  EXPECT_EQ(outcome.warnings, 1);
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(ThumbnailSink, RealClips) {
  struct Clip {
    const char* name;
    int width;
    int height;
  };
  for (const Clip& clip :
       {Clip{"sample_rotate_and_reflect.mp4", 720, 1080},
        Clip{"bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4", 1138, 640},
        Clip{"bear-vp9-odd-dimensions.webm", 160, 120}, Clip{"hlg10-color-test.mp4", 1920, 1080}}) {
    if (!fs::exists(media(clip.name))) GTEST_SKIP() << "no " << media(clip.name);
    const Outcome outcome = run("filesrc location=" + media(clip.name) +
                                " ! decodebin ! thumbnailsink poster-location=" + path("p.jpg"));
    ASSERT_TRUE(outcome.end) << clip.name << ": " << outcome.error;
    const Rgb picture = read(path("p.jpg"));
    EXPECT_EQ(picture.width, clip.width) << clip.name;
    EXPECT_EQ(picture.height, clip.height) << clip.name;
  }
}

}  // namespace
}  // namespace filmgate
