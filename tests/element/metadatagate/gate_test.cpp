// Verdicts from rules, what becomes of a rejected stream, and the stream around it.
#include <gtest/gtest.h>

#include "tests/element/metadatagate/support.h"

namespace filmgate {
namespace {

constexpr const char* kNeedsTitle =
    R"({"metadata.title": {"type": "string", "minLength": 1}, "media.video.height": {"minimum": 200}})";
constexpr const char* kTitle = R"({"title": "Kelp"})";

TEST(MetadataGate, PassesTheSameBufferWhenTheRulesHold) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"metadata", kTitle}});
  gate.begin();
  GstBuffer* buffer = gst_harness_create_buffer(*gate, 16);
  ASSERT_EQ(gst_harness_push(*gate, buffer), GST_FLOW_OK);
  GstBuffer* passed = gst_harness_pull(*gate);
  EXPECT_EQ(passed, buffer);
  EXPECT_TRUE(gst_buffer_is_writable(passed));
  gst_buffer_unref(passed);
  const Said said = gate.next_said();
  EXPECT_EQ(said.verdict, "pass");
  EXPECT_TRUE(said.reasons.empty());
  EXPECT_EQ(said.facts.find_path("metadata.title")->string_or(""), "Kelp");
  EXPECT_EQ(said.facts.find_path("media.video.height")->integer_or(0), 240);
  EXPECT_EQ(gate.verdict(), "pass");
}

TEST(MetadataGate, PassesWithoutRules) {
  GateHarness gate(Properties{});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.messages_waiting(), 1U);
  EXPECT_EQ(gst_harness_buffers_received(*gate), 2U);
}

TEST(MetadataGate, SaysNothingBeforeTheFirstData) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}});
  gate.begin();
  EXPECT_EQ(gate.messages_waiting(), 0U);
  EXPECT_EQ(gate.verdict(), "none");
}

TEST(MetadataGate, TakesTagsAsFactsAndTheSidecarOverThem) {
  GateHarness gate(Properties{{"metadata", R"({"title": "From the sidecar"})"}});
  gate.begin();
  gate.push_tags("taglist,title=(string)\"In the file\",artist=(string)Ann");
  gate.push_buffer();
  const Json facts = gate.next_said().facts;
  EXPECT_EQ(facts.find_path("metadata.title")->string_or(""), "From the sidecar");
  EXPECT_EQ(facts.find_path("metadata.artist")->string_or(""), "Ann");
  EXPECT_EQ(facts.find_path("metadata.album"), nullptr);
}

TEST(MetadataGate, OnFailErrorNamesEveryReason) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}});
  gst_harness_set_src_caps_str(*gate, "video/x-raw,format=I420,width=64,height=48,framerate=5/1");
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_ERROR);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_ERROR);
  const Said said = gate.next_said();
  EXPECT_EQ(said.verdict, "reject");
  ASSERT_EQ(said.reasons.size(), 2U);
  EXPECT_EQ(said.reasons[1], "media.video.height is 48; at least 200 is needed");
  EXPECT_EQ(
      gate.error(),
      "The stream is rejected: metadata.title is missing; a string of at least 1 character is "
      "needed; media.video.height is 48; at least 200 is needed.");
  EXPECT_EQ(gate.error(), std::nullopt) << "said twice";
  EXPECT_EQ(gst_harness_buffers_received(*gate), 0U);
}

TEST(MetadataGate, OnFailDropLetsOnlyTheEndThrough) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"on-fail", "drop"}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_TRUE(gst_harness_push_event(*gate, gst_event_new_gap(0, GST_SECOND)));
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_TRUE(gst_harness_push_event(*gate, gst_event_new_eos()));
  EXPECT_EQ(gst_harness_buffers_received(*gate), 0U);
  bool eos = false;
  while (GstEvent* event = gst_harness_try_pull_event(*gate)) {
    EXPECT_NE(GST_EVENT_TYPE(event), GST_EVENT_GAP);
    eos = eos || GST_EVENT_TYPE(event) == GST_EVENT_EOS;
    gst_event_unref(event);
  }
  EXPECT_TRUE(eos);
  EXPECT_EQ(gate.next_said().verdict, "reject");
  EXPECT_EQ(gate.error(), std::nullopt);
}

