#include "host/pipeline/description.h"

#include <gmock/gmock.h>

#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;
using ::testing::ElementsAre;

constexpr const char* kRung = R"([{"name": "a", "preset": "web-720p"}])";

TEST(Description, ReadsTheShippedOnes) {
  const Description review = shipped("review");
  EXPECT_TRUE(review.approval.required);
  EXPECT_EQ(review.approval.expires_ms, 14 * 86'400'000LL);
  EXPECT_EQ(review.accept.sidecar, SidecarPolicy::kRequired);
  EXPECT_EQ(review.accept.grace_ms, 60'000);
  ASSERT_EQ(review.renditions.size(), 3u);
  EXPECT_EQ(review.renditions[1].name, "720p");
  EXPECT_EQ(review.renditions[1].height, 720);
  EXPECT_EQ(review.renditions[1].origins.at("video"), "presets/web-720p.json:4:12");
  EXPECT_EQ(review.probe.properties.get("freeze-duration").integer_or(0), 3'000'000'000);
  EXPECT_THAT(review.retry.backoff_ms, ElementsAre(10'000, 60'000, 300'000, 900'000));
  EXPECT_FALSE(shipped("web").approval.required);
  EXPECT_EQ(shipped("mobile").accept.sidecar, SidecarPolicy::kOptional);
  EXPECT_TRUE(Router::make({review, shipped("web"), shipped("mobile")}).ok());
}

TEST(Description, EveryShippedPresetIsGood) {
  for (const char* name : {"web-1080p", "web-720p", "web-480p", "mobile-540p", "mobile-360p",
                           "webm-vp9-1080p", "webm-vp9-720p"})
    EXPECT_EQ(error_of(with("[{\"name\": \"a\", \"preset\": \"" + std::string(name) + "\"}]")),
              "(no error)");
}

TEST(Description, PinsWhatPresetsBroughtIn) {
  const Description review = shipped("review");
  const auto no_presets = [](const std::string&) -> Result<std::string> {
    return Error{ErrorCode::kNotFound, "no presets here"};
  };
  const auto again = parse_description(review.text, "pinned", no_presets);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->sha256, review.sha256);
  EXPECT_EQ(again->renditions[0].video, review.renditions[0].video);
  EXPECT_EQ(again->renditions[2].height, 480);
}

TEST(Description, ItsOwnKeysWinOverThePreset) {
  const auto description =
      parse(with(R"([{"name": "a", "preset": "web-720p", "height": 600, "audio": ""}])"));
  ASSERT_TRUE(description.ok()) << description.error().message;
  EXPECT_EQ(description->renditions[0].height, 600);
  EXPECT_EQ(description->renditions[0].audio, "");
  EXPECT_NE(description->renditions[0].video, "");
}

TEST(Description, SaysWhereAKeyIsWrong) {
  EXPECT_EQ(error_of("{\n  \"name\": \"a\",\n  \"rendtions\": []\n}"),
            "t.json:3:3: unknown key \"rendtions\"; did you mean \"renditions\"?");
  EXPECT_EQ(error_of(with("[{\"name\": \"a\",\n \"vidoe\": \"x264enc\"}]")),
            "t.json:2:2: unknown key \"vidoe\"; did you mean \"video\"?");
  EXPECT_EQ(error_of("[]"), "t.json:1:1: a description must be an object, not []");
  EXPECT_EQ(error_of("{\"renditions\": []}"), "t.json:1:1: the key \"name\" is missing");
  EXPECT_EQ(error_of("{\"name\": \"a\"}"), "t.json:1:1: the key \"renditions\" is missing");
  EXPECT_EQ(error_of("{\"name\": \"A b\", \"renditions\": []}"),
            "t.json:1:10: name must be 1 to 64 lower-case letters, digits, \"-\" and \"_\", and "
            "begin with a letter or digit, not \"A b\"");
}

TEST(Description, RefusesWhatIsLaterWork) {
  EXPECT_EQ(error_of(with(kRung, "\"captions\": {}, ")),
            "t.json:1:27: captions are not supported yet; remove the key \"captions\"");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "preset": "web-720p", "copy": "when-conforming"}])")),
            "t.json:1:74: copying is not supported yet; remove the key \"copy\"");
}

TEST(Description, ChecksDurations) {
  EXPECT_THAT(error_of(with(kRung, R"("accept": {"settle": "2 parsecs"}, )")),
              ::testing::StartsWith("t.json:1:36: settle: '2 parsecs' is not a duration"));
  EXPECT_EQ(error_of(with(kRung, R"("accept": {"settle": 2}, )")),
            "t.json:1:36: settle must be a duration such as \"2s\", not 2");
}

