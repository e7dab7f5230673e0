// Caps and tags as facts, without a pipeline.
#include "plugins/metadatagate/media_facts.h"

#include <gtest/gtest.h>

#include "plugins/metadatagate/sidecar_tags.h"
#include "plugins/metadatagate/tag_facts.h"
#include "tests/element/metadatagate/support.h"

namespace filmgate {
namespace {

Ref<GstCaps> caps(const char* text) {
  Ref<GstCaps> parsed = Ref<GstCaps>::adopt(gst_caps_from_string(text));
  EXPECT_TRUE(parsed) << text;
  return parsed;
}

Ref<GstTagList> tags(const char* text) {
  Ref<GstTagList> parsed = Ref<GstTagList>::adopt(gst_tag_list_new_from_string(text));
  EXPECT_TRUE(parsed) << text;
  return parsed;
}

Json describe_stream(const char* caps_text, const char* tags_text = "taglist") {
  MediaDescription media;
  media.streams.push_back({.caps = caps(caps_text), .tags = tags(tags_text)});
  return describe_media(media);
}

Json video_of(const char* caps_text, const char* tags_text = "taglist") {
  return describe_stream(caps_text, tags_text).find("media")->get("video");
}

TEST(MediaFacts, NamesCodecs) {
  const std::pair<const char*, const char*> cases[] = {
      {"video/x-h264", "h264"},
      {"video/x-raw", "raw"},
      {"video/mpeg,mpegversion=(int)4", "mpeg4"},
      {"video/mpeg,mpegversion=(int)2", "mpeg2"},
      {"video/mpeg,mpegversion=(int)1", "mpeg1"},
      {"audio/mpeg,mpegversion=(int)4", "aac"},
      {"audio/mpeg,mpegversion=(int)2", "aac"},
      {"audio/mpeg,mpegversion=(int)1,layer=(int)3", "mp3"},
      {"audio/mpeg,mpegversion=(int)1,layer=(int)2", "mp2"},
      {"audio/x-opus", "opus"},
      {"video/x-something-new", "video/x-something-new"}};
  for (const auto& [text, name] : cases) EXPECT_EQ(codec_name(caps(text).get()), name) << text;
  EXPECT_EQ(codec_name(nullptr), "");
  EXPECT_EQ(codec_name(caps("ANY").get()), "");
  EXPECT_EQ(codec_name(caps("EMPTY").get()), "");
}

TEST(MediaFacts, DescribesAPicture) {
  EXPECT_EQ(video_of("video/x-h264,width=1920,height=1080,framerate=30000/1001,profile=high-10,"
                     "interlace-mode=interleaved,colorimetry=bt709,pixel-aspect-ratio=1/1"),
            *parse_json(R"({"codec":"h264","width":1920,"height":1080,"coded_width":1920,
                "coded_height":1080,"pixel_aspect_ratio":"1:1","orientation":"rotate-0",
                "framerate":29.97002997002997,"bit_depth":10,"interlaced":true,
                "colorimetry":"bt709","hdr":"none"})",
                        "expected"));
}

TEST(MediaFacts, LeavesOutWhatIsNotKnown) {
  const Json video = video_of("video/x-h264,framerate=0/1");
  EXPECT_EQ(video, *parse_json(R"({"codec":"h264","orientation":"rotate-0","hdr":"none"})", "e"));
  EXPECT_EQ(video_of("video/x-h264,framerate=90000/1").find("framerate"), nullptr);
  const Json media = describe_stream("video/x-h264").get("media");
  for (const char* key : {"duration", "container", "audio"}) EXPECT_EQ(media.find(key), nullptr);
  MediaDescription empty;
  empty.duration = 0;
  EXPECT_EQ(describe_media(empty).get("media"),
            *parse_json(R"({"tracks":{"video":0,"audio":0,"subtitle":0}})", "e"));
  EXPECT_EQ(describe_stream("audio/x-opus", "taglist,language-code=(string)und")
                .find_path("media.audio.language"),
            nullptr);
}

