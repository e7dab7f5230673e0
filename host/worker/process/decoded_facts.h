// What decoding showed of a picture track. Some codecs keep the pixel aspect, the colours or the
// kind of interlacing to themselves until the first frame.
#pragma once

#include "host/worker/process/watch.h"
#include "plugins/core/json.h"

namespace filmgate::worker {

struct Shape {
  int width = 0, height = 0;
};

// As a player shows it: square pixels, turned upright.
Shape shown(const DecodedTrack& track);

// { "media": { "video": { … } } }, the keys that the decoded caps and tags hold; for the host to
// merge into the facts that inspection read from the headers.
Json decoded_facts(const DecodedTrack& video);

}  // namespace filmgate::worker
