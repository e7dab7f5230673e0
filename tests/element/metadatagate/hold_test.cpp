// Waiting for a person: answers from other threads, time-out, flush and shutdown while waiting.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "plugins/metadatagate/decision.h"
#include "tests/element/metadatagate/support.h"

namespace filmgate {
namespace {

// Pushes a buffer from a thread of its own and keeps what came of it.
class Pusher {
 public:
  explicit Pusher(GateHarness& gate) : thread_([this, &gate] { flow_ = gate.push_buffer(); }) {}
  ~Pusher() {
    if (thread_.joinable()) thread_.join();
  }
  GstFlowReturn join() {
    thread_.join();
    return flow_;
  }

 private:
  GstFlowReturn flow_ = GST_FLOW_CUSTOM_ERROR;
  std::thread thread_;
};

TEST(MetadataGateHold, PassesWhenApproved) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  Pusher pusher(gate);
  const Said hold = gate.next_said();
  EXPECT_EQ(hold.verdict, "hold");
  EXPECT_EQ(hold.reasons, std::vector<std::string>{"a person must decide"});
  EXPECT_EQ(gate.verdict(), "hold");
  EXPECT_EQ(gst_harness_buffers_received(*gate), 0U);
  EXPECT_TRUE(gate.approve());
  EXPECT_FALSE(gate.approve()) << "a decision falls once";
  EXPECT_FALSE(gate.reject("too late"));
  EXPECT_EQ(pusher.join(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "pass");
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gst_harness_buffers_received(*gate), 2U);
}

TEST(MetadataGateHold, RejectsWithTheGivenReason) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  Pusher pusher(gate);
  gate.next_said();
  EXPECT_TRUE(gate.reject("the logo is wrong"));
  EXPECT_EQ(pusher.join(), GST_FLOW_ERROR);
  const Said said = gate.next_said();
  EXPECT_EQ(said.verdict, "reject");
  EXPECT_EQ(said.reasons, std::vector<std::string>{"the logo is wrong"});
  EXPECT_EQ(gate.error(), "The stream is rejected: the logo is wrong.");
}

TEST(MetadataGateHold, RejectsWithoutAReason) {
  GateHarness gate(Properties{{"hold", "true"}, {"on-fail", "drop"}});
  gate.begin();
  EXPECT_TRUE(gate.reject(nullptr));  // before any data: it counts all the same
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_EQ(gate.next_said().reasons, std::vector<std::string>{"a reviewer rejected it"});
}

TEST(MetadataGateHold, NeverAsksAboutWhatTheRulesReject) {
  GateHarness gate(
      Properties{{"hold", "true"}, {"rules", R"({"metadata.title": {}})"}, {"on-fail", "drop"}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "reject");
}

TEST(MetadataGateHold, TimesOut) {
  GateHarness gate(Properties{{"hold", "true"}, {"timeout", "1000000"}});
  gate.begin();
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_ERROR);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_EQ(gate.next_said().reasons, std::vector<std::string>{"nobody decided within 0.001 s"});
  EXPECT_FALSE(gate.approve());
}

TEST(MetadataGateHold, HoldsTheEndAsWell) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  std::thread pusher([&] { gst_harness_push_event(*gate, gst_event_new_eos()); });
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_TRUE(gate.approve());
  pusher.join();
  EXPECT_EQ(gate.next_said().verdict, "pass");
}

TEST(MetadataGateHold, AFlushLetsGoAndTheHoldGoesOnAfterwards) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  {
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    gst_harness_push_event(*gate, gst_event_new_flush_start());
    EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  }
  EXPECT_EQ(gate.verdict(), "hold");
  gst_harness_push_event(*gate, gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(*gate, gst_event_new_segment(&segment));
  EXPECT_TRUE(gate.approve());
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "pass") << "it asked twice";
}

TEST(MetadataGateHold, ShutsDownWhileHolding) {
  for (const GstState target : {GST_STATE_READY, GST_STATE_NULL}) {
    GateHarness gate(Properties{{"hold", "true"}});
    gate.begin();
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    EXPECT_EQ(gst_element_set_state(gate.element(), target), GST_STATE_CHANGE_SUCCESS);
    EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  }
}

