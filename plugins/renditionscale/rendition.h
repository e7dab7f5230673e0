// What renditionscale makes of a stream: pure planning over caps, kept apart from the streaming.
#pragma once

#include <gst/video/video.h>

#include <vector>

#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// The formats in which renditions leave; I420 first, since every player takes it.
#define FILMGATE_RENDITION_FORMATS "{ I420, I420_10LE, P010_10LE }"

struct RenditionRequest {
  SizeRequest size;
  bool keep_hdr = false;  // HDR stays HDR, in 10 bits
};

struct RenditionPlan {
  Format in;
  Format out;
  bool passthrough = false;  // the source is already what is asked for
  // The colorimetry of the output caps.
  GstVideoColorimetry colorimetry{};
};

// The rendition of a source with these caps in `format`. It is upright, of square pixels and even
// sides, limited range; BT.709, except that SD material in BT.601 stays in it, and HDR that is kept
// in its own colours. Primaries near to BT.709's are said, not converted.
RenditionPlan plan_rendition(const GstVideoInfo& info, Orientation orientation,
                             const RenditionRequest& request, GstVideoFormat format);

// The formats that a source's rendition may leave in, best first: 8 bits, except for HDR that is
// kept; the source's own where nothing else is to do.
std::vector<GstVideoFormat> output_formats(const GstVideoInfo& info, Orientation orientation,
                                           const RenditionRequest& request);

// Adds the video/x-raw structures in which a source leaves the element: exact where the source's
// caps are fixed, else with ranges.
void append_output(GstCaps* caps, const GstStructure* source, Orientation orientation,
                   const RenditionRequest& request);

// The part of the source to scale: `region`, less an odd last line where keeping it would mean to
// resample the whole picture.
Region trimmed(const Region& region, const RenditionPlan& plan, Orientation orientation);

}  // namespace filmgate::scaler
