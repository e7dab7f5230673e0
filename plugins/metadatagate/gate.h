// The mind of the metadatagate element: its settings, what it has learnt of the stream, and the
// judgement. Pads and GObject stay in gstmetadatagate.cpp.
//
// Settings are written by any thread and copied by start(); everything else belongs to the thread
// that holds the sink pad's stream lock, except verdict() and facts_text(), which anyone may read.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/core/json.h"
#include "plugins/core/rules.h"
#include "plugins/metadatagate/media_facts.h"

namespace filmgate {

// The values of the element's enumerations; their nicks are in gstmetadatagate.cpp.
enum class OnFail { kError, kDrop, kEos, kPass };
enum class GateVerdict { kNone, kPass, kHold, kReject };

struct GateSettings {
  std::string sidecar;         // path or fd://N; empty: none
  std::string metadata;        // JSON text instead of a sidecar
  std::string rules;           // JSON text
  std::string rules_location;  // path or fd://N of a file with it
  OnFail on_fail = OnFail::kError;
  bool hold = false;
  GstClockTime timeout = 0;  // 0 waits for ever
  bool inject_tags = false;
};

class Gate {
 public:
  // Reads sidecar and rules. A sidecar that can't be opened and rules that can't be read are
  // errors; a sidecar whose text is broken is remembered as the reason of a rejection, since it
  // came with the video from the same stranger.
  Result<void> start(const GateSettings& settings);
  const GateSettings& settings() const { return settings_; }

  // A new stream, of which nothing is known yet.
  void begin_stream(const std::string& id);
  const std::string& stream_id() const { return own_.id; }
  void learn_caps(GstCaps* caps) { own_.caps = Ref<GstCaps>::share(caps); }
  void learn_tags(GstTagList* tags);
  void learn_collection(GstStreamCollection* collection);

  // The sidecar's tags over `upstream` (may be null); null when there is nothing to inject.
  Ref<GstTagList> injected_tags(const GstTagList* upstream) const;

  // A stream's own tags without those that the sidecar says otherwise, since some muxers and
  // encoders prefer a stream's tags to the container's; null when all of them stay.
  Ref<GstTagList> remaining_tags(const GstTagList* upstream) const;

  // Builds the facts from all that was learnt and applies the rules; what is wrong, or nothing.
  std::vector<std::string> judge(GstClockTime duration);

  GateVerdict verdict() const;
  void set_verdict(GateVerdict verdict);
  std::string facts_text() const;

 private:
  GateSettings settings_;
  Rules rules_;
  Json sidecar_;
  std::string sidecar_fault_;
  Ref<GstTagList> sidecar_tags_;

  StreamDescription own_;
  Ref<GstTagList> global_tags_;
  Ref<GstStreamCollection> collection_;

  mutable std::mutex lock_;  // of the two below
  GateVerdict verdict_ = GateVerdict::kNone;
  std::string facts_text_;
};

}  // namespace filmgate