TEST(MetadataGateHold, HoldsAgainAfterNull) {
  GateHarness gate(Properties{{"hold", "true"}});
  for (int i = 0; i < 2; ++i) {
    gate.begin();
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    EXPECT_TRUE(gate.approve());
    EXPECT_EQ(pusher.join(), GST_FLOW_OK);
    EXPECT_EQ(gate.next_said().verdict, "pass");
    gst_element_set_state(gate.element(), GST_STATE_NULL);
    gst_element_set_state(gate.element(), GST_STATE_PLAYING);
  }
}

TEST(MetadataGateHold, TakesNoAnswerThatNobodyAskedFor) {
  GateHarness gate(Properties{});
  gate.begin();
  EXPECT_FALSE(gate.approve());
  EXPECT_FALSE(gate.reject("no"));
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
}

// An answer to nobody would be lost with the next start, while who gave it believes it counts.
TEST(MetadataGateHold, TakesNoAnswerOnceItIsStopped) {
  for (const GstState state : {GST_STATE_READY, GST_STATE_NULL}) {
    GateHarness gate(Properties{{"hold", "true"}});
    gate.begin();
    {
      Pusher pusher(gate);
      EXPECT_EQ(gate.next_said().verdict, "hold");
      EXPECT_EQ(gst_element_set_state(gate.element(), state), GST_STATE_CHANGE_SUCCESS);
    }
    EXPECT_FALSE(gate.approve());
    EXPECT_FALSE(gate.reject("too late"));
  }
}

TEST(MetadataGateHold, CutsAnEndlessReason) {
  GateHarness gate(Properties{{"hold", "true"}, {"on-fail", "drop"}});
  gate.begin();
  EXPECT_TRUE(gate.reject(std::string(1'000'000, 'x').c_str()));
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_EQ(gate.next_said().reasons.at(0).size(), 4096U);
}

// As those do who take an element out of a running pipeline.
TEST(MetadataGateHold, LetsGoWhenItsPadIsDeactivated) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  Pusher pusher(gate);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  const Ref<GstPad> pad = Ref<GstPad>::adopt(gst_element_get_static_pad(gate.element(), "sink"));
  EXPECT_TRUE(gst_pad_set_active(pad.get(), FALSE));
  EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  EXPECT_TRUE(gst_pad_set_active(pad.get(), TRUE));
}

void start_stream(GateHarness& gate, const char* id) {
  gst_harness_push_event(*gate, gst_event_new_stream_start(id));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(*gate, gst_event_new_segment(&segment));
}

TEST(MetadataGateHold, AsksAboutEachStream) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  EXPECT_TRUE(gate.approve());
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_EQ(gate.next_said().verdict, "pass");
  start_stream(gate, "second");
  EXPECT_EQ(gate.verdict(), "none");
  Pusher pusher(gate);
  EXPECT_EQ(gate.next_said().verdict, "hold") << "the answer to the first was taken for the second";
  EXPECT_TRUE(gate.reject("not this one"));
  EXPECT_EQ(pusher.join(), GST_FLOW_ERROR);
  EXPECT_EQ(gate.next_said().reasons, std::vector<std::string>{"not this one"});
}

