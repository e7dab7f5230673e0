#include "tests/element/robustness/support.h"

#include <unistd.h>

#include <atomic>

#include "plugins/metadatagate/gstmetadatagate.h"
#include "plugins/qualityprobe/gstqualityprobe.h"
#include "plugins/renditionscale/gstrenditionscale.h"
#include "plugins/thumbnailsink/gstthumbnailsink.h"

namespace filmgate::test {
namespace {

constexpr unsigned kHangs = 150;  // seconds; far beyond what any test here takes

std::atomic<int> criticals = 0;

GLogWriterOutput count_criticals(GLogLevelFlags level, const GLogField* fields, gsize count,
                                 gpointer data) {
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING | G_LOG_LEVEL_ERROR)) ++criticals;
  return g_log_writer_default(level, fields, count, data);
}

}  // namespace

void Robustness::SetUp() {
  static const bool once = [] {
    g_log_set_writer_func(count_criticals, nullptr, nullptr);
    gst_init(nullptr, nullptr);
    GST_ELEMENT_REGISTER(metadatagate, nullptr);
    GST_ELEMENT_REGISTER(qualityprobe, nullptr);
    GST_ELEMENT_REGISTER(renditionscale, nullptr);
    GST_ELEMENT_REGISTER(thumbnailsink, nullptr);
    return true;
  }();
  ASSERT_TRUE(once);
  criticals = 0;
  alarm(kHangs);
}

void Robustness::TearDown() {
  alarm(0);
  EXPECT_EQ(criticals, 0) << "warnings or criticals of GLib were logged";
}

Bench::Bench(const std::string& launch)
    : harness_(gst_harness_new_parse(launch.c_str())),
      element_(Ref<GstElement>::adopt(
          gst_harness_find_element(harness_, launch.substr(0, launch.find(' ')).c_str()))),
      bus_(gst_bus_new()) {
  gst_element_set_bus(harness_->element, bus_);
}

Bench::~Bench() {
  gst_element_set_bus(harness_->element, nullptr);
  gst_harness_teardown(harness_);
  gst_object_unref(bus_);
}

void Bench::set_caps(GstCaps* caps) const {
  gst_harness_set_src_caps(harness_, caps);
}

GstFlowReturn Bench::push(GstBuffer* buffer) const {
  const GstFlowReturn flow = gst_harness_push(harness_, buffer);
  while (harness_->sinkpad && gst_harness_buffers_in_queue(harness_) > 0)
    gst_buffer_unref(gst_harness_pull(harness_));
  return flow;
}

std::string Bench::error() const {
  std::string text;
  while (auto message = Ref<GstMessage>::adopt(gst_bus_pop(bus_))) {
    if (GST_MESSAGE_TYPE(message.get()) != GST_MESSAGE_ERROR || !text.empty()) continue;
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    const GErrorPtr owned(error);
    text = std::string(g_quark_to_string(error->domain)) + ": " + error->message;
  }
  return text;
}

std::string fault_of_sentence(const std::string& text) {
  const size_t start = text.find(": ");
  const std::string sentence = start == std::string::npos ? text : text.substr(start + 2);
  if (sentence.size() < 20) return "too short: " + text;
  if (!sentence.ends_with(".")) return "no full stop: " + text;
  if (sentence.ends_with("..")) return "two full stops: " + text;
  if (sentence.find('\n') != std::string::npos) return "more than a line: " + text;
  return "";
}

}  // namespace filmgate::test
