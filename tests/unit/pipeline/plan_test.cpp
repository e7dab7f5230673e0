#include "host/pipeline/plan.h"

#include <gmock/gmock.h>

#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// "1080p 1920x1080", or "1080p -" when skipped.
std::vector<std::string> ladder(const Json& facts, const Description& description) {
  const auto plan = plan_renditions(description, facts);
  EXPECT_TRUE(plan.ok()) << plan.error().message;
  std::vector<std::string> rungs;
  if (!plan.ok()) return rungs;
  for (const Rung& rung : plan->rungs)
    rungs.push_back(
        rung.name + " " +
        (rung.chosen ? std::to_string(rung.width) + "x" + std::to_string(rung.height) : "-"));
  return rungs;
}

TEST(Plan, ChoosesRungsBelowTheSource) {
  EXPECT_THAT(ladder(video_facts(1920, 1080), shipped("review")),
              ElementsAre("1080p 1920x1080", "720p 1280x720", "480p 854x480"));
  EXPECT_THAT(ladder(video_facts(1280, 720), shipped("review")),
              ElementsAre("1080p -", "720p 1280x720", "480p 854x480"));
}

TEST(Plan, HeightIsTheShortSideOfPortrait) {
  EXPECT_THAT(ladder(video_facts(1080, 1920), shipped("review")),
              ElementsAre("1080p 1080x1920", "720p 720x1280", "480p 480x854"));
}

TEST(Plan, TheLowestRungExistsAtTheSourcesSize) {
  const auto plan = plan_renditions(shipped("review"), video_facts(161, 121));
  ASSERT_TRUE(plan.ok());
  EXPECT_FALSE(plan->rungs[0].chosen);
  EXPECT_EQ(plan->rungs[0].reason, "skipped: the source's short side is 121, below 1080");
  EXPECT_TRUE(plan->rungs[2].chosen);
  EXPECT_EQ(plan->rungs[2].width, 160);
  EXPECT_EQ(plan->rungs[2].height, 120);
  EXPECT_EQ(plan->rungs[2].reason, "the lowest rung, at the source's size: 160x120 from 161x121");
}

TEST(Plan, OddAndAnamorphicSourcesGiveEvenSizes) {
  EXPECT_THAT(ladder(video_facts(518, 488), shipped("review")),
              ElementsAre("1080p -", "720p -", "480p 510x480"));
  // 800x640 with pixels of 64:45 is 1137.78 wide; 853.33 and not 853.5 wide at 480.
  EXPECT_THAT(ladder(video_facts(1138, 640,
                                 R"(, "coded_width": 800, "coded_height": 640,
                                    "pixel_aspect_ratio": "64:45")"),
                     shipped("review")),
              ElementsAre("1080p -", "720p -", "480p 854x480"));
  EXPECT_THAT(ladder(video_facts(1080, 1920,
                                 R"(, "coded_width": 1920, "coded_height": 1080,
                                    "orientation": "rotate-90")"),
                     shipped("mobile")),
              ElementsAre("540p 540x960", "360p 360x640"));
}

TEST(Plan, WidthBoundsTheLongSide) {
  const auto description = parse(with(
      R"([{"name": "a", "preset": "web-720p", "width": 1000}, {"name": "b", "preset": "web-720p",
          "height": 0}])"));
  EXPECT_THAT(ladder(video_facts(1920, 1080), *description),
              ElementsAre("a 1000x562", "b 1920x1080"));
}

TEST(Plan, EqualRungsAreMadeOnce) {
  const auto description = parse(with(R"([
    {"name": "a", "preset": "web-720p"}, {"name": "b", "preset": "web-720p"},
    {"name": "c", "preset": "web-720p", "audio": ""}])"));
  const auto plan = plan_renditions(*description, video_facts(1280, 720));
  EXPECT_TRUE(plan->rungs[0].chosen);
  EXPECT_FALSE(plan->rungs[1].chosen);
  EXPECT_EQ(plan->rungs[1].reason, "skipped: it would be the same as a");
  EXPECT_TRUE(plan->rungs[2].chosen);
}