int count_eos(GstHarness* harness) {
  int count = 0;
  while (GstEvent* event = gst_harness_try_pull_event(harness)) {
    count += GST_EVENT_TYPE(event) == GST_EVENT_EOS;
    gst_event_unref(event);
  }
  return count;
}

void flush(GstHarness* harness) {
  gst_harness_push_event(harness, gst_event_new_flush_start());
  gst_harness_push_event(harness, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(harness, gst_event_new_segment(&segment));
}

TEST(MetadataGate, OnFailEosEndsTheStreamOnceAndAgainAfterAFlush) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"on-fail", "eos"}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_EOS);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_EOS);
  EXPECT_EQ(count_eos(*gate), 1);
  flush(*gate);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_EOS);
  EXPECT_EQ(count_eos(*gate), 1);
  EXPECT_EQ(gate.next_said().verdict, "reject");
  EXPECT_EQ(gate.error(), std::nullopt);
}

// By its number an application knows which seek an end belongs to.
TEST(MetadataGate, OnFailEosEndsTheSegmentThatWasRefused) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"on-fail", "eos"}});
  gate.begin();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstEvent* event = gst_event_new_segment(&segment);
  const guint32 number = gst_event_get_seqnum(event);
  gst_harness_push_event(*gate, event);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_EOS);
  bool ended = false;
  while (GstEvent* sent = gst_harness_try_pull_event(*gate)) {
    if (GST_EVENT_TYPE(sent) == GST_EVENT_EOS) {
      ended = true;
      EXPECT_EQ(gst_event_get_seqnum(sent), number);
    }
    gst_event_unref(sent);
  }
  EXPECT_TRUE(ended);
}

// The same stream may start again after its end, as looping sources do; downstream waits for an
// end.
TEST(MetadataGate, OnFailEosEndsAStreamThatStartsAgain) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"on-fail", "eos"}});
  gate.begin();
  gst_harness_push_event(*gate, gst_event_new_stream_start("again"));
  for (int i = 0; i < 2; ++i) {
    gst_harness_push_event(*gate, gst_event_new_stream_start("again"));
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    gst_harness_push_event(*gate, gst_event_new_segment(&segment));
    EXPECT_EQ(gate.push_buffer(), GST_FLOW_EOS);
    EXPECT_EQ(count_eos(*gate), 1) << i;
  }
}

TEST(MetadataGate, PassesASecondSegment) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"metadata", kTitle}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 7 * GST_SECOND;
  gst_harness_push_event(*gate, gst_event_new_segment(&segment));
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  guint64 last = 0;
  while (GstEvent* event = gst_harness_try_pull_event(*gate)) {
    const GstSegment* seen = nullptr;
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) {
      gst_event_parse_segment(event, &seen);
      last = seen->start;
    }
    gst_event_unref(event);
  }
  EXPECT_EQ(last, 7 * GST_SECOND);
  EXPECT_EQ(gate.messages_waiting(), 1U) << "a segment is no new stream";
}

TEST(MetadataGate, OnFailPassOnlySaysSo) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"on-fail", "pass"}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gst_harness_buffers_received(*gate), 1U);
  EXPECT_EQ(gate.next_said().verdict, "reject");
  EXPECT_EQ(gate.verdict(), "reject");
}

TEST(MetadataGate, JudgesAtAGapAndAtTheEnd) {
  for (const bool gap : {true, false}) {
    GateHarness gate(Properties{{"rules", kNeedsTitle}});
    gate.begin();
    gst_harness_push_event(*gate, gap ? gst_event_new_gap(0, GST_SECOND) : gst_event_new_eos());
    EXPECT_EQ(gate.next_said().verdict, "reject");
    EXPECT_TRUE(gate.error().has_value());
  }
}

