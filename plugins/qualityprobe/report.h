// What the element says: bus messages and the report file.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/common/handles.h"
#include "plugins/core/result.h"
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

// Writes `text` so that `path` either appears whole or stays as it was.
Result<void> write_report(const std::string& path, const std::string& text);

}  // namespace filmgate::quality
