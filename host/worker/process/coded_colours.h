// Lets a stream tell its own colours, whatever its container says of them.
#pragma once

#include <gst/gst.h>

namespace filmgate::worker {

// GStreamer's parsers of H.264 and H.265 believe the container's colorimetry and look at that of
// the stream only where there is none (1.22). Telephones write full-range pictures that the stream
// calls full and the container limited; every player follows the stream (ITU-T H.264 E.2.1,
// video_full_range_flag), and taken for limited they lose their darkest and lightest parts. So each
// parser of `pipeline` doesn't hear what the container says, and what the stream leaves open is
// filled in from it behind the parser.
//
// Before the pipeline leaves NULL.
void prefer_coded_colours(GstElement* pipeline);

}  // namespace filmgate::worker