TEST(MediaFacts, ShowsSquarePixelsUpright) {
  const Json stretched = video_of("video/x-raw,width=800,height=640,pixel-aspect-ratio=64/45");
  EXPECT_EQ(stretched.get("width"), Json(1138));
  EXPECT_EQ(stretched.get("height"), Json(640));
  EXPECT_EQ(stretched.get("coded_width"), Json(800));
  EXPECT_EQ(stretched.get("pixel_aspect_ratio"), Json("64:45"));
  for (const char* turned : {"rotate-90", "rotate-270", "flip-rotate-90", "flip-rotate-270"}) {
    const std::string text = std::string("taglist,image-orientation=(string)") + turned;
    const Json video = video_of("video/x-raw,width=1920,height=1080", text.c_str());
    EXPECT_EQ(video.get("width"), Json(1080)) << turned;
    EXPECT_EQ(video.get("height"), Json(1920)) << turned;
    EXPECT_EQ(video.get("orientation"), Json(turned));
  }
  EXPECT_EQ(video_of("video/x-raw,width=4,height=2", "taglist,image-orientation=(string)rotate-180")
                .get("width"),
            Json(4));
}

TEST(MediaFacts, TakesTheOrientationOfTheContainerToo) {
  MediaDescription media;
  media.streams.push_back({.caps = caps("video/x-raw,width=4,height=2")});
  media.tags = tags("taglist,image-orientation=(string)rotate-90");
  EXPECT_EQ(describe_media(media).find_path("media.video.width")->integer_or(0), 2);
}

TEST(MediaFacts, TellsHdrByTheTransfer) {
  EXPECT_EQ(video_of("video/x-h265,colorimetry=bt2100-pq").get("hdr"), Json("pq"));
  EXPECT_EQ(video_of("video/x-h265,colorimetry=bt2100-hlg").get("hdr"), Json("hlg"));
  EXPECT_EQ(video_of("video/x-h265,colorimetry=bt2020-10").get("hdr"), Json("none"));
  EXPECT_EQ(video_of("video/x-h265,colorimetry=nonsense").get("hdr"), Json("none"));
}

TEST(MediaFacts, TellsTheBitDepth) {
  EXPECT_EQ(
      video_of("video/x-raw,format=I420_10LE,width=16,height=16,framerate=1/1").get("bit_depth"),
      Json(10));
  EXPECT_EQ(video_of("video/x-h265,bit-depth-luma=(uint)12").get("bit_depth"), Json(12));
  EXPECT_EQ(video_of("video/x-h264,profile=main").get("bit_depth"), Json(8));
  EXPECT_EQ(video_of("video/x-h264,profile=high-4:2:2").find("bit_depth"), nullptr);
}

TEST(MediaFacts, CountsTracksAndTakesTheDefaultOne) {
  MediaDescription media;
  media.duration = 1500 * GST_MSECOND;
  media.streams.push_back({.caps = caps("audio/x-opus,channels=2,rate=48000")});
  media.streams.push_back({.caps = caps("video/x-h264,width=640,height=360")});
  media.streams.push_back({.caps = caps("video/x-vp9,width=1280,height=720"), .is_default = true});
  media.streams.push_back({.caps = caps("text/x-raw")});
  media.streams.push_back({.type = GST_STREAM_TYPE_TEXT});
  media.streams.push_back({.caps = caps("application/x-id3")});
  media.tags = tags("taglist,container-format=(string)Matroska");
  const Json described = describe_media(media).get("media");
  EXPECT_EQ(described.get("tracks"), *parse_json(R"({"video":2,"audio":1,"subtitle":2})", "e"));
  EXPECT_EQ(described.find_path("video.codec")->string_or(""), "vp9");
  EXPECT_EQ(described.find_path("audio.channels")->integer_or(0), 2);
  EXPECT_EQ(described.get("duration"), Json(1.5));
  EXPECT_EQ(described.get("container"), Json("Matroska"));
}

