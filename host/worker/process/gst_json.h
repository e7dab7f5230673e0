// GStreamer's values as JSON.
#pragma once

#include <gst/gst.h>

#include "plugins/core/json.h"

namespace filmgate::worker {

// Fields of a structure under their names. Left out: numbers that aren't finite and
// GST_CLOCK_TIME_NONE, for what isn't known is absent. Types without a JSON form become text.
Json fields_of(const GstStructure* structure);

}  // namespace filmgate::worker
