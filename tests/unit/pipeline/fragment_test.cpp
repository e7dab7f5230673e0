#include "host/pipeline/fragment.h"

#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using filmgate::testing::json;

std::string error_of(const std::string& text) {
  const auto chain = parse_chain(text);
  return chain.ok() ? "(no error)" : chain.error().message;
}

TEST(Fragment, ReadsElementsPropertiesAndCaps) {
  const auto chain = parse_chain(
      "audio/x-raw, channels=[1,2] ! volume volume=0.5 ! avenc_aac "
      "bitrate=128000 name-of=\"a b\"");
  ASSERT_TRUE(chain.ok()) << chain.error().message;
  ASSERT_EQ(chain->size(), 3u);
  EXPECT_EQ((*chain)[0].caps, "audio/x-raw,channels=[1,2]");
  EXPECT_EQ((*chain)[2].element, "avenc_aac");
  EXPECT_EQ(*(*chain)[2].property("bitrate"), "128000");
  EXPECT_EQ(*(*chain)[2].property("name-of"), "a b");
}

TEST(Fragment, WritesCapsThatAShellWouldTakeAsACapsfilter) {
  EXPECT_EQ(to_launch(*parse_chain("video/x-raw,format=I420 ! x264enc")),
            "video/x-raw,format=I420 ! x264enc");
  EXPECT_EQ(to_launch(*parse_chain("audio/x-raw,rate={44100,48000} ! avenc_aac")),
            "capsfilter caps='audio/x-raw,rate={44100,48000}' ! avenc_aac");
}

TEST(Fragment, SaysWhatIsWrong) {
  EXPECT_EQ(error_of("x264enc !"), "nothing stands after the last \"!\"");
  EXPECT_EQ(error_of("! x264enc"), "nothing stands before the first \"!\"");
  EXPECT_EQ(error_of("x264enc ! ! h264parse"), "nothing stands between two \"!\"");
  EXPECT_EQ(error_of("x264enc bitrate='5"), "the quote ' is not closed");
  EXPECT_EQ(error_of("( x264enc )"), "\"(\": bins in parentheses are not possible here");
  EXPECT_EQ(error_of("x264enc ! mux."),
            "\"mux.\": links to pads of other elements are not possible here");
  EXPECT_EQ(
      error_of("x264enc h264parse"),
      "\"h264parse\" after x264enc is no property (name=value); elements are linked by \"!\"");
  EXPECT_EQ(error_of("x264enc bitrate = 5"),
            "\"bitrate\" after x264enc is no property (name=value); elements are linked by \"!\"");
  EXPECT_EQ(error_of("x264enc name=v"), "elements can't be named here: leave out name=v");
  EXPECT_EQ(error_of("x264enc bitrate=1 bitrate=2"),
            "the property bitrate of x264enc is set twice");
}

TEST(Fragment, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(launch_quote("news/clip-1.mp4"), "news/clip-1.mp4");
  EXPECT_EQ(launch_quote("my clip.mp4"), "'my clip.mp4'");
  EXPECT_EQ(launch_quote("it's $5.mp4"), "\"it's \\$5.mp4\"");
  EXPECT_EQ(launch_quote(""), "''");
}

TEST(Fragment, JsonInALaunchLineHasNothingThatAShellOrGstLaunchTakes) {
  EXPECT_EQ(launch_json(json(R"({"title": "It's \"new\" \\ $5!\n", "a": [1, 2.5, true]})")),
            R"('{"title":"It\u0027s\u0020\u0022new\u0022\u0020\u005c\u0020\u00245\u0021\u000a",)"
            R"("a":[1,2.5,true]}')");
}

}  // namespace
}  // namespace filmgate
