// Facts and states as people say them, for the pages.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "host/model/records.h"

namespace filmgate::http {

// 75.25 -> "1:15.3", 3700 -> "1:01:40".
std::string time_in_words(double seconds);
std::string moment_in_words(int64_t ms);               // "21 Nov 2026, 09:30 UTC"
std::string clock_in_words(int64_t ms);                // "21 Nov, 09:30:12"
std::string state_in_words(const std::string& state);  // "awaiting_approval" -> "awaiting approval"

using Rows = std::vector<std::pair<std::string, std::string>>;
// "Picture" -> "1920 × 1080, 29.97 fps, h264"…; only what is known.
Rows media_in_words(const Json& facts);
Rows metadata_in_words(const Json& facts);
Rows measures_in_words(const Json& facts);
// "The picture is black from 0:12.0 to 0:15.5 (3.5 s)".
std::vector<std::string> findings_in_words(const Json& facts);

}  // namespace filmgate::http