TEST(MetadataGate, PassesBufferListsWhole) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"metadata", kTitle}});
  gate.begin();
  GstBufferList* list = gst_buffer_list_new();
  for (int i = 0; i < 3; ++i) gst_buffer_list_add(list, gst_buffer_new_and_alloc(4));
  Ref<GstPad> peer = Ref<GstPad>::adopt(gst_element_get_static_pad(gate.element(), "sink"));
  Ref<GstPad> source = Ref<GstPad>::adopt(gst_pad_get_peer(peer.get()));
  EXPECT_EQ(gst_pad_push_list(source.get(), list), GST_FLOW_OK);
  EXPECT_EQ(gst_harness_buffers_received(*gate), 3U);
  EXPECT_EQ(gate.next_said().verdict, "pass");
}

TEST(MetadataGate, KeepsItsVerdictOverFlushAndNewCaps) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"metadata", kTitle}});
  gate.begin();
  gate.push_buffer();
  flush(*gate);
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  gst_harness_set_src_caps_str(*gate, "video/x-raw,format=I420,width=64,height=48,framerate=5/1");
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.messages_waiting(), 1U);
}

TEST(MetadataGate, JudgesANewStreamAnew) {
  GateHarness gate(
      Properties{{"rules", R"({"metadata.title": {"const": "A"}})"}, {"on-fail", "drop"}});
  gate.begin();
  gate.push_tags("taglist,title=(string)A");
  gate.push_buffer();
  EXPECT_EQ(gate.next_said().verdict, "pass");
  gst_harness_push_event(*gate, gst_event_new_stream_start("another"));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(*gate, gst_event_new_segment(&segment));
  EXPECT_EQ(gate.verdict(), "none");
  gate.push_buffer();
  EXPECT_EQ(gate.next_said().verdict, "reject") << "tags of the first stream were kept";
}

TEST(MetadataGate, CanBeUsedAgain) {
  GateHarness gate(Properties{{"rules", kNeedsTitle}, {"metadata", kTitle}});
  for (int i = 0; i < 2; ++i) {
    gate.begin();
    EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
    EXPECT_EQ(gate.next_said().verdict, "pass");
    gst_element_set_state(gate.element(), GST_STATE_NULL);
    gst_element_set_state(gate.element(), GST_STATE_PLAYING);
    EXPECT_EQ(gate.verdict(), "none");
  }
}

TEST(MetadataGate, RefusesBadSettingsWithOneSentence) {
  struct Case {
    Properties properties;
    std::string error;
  };
  const Case cases[] = {
      {{{"rules", R"({"metadata.title": {"minLenght": 1}})"}},
       "rules:1:21: unknown word \"minLenght\" in a constraint (did you mean \"minLength\"?)."},
      {{{"rules", "{"}}, "rules:1:2: expected a key in quotes but found the end of the text."},
      {{{"rules", "{}"}, {"rules-location", "/x"}},
       "rules and rules-location are both set; set one."},
      {{{"metadata", "{}"}, {"sidecar", "/x"}}, "sidecar and metadata are both set; set one."},
      {{{"rules-location", "/nowhere/rules.json"}},
       "cannot open /nowhere/rules.json: No such file or directory."}};
  for (const Case& broken : cases) {
    EXPECT_EQ(start_error(broken.properties), broken.error);
  }
}

TEST(MetadataGate, ReadsRulesFromAFile) {
  const ScratchFolder folder;
  GateHarness gate(
      {{"rules-location", folder.write("rules.json", kNeedsTitle)}, {"on-fail", "drop"}});
  gate.begin();
  gate.push_buffer();
  EXPECT_EQ(gate.next_said().verdict, "reject");
}

TEST(MetadataGate, FactsAreAProperty) {
  GateHarness gate(Properties{{"metadata", kTitle}});
  gate.begin();
  gate.push_buffer();
  gchar* text = nullptr;
  g_object_get(gate.element(), "facts", &text, nullptr);
  const GString8 owned(text);
  EXPECT_EQ(facts_from_text(text), gate.next_said().facts);
}

}  // namespace
}  // namespace filmgate
