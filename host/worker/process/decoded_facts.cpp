#include "host/worker/process/decoded_facts.h"

#include <gst/video/video.h>

#include <algorithm>
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

Json picture_facts(const DecodedTrack& video) {
  Json picture = Json::object();
  if (video.width <= 0 || video.height <= 0) return picture;
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
  return picture;
}

Json sound_facts(const DecodedTrack& audio) {
  Json sound = Json::object();
  if (!audio.codec.empty()) sound.set("codec", audio.codec);
  if (audio.channels > 0) sound.set("channels", audio.channels);
  if (audio.rate > 0) sound.set("rate", audio.rate);
  return sound;
}

// A stream that changes on its way gets a new decoder, whose part follows that of the old one:
// only what is decoded at the same time is another track.
bool beside(const DecodedTrack& track, const DecodedTrack& main) {
  if (track.video != main.video || track.frames == 0) return false;
  const double middle = (track.begin_s + track.end_s) / 2;
  return middle >= main.begin_s && middle <= main.end_s;
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

Json decoded_facts(const std::vector<DecodedTrack>& tracks) {
  Json facts = Json::object();
  for (const bool video : {true, false}) {
    const auto main = std::find_if(tracks.begin(), tracks.end(), [video](const auto& track) {
      return track.video == video && track.frames > 0;
    });
    if (main == tracks.end()) continue;
    const std::string kind = video ? "video" : "audio";
    facts.set_path("media." + kind, video ? picture_facts(*main) : sound_facts(*main));
    const auto count = std::count_if(tracks.begin(), tracks.end(),
                                     [&](const auto& track) { return beside(track, *main); });
    facts.set_path("media.tracks." + kind, static_cast<int64_t>(count));
  }
  return facts;
}

}  // namespace filmgate::worker
