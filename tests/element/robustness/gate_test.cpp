// metadatagate between hostile metadata and impatient applications.
#include <gst/gst.h>

#include <random>
#include <thread>

#include "tests/element/robustness/support.h"

namespace filmgate::test {
namespace {

class Gate : public Robustness {};

// The state goes to NULL while the data waits, is approved, rejected, or flows.
TEST_F(Gate, IsShutDownWhileItWaits) {
  std::mt19937 random(7);
  for (int round = 0; round < 300 && !HasFailure(); ++round) {
    auto pipeline = Ref<GstElement>::sink(gst_parse_launch(
        "fakesrc num-buffers=20 sizetype=fixed ! metadatagate name=gate hold=true on-fail=drop ! "
        "fakesink async=false",
        nullptr));
    auto gate = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "gate"));
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    std::vector<std::thread> threads;
    const unsigned way = static_cast<unsigned>(random()) % 4;
    const unsigned turns = static_cast<unsigned>(random()) % 2000;
    if (way < 3) {
      threads.emplace_back([&gate, way, turns] {
        for (unsigned i = 0; i < turns; ++i) std::this_thread::yield();
        gboolean taken = FALSE;
        if (way == 0) g_signal_emit_by_name(gate.get(), "approve", &taken);
        if (way == 1) g_signal_emit_by_name(gate.get(), "reject", "no", &taken);
        if (way == 2) {
          gst_element_send_event(gate.get(), gst_event_new_flush_start());
          gst_element_send_event(gate.get(), gst_event_new_flush_stop(TRUE));
        }
      });
    }
    const unsigned own = static_cast<unsigned>(random()) % 2000;
    for (unsigned i = 0; i < own; ++i) std::this_thread::yield();
    EXPECT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    for (std::thread& thread : threads) thread.join();
    // And once more, as a whole.
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    EXPECT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
}

class Sidecar : public Robustness, public testing::WithParamInterface<const char*> {};

TEST_P(Sidecar, OfAStrangerDoesNoHarm) {
  Bench bench("metadatagate name=gate inject-tags=true on-fail=pass");
  gst_element_set_state(bench.element(), GST_STATE_NULL);
  g_object_set(bench.element(), "metadata", GetParam(), nullptr);
  gst_element_set_state(bench.element(), GST_STATE_PLAYING);
  bench.set_caps(gst_caps_from_string("application/x-any"));
  EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 10, nullptr)), GST_FLOW_OK);
  EXPECT_EQ(bench.error(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Sidecar,
    testing::Values("{\"date\":\"2023-02-31\",\"title\":\"a\\u0000b\"}",
                    "{\"date\":\"0000-00-00\"}", "{\"date\":\"9999-99-99T99:99:99Z\"}",
                    "{\"date\":\"2023\"}", "{\"date\":-1}", "{\"date\":\"99999999999999\"}",
                    "{\"date\":\"2023-05-01T24:61:61+99:99\"}", "{\"language\":\"\"}",
                    "{\"language\":\"-\"}", "{\"language\":[\"en\"]}",
                    "{\"language\":\"\\u0001\\u0002\"}", "{\"a\\u0000b\":\"c\",\"\":\"d\"}",
                    "{\"keywords\":[[],{},null,true,1e308,\"\\ud83d\\ude00\"]}",
                    "{\"keywords\":[[[[[[[[[[[[1]]]]]]]]]]]]}", "[1]", "", "{", "null",
                    "{\"title\":1e999}", "{\"title\":\"\\ud800\"}", "\xff\xfe{}"));

TEST_F(Gate, MeetsHostileTags) {
  const Bench bench("metadatagate on-fail=pass rules={\"metadata.title\":{}}");
  const std::string huge(1 << 20, 'x');
  GstTagList* tags =
      gst_tag_list_new(GST_TAG_TITLE, huge.c_str(), GST_TAG_COMMENT, "\xc3\xa9", nullptr);
  for (int i = 0; i < 500; ++i)
    gst_tag_list_add(tags, GST_TAG_MERGE_APPEND, GST_TAG_KEYWORDS, std::to_string(i).c_str(),
                     GST_TAG_BITRATE, static_cast<guint>(i), GST_TAG_REFERENCE_LEVEL, -1e308,
                     nullptr);
  bench.set_caps(gst_caps_from_string(
      "video/x-raw,width=(int)-5,height=(int)0,framerate=(fraction)0/1,pixel-aspect-ratio=0/1"));
  bench.push_event(gst_event_new_tag(tags));
  EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 10, nullptr)), GST_FLOW_OK);
  gchar* facts = nullptr;
  g_object_get(bench.element(), "facts", &facts, nullptr);
  const GString8 owned(facts);
  ASSERT_TRUE(facts);
  EXPECT_LT(std::string(facts).size(), size_t{200'000});
}

// What a program says as the reason goes to messages and logs, which want UTF-8.
TEST_F(Gate, TakesAReasonInAnyBytes) {
  const Bench bench("metadatagate hold=true");
  gboolean taken = FALSE;
  g_signal_emit_by_name(bench.element(), "reject", "not \xff good", &taken);
  EXPECT_TRUE(taken);
  bench.set_caps(gst_caps_from_string("application/x-any"));
  EXPECT_EQ(bench.push(gst_buffer_new_allocate(nullptr, 10, nullptr)), GST_FLOW_ERROR);
  const std::string error = bench.error();
  EXPECT_EQ(fault_of_sentence(error), "");
  EXPECT_TRUE(g_utf8_validate(error.c_str(), -1, nullptr)) << error;
}

}  // namespace
}  // namespace filmgate::test
