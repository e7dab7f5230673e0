// How long each decoded picture is shown, where neither the container nor the codec says so.
#pragma once

#include <gst/gst.h>

namespace filmgate::worker {

// Files of variable frame rate (phones, screen recordings) give times, but no rate: decoders then
// hand out pictures without a length, or with one made up from a rate that is none. A muxer needs
// the length of the last picture: at zero, the edit list ends before it and no player shows it. And
// an encoder that believes in 90,000 pictures a second spreads its bits as thin. So each decoder of
// `pipeline` gets a rate of "variable" in its caps for one that can't be, and where the rate is
// variable each picture lasts as long as the one before it did. The same holds at the muxers, for
// h264parse makes up a length of a nanosecond from the clock that x264 writes down; at those of MP4
// the last picture also makes up for a first one that an edit list cut short.
//
// Before the pipeline leaves NULL, and before a StreamWatch, which sees what comes of it.
void time_pictures(GstElement* pipeline);

}  // namespace filmgate::worker
