// The element's properties as one value, copied once per buffer.
#pragma once

#include <gst/gst.h>

#include <string>

#include "plugins/qualityprobe/audio_probe.h"
#include "plugins/qualityprobe/video_probe.h"

namespace filmgate::quality {

struct ElementSettings {
  VideoSettings video;
  AudioSettings audio;
  Time interval = 1'000'000'000;  // 0 = no interval messages
  bool post_messages = true;
  bool per_frame = false;
  std::string report_location;
};

void install_properties(GObjectClass* object_class);

// Measures what `begun` does, with the thresholds of `settings`.
void keep_measures(const ElementSettings& begun, ElementSettings& settings);

// Both return false for an id that is no setting. The caller holds the lock.
bool set_setting(ElementSettings& settings, guint id, const GValue* value);
bool get_setting(const ElementSettings& settings, guint id, GValue* value);

inline constexpr guint kSummaryProperty = 1;  // read-only; belongs to the element, not to settings

}  // namespace filmgate::quality
