// The worker's own `fdsrc`. GStreamer's reads from a descriptor in push mode only, and then
// demuxers starve on files whose picture and sound lie far apart; this one serves any range by
// pread, as filesrc does, without opening anything.
#pragma once

#include "plugins/core/result.h"

namespace filmgate::worker {

// Takes the place of the stock element under the name "fdsrc", with its property "fd".
Result<void> register_upload_source();

}  // namespace filmgate::worker
