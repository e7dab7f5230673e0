// The gst-launch text of the stages that look at an upload: inspect and probe.
#include "host/pipeline/fragment.h"
#include "host/pipeline/launch_parts.h"
#include "host/pipeline/plan.h"

namespace filmgate {
namespace {

using namespace launch_parts;

constexpr int64_t kMsToNs = 1'000'000;
constexpr int kPosterWidth = 1920;  // at most; never scaled up

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

std::string stills_text(const ThumbnailSpec& thumbnails, const StageIo& io) {
  if (!thumbnails.poster && !thumbnails.sprite) return "fakesink sync=false";
  std::string text = "thumbnailsink name=stills";
  if (thumbnails.poster) {
    text += " poster-location=" + file_in(io.folder, "poster.jpg");
    const int width = thumbnails.poster->width;
    text += " width=" + std::to_string(width > 0 ? width : kPosterWidth);
  }
  if (thumbnails.sprite) {
    const SpriteSpec& sprite = *thumbnails.sprite;
    text +=
        " sprite-location=" + file_in(io.folder, "sprite.jpg") +
        " vtt-location=" + file_in(io.folder, "sprite.vtt") +
        (sprite.count > 0 ? " sprite-count=" + std::to_string(sprite.count)
                          : " sprite-interval=" + std::to_string(sprite.interval_ms * kMsToNs)) +
        " sprite-width=" + std::to_string(sprite.width) +
        " sprite-columns=" + std::to_string(sprite.columns);
  }
  return text + property_text(thumbnails.properties);
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

std::string thumbnails_launch(const ThumbnailSpec& thumbnails, const StageIo& io) {
  // A picture that comes after a seek needn't wait for the whole pipeline to be ready for it.
  return io.source +
         " ! parsebin name=parsed  decodebin name=picture ! video/x-raw ! videoconvert ! " +
         stills_text(thumbnails, io) + " async=false";
}

std::string probe_launch(const Description& description, const Json& facts, const StageIo& io) {
  const std::string properties = property_text(description.probe.properties);
  std::string text = io.source + " ! decodebin name=d";
  if (has_track(facts, "video"))
    text += "  d. ! video/x-raw ! " + raw_queue(queue_buffers(picture_of(facts))) +
            " ! videoconvert ! qualityprobe name=video" + properties + " ! " +
            stills_text(description.thumbnails, io);
  if (has_track(facts, "audio"))
    text += "  d. ! audio/x-raw ! " + std::string(kSoundQueue) +
            " ! audioconvert ! qualityprobe name=audio" + properties + " ! fakesink sync=false";
  return text;
}

}  // namespace filmgate
