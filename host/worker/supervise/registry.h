// GStreamer's registry cache, kept by the host for its workers: a worker can't write one.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "host/worker/supervise/spawn.h"
#include "plugins/core/result.h"

namespace filmgate::worker {

// The cache file for these plugins below `cache_folder` ("" = filmgate/ in the user's cache folder,
// made if need be).
Result<std::string> registry_path(const std::string& plugin_folder,
                                  const std::string& cache_folder);

// Whether nothing in these folders of plugins has changed since the registry was marked; reading
// hundreds of names is a hundred times as fast as letting GStreamer look.
bool registry_is_current(const std::string& registry, const std::vector<std::string>& folders);
// The registry was found to be up to date by a check that began at `checked`.
Result<void> mark_registry(const std::string& registry, const timespec& checked);

}  // namespace filmgate::worker