TEST(TagFacts, KeepsTextNumbersAndDates) {
  const Ref<GstTagList> list = tags(
      "taglist,title=(string)Kelp,keywords=(string){sea,\"brown algae\"},bitrate=(uint)905619,"
      "datetime=(datetime)2024-05-01T12:00:00Z,duration=(guint64)12,geo-location-latitude=(double)"
      "1.5");
  const Json facts = facts_from_tags(list.get());
  EXPECT_EQ(facts.get("title"), Json("Kelp"));
  EXPECT_EQ(facts.get("keywords"), *parse_json(R"(["sea","brown algae"])", "e"));
  EXPECT_EQ(facts.get("bitrate"), Json(905619));
  EXPECT_EQ(facts.get("datetime"), Json("2024-05-01T12:00:00Z"));
  EXPECT_EQ(facts.get("geo-location-latitude"), Json(1.5));
  EXPECT_EQ(facts_from_tags(nullptr), Json::object());
}

TEST(TagFacts, BoundsTextAndLeavesPicturesOut) {
  Ref<GstTagList> list = Ref<GstTagList>::adopt(gst_tag_list_new_empty());
  std::string huge;
  for (int i = 0; i < 100'000; ++i) huge += "é";
  gst_tag_list_add(list.get(), GST_TAG_MERGE_APPEND, GST_TAG_TITLE, huge.c_str(), nullptr);
  for (int i = 0; i < 1000; ++i)
    gst_tag_list_add(list.get(), GST_TAG_MERGE_APPEND, GST_TAG_EXTENDED_COMMENT,
                     ("k=" + std::to_string(i)).c_str(), nullptr);
  GstBuffer* picture = gst_buffer_new_and_alloc(8);
  GstSample* sample = gst_sample_new(picture, nullptr, nullptr, nullptr);
  gst_buffer_unref(picture);
  gst_tag_list_add(list.get(), GST_TAG_MERGE_APPEND, GST_TAG_IMAGE, sample, nullptr);
  gst_sample_unref(sample);
  const Json facts = facts_from_tags(list.get());
  EXPECT_EQ(facts.get("title").if_string()->size(), 4096U);
  EXPECT_EQ(facts.get("extended-comment").size(), 64U);
  EXPECT_EQ(facts.find("image"), nullptr);
  EXPECT_TRUE(parse_json(to_text(facts), "facts").ok());
}

TEST(SidecarTags, FollowTheTable) {
  const Json sidecar = *parse_json(R"({"title":"Kelp","author":"Ann","description":"Deep",
      "keywords":["sea","kelp"],"date":"2024-05-01","language":"en-GB","copyright":"(c) Ann",
      "owner":"ann@example.org","episode":7,"draft":false,"empty":"","none":null,
      "nested":{"a":1}})",
                                   "sidecar");
  const Json facts = facts_from_tags(tags_from_sidecar(sidecar).get());
  EXPECT_EQ(facts, *parse_json(R"({"title":"Kelp","artist":"Ann","description":"Deep",
      "comment":"Deep","keywords":["sea","kelp"],"datetime":"2024-05-01","date":"2024-05-01","language-code":"en",
      "copyright":"(c) Ann","extended-comment":["episode=7","draft=false"]})",
                               "expected"))
      << to_text(facts, 2);
}

TEST(SidecarTags, AnOwnCommentStaysAndNothingIsNothing) {
  const Json facts = facts_from_tags(
      tags_from_sidecar(*parse_json(R"({"description":"a","comment":"b"})", "s")).get());
  EXPECT_EQ(facts.get("comment"), Json("b"));
  EXPECT_FALSE(tags_from_sidecar(*parse_json(R"({"owner":"a@b.de","title":""})", "s")));
  EXPECT_FALSE(tags_from_sidecar(*parse_json(R"({"date":"soon","language":"Klingon"})", "s")));
}

}  // namespace
}  // namespace filmgate
