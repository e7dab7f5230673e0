// A gate that holds, and people, clocks, flushes and shutdowns that all want to end it at once.
#include <gtest/gtest.h>

#include "tests/element/stress/storm.h"

namespace filmgate::test {
namespace {

class Gate : public Robustness, public testing::WithParamInterface<const char*> {};

TEST_P(Gate, IsDecidedFromAllSides) {
  Storm storm(std::string("metadatagate hold=true ") + GetParam(),
              {"video/x-raw,format=I420,width=16,height=16,framerate=25/1"}, 7);
  std::atomic<int> taken = 0;
  storm.push_data();  // the first to be stopped, while others let it go
  storm.flush();
  storm.change_states();
  storm.query();
  storm.repeat([&taken](GstElement* element) {
    gboolean accepted = FALSE;
    g_signal_emit_by_name(element, "approve", &accepted);
    taken += accepted;
  });
  storm.repeat([&taken](GstElement* element) {
    gboolean accepted = FALSE;
    g_signal_emit_by_name(element, "reject", "not \xff now", &accepted);
    taken += accepted;
  });
  storm.set("timeout", "1000000");
  storm.set("timeout", "0");
  storm.set("hold", "true");
  storm.repeat([](GstElement* element) {
    gchar* facts = nullptr;
    gint verdict = 0;
    g_object_get(element, "facts", &facts, "verdict", &verdict, nullptr);
    const GString8 owned(facts);
  });
  EXPECT_TRUE(storm.run(400, 20, 20));
  EXPECT_GT(taken, 0);
}

INSTANTIATE_TEST_SUITE_P(Ways, Gate,
                         testing::Values("on-fail=error", "on-fail=drop", "on-fail=eos timeout=1",
                                         "on-fail=pass timeout=100000"));

}  // namespace
}  // namespace filmgate::test
