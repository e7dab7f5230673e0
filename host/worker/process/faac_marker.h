// Keeps FFmpeg's AAC decoder from shortening what libfaac encoded.
#pragma once

#include <gst/gst.h>

namespace filmgate::worker {

// FFmpeg's decoder looks for the name that libfaac writes into a fill element of its first packet,
// and throws the samples of that packet away by itself. GstAudioDecoder doesn't learn of it and
// gives the time of the first packet to the samples of the second: all sound comes one packet,
// 21 ms at 48 kHz, too early. So the name is made unreadable on its way into each avdec_aac of
// `pipeline`; a fill element means nothing else. (To drop the packet would start the decoder
// without the half window that its second packet overlaps with.)
//
// Before the pipeline leaves NULL.
void hide_faac_markers(GstElement* pipeline);

}  // namespace filmgate::worker
