// Files of the elements: they appear whole, or not at all.
#pragma once

#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

// Writes and flushes a temporary file beside `location`, then renames it. What was there is
// replaced, unless it is no file: a character device is written to, all else is refused. Errors are
// those of the system.
Result<void> write_whole(const std::string& location, std::string_view bytes);

}  // namespace filmgate
