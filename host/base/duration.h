// Spans of time as people write them in descriptions and in the configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugins/core/result.h"

namespace filmgate {

// "500ms", "2s", "1m", "1h30m", "14d" -> milliseconds. The error names the text and the units.
Result<int64_t> parse_duration_ms(std::string_view text);

// The same for people: "2 s", "1 min 30 s", "14 days".
std::string describe_duration(int64_t ms);

}  // namespace filmgate
