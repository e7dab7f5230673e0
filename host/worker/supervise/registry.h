// GStreamer's registry cache, kept by the host for its workers: a worker can't write one.
#pragma once

#include <string>

#include "host/worker/supervise/spawn.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

// The cache file for these plugins below `cache_folder` ("" = filmgate/ in the user's cache folder,
// made if need be).
Result<std::string> registry_path(const std::string& plugin_folder,
                                  const std::string& cache_folder);

}  // namespace filmgate::worker
