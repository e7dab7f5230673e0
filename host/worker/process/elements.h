// Which GStreamer elements may touch untrusted bytes. What isn't allowed is taken out of the
// registry of this process, so that no demuxer, playlist or description can bring it in.
#pragma once

#include <gst/gst.h>

#include <string>
#include <vector>

#include "plugins/core/result.h"

namespace filmgate::worker {

// Null when a description may name this element; else why not: "it reads from the network".
const char* why_forbidden(GstElementFactory* factory);

// Loads the plugins of the built-in allow-list and of `extra`, then removes every other element,
// typefinder and device provider. Afterwards no plugin is loaded any more, so that none can
// register its elements again.
Result<void> prune_registry(const std::vector<std::string>& extra);

// Those of the built-in allow-list that this machine has; nothing is removed.
void load_allowed_plugins();

// Names of the elements that are left.
std::vector<std::string> allowed_elements();

}  // namespace filmgate::worker
