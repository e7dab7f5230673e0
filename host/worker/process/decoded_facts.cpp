#include "host/worker/process/decoded_facts.h"

#include <gst/video/video.h>

#include <cmath>

namespace filmgate::worker {

namespace {

const char* hdr_of(const std::string& colorimetry) {
  GstVideoColorimetry parsed;
  if (!gst_video_colorimetry_from_string(&parsed, colorimetry.c_str())) return "none";
  if (parsed.transfer == GST_VIDEO_TRANSFER_SMPTE2084) return "pq";
  if (parsed.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67) return "hlg";
  return "none";
}

}  // namespace

Shape shown(const DecodedTrack& track) {
  Shape shape{track.width, track.height};
  if (track.pixel_aspect_n > 0 && track.pixel_aspect_d > 0) {
    shape.width = static_cast<int>(std::lround(static_cast<double>(track.width) *
                                               track.pixel_aspect_n / track.pixel_aspect_d));
  }
  const bool turned =
      track.orientation.ends_with("rotate-90") || track.orientation.ends_with("rotate-270");
  if (turned) std::swap(shape.width, shape.height);
  return shape;
}

Json decoded_facts(const DecodedTrack& video) {
  Json facts = Json::object();
  if (video.width <= 0 || video.height <= 0) return facts;
  Json picture = Json::object();
  const Shape shape = shown(video);
  picture.set("width", shape.width);
  picture.set("height", shape.height);
  picture.set("coded_width", video.width);
  picture.set("coded_height", video.height);
  picture.set("pixel_aspect_ratio",
              std::to_string(video.pixel_aspect_n) + ":" + std::to_string(video.pixel_aspect_d));
  picture.set("orientation", video.orientation.empty() ? "rotate-0" : video.orientation);
  if (video.framerate > 0) picture.set("framerate", video.framerate);
  if (video.bit_depth > 0) picture.set("bit_depth", video.bit_depth);
  picture.set("interlaced", video.interlaced);
  if (!video.colorimetry.empty()) {
    picture.set("colorimetry", video.colorimetry);
    picture.set("hdr", hdr_of(video.colorimetry));
  }
  facts.set_path("media.video", std::move(picture));
  return facts;
}

}  // namespace filmgate::worker
