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
  // 1998x1080 gives 1332x720 and 888x480; 1002x1000 gives 722x720, but 482 of 480 by way of it.
  const auto description = parse(with(R"([{"name": "a", "preset": "web-720p", "height": 722},
    {"name": "b", "preset": "web-480p", "height": 482}])"));
  const Json facts = video_facts(1003, 1000);
  const auto plan = plan_renditions(*description, facts);
  const std::string text = renditions_launch(*description, *plan, facts, kIo);
  for (const Rung& rung : plan->rungs) EXPECT_EQ(rung.width % 2, 0) << rung.reason;
  EXPECT_THAT(text, HasSubstr("renditionscale height=482"));
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
