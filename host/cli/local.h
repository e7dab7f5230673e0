// What the local commands share: sidecars and the cache of this user.
#pragma once

#include <string>

#include "plugins/core/result.h"

namespace filmgate::cli {

// $XDG_CACHE_HOME/filmgate, ~/.cache/filmgate, or "" when there is no home.
std::string cache_folder();

// `chosen`, else INPUT.json, else INPUT with its suffix replaced by .json; "" when none is there.
// An error when `chosen` is not there.
Result<std::string> find_sidecar(const std::string& input, const std::string& chosen);

}  // namespace filmgate::cli
