#include "host/pipeline/quirks.h"

#include <algorithm>
#include <iterator>

namespace filmgate {
namespace {

// Delays were measured with a flash and a click at the same moment, at 44.1 and 48 kHz: GStreamer
// 1.22 hands the priming samples of these encoders on as sound, and no muxer writes an edit list
// for them. Opus and Vorbis carry their own delay, which the muxers write.
constexpr EncoderTraits kEncoders[] = {
    {"x264enc", "h264parse", "key-int-max", 0},
    {"x265enc", "h265parse", "key-int-max", 0},
    {"openh264enc", "h264parse", "gop-size", 0},
    {"vp8enc", "", "keyframe-max-dist", 0},
    {"vp9enc", "", "keyframe-max-dist", 0},
    {"av1enc", "av1parse", "keyframe-max-dist", 0},
    {"avenc_aac", "aacparse", "", 1024},
    {"voaacenc", "aacparse", "", 1600},
    {"lamemp3enc", "mpegaudioparse", "", 1105},
    {"opusenc", "", "", 0},
    {"vorbisenc", "", "", 0},
};
constexpr EncoderTraits kUnknownEncoder = {"", "", "", 0};

constexpr MuxerTraits kMuxers[] = {
    {"mp4mux", ".mp4", "video/mp4", ".m4a", "audio/mp4", true},
    {"qtmux", ".mov", "video/quicktime", ".mov", "audio/quicktime", true},
    {"3gppmux", ".3gp", "video/3gpp", ".3gp", "audio/3gpp", true},
    {"webmmux", ".webm", "video/webm", ".webm", "audio/webm", false},
    {"matroskamux", ".mkv", "video/x-matroska", ".mka", "audio/x-matroska", false},
    {"mpegtsmux", ".ts", "video/mp2t", ".ts", "video/mp2t", false},
    {"avimux", ".avi", "video/x-msvideo", ".avi", "video/x-msvideo", false},
    {"flvmux", ".flv", "video/x-flv", ".flv", "video/x-flv", false},
    {"oggmux", ".ogv", "video/ogg", ".ogg", "audio/ogg", false},
};
constexpr MuxerTraits kUnknownMuxer = {
    "", ".bin", "application/octet-stream", ".bin", "application/octet-stream", false};

void add_parser(LaunchChain& chain, const LaunchStep& encoder) {
  const std::string parser = encoder_traits(encoder.element).parser;
  const bool there = std::any_of(chain.begin(), chain.end(),
                                 [&](const LaunchStep& step) { return step.element == parser; });
  if (!parser.empty() && !there) chain.push_back({.element = parser, .caps = {}, .properties = {}});
}

}  // namespace

const EncoderTraits& encoder_traits(const std::string& element) {
  for (const auto& traits : kEncoders)
    if (element == traits.element) return traits;
  return kUnknownEncoder;
}

const MuxerTraits& muxer_traits(const std::string& element) {
  for (const auto& traits : kMuxers)
    if (element == traits.element) return traits;
  return kUnknownMuxer;
}

LaunchStep* encoder_of(LaunchChain& chain) {
  for (auto& step : chain)
    if (encoder_traits(step.element).element[0] != '\0') return &step;
  return nullptr;
}

LaunchChain complete_video(const std::string& text, const LadderTraits& ladder) {
  LaunchChain chain = *parse_chain(text);
  LaunchStep* encoder = encoder_of(chain);
  if (encoder == nullptr) return chain;
  const std::string gop = encoder_traits(encoder->element).gop_property;
  if (!gop.empty()) encoder->set_default(gop, std::to_string(ladder.gop_frames));
  if (encoder->element == "x264enc") {
    // Key frames where the others of the ladder have theirs, so that players can change rungs.
    encoder->set_default("option-string", "scenecut=0");
    if (ladder.threads > 0) encoder->set_default("threads", std::to_string(ladder.threads));
  }
  const LaunchStep copy = *encoder;
  add_parser(chain, copy);
  return chain;
}

LaunchChain complete_audio(const std::string& text) {
  LaunchChain chain = *parse_chain(text);
  LaunchStep* encoder = encoder_of(chain);
  if (encoder == nullptr) return chain;
  const LaunchStep copy = *encoder;
  const int delay = encoder_traits(copy.element).delay_samples;
  if (delay > 0) {
    // audiofirfilter passes the samples as they are, but takes off what it is told is its latency:
    // everything moves ahead by as much as the encoder will push it back.
    const LaunchChain ahead = {
        {.element = "audiofirfilter",
         .caps = {},
         .properties = {{"latency", std::to_string(delay)}}},
        {.element = "audioconvert", .caps = {}, .properties = {}},
    };
    chain.insert(chain.begin() + std::distance(chain.data(), encoder), ahead.begin(), ahead.end());
  }
  add_parser(chain, copy);
  return chain;
}

}  // namespace filmgate
