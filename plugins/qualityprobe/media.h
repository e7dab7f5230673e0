// From GStreamer's descriptions of raw media to those of the probes.
#pragma once

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#include <memory>

#include "plugins/core/result.h"
#include "plugins/qualityprobe/audio_probe.h"
#include "plugins/qualityprobe/picture.h"

namespace filmgate::quality {

// The formats that map_picture() and audio_format() understand, as caps.
inline constexpr const char* kCaps =
    "video/x-raw, format=(string){ I420, YV12, NV12, Y42B, Y444, GRAY8, I420_10LE, I422_10LE, "
    "Y444_10LE, P010_10LE, GRAY10_LE32 }, width=(int)[1, max], height=(int)[1, max], "
    "framerate=(fraction)[0/1, max]; "
    "audio/x-raw, format=(string){ " GST_AUDIO_NE(S16) ", " GST_AUDIO_NE(S32) ", " GST_AUDIO_NE(
        F32) " }, rate=(int)[1, max], channels=(int)[1, 8], layout=(string)interleaved";

// The buffer stays mapped and referenced, not copied, for as long as the picture lives; only of
// GRAY10_LE32 is an unpacked copy made. An error when the buffer does not hold the picture that its
// caps or its video meta promise.
Result<std::shared_ptr<const Picture>> map_picture(const GstVideoInfo& info, GstBuffer* buffer);

AudioFormat audio_format(const GstAudioInfo& info);

}  // namespace filmgate::quality
