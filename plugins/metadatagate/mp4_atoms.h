// Items of the list that MP4 files keep their metadata in (moov/udta/meta/ilst, as iTunes writes
// it), for what mp4mux has no room of its own. Free of GStreamer.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace filmgate {

// An item with a four-character name of Apple's, such as "desc", that holds `text` (UTF-8).
std::string mp4_item(const std::array<char, 4>& name, std::string_view text);

// A freeform item ("----") that holds `text` under any name.
std::string mp4_free_item(std::string_view name, std::string_view text);

}  // namespace filmgate
