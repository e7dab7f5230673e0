#include <gmock/gmock.h>

#include "host/pipeline/catalogue.h"
#include "tests/unit/pipeline/support.h"

namespace filmgate {
namespace {

using namespace filmgate::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Catalogue catalogue() {
  return *Catalogue::from_json(json(R"({"elements": {
    "x264enc": {"klass": "Codec/Encoder/Video",
      "properties": {"bitrate": {"type": "uint", "minimum": 1, "maximum": 2048000},
                     "speed-preset": {"type": "enum", "values": ["ultrafast", "veryfast"]},
                     "intra-refresh": {"type": "boolean"}, "stats": {"type": "string", "writable": false}},
      "pads": [{"direction": "sink", "presence": "always", "media_types": ["video/x-raw"]},
               {"direction": "src", "presence": "always", "media_types": ["video/x-h264"]}]},
    "avenc_aac": {"klass": "Codec/Encoder/Audio", "properties": {"bitrate": {"type": "int64"}},
      "pads": [{"direction": "sink", "presence": "always", "media_types": ["audio/x-raw"]},
               {"direction": "src", "presence": "always", "media_types": ["audio/mpeg"]}]},
    "mp4mux": {"klass": "Codec/Muxer", "properties": {"faststart": {"type": "boolean"}},
      "pads": [{"direction": "sink", "presence": "request", "media_types": ["video/x-h264"]},
               {"direction": "sink", "presence": "request", "media_types": ["audio/mpeg"]}]},
    "webmmux": {"klass": "Codec/Muxer",
      "pads": [{"direction": "sink", "presence": "request", "media_types": ["video/x-vp8", "video/x-vp9"]}]},
    "filesrc": {"klass": "Source/File", "properties": {"location": {"type": "string"}}},
    "gdkpixbufoverlay": {"klass": "Filter/Effect/Video", "properties": {"location": {"type": "string"}},
      "pads": [{"direction": "sink", "presence": "always", "media_types": ["video/x-raw"]},
               {"direction": "src", "presence": "always", "media_types": ["video/x-raw"]}]}
  }})"));
}

std::vector<std::string> findings(const std::string& rendition) {
  const auto description = parse(with("[{\"name\": \"a\",\n" + rendition + "}]"));
  EXPECT_TRUE(description.ok()) << description.error().message;
  return check_description(*description, catalogue());
}

TEST(Check, AGoodRungHasNoFindings) {
  EXPECT_THAT(findings(R"("video": "x264enc bitrate=100 speed-preset=veryfast intra-refresh=TRUE",
                          "audio": "avenc_aac", "mux": "mp4mux faststart=true",
                          "filter": "gdkpixbufoverlay location=logo.png")"),
              IsEmpty());
}

TEST(Check, NamesTheNearestElementAndProperty) {
  EXPECT_THAT(findings(R"("video": "x246enc", "mux": "mp4mux")"),
              ElementsAre("t.json:2:10: there is no element \"x246enc\" on this machine; did you "
                          "mean \"x264enc\"?"));
  EXPECT_THAT(findings(R"("video": "x264enc bitrte=5", "mux": "mp4mux")"),
              ElementsAre("t.json:2:10: x264enc has no property \"bitrte\"; did you mean "
                          "\"bitrate\"?"));
}

TEST(Check, ChecksValues) {
  EXPECT_THAT(
      findings(R"("video": "x264enc bitrate=0 speed-preset=veryfats intra-refresh=maybe stats=x",
                          "mux": "mp4mux")"),
      ElementsAre("t.json:2:10: bitrate of x264enc is \"0\"; it must be a whole number "
                  "from 1 to 2048000",
                  "t.json:2:10: speed-preset of x264enc is \"veryfats\"; it must be one of "
                  "ultrafast, veryfast; did you mean \"veryfast\"?",
                  "t.json:2:10: intra-refresh of x264enc is \"maybe\"; it must be true or "
                  "false",
                  "t.json:2:10: the property stats of x264enc can only be read"));
}

TEST(Check, RefusesWhatReadsOrWritesElsewhere) {
  EXPECT_THAT(findings(R"("video": "filesrc location=x ! x264enc", "mux": "mp4mux")"),
              ElementsAre("t.json:2:10: filesrc (Source/File) can't be used here; only encoders, "
                          "filters, converters and parsers can"));
}

TEST(Check, TheMuxerMustTakeWhatTheEncoderGives) {
  EXPECT_THAT(findings(R"("video": "x264enc", "audio": "avenc_aac", "mux": "webmmux")"),
              ElementsAre("t.json:2:10: webmmux can't take video/x-h264 from x264enc; it takes "
                          "video/x-vp8, video/x-vp9",
                          "t.json:2:30: webmmux can't take audio/mpeg from avenc_aac; it takes no "
                          "audio"));
  EXPECT_THAT(findings(R"("audio": "x264enc", "mux": "mp4mux")"),
              ElementsAre("t.json:2:10: x264enc is no encoder of audio (it is "
                          "Codec/Encoder/Video)"));
  EXPECT_THAT(findings(R"("video": "gdkpixbufoverlay", "mux": "x264enc")"),
              ElementsAre("t.json:2:37: x264enc is no muxer (it is Codec/Encoder/Video)",
                          "t.json:2:10: \"gdkpixbufoverlay\" has no encoder"));
}

TEST(Check, ListsTheElementsOfADescription) {
  EXPECT_THAT(elements_of(shipped("mobile")), ElementsAre("x264enc", "avenc_aac", "mp4mux"));
}

}  // namespace
}  // namespace filmgate
