// What the tests of broken input share.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugins/common/handles.h"

namespace filmgate::test {

// Registers the elements; counts what GLib calls critical; kills a test that hangs.
class Robustness : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;
};

// An element in a harness with a bus of its own.
class Bench {
 public:
  explicit Bench(const std::string& launch);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  GstHarness* get() const { return harness_; }
  GstElement* element() const { return element_.get(); }  // the first of the description
  void set_caps(GstCaps* caps) const;                     // takes the reference
  // What comes out is dropped.
  GstFlowReturn push(GstBuffer* buffer) const;
  bool push_event(GstEvent* event) const { return gst_harness_push_event(harness_, event); }
  // Domain and text of the first error since the last call: "gst-resource-error-quark: …".
  std::string error() const;

 private:
  GstHarness* harness_;
  Ref<GstElement> element_;
  GstBus* bus_;
};

// "" when `text` is one sentence that a person can read; else what is wrong with it.
std::string fault_of_sentence(const std::string& text);

}  // namespace filmgate::test
