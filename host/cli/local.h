// What the local commands share: sidecars, the cache of this user, where the store is.
#pragma once

#include <string>

#include "host/cli/commands.h"
#include "host/config/configuration.h"
#include "plugins/core/result.h"

namespace filmgate::cli {

// $XDG_CACHE_HOME/filmgate, ~/.cache/filmgate, or "" when there is no home.
std::string cache_folder();

// `chosen`, else INPUT.json, else INPUT with its suffix replaced by .json; "" when none is there.
// An error when `chosen` is not there.
Result<std::string> find_sidecar(const std::string& input, const std::string& chosen);

// What filmgated would read, from the same places.
Result<Configuration> read_configuration(const StoreOptions& options);

}  // namespace filmgate::cli
