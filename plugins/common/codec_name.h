// Short names of codecs, as facts and manifests give them.
#pragma once

#include <gst/gst.h>

#include <string>
#include <string_view>

namespace filmgate {

namespace codec_names {

struct CodecName {
  std::string_view caps;
  const char* name;
};
inline constexpr CodecName kCodecNames[] = {
    {"video/x-raw", "raw"},          {"video/x-h264", "h264"},     {"video/x-h265", "h265"},
    {"video/x-h266", "h266"},        {"video/x-vp8", "vp8"},       {"video/x-vp9", "vp9"},
    {"video/x-av1", "av1"},          {"video/x-h263", "h263"},     {"video/x-theora", "theora"},
    {"image/jpeg", "mjpeg"},         {"video/x-jpeg", "mjpeg"},    {"video/x-prores", "prores"},
    {"video/x-divx", "mpeg4"},       {"video/x-xvid", "mpeg4"},    {"video/x-dnxhd", "dnxhd"},
    {"video/x-flash-video", "flv1"}, {"video/x-dv", "dv"},         {"audio/x-raw", "raw"},
    {"audio/x-opus", "opus"},        {"audio/x-vorbis", "vorbis"}, {"audio/x-flac", "flac"},
    {"audio/x-ac3", "ac3"},          {"audio/x-eac3", "eac3"},     {"audio/x-alac", "alac"},
    {"audio/x-dts", "dts"},          {"audio/AMR", "amr-nb"},      {"audio/AMR-WB", "amr-wb"},
    {"audio/x-mulaw", "mulaw"},      {"audio/x-alaw", "alaw"},     {"audio/x-speex", "speex"},
    {"audio/x-adpcm", "adpcm"},
};

}  // namespace codec_names

// "h264", "vp9", "aac", "opus", "raw"…; the caps' own name where there is no short one, "" for no
// caps, ANY and EMPTY.
inline std::string codec_name(const GstCaps* caps) {
  if (!caps || gst_caps_is_any(caps) || gst_caps_get_size(caps) == 0) return "";
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string_view name = gst_structure_get_name(structure);
  int version = 0;
  gst_structure_get_int(structure, "mpegversion", &version);
  if (name == "video/mpeg") return version == 4 ? "mpeg4" : version == 1 ? "mpeg1" : "mpeg2";
  if (name == "audio/mpeg") {
    if (version != 1) return "aac";
    int layer = 3;
    gst_structure_get_int(structure, "layer", &layer);
    return layer == 3 ? "mp3" : layer == 2 ? "mp2" : "mp1";
  }
  for (const codec_names::CodecName& known : codec_names::kCodecNames)
    if (name == known.caps) return known.name;
  return std::string(name);
}

}  // namespace filmgate
