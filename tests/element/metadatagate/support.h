// A metadatagate in a GstHarness, with a bus to read its messages from.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"

namespace filmgate {

using Properties = std::vector<std::pair<const char*, std::string>>;

// What a metadatagate message says.
struct Said {
  std::string verdict;
  std::vector<std::string> reasons;
  Json facts;
};
Said said_by(GstMessage* message);
Json facts_from_text(const std::string& text);

Ref<GstElement> make_gate(const Properties& properties);
// What a gate with these settings says when it refuses to start.
std::string start_error(const Properties& properties);

class GateHarness {
 public:
  explicit GateHarness(const Properties& properties);
  ~GateHarness();
  GateHarness(const GateHarness&) = delete;
  GateHarness& operator=(const GateHarness&) = delete;

  GstHarness* operator*() const { return harness_; }
  GstElement* element() const { return element_.get(); }

  // stream-start, caps of a 320x240 raw picture, segment.
  void begin();
  GstFlowReturn push_buffer();
  void push_tags(const char* tags);

  // The next gate message; waits for it, and fails the test when there is none within 20 s.
  Said next_said();
  // The text of an error on the bus, if there is one; messages before it are thrown away.
  std::optional<std::string> error();
  size_t messages_waiting();
  std::string verdict() const;
  bool approve();
  bool reject(const char* reason);

 private:
  Ref<GstElement> element_;
  Ref<GstBus> bus_;
  GstHarness* harness_;
};

// The clip's path, or empty where the folder of clips is absent.
std::string clip(const std::string& name);

// A fresh folder that goes away at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string write(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace filmgate