TEST(Description, ChecksWhatItAccepts) {
  EXPECT_EQ(error_of(with(kRung, R"("accept": {"prefixes": ["../x/"]}, )")),
            "t.json:1:38: the prefix \"../x/\" is no beginning of a path below uploads/ such as "
            "\"news/\"");
  EXPECT_EQ(error_of(with(kRung, R"("accept": {"suffixes": ["mp4"]}, )")),
            "t.json:1:38: the suffix \"mp4\" must begin with a dot, such as \".mp4\"");
  EXPECT_EQ(error_of(with(kRung, R"("accept": {"sidecar": "requird"}, )")),
            "t.json:1:37: sidecar must be \"required\", \"optional\" or \"ignored\", not "
            "\"requird\"; did you mean \"required\"?");
  EXPECT_EQ(parse(with(kRung, R"("accept": {"suffixes": [".MOV"]}, )"))->accept.suffixes[0],
            ".mov");
}

TEST(Description, ChecksThePathsOfRules) {
  EXPECT_EQ(error_of(with(kRung, R"("gate": {"media.vidoe.height": {"minimum": 1}}, )")),
            "t.json:1:24: media.vidoe.height is no fact that is known; did you mean "
            "\"media.video.height\"?");
  EXPECT_EQ(
      error_of(with(kRung, R"("gate": {"any": [{"quality.video.si.mean": {"minimum": 1}}]}, )")),
      "t.json:1:33: quality.video.si.mean is known only after the probe; put the rule into "
      "probe.hold or probe.reject");
  EXPECT_EQ(error_of(with(kRung, R"("probe": {"hold": {"media.colour": {"minLength": 1}}}, )")),
            "t.json:1:34: media.colour is no fact that is known");
}

TEST(Description, ChecksRenditions) {
  EXPECT_EQ(error_of(with("[]")), "t.json:1:29: renditions must be a list of 1 to 16 objects");
  EXPECT_EQ(error_of(with(R"([{"name": "a"}])")),
            "t.json:1:30: the rendition \"a\" has neither video nor audio; give it a \"preset\" or "
            "the encoder as gst-launch text");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "video": "x264enc"}])")),
            "t.json:1:30: the rendition \"a\" has no \"mux\", the muxer as gst-launch text");
  EXPECT_EQ(error_of(with(R"([{"name": "poster", "preset": "web-720p"}])")),
            "t.json:1:39: the name \"poster\" belongs to another file of the asset");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "preset": "web-720"}])")),
            "t.json:1:54: there is no preset \"web-720\"");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "video": "x264enc !", "mux": "mp4mux"}])")),
            "t.json:1:53: video: nothing stands after the last \"!\"");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "preset": "web-720p"},
{"name": "a", "preset": "web-480p"}])")),
            "t.json:2:10: two renditions have the name \"a\"");
  EXPECT_EQ(error_of(with(R"([{"name": "a", "preset": "web-720p", "height": -1}])")),
            "t.json:1:76: height must be a whole number from 0 to 8192, not -1");
}

TEST(Description, ChecksTemplates) {
  EXPECT_EQ(error_of(with(kRung, R"("folder": "{setm}", )")),
            "t.json:1:25: folder: the name template \"{setm}\" has the unknown key {setm}; did you "
            "mean \"stem\"?");
  EXPECT_EQ(error_of(with(kRung, R"("folder": "{name}", )")),
            "t.json:1:25: folder: {name} is not known where this name is made");
  EXPECT_EQ(error_of(with(kRung, R"("folder": "../{stem}", )")),
            "t.json:1:25: folder: the name template \"../{stem}\" gives \"../x\", which is no "
            "relative path without empty, \".\" and \"..\" steps");
}

TEST(Description, ChecksApprovalRetryAndNotify) {
  EXPECT_EQ(error_of(with(kRung, R"("approval": {"reviewers": ["desk"]}, )")),
            "t.json:1:41: the reviewer \"desk\" is no e-mail address");
  EXPECT_EQ(error_of(with(kRung, R"("approval": {"reviewers": ["a@b.org"], "quorum": 2}, )")),
            "t.json:1:64: quorum 2 can't be reached by 1 reviewer");
  EXPECT_EQ(error_of(with(kRung, R"("retry": {"attempts": 0}, )")),
            "t.json:1:37: attempts must be a whole number from 1 to 100, not 0");
  EXPECT_EQ(error_of(with(kRung, R"("notify": [{"to": "log", "on": ["procesed"]}], )")),
            "t.json:1:46: \"procesed\" is no state of an asset; did you mean \"processed\"?");
}

TEST(NameTemplate, MakesValuesSafe) {
  Json values = json(R"({"stem": "../My: clip", "owner": "a@b.org", "date": "2026-01-02"})");
  EXPECT_EQ(*expand_template("{date}/{stem}", values), "2026-01-02/_.-My- clip");
  EXPECT_EQ(*expand_template("{owner}", values), "a@b.org");
  EXPECT_EQ(expand_template("{project}", values).error().message,
            "the name template \"{project}\" needs {project}, and this upload has none");
}

}  // namespace
}  // namespace filmgate
