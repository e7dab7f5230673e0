// One stream through the element, from its first caps to its end or a flush: the probe of its
// media, the current window, and what is to be said. Used by the streaming thread only; it says
// nothing itself but fills an outbox, which the element posts.
#pragma once

#include <gst/audio/audio.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "plugins/common/handles.h"
#include "plugins/core/result.h"
#include "plugins/qualityprobe/settings.h"
#include "plugins/qualityprobe/window.h"

namespace filmgate::quality {

using Outbox = std::vector<Structure>;

class Stream {
 public:
  // New caps, also in the midst of the stream. An error when they can't be measured.
  Result<void> set_caps(GstCaps* caps, const ElementSettings& settings);
  // A flush: everything but the caps is forgotten.
  Result<void> reset(const ElementSettings& settings);

  // Measures a buffer of `segment`. Buffers outside of the segment are not shown, so they are not
  // measured. An error when the buffer isn't what the caps say.
  Result<void> measure(GstBuffer* buffer, const GstSegment& segment,
                       const ElementSettings& settings, Outbox& outbox);
  // A gap event.
  void gap(GstClockTime timestamp, GstClockTime duration, const GstSegment& segment,
           const ElementSettings& settings, Outbox& outbox);
  // The end of the segment: closes the window and open findings.
  void interrupt(const GstSegment& segment, const ElementSettings& settings, Outbox& outbox);
  // Gives the kept pictures back to whoever wants their memory.
  void release_pictures();

  // Whether there are caps, and such as can be measured.
  bool known() const { return is_video() || audio_; }
  bool is_video() const { return std::holds_alternative<GstVideoInfo>(info_); }
  const char* media() const { return is_video() ? "video" : "audio"; }
  Json summary() const;  // of a known stream: {"video": {…}} or {"audio": {…}}

 private:
  struct Span {
    GstClockTime pts = GST_CLOCK_TIME_NONE;
    GstClockTime length = 0;
    Time start = 0;  // stream time
    Time end = 0;
  };

  std::optional<Span> place(GstClockTime pts, GstClockTime length, const GstSegment& segment);
  Result<void> measure_video(GstBuffer* buffer, const Span& span, const GstSegment& segment,
                             const ElementSettings& settings, Outbox& outbox);
  Result<void> measure_audio(GstBuffer* buffer, const GstSegment& segment,
                             const ElementSettings& settings, Outbox& outbox);
  void open_window(const Span& span, const GstSegment& segment, const ElementSettings& settings,
                   Outbox& outbox);
  void close_window(const GstSegment& segment, const ElementSettings& settings, Outbox& outbox);
  void say(const std::vector<Finding>& findings, const ElementSettings& settings, Outbox& outbox);

  std::variant<std::monostate, GstVideoInfo, GstAudioInfo> info_;
  VideoProbe video_;
  std::unique_ptr<AudioProbe> audio_;
  std::optional<Window> window_;
  std::optional<GstClockTime> expected_pts_;  // where the next buffer should begin
  GstClockTime last_pts_ = GST_CLOCK_TIME_NONE;
  GstClockTime last_step_ = 0;  // between the last two video frames
};

}  // namespace filmgate::quality
