// What encoders and muxers need to be told or helped with: the one place that knows elements by
// name.
#pragma once

#include <string>

#include "host/pipeline/fragment.h"

namespace filmgate {

struct EncoderTraits {
  const char* element;
  const char* parser;        // between it and the muxer; "" = none
  const char* gop_property;  // largest distance of key frames, in frames; "" = none
  int delay_samples;         // by which its sound comes late in every container; 0 = none
};

struct MuxerTraits {
  const char* element;
  const char* suffix;
  const char* media_type;
  const char* audio_suffix;  // when there is no picture in it
  const char* audio_media_type;
  bool faststart;  // has faststart and faststart-file
};

const EncoderTraits& encoder_traits(const std::string& element);  // all "" and 0 when unknown
const MuxerTraits& muxer_traits(const std::string& element);      // a generic one when unknown

// The encoder's step of a chain; null when it has none that is known or last.
LaunchStep* encoder_of(LaunchChain& chain);

struct LadderTraits {
  int threads = 0;  // of this rung's encoder, of those side by side; 0 = as it likes
  int gop_frames = 60;
};

// The description's text made whole: defaults for a ladder, parsers behind the encoder.
LaunchChain complete_video(const std::string& text, const LadderTraits& ladder);
// Also moves the sound ahead by the delay that the encoder adds.
LaunchChain complete_audio(const std::string& text);

}  // namespace filmgate
