// What elements this machine has, for the descriptions' checker (host/pipeline/catalogue.h).
#pragma once

#include "plugins/core/json.h"

namespace filmgate::worker {

// Every element that a description may name. Loads their plugins, so it takes a second or two.
Json make_catalogue();

}  // namespace filmgate::worker
