// The element in a harness or a pipeline, and what it said.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"

namespace filmgate::test {

// Registers the element with this process, as no plugin.
void register_qualityprobe();

struct Said {
  std::vector<Ref<GstMessage>> messages;

  // Structures of the element's own messages of one type, in order.
  std::vector<const GstStructure*> of(const char* type) const;
  // {start, end} in seconds of the findings of one name.
  std::vector<std::pair<double, double>> findings(const std::string& name) const;
  Json summary() const;  // null when there is none
  // Of the first error message: its text; "" when there is none.
  std::string error(GQuark* domain = nullptr, int* code = nullptr) const;
};

class ProbeHarness {
 public:
  explicit ProbeHarness(const std::string& launch = "qualityprobe");
  ~ProbeHarness();
  ProbeHarness(const ProbeHarness&) = delete;
  ProbeHarness& operator=(const ProbeHarness&) = delete;

  GstHarness* get() const { return harness_; }
  GstElement* element() const { return harness_->element; }
  void set_caps(const char* caps) { gst_harness_set_src_caps_str(harness_, caps); }
  // Pushes and takes out again; returns what the push returned.
  GstFlowReturn push(GstBuffer* buffer);
  void push_event(GstEvent* event) { gst_harness_push_event(harness_, event); }
  // All that was posted since the last call.
  Said said();
  std::string summary_property() const;

 private:
  GstHarness* harness_ = nullptr;
  GstBus* bus_ = nullptr;
};

// A GRAY8 buffer in which every sample has one value.
GstBuffer* gray_buffer(int width, int height, int value, GstClockTime pts, GstClockTime duration);

// Runs a pipeline to its end or first error; `prepare` sees it before it starts.
Said run_pipeline(const std::string& launch,
                  const std::function<void(GstElement*)>& prepare = nullptr);

}  // namespace filmgate::test