TEST(Plan, NamesFilesAndMediaTypes) {
  const auto description = parse(with(R"([
    {"name": "720p", "preset": "web-720p", "output": "{stem}/{name}.mp4"},
    {"name": "sound", "preset": "web-720p", "video": ""},
    {"name": "w", "preset": "webm-vp9-720p"}])"));
  const auto plan =
      plan_renditions(*description, video_facts(1280, 720), json(R"({"stem": "My clip"})"));
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->rungs[0].file, "My clip/720p.mp4");
  EXPECT_EQ(plan->rungs[0].media_type, "video/mp4");
  EXPECT_EQ(plan->rungs[1].file, "sound.m4a");
  EXPECT_EQ(plan->rungs[1].media_type, "audio/mp4");
  EXPECT_EQ(plan->rungs[2].file, "w.webm");
  EXPECT_EQ(plan_renditions(*description, video_facts(1280, 720)).error().message,
            "the rendition \"720p\": the name template \"{stem}/{name}.mp4\" needs {stem}, and "
            "this upload has none");
}

TEST(Plan, GoesWithoutSoundWhenTheSourceHasNone) {
  Json facts = video_facts(1280, 720);
  facts.find("media")->erase("audio");
  const auto plan = plan_renditions(shipped("web"), facts);
  EXPECT_FALSE(plan->rungs[1].audio);
  EXPECT_EQ(plan->rungs[1].reason, "1280x720 as the source, without sound as the source");
}

TEST(Plan, SaysWhatIsNotSupported) {
  const auto silent = plan_renditions(shipped("web"), json(R"({"media": {"audio": {}}})"));
  EXPECT_EQ(silent.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(silent.error().message, "it has no video track");
  const auto cover = plan_renditions(shipped("web"),
                                     json(R"({"media": {"container": "Quicktime", "audio": {}}})"));
  EXPECT_EQ(cover.error().message,
            "it has no video track (a picture track below a fifth of an MP4's length counts as a "
            "preview image)");
}

TEST(Plan, NotesThatSoundMayBeginLate) {
  Json facts = video_facts(1280, 720);
  facts.find("media")->erase("audio");
  EXPECT_THAT(plan_renditions(shipped("web"), facts)->notes,
              ElementsAre("its beginning shows no sound; where decoding does, the sound is probed "
                          "and encoded too"));
  facts.set_path("media.container", "Quicktime");  // names all its tracks at the beginning
  EXPECT_TRUE(plan_renditions(shipped("web"), facts)->notes.empty());
  facts.set_path("media.container", "Flash");
  facts.set_path("quality", Json::object());  // decoded meanwhile
  EXPECT_TRUE(plan_renditions(shipped("web"), facts)->notes.empty());
}

TEST(Plan, RefusesSeveralTracksOfAKind) {
  Json facts = video_facts(1280, 720);
  facts.set_path("media.tracks", json(R"({"video": 2, "audio": 1, "subtitle": 3})"));
  const auto pictures = plan_renditions(shipped("web"), facts);
  EXPECT_EQ(pictures.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(pictures.error().message,
            "it has 2 video tracks; files with several picture tracks are not supported yet: keep "
            "one");
  facts.set_path("media.tracks", json(R"({"video": 1, "audio": 3, "subtitle": 0})"));
  EXPECT_EQ(check_tracks(shipped("web"), facts).error().message,
            "it has 3 audio tracks; files with several sound tracks are not supported yet: keep "
            "one");
}

TEST(Plan, RefusesAPictureThatAnMp4WouldHide) {
  Json facts = video_facts(1280, 720);
  facts.set_path("quality", json(R"({"video": {"duration": 1.9}, "audio": {"duration": 10}})"));
  const auto plan = plan_renditions(shipped("web"), facts);
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(plan.error().message, HasSubstr("its picture lasts 1.9 s and its sound 10 s"));
  facts.set_path("quality.video.duration", 2);
  EXPECT_TRUE(plan_renditions(shipped("web"), facts).ok());
}

TEST(Plan, NotesWhatIsLeftOut) {
  Json facts = video_facts(1280, 720);
  facts.set_path("media.tracks", json(R"({"video": 1, "audio": 1, "subtitle": 1})"));
  EXPECT_THAT(plan_renditions(shipped("web"), facts)->notes,
              ElementsAre("1 subtitle track is left out"));
}

}  // namespace
}  // namespace filmgate
