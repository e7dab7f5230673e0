// Sidecar fields as tags downstream, up to the muxed file.
#include <gtest/gtest.h>

#include "tests/element/metadatagate/support.h"

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

Json written_by(const std::string& encoder_and_muxer) {
  const ScratchFolder folder;
  run("videotestsrc num-buffers=5 ! video/x-raw,width=64,height=64,framerate=25/1 ! metadatagate "
      "name=g inject-tags=true sidecar=" +
      folder.write("clip.json", kSidecar) + " ! " + encoder_and_muxer +
      " ! filesink location=" + folder.path("out"));
  return run("filesrc location=" + folder.path("out") + " ! parsebin ! metadatagate ! fakesink")
      .get("metadata");
}

TEST(InjectTags, EndUpInMp4) {
  const Json tags = written_by("x264enc speed-preset=ultrafast ! mp4mux");
  EXPECT_EQ(tags.get("title"), Json("Kelp forest")) << to_text(tags, 2);
  EXPECT_EQ(tags.get("artist"), Json("Ann"));
  EXPECT_EQ(tags.get("comment"), Json("Deep and green"));
  EXPECT_EQ(tags.get("copyright"), Json("2024 Ann"));
  EXPECT_EQ(tags.get("datetime").string_or("").substr(0, 10), "2024-05-01");
  EXPECT_TRUE(contains(to_text(tags.get("keywords")), "sea"));
  EXPECT_TRUE(contains(to_text(tags.get("keywords")), "kelp"));
  EXPECT_EQ(tags.find("extended-comment"), nullptr) << "mp4mux has learnt it: update the docs";
}

TEST(InjectTags, EndUpInMatroska) {
  const Json tags = written_by("x264enc speed-preset=ultrafast ! matroskamux");
  EXPECT_EQ(tags.get("title"), Json("Kelp forest")) << to_text(tags, 2);
  EXPECT_EQ(tags.get("artist"), Json("Ann"));
  EXPECT_EQ(tags.get("comment"), Json("Deep and green"));
  EXPECT_EQ(tags.find("keywords"), nullptr) << "matroskamux has learnt it: update the docs";
}

TEST(InjectTags, EndUpInWebm) {
  const Json tags = written_by("vp8enc deadline=1 ! webmmux");
  EXPECT_EQ(tags.get("title"), Json("Kelp forest")) << to_text(tags, 2);
  EXPECT_EQ(tags.get("artist"), Json("Ann"));
}

}  // namespace
}  // namespace filmgate
