#include <gmock/gmock.h>

#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;
using ::testing::HasSubstr;
using ::testing::Not;

const StageIo kIo{"filesrc location=clip.mp4", "", R"({"title": "My clip"})"};

TEST(Launch, LadderOfReview) {
  const Description review = shipped("review");
  const Json facts = video_facts(1920, 1080);
  const auto plan = plan_renditions(review, facts);
  EXPECT_EQ(renditions_launch(review, *plan, facts, kIo) + "\n",
            source_text("tests/unit/pipeline/review_1080p.launch"));
}

TEST(Launch, InspectGatesWithRulesAndMetadata) {
  EXPECT_EQ(inspect_launch(shipped("mobile"), kIo),
            "filesrc location=clip.mp4 ! parsebin ! metadatagate name=gate on-fail=eos "
            "rules='{\"media.duration\":{\"maximum\":3600,\"required\":false},"
            "\"media.video.codec\":{\"type\":\"string\"}}' "
            "metadata='{\"title\":\"My\\u0020clip\"}' ! fakesink sync=false");
}

TEST(Launch, ProbeMeasuresPictureAndSoundAndMakesStills) {
  EXPECT_EQ(
      probe_launch(shipped("review"), video_facts(1280, 720), {"fdsrc fd=3", "", ""}),
      "fdsrc fd=3 ! decodebin name=d  d. ! video/x-raw ! queue max-size-bytes=0 "
      "max-size-time=0 max-size-buffers=4 ! videoconvert ! qualityprobe name=video "
      "freeze-duration=3000000000 ! thumbnailsink name=stills poster-location=poster.jpg "
      "width=1920 sprite-location=sprite.jpg vtt-location=sprite.vtt sprite-interval=5000000000 "
      "sprite-width=160 sprite-columns=5  d. ! audio/x-raw ! queue max-size-bytes=0 "
      "max-size-buffers=0 max-size-time=10000000000 ! audioconvert ! qualityprobe name=audio "
      "freeze-duration=3000000000 ! fakesink sync=false");
}

TEST(Launch, OneRungIsMadeAlone) {
  const Description review = shipped("review");
  const Json facts = video_facts(1920, 1080);
  const auto plan = plan_renditions(review, facts);
  const std::string text =
      renditions_launch(review, *plan, facts, {"fdsrc fd=3", "", ""}, {"480p"});
  EXPECT_THAT(text, HasSubstr("fdsrc fd=3 ! decodebin name=d"));
  EXPECT_THAT(text, HasSubstr("renditionscale height=480"));
  EXPECT_THAT(text, Not(HasSubstr("720")));
  EXPECT_THAT(text, Not(HasSubstr("threads=1")));
  EXPECT_THAT(text, Not(HasSubstr("metadatagate")));
}

TEST(Launch, ARungIsScaledFromTheSourceWhereTheNextLargerWouldGiveAnotherSize) {
  // 860x360 from 2048x858, but 858x360 by way of 1288x540.
  const Description mobile = shipped("mobile");
  const auto text_for = [&](int width, int height) {
    const Json facts = video_facts(width, height);
    return renditions_launch(mobile, *plan_renditions(mobile, facts), facts, kIo);
  };
  EXPECT_THAT(text_for(2048, 858), HasSubstr("! tee name=d0  d0. ! "));
  EXPECT_THAT(text_for(1920, 1080), Not(HasSubstr("tee name=d0")));
}

TEST(Launch, RungsShareTheCoresByTheSizeOfTheirPictures) {
  const Description review = shipped("review");
  const Json facts = video_facts(1920, 1080);
  const auto threads_on = [&](int cores) {
    StageIo io = kIo;
    io.cores = cores;
    const std::string text = renditions_launch(review, *plan_renditions(review, facts), facts, io);
    std::string all;
    for (size_t at = text.find("threads="); at != std::string::npos;
         at = text.find("threads=", at + 1))
      all += text.substr(at + 8, text.find(' ', at) - at - 8) + " ";
    return all;
  };
  EXPECT_EQ(threads_on(1), "1 1 1 ");
  EXPECT_EQ(threads_on(2), "2 1 1 ");
  EXPECT_EQ(threads_on(16), "15 6 3 ");
}

TEST(Launch, SaysWhatNoLineCanExpress) {
  EXPECT_THAT(beyond_launch(video_facts(640, 360)),
              ::testing::ElementsAre(HasSubstr("libfaac"), HasSubstr("colours and range")));
  Json facts = video_facts(640, 360);
  facts.find("media")->find("video")->erase("framerate");
  facts.find("media")->find("video")->set("codec", "vp9");
  facts.find("media")->erase("audio");
  EXPECT_THAT(beyond_launch(facts), ::testing::ElementsAre(HasSubstr("rate of pictures")));
}

TEST(Launch, SoundIsEncodedOncePerSetting) {
  const auto description = parse(with(R"([
    {"name": "a", "preset": "web-720p"}, {"name": "b", "preset": "web-480p"},
    {"name": "c", "preset": "mobile-360p"}])"));
  const Json facts = video_facts(1280, 720);
  const std::string text =
      renditions_launch(*description, *plan_renditions(*description, facts), facts, kIo);
  size_t encoders = 0;
  for (size_t at = text.find("avenc_aac"); at != std::string::npos;
       at = text.find("avenc_aac", at + 1))
    ++encoders;
  EXPECT_EQ(encoders, 2u);
}

TEST(Launch, WhatTheDescriptionSetsIsKept) {
  const auto description = parse(with(R"([
    {"name": "a", "height": 720, "video": "x264enc threads=4 key-int-max=25 option-string=me=hex",
     "mux": "mp4mux faststart=true", "filter": "videobalance saturation=0"},
    {"name": "b", "preset": "web-480p"}])"));
  const Json facts = video_facts(1280, 720);
  const std::string text =
      renditions_launch(*description, *plan_renditions(*description, facts), facts, kIo);
  EXPECT_THAT(text, HasSubstr("x264enc threads=4 key-int-max=25 option-string=me=hex ! h264parse"));
  EXPECT_THAT(text, HasSubstr("videoconvert ! videobalance saturation=0 ! videoconvert ! "
                              "video/x-raw,format=I420 ! x264enc"));
}

TEST(Launch, InterlacedSourcesGiveOnePictureAFrame) {
  const Json facts = video_facts(720, 576, R"(, "interlaced": true)");
  const Description web = shipped("web");
  EXPECT_THAT(renditions_launch(web, *plan_renditions(web, facts), facts, kIo),
              HasSubstr("deinterlace fields=top"));
}

}  // namespace
}  // namespace filmgate
