// The gst-launch text of the stages that look at an upload: inspect and probe.
#include "host/pipeline/fragment.h"
#include "host/pipeline/launch_parts.h"
#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

using namespace launch_parts;

std::string property_text(const Json& properties) {
  std::string text;
  if (const auto* members = properties.if_object())
    for (const auto& member : *members) {
      const auto* value = member.value.if_string();
      text += " " + member.key + "=" + launch_quote(value ? *value : to_text(member.value));
    }
  return text;
}

bool has_track(const Json& facts, const char* kind) {
  return facts.find_path(std::string("media.") + kind) != nullptr;
}

// One decode may serve stills of two sizes: the poster is as large as the source by default.
std::string thumbnail_branches(const ThumbnailSpec& thumbnails, const StageIo& io) {
  const std::string properties = property_text(thumbnails.properties);
  std::vector<std::string> sinks;
  if (thumbnails.poster) {
    std::string sink =
        "thumbnailsink name=poster poster-location=" + file_in(io.folder, "poster.jpg");
    if (thumbnails.poster->width > 0) sink += " width=" + std::to_string(thumbnails.poster->width);
    sinks.push_back(sink + properties);
  }
  if (thumbnails.sprite) {
    const SpriteSpec& sprite = *thumbnails.sprite;
    sinks.push_back(
        "thumbnailsink name=sprite sprite-location=" + file_in(io.folder, "sprite.jpg") +
        " vtt-location=" + file_in(io.folder, "sprite.vtt") + " interval=" +
        std::to_string(sprite.interval_ms * 1'000'000) + " width=" + std::to_string(sprite.width) +
        " sprite-columns=" + std::to_string(sprite.columns) + properties);
  }
  if (sinks.empty()) return " ! fakesink sync=false";
  if (sinks.size() == 1) return " ! " + sinks[0];
  return " ! tee name=t  t. ! " + raw_queue(2) + " ! " + sinks[0] + "  t. ! " + raw_queue(2) +
         " ! " + sinks[1];
}

}  // namespace

std::string launch_parts::raw_queue(int buffers) {
  return "queue max-size-bytes=0 max-size-time=0 max-size-buffers=" + std::to_string(buffers);
}

std::string launch_parts::file_in(const std::string& folder, const std::string& name) {
  const bool slash = folder.empty() || folder.ends_with('/');
  return launch_quote(folder + (slash ? "" : "/") + name);
}

std::string launch_parts::metadata_text(const std::string& sidecar) {
  const auto json = parse_json(sidecar, "metadata");
  return json.ok() ? launch_json(*json) : launch_quote(sidecar);
}

std::string inspect_launch(const Description& description, const StageIo& io) {
  std::string text = io.source + " ! parsebin ! metadatagate name=gate on-fail=eos";
  if (description.gate_json.size() > 0) text += " rules=" + launch_json(description.gate_json);
  if (!io.sidecar.empty()) text += " metadata=" + metadata_text(io.sidecar);
  return text + " ! fakesink sync=false";
}

std::string probe_launch(const Description& description, const Json& facts, const StageIo& io) {
  const std::string properties = property_text(description.probe.properties);
  std::string text = io.source + " ! decodebin name=d";
  if (has_track(facts, "video"))
    text += "  d. ! video/x-raw ! " + raw_queue(queue_buffers(picture_of(facts))) +
            " ! videoconvert ! qualityprobe name=video" + properties +
            thumbnail_branches(description.thumbnails, io);
  if (has_track(facts, "audio"))
    text += "  d. ! audio/x-raw ! " + std::string(kSoundQueue) +
            " ! audioconvert ! qualityprobe name=audio" + properties + " ! fakesink sync=false";
  return text;
}

}  // namespace filmgate
