// Sidecar fields as tags downstream, up to the muxed file.
#include <gst/pbutils/pbutils.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/element/metadatagate/support.h"
#include "tests/support/process.h"

namespace filmgate {
namespace {

constexpr const char* kSidecar =
    R"({"title":"Kelp forest","author":"Ann","description":"Deep and green",)"
    R"("keywords":["sea","kelp"],"copyright":"2024 Ann","date":"2024-05-01","owner":"ann@example.org","episode":7})";

// The tags of global scope that came out last.
std::string tags_sent(GstHarness* harness, int* events = nullptr) {
  std::string text;
  while (GstEvent* event = gst_harness_try_pull_event(harness)) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
      GstTagList* tags = nullptr;
      gst_event_parse_tag(event, &tags);
      if (gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_GLOBAL) {
        text = GString8(gst_tag_list_to_string(tags)).get();
        if (events) ++*events;
      }
    }
    gst_event_unref(event);
  }
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(InjectTags, SendsTheSidecarBeforeTheFirstBuffer) {
  GateHarness gate(Properties{{"metadata", kSidecar}, {"inject-tags", "true"}});
  gate.begin();
  gate.push_buffer();
  gate.push_buffer();
  int events = 0;
  const std::string tags = tags_sent(*gate, &events);
  EXPECT_TRUE(contains(tags, "title=(string)\"Kelp\\ forest\"")) << tags;
  EXPECT_FALSE(contains(tags, "ann@example.org")) << tags;
  EXPECT_EQ(events, 1);
}

TEST(InjectTags, GoesOverTheTagsFromUpstream) {
  GateHarness gate(Properties{{"metadata", kSidecar}, {"inject-tags", "true"}});
  gate.begin();
  gate.push_tags("taglist,title=(string)Old,encoder=(string)Some");
  gate.push_buffer();
  int events = 0;
  const std::string tags = tags_sent(*gate, &events);
  EXPECT_TRUE(contains(tags, "Kelp")) << tags;
  EXPECT_TRUE(contains(tags, "encoder=(string)Some")) << tags;
  EXPECT_FALSE(contains(tags, "Old")) << tags;
  EXPECT_EQ(events, 1);
}

// audiotestsrc and Ogg files describe the stream itself, which an encoder would put over the rest.
TEST(InjectTags, GoesOverTheStreamsOwnTagsToo) {
  GateHarness gate(Properties{{"metadata", kSidecar}, {"inject-tags", "true"}});
  gate.begin();
  GstTagList* own = gst_tag_list_new(GST_TAG_DESCRIPTION, "Old", GST_TAG_BITRATE, 7U, nullptr);
  gst_harness_push_event(*gate, gst_event_new_tag(own));
  gate.push_buffer();
  std::string stream_tags;
  while (GstEvent* event = gst_harness_try_pull_event(*gate)) {
    if (GST_EVENT_TYPE(event) == GST_EVENT_TAG) {
      GstTagList* tags = nullptr;
      gst_event_parse_tag(event, &tags);
      if (gst_tag_list_get_scope(tags) == GST_TAG_SCOPE_STREAM)
        stream_tags = GString8(gst_tag_list_to_string(tags)).get();
    }
    gst_event_unref(event);
  }
  EXPECT_TRUE(contains(stream_tags, "bitrate=(uint)7")) << stream_tags;
  EXPECT_FALSE(contains(stream_tags, "Old")) << stream_tags;
}

TEST(InjectTags, IsOffUnlessAskedFor) {
  GateHarness gate(Properties{{"metadata", kSidecar}});
  gate.begin();
  gate.push_buffer();
  EXPECT_EQ(tags_sent(*gate), "");
}

// Runs a pipeline to its end; the facts of the first gate in it.
Json run(const std::string& line) {
  GError* error = nullptr;
  Ref<GstElement> pipeline = Ref<GstElement>::sink(gst_parse_launch(line.c_str(), &error));
  EXPECT_EQ(error, nullptr) << error->message;
  Ref<GstBus> bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  Json facts;
  bool ended = false;
  while (!ended) {
    const Ref<GstMessage> message = Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
        bus.get(), 60 * GST_SECOND,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_ELEMENT)));
    EXPECT_TRUE(message) << "did not end: " << line;
    ended = !message || GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ELEMENT;
    if (message && GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      GError* failure = nullptr;
      gst_message_parse_error(message.get(), &failure, nullptr);
      ADD_FAILURE() << GErrorPtr(failure)->message;
    }
    if (!ended && gst_message_has_name(message.get(), "metadatagate") && facts.is_null())
      facts = said_by(message.get()).facts;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return facts;
}

