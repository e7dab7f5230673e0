// What renditionscale makes of a stream: pure planning over caps, kept apart from the streaming.
#pragma once

#include <gst/video/video.h>

#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

struct RenditionPlan {
  Format in;
  Format out;
  bool passthrough = false;  // the source is already what is asked for
  // The colorimetry of the output caps.
  GstVideoColorimetry colorimetry{};
};

// The rendition of a source with these caps. Output is I420, upright, of square pixels and even
// sides, limited range; BT.709, except that SD material in BT.601 stays in it.
RenditionPlan plan_rendition(const GstVideoInfo& info, Orientation orientation,
                             const SizeRequest& request);

// One video/x-raw structure as it leaves the element: exact where the source's caps are fixed, else
// with ranges.
GstStructure* output_structure(const GstStructure* source, Orientation orientation,
                               const SizeRequest& request);

// The part of the source to scale: `region`, less an odd last line where keeping it would mean to
// resample the whole picture.
Region trimmed(const Region& region, const RenditionPlan& plan, Orientation orientation);

}  // namespace filmgate::scaler
