// GStreamer's words for pictures (caps, frames, tags) in the scaler's terms and back.
#pragma once

#include <gst/video/video.h>

#include "plugins/core/result.h"
#include "plugins/renditionscale/geometry.h"
#include "plugins/renditionscale/picture.h"

namespace filmgate::scaler {

// The formats that format_of() maps, for pad templates; I420 first, since it can pass untouched.
#define FILMGATE_SCALER_FORMATS                                                           \
  "{ I420, YV12, NV12, NV21, Y42B, NV16, Y444, YUY2, UYVY, GRAY8, I420_10LE, I422_10LE, " \
  "Y444_10LE, P010_10LE, I420_12LE, I422_12LE, Y444_12LE, P012_LE, GBR, GBR_10LE, "       \
  "GBR_12LE, RGB, BGR, RGBx, BGRx, xRGB, xBGR }"

// The colours of a picture; what the caps leave open is filled in as players do: BT.709 for HD
// sizes, BT.601 below. Every SDR transfer counts as BT.709's, as everywhere in the field.
Colour colour_of(const GstVideoInfo& info);

// True for sizes whose untagged colours are BT.709.
bool is_hd(int width, int height);

// Pixels as they lie in memory.
Format format_of(const GstVideoInfo& info);

Picture picture_of(const GstVideoFrame& frame);
MutablePicture mutable_picture_of(const GstVideoFrame& frame);

// The shown part of a frame: its crop meta, else the size in `info` of the caps.
Region region_of(const GstVideoFrame& frame, const GstVideoInfo& info);

// The brightest light of HDR content in cd/m²: from the caps' light level or mastering display,
// else 1000.
double peak_of(const GstCaps* caps);

Size display_size_of(const GstVideoInfo& info, Orientation orientation);

// What a stream's tags say of its orientation. Tags of the stream count more than those of the
// container; both end with the stream.
class OrientationTags {
 public:
  // Takes note of a stream-start or tag event; true when the orientation is now another.
  bool observe(GstEvent* event);
  void reset();
  Orientation current() const { return has_stream_ ? stream_ : global_; }

  // The tag event with its orientation replaced by rotate-0, since pictures are upright from here
  // on; the same event where it has none. Takes and gives ownership.
  static GstEvent* upright(GstEvent* event);

 private:
  Orientation stream_ = Orientation::kRotate0;
  Orientation global_ = Orientation::kRotate0;
  bool has_stream_ = false;
};

}  // namespace filmgate::scaler
