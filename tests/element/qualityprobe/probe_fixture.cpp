#include "tests/element/qualityprobe/probe_fixture.h"

#include <gtest/gtest.h>

#include "plugins/common/messages.h"
#include "plugins/qualityprobe/gstqualityprobe.h"

namespace filmgate::test {

void register_qualityprobe() {
  static const bool registered = [] {
    gst_init(nullptr, nullptr);
    return GST_ELEMENT_REGISTER(qualityprobe, nullptr);
  }();
  ASSERT_TRUE(registered);
}

std::vector<const GstStructure*> Said::of(const char* type) const {
  std::vector<const GstStructure*> structures;
  for (const auto& message : messages) {
    const GstStructure* structure = gst_message_get_structure(message.get());
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ELEMENT &&
        gst_structure_has_name(structure, message::kQualityProbe) &&
        g_strcmp0(gst_structure_get_string(structure, message::kType), type) == 0)
      structures.push_back(structure);
  }
  return structures;
}

std::vector<std::pair<double, double>> Said::findings(const std::string& name) const {
  std::vector<std::pair<double, double>> intervals;
  for (const GstStructure* structure : of("finding")) {
    if (name != gst_structure_get_string(structure, message::kFinding)) continue;
    guint64 start = 0;
    guint64 end = 0;
    EXPECT_TRUE(gst_structure_get_uint64(structure, message::kStart, &start));
    EXPECT_TRUE(gst_structure_get_uint64(structure, message::kEnd, &end));
    intervals.emplace_back(static_cast<double>(start) / 1e9, static_cast<double>(end) / 1e9);
  }
  return intervals;
}

Json Said::summary() const {
  const auto summaries = of("summary");
  if (summaries.empty()) return Json();
  auto json = parse_json(gst_structure_get_string(summaries.back(), message::kSummary), "summary");
  EXPECT_TRUE(json.ok());
  return json.ok() ? *json : Json();
}

std::string Said::error(GQuark* domain, int* code) const {
  for (const auto& message : messages) {
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR) continue;
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    const GErrorPtr owned(error);
    if (domain) *domain = error->domain;
    if (code) *code = error->code;
    return error->message;
  }
  return "";
}

ProbeHarness::ProbeHarness(const std::string& launch) {
  register_qualityprobe();
  const auto element = Ref<GstElement>::sink(gst_parse_launch(launch.c_str(), nullptr));
  harness_ = gst_harness_new_with_element(element.get(), "sink", "src");
  bus_ = gst_bus_new();
  gst_element_set_bus(harness_->element, bus_);
}

ProbeHarness::~ProbeHarness() {
  gst_element_set_bus(harness_->element, nullptr);
  gst_harness_teardown(harness_);
  gst_object_unref(bus_);
}

GstFlowReturn ProbeHarness::push(GstBuffer* buffer) {
  const GstFlowReturn flow = gst_harness_push(harness_, buffer);
  if (flow == GST_FLOW_OK) gst_buffer_unref(gst_harness_pull(harness_));
  return flow;
}

Said ProbeHarness::said() {
  Said said;
  while (GstMessage* message = gst_bus_pop(bus_))
    said.messages.push_back(Ref<GstMessage>::adopt(message));
  return said;
}

std::string ProbeHarness::summary_property() const {
  gchar* text = nullptr;
  g_object_get(harness_->element, "summary", &text, nullptr);
  const GString8 owned(text);
  return text ? text : "";
}

GstBuffer* gray_buffer(int width, int height, int value, GstClockTime pts, GstClockTime duration) {
  const gsize stride = (static_cast<gsize>(width) + 3) / 4 * 4;
  const gsize size = stride * static_cast<gsize>(height);
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size, nullptr);
  gst_buffer_memset(buffer, 0, static_cast<guint8>(value), size);
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DURATION(buffer) = duration;
  return buffer;
}

Said run_pipeline(const std::string& launch, const std::function<void(GstElement*)>& prepare) {
  register_qualityprobe();
  GError* error = nullptr;
  const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(launch.c_str(), &error));
  const GErrorPtr owned(error);
  Said said;
  if (error) {
    ADD_FAILURE() << launch << ": " << error->message;
    return said;
  }
  if (prepare) prepare(pipeline.get());
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  bool over = false;
  while (!over) {
    GstMessage* message = gst_bus_timed_pop(bus.get(), 120 * GST_SECOND);
    if (!message) {
      ADD_FAILURE() << launch << ": no message for two minutes";
      break;
    }
    said.messages.push_back(Ref<GstMessage>::adopt(message));
    over = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS ||
           GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return said;
}

}  // namespace filmgate::test
