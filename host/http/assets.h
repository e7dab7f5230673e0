// Templates, style and script of the pages, built into the program from data/assets.
#pragma once

#include <string_view>

namespace filmgate::http {

// Empty when there is none of that name.
std::string_view asset(std::string_view name);

}  // namespace filmgate::http