TEST(MetadataGateHold, ANewStreamAfterAFlushIsJudgedItself) {
  GateHarness gate(
      Properties{{"hold", "true"}, {"rules", R"({"metadata.title": {}})"}, {"on-fail", "drop"}});
  gate.begin();
  gate.push_tags("taglist,title=(string)A");
  {
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    gst_harness_push_event(*gate, gst_event_new_flush_start());
    EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  }
  gst_harness_push_event(*gate, gst_event_new_flush_stop(TRUE));
  start_stream(gate, "untitled");
  EXPECT_EQ(gate.push_buffer(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "reject");
}

// Caps may change between a flush and the next data; what waits is still the same stream.
TEST(MetadataGateHold, NewCapsDoNotEndTheHold) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  {
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    gst_harness_push_event(*gate, gst_event_new_flush_start());
    EXPECT_EQ(pusher.join(), GST_FLOW_FLUSHING);
  }
  gst_harness_push_event(*gate, gst_event_new_flush_stop(TRUE));
  gst_harness_set_src_caps_str(*gate, "video/x-raw,format=I420,width=64,height=48,framerate=5/1");
  EXPECT_EQ(gate.verdict(), "hold");
  Pusher pusher(gate);
  EXPECT_TRUE(gate.approve());
  EXPECT_EQ(pusher.join(), GST_FLOW_OK);
  EXPECT_EQ(gate.next_said().verdict, "pass") << "it asked twice";
}

TEST(MetadataGateHold, ARejectionGoesTheWayOfOnFail) {
  struct Case {
    const char* on_fail;
    GstFlowReturn flow;
    unsigned buffers;
  };
  for (const Case& way : {Case{"error", GST_FLOW_ERROR, 0}, Case{"drop", GST_FLOW_OK, 0},
                          Case{"eos", GST_FLOW_EOS, 0}, Case{"pass", GST_FLOW_OK, 1}}) {
    GateHarness gate(Properties{{"hold", "true"}, {"on-fail", way.on_fail}});
    gate.begin();
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    EXPECT_TRUE(gate.reject("no"));
    EXPECT_EQ(pusher.join(), way.flow) << way.on_fail;
    EXPECT_EQ(gate.verdict(), "reject");
    EXPECT_EQ(gst_harness_buffers_received(*gate), way.buffers) << way.on_fail;
    EXPECT_EQ(gate.error().has_value(), way.flow == GST_FLOW_ERROR) << way.on_fail;
  }
}

// Added to the clock, the second would lie in the past.
TEST(MetadataGateHold, WaitsForEverWithTheLongestTimeouts) {
  for (const char* timeout : {"18446744073709551615", "9223372036854775807"}) {
    GateHarness gate(Properties{{"hold", "true"}, {"timeout", timeout}});
    gate.begin();
    Pusher pusher(gate);
    EXPECT_EQ(gate.next_said().verdict, "hold");
    Decision patience;  // time enough for one that doesn't wait to show it
    patience.reset(true);
    EXPECT_EQ(patience.wait(std::chrono::milliseconds(50)), Decision::Outcome::kTimedOut);
    EXPECT_TRUE(gate.approve()) << "it did not wait";
    EXPECT_EQ(pusher.join(), GST_FLOW_OK) << timeout;
    EXPECT_EQ(gate.next_said().verdict, "pass") << timeout;
  }
}

TEST(MetadataGateHold, ShowsItsVerdictToAnyThread) {
  GateHarness gate(Properties{{"hold", "true"}});
  gate.begin();
  std::thread reader([&gate] {
    while (gate.verdict() != "pass") std::this_thread::yield();
  });
  Pusher pusher(gate);
  EXPECT_EQ(gate.next_said().verdict, "hold");
  EXPECT_TRUE(gate.approve());
  EXPECT_EQ(pusher.join(), GST_FLOW_OK);
  reader.join();
}

TEST(MetadataGateHold, StopsAPipelineThatNeverPrerolls) {
  GError* error = nullptr;
  Ref<GstElement> pipeline = Ref<GstElement>::sink(
      gst_parse_launch("videotestsrc num-buffers=3 ! metadatagate hold=true ! fakesink", &error));
  ASSERT_EQ(error, nullptr);
  Ref<GstBus> bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  for (int i = 0; i < 2; ++i) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const Ref<GstMessage> message = Ref<GstMessage>::adopt(
        gst_bus_timed_pop_filtered(bus.get(), 20 * GST_SECOND, GST_MESSAGE_ELEMENT));
    ASSERT_TRUE(message);
    EXPECT_EQ(said_by(message.get()).verdict, "hold");
    EXPECT_EQ(gst_element_set_state(pipeline.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
}

}  // namespace
}  // namespace filmgate
