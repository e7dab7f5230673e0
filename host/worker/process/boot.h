// Loads GStreamer the way a worker may use it.
#pragma once

#include <string>
#include <vector>

#include "host/worker/process/sandbox.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

// The whole environment of the process, as GStreamer and the libraries see it. `fixed`: the
// registry cache is taken as it is (in the sandbox it can't be written); else it is brought up to
// date.
void set_environment(const SandboxOptions& options, bool fixed);

// gst_init with a fixed registry, then everything that isn't allowed taken out. `extra`: elements
// of the description.
Result<void> boot_gstreamer(const SandboxOptions& options, const std::vector<std::string>& extra);

}  // namespace filmgate::worker
