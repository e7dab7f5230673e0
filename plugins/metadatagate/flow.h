// The streaming side of the metadatagate element: its two pads, what arrives on them, and where the
// data waits for the verdict. The GObject side is gstmetadatagate.cpp.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>
#include <vector>

#include "plugins/core/result.h"
#include "plugins/metadatagate/decision.h"
#include "plugins/metadatagate/gate.h"

namespace filmgate {

const char* verdict_nick(GateVerdict verdict);  // "none", "pass", "hold", "reject"

class GateFlow {
 public:
  // Adds the pads to `element`, which owns this object. `verdict_changed` is called from the
  // streaming thread, with no lock held, after each verdict.
  GateFlow(GstElement* element, GstPadTemplate* sink, GstPadTemplate* src,
           std::function<void()> verdict_changed);

  // Before the pads are active: forgets the last stream and reads what `settings` name.
  Result<void> start(const GateSettings& settings);
  // After the pads were shut down: nobody is asked any more.
  void stop() { decision_.reset(false); }

  Decision& decision() { return decision_; }  // from any thread
  const Gate& gate() const { return gate_; }

 private:
  static GstFlowReturn chain(GstPad* pad, GstObject* parent, GstBuffer* buffer) noexcept;
  static GstFlowReturn chain_list(GstPad* pad, GstObject* parent, GstBufferList* list) noexcept;
  static gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) noexcept;
  static gboolean sink_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode,
                                     gboolean active) noexcept;

  GstFlowReturn decide(GstClockTime pts, GstClockTime duration);
  GstFlowReturn judge(GstClockTime pts, GstClockTime duration);
  GstFlowReturn wait_for_decision(GstClockTime pts, GstClockTime duration);
  GstFlowReturn pass(GstClockTime pts, GstClockTime duration);
  GstFlowReturn reject(const std::vector<std::string>& reasons, GstClockTime pts,
                       GstClockTime duration);
  GstFlowReturn refuse();
  void announce(GateVerdict verdict, const std::vector<std::string>& reasons, GstClockTime pts,
                GstClockTime duration);
  void inject();
  void begin_stream(GstEvent* event);
  gboolean pass_in_turn(GstEvent* event);
  gboolean pass_tags(GstEvent* event);

  GstElement* element_;
  std::function<void()> verdict_changed_;
  GstPad* sink_;
  GstPad* src_;
  Gate gate_;
  Decision decision_;
  // Of the streaming thread:
  enum class Phase { kUnjudged, kHolding, kOpen, kRefused };
  Phase phase_ = Phase::kUnjudged;
  bool injected_ = false;
  bool ended_ = false;  // an EOS was sent in the stream's stead
  GstSegment segment_;
  guint32 seqnum_ = GST_SEQNUM_INVALID;  // of the segment's event
};

}  // namespace filmgate