constexpr const char* kFullSidecar =
    R"({"title":"Kelp forest","artist":"Ann Lee","owner":"ann@example.org",)"
    R"("description":"Tief & \"grün\"","comment":"A remark","copyright":"2024 Ann",)"
    R"("date":"2024-05-01","keywords":["sea","kelp"],"language":"de","location":"Monterey Bay",)"
    R"("organization":"Sea Org","license":"CC BY","publisher":"Pub House","contact":"a@b.c",)"
    R"("homepage":"https://x.org/","episode":7,"Episode Title":"Part one","live":true,)"
    R"("cast":["Ann","Bob"],"rights":{"until":"2030"}})";

// What others read of a file that was written with injected tags.
struct Read {
  std::string ffprobe;  // lines of -of flat
  Json facts;           // metadata.* of a gate behind parsebin
};

Read read_of(const std::string& picture, const std::string& muxer, const std::string& sound = "",
             const char* sidecar = kFullSidecar) {
  const ScratchFolder folder;
  const std::string gate =
      "metadatagate inject-tags=true sidecar=" + folder.write("clip.json", sidecar) + " ! ";
  std::string line =
      "videotestsrc num-buffers=5 ! video/x-raw,width=64,height=64,framerate=25/1 ! " + gate +
      picture + " ! " + muxer + " name=m ! filesink location=" + folder.path("out");
  if (!sound.empty())
    line += " audiotestsrc num-buffers=10 ! audio/x-raw,rate=48000,channels=2 ! " + gate + sound +
            " ! m.";
  run(line);
  Read read;
  read.ffprobe = test::run_program({"ffprobe", "-v", "error", "-show_entries",
                                    "format_tags:stream_tags", "-of", "flat", folder.path("out")})
                     .output;
  read.facts =
      run("filesrc location=" + folder.path("out") + " ! parsebin ! metadatagate ! fakesink")
          .get("metadata");
  return read;
}

constexpr const char* kH264 = "x264enc speed-preset=ultrafast ! h264parse";

void expect_lines(const std::string& text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    EXPECT_TRUE(contains(text, line + "\n")) << line << "\n" << text;
}

TEST(InjectTags, EndUpInMp4) {
  const Read read = read_of(kH264, "mp4mux");
  expect_lines(
      read.ffprobe,
      {R"(format.tags.title="Kelp forest")", R"(format.tags.artist="Ann Lee")",
       R"(format.tags.comment="A remark")", R"(format.tags.copyright="2024 Ann")",
       R"(format.tags.keywords="sea, kelp")", R"(format.tags.date="2024-5-1")",
       R"(format.tags.description="Tief & \"grün\"")", R"(format.tags.location="Monterey Bay")",
       R"(format.tags.organization="Sea Org")", R"(format.tags.license="CC BY")",
       R"(format.tags.publisher="Pub House")", R"(format.tags.contact="a@b.c")",
       R"(format.tags.homepage="https://x.org/")", R"(format.tags.episode="7")",
       R"(format.tags.Episode_Title="Part one")", R"(format.tags.live="true")",
       R"(format.tags.cast="Ann, Bob")", R"(streams.stream.0.tags.language="deu")"});
  EXPECT_FALSE(contains(read.ffprobe, "ann@example.org")) << read.ffprobe;
  EXPECT_FALSE(contains(read.ffprobe, "2030")) << read.ffprobe;
  EXPECT_EQ(read.facts.get("title"), Json("Kelp forest")) << to_text(read.facts, 2);
  EXPECT_EQ(read.facts.get("description"), Json("Tief & \"grün\""));
  EXPECT_EQ(read.facts.get("datetime").string_or("").substr(0, 10), "2024-05-01");
}

// Sound and picture bring the same tags to one muxer: each stands there once.
TEST(InjectTags, EndUpInMp4OnceFromTwoBranches) {
  const Read read = read_of(kH264, "mp4mux", "avenc_aac ! aacparse");
  const std::string line = "format.tags.episode=";
  const size_t at = read.ffprobe.find(line);
  ASSERT_NE(at, std::string::npos) << read.ffprobe;
  EXPECT_EQ(read.ffprobe.find(line, at + 1), std::string::npos);
}

// With GstDiscoverer, what gst-discoverer-1.0 shows.
TEST(InjectTags, AreDiscovered) {
  const ScratchFolder folder;
  run("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=64,framerate=25/1 ! metadatagate "
      "inject-tags=true sidecar=" +
      folder.write("clip.json", kFullSidecar) + " ! " + kH264 +
      " ! mp4mux ! filesink location=" + folder.path("out.mp4"));
  GError* error = nullptr;
  const Ref<GstDiscoverer> discoverer =
      Ref<GstDiscoverer>::adopt(gst_discoverer_new(20 * GST_SECOND, &error));
  ASSERT_EQ(error, nullptr) << error->message;
  const std::string uri = "file://" + folder.path("out.mp4");
  const Ref<GstDiscovererInfo> info = Ref<GstDiscovererInfo>::adopt(
      gst_discoverer_discover_uri(discoverer.get(), uri.c_str(), &error));
  ASSERT_EQ(error, nullptr) << error->message;
  const std::string tags =
      GString8(gst_tag_list_to_string(gst_discoverer_info_get_tags(info.get()))).get();
  EXPECT_TRUE(contains(tags, "Kelp\\ forest")) << tags;
  EXPECT_TRUE(contains(tags, "description=(string)")) << tags;
}

