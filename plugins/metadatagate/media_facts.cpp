#include "plugins/metadatagate/media_facts.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <cmath>
#include <initializer_list>
#include <string_view>

#include "plugins/metadatagate/tag_facts.h"

namespace filmgate {
namespace {

const GstStructure* structure_of(const GstCaps* caps) {
  const bool usable = caps && !gst_caps_is_any(caps) && gst_caps_get_size(caps) > 0;
  return usable ? gst_caps_get_structure(caps, 0) : nullptr;
}

int int_field(const GstStructure* structure, const char* field, int fallback = 0) {
  int value = fallback;
  return gst_structure_get_int(structure, field, &value) ? value : fallback;
}

GstStreamType type_of(const StreamDescription& stream) {
  constexpr GstStreamType kKinds[] = {GST_STREAM_TYPE_VIDEO, GST_STREAM_TYPE_AUDIO,
                                      GST_STREAM_TYPE_TEXT};
  for (const GstStreamType kind : kKinds)
    if (stream.type & kind) return kind;
  const GstStructure* structure = structure_of(stream.caps.get());
  if (!structure) return GST_STREAM_TYPE_UNKNOWN;
  const std::string_view name = gst_structure_get_name(structure);
  if (name.starts_with("video/") || name.starts_with("image/")) return GST_STREAM_TYPE_VIDEO;
  if (name.starts_with("audio/")) return GST_STREAM_TYPE_AUDIO;
  if (name.starts_with("text/") || name.starts_with("subpicture/") ||
      name.starts_with("closedcaption/") || name.starts_with("application/x-subtitle"))
    return GST_STREAM_TYPE_TEXT;
  return GST_STREAM_TYPE_UNKNOWN;
}

// The stream of `kind` that a player would take; null when there is none.
const StreamDescription* main_stream(const MediaDescription& media, GstStreamType kind) {
  const StreamDescription* first = nullptr;
  for (const StreamDescription& stream : media.streams) {
    if (type_of(stream) != kind) continue;
    if (stream.is_default) return &stream;
    if (!first) first = &stream;
  }
  return first;
}

int count_streams(const MediaDescription& media, GstStreamType kind) {
  int count = 0;
  for (const StreamDescription& stream : media.streams) count += type_of(stream) == kind;
  return count;
}

// The text of a tag from the first list that has it.
std::string tag_text(std::initializer_list<const GstTagList*> lists, const char* tag) {
  for (const GstTagList* tags : lists) {
    gchar* text = nullptr;
    if (tags && gst_tag_list_get_string_index(tags, tag, 0, &text)) {
      const GString8 owned(text);
      return owned.get();
    }
  }
  return "";
}

// Bits of a luma sample, as the parser says, or as the profile implies; 0 when unknown.
int bit_depth(const GstStructure* structure, const GstCaps* caps) {
  if (gst_structure_has_name(structure, "video/x-raw")) {
    GstVideoInfo info;
    return gst_video_info_from_caps(&info, caps)
               ? static_cast<int>(GST_VIDEO_INFO_COMP_DEPTH(&info, 0))
               : 0;
  }
  guint depth = 0;
  if (gst_structure_get_uint(structure, "bit-depth-luma", &depth)) return static_cast<int>(depth);
  const char* profile = gst_structure_get_string(structure, "profile");
  const std::string codec = codec_name(caps);
  if (codec == "vp8" || codec == "mpeg2" || codec == "mpeg4" || codec == "h263") return 8;
  if (!profile) return 0;
  const std::string_view name = profile;
  if (codec == "vp9") return name == "0" || name == "1" ? 8 : 0;
  if (codec != "h264" && codec != "h265") return 0;
  if (name.find("-10") != std::string_view::npos) return 10;
  if (name.find("-12") != std::string_view::npos) return 12;
  constexpr std::string_view kEightBit[] = {"baseline", "constrained-baseline", "main",
                                            "high",     "constrained-high",     "progressive-high"};
  for (const std::string_view eight : kEightBit)
    if (name == eight) return 8;
  return 0;
}

// By what the stream signals; nothing signalled is standard range.
const char* hdr_kind(const char* colorimetry) {
  GstVideoColorimetry parsed;
  if (!colorimetry || !gst_video_colorimetry_from_string(&parsed, colorimetry)) return "none";
  if (parsed.transfer == GST_VIDEO_TRANSFER_SMPTE2084) return "pq";
  if (parsed.transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67) return "hlg";
  return "none";
}

void describe_size(Json& video, const GstStructure* structure, const std::string& orientation) {
  const int width = int_field(structure, "width");
  const int height = int_field(structure, "height");
  if (width <= 0 || height <= 0) return;
  int par_n = 1;
  int par_d = 1;
  gst_structure_get_fraction(structure, "pixel-aspect-ratio", &par_n, &par_d);
  if (par_n <= 0 || par_d <= 0) par_n = par_d = 1;
  int64_t shown_width = std::llround(double{1} * width * par_n / par_d);
  int64_t shown_height = height;
  const bool turned = orientation.ends_with("90") || orientation.ends_with("270");
  if (turned) std::swap(shown_width, shown_height);
  video.set("width", shown_width);
  video.set("height", shown_height);
  video.set("coded_width", width);
  video.set("coded_height", height);
  video.set("pixel_aspect_ratio", std::to_string(par_n) + ":" + std::to_string(par_d));
}

void describe_interlacing(Json& video, const GstStructure* structure, const std::string& codec) {
  if (const char* mode = gst_structure_get_string(structure, "interlace-mode"))
    video.set("interlaced", std::string_view(mode) != "progressive");
  else if (codec == "raw" || codec == "vp8" || codec == "vp9" || codec == "av1" ||
           codec == "theora")  // raw caps without the field, and codecs that can't be
    video.set("interlaced", false);
}

Json describe_video(const StreamDescription& stream, const MediaDescription& media) {
  Json video = Json::object();
  const GstStructure* structure = structure_of(stream.caps.get());
  if (!structure) return video;
  const std::string codec = codec_name(stream.caps.get());
  video.set("codec", codec);
  std::string orientation =
      tag_text({stream.tags.get(), media.tags.get()}, GST_TAG_IMAGE_ORIENTATION);
  if (orientation.empty()) orientation = "rotate-0";
  describe_size(video, structure, orientation);
  video.set("orientation", orientation);
  int fps_n = 0;
  int fps_d = 1;
  // Variable rates come as 0, or as the container's time scale.
  constexpr int kHighestRate = 300;
  if (gst_structure_get_fraction(structure, "framerate", &fps_n, &fps_d) && fps_n > 0 &&
      fps_d > 0 && fps_n / fps_d <= kHighestRate)
    video.set("framerate", double{1} * fps_n / fps_d);
  if (const int depth = bit_depth(structure, stream.caps.get()); depth > 0)
    video.set("bit_depth", depth);
  describe_interlacing(video, structure, codec);
  const char* colorimetry = gst_structure_get_string(structure, "colorimetry");
  if (colorimetry) video.set("colorimetry", colorimetry);
  video.set("hdr", hdr_kind(colorimetry));
  return video;
}

Json describe_audio(const StreamDescription& stream) {
  Json audio = Json::object();
  const GstStructure* structure = structure_of(stream.caps.get());
  if (!structure) return audio;
  audio.set("codec", codec_name(stream.caps.get()));
  if (const int channels = int_field(structure, "channels"); channels > 0)
    audio.set("channels", channels);
  if (const int rate = int_field(structure, "rate"); rate > 0) audio.set("rate", rate);
  const std::string language = tag_text({stream.tags.get()}, GST_TAG_LANGUAGE_CODE);
  if (!language.empty() && language != "und") audio.set("language", language);
  return audio;
}

}  // namespace

std::vector<StreamDescription> streams_of(GstStreamCollection* collection) {
  std::vector<StreamDescription> streams;
  const guint count = gst_stream_collection_get_size(collection);
  for (guint i = 0; i < count; ++i) {
    GstStream* stream = gst_stream_collection_get_stream(collection, i);
    const char* id = gst_stream_get_stream_id(stream);
    streams.push_back(
        {.id = id ? id : "",
         .type = gst_stream_get_stream_type(stream),
         .caps = Ref<GstCaps>::adopt(gst_stream_get_caps(stream)),
         .tags = Ref<GstTagList>::adopt(gst_stream_get_tags(stream)),
         .is_default = (gst_stream_get_stream_flags(stream) & GST_STREAM_FLAG_SELECT) != 0});
  }
  return streams;
}

Json describe_media(const MediaDescription& media) {
  const StreamDescription* video = main_stream(media, GST_STREAM_TYPE_VIDEO);
  const StreamDescription* audio = main_stream(media, GST_STREAM_TYPE_AUDIO);
  // The container's tags say more about the whole than a stream's, and the picture's more than the
  // sound's: later ones replace.
  Json metadata = Json::object();
  if (audio) metadata.merge(facts_from_tags(audio->tags.get()));
  if (video) metadata.merge(facts_from_tags(video->tags.get()));
  metadata.merge(facts_from_tags(media.tags.get()));

  Json described = Json::object();
  const std::string container = tag_text({media.tags.get()}, GST_TAG_CONTAINER_FORMAT);
  if (!container.empty()) described.set("container", container);
  if (GST_CLOCK_TIME_IS_VALID(media.duration) && media.duration > 0)
    described.set("duration", static_cast<double>(media.duration) / GST_SECOND);
  if (video) described.set("video", describe_video(*video, media));
  if (audio) described.set("audio", describe_audio(*audio));
  described.set("tracks", Json::object({{"video", count_streams(media, GST_STREAM_TYPE_VIDEO)},
                                        {"audio", count_streams(media, GST_STREAM_TYPE_AUDIO)},
                                        {"subtitle", count_streams(media, GST_STREAM_TYPE_TEXT)}}));
  return Json::object({{"metadata", std::move(metadata)}, {"media", std::move(described)}});
}

}  // namespace filmgate
