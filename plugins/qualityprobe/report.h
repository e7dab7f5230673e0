// What the element says: bus messages.
#pragma once

#include <gst/gst.h>

#include "plugins/common/handles.h"
#include "plugins/qualityprobe/audio_probe.h"
#include "plugins/qualityprobe/finding.h"
#include "plugins/qualityprobe/video_probe.h"

namespace filmgate::quality {

// Structures of the messages, named and typed as plugins/common/messages.h says; `media` is "video"
// or "audio". Times are those of the buffer in `segment`.
Structure make_message(const char* type, const char* media, const GstSegment& segment,
                       GstClockTime pts, GstClockTime duration);
void add_figures(GstStructure* message, const FrameFigures& figures);
void add_figures(GstStructure* message, const LoudnessFigures& figures);
Structure make_finding(const char* media, const Finding& finding);

}  // namespace filmgate::quality