TEST(InjectTags, EndUpInQuicktime) {
  const Read read = read_of(kH264, "qtmux");
  expect_lines(read.ffprobe,
               {R"(format.tags.title="Kelp forest")", R"(format.tags.artist="Ann Lee")",
                R"(format.tags.comment="A remark")", R"(format.tags.copyright="2024 Ann")",
                R"(format.tags.keywords="sea, kelp")"});
  EXPECT_EQ(read.facts.get("description"), Json("Tief & \"grün\"")) << to_text(read.facts, 2);
  EXPECT_FALSE(contains(read.ffprobe, "episode")) << "qtmux has learnt it: update the docs";
}

TEST(InjectTags, EndUpInMatroska) {
  const Read read = read_of(kH264, "matroskamux");
  EXPECT_EQ(read.facts.get("title"), Json("Kelp forest")) << to_text(read.facts, 2);
  EXPECT_EQ(read.facts.get("artist"), Json("Ann Lee"));
  EXPECT_EQ(read.facts.get("comment"), Json("A remark"));
  EXPECT_EQ(read.facts.get("copyright"), Json("2024 Ann"));
  EXPECT_EQ(read.facts.get("license"), Json("CC BY"));
  EXPECT_EQ(read.facts.get("date"), Json("2024-05-01"));
  expect_lines(read.ffprobe, {R"(streams.stream.0.tags.language="ger")"});
  EXPECT_EQ(read.facts.find("keywords"), nullptr) << "matroskamux has learnt it: update the docs";
  EXPECT_FALSE(contains(read.ffprobe, "episode")) << "matroskamux has learnt it: update the docs";
}

// A description without a comment beside it stands there as the comment.
TEST(InjectTags, DescriptionIsTheCommentWhereThereIsNone) {
  const Read read = read_of(kH264, "matroskamux", "", kSidecar);
  EXPECT_EQ(read.facts.get("comment"), Json("Deep and green")) << to_text(read.facts, 2);
}

TEST(InjectTags, EndUpInWebm) {
  const Read read = read_of("vp8enc deadline=1", "webmmux");
  EXPECT_EQ(read.facts.get("title"), Json("Kelp forest")) << to_text(read.facts, 2);
  EXPECT_EQ(read.facts.get("artist"), Json("Ann Lee"));
}

TEST(InjectTags, EndUpInOgg) {
  const Read read = read_of("theoraenc", "oggmux", "opusenc");
  expect_lines(
      read.ffprobe,
      {R"(streams.stream.1.tags.TITLE="Kelp forest")", R"(streams.stream.1.tags.ARTIST="Ann Lee")",
       R"(streams.stream.1.tags.COMMENT="A remark")",
       R"(streams.stream.1.tags.LOCATION="Monterey Bay")", R"(streams.stream.1.tags.LANGUAGE="de")",
       R"(streams.stream.1.tags.episode="7")", R"(streams.stream.1.tags.cast="Ann, Bob")"});
}

// audiotestsrc brings a description of its own.
TEST(InjectTags, EndUpInOggWithTheirDescription) {
  const ScratchFolder folder;
  run("audiotestsrc num-buffers=10 ! metadatagate inject-tags=true sidecar=" +
      folder.write("clip.json", kFullSidecar) +
      " ! audioconvert ! audioresample ! opusenc ! oggmux ! filesink location=" +
      folder.path("out.ogg"));
  const Json tags =
      run("filesrc location=" + folder.path("out.ogg") + " ! parsebin ! metadatagate ! fakesink")
          .get("metadata");
  EXPECT_EQ(tags.get("description"), Json("Tief & \"grün\"")) << to_text(tags, 2);
  EXPECT_EQ(tags.get("comment"), Json("A remark"));
}

TEST(InjectTags, EndUpInFlvAsTitleAndArtist) {
  const Read read = read_of(kH264, "flvmux");
  EXPECT_EQ(read.facts.get("title"), Json("Kelp forest")) << to_text(read.facts, 2);
  EXPECT_EQ(read.facts.get("artist"), Json("Ann Lee"));
  EXPECT_EQ(read.facts.find("comment"), nullptr) << "flvmux has learnt it: update the docs";
}

TEST(InjectTags, LeaveTheLanguageInTransportStreams) {
  const Read read = read_of(kH264, "mpegtsmux", "avenc_aac ! aacparse");
  EXPECT_TRUE(contains(read.ffprobe, R"(tags.language="ger")")) << read.ffprobe;
  EXPECT_EQ(read.facts.find("title"), nullptr) << "mpegtsmux has learnt it: update the docs";
}

}  // namespace
}  // namespace filmgate
