// What decoding showed of the tracks. Some codecs keep the pixel aspect, the colours or the kind of
// interlacing to themselves until the first frame, and some containers announce a track only where
// its data begins.
#pragma once

#include <vector>

#include "host/worker/process/watch.h"
#include "plugins/core/json.h"

namespace filmgate::worker {

struct Shape {
  int width = 0, height = 0;
};

// As a player shows it: square pixels, turned upright.
Shape shown(const DecodedTrack& track);

// { "media": { "video": { … }, "audio": { … }, "tracks": { … } } }, the keys that decoded caps and
// tags hold; for the host to merge into the facts that inspection read from the headers. `tracks`
// are the longest first, as StreamWatch::tracks gives them; kinds that weren't decoded are absent.
Json decoded_facts(const std::vector<DecodedTrack>& tracks);

}  // namespace filmgate::worker
