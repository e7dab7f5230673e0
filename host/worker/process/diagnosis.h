// From GStreamer's error messages to a class and a sentence for a person.
#pragma once

#include <gst/gst.h>

#include "host/worker/process/report.h"
#include "host/worker/process/watch.h"

namespace filmgate::worker {

// `message` is of type GST_MESSAGE_ERROR. `watch` tells what had been seen of the streams by then.
Failure diagnose_error(GstMessage* message, const StreamWatch& watch);

// A missing-plugin element message for a picture or sound stream: its codec in words. Nullopt for
// any other message, and for streams that no rendition needs (subtitles, data).
std::optional<Failure> diagnose_missing_plugin(GstMessage* message);

// What nothing having been decoded means; nullopt when pictures came out.
std::optional<Failure> diagnose_decoded(const StreamWatch& watch);

}  // namespace filmgate::worker
